"""When reminders leave: days counted from the one asked for, at an hour of the letter's zone, never in quiet hours.

Pure: values and `now` in, values out. What the clock shows is asked of the zone for each moment, so that a day of 23 or
25 hours, and one that a country leaves out, come out right.
"""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from coalition.base.clock import day_words

APART = timedelta(hours=48)  # never two mails to one organisation within this
LATE = timedelta(hours=24)  # a step that the site slept through for longer is left out
DAYS = range(-90, 31)
MOST_STEPS = 8
CAPS = range(1, 11)


@dataclass(frozen=True)
class Schedule:
    """Hours are the letter's own. Quiet from 20 until 8: nothing leaves from 20:00 to 7:59. None: never quiet."""

    days: tuple[int, ...] = (-7, -2, 0)  # before the day asked for, or after it
    hour: int = 9
    cap: int = 3  # how many any organisation gets, those by hand among them
    quiet_from: int | None = 20
    quiet_until: int | None = 8
    quiet_weekends: bool = True
    on: bool = False


PROPOSED = Schedule()


@dataclass(frozen=True)
class Step:
    days: int
    due: datetime

    @property
    def name(self) -> str:
        """As it is remembered of each who got it: a moved date moves the step, and it stays the same step."""
        return f"{self.days:+d}"


@dataclass(frozen=True)
class Dates:
    """What the steps are counted from: the day asked for, and when the list closes."""

    asked_for: date
    closes: datetime
    zone: str


def dates(soft: date | None, hard: datetime | None, zone: str) -> Dates | None:
    """Without a day of its own, the letter asks for the day its list closes."""
    if hard is None:
        return None
    return Dates(soft or hard.astimezone(ZoneInfo(zone)).date(), hard, zone)


def from_data(data: dict[str, Any] | None) -> Schedule | None:
    """As it is kept in letters.reminders; None where nobody has set one."""
    if not data:
        return None
    known = {field.name for field in fields(Schedule)}
    values = {name: value for name, value in data.items() if name in known}
    return Schedule(**{**values, "days": tuple(values.get("days", ()))})


def as_data(schedule: Schedule) -> dict[str, Any]:
    return {**asdict(schedule), "days": list(schedule.days)}


def check(schedule: Schedule) -> dict[str, str]:
    """What is wrong with it: field -> sentence."""
    wrong: dict[str, str] = {}
    if not schedule.days:
        wrong["before"] = "Choose at least one day: before the day asked for, on it, or after it."
    elif any(day not in DAYS for day in schedule.days):
        wrong["before"] = (
            f"A reminder can go from {-DAYS[0]} days before the day asked for to {DAYS[-1]} days after it."
        )
    elif len(set(schedule.days)) > MOST_STEPS:
        wrong["before"] = f"That is more than {MOST_STEPS} days. Choose fewer."
    if schedule.hour not in range(24):
        wrong["hour"] = "Choose an hour of the day."
    if schedule.cap not in CAPS:
        wrong["cap"] = f"Choose a number from {CAPS[0]} to {CAPS[-1]}."
    if (schedule.quiet_from is None) != (schedule.quiet_until is None):
        wrong["quiet_until"] = "Choose both hours, or neither."
    return wrong


def steps(schedule: Schedule, when: Dates) -> tuple[Step, ...]:
    """Those before the list closes, in order. Of several that wait for the same hour only the last is left."""
    last: dict[datetime, Step] = {}
    for days in sorted(set(schedule.days)):
        due = leaves(schedule, when.zone, _local(when.asked_for + timedelta(days=days), schedule.hour, when.zone))
        if due < when.closes:
            last[due] = Step(days, due)
    return tuple(last.values())


def due_now(schedule: Schedule, when: Dates, now: datetime) -> Step | None:
    """The newest step whose hour has come, unless it is long past or the hours are quiet. Older ones it replaces."""
    if not schedule.on or when.closes <= now or is_quiet(schedule, when.zone, now):
        return None
    past = [step for step in steps(schedule, when) if step.due <= now]
    return past[-1] if past and now - past[-1].due <= LATE else None


def next_step(schedule: Schedule, when: Dates, now: datetime) -> Step | None:
    """The one that is due now, or the first that is to come, switched on or not."""
    coming = (step for step in steps(schedule, when) if step.due > now)
    return due_now(schedule, when, now) or next(coming, None)


def too_close(schedule: Schedule) -> bool:
    """Are there steps so close that who got the one cannot get the other?"""
    days = sorted(set(schedule.days))
    return any((after - before) * timedelta(days=1) < APART for before, after in pairwise(days))


def is_quiet(schedule: Schedule, zone: str, moment: datetime) -> bool:
    there = moment.astimezone(ZoneInfo(zone))
    if schedule.quiet_weekends and there.weekday() >= 5:
        return True
    begins, ends = schedule.quiet_from, schedule.quiet_until
    if begins is None or ends is None or begins == ends:
        return False
    if begins < ends:
        return begins <= there.hour < ends
    return there.hour >= begins or there.hour < ends


def leaves(schedule: Schedule, zone: str, moment: datetime) -> datetime:
    """The first moment from this one on that is not quiet."""
    if not is_quiet(schedule, zone, moment):
        return moment
    today = moment.astimezone(ZoneInfo(zone)).date()
    # Quiet ends at its hour or, after a weekend, at midnight: on one of the next days, or twice on a day of 25 hours.
    ends = (
        _local(today + timedelta(days=ahead), hour, zone, fold)
        for ahead in range(6)
        for hour in (0, schedule.quiet_until or 0)
        for fold in (0, 1)
    )
    return min(end for end in ends if end > moment and not is_quiet(schedule, zone, end))


def _local(day: date, hour: int, zone: str, fold: int = 0) -> datetime:
    """An hour that the clocks leave out is the moment they jump, or as long after it as it would have been."""
    return datetime.combine(day, time(hour, fold=fold), ZoneInfo(zone)).astimezone(UTC)


def days_left(when: Dates, now: datetime) -> int:
    """Whole days on the calendar until the day asked for; negative once it has passed."""
    return (when.asked_for - now.astimezone(ZoneInfo(when.zone)).date()).days


def left_words(when: Dates, now: datetime) -> str:
    """How long is left, as a part of a sentence: 7 days are left."""
    left = days_left(when, now)
    if left > 1:
        return f"{left} days are left"
    if left >= 0:
        return "one day is left" if left else "today is the last day"
    closes = (when.closes.astimezone(ZoneInfo(when.zone)).date() - now.astimezone(ZoneInfo(when.zone)).date()).days
    ends = "today" if closes <= 0 else "tomorrow" if closes == 1 else f"in {closes} days"
    return f"that day has passed, and the list closes {ends}"


def step_words(step: Step, when: Dates, asked_for: str) -> str:
    """7 days before the day you ask for; or, where that day is quiet, that the step was put off from it."""
    count = f"{abs(step.days)} day{'s' if abs(step.days) != 1 else ''}"
    said = f"{count} {'before' if step.days < 0 else 'after'} {asked_for}" if step.days else asked_for
    meant = when.asked_for + timedelta(days=step.days)
    if step.due.astimezone(ZoneInfo(when.zone)).date() != meant:
        return f"put off from {day_words(meant)}, {said}, because nothing leaves then"
    return said if step.days else f"on {said}"
