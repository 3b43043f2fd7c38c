"""Dispatches, and whom their mail goes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, or_, select, update

from coalition.base import links
from coalition.base.refused import Gone, NotFound
from coalition.dispatch.rules import HAPPENED, Dispatch, State
from coalition.tables import dispatch_recipients, dispatches, letters, mail_stops, outbox, printings, reports

_columns: tuple[ColumnElement[Any], ...] = tuple(dispatches.c[name] for name in Dispatch.__dataclass_fields__)
_of_letter = (
    select(*_columns)
    .where(dispatches.c.letter_id == bindparam("letter_id"))
    .order_by(dispatches.c.happened_at.is_(None), dispatches.c.happened_at, dispatches.c.id)
)
_happened = _of_letter.where(dispatches.c.state.in_(HAPPENED))
_one = select(*_columns).where(dispatches.c.id == bindparam("id"), dispatches.c.letter_id == bindparam("letter_id"))


def all_dispatches(connection: Connection, letter_id: int) -> list[Dispatch]:
    """In the order in which they happened; last, those that have not."""
    return [Dispatch(*row) for row in connection.execute(_of_letter, {"letter_id": letter_id})]


def happened(connection: Connection, letter_id: int) -> list[Dispatch]:
    """Those that have really happened, the first one first: what the public page tells, and what a reply is to."""
    return [Dispatch(*row) for row in connection.execute(_happened, {"letter_id": letter_id})]


def first(connection: Connection, letter_id: int) -> Dispatch | None:
    """The one from which on the letter is delivered."""
    return next(iter(happened(connection, letter_id)), None)


def dispatch(connection: Connection, id: int, letter_id: int) -> Dispatch:
    """Raises NotFound, also when it is another letter's."""
    row = connection.execute(_one, {"id": id, "letter_id": letter_id}).first()
    if row is None:
        raise NotFound("There is no such dispatch of this letter.")
    return Dispatch(*row)


def add(connection: Connection, letter_id: int, **values: Any) -> int:
    made = insert(dispatches).values(letter_id=letter_id, **values).returning(dispatches.c.id)
    id: int = connection.execute(made).scalar_one()
    return id


def change(connection: Connection, before: Dispatch, state: State, **values: Any) -> bool:
    """False when it is not as it was seen any more: somebody else was quicker."""
    done = connection.execute(
        update(dispatches)
        .where(
            dispatches.c.id == before.id,
            dispatches.c.state == before.state,
            dispatches.c.revision == before.revision,
        )
        .values(state=state, revision=before.revision + 1, **values)
    )
    return done.rowcount == 1


def remove(connection: Connection, id: int) -> None:
    """A draft, of which nothing came."""
    connection.execute(delete(dispatch_recipients).where(dispatch_recipients.c.dispatch_id == id))
    connection.execute(delete(dispatches).where(dispatches.c.id == id, dispatches.c.state == "draft"))


@dataclass(frozen=True)
class Recipient:
    id: int
    kind: str  # to, cc, self
    name: str
    email: str
    outbox_id: int | None


_recipients = (
    select(*(dispatch_recipients.c[name] for name in Recipient.__dataclass_fields__))
    .where(dispatch_recipients.c.dispatch_id == bindparam("of"))
    .order_by(dispatch_recipients.c.id)
)


def recipients(connection: Connection, dispatch_id: int) -> list[Recipient]:
    return [Recipient(*row) for row in connection.execute(_recipients, {"of": dispatch_id})]


def put_recipients(connection: Connection, dispatch_id: int, rows: list[dict[str, Any]]) -> None:
    """In place of those there were."""
    connection.execute(delete(dispatch_recipients).where(dispatch_recipients.c.dispatch_id == dispatch_id))
    if rows:
        connection.execute(insert(dispatch_recipients), [row | {"dispatch_id": dispatch_id} for row in rows])


def mailed(connection: Connection, recipient_id: int, outbox_id: int, **values: Any) -> None:
    """Which mail goes to it; and where, when that was corrected."""
    connection.execute(
        update(dispatch_recipients)
        .where(dispatch_recipients.c.id == recipient_id)
        .values(outbox_id=outbox_id, **values)
    )


def note_on_letter(connection: Connection, letter_id: int) -> None:
    """When the first of them happened, as letters.rules.dispatched reads it; null when none has."""
    found = first(connection, letter_id)
    at: datetime | None = found.happened_at if found else None
    connection.execute(
        update(letters)
        .where(letters.c.id == letter_id, letters.c.dispatched_at.is_distinct_from(at))
        .values(dispatched_at=at, revision=letters.c.revision + 1)
    )


_waiting = select(*_columns).where(dispatches.c.state == "waiting", dispatches.c.undo_until <= bindparam("now"))


def waiting(connection: Connection, now: datetime) -> list[Dispatch]:
    """Mails whose time to be stopped has passed."""
    return [Dispatch(*row) for row in connection.execute(_waiting.order_by(dispatches.c.id), {"now": now})]


@dataclass(frozen=True)
class Fate:
    """What became of the mail to one recipient."""

    state: str  # of the outbox; empty: none is owed yet
    said: str
    came_back: bool


# For good: or so often for now that the address is stopped.
_came_back = or_(
    exists().where(
        reports.c.outbox_id == dispatch_recipients.c.outbox_id, reports.c.kind.in_(("permanent", "complaint"))
    ),
    exists().where(mail_stops.c.email == dispatch_recipients.c.email, mail_stops.c.stopped_at >= outbox.c.queued_at),
)
_report = (
    select(func.max(reports.c.said))
    .where(reports.c.outbox_id == dispatch_recipients.c.outbox_id, reports.c.kind != "arrived")
    .scalar_subquery()
)
_fates = (
    select(dispatch_recipients.c.id, outbox.c.state, func.coalesce(_report, outbox.c.said), _came_back)
    .select_from(dispatch_recipients)
    .outerjoin(outbox, outbox.c.id == dispatch_recipients.c.outbox_id)
    .where(dispatch_recipients.c.dispatch_id == bindparam("of"))
)


def fates(connection: Connection, dispatch_id: int) -> dict[int, Fate]:
    """By recipient. What a mail server reports later stands beside what it said when it took the mail."""
    rows = connection.execute(_fates, {"of": dispatch_id})
    return {id: Fate(state or "", said or "", bool(back)) for id, state, said, back in rows}


_lost = (
    select(dispatch_recipients.c.dispatch_id)
    .join(dispatches, dispatches.c.id == dispatch_recipients.c.dispatch_id)
    .join(outbox, outbox.c.id == dispatch_recipients.c.outbox_id)
    .where(dispatches.c.letter_id == bindparam("letter_id"), or_(outbox.c.state.in_(("failed", "dropped")), _came_back))
    .distinct()
)


def lost(connection: Connection, letter_id: int) -> set[int]:
    """The dispatches of which a mail came back or did not go out."""
    return set(connection.execute(_lost, {"letter_id": letter_id}).scalars())


_printing_id = select(printings.c.id).where(
    printings.c.letter_id == bindparam("letter_id"), printings.c.number == bindparam("number")
)


def link(connection: Connection, letter_id: int, number: int) -> str:
    """The nonce of the link that opens one printing and nothing else, once there is one; else empty."""
    id = connection.execute(_printing_id, {"letter_id": letter_id, "number": number}).scalar_one()
    return links.newest(connection, "printing", id) or ""


def make_link(connection: Connection, letter_id: int, number: int, now: datetime) -> None:
    """Unless there is one: whoever is sent the printing gets the same."""
    if not link(connection, letter_id, number):
        id = connection.execute(_printing_id, {"letter_id": letter_id, "number": number}).scalar_one()
        links.issue(connection, "printing", id, now)


_linked = select(printings.c.letter_id, printings.c.number).where(printings.c.id == bindparam("id"))


def linked_printing(connection: Connection, nonce: str | None) -> tuple[int, int]:
    """The letter and the number of the printing that a link opens. Raises NotFound, or Gone when it was revoked."""
    link = links.find(connection, "printing", nonce) if nonce else None
    row = connection.execute(_linked, {"id": link.subject_id}).first() if link else None
    if link is None or row is None:
        raise NotFound("This link opens nothing here. Check that it is whole: mail programs sometimes break long ones.")
    if link.revoked_at:
        raise Gone("This link was taken back, so it opens the printing no more.")
    return row[0], row[1]
