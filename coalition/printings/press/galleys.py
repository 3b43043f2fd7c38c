"""Pieces of the undersigned as they are drawn, each by itself, before they have their place on a page.

A galley is a run of lines, one below the other; each is drawn from wherever it stands in it. What stands in a galley
does not depend on the pages it will be on, so galleys are set side by side in several processes, and kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coalition.printings.press.parcels import packed, unpacked

HERE = b"\0"  # stands for the number of a marked content, which a piece gets on its page


@dataclass(frozen=True)
class Mark:
    """A marked content of a piece: text, or a picture with what it shows in words and where it stands."""

    tag: str  # "Span" or "Figure"
    alt: str = ""
    box: tuple[float, ...] = ()  # left, top, right, bottom, in the galley


@dataclass(frozen=True)
class Piece:
    """A line or a heading. Lengths are CSS pixels; `left` and `top` say where it was drawn."""

    left: float
    top: float  # of its border, below `before`
    before: float
    height: float
    after: float
    marks: tuple[Mark, ...]
    drawn: bytes

    def at(self, left: float, top: float, first: int) -> bytes:
        """As it is drawn there; its marked contents are numbered from `first` on."""
        begin, *rest = self.drawn.split(HERE)
        numbered = (b"%d%b" % (first + number, part) for number, part in enumerate(rest))
        move = f"q 1 0 0 1 {_short(left - self.left)} {_short(top - self.top)} cm\n"
        return b"".join((move.encode(), begin, *numbered, b"\nQ"))


@dataclass(frozen=True)
class Face:
    """What a galley uses of a font: glyphs with their text and width, and characters it lacks."""

    sample: int  # the first line that uses it
    to_unicode: Mapping[int, str]
    widths: Mapping[int, int]
    missing: Mapping[int, int]


@dataclass(frozen=True)
class Galley:
    pieces: tuple[Piece, ...]
    columns: int  # lines side by side
    step: float  # from one to the next, to the left where the list is written from right to left
    orphans: int
    widows: int
    faces: Mapping[str, Face] = field(default_factory=dict)
    alphas: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)  # by the name they are drawn under: addresses


def to_bytes(galley: Galley) -> bytes:
    words = [
        [[piece.left, piece.top, piece.before, piece.height, piece.after, [list(vars(m).values()) for m in piece.marks]]
         for piece in galley.pieces],
        [galley.columns, galley.step, galley.orphans, galley.widows],
        {name: [face.sample, *map(_pairs, (face.to_unicode, face.widths, face.missing))]
         for name, face in galley.faces.items()},
        dict(galley.alphas),
        dict(galley.pictures),
    ]  # fmt: skip
    return zlib.compress(packed(words, [piece.drawn for piece in galley.pieces]), 1)


def from_bytes(data: bytes) -> Galley:
    """What `to_bytes` wrote. Raises ValueError when it is something else."""
    try:
        (pieces, shape, faces, alphas, pictures), drawn = unpacked(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError(str(error)) from None
    columns, step, orphans, widows = shape
    return Galley(
        tuple(
            Piece(left, top, before, height, after, tuple(Mark(tag, alt, tuple(box)) for tag, alt, box in marks), bytes)
            for (left, top, before, height, after, marks), bytes in zip(pieces, drawn, strict=True)
        ),
        columns,
        step,
        orphans,
        widows,
        {name: Face(sample, *map(dict, glyphs)) for name, (sample, *glyphs) in faces.items()},
        alphas,
        pictures,
    )


def _pairs(of: Mapping[int, Any]) -> list[tuple[int, Any]]:
    return list(of.items())


def _short(length: float) -> str:
    return f"{length:.3f}".rstrip("0").rstrip(".")
