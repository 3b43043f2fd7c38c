"""A kind of line: where its texts stand, known from one that WeasyPrint laid out, so that others are drawn like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from coalition.printings.press.drawing import Drawing, written
from coalition.printings.press.galleys import Piece

# Of each text of a line, of each of its lines on paper: height and baseline. They differ with the fonts that are used.
Shape = tuple[tuple[tuple[float, float], ...], ...]
_HAIR = 0.01  # CSS pixels: lengths that were added up differ by less


@dataclass(frozen=True)
class _Run:
    """A text of the line: in which style it is, within which width, and where that begins."""

    style: Any
    left: float
    width: float
    before: float  # how much of the width that is left over stands before the text: none, half or all
    indent: float  # of its first line


@dataclass(eq=False)
class _Words:
    """Some text on one line of paper, as WeasyPrint draws it."""

    text: str
    style: Any
    pango_layout: Any
    width: float
    metrics: tuple[float, float]


class Kind:
    """Lines of the same markup whose texts run in the same directions."""

    def __init__(self, box: Any, texts: Sequence[str]) -> None:
        """`box` is the first of them, laid out."""
        self._runs = list(_runs(box, texts))
        self._layouts: dict[int, Any] = {}
        self._known: dict[Shape, tuple[Piece, list[float]]] = {}
        self._context = SimpleNamespace(dictionaries={})  # of hyphens

    def learn(self, box: Any, page: Any, texts: Sequence[str], drawing: Drawing) -> Piece:
        """The piece of a line that was laid out. Lines of its shape are drawn like it from now on, if it is itself."""
        piece = drawing.piece(box, page)
        if self._runs:
            words = self._set(texts)
            tops = [text.position_y + text.baseline for _, _, text in _texts(box)]
            if len(tops) == sum(map(len, words)) and self._drawn(words, tops, drawing) == piece.drawn:
                self._known[_shape(words)] = (piece, tops)
        return piece

    def like(self, texts: Sequence[str], drawing: Drawing) -> tuple[Piece | None, Shape]:
        """The piece of a line with these texts, or None where none of its shape is known; and its shape."""
        if not self._runs:
            return None, ()
        words = self._set(texts)
        shape = _shape(words)
        if shape not in self._known:
            return None, shape
        piece, tops = self._known[shape]
        return replace(piece, drawn=self._drawn(words, tops, drawing)), shape

    def _set(self, texts: Sequence[str]) -> list[list[_Words]]:
        return [list(self._broken(number, text)) for number, text in enumerate(texts)]

    def _broken(self, number: int, text: str) -> Iterator[_Words]:
        from weasyprint.text.ffi import FROM_UNITS, pango
        from weasyprint.text.line_break import create_layout, line_size, split_first_line

        run = self._runs[number]
        # What fits on one line, as most does, is shaped once, in a layout that is used again and again.
        room = run.width - run.indent
        layout = self._layouts.get(number)
        if layout is None:
            layout = self._layouts[number] = create_layout(text, run.style, self._context, room, 0)
        else:
            layout.set_text(text)
        line, rest = layout.get_first_line()
        width, height = line_size(line, run.style)
        if rest is None and width <= room:
            baseline = pango.pango_layout_get_baseline(layout.layout) * FROM_UNITS
            yield _Words(text, run.style, layout, width, (height, baseline))
            return
        resume: int | None = 0
        left = text.encode()
        while resume is not None:
            left = left[resume:]
            layout, _, resume, width, height, baseline = split_first_line(
                left.decode(), run.style, self._context, room, 0
            )
            room = run.width
            yield _Words(layout.text, run.style, layout, width, (height, baseline))

    def _drawn(self, words: Sequence[Sequence[_Words]], tops: Sequence[float], drawing: Drawing) -> bytes:
        from weasyprint.draw.text import draw_first_line
        from weasyprint.matrix import Matrix

        stream, left = drawing.stream({}), iter(tops)
        with stream.stacked(), stream.stacked():
            for run, lines in zip(self._runs, words, strict=True):
                for number, text in enumerate(lines):
                    indent = 0 if number else run.indent
                    x = run.left + indent * (1 - run.before) + (run.width - text.width) * run.before
                    with stream.marked(text, "Span"):
                        stream.set_color(run.style["color"])
                        if not hasattr(text.pango_layout, "layout"):
                            text.pango_layout.reactivate(run.style)
                        stream.begin_text()
                        draw_first_line(stream, text, "clip", "none", Matrix(d=-1, e=x, f=next(left)))
                        stream.end_text()
        return written(stream)


def _shape(words: Sequence[Sequence[_Words]]) -> Shape:
    return tuple(tuple(text.metrics for text in lines) for lines in words)


def _runs(box: Any, texts: Sequence[str]) -> Iterator[_Run]:
    """One for each text; none at all where a line on paper holds more than one, or something else."""
    found = list(_texts(box))
    runs = []
    for text in texts:
        wanted, got = text.replace(" ", ""), ""
        run = None
        while got != wanted and found:
            block, line, words = found.pop(0)
            got += words.text.replace(" ", "")
            run = run or _run(block, line, words)
        if got != wanted or run is None:
            return
        runs.append(run)
    if not found and len({id(line) for _, line, _ in _texts(box)}) == len(list(_texts(box))):
        yield from runs


def _run(block: Any, line: Any, words: Any) -> _Run | None:
    left, room = block.content_box_x(), block.width - words.width
    indent = line.style["text_indent"].value if line is block.children[0] else 0.0
    sides = (1.0, 0.5, 0.0) if line.style["direction"] == "rtl" else (0.0, 0.5, 1.0)
    near = (side for side in sides if abs(left + indent * (1 - side) + room * side - words.position_x) < _HAIR)
    side = next(near, None)
    return None if side is None else _Run(words.style, left, block.width, side, indent)


def _texts(box: Any, block: Any = None, line: Any = None) -> Iterator[tuple[Any, Any, Any]]:
    """Each text within, with the block and the line that it stands in."""
    from weasyprint.formatting_structure import boxes

    if isinstance(box, boxes.TextBox):
        yield block, line, box
    elif isinstance(box, boxes.LineBox):
        line = box
    elif isinstance(box, boxes.BlockBox):
        block = box
    for child in getattr(box, "children", ()):
        yield from _texts(child, block, line)
