"""The outbox: mail that is owed, written in the transaction of the deed that owes it.

A row keeps the reason and the recipient, never rendered words or a token: the worker looks again whether the message
is still wanted, and writes it then. A claim is a lease: a worker that dies leaves its rows to the next one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, null, or_, select, update

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
) -> int:
    """Owes a message; it leaves at `due_at`, or now. Returns its number."""
    owed = connection.execute(
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
    id: int = (owed.inserted_primary_key or (0,))[0]
    return id


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


# Mail that waits for its hour: queued for a time to come, and not tried yet.


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
