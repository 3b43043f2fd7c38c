"""Where the undersigned stand: pages made of headings and rows whose heights are known. Pure; lengths in CSS pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace


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
    gap: float = 0  # of each height, what is left free below its lines


@dataclass(frozen=True)
class Place:
    page: int
    top: float


_HAIR = 0.01  # lengths that were added up differ by less
_THIN = 0.2  # of a page: if the last has less on it, it is worth saving
_TIGHTER = (0.85, 0.7)  # of the room between rows and above headings, as long as nobody sees it


class _Cursor:
    """Where the next thing goes."""

    def __init__(self, first: Room, others: Room, start: float, ends: tuple[int, float] | None) -> None:
        self._first, self._others, self._ends = first, others, ends
        self.page, self.top, self.after = 0, start, 0.0

    @property
    def fresh(self) -> bool:
        return self.top <= self.room.top + _HAIR

    @property
    def room(self) -> Room:
        room = self._others if self.page else self._first
        return Room(room.top, self._ends[1]) if self._ends and self._ends[0] == self.page else room

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
    Something higher than a page stands on a page of its own, and runs out of it. A first page with next to nothing of
    the list leaves all to the next; a last one is saved by setting all a little tighter, or takes some of that before.
    """
    loose = _imposed(blocks, first, others, start)
    few = max((block.orphans for block in blocks if isinstance(block, Rows)), default=0)
    if _last(loose) and start > first.top + _HAIR and 0 < _rows_on(0, blocks, loose) < few:
        first = Room(first.top, start)
        loose = _imposed(blocks, first, others, start)
    used = max((place.top for places in loose for place in places if place.page == _last(loose)), default=0.0)
    if not _last(loose) or used - others.top > _THIN * (others.bottom - others.top):
        return loose
    for much in _TIGHTER:
        tight = _imposed([_tightened(block, much) for block in blocks], first, others, start)
        if _last(tight) < _last(loose):
            return tight
    return _evened(blocks, first, others, start, loose)


def _last(places: Sequence[Sequence[Place]]) -> int:
    return max((place.page for of in places for place in of), default=0)


def _tightened(block: Heading | Rows, much: float) -> Heading | Rows:
    if isinstance(block, Heading):
        return replace(block, before=block.before * much)
    less = block.gap * (1 - much)
    return replace(block, heights=tuple(height - less for height in block.heights))


def _evened(
    blocks: Sequence[Heading | Rows], first: Room, others: Room, start: float, loose: list[list[Place]]
) -> list[list[Place]]:
    """With as many rows on the last page as may stand alone there, whichever group they are of."""
    last, places = _last(loose), loose
    wanted = max(block.widows for block in blocks if isinstance(block, Rows))
    while _rows_on(last, blocks, places) < wanted:
        above = [place.top for of in places for place in of if place.page == last - 1]
        if not above:
            return loose
        places = _imposed(blocks, first, others, start, (last - 1, max(above) - 2 * _HAIR))
        if _last(places) != last:
            return loose
    return places


def _rows_on(page: int, blocks: Sequence[Heading | Rows], places: Sequence[Sequence[Place]]) -> int:
    rows = (of for block, of in zip(blocks, places, strict=True) if isinstance(block, Rows))
    return sum(place.page == page for of in rows for place in of)


def _imposed(
    blocks: Sequence[Heading | Rows], first: Room, others: Room, start: float, ends: tuple[int, float] | None = None
) -> list[list[Place]]:
    """`ends` is a page that ends earlier than others, and where."""
    cursor = _Cursor(first, others, start, ends)
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
