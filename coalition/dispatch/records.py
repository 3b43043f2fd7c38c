"""Dispatches, and whom their mail goes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from coalition.base.refused import NotFound
from coalition.dispatch.rules import HAPPENED, Dispatch, State
from coalition.tables import dispatch_recipients, dispatches, letters

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
