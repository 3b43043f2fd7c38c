"""The lines of a chunk as pieces: each kind of line laid out once, the others like it.

Most lines differ in their words only. WeasyPrint takes a line through HTML, style, boxes and layout; of one like it,
only the words are shaped, as WeasyPrint shapes them, and put where they stand in the first. That is done for kinds only
of which the first comes out to the byte like that; all others go the long way.
"""

from __future__ import annotations

import html as markup
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coalition.printings.press.drawing import Drawing, blocks
from coalition.printings.press.galleys import Face, Galley, Piece
from coalition.printings.press.kinds import Kind

_ITEM = re.compile(r"<li\b.*?</li>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_NEAR = 30  # characters, about what fits on a line of the list
_HAIR = 0.01  # CSS pixels: lengths that were added up differ by less

Document = Callable[[str], Any]  # lays HTML out


def galley(document: Document, html: str) -> Galley:
    """The lines of a page that holds them apart. Raises ValueError when they are drawn with what pages lack."""
    drawing = Drawing({})
    pieces, rows, samples = _drawn(document, html, drawing)
    if any(drawing.resources[kind] for kind in ("Pattern", "Shading")) or set(drawing.images) - set(drawing.pictures):
        raise ValueError("a line of the undersigned is drawn with more than text and pictures")
    columns, step = _columns(rows)
    faces = {
        font.hash: Face(samples[key], font.to_unicode, font.widths, font.missing) for key, font in drawing.fonts.items()
    }
    shape = (columns, step, rows.style["orphans"], rows.style["widows"])
    return Galley(tuple(pieces), *shape, faces, drawing.alphas, drawing.pictures)


def _columns(rows: Any) -> tuple[int, float]:
    line = rows.children[0]
    step = line.border_width() + sum(_margin(line, side, rows.width) for side in ("left", "right"))
    columns = max(1, int((rows.width + _HAIR) / step))
    return columns, -step if rows.style["direction"] == "rtl" else step


def _margin(box: Any, side: str, width: float) -> float:
    # As it was asked for: a block's own is what the line leaves over.
    margin = box.style[f"margin_{side}"]
    if margin == "auto":
        return 0
    return margin.value * width / 100 if margin.unit == "%" else float(margin.value)


def _drawn(document: Document, html: str, drawing: Drawing) -> tuple[list[Piece], Any, dict[Any, int]]:
    """A piece for each `li`; the list that they stand in; and which of them first used each font."""
    items = _ITEM.findall(html)
    begin, end = html.index(items[0]), html.rindex(items[-1]) + len(items[-1])
    words = [_words(item) for item in items]
    pieces: dict[int, Piece] = {}
    samples: dict[Any, int] = {}
    kinds: dict[Any, Kind] = {}
    lists = []

    def keep(number: int, piece: Piece) -> None:
        pieces[number] = piece
        samples.update(dict.fromkeys(list(drawing.fonts)[len(samples) :], number))

    def lay_out(numbers: Sequence[int]) -> None:
        page = document(html[:begin] + "".join(items[number] for number in numbers) + html[end:]).pages[-1]
        (rows,) = blocks(page._page_box, "ul")
        lists.append(rows)
        for number, box in zip(numbers, rows.children, strict=True):
            tags, texts = words[number]
            kind = kinds.get(tags) or kinds.setdefault(tags, Kind(box, texts))
            keep(number, kind.learn(box, page, texts, drawing))

    def draw_like_others() -> dict[int, Any]:
        unlike = {}
        for number, (tags, texts) in enumerate(words):
            if number not in pieces:
                piece, shape = kinds[tags].like(texts, drawing)
                if piece:
                    keep(number, piece)
                else:
                    unlike[number] = (tags, shape)
        return unlike

    # Of each kind one of each length, near enough: most take up their lines on paper as one of these does.
    lengths = (tuple(len(text) // _NEAR for text in texts) for _, texts in words)
    lay_out(_firsts({number: (words[number][0], length) for number, length in enumerate(lengths)}))
    for choose in (_firsts, list):
        if unlike := draw_like_others():
            lay_out(choose(unlike))
    return [pieces[number] for number in range(len(items))], lists[0], samples


def _words(item: str) -> tuple[Any, list[str]]:
    """What kind of line it is: its markup, and in which direction each text runs; and the texts."""
    texts = [_SPACES.sub(" ", markup.unescape(text)).strip(" ") for text in _TAG.split(item)]
    tags = tuple(_TAG.findall(item))
    return (tags, tuple(map(direction, texts))), [text for text in texts if text]


def _firsts(kinds: Mapping[int, Any]) -> list[int]:
    found: dict[Any, int] = {}
    for number, kind in kinds.items():
        found.setdefault(kind, number)
    return list(found.values())


def direction(text: str) -> str:
    """It is "rtl" or "ltr", after the first letter that has a direction of its own."""
    strong = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"
