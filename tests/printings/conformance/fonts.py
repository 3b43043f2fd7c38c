"""A PDF's fonts as they are used: which codes are shown, what they stand for, which glyphs they are and how wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont

from tests.printings.conformance.objects import codes, drawn


@dataclass(frozen=True)
class Font:
    name: str
    program: bytes  # b"" when it is not embedded
    is_identity: bool  # a CID is its glyph's number
    texts: dict[int, str]  # what each code stands for
    glyphs: dict[int, int] | None  # the glyph of each code, None where that is the code
    widths: dict[int, float]  # as the PDF says, in thousandths of the type's size
    advances: list[float]  # as the font says
    used: set[int] = field(default_factory=set)

    def glyph(self, code: int) -> int:
        return code if self.glyphs is None else self.glyphs.get(code, 0)


def fonts(pdf: pikepdf.Pdf) -> list[Font]:
    """All that the pages show text with; ours are composite ones."""
    found: dict[Any, Font] = {}
    for page in pdf.pages:
        resources = page.resources.get("/Font", pikepdf.Dictionary())
        for one in drawn(page):
            for code in codes(one) if one.operator in ("Tj", "TJ", "'", '"') else ():
                font = resources[one.font]
                if font.objgen not in found:
                    found[font.objgen] = _font(font)
                found[font.objgen].used.add(code)
    return list(found.values())


def _font(font: Any) -> Font:
    inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
    descriptor = inner.get("/FontDescriptor", pikepdf.Dictionary())
    program = next((descriptor[name].read_bytes() for name in ("/FontFile2", "/FontFile3") if name in descriptor), b"")
    return Font(
        name=str(font.BaseFont),
        program=program,
        is_identity=str(inner.get("/CIDToGIDMap", "")) == "/Identity",
        texts=texts(font.ToUnicode.read_bytes()) if "/ToUnicode" in font else {},
        glyphs=_glyphs(font.Encoding.read_bytes()) if isinstance(font.Encoding, pikepdf.Stream) else None,
        widths=dict(_widths(list(inner.get("/W", [])))),
        advances=_advances(program) if program else [],
    )


def texts(table: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-Fa-f]+)> *<([0-9A-Fa-f]*)>(?! *<)", table)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _glyphs(table: bytes) -> dict[int, int]:
    return {int(code, 16): int(glyph) for code, glyph in re.findall(rb"<([0-9A-Fa-f]+)> (\d+)", table)}


def _widths(flat: list[Any]) -> Iterator[tuple[int, float]]:
    at = 0
    while at < len(flat):
        if isinstance(flat[at + 1], pikepdf.Array):
            yield from ((int(flat[at]) + n, float(width)) for n, width in enumerate(flat[at + 1]))
            at += 2
        else:
            yield from ((glyph, float(flat[at + 2])) for glyph in range(int(flat[at]), int(flat[at + 1]) + 1))
            at += 3


def _advances(program: bytes) -> list[float]:
    with TTFont(BytesIO(program), lazy=True) as font:
        scale, order = 1000 / font["head"].unitsPerEm, font.getGlyphOrder()
        return [font["hmtx"][glyph][0] * scale for glyph in order]
