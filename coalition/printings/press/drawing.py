"""Draws boxes that WeasyPrint laid out, each by itself: a line, a heading, what stands at the edge of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydyf  # type: ignore[import-untyped]

from coalition.printings.press.galleys import HERE, Mark, Piece

_KINDS = ("ExtGState", "XObject", "Pattern", "Shading", "ColorSpace", "Font")
_NOWHERE = (0, 0, 1, 1)  # a rectangle that only groups seen through ask for


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
        import weasyprint
        from weasyprint.draw import draw_stacking_context
        from weasyprint.stacking import StackingContext

        tags: dict[Any, Any] | None = {} if tagged else None
        stream = self.stream(tags)
        draw_stacking_context(stream, StackingContext.from_box(box, page._page_box))
        for of in tags or ():
            if isinstance(of, weasyprint.formatting_structure.boxes.ReplacedBox):
                names = (name for name, image in self.images.items() if image["image"] is of.replacement)
                self.pictures.update(dict.fromkeys(names, of.element.get("src")))
        return Piece(
            *_rounded(box),
            tuple(_mark(of, tag["tag"]) for of, tag in (tags or {}).items()),
            written(stream),
        )

    def stream(self, tags: dict[Any, Any] | None) -> Any:
        import weasyprint

        return weasyprint.pdf.Stream(self.fonts, _NOWHERE, self.resources, self.images, tags, {}, None)


def _rounded(box: Any) -> tuple[float, float, float, float, float]:
    left, top = box.position_x, box.position_y + box.margin_top
    before, height, after = box.margin_top, box.border_height(), box.margin_bottom
    return round(left, 4), round(top, 4), round(before, 4), round(height, 4), round(after, 4)


def written(stream: Any) -> bytes:
    """What was drawn, with a place for the number of each marked content."""
    for operator in stream.stream:
        if isinstance(operator, dict) and "MCID" in operator:
            operator["MCID"] = HERE
    # Between two glyphs WeasyPrint writes how far they stand from where they would, mostly nothing.
    return b"\n".join(map(pydyf._to_bytes, stream.stream)).replace(b">0<", b"")


def _mark(box: Any, tag: str) -> Mark:
    if tag != "Figure":
        return Mark(tag)
    left, top = box.content_box_x(), box.content_box_y()
    return Mark(tag, box.element.get("alt") or "", (left, top, left + box.width, top + box.height))


def blocks(box: Any, *tags: str) -> Iterator[Any]:
    """The blocks of these elements within, in their order; not those within each other."""
    from weasyprint.formatting_structure.boxes import BlockLevelBox

    for child in getattr(box, "children", ()):
        if child.element_tag in tags and isinstance(child, BlockLevelBox):
            yield child
        else:
            yield from blocks(child, *tags)
