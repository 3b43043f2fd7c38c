"""The outbox: mail that is owed, written in the transaction of the deed that owes it.

A row keeps the reason and the recipient, never rendered words or a token: the worker looks again whether the message
is still wanted, and writes it then. A claim is a lease: a worker that dies leaves its rows to the next one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, null, or_, select, update

from coalition.tables import outbox

LEASE = timedelta(minutes=5)
# After each failed attempt, how long until the next; after the last, the message has failed.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 480, 720, 1440))


@dataclass(frozen=True)
class Owed:
    id: int
    message: str
    recipient: str
    letter_id: int | None
    subject_id: int | None
    data: dict[str, Any]
    attempts: int
    queued_at: datetime
    handed_at: datetime | None = None  # set: given to the way out before, and how that ended was never noted

    @property
    def key(self) -> str:
        """The same for every attempt, and another one after a backup was brought back and numbers come again."""
        return f"{self.id}.{int(self.queued_at.timestamp())}"


_columns: tuple[ColumnElement[Any], ...] = (
    outbox.c.id,
    outbox.c.message,
    outbox.c.recipient,
    outbox.c.letter_id,
    outbox.c.subject_id,
    outbox.c.data,
    outbox.c.attempts,
    outbox.c.queued_at,
    outbox.c.handed_at,
)
_insert = insert(outbox)
_due = (
    select(*_columns)
    .where(
        or_(
            and_(outbox.c.state == "waiting", outbox.c.due_at <= bindparam("now")),
            and_(outbox.c.state == "claimed", outbox.c.due_at <= bindparam("now")),
        )
    )
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(bindparam("most"))
)


def queue(
    connection: Connection,
    message: str,
    recipient: str,
    now: datetime,
    *,
    letter_id: int | None = None,
    subject_id: int | None = None,
    data: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> None:
    """Owes a message; it leaves at `due_at`, or now."""
    connection.execute(
        _insert,
        {
            "message": message,
            "recipient": recipient,
            "letter_id": letter_id,
            "subject_id": subject_id,
            "data": data or {},
            "state": "waiting",
            "queued_at": now,
            "due_at": due_at or now,
        },
    )


def queue_many(connection: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    """Many at once; each row names message, recipient, letter_id and subject_id."""
    if not rows:
        return
    connection.execute(
        _insert, [{"data": {}, "state": "waiting", "queued_at": now, "due_at": now} | row for row in rows]
    )


def claim(connection: Connection, now: datetime, most: int) -> list[Owed]:
    """Takes up to `most` due messages for LEASE; nobody else gets them meanwhile."""
    owed = [Owed(*row) for row in connection.execute(_due, {"now": now, "most": most})]
    if owed:
        connection.execute(
            update(outbox).where(outbox.c.id.in_([row.id for row in owed])).values(state="claimed", due_at=now + LEASE)
        )
    return owed


def find(connection: Connection, id: int) -> Owed | None:
    row = connection.execute(select(*_columns).where(outbox.c.id == id)).first()
    return Owed(*row) if row else None


def of_provider(connection: Connection, provider_id: str) -> Owed | None:
    """The message that the mail provider calls so."""
    row = connection.execute(select(*_columns).where(outbox.c.provider_id == provider_id).limit(1)).first()
    return Owed(*row) if row else None


def any_due(connection: Connection, now: datetime) -> bool:
    return connection.execute(_due, {"now": now, "most": 1}).first() is not None


def give_back(connection: Connection, ids: list[int], now: datetime) -> None:
    """Claimed but not begun: the next worker may have them at once."""
    connection.execute(
        update(outbox).where(outbox.c.id.in_(ids), outbox.c.state == "claimed").values(state="waiting", due_at=now)
    )


def hand_over(connection: Connection, ids: list[int], claimed_at: datetime, now: datetime) -> set[int]:
    """Notes that these are about to be given to the way out, and renews their lease. Returns those still ours: a claim
    that has run out may be another worker's by now.
    """
    ours = set(connection.execute(_still_ours, {"ids": ids, "lease_end": claimed_at + LEASE}).scalars())
    if ours:
        renewed = update(outbox).where(outbox.c.id.in_(ours)).values(handed_at=now, due_at=now + LEASE)
        connection.execute(renewed)
    return ours


_still_ours = select(outbox.c.id).where(
    outbox.c.id.in_(bindparam("ids", expanding=True)),
    outbox.c.state == "claimed",
    outbox.c.due_at == bindparam("lease_end"),
)


def postpone(connection: Connection, id: int, until: datetime) -> None:
    """Claimed, and not to leave before then. No attempt was made, so none is counted."""
    connection.execute(
        update(outbox).where(outbox.c.id == id, outbox.c.state == "claimed").values(state="waiting", due_at=until)
    )


def end(
    connection: Connection, id: int, state: str, now: datetime, said: str = "", provider_id: str | None = None
) -> None:
    """The message was sent, has failed for good, or was dropped because it is no longer wanted."""
    values = {"of": id, "new_state": state, "now": now, "words": said, "tries": int(state != "dropped")}
    connection.execute(_ended, values | {"provider": provider_id})


_ended = (
    update(outbox)
    .where(outbox.c.id == bindparam("of"))
    .values(
        state=bindparam("new_state"),
        ended_at=bindparam("now"),
        said=bindparam("words"),
        attempts=outbox.c.attempts + bindparam("tries"),
        provider_id=bindparam("provider"),
    )
)


def hold_all(connection: Connection, ids: list[int], until: datetime, said: str, *, forget: bool) -> None:
    """The other side asks us to wait: these, and all else that waits, are due then. It costs none of them an attempt.
    `forget`: it certainly took none of them.
    """
    held = update(outbox).where(outbox.c.id.in_(ids), outbox.c.state == "claimed")
    connection.execute(
        held.values(state="waiting", due_at=until, said=said, handed_at=null() if forget else outbox.c.handed_at)
    )
    connection.execute(update(outbox).where(outbox.c.state == "waiting", outbox.c.due_at < until).values(due_at=until))


def put_back(connection: Connection, owed: Owed, now: datetime, said: str, *, may_have_arrived: bool = False) -> bool:
    """To be tried again after a growing pause. False when it has been tried often enough and has failed."""
    if owed.attempts >= len(PAUSES):
        end(connection, owed.id, "failed", now, said)
        return False
    connection.execute(
        update(outbox)
        .where(outbox.c.id == owed.id)
        .values(
            state="waiting",
            attempts=owed.attempts + 1,
            due_at=now + PAUSES[owed.attempts],
            said=said,
            handed_at=outbox.c.handed_at if may_have_arrived else None,
        )
    )
    return True


def count_lately(
    connection: Connection, message: str, recipient: str, since: datetime, subject_id: int | None = None
) -> int:
    """How many of one message, about one subject or any, one address was owed since then: against mail bombing."""
    wanted = (
        select(func.count())
        .select_from(outbox)
        .where(outbox.c.recipient == recipient, outbox.c.message == message, outbox.c.queued_at >= since)
    )
    if subject_id is not None:
        wanted = wanted.where(outbox.c.subject_id == subject_id)
    return connection.execute(wanted).scalar_one()


def count_about(connection: Connection, message: str, subject_id: int, since: datetime) -> int:
    """How many of one message about one subject were owed since then, to whomever."""
    wanted = select(func.count()).select_from(outbox)
    wanted = wanted.where(outbox.c.message == message, outbox.c.subject_id == subject_id, outbox.c.queued_at >= since)
    return connection.execute(wanted).scalar_one()


def sent_to(connection: Connection, message: str, subject_id: int, since: datetime) -> str:
    """Whom a message about a subject was first owed to at or after `since`; empty when to nobody."""
    found = connection.execute(_sent_to, {"message": message, "subject_id": subject_id, "since": since}).scalar()
    return found or ""


_sent_to = (
    select(outbox.c.recipient)
    .where(
        outbox.c.message == bindparam("message"),
        outbox.c.subject_id == bindparam("subject_id"),
        outbox.c.queued_at >= bindparam("since"),
    )
    .order_by(outbox.c.id)
    .limit(1)
)


def waiting(connection: Connection, letter_id: int, message: str) -> int:
    """How many of one message of a letter have not left yet."""
    return connection.execute(
        select(func.count())
        .select_from(outbox)
        .where(
            outbox.c.letter_id == letter_id,
            outbox.c.message == message,
            outbox.c.state.in_(("waiting", "claimed")),
        )
    ).scalar_one()


@dataclass(frozen=True)
class Last:
    state: str
    due_at: datetime


def last_about(connection: Connection, message: str, subject_id: int) -> Last | None:
    """The newest of one message about one subject."""
    wanted = select(outbox.c.state, outbox.c.due_at)
    wanted = wanted.where(outbox.c.message == message, outbox.c.subject_id == subject_id)
    row = connection.execute(wanted.order_by(outbox.c.id.desc()).limit(1)).first()
    return Last(*row) if row else None


@dataclass(frozen=True)
class Posted:
    message: str
    recipient: str
    state: str
    queued_at: datetime
    ended_at: datetime | None
    said: str


def about(connection: Connection, subject_ids: int | Collection[int], messages: tuple[str, ...]) -> list[Posted]:
    """Every message about one subject, or about several that are one by now, oldest first, for its page."""
    ids = {subject_ids} if isinstance(subject_ids, int) else set(subject_ids)
    rows = connection.execute(
        select(
            outbox.c.message,
            outbox.c.recipient,
            outbox.c.state,
            outbox.c.queued_at,
            outbox.c.ended_at,
            outbox.c.said,
        )
        .where(outbox.c.message.in_(messages), outbox.c.subject_id.in_(ids))
        .order_by(outbox.c.id)
    )
    return [Posted(*row) for row in rows]


# Mail that waits for its hour: queued for a time to come, and not tried yet.


def timed(connection: Connection, letter_id: int, message: str, now: datetime) -> list[tuple[datetime, int]]:
    """The hours at which mail of a letter is to leave, and how many then; the next first."""
    rows = connection.execute(_timed, {"letter_id": letter_id, "message": message, "now": now})
    return [(due_at, count) for due_at, count in rows]


_timed = (
    select(outbox.c.due_at, func.count())
    .where(
        outbox.c.letter_id == bindparam("letter_id"),
        outbox.c.message == bindparam("message"),
        outbox.c.state == "waiting",
        outbox.c.attempts == 0,
        outbox.c.due_at > bindparam("now"),
    )
    .group_by(outbox.c.due_at)
    .order_by(outbox.c.due_at)
)


def leaving(connection: Connection, message: str, subject_ids: Collection[int], now: datetime) -> dict[int, datetime]:
    """When the mail about each of some subjects is to leave, of those whose mail waits for its hour."""
    if not subject_ids:
        return {}
    rows = connection.execute(
        select(outbox.c.subject_id, func.max(outbox.c.due_at))
        .where(
            outbox.c.message == message,
            outbox.c.subject_id.in_(subject_ids),
            outbox.c.state == "waiting",
            outbox.c.attempts == 0,
            outbox.c.due_at > now,
        )
        .group_by(outbox.c.subject_id)
    )
    return {subject_id: due_at for subject_id, due_at in rows}


def waits(
    letter_id: int, message: str, due_at: datetime | None, subject_ids: Collection[int] | None
) -> tuple[ColumnElement[bool], ...]:
    """The condition that a mail of a letter still waits: of all of them, of one hour, or of some subjects."""
    of_hour = () if due_at is None else (outbox.c.due_at == due_at,)
    of_subjects = () if subject_ids is None else (outbox.c.subject_id.in_(subject_ids),)
    still = (outbox.c.state == "waiting", outbox.c.attempts == 0)
    return (outbox.c.letter_id == letter_id, outbox.c.message == message, *still, *of_hour, *of_subjects)


def hasten(connection: Connection, which: tuple[ColumnElement[bool], ...], now: datetime) -> int:
    """Mail that `waits` leaves now. Returns how many."""
    return connection.execute(update(outbox).where(*which).values(due_at=now)).rowcount


def drop(connection: Connection, which: tuple[ColumnElement[bool], ...], now: datetime, said: str) -> int:
    """Mail that `waits` never leaves; one that a worker has claimed already does. Returns how many."""
    dropped = update(outbox).where(*which).values(state="dropped", ended_at=now, said=said)
    return connection.execute(dropped).rowcount
