"""Invitations and the tracker's reads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, bindparam, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from coalition.base.refused import NotFound
from coalition.invitations.rules import MOVES, STATUSES, Invitation
from coalition.tables import contacts, endorsements, invitations, organisations

PAGE = 50

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
)
_joined = invitations.join(organisations).outerjoin(contacts, contacts.c.id == invitations.c.contact_id)
_by_id = select(*_columns).select_from(_joined).where(invitations.c.id == bindparam("id"))
_of_organisation = (
    select(*_columns)
    .select_from(_joined)
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


def note_problem(connection: Connection, id: int, words: str) -> None:
    """Why the mail has not left yet, for the tracker; while it is still waiting to."""
    connection.execute(
        update(invitations).where(invitations.c.id == id, invitations.c.status == "queued").values(problem=words)
    )


def not_asked(connection: Connection, letter_id: int, ids: Collection[int] | None = None) -> list[Invitation]:
    """Those with an address that have not been asked, or whose mail failed; all of them, or of those named."""
    wanted = (
        select(*_columns)
        .select_from(_joined)
        .where(
            invitations.c.letter_id == letter_id,
            invitations.c.status.in_(MOVES["ask"][0]),
            invitations.c.contact_id.is_not(None),
        )
        .order_by(invitations.c.sort_key, invitations.c.id)
    )
    found = [Invitation(*row) for row in connection.execute(wanted)]
    return found if ids is None else [one for one in found if one.id in ids]


def unanswered(connection: Connection, letter_id: int) -> list[Invitation]:
    """Those who have been asked, can be reached, and have not answered."""
    wanted = (
        select(*_columns)
        .select_from(_joined)
        .where(
            invitations.c.letter_id == letter_id,
            invitations.c.status.in_(("sent", "fetched", "read", "deciding")),
            invitations.c.contact_id.is_not(None),
            invitations.c.nonce.is_not(None),
        )
        .order_by(invitations.c.sort_key, invitations.c.id)
    )
    return [Invitation(*row) for row in connection.execute(wanted)]


def names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """What the organisations of some invitations are called."""
    wanted = select(invitations.c.id, organisations.c.name).join_from(invitations, organisations)
    return {id: name for id, name in connection.execute(wanted.where(invitations.c.id.in_(ids)))} if ids else {}


# The tracker.


@dataclass(frozen=True)
class Filter:
    """What the tracker shows; every part sits in the page's address."""

    status: str = ""
    group: str = ""
    search: str = ""
    sort: str = "name"
    page: int = 1


@dataclass(frozen=True)
class Row:
    id: int
    organisation: str
    group: str
    status: str
    contact: str
    email: str
    answered_at: datetime | None
    changed_at: datetime
    problem: str


SORTS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "name": (invitations.c.sort_key, invitations.c.id),
    "-name": (invitations.c.sort_key.desc(), invitations.c.id.desc()),
    "when": (invitations.c.changed_at, invitations.c.id),
    "-when": (invitations.c.changed_at.desc(), invitations.c.id.desc()),
}

_row_columns: tuple[ColumnElement[Any], ...] = (
    invitations.c.id,
    organisations.c.name,
    invitations.c.group,
    invitations.c.status,
    func.coalesce(contacts.c.name, ""),
    func.coalesce(contacts.c.email, ""),
    invitations.c.answered_at,
    invitations.c.changed_at,
    invitations.c.problem,
)
_of_letter = select(func.count()).select_from(invitations).where(invitations.c.letter_id == bindparam("letter_id"))
# A walk of the index for each status: half the time of one with GROUP BY.
_counts = select(*(_of_letter.where(invitations.c.status == literal(one)).scalar_subquery() for one in STATUSES))


def counts(connection: Connection, letter_id: int) -> dict[str, int]:
    """How many in each status that there is any in."""
    found = connection.execute(_counts, {"letter_id": letter_id}).one()
    return {status: count for status, count in zip(STATUSES, found, strict=True) if count}


def tracker(
    connection: Connection, letter_id: int, wanted: Filter, counted: dict[str, int] | None = None
) -> tuple[list[Row], int]:
    """One page of rows and how many there are in all; who has the counts already, gives them."""
    # The page's ids come from one walk of an index; only its rows are joined.
    ids = _filtered(select(invitations.c.id), letter_id, wanted)
    ids = ids.order_by(*SORTS.get(wanted.sort, SORTS["name"])).limit(PAGE).offset((wanted.page - 1) * PAGE)
    rows = (
        select(*_row_columns)
        .select_from(_joined)
        .where(invitations.c.id.in_(ids.scalar_subquery()))
        .order_by(*SORTS.get(wanted.sort, SORTS["name"]))
    )
    found = [Row(*row) for row in connection.execute(rows)]
    return found, _total(connection, letter_id, wanted, len(found), counted)


def _total(connection: Connection, letter_id: int, wanted: Filter, found: int, counted: dict[str, int] | None) -> int:
    if wanted.page == 1 and found < PAGE:  # a rare word has been looked for in every row already
        return found
    if counted is not None and not wanted.group and not wanted.search:
        return counted.get(wanted.status, 0) if wanted.status else sum(counted.values())
    total = _filtered(select(func.count()).select_from(invitations), letter_id, wanted)
    count: int = connection.execute(total).scalar_one()
    return count


def _filtered(select_: Select[Any], letter_id: int, wanted: Filter) -> Select[Any]:
    select_ = select_.where(invitations.c.letter_id == letter_id)
    if wanted.status:
        select_ = select_.where(invitations.c.status == wanted.status)
    if wanted.group:
        select_ = select_.where(invitations.c.group == wanted.group)
    for word in wanted.search.split():
        select_ = select_.where(invitations.c.search_key.contains(word, autoescape=True))
    return select_


def groups(connection: Connection, letter_id: int) -> list[str]:
    """The groups that are in use."""
    rows = connection.execute(
        select(invitations.c.group).where(invitations.c.letter_id == letter_id).distinct().order_by(invitations.c.group)
    )
    return [group for (group,) in rows]


@dataclass(frozen=True)
class ExportRow:
    organisation: str
    register_id: str | None
    group: str
    signatory: str
    role: str
    status: str
    version: int | None
    answered_at: datetime | None
    contact: str
    email: str
    reason: str


def export(connection: Connection, letter_id: int, wanted: Filter) -> list[ExportRow]:
    """The tracker as shown, without pages. The organisation as printed, where it has endorsed."""
    rows = select(
        func.coalesce(endorsements.c.name, organisations.c.name),
        organisations.c.register_id,
        func.coalesce(endorsements.c.group, invitations.c.group),
        func.coalesce(endorsements.c.signatory, ""),
        func.coalesce(endorsements.c.role, ""),
        invitations.c.status,
        endorsements.c.version,
        invitations.c.answered_at,
        func.coalesce(contacts.c.name, ""),
        func.coalesce(contacts.c.email, ""),
        invitations.c.reason,
    ).select_from(_joined.outerjoin(endorsements, endorsements.c.invitation_id == invitations.c.id))
    rows = _filtered(rows, letter_id, wanted).order_by(*SORTS.get(wanted.sort, SORTS["name"]))
    return [ExportRow(*row) for row in connection.execute(rows)]
