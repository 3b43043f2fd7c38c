"""Pieces of the undersigned as they are drawn, each by itself, before they have their place on a page.

A galley is a run of lines, one below the other; each is drawn from wherever it stands in it. What stands in a galley
does not depend on the pages it will be on, so galleys are set side by side in several processes, and kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from coalition.printings.press.parcels import packed, unpacked

_KINDS = {"ExtGState", "XObject", "Pattern", "Shading", "ColorSpace", "Font"}
_HERE = b"\0"  # stands for the number of a marked content, which a piece gets on its page
_NOT_A_COLUMN = 0.01  # CSS pixels: widths that were added up differ by less


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
        begin, *rest = self.drawn.split(_HERE)
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


# Drawing, with WeasyPrint's boxes.


class Drawing:
    """Draws boxes of one document by themselves, and remembers what they use."""

    def __init__(self, fonts: dict[Any, Any]) -> None:
        self.fonts = fonts
        self.resources: dict[str, Any] = {kind: {} for kind in _KINDS}
        self.images: dict[str, Any] = {}
        self.pictures: dict[str, str] = {}

    @property
    def alphas(self) -> dict[str, float]:
        return {name: float(next(iter(state.values()))) for name, state in self.resources["ExtGState"].items()}

    def piece(self, box: Any, page: Any, *, tagged: bool = True) -> Piece:
        import pydyf  # type: ignore[import-untyped]
        import weasyprint
        from weasyprint.draw import draw_stacking_context
        from weasyprint.stacking import StackingContext

        tags: dict[Any, Any] | None = {} if tagged else None
        stream = weasyprint.pdf.Stream(
            self.fonts, (0, 0, page.width, page.height), self.resources, self.images, tags, {}, None
        )
        draw_stacking_context(stream, StackingContext.from_box(box, page._page_box))
        for operator in stream.stream:
            if isinstance(operator, dict) and "MCID" in operator:
                operator["MCID"] = _HERE
        for of in tags or ():
            if isinstance(of, weasyprint.formatting_structure.boxes.ReplacedBox):
                names = (name for name, image in self.images.items() if image["image"] is of.replacement)
                self.pictures.update(dict.fromkeys(names, of.element.get("src")))
        drawn = b"\n".join(pydyf._to_bytes(operator) for operator in stream.stream)
        return Piece(
            box.position_x,
            box.position_y + box.margin_top,
            box.margin_top,
            box.border_height(),
            box.margin_bottom,
            tuple(_mark(of, tag["tag"]) for of, tag in (tags or {}).items()),
            drawn,
        )


def _mark(box: Any, tag: str) -> Mark:
    if tag != "Figure":
        return Mark(tag)
    left, top = box.content_box_x(), box.content_box_y()
    return Mark(tag, box.element.get("alt") or "", (left, top, left + box.width, top + box.height))


def galley(document: Any) -> Galley:
    """The lines of a document that holds them apart. Raises ValueError when they are drawn with what pages lack."""
    page = document.pages[-1]
    (rows,) = blocks(page._page_box, "ul")
    drawing = Drawing({})
    pieces, samples = [], {}
    for number, box in enumerate(rows.children):
        known = len(drawing.fonts)
        pieces.append(drawing.piece(box, page))
        samples.update({font.hash: number for font in list(drawing.fonts.values())[known:]})
    if any(drawing.resources[kind] for kind in ("Pattern", "Shading")) or set(drawing.images) - set(drawing.pictures):
        raise ValueError("a line of the undersigned is drawn with more than text and pictures")
    columns, step = _columns(rows)
    faces = {
        font.hash: Face(samples[font.hash], font.to_unicode, font.widths, font.missing)
        for font in drawing.fonts.values()
    }
    shape = (columns, step, rows.style["orphans"], rows.style["widows"])
    return Galley(tuple(pieces), *shape, faces, drawing.alphas, drawing.pictures)


def _columns(rows: Any) -> tuple[int, float]:
    line = rows.children[0]
    step = line.border_width() + sum(_margin(line, side, rows.width) for side in ("left", "right"))
    columns = max(1, int((rows.width + _NOT_A_COLUMN) / step))
    return columns, -step if rows.style["direction"] == "rtl" else step


def _margin(box: Any, side: str, width: float) -> float:
    # As it was asked for: a block's own is what the line leaves over.
    margin = box.style[f"margin_{side}"]
    if margin == "auto":
        return 0
    return margin.value * width / 100 if margin.unit == "%" else float(margin.value)


def blocks(box: Any, *tags: str) -> Iterator[Any]:
    """The blocks of these elements within, in their order; not those within each other."""
    from weasyprint.formatting_structure.boxes import BlockLevelBox

    for child in getattr(box, "children", ()):
        if child.element_tag in tags and isinstance(child, BlockLevelBox):
            yield child
        else:
            yield from blocks(child, *tags)
