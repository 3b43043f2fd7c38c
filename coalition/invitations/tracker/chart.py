"""From numbers to places in a drawing: the funnel's bars, the lines of the chart. Pure; all places in hundredths.

Text keeps its size on a narrow screen because only lines and bars are stretched: see templates/partials/progress.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10


@dataclass(frozen=True)
class Stage:
    name: str
    count: int
    width: float  # of the first stage's
    share: int  # of the first stage, in whole per cent: 0 and 100 are said of none and all only


def stages(counts: Sequence[tuple[str, int]]) -> tuple[Stage, ...]:
    whole = counts[0][1] if counts else 0
    return tuple(Stage(name, count, _share(count, whole), _per_cent(count, whole)) for name, count in counts)


def _share(count: int, whole: int) -> float:
    return round(100 * count / whole, 2) if whole else 0.0


def _per_cent(count: int, whole: int) -> int:
    if count in (0, whole) or not whole:
        return 100 if whole and count == whole else 0
    return min(max(round(100 * count / whole), 1), 99)


@dataclass(frozen=True)
class Tick:
    count: int
    y: float


@dataclass(frozen=True)
class Mark:
    """A deadline: an upright line, and on which side of it there is room for its words."""

    x: float
    anchor: str  # of SVG's text-anchor


@dataclass(frozen=True)
class Chart:
    first: date
    last: date
    endorsed: str  # points of a polyline
    against: str
    ticks: tuple[Tick, ...]
    soft: Mark | None
    hard: Mark | None


def chart(
    days: Iterable[tuple[date, int, int]],
    *,
    first: date,
    last: date,
    until: float,
    soft: float | None,
    hard: float | None,
) -> Chart:
    """`days` with how many for and against there were at the end of each; `until`, `soft` and `hard` in days since the
    first one began. The lines are level until a day with answers and reach its count at its end, or `until`.
    """
    days = list(days)
    span = max((last - first).days + 1, 1)
    top = _top(max((max(ours, theirs) for _, ours, theirs in days), default=0))
    endorsed, against = [(0.0, 0)], [(0.0, 0)]
    for day, ours, theirs in days:
        at = (day - first).days
        for line, count in ((endorsed, ours), (against, theirs)):
            line.append((float(at), line[-1][1]))
            line.append((min(at + 1.0, max(until, at)), count))
    for line in (endorsed, against):
        line.append((max(min(until, span), line[-1][0]), line[-1][1]))
    return Chart(
        first,
        last,
        _points(endorsed, span, top),
        _points(against, span, top),
        tuple(Tick(count, _y(count, top)) for count in _ticks(top)),
        _mark(soft, span),
        _mark(hard, span),
    )


def _points(line: list[tuple[float, int]], span: int, top: int) -> str:
    places = dict.fromkeys(f"{round(100 * at / span, 2):g},{_y(count, top):g}" for at, count in line)
    return " ".join(places)


def _y(count: int, top: int) -> float:
    return round(100 - 100 * count / top, 2)


def _top(most: int) -> int:
    """The first round number that is not below: 4, 5, 8, 10, 20, 40, 50, 80, 100 and so on."""
    if most <= 4:
        return 4
    scale = int(10 ** (ceil(log10(most)) - 1)) if most > 10 else 1
    return next(one * scale for one in (1, 2, 4, 5, 8, 10, 20) if one * scale >= most)


def _ticks(top: int) -> tuple[int, ...]:
    """Nought, the top, and what is between in halves or quarters that are whole numbers."""
    parts = next(parts for parts in (4, 5, 2, 1) if top % parts == 0)
    return tuple(top * part // parts for part in range(parts + 1))


def _mark(at: float | None, span: int) -> Mark | None:
    if at is None or not 0 <= at <= span:
        return None
    x = round(100 * at / span, 2)
    return Mark(x, "end" if x > 50 else "start")
