"""When reminders leave: the letter's own hours, whatever its clocks do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.invitations.reminders import schedule
from coalition.invitations.reminders.schedule import LATE, Dates, Schedule

LONDON = "Europe/London"
ALWAYS = Schedule(quiet_from=None, quiet_until=None, quiet_weekends=False)
# Clocks change at midnight, by half an hour, twice a year against the season; Apia left out a whole day.
ZONES = (
    LONDON,
    "America/Santiago",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/New_York",
    "Asia/Kathmandu",
    "UTC",
)


def _dates(asked_for: date, zone: str = LONDON, days: int = 5) -> Dates:
    closes = datetime.combine(asked_for + timedelta(days=days), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    return Dates(asked_for, closes, zone)


def _due(plan: Schedule, when: Dates) -> dict[int, str]:
    there = ZoneInfo(when.zone)
    return {step.days: f"{step.due.astimezone(there):%a %d %b %H:%M}" for step in schedule.steps(plan, when)}


def test_nine_in_london_is_nine_before_and_after_the_clocks_change() -> None:
    plan = replace(ALWAYS, days=(-7, -2, 0))
    when = _dates(date(2009, 10, 27))
    assert _due(plan, when) == {-7: "Tue 20 Oct 09:00", -2: "Sun 25 Oct 09:00", 0: "Tue 27 Oct 09:00"}
    assert [f"{step.due:%d %H:%M}" for step in schedule.steps(plan, when)] == ["20 08:00", "25 09:00", "27 09:00"]


def test_an_hour_that_the_clocks_leave_out_comes_when_they_jump() -> None:
    plan = replace(ALWAYS, days=(0,), hour=1)
    assert _due(plan, _dates(date(2010, 3, 28))) == {0: "Sun 28 Mar 02:00"}
    midnight = replace(ALWAYS, days=(0,), hour=0)
    assert _due(midnight, _dates(date(2009, 10, 11), "America/Santiago")) == {0: "Sun 11 Oct 01:00"}


def test_a_day_that_a_country_left_out_is_the_next_one() -> None:
    plan = replace(ALWAYS, days=(0,), hour=9)
    assert _due(plan, _dates(date(2011, 12, 30), "Pacific/Apia")) == {0: "Sat 31 Dec 09:00"}


def test_a_step_in_quiet_hours_waits_until_they_end() -> None:
    plan = Schedule(days=(-3, 0), hour=22, quiet_from=20, quiet_until=8, quiet_weekends=True)
    # Saturday at 22 waits over Sunday; Tuesday at 22 over the night.
    assert _due(plan, _dates(date(2009, 11, 10))) == {-3: "Mon 09 Nov 08:00", 0: "Wed 11 Nov 08:00"}


def test_a_step_says_that_it_was_put_off_from_the_day_it_is_named_after() -> None:
    when = _dates(date(2009, 11, 8))  # a Sunday
    words = [schedule.step_words(step, when, "the day you ask for") for step in schedule.steps(Schedule(on=True), when)]
    assert words == [
        "put off from Sunday 1 November 2009, 7 days before the day you ask for, because nothing leaves then",
        "2 days before the day you ask for",
        "put off from Sunday 8 November 2009, the day you ask for, because nothing leaves then",
    ]
    [on_it] = schedule.steps(replace(ALWAYS, days=(0,)), when)
    assert schedule.step_words(on_it, when, "the day you ask for") == "on the day you ask for"


def test_of_steps_that_wait_for_the_same_hour_only_the_last_is_left() -> None:
    plan = Schedule(days=(-3, -2, -1), hour=9)  # Saturday, Sunday, Monday
    assert _due(plan, _dates(date(2009, 11, 10))) == {-2: "Mon 09 Nov 08:00", -1: "Mon 09 Nov 09:00"}


def test_no_step_is_left_once_the_list_has_closed() -> None:
    plan = replace(ALWAYS, days=(0, 2, 9))
    assert list(_due(plan, _dates(date(2009, 11, 10), days=5))) == [0, 2]


def test_a_step_is_due_for_a_day_and_then_left_out() -> None:
    plan = replace(ALWAYS, days=(-7, 0), on=True)
    when = _dates(date(2009, 11, 10))
    [first, second] = schedule.steps(plan, when)
    for now, found in (
        (first.due - timedelta(seconds=1), None),
        (first.due, first),
        (first.due + LATE, first),
        (first.due + LATE + timedelta(seconds=1), None),
        (second.due, second),
        (when.closes, None),
    ):
        assert schedule.due_now(plan, when, now) == found, now
    off = replace(ALWAYS, days=(-7, 0), on=False)
    assert schedule.due_now(off, when, first.due) is None
    assert schedule.next_step(off, when, first.due - timedelta(days=1)) == first


def test_of_two_steps_that_were_missed_the_newer_is_due() -> None:
    plan = replace(ALWAYS, days=(-1, 0), on=True)
    when = _dates(date(2009, 11, 10))
    found = schedule.due_now(plan, when, schedule.steps(plan, when)[1].due + timedelta(minutes=1))
    assert found
    assert found.days == 0


def test_nothing_is_due_in_quiet_hours_even_when_the_site_was_away_at_its_time() -> None:
    plan = Schedule(days=(0,), hour=19, quiet_from=20, quiet_until=8, quiet_weekends=False, on=True)
    when = _dates(date(2009, 11, 10))
    [step] = schedule.steps(plan, when)
    assert schedule.due_now(plan, when, step.due + timedelta(hours=2)) is None
    assert schedule.due_now(plan, when, step.due + timedelta(hours=13)) == step


@pytest.mark.parametrize(
    "now, words",
    [
        (datetime(2009, 11, 3, 9, tzinfo=UTC), "7 days are left"),
        (datetime(2009, 11, 9, 23, tzinfo=UTC), "one day is left"),
        (datetime(2009, 11, 10, 0, tzinfo=UTC), "today is the last day"),
        (datetime(2009, 11, 11, 9, tzinfo=UTC), "that day has passed, and the list closes in 4 days"),
        (datetime(2009, 11, 14, 9, tzinfo=UTC), "that day has passed, and the list closes tomorrow"),
        (datetime(2009, 11, 15, 0, tzinfo=UTC), "that day has passed, and the list closes today"),
    ],
)
def test_what_is_left_is_counted_in_days_of_the_calendar(now: datetime, words: str) -> None:
    assert schedule.left_words(_dates(date(2009, 11, 10)), now) == words


def test_a_schedule_comes_back_as_it_was_kept() -> None:
    plan = Schedule(days=(-14, 3), hour=0, cap=1, quiet_from=None, quiet_until=None, on=True)
    assert schedule.from_data(schedule.as_data(plan)) == plan
    assert schedule.from_data(None) is None


_hours = st.none() | st.integers(0, 23)
_plans = st.builds(
    Schedule,
    days=st.lists(st.integers(-20, 10), min_size=1, max_size=8).map(tuple),
    hour=st.integers(0, 23),
    cap=st.integers(1, 5),
    quiet_from=_hours,
    quiet_until=_hours,
    quiet_weekends=st.booleans(),
    on=st.just(True),
)
# Around the days when the clocks of these zones change, and the one that Apia left out.
_changes = (date(2009, 10, 25), date(2010, 3, 28), date(2009, 10, 11), date(2010, 4, 4), date(2011, 12, 30))
_days = st.builds(lambda day, off: day + timedelta(days=off), st.sampled_from(_changes), st.integers(-20, 20))
_zones = st.sampled_from(ZONES)


@settings(deadline=None)
@given(_plans, _zones, _days, st.integers(0, 60 * 24))
def test_what_leaves_never_leaves_in_quiet_hours_nor_later_than_it_must(
    plan: Schedule, zone: str, day: date, minute: int
) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    left = schedule.leaves(plan, zone, moment)
    assert left >= moment
    assert not schedule.is_quiet(plan, zone, left)
    if left > moment:  # all the time before it is quiet
        for minutes in range(0, int((left - moment) / timedelta(minutes=1)), 29):
            assert schedule.is_quiet(plan, zone, moment + timedelta(minutes=minutes))
        assert schedule.is_quiet(plan, zone, left - timedelta(seconds=1))


@settings(deadline=None)
@given(_plans, _zones, _days)
def test_whatever_the_clocks_do_steps_keep_their_order_and_the_quiet_hours(
    plan: Schedule, zone: str, day: date
) -> None:
    found = schedule.steps(plan, _dates(day, zone))
    assert [step.due for step in found] == sorted({step.due for step in found})
    assert [step.days for step in found] == sorted({step.days for step in found})
    assert not any(schedule.is_quiet(plan, zone, step.due) for step in found)
