"""The tracker's reads: what a page of it shows, counts, and the export."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from coalition.invitations.records import joined
from coalition.invitations.rules import STATUSES
from coalition.tables import contacts, endorsements, invitations, organisations

PAGE = 50


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
        .select_from(joined)
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
    ).select_from(joined.outerjoin(endorsements, endorsements.c.invitation_id == invitations.c.id))
    rows = _filtered(rows, letter_id, wanted).order_by(*SORTS.get(wanted.sort, SORTS["name"]))
    return [ExportRow(*row) for row in connection.execute(rows)]
