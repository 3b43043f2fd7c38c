"""The tracker's reads: what a page of it shows, in which order; and what can be filtered by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, and_, false, func, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from coalition.invitations.records import joined
from coalition.invitations.rules import ANSWERED, STATUSES
from coalition.invitations.tracker.ordering import REVERSE, SECTIONED, SORTS, ordered
from coalition.tables import contacts, invitations, organisations, outbox, requests, suggestions

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
    .group_by(outbox.c.subject_id)  # or SQLite, to find the latest, walks all the mail that waits
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


def _request(_: Filter) -> ColumnElement[bool]:
    return i.id.in_(select(requests.c.invitation_id).where(requests.c.ended_at.is_(None)))


def _suggested(_: Filter) -> ColumnElement[bool]:
    return i.id.in_(select(suggestions.c.invitation_id).where(suggestions.c.state == "open"))


NEEDS = {
    "request": _request,
    "suggested": _suggested,
    "mail": _mail,
    "address": _address,
    "late": _late,
    "unread": _unread,
}


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
    # By both, which one narrow index has. What is searched for stands in another, that SQLite takes when nothing
    # invites it to group by this one.
    status = i.status.concat(literal_column("''")) if wanted.search else i.status
    columns: tuple[ColumnElement[Any], ...] = (status, i.group, func.count())
    found: dict[str, list[int]] = {}
    for is_now, group, many in connection.execute(filtered(select(*columns), letter_id, wanted).group_by(*columns[:2])):
        subtotal = found.setdefault(is_now if wanted.by == "status" else group, [0, 0])
        subtotal[0] += many
        subtotal[1] += many if is_now == "endorsed" else 0
    order = {key: place for place, key in enumerate(STATUSES if wanted.by == "status" else groups)}
    rows = [Section(key, *subtotal) for key, subtotal in found.items()]
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
        return _rows(connection, ids[first : first + PAGE]), len(ids)
    total = _known(wanted, counted)
    if total is None and wanted.page > 1:
        total = count(connection, letter_id, wanted)
    # The page's ids come from one walk of an index; only its rows are joined.
    if total is None or first < total / 2:
        ids = list(connection.execute(_ids(letter_id, wanted).limit(PAGE).offset(first)).scalars())
    else:  # what is nearer to the end is reached from there
        backwards = _ids(letter_id, replace(wanted, sort=REVERSE[wanted.sort]))
        piece = backwards.limit(min(PAGE, max(total - first, 0))).offset(max(total - first - PAGE, 0))
        ids = list(connection.execute(piece).scalars())[::-1]
    if total is None:
        total = len(ids) if len(ids) < PAGE else count(connection, letter_id, wanted)
    return _rows(connection, ids), total


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
    return _rows(connection, found), begins


def _ids(letter_id: int, wanted: Filter) -> Select[Any]:
    return filtered(select(i.id), letter_id, wanted).order_by(*SORTS[wanted.sort])


def ids(connection: Connection, letter_id: int, wanted: Filter) -> list[int]:
    """All that a filter shows, over all pages, in their order."""
    return list(connection.execute(_ids(letter_id, wanted)).scalars())


def _rows(connection: Connection, ids: list[int]) -> list[Row]:
    """In the order of their ids as given."""
    if not ids:
        return []
    place = {id: place for place, id in enumerate(ids)}
    rows = select(*_row_columns).select_from(joined).where(i.id.in_(ids))
    return sorted((Row(*row) for row in connection.execute(rows)), key=lambda row: place[row.id])


def _known(wanted: Filter, counted: Mapping[str, int] | None) -> int | None:
    """How many a filter shows, where the counts of the statuses say so."""
    if counted is None or not replace(wanted, statuses=()).is_plain:
        return None
    return sum(counted.get(one, 0) for one in set(wanted.statuses) or counted)


def count(connection: Connection, letter_id: int, wanted: Filter) -> int:
    """How many a filter shows, over all pages."""
    total = filtered(select(func.count()).select_from(invitations), letter_id, wanted)
    return int(connection.execute(total).scalar_one())
