"""Characters that no font has, shown as the empty box that a font has for them, but by a glyph of its own.

WeasyPrint shows the font's glyph number 0, which PDF/A allows nobody (ISO 19005-3, 6.2.11.8); the desk is told before.
"""

from __future__ import annotations

import re
from copy import deepcopy
from io import BytesIO
from typing import Any

import pydyf  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont

_TO_NONE = re.compile(rb"(<[0-9a-f]{4}>) 0")
_NAME = "box"


def give_boxes(pdf: Any) -> None:
    """Gives each font of `pdf` that lacks characters a copy of its box, and shows that in their stead."""
    given: dict[bytes, int] = {}
    for font in list(pdf.objects):
        if not isinstance(font, dict) or font.get("Subtype") != "/Type0" or font["Encoding"] == "/Identity-H":
            continue
        inner = _object(pdf, font["DescendantFonts"][0])
        file = _object(pdf, inner["FontDescriptor"])["FontFile2"]
        width = inner["W"][1][0]  # that of glyph 0, which is the first
        if file not in given:
            given[file] = _with_a_box(_object(pdf, file), width)
        inner["W"] += [given[file], pydyf.Array([width])]
        encoding = _object(pdf, font["Encoding"])
        encoding.stream = [_TO_NONE.sub(rb"\1 %d" % given[file], line) for line in encoding.stream]


def _with_a_box(file: Any, width: float) -> int:
    """Adds it to the font in `file`; the number of its glyph."""
    with TTFont(BytesIO(file.stream[0]), recalcTimestamp=False, recalcBBoxes=False) as font:
        names = font.getGlyphOrder()
        advance = round(width * font["head"].unitsPerEm / 1000)
        font["glyf"][_NAME] = deepcopy(font["glyf"][names[0]])
        font["hmtx"][_NAME] = (advance, font["hmtx"][names[0]][1])
        written = BytesIO()
        font.save(written)
        file.stream = [written.getvalue()]
        file.extra["Length1"] = len(written.getvalue())
        return int(font.getGlyphID(_NAME))


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
