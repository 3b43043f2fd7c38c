"""How a letter is getting on: how many came how far, and the answers day by day, as counted and as drawn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import String

from coalition.invitations.tracker import chart
from coalition.invitations.tracker.chart import Chart, Stage
from coalition.letters.rules import Letter
from coalition.tables import invitations

# The funnel: what each stage is called, and the statuses of those who have come so far.
_DECIDED = ("endorsed", "declined", "withdrawn")
_ENDED = ("held", "unconfirmed", *_DECIDED)
_STAGES = (
    ("On the list", ("added", "queued", "failed", "bounced", "sent", "fetched", "read", "deciding", "again", *_ENDED)),
    ("Asked", ("queued", "failed", "bounced", "sent", "fetched", "read", "deciding", "again", *_ENDED)),
    ("Reached by mail", ("sent", "fetched", "read", "deciding", "again", *_ENDED)),
    ("Read by a person", ("read", "deciding", "again", *_ENDED)),
    ("Answered", _ENDED),
    ("Endorsed", ("endorsed",)),
)
_AGAINST = ("declined", "withdrawn")


@dataclass(frozen=True)
class Progress:
    stages: tuple[Stage, ...]
    chart: Chart | None  # none before the first answer
    days: tuple[tuple[date, int, int], ...]  # on which there were answers: how many for and against in all by then
    closes_on: date | None

    @property
    def asked(self) -> int:
        return self.stages[1].count


class quarter_hour(GenericFunction[str]):  # noqa: N801  # named as it is in SQL
    """The quarter of an hour, in UTC, that a moment falls in, as 2009-11-03 09:2; no zone's day begins within one."""

    type = String()
    inherit_cache = True
    name = "quarter_hour"


@compiles(quarter_hour, "sqlite")  # type: ignore[no-untyped-call,untyped-decorator,unused-ignore]
def _on_sqlite(element: quarter_hour, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"(substr({moment}, 1, 14) || (CAST(substr({moment}, 15, 2) AS INTEGER) / 15))"


@compiles(quarter_hour, "postgresql")  # type: ignore[no-untyped-call,untyped-decorator,unused-ignore]
def _on_postgresql(element: quarter_hour, compiler: SQLCompiler, **options: Any) -> str:
    there = f"({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC')"
    return f"(to_char({there}, 'YYYY-MM-DD HH24:') || CAST(EXTRACT(MINUTE FROM {there}) AS INTEGER) / 15)"


_of_letter = invitations.c.letter_id == bindparam("letter_id")
_statuses = select(invitations.c.status, func.count()).where(_of_letter).group_by(invitations.c.status)
_quarter = quarter_hour(invitations.c.answered_at).label("quarter")
_answers = (
    select(invitations.c.status, _quarter, func.count())
    .where(_of_letter, invitations.c.status.in_(_DECIDED), invitations.c.answered_at.is_not(None))
    .group_by(invitations.c.status, _quarter)
)


def look(connection: Connection, letter: Letter, now: datetime, counted: Mapping[str, int] | None = None) -> Progress:
    """Two statements, whatever the length of the list; one, for who has the counts already, and gives them.

    Answers as they stand: one taken back counts among "against".
    """
    counts = counted
    if counts is None:
        counts = {status: count for status, count in connection.execute(_statuses, {"letter_id": letter.id})}
    stages = chart.stages([(name, sum(counts.get(one, 0) for one in statuses)) for name, statuses in _STAGES])
    rows = connection.execute(_answers, {"letter_id": letter.id}) if any(map(counts.get, _DECIDED)) else ()
    days = _by_day(((status, quarter, count) for status, quarter, count in rows), letter.time_zone)
    closes_on = letter.hard_deadline.astimezone(ZoneInfo(letter.time_zone)).date() if letter.hard_deadline else None
    return Progress(stages, _chart(letter, days, now) if days else None, days, closes_on)


def _by_day(answers: Iterable[tuple[str, str, int]], zone: str) -> tuple[tuple[date, int, int], ...]:
    """On each day of the letter's own calendar with an answer: how many for and against there had been by its end."""
    there = ZoneInfo(zone)
    new: dict[date, list[int]] = {}
    for status, quarter, count in answers:
        hour, _, fourth = quarter.rpartition(":")
        moment = datetime.fromisoformat(f"{hour}:{15 * int(fourth):02}:00+00:00")
        new.setdefault(moment.astimezone(there).date(), [0, 0])[status in _AGAINST] += count
    found, so_far = [], (0, 0)
    for day in sorted(new):
        so_far = (so_far[0] + new[day][0], so_far[1] + new[day][1])
        found.append((day, *so_far))
    return tuple(found)


def _chart(letter: Letter, days: tuple[tuple[date, int, int], ...], now: datetime) -> Chart:
    there = ZoneInfo(letter.time_zone)
    begun = (letter.opened_at or letter.created_at).astimezone(there).date()
    closes = letter.hard_deadline.astimezone(there) if letter.hard_deadline else None
    first = min(begun, days[0][0])
    last = max(filter(None, (days[-1][0], closes.date() if closes else None, letter.soft_deadline)))
    ended = min(filter(None, (now, letter.closed_at))).astimezone(there)
    return chart.chart(
        days,
        first=first,
        last=last,
        until=_place(first, ended.date(), ended),
        soft=_place(first, letter.soft_deadline) if letter.soft_deadline else None,
        hard=_place(first, closes.date(), closes) if closes else None,
    )


def _place(first: date, day: date, moment: datetime | None = None) -> float:
    """In days since the first one began; the end of the day where no moment is given."""
    into = timedelta(hours=moment.hour, minutes=moment.minute) / timedelta(days=1) if moment else 1.0
    return (day - first).days + into
