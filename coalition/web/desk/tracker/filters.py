"""What the tracker's address says: filters, order, headings, columns; and the address that says the same in short."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, QueryParams

from coalition.base.text import fold
from coalition.invitations.rules import STATUSES
from coalition.invitations.tracker.choosing import DEEDS, OFFERED
from coalition.invitations.tracker.ordering import SECTIONED, SORTS
from coalition.invitations.tracker.tracking import NEEDS, REMINDED_MOST, UNREAD_DAYS, Filter
from coalition.letters.rules import YEARS, Letter, State
from coalition.web.forms.fields import whole_number

# Column -> what it is called, and what it is sorted by. The organisation is always there.
COLUMNS = {
    "contact": ("Contact", "contact"),
    "group": ("Group", "group"),
    "status": ("Status", "status"),
    "sent": ("Sent", "sent"),
    "fetched": ("Link fetched", "fetched"),
    "read": ("Read", "read"),
    "answered": ("Answered", "answered"),
    "deciding": ("Deciding until", "deciding"),
    "reminders": ("Reminders", "reminded"),
    "problem": ("Problem", "problem"),
    "changed": ("Last change", "when"),
}
USUAL = ("contact", "group", "status", "changed")
# Whoever looks at a date or a count wants the newest, or the most, first.
DOWN_FIRST = frozenset({"sent", "fetched", "read", "answered", "reminded", "problem", "when"})
UNANSWERED = ("queued", "sent", "fetched", "read", "deciding", "again")
NEEDING = {
    "any": "Anything below",
    "request": "They ask for something after delivery",
    "mail": "Mail bounced or failed",
    "address": "No address yet",
    "late": "Their date to decide has passed",
    "suggested": "Their suggestion waits for you",
    "unread": "Not read for some days",
}
REMINDED = {n: "Never" if n == 0 else "Once" if n == 1 else f"{n} times" for n in range(REMINDED_MOST)} | {
    REMINDED_MOST: f"{REMINDED_MOST} times or more"
}
assert set(NEEDING) == {"any", *NEEDS}  # noqa: S101


@dataclass(frozen=True)
class View:
    """One view of the tracker: which rows, and which columns."""

    wanted: Filter
    columns: tuple[str, ...] = USUAL

    def of(self, letter: Letter, now: datetime) -> "View":
        """The same, where and when the letter is."""
        return replace(self, wanted=replace(self.wanted, now=now, zone=letter.time_zone))

    @property
    def folded(self) -> Filter:
        """As the database compares."""
        return replace(self.wanted, search=fold(self.wanted.search))

    @property
    def shows_all(self) -> bool:
        """Is it the tracker's first page, with everybody on it in one list?"""
        return self.wanted.is_plain and self.wanted.page == 1 and not self.wanted.by

    def parts(self, **changes: Any) -> list[tuple[str, str]]:
        """What an address says to show this; with `changes` of the filter, or of `columns`. Page 1 unless said."""
        columns = changes.pop("columns", self.columns)
        wanted = replace(self.wanted, **({"page": 1} | changes))
        said = [(name, value) for name, value in _written(wanted) if value]
        return said + ([("cols", ",".join(columns) or "none")] if columns != USUAL else [])

    def query(self, **changes: Any) -> str:
        return urlencode(self.parts(**changes))


_USUAL = Filter()
_NAMES = {"search": "q", "asked_from": "from", "asked_until": "until", "statuses": "status"}
_SAID = tuple(
    field.name for field in fields(Filter) if field.name not in ("now", "zone")
)  # what the address says; the rest follows from the letter and the hour


def _written(wanted: Filter) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field in _SAID:
        value = getattr(wanted, field)
        if value == getattr(_USUAL, field):
            continue
        name = _NAMES.get(field, field)
        found += [(name, one) for one in value] if isinstance(value, tuple) else [(name, str(value))]
    return found


def view(given: QueryParams | FormData) -> View:
    """Whatever the address says that we do not know is passed over."""
    texts = {name: value for name, value in given.multi_items() if isinstance(value, str)}
    asked = {value for name, value in given.multi_items() if name == "status"}
    sort, by = texts.get("sort", ""), texts.get("by", "")
    needs = texts.get("needs", "")
    wanted = Filter(
        statuses=tuple(one for one in STATUSES if one in asked),
        group=texts.get("group", "").replace("\0", "")[:200],
        search=texts.get("q", "").replace("\0", "")[:100],
        needs=needs if needs in NEEDING else "",
        days=whole_number(texts.get("days"), 365) or UNREAD_DAYS,
        asked_from=_day(texts, "from"),
        asked_until=_day(texts, "until"),
        reminded=whole_number(texts.get("reminded"), REMINDED_MOST),
        sort=sort if sort in SORTS else "name",
        by=by if by in SECTIONED else "",
        page=whole_number(texts.get("page"), 100_000) or 1,
    )
    return View(wanted, _columns(given))


def _columns(given: QueryParams | FormData) -> tuple[str, ...]:
    said = [one for name, value in given.multi_items() if name == "cols" for one in str(value).split(",")]
    return tuple(name for name in COLUMNS if name in said) if said else USUAL


def _day(texts: Mapping[str, str], name: str) -> date | None:
    try:
        day = date.fromisoformat(texts.get(name, ""))
    except ValueError:
        return None
    return day if day.year in YEARS else None


def view_of(wanted: Filter, columns: tuple[str, ...]) -> View:
    return View(wanted, columns)


def only(**parts: Any) -> dict[str, Any]:
    """Changes to any view after which it shows what `parts` say, whatever it was narrowed to before."""
    narrow = ("statuses", "group", "search", "needs", "asked_from", "asked_until", "reminded")
    return {name: getattr(_USUAL, name) for name in narrow} | parts


def toggled(chosen: tuple[str, ...], status: str) -> tuple[str, ...]:
    """The statuses with one more, or one less."""
    return tuple(one for one in STATUSES if (one in chosen) != (one == status))


def offered(state: State) -> dict[str, str]:
    """What can be done for many, as the letter stands."""
    return {what: DEEDS[what] for what in OFFERED[state]}
