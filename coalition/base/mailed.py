"""What is known of mail that was owed: how much, to whom, what became of it, when it is to leave. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from coalition.tables import outbox


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


# Mail that waits for its hour: queued for a time to come, and not tried yet (outbox.waits).


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
