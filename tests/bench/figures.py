"""What was found: samples as a median with its range, rows as a Markdown table."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One thing measured several times, what it should reach, and whether its median does."""

    name: str
    samples: Sequence[float]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        middle = median(self.samples)
        return (self.least is None or middle >= self.least) and (self.most is None or middle <= self.most)

    def __str__(self) -> str:
        low, middle, high = (_number(one) for one in (min(self.samples), median(self.samples), max(self.samples)))
        return f"{middle}{self.unit}" + ("" if low == high else f" ({low}..{high})")

    @property
    def reach(self) -> str:
        if self.least is not None:
            return f"≥ {_number(self.least)}{self.unit}"
        return f"≤ {_number(self.most)}{self.unit}" if self.most is not None else ""


def _number(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}" if value % 1 else f"{value:,.0f}"


@dataclass(frozen=True)
class Row:
    what: str
    figures: Sequence[Figure]
    notes: str = ""  # the plain figures that the ratios were made of


def table(rows: Sequence[Row]) -> str:
    lines = ["| what | against | found | reach | |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        what = row.what
        for figure in row.figures:
            said = "" if not figure.reach else "yes" if figure.is_reached else "**no**"
            lines.append(f"| {what} | {figure.name} | {figure} | {figure.reach} | {said} |")
            what = ""
    notes = [f"- {row.what}: {row.notes}" for row in rows if row.notes]
    return "\n".join([*lines, "", *notes])


def range_of(samples: Sequence[float], unit: str = "") -> str:
    return str(Figure("", samples, unit=unit))
