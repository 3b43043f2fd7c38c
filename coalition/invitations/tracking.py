"""The tracker's reads: what a page of it shows, in which order, how many there are; and what can be filtered by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, and_, bindparam, case, false, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from coalition.invitations.ordering import JOINED, SECTIONED, SORTS, ordered
from coalition.invitations.records import joined
from coalition.invitations.rules import ANSWERED, STATUSES
from coalition.tables import contacts, history, invitations, organisations, outbox

PAGE = 50
UNREAD_DAYS = 5  # how long a mail may lie unread before somebody should look
REMINDED_MOST = 3  # “reminded n times” ends with “three or more”
COUNTED_MOST = 2_000  # of what a search finds: counting on would take longer than the page

i = invitations.c


@dataclass(frozen=True)
class Filter:
    """What the tracker shows; every part sits in the page's address. `now` and `zone` say what is late, or long ago."""

    statuses: tuple[str, ...] = ()
    group: str = ""
    search: str = ""
    needs: str = ""  # NEEDS
    days: int = UNREAD_DAYS
    asked_from: date | None = None
    asked_until: date | None = None
    reminded: int | None = None
    sort: str = "name"
    by: str = ""  # SECTIONED: headings with subtotals
    page: int = 1
    now: datetime | None = None
    zone: str = "Europe/London"

    @property
    def is_plain(self) -> bool:
        """Does it show everybody?"""
        return not any((self.statuses, self.group, self.search, self.needs, self.asked_from, self.asked_until)) and (
            self.reminded is None
        )


@dataclass(frozen=True)
class Row:
    id: int
    organisation: str
    group: str
    status: str
    contact: str
    email: str
    sent_at: datetime | None
    fetched_at: datetime | None
    read_at: datetime | None
    answered_at: datetime | None
    deciding_until: date | None
    reminders: int
    reminded_at: datetime | None
    bounces: int
    problem: str
    changed_at: datetime
    leaves_at: datetime | None  # of an invitation that waits for its hour

    @property
    def since(self) -> datetime | None:
        """When its status began, where that is kept."""
        moment: datetime | None = getattr(self, _SINCE.get(self.status, "answered_at"))
        return moment


_SINCE = {"sent": "sent_at", "again": "sent_at", "fetched": "fetched_at", "read": "read_at"}
_leaves_at = (
    select(func.max(outbox.c.due_at))
    .where(
        outbox.c.message == "invitation",
        outbox.c.subject_id == i.id,
        outbox.c.state == "waiting",
        outbox.c.attempts == 0,
        outbox.c.due_at > outbox.c.queued_at,
    )
    .correlate(invitations)
    .scalar_subquery()
)
_row_columns: tuple[ColumnElement[Any], ...] = (
    *(i.id, organisations.c.name, i.group, i.status),
    *(func.coalesce(contacts.c.name, ""), func.coalesce(contacts.c.email, "")),
    *(i.sent_at, i.fetched_at, i.read_at, i.answered_at, i.deciding_until),
    *(i.reminders, i.reminded_at, i.bounces, i.problem, i.changed_at),
    _leaves_at,
)


# How many.

_of_letter = select(func.count()).select_from(invitations).where(i.letter_id == bindparam("letter_id"))
# A walk of the index for each status: half the time of one with GROUP BY.
_counts = select(
    *(_of_letter.where(i.status == literal(one)).scalar_subquery() for one in STATUSES),
    select(func.max(history.c.number)).where(history.c.chain == bindparam("letter_id")).scalar_subquery(),
    select(func.max(i.changed_at)).where(i.letter_id == bindparam("letter_id")).scalar_subquery(),
)


def counts(connection: Connection, letter_id: int) -> dict[str, int]:
    """How many in each status that there is any in."""
    return counted(connection, letter_id)[0]


def counted(connection: Connection, letter_id: int) -> tuple[dict[str, int], str]:
    """The same, with the sign by which watching.changed() sees whether anything has happened since."""
    *found, number, changed = connection.execute(_counts, {"letter_id": letter_id}).one()
    return {one: count for one, count in zip(STATUSES, found, strict=True) if count}, sign(number, changed)


def sign(number: int | None, changed: datetime | None) -> str:
    return f"{number or 0}-{round(changed.timestamp() * 1_000_000) if changed else 0}"


# Which.


def _day_begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def today(wanted: Filter) -> date:
    """The day it is where the letter is."""
    assert wanted.now, "what is late is late at some moment"  # noqa: S101 (a caller's mistake, not a visitor's)
    return wanted.now.astimezone(ZoneInfo(wanted.zone)).date()


def _mail(_: Filter) -> ColumnElement[bool]:
    return i.status.in_(("failed", "bounced"))


def _address(_: Filter) -> ColumnElement[bool]:
    return and_(i.contact_id.is_(None), i.status.not_in(sorted(ANSWERED)))


def _late(wanted: Filter) -> ColumnElement[bool]:
    return and_(i.status == "deciding", i.deciding_until < today(wanted))


def _unread(wanted: Filter) -> ColumnElement[bool]:
    assert wanted.now, "long ago is long before some moment"  # noqa: S101
    return and_(i.status.in_(("sent", "fetched")), i.sent_at < wanted.now - timedelta(days=wanted.days))


NEEDS = {"mail": _mail, "address": _address, "late": _late, "unread": _unread}


def needing(wanted: Filter) -> ColumnElement[bool]:
    if wanted.needs == "any":
        return or_(false(), *(need(wanted) for need in NEEDS.values()))
    return NEEDS[wanted.needs](wanted)


def filtered(select_: Select[Any], letter_id: int, wanted: Filter) -> Select[Any]:
    select_ = select_.where(i.letter_id == letter_id)
    if wanted.statuses:
        one = len(wanted.statuses) == 1
        select_ = select_.where(i.status == wanted.statuses[0] if one else i.status.in_(wanted.statuses))
    if wanted.group:
        select_ = select_.where(i.group == wanted.group)
    if wanted.needs:
        select_ = select_.where(needing(wanted))
    if wanted.asked_from:
        select_ = select_.where(i.sent_at >= _day_begins(wanted.asked_from, wanted.zone))
    if wanted.asked_until:
        select_ = select_.where(i.sent_at < _day_begins(wanted.asked_until + timedelta(days=1), wanted.zone))
    if wanted.reminded is not None:
        most = wanted.reminded >= REMINDED_MOST
        select_ = select_.where(i.reminders >= REMINDED_MOST if most else i.reminders == wanted.reminded)
    for word in wanted.search.split():
        select_ = select_.where(i.search_key.contains(word, autoescape=True))
    return select_


# A page.


@dataclass(frozen=True)
class Section:
    """Rows that belong together, and what they come to."""

    key: str
    count: int
    endorsed: int


def sections(connection: Connection, letter_id: int, wanted: Filter, groups: Sequence[str]) -> tuple[Section, ...]:
    """The subtotals of what is shown, over all its pages; in the order of the letter's groups, or of the statuses."""
    if not wanted.by:
        return ()
    column = SECTIONED[wanted.by]
    endorsed = func.sum(case((i.status == literal("endorsed"), 1), else_=0))
    columns: tuple[ColumnElement[Any], ...] = (column, func.count(), endorsed)
    found = filtered(select(*columns), letter_id, wanted).group_by(column)
    order = {key: place for place, key in enumerate(STATUSES if wanted.by == "status" else groups)}
    rows = [Section(*row) for row in connection.execute(found)]
    return tuple(sorted(rows, key=lambda one: (order.get(one.key, len(order) + (not one.key)), one.key)))


def tracker(
    connection: Connection,
    letter_id: int,
    wanted: Filter,
    counted: Mapping[str, int] | None = None,
    sections: Sequence[Section] = (),
) -> tuple[list[Row], int]:
    """One page of rows and how many there are in all; who has the counts or the sections already, gives them.

    Of what a search finds no more than about COUNTED_MOST are counted.
    """
    if sections:
        return _in_sections(connection, letter_id, wanted, sections)
    first = (wanted.page - 1) * PAGE
    if wanted.search:  # one walk through all names finds the page and counts
        most = max(COUNTED_MOST + 1, first + PAGE)
        ids = list(connection.execute(_ids(letter_id, wanted).limit(most)).scalars())
        return _rows(connection, wanted.sort, ids[first : first + PAGE]), len(ids)
    # The page's ids come from one walk of an index; only its rows are joined.
    page = _ids(letter_id, wanted).limit(PAGE).offset(first)
    rows = _select_rows(wanted.sort).where(i.id.in_(page.scalar_subquery()))
    found = [Row(*row) for row in connection.execute(rows)]
    return found, _total(connection, letter_id, wanted, len(found), counted)


def _in_sections(
    connection: Connection, letter_id: int, wanted: Filter, sections: Sequence[Section]
) -> tuple[list[Row], int]:
    """A page may begin in one section and end in another; only those that it touches are looked through."""
    first, begins, skip = (wanted.page - 1) * PAGE, 0, 0
    touched: list[str] = []
    for section in sections:
        if begins < first + PAGE and begins + section.count > first:
            skip = skip if touched else first - begins
            touched.append(section.key)
        begins += section.count
    if not touched:
        return [], begins
    column = SECTIONED[wanted.by]
    ids = _ids(letter_id, wanted).where(column == touched[0] if len(touched) == 1 else column.in_(touched))
    if len(touched) > 1:
        ids = ids.order_by(None).order_by(*ordered(wanted.sort, wanted.by, touched))
    found = list(connection.execute(ids.limit(PAGE).offset(skip)).scalars())
    return _rows(connection, wanted.sort, found), begins


def _ids(letter_id: int, wanted: Filter) -> Select[Any]:
    ids = select(i.id)
    if wanted.sort in JOINED:
        ids = ids.select_from(invitations.outerjoin(contacts, contacts.c.id == i.contact_id))
    return filtered(ids, letter_id, wanted).order_by(*SORTS[wanted.sort])


def ids(connection: Connection, letter_id: int, wanted: Filter) -> list[int]:
    """All that a filter shows, over all pages, in their order."""
    return list(connection.execute(_ids(letter_id, wanted)).scalars())


def _select_rows(sort: str) -> Select[Any]:
    return select(*_row_columns).select_from(joined).order_by(*SORTS[sort])


def _rows(connection: Connection, sort: str, ids: list[int]) -> list[Row]:
    if not ids:
        return []
    place = {id: place for place, id in enumerate(ids)}
    rows = select(*_row_columns).select_from(joined).where(i.id.in_(ids))
    return sorted((Row(*row) for row in connection.execute(rows)), key=lambda row: place[row.id])


def _total(
    connection: Connection, letter_id: int, wanted: Filter, found: int, counted: Mapping[str, int] | None
) -> int:
    if wanted.page == 1 and found < PAGE:
        return found
    if counted is not None and replace(wanted, statuses=()).is_plain:
        return sum(counted.get(one, 0) for one in set(wanted.statuses) or counted)
    return count(connection, letter_id, wanted)


def count(connection: Connection, letter_id: int, wanted: Filter) -> int:
    """How many a filter shows, over all pages."""
    total = filtered(select(func.count()).select_from(invitations), letter_id, wanted)
    found: int = connection.execute(total).scalar_one()
    return found


def groups(connection: Connection, letter_id: int) -> list[str]:
    """The groups that are in use."""
    rows = connection.execute(select(i.group).where(i.letter_id == letter_id).distinct().order_by(i.group))
    return [group for (group,) in rows]
