"""From numbers to places in a drawing."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.invitations.tracker import chart
from coalition.invitations.tracker.chart import Mark

MONDAY = date(2009, 10, 26)


def _places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (one.split(",") for one in points.split())]


def test_a_line_is_level_until_a_day_with_answers_and_reaches_its_count_at_the_end_of_it() -> None:
    days = [(MONDAY + timedelta(days=2), 4, 0), (MONDAY + timedelta(days=5), 8, 2)]
    found = chart.chart(days, first=MONDAY, last=MONDAY + timedelta(days=9), until=8, soft=8, hard=9.5)
    assert _places(found.endorsed) == [(0, 100), (20, 100), (30, 50), (50, 50), (60, 0), (80, 0)]
    assert _places(found.against) == [(0, 100), (20, 100), (30, 100), (50, 100), (60, 75), (80, 75)]
    assert [(tick.count, tick.y) for tick in found.ticks] == [(0, 100), (2, 75), (4, 50), (6, 25), (8, 0)]
    assert (found.soft, found.hard) == (Mark(80, "end"), Mark(95, "end"))


def test_todays_answers_end_at_this_hour() -> None:
    found = chart.chart([(MONDAY, 1, 0)], first=MONDAY, last=MONDAY + timedelta(days=3), until=0.5, soft=1, hard=None)
    assert _places(found.endorsed) == [(0, 100), (12.5, 75)]
    assert found.soft == Mark(25, "start")


def test_a_deadline_outside_the_drawing_is_not_drawn() -> None:
    found = chart.chart([(MONDAY, 1, 0)], first=MONDAY, last=MONDAY, until=1, soft=-3, hard=2)
    assert (found.soft, found.hard) == (None, None)


def test_the_funnel_is_measured_against_the_list_and_only_none_is_nought() -> None:
    found = chart.stages([("On the list", 1000), ("Asked", 1000), ("Read", 996), ("Answered", 3), ("Endorsed", 0)])
    assert [(one.width, one.share) for one in found] == [(100, 100), (100, 100), (99.6, 99), (0.3, 1), (0, 0)]
    assert [one.width for one in chart.stages([("On the list", 0), ("Asked", 0)])] == [0, 0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=30),
    st.floats(0, 60),
)
def test_nothing_is_drawn_outside_and_no_line_goes_down_or_back(new: list[tuple[int, int, int]], until: float) -> None:
    days, day, ours, against = [], MONDAY, 0, 0
    for gap, endorsed, declined in new:
        day, ours, against = day + timedelta(days=gap), ours + endorsed, against + declined
        days.append((day, ours, against))
    found = chart.chart(days, first=MONDAY, last=day, until=until, soft=None, hard=None)
    for line in (_places(found.endorsed), _places(found.against)):
        assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in line)
        assert line == sorted(line, key=lambda place: (place[0], -place[1]))
    counts = [tick.count for tick in found.ticks]
    assert counts[0] == 0
    assert counts[-1] >= max(ours, against)
    assert len(set(counts)) == len(counts)
