"""The undersigned placed on pages: which piece goes where, from the galleys and what the style sheet says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.endorsements.undersigned import Line
from coalition.printings.press.drawing import Drawing, blocks
from coalition.printings.press.galleys import Galley, Piece
from coalition.printings.press.imposing import Heading, Place, Room, Rows, impose
from coalition.printings.press.layout import Sheet, headings_html


@dataclass(frozen=True)
class Placed:
    """A piece on a page, counted from the letter's last."""

    page: int
    left: float
    top: float
    piece: Piece
    kind: str  # "H2", "H3": a heading; or "LI": a line
    part: int  # lines of one part are one list
    bookmark: tuple[int, str, str] | None  # level, label, whether it is open
    like: Any  # a page of the same size


@dataclass(frozen=True)
class _Part:
    """A heading, or the lines of a group."""

    kind: str
    pieces: Sequence[Piece]
    block: Heading | Rows
    left: float
    columns: int = 1
    step: float = 0
    bookmark: tuple[int, str, str] | None = None


def place_the_undersigned(
    document: Callable[[str], Any], sheet: Sheet, galleys: Sequence[Galley], last: Any, drawing: Drawing
) -> Iterator[Placed]:
    """In their order, from the letter's `last` page on. `drawing` draws the headings, and gets every font there is."""
    apart = document(headings_html(sheet, _samples(sheet, galleys))).pages[-1]
    parts = list(_parts(sheet, galleys, apart, drawing))
    places = impose([part.block for part in parts], room(last), room(apart), _end(last))
    for number, (part, where) in enumerate(zip(parts, places, strict=True)):
        for at, piece in enumerate(part.pieces):
            place: Place = where[at // part.columns]
            left = part.left + at % part.columns * part.step
            top = place.top + (piece.before if part.kind == "LI" else 0)
            yield Placed(place.page, left, top, piece, part.kind, number, part.bookmark, apart)


def _samples(sheet: Sheet, galleys: Sequence[Galley]) -> list[Line]:
    """A line for each font that is used, by which it is loaded."""
    lines = [line for group in sheet.groups for line in group.lines]
    samples: dict[str, Line] = {}
    begin = 0
    for galley in galleys:
        for name, face in galley.faces.items():
            samples.setdefault(name, lines[begin + face.sample])
        begin += len(galley.pieces)
    return list(dict.fromkeys(samples.values()))


def _parts(sheet: Sheet, galleys: Sequence[Galley], page: Any, drawing: Drawing) -> Iterator[_Part]:
    lines = iter([piece for galley in galleys for piece in galley.pieces])
    groups = iter([group for group in sheet.groups if group.lines])
    (section,) = blocks(page._page_box, "section")
    above = section.margin_top
    for box in blocks(section, "h2", "h3", "ul"):
        if box.element_tag != "ul":
            piece = drawing.piece(box, page)
            block = Heading(max(above, piece.before), piece.height, piece.after)
            level = box.style["bookmark_level"]
            bookmark = None if level == "none" else (level, box.bookmark_label, box.style["bookmark_state"])
            yield _Part(box.element_tag.upper(), [piece], block, piece.left, bookmark=bookmark)
            above = 0.0
        elif box.children:
            for line in box.children:
                drawing.piece(line, page)
        else:
            pieces = [next(lines) for _ in next(groups).lines]
            yield _list(box, pieces, galleys[0])


def _list(box: Any, pieces: Sequence[Piece], galley: Galley) -> _Part:
    rows = [pieces[at : at + galley.columns] for at in range(0, len(pieces), galley.columns)]
    heights = tuple(max(piece.before + piece.height + piece.after for piece in row) for row in rows)
    gap = min(piece.after for piece in pieces)
    block = Rows(heights, galley.orphans, galley.widows, box.margin_top, box.margin_bottom, gap)
    return _Part("LI", pieces, block, pieces[0].left, galley.columns, galley.step)


def room(page: Any) -> Room:
    box = page._page_box
    return Room(box.content_box_y(), box.content_box_y() + box.height)


def _end(page: Any) -> float:
    """Where what is on a page ends."""
    (body,) = blocks(page._page_box, "body")
    return float(body.content_box_y() + body.height)
