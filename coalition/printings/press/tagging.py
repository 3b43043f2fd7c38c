"""The undersigned in the PDF's structure: one section, its headings, one list a group whatever pages it runs over.

Source: ISO 32000-1, 14.7 (structure tree, parent tree) and 14.8.4 (H2, L, LI, LBody, Figure).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pydyf  # type: ignore[import-untyped]

from coalition.printings.press.galleys import Mark
from coalition.printings.press.placing import Placed

_PIXEL = 0.75  # points


@dataclass(frozen=True)
class Stamped:
    placed: Placed
    first: int  # the number of its first marked content on its page


class _Element(pydyf.Object):  # type: ignore[misc]
    """A structure element, written once it is known: there are tens of thousands."""

    def __init__(self, kind: str, parent: Any, page: bytes = b"") -> None:
        super().__init__()
        self.kind, self.parent, self.page = kind.encode(), parent, page
        self.kids: list[bytes] = []
        self.more = b""

    @property
    def data(self) -> bytes:
        page = b"/Pg " + self.page if self.page else b""
        parts = (b"<</Type/StructElem/S/", self.kind, b"/P ", self.parent.reference, page, self.more, b"/K[")
        return b"".join((*parts, b" ".join(self.kids), b"]>>"))


def tag(pdf: Any, pages: Sequence[tuple[float, Sequence[Stamped]]]) -> None:
    """Hangs what was stamped on each page, whose height in CSS pixels comes first, at the end of the document."""
    if not any(stamped for _, stamped in pages):
        return
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    whole = _object(pdf, root["K"][0])
    numbers = _object(pdf, root["ParentTree"])["Nums"]
    section = _added(pdf, whole, "Sect")
    part, parent = -1, section
    for at, (height, stamped) in enumerate(pages):
        page = pdf.page_references[at]
        for one in stamped:
            placed = one.placed
            if placed.part != part:
                part = placed.part
                parent = _added(pdf, section, "L") if placed.kind == "LI" else section
            element = _added(pdf, parent, placed.kind, page)
            if placed.kind == "LI":
                element = _added(pdf, element, "LBody", page)
            # The first entries of the parent tree are the pages', in order; the others are links'.
            numbers[2 * at + 1].extend(_contents(pdf, element, one, page, height))


def _added(pdf: Any, parent: Any, kind: str, page: bytes = b"") -> _Element:
    element = _Element(kind, parent, page)
    pdf.add_object(element)
    (parent.kids if isinstance(parent, _Element) else parent["K"]).append(element.reference)
    return element


def _contents(pdf: Any, element: _Element, one: Stamped, page: bytes, height: float) -> Iterator[bytes]:
    for number, mark in enumerate(one.placed.piece.marks, start=one.first):
        parent = element
        if mark.tag == "Figure":
            parent = _added(pdf, element, "Figure", page)
            parent.more = _shown(mark, one.placed, height)
        parent.kids.append(b"%d" % number)
        yield parent.reference


def _shown(mark: Mark, placed: Placed, height: float) -> bytes:
    right, down = placed.left - placed.piece.left, placed.top - placed.piece.top
    left, top, end, bottom = mark.box
    box = (left + right, height - bottom - down, end + right, height - top - down)
    corners = " ".join(f"{length * _PIXEL:.2f}" for length in box)
    return b"/Alt " + bytes(pydyf.String(mark.alt).data) + f"/A<</O/Layout/BBox[{corners}]>>".encode()


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
