"""Binds a PDF: the letter's pages, the undersigned from their galleys, and what stands at the edges of every page.

WeasyPrint writes it, with pages of ours among its own: so there is one table of links, outlines and fonts, whatever was
set where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

import pikepdf
import pydyf  # type: ignore[import-untyped]

from coalition.printings.press.conformance import conform
from coalition.printings.press.drawing import Drawing, blocks
from coalition.printings.press.galleys import Galley, Piece
from coalition.printings.press.layout import Receipt, Sheet, edges_html, text_html
from coalition.printings.press.placing import Placed, place_the_undersigned, room
from coalition.printings.press.tagging import Stamped, tag
from coalition.printings.sealing.attaching import attach
from coalition.printings.sealing.attachments import Attachment

Document = Callable[[str], Any]  # lays HTML out


def bind(
    document: Document,
    picture: Callable[[str], Any],
    sheet: Sheet | Receipt,
    galleys: Sequence[Galley],
    attachments: Sequence[Attachment],
) -> bytes:
    """The whole PDF. `picture` loads one by its address."""
    bound = document(text_html(sheet))
    drawing = Drawing({})
    leaves = [Leaf(page, page) for page in bound.pages]
    if isinstance(sheet, Sheet) and galleys:
        for placed in place_the_undersigned(document, sheet, galleys, bound.pages[-1], drawing):
            while len(leaves) <= len(bound.pages) - 1 + placed.page:
                leaves.append(Leaf(placed.like))
            leaves[len(bound.pages) - 1 + placed.page].placed.append(placed)
    _stamp_the_edges(document(edges_html(sheet, len(leaves))), leaves, drawing)
    _merge_fonts(drawing.fonts, galleys)
    alphas, pictures = dict(drawing.alphas), {}
    for galley in galleys:
        alphas.update(galley.alphas)
        pictures.update({name: picture(address) for name, address in galley.pictures.items()})
    leaves[0].uses = Uses(alphas, pictures)
    bound.pages, bound.fonts = leaves, drawing.fonts

    def finish(of: Any, pdf: Any) -> None:
        conform(of, pdf)
        tag(pdf, [(leaf.height, leaf.stamped) for leaf in leaves])

    written = bound.write_pdf(finisher=finish, pdf_variant="pdf/a-3a", pdf_identifier=False)
    return _closed(written, attachments, datetime.fromisoformat(sheet.made_at))


@dataclass(frozen=True)
class Uses:
    """What galleys use of the PDF: how much is seen through colours, and pictures, by name."""

    alphas: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """What stands at the edge of a page: no part of its content."""

    kind: str  # Header, Footer or Watermark
    piece: Piece
    top: float


class Leaf:
    """A page for WeasyPrint to write: what it has set there itself, if anything, and pieces of ours over it."""

    def __init__(self, like: Any, under: Any = None) -> None:
        """`like` is a page of the same size."""
        self._under = under
        self.width, self.height, self.bleed = like.width, like.height, like.bleed
        self.links = under.links if under else []
        self.anchors = under.anchors if under else {}
        self.forms = under.forms if under else {None: []}
        self._page_box = under._page_box if under else like._page_box.copy_with_children([])
        self.placed: list[Placed] = []
        self.edges: list[Edge] = []
        self.uses = Uses()
        self.stamped: list[Stamped] = []

    @property
    def bookmarks(self) -> list[Any]:
        ours = []
        for one in self.placed:
            if one.bookmark:
                level, label, state = one.bookmark
                ours.append((level, label, (one.left, one.top), state))
        return [*(self._under.bookmarks if self._under else ()), *ours]

    def paint(self, stream: Any, scale: float = 1) -> None:
        """As WeasyPrint's pages do it: in CSS pixels from the top left."""
        if self._under:
            self._under.paint(stream, scale)
        self._declare(stream)
        number, drawn = len(stream._tags), []
        for one in self.placed:
            drawn.append(one.piece.at(one.left, one.top, number))
            self.stamped.append(Stamped(one, number))
            number += len(one.piece.marks)
        for edge in self.edges:
            mark = f"/Artifact <</Type/Pagination/Subtype/{edge.kind}>> BDC\n".encode()
            drawn.append(mark + edge.piece.at(edge.piece.left, edge.top, 0) + b"\nEMC")
        with stream.stacked():
            stream.transform(a=scale, d=scale)
            stream.stream.append(b"\n".join(drawn))

    def _declare(self, stream: Any) -> None:
        for name, alpha in self.uses.alphas.items():
            state = pydyf.Dictionary({"ca" if name[0] == "a" else "CA": alpha})
            stream._resources["ExtGState"].setdefault(name, state)
        for name, image in self.uses.pictures.items():
            if stream.add_image(image, bool(int(name[-1])), 1) != name:
                raise ValueError(f"a picture of another name than {name}")


_EDGES = {"edge-running": "Header", "edge-edition": "Footer", "edge-number": "Footer", "edge-watermark": "Watermark"}


def _stamp_the_edges(apart: Any, leaves: Sequence[Leaf], drawing: Drawing) -> None:
    """Heads end where a page's room begins, feet begin where it ends; a watermark is in the middle of the paper."""
    page = apart.pages[-1]
    within = room(page)
    drawn: dict[str, list[Edge]] = {name: [] for name in _EDGES}
    for box in blocks(page._page_box, "p"):
        name = box.element.get("class")
        piece = drawing.piece(box, page, tagged=False)
        tops = {"Header": within.top - piece.height, "Footer": within.bottom}
        top = tops.get(_EDGES[name], (page.height - piece.height) / 2)
        drawn[name].append(Edge(_EDGES[name], piece, top))
    for number, leaf in enumerate(leaves):
        heads = drawn["edge-running"] if number else []
        leaf.edges = [*heads, *drawn["edge-edition"], drawn["edge-number"][number], *drawn["edge-watermark"]]


def _merge_fonts(fonts: Mapping[Any, Any], galleys: Sequence[Galley]) -> None:
    for galley in galleys:
        for font in fonts.values():
            if face := galley.faces.get(font.hash):
                for own, used in (
                    (font.to_unicode, face.to_unicode),
                    (font.widths, face.widths),
                    (font.missing, face.missing),
                ):
                    for key, value in used.items():
                        own.setdefault(key, value)


def _closed(written: bytes, attachments: Sequence[Attachment], at: datetime) -> bytes:
    """With what is attached, page labels, and all objects packed; the same content has the same id."""
    with pikepdf.open(BytesIO(written)) as pdf:
        pdf.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array([0, pikepdf.Dictionary(S=pikepdf.Name.D)]))
        attach(pdf, attachments, at)
        out = BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()
