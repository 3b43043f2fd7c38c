"""Takes mail from the outbox to the transport: claims, has it written, sends, and notes how that ended.

Several senders, each with a connection of its own, hide the relay's latency. A message is noted as sent as soon as the
server has taken it, so a crash can repeat only what was on the wire at that moment, each once.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from coalition.base import outbox
from coalition.base.clock import now
from coalition.base.database import Database
from coalition.base.mail.delivery import Refused, Transport, Unreachable
from coalition.base.mail.message import Mail, Ready, Unsendable, build
from coalition.base.mail.office import NotWanted, NotYet
from coalition.base.outbox import Owed

Ending = Literal["sent", "failed", "dropped", "again", "waits"]  # "waits" says until when, and is told to nobody
Write = Callable[[Connection, Owed, datetime], Mail]
Note = Callable[[Connection, Owed, Ending, str, datetime], None]

SENDERS = 8
CLAIM = 64  # few enough that the slowest server ends them within the lease
IDLE_S = 0.5

log = logging.getLogger("coalition.mail")


class Pump:
    """Runs until stopped. `write` makes the mail of a message, `note` tells the feature how it ended."""

    def __init__(
        self,
        database: Database,
        mail_from: str,
        open_transport: Callable[[], Transport],
        write: Write,
        note: Note,
        senders: int = SENDERS,
    ) -> None:
        self.database, self.mail_from = database, mail_from
        self.open_transport, self.write, self.note, self.senders = open_transport, write, note, senders
        self._claimed: queue.Queue[tuple[Owed, datetime]] = queue.Queue(CLAIM)
        self._ended = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Sends what is due until `stop`; what was claimed and not begun by then is put back."""
        threads = [threading.Thread(target=self._send_for_ever, name=f"sender-{n}") for n in range(self.senders)]
        for thread in threads:
            thread.start()
        try:
            while not stop.is_set():
                # The next are claimed while the last are being sent, so that no sender waits for the database.
                if self._claimed.qsize() > CLAIM // 2 or not self._claim():
                    stop.wait(0.002 if self._claimed.qsize() else IDLE_S)
        finally:
            self._put_back()
            self._ended.set()
            for thread in threads:
                thread.join()

    def run_once(self) -> int:
        """Sends all that is due now, in this thread. Returns how many messages were seen to."""
        transport, count = self.open_transport(), 0
        try:
            while owed := self.database.write_now(outbox.claim, now(), CLAIM):
                for one in owed:
                    self._see_to(transport, one).exception()
                count += len(owed)
        finally:
            transport.close()
        return count

    def _claim(self) -> bool:
        try:
            if not self.database.read_now(outbox.any_due, now()):
                return False
            at = now()
            owed = self.database.write_now(outbox.claim, at, CLAIM // 2)
        except Exception:  # the database is away: it is asked again
            log.exception("the outbox could not be read")
            return False
        for one in owed:
            self._claimed.put((one, at + outbox.LEASE / 2))
        return bool(owed)

    def _put_back(self) -> None:
        left = []
        while not self._claimed.empty():
            left.append(self._claimed.get_nowait()[0].id)
        if left:
            self.database.write_now(outbox.give_back, left, now())

    def _send_for_ever(self) -> None:
        transport, noting = self.open_transport(), _nothing()
        while not self._ended.is_set():
            try:
                owed, begin_by = self._claimed.get(timeout=0.2)
            except queue.Empty:
                continue
            if now() > begin_by:  # the server was so slow that another may soon have it: left to the end of its lease
                continue
            try:
                noting = self._see_to(transport, owed, noting)
            except Exception:  # one message must not end the sender; its lease brings it back
                log.exception("message %d (%s) was left for later", owed.id, owed.message)
        noting.exception()
        transport.close()

    def _see_to(self, transport: Transport, owed: Owed, before: "Future[None] | None" = None) -> "Future[None]":
        """Returns the note of how it ended, on its way to the disk.

        The message is written while the note of the one `before` is still on its way, and goes out when that is there:
        what a sender has sent and not noted is never more than one message.
        """
        written = self._written(owed)
        if before:
            before.exception()  # waits; what went wrong has been logged
        return self._end(owed, *(_handed_over(transport, written) if isinstance(written, Ready) else written))

    def _written(self, owed: Owed) -> Ready | tuple[Ending, str]:
        """The message as it goes out, or how it ends without: no longer wanted, or such that it can never be sent."""
        try:
            return build(self.database.read_now(self.write, owed, now()), mail_from=self.mail_from)
        except NotWanted as reason:
            return "dropped", str(reason)
        except NotYet as wait:
            return "waits", wait.until.isoformat()
        except Unsendable as reason:
            return "failed", str(reason)

    def _end(
        self, owed: Owed, ending: Ending, said: str, provider_id: str | None = None, *, may_have_arrived: bool = False
    ) -> "Future[None]":
        def end(connection: Connection) -> None:
            at = now()
            if ending == "waits":
                outbox.postpone(connection, owed.id, datetime.fromisoformat(said))
            elif ending != "again":
                outbox.end(connection, owed.id, ending, at, said, provider_id)
                self.note(connection, owed, ending, said, at)
            elif outbox.put_back(connection, owed, at, said, may_have_arrived=may_have_arrived):
                self.note(connection, owed, "again", said, at)
            else:
                self.note(connection, owed, "failed", said, at)

        def log_failure(note: "Future[None]") -> None:
            if error := note.exception():
                # Sent but not noted would be sent twice; the lease outlasts most troubles of a disk.
                log.error("message %d: %s, but that could not be noted", owed.id, ending, exc_info=error)

        note = self.database.write_soon(end)
        note.add_done_callback(log_failure)
        return note


def _handed_over(transport: Transport, ready: Ready) -> tuple[Ending, str]:
    """How it ended, and what the other side said."""
    try:
        return "sent", transport.send(ready)
    except Refused as refusal:
        return refused(refusal)
    except Unreachable as reason:
        return "again", reason.words


def refused(refusal: Refused) -> tuple[Ending, str]:
    return "failed" if refusal.permanent else "again", f"The mail server said: {refusal.code} {refusal.words}"


def _nothing() -> "Future[None]":
    done: Future[None] = Future()
    done.set_result(None)
    return done
