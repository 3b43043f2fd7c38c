"""The pump for a way out that takes many mails at once and can be asked which it took.

What is about to be handed over is noted durably before; what the other side calls it, after. A claim found with the
first note and not the second was left by a worker that died in between, or by an answer that never came: the other
side is asked for it, and it is sent only if it is not there. While the other side cannot say, it waits as after any
other failure: late is better than twice.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime

from coalition.base import outbox
from coalition.base.clock import now
from coalition.base.mail.delivery import BatchTransport, Refused, Taken, Unreachable
from coalition.base.mail.message import Ready
from coalition.base.mail.pump import IDLE_S, Pump, log, refused
from coalition.base.outbox import Owed

LARGEST_BATCH = 20 * 1024 * 1024  # bytes held at once


class BatchPump(Pump):
    """One sender a process: batches, not conversations, hide the other side's latency."""

    _not_before: datetime | None = None  # the other side asked us to wait until then

    def run(self, stop: threading.Event) -> None:
        transport = self._open()
        while not stop.is_set():
            try:
                seen = self._send_next(transport)
            except Exception:  # the database is away, or one batch went wrong: leases bring it back
                log.exception("a batch of mail was left for later")
                seen = 0
            if not seen:
                stop.wait(IDLE_S)
        transport.close()

    def run_once(self) -> int:
        transport, count = self._open(), 0
        try:
            while seen := self._send_next(transport):
                count += seen
        finally:
            transport.close()
        return count

    def _open(self) -> BatchTransport:
        transport = self.open_transport()
        if not isinstance(transport, BatchTransport):
            raise TypeError("this way out takes one mail at a time")
        return transport

    def _send_next(self, transport: BatchTransport) -> int:
        """Sees to one batch of what is due. Returns how many messages that were."""
        claimed_at = now()
        if self._not_before and claimed_at < self._not_before:
            return 0
        if not self.database.read_now(outbox.any_due, claimed_at):
            return 0
        owed = self.database.write_now(outbox.claim, claimed_at, transport.most)
        notes: list[Future[None]] = []
        unsent = self._not_sent_before(transport, owed, claimed_at, notes)
        batch: list[tuple[Owed, Ready]] = []
        size = 0
        for place, one in enumerate(unsent):
            if size > LARGEST_BATCH:  # files are with them: the others are taken next
                self.database.write_now(outbox.give_back, [left.id for left in unsent[place:]], now())
                break
            try:
                written = self._written(one)
            except Exception:  # one message must not keep the others; its lease brings it back
                log.exception("message %d (%s) was left for later", one.id, one.message)
                continue
            if isinstance(written, Ready):
                batch.append((one, written))
                size += len(written.raw)
            else:
                notes.append(self._end(one, *written))
        # Noted before, so that a crash after this leaves nothing that is sent twice.
        ours = self.database.write_now(outbox.hand_over, [one.id for one, _ in batch], claimed_at, now())
        batch = [(one, ready) for one, ready in batch if one.id in ours]
        self._hand_over(transport, batch, notes)
        for note in notes:
            note.exception()  # waits; what went wrong has been logged
        return len(owed)

    def _hand_over(
        self, transport: BatchTransport, batch: Sequence[tuple[Owed, Ready]], notes: "list[Future[None]]"
    ) -> None:
        held: list[Owed] = []
        until, said = now(), ""
        outcomes = transport.send_all([(one.key, ready) for one, ready in batch]) if batch else []
        for (one, _), outcome in zip(batch, outcomes, strict=True):
            match outcome:
                case Taken():
                    notes.append(self._end(one, "sent", outcome.words, outcome.provider_id))
                case Refused():
                    notes.append(self._end(one, *refused(outcome)))
                case Unreachable(pause=None):
                    notes.append(self._again(one, outcome))
                case Unreachable():
                    held.append(one)
                    until, said = now() + (outcome.pause or outbox.PAUSES[0]), outcome.words
        self._hold(held, until, said)

    def _not_sent_before(
        self, transport: BatchTransport, owed: Sequence[Owed], claimed_at: datetime, notes: "list[Future[None]]"
    ) -> list[Owed]:
        """Those that have to be sent; how an earlier attempt ended that was not noted is found out here."""
        unsent = [one for one in owed if one.handed_at is None]
        doubtful = [one for one in owed if one.handed_at is not None]
        for place, one in enumerate(doubtful):
            if now() > claimed_at + outbox.LEASE / 2:  # asking takes so long that the others are left to their lease
                break
            try:
                taken = transport.find(one.key)
            except Unreachable as reason:
                if reason.pause:
                    self._hold([*doubtful[place:], *unsent], now() + reason.pause, reason.words, forget=False)
                    return []
                notes += [self._again(left, reason, may_have_arrived=True) for left in doubtful[place:]]
                break
            if taken:
                notes.append(self._end(one, "sent", taken.words, taken.provider_id))
            else:
                unsent.append(one)
        return unsent

    def _again(self, owed: Owed, reason: Unreachable, *, may_have_arrived: bool = False) -> "Future[None]":
        doubt = reason.may_have_arrived or may_have_arrived
        return self._end(owed, "again", reason.words, may_have_arrived=doubt)

    def _hold(self, owed: Sequence[Owed], until: datetime, said: str, *, forget: bool = True) -> None:
        """Nobody here sends these, or what else waits now, before then, whichever worker it is."""
        if owed:
            self._not_before = until
            self.database.write_now(outbox.hold_all, [one.id for one in owed], until, said, forget=forget)
