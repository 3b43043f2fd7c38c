"""Where the undersigned stand on their pages: nothing is split or lost, nothing is lonely, no gap is left."""

from random import Random

import pytest

from coalition.printings.press.imposing import Heading, Place, Room, Rows, impose

FIRST, OTHERS = Room(90, 700), Room(100, 700)


def heading(height: float = 20) -> Heading:
    return Heading(before=30, height=height, after=10)


def test_rows_follow_each_other_and_a_page_is_filled_before_the_next() -> None:
    ((head,), rows) = impose([heading(), Rows((50.0,) * 40)], FIRST, OTHERS, start=200)
    assert head == Place(0, 230)
    assert rows[0] == Place(0, 260)
    assert [sum(place.page == page for place in rows) for page in range(5)] == [8, 12, 12, 8, 0]
    assert rows[8] == Place(1, 100)


def test_a_heading_that_would_stand_alone_goes_with_its_rows() -> None:
    title, group, rows = impose([heading(), heading(), Rows((50.0,) * 20)], FIRST, OTHERS, start=520)
    assert title == [Place(1, 100)]  # what stands above it is left out at the head of a page
    assert group == [Place(1, 150)]
    assert rows[0] == Place(1, 180)


def test_no_last_row_stands_alone_on_a_page() -> None:
    (rows,) = impose([Rows((50.0,) * 13, orphans=2, widows=3)], OTHERS, OTHERS, start=100)
    assert [place.page for place in rows] == [0] * 10 + [1] * 3


def test_few_rows_stay_together() -> None:
    _, rows = impose([heading(), Rows((50.0,) * 3)], FIRST, OTHERS, start=520)
    assert {place.page for place in rows} == {1}


def test_something_higher_than_a_page_has_a_page_of_its_own() -> None:
    (rows,) = impose([Rows((50.0, 900.0, 50.0, 50.0))], FIRST, OTHERS, start=90)
    assert [place.page for place in rows] == [0, 1, 2, 2]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_the_heights_nothing_is_lost_split_lonely_or_far_apart(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 (heights, not secrets)
    groups = [
        Rows(tuple(chance.uniform(15, 80) for _ in range(chance.randrange(1, 60))), chance.randrange(1, 4), 2)
        for _ in range(chance.randrange(1, 6))
    ]
    blocks = [block for rows in groups for block in (heading(chance.uniform(10, 40)), rows)]
    places = impose(blocks, FIRST, OTHERS, start=chance.uniform(90, 700))
    ends: dict[int, float] = {}
    for block, where in zip(blocks, places, strict=True):
        heights = block.heights if isinstance(block, Rows) else (block.height,)
        assert len(where) == len(heights)
        for place, height in zip(where, heights, strict=True):
            assert place.top >= ends.get(place.page, 0) - 0.01
            assert place.page == max(ends, default=place.page) or place.page - 1 == max(ends)
            ends[place.page] = place.top + height
            assert ends[place.page] <= OTHERS.bottom + 0.02
        if isinstance(block, Rows):
            last = [place for place in where if place.page == where[-1].page]
            assert len(last) >= min(block.widows, len(where))
        else:
            assert where[0].page == places[places.index(where) + 1][0].page
    # A page is left early only for what would not have fitted: a heading with its rows, or rows that stay together.
    for page in range(1, max(ends)):
        assert OTHERS.bottom - ends[page] < 40 + 40 + 6 * 80
