"""Invitations: one row for each organisation on a letter's list."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from coalition.base.refused import NotFound
from coalition.invitations.rules import MOVES, WAITING, Invitation
from coalition.tables import contacts, former_invitations, invitations, organisations, outbox

_columns: tuple[ColumnElement[Any], ...] = (
    invitations.c.id,
    invitations.c.letter_id,
    invitations.c.organisation_id,
    invitations.c.group,
    invitations.c.status,
    invitations.c.nonce,
    invitations.c.answers,
    invitations.c.problem,
    invitations.c.reason,
    invitations.c.sent_at,
    invitations.c.read_at,
    invitations.c.answered_at,
    organisations.c.name,
    organisations.c.register_id,
    invitations.c.contact_id,
    func.coalesce(contacts.c.name, ""),
    func.coalesce(contacts.c.email, ""),
    invitations.c.fetched_at,
    invitations.c.deciding_until,
    invitations.c.deciding_contact_id,
    invitations.c.extended_until,
)
joined = invitations.join(organisations).outerjoin(contacts, contacts.c.id == invitations.c.contact_id)
_by_id = select(*_columns).select_from(joined).where(invitations.c.id == bindparam("id"))
_of_organisation = (
    select(*_columns)
    .select_from(joined)
    .where(
        invitations.c.letter_id == bindparam("letter_id"),
        invitations.c.organisation_id == bindparam("organisation_id"),
    )
)


def invitation(connection: Connection, id: int, letter_id: int | None = None) -> Invitation:
    """Raises NotFound, also when it belongs to another letter than the one named."""
    row = connection.execute(_by_id, {"id": id}).first()
    if row is None or (letter_id is not None and row[1] != letter_id):
        raise NotFound("There is no such organisation on this letter.")
    return Invitation(*row)


def of_organisation(connection: Connection, letter_id: int, organisation_id: int) -> Invitation | None:
    row = connection.execute(_of_organisation, {"letter_id": letter_id, "organisation_id": organisation_id}).first()
    return Invitation(*row) if row else None


def all_of_organisation(connection: Connection, organisation_id: int) -> list[Invitation]:
    """Its invitations to all letters, oldest first."""
    wanted = select(*_columns).select_from(joined).where(invitations.c.organisation_id == organisation_id)
    return [Invitation(*row) for row in connection.execute(wanted.order_by(invitations.c.id))]


def became(connection: Connection, id: int) -> int:
    """The invitation that one was merged into; itself, if none."""
    into = select(former_invitations.c.invitation_id).where(former_invitations.c.former_id == id)
    return connection.execute(into).scalar() or id


def with_former(connection: Connection, id: int) -> tuple[int, ...]:
    """An invitation's id, and those of others that merging took out in its favour: their history and mail are its."""
    former = select(former_invitations.c.former_id).where(former_invitations.c.invitation_id == id)
    return (id, *connection.execute(former.order_by(former_invitations.c.former_id)).scalars())


def organisations_on(connection: Connection, letter_id: int) -> set[int]:
    rows = connection.execute(select(invitations.c.organisation_id).where(invitations.c.letter_id == letter_id))
    return {id for (id,) in rows}


def add(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Puts organisations on a letter's list and returns their ids there in the same order."""
    ids = insert(invitations).returning(invitations.c.id, sort_by_parameter_order=True)
    return list(connection.execute(ids, rows).scalars()) if rows else []


def move(connection: Connection, id: int, what: str, now: datetime, **values: Any) -> bool:
    """Moves one invitation by rules.MOVES. False when it is in no status from which that can happen."""
    given = {f"new_{name}": value for name, value in values.items()}
    return connection.execute(_moved(what, tuple(values)), {"of": id, "now": now, **given}).rowcount == 1


@cache
def _moved(what: str, columns: tuple[str, ...]) -> Update:
    before, after = MOVES[what]
    return (
        update(invitations)
        # A list of literals, not of values: those would be written into the statement anew each time.
        .where(invitations.c.id == bindparam("of"), invitations.c.status.in_([literal(one) for one in sorted(before)]))
        .values(status=after, changed_at=bindparam("now"), **{name: bindparam(f"new_{name}") for name in columns})
    )


def change(connection: Connection, id: int, now: datetime, **values: Any) -> None:
    connection.execute(update(invitations).where(invitations.c.id == id).values(changed_at=now, **values))


def note_sent(connection: Connection, id: int, now: datetime) -> None:
    """When the first mail left, of one that is further along already."""
    connection.execute(
        update(invitations).where(invitations.c.id == id, invitations.c.sent_at.is_(None)).values(sent_at=now)
    )


def note_problem(connection: Connection, id: int, words: str) -> None:
    """Why the mail has not left yet, for the tracker; while it is still waiting to."""
    connection.execute(
        update(invitations).where(invitations.c.id == id, invitations.c.status == "queued").values(problem=words)
    )


def not_asked(connection: Connection, letter_id: int, ids: Collection[int] | None = None) -> list[Invitation]:
    """Those with an address that have not been asked, or whose mail failed; all of them, or of those named."""
    wanted = (
        select(*_columns)
        .select_from(joined)
        .where(
            invitations.c.letter_id == letter_id,
            invitations.c.status.in_(MOVES["ask"][0]),
            invitations.c.contact_id.is_not(None),
        )
        .order_by(invitations.c.sort_key, invitations.c.id)
    )
    found = [Invitation(*row) for row in connection.execute(wanted)]
    return found if ids is None else [one for one in found if one.id in ids]


def to_ask(connection: Connection, letter_id: int, ids: Collection[int] | None = None) -> tuple[int, int | None]:
    """How many not_asked() would find, and the first of them on the list."""
    wanted = (
        invitations.c.letter_id == letter_id,
        invitations.c.status.in_(MOVES["ask"][0]),
        invitations.c.contact_id.is_not(None),
        *(() if ids is None else (invitations.c.id.in_(ids),)),
    )
    count = connection.execute(select(func.count()).select_from(invitations).where(*wanted)).scalar_one()
    in_order = select(invitations.c.id).where(*wanted).order_by(invitations.c.sort_key, invitations.c.id)
    return count, connection.execute(in_order.limit(1)).scalar() if count else None


def found(connection: Connection, letter_id: int, search: str, most: int) -> list[Invitation]:
    """The first organisations of a letter whose name or contact holds every word, folded as base.text.fold does."""
    wanted = select(*_columns).select_from(joined).where(invitations.c.letter_id == letter_id)
    for word in search.split():
        wanted = wanted.where(invitations.c.search_key.contains(word, autoescape=True))
    rows = connection.execute(wanted.order_by(invitations.c.sort_key, invitations.c.id).limit(most))
    return [Invitation(*row) for row in rows]


def back_to_added(
    connection: Connection, letter_id: int, mail: tuple[ColumnElement[bool], ...], now: datetime
) -> list[int]:
    """Those whose invitation is in the outbox by the condition `mail` have not been asked after all. Returns which."""
    before, after = MOVES["cancel"]
    moved = (
        update(invitations)
        .where(
            invitations.c.letter_id == letter_id,
            invitations.c.status.in_(before),
            invitations.c.id.in_(select(outbox.c.subject_id).where(*mail)),
        )
        .values(status=after, changed_at=now, problem="")
        .returning(invitations.c.id)
    )
    return sorted(connection.execute(moved).scalars())


def on_list(connection: Connection, letter_id: int, ids: Collection[int] | None = None) -> list[Invitation]:
    """All of a letter, or those named."""
    wanted = select(*_columns).select_from(joined).where(invitations.c.letter_id == letter_id)
    if ids is not None:
        wanted = wanted.where(invitations.c.id.in_(ids))
    rows = connection.execute(wanted.order_by(invitations.c.sort_key, invitations.c.id))
    return [Invitation(*row) for row in rows]


def unanswered(connection: Connection, letter_id: int) -> list[Invitation]:
    """Those who have been asked, can be reached, and have not answered."""
    wanted = (
        select(*_columns)
        .select_from(joined)
        .where(
            invitations.c.letter_id == letter_id,
            invitations.c.status.in_(WAITING),
            invitations.c.contact_id.is_not(None),
            invitations.c.nonce.is_not(None),
        )
        .order_by(invitations.c.sort_key, invitations.c.id)
    )
    return [Invitation(*row) for row in connection.execute(wanted)]


def address_of(connection: Connection, contact_id: int | None) -> str:
    """A contact's address; empty when there is no such contact any more."""
    found = select(contacts.c.email).where(contacts.c.id == contact_id)
    return (connection.execute(found).scalar() or "") if contact_id else ""


def names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """What the organisations of some invitations are called; also of those that merging took out."""
    if not ids:
        return {}
    wanted = select(invitations.c.id, organisations.c.name).join_from(invitations, organisations)
    former = select(former_invitations.c.former_id, organisations.c.name).select_from(
        former_invitations.join(invitations).join(organisations)
    )
    rows = [
        *connection.execute(former.where(former_invitations.c.former_id.in_(ids))),
        *connection.execute(wanted.where(invitations.c.id.in_(ids))),
    ]
    return {id: name for id, name in rows}
