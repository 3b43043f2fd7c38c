"""Requests to join: one row each, from the form to the decision."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from coalition.base.refused import NotFound
from coalition.endorsements.joins.rules import Join, State
from coalition.tables import contacts, joins, organisations, outbox

_columns = tuple(joins.c[name] for name in Join.__dataclass_fields__)
_by_id = select(*_columns).where(joins.c.id == bindparam("id"))
_at_desk = (
    select(*_columns)
    .where(joins.c.letter_id == bindparam("letter_id"), joins.c.state.in_(("confirmed", "approved", "turned down")))
    .order_by(joins.c.confirmed_at, joins.c.id)
)
_waiting = (
    select(*_columns)
    .where(joins.c.letter_id == bindparam("letter_id"), joins.c.state == "confirmed")
    .order_by(joins.c.confirmed_at, joins.c.id)
)
_to_ask_again = (
    select(*_columns)
    .where(
        joins.c.invitation_id == bindparam("invitation_id"),
        joins.c.email == bindparam("email"),
        joins.c.effect == "again",
    )
    .order_by(joins.c.id.desc())
    .limit(1)
)


def join(connection: Connection, id: int, letter_id: int | None = None) -> Join:
    """Raises NotFound, also when it is about another letter than the one named."""
    row = connection.execute(_by_id, {"id": id}).first()
    if row is None or (letter_id is not None and row.letter_id != letter_id):
        raise NotFound("There is no such request to join this letter.")
    return Join(*row)


def at_desk(connection: Connection, letter_id: int) -> list[Join]:
    """Those that were confirmed, decided or not, in the order they came."""
    return [Join(*row) for row in connection.execute(_at_desk, {"letter_id": letter_id})]


def waiting(connection: Connection, letter_id: int) -> list[Join]:
    """Those that the desk has to decide, oldest first."""
    return [Join(*row) for row in connection.execute(_waiting, {"letter_id": letter_id})]


def to_ask_again(connection: Connection, invitation_id: int, email: str) -> Join | None:
    """What somebody typed who was asked about a newer text when their request was approved."""
    row = connection.execute(_to_ask_again, {"invitation_id": invitation_id, "email": email}).first()
    return Join(*row) if row else None


def add(connection: Connection, values: dict[str, Any]) -> int:
    id: int = connection.execute(insert(joins).values(values).returning(joins.c.id)).scalar_one()
    return id


def move(connection: Connection, id: int, before: State, after: State, **values: Any) -> bool:
    """False when it is in another state by now: nothing is changed then."""
    moved = update(joins).where(joins.c.id == id, joins.c.state == before).values(state=after, **values)
    return connection.execute(moved).rowcount == 1


def replace_earlier(connection: Connection, one: Join, email_key: str, name_key: str) -> None:
    """Of one address for one organisation, the request that was confirmed last is the one to decide."""
    connection.execute(
        update(joins)
        .where(
            joins.c.letter_id == one.letter_id,
            joins.c.email_key == email_key,
            joins.c.name_key == name_key,
            joins.c.state == "confirmed",
            joins.c.id != one.id,
        )
        .values(state="replaced")
    )


# How many there are, for the limits.


def asked_lately(connection: Connection, letter_id: int, email_key: str, since: datetime) -> tuple[int, int, int]:
    """How many requests there were since then: of one address, to one letter, and in all."""
    lately = select(func.count()).select_from(joins).where(joins.c.asked_at > since)
    of_address = lately.where(joins.c.email_key == email_key)
    of_letter = lately.where(joins.c.letter_id == letter_id)
    counts = select(*(one.scalar_subquery() for one in (of_address, of_letter, lately)))
    address, letter, everywhere = connection.execute(counts).one()
    return address, letter, everywhere


def turned_down(connection: Connection, letter_id: int, email_key: str) -> tuple[int, datetime | None]:
    """How often an address was turned down for a letter, and when last."""
    found = select(func.count(), func.max(joins.c.decided_at)).where(
        joins.c.letter_id == letter_id, joins.c.email_key == email_key, joins.c.state == "turned down"
    )
    count, last = connection.execute(found).one()
    return count, last


# Those that nobody confirmed.


def unconfirmed(connection: Connection, before: datetime) -> bool:
    """Is there any that was asked before then?"""
    found = select(joins.c.id).where(joins.c.state == "asked", joins.c.asked_at <= before).limit(1)
    return connection.execute(found).first() is not None


def forget(connection: Connection, before: datetime, now: datetime) -> int:
    """Drops them with all that was typed, and the address out of the mail that nobody answered. Returns how many."""
    old = select(joins.c.id).where(joins.c.state == "asked", joins.c.asked_at <= before)
    ids = list(connection.execute(old).scalars())
    about = outbox.c.message == "join_confirm", outbox.c.subject_id.in_(ids)
    connection.execute(
        update(outbox).where(*about, outbox.c.state.in_(("waiting", "claimed"))).values(state="dropped", ended_at=now)
    )
    connection.execute(update(outbox).where(*about).values(recipient="", data={}, said=""))
    connection.execute(delete(joins).where(joins.c.id.in_(ids)))
    return len(ids)


# Whom it may be.


def with_contact(connection: Connection, email: str) -> list[int]:
    """Organisations in use that have a contact with this address."""
    found = (
        select(organisations.c.id)
        .join(contacts, contacts.c.organisation_id == organisations.c.id)
        .where(
            func.lower(contacts.c.email) == email.lower(),
            organisations.c.archived_at.is_(None),
            organisations.c.merged_into.is_(None),
        )
        .order_by(organisations.c.id)
    )
    return list(connection.execute(found).scalars())
