"""Where the undersigned stand: pages made of headings and rows whose heights are known. Pure; lengths in CSS pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """What a page holds, from its top edge."""

    top: float
    bottom: float


@dataclass(frozen=True)
class Heading:
    before: float  # room above, which is left out at the head of a page
    height: float
    after: float


@dataclass(frozen=True)
class Rows:
    heights: tuple[float, ...]
    orphans: int = 2  # that stand at least below the heading
    widows: int = 2  # that stand at least on the page where the rows end
    before: float = 0
    after: float = 0


@dataclass(frozen=True)
class Place:
    page: int
    top: float


_HAIR = 0.01  # lengths that were added up differ by less


class _Cursor:
    """Where the next thing goes."""

    def __init__(self, first: Room, others: Room, start: float) -> None:
        self._first, self._others = first, others
        self.page, self.top, self.after = 0, start, 0.0

    @property
    def fresh(self) -> bool:
        return self.top <= self.room.top + _HAIR

    @property
    def room(self) -> Room:
        return self._others if self.page else self._first

    def left(self, before: float) -> float:
        return self.room.bottom - self.top - (0 if self.fresh else max(self.after, before)) + _HAIR

    def turn_over(self) -> None:
        self.page += 1
        self.top, self.after = self.room.top, 0.0

    def take(self, height: float, before: float = 0, after: float = 0) -> Place:
        self.top += 0 if self.fresh else max(self.after, before)
        place = Place(self.page, self.top)
        self.top, self.after = self.top + height, after
        return place


def impose(blocks: Sequence[Heading | Rows], first: Room, others: Room, start: float) -> list[list[Place]]:
    """The places of each block: one for a heading, one a row for rows. `start` is where the first page is free from.

    A heading stands on the page of what follows it; no row is split; none is left alone where more might stand with it.
    Something higher than a page stands on a page of its own, and runs out of it.
    """
    cursor = _Cursor(first, others, start)
    places: list[list[Place]] = []
    for headings, rows in _kept_together(blocks):
        if not cursor.fresh and _least_height(headings, rows, cursor.after) > cursor.room.bottom - cursor.top + _HAIR:
            cursor.turn_over()
        places += [[cursor.take(one.height, one.before, one.after)] for one in headings]
        if rows:
            places.append(list(_placed(rows, cursor)))
    return places


def _kept_together(blocks: Sequence[Heading | Rows]) -> Iterator[tuple[list[Heading], Rows | None]]:
    headings: list[Heading] = []
    for block in blocks:
        if isinstance(block, Rows):
            yield headings, block
            headings = []
        else:
            headings.append(block)
    if headings:
        yield headings, None


def _least_height(headings: Sequence[Heading], rows: Rows | None, after: float) -> float:
    height = 0.0
    for one in headings:
        height += max(after, one.before) + one.height
        after = one.after
    if rows:
        few = len(rows.heights) < rows.orphans + rows.widows
        height += max(after, rows.before) + sum(rows.heights[: None if few else rows.orphans])
    return height


def _placed(rows: Rows, cursor: _Cursor) -> Iterator[Place]:
    at, count = 0, len(rows.heights)
    while at < count:
        fitting, left = 0, cursor.left(0 if at else rows.before)
        while at + fitting < count and rows.heights[at + fitting] <= left:
            left -= rows.heights[at + fitting]
            fitting += 1
        if 0 < count - at - fitting < rows.widows:
            fitting = max(min(fitting, 1), count - at - rows.widows)
        if not fitting and not cursor.fresh:
            cursor.turn_over()
            continue
        for number in range(at, at + max(1, fitting)):
            last = number + 1 == count
            yield cursor.take(rows.heights[number], 0 if number else rows.before, rows.after if last else 0)
        at += max(1, fitting)
        if at < count:
            cursor.turn_over()
