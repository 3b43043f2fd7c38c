"""What is read aloud: the text of what hangs in the structure tree, in its order, and nothing else."""

from __future__ import annotations

from typing import Any

import pikepdf

from tests.printings.conformance.fonts import texts
from tests.printings.conformance.objects import codes, drawn, elements, kids


def aloud(pdf: pikepdf.Pdf) -> str:
    """Pieces a line each. Glyphs stand as they are seen, Arabic ones from the last to the first, and what reads them
    turns them round: so each piece follows in that order too.
    """
    pieces: dict[tuple[Any, int], list[str]] = {}
    tables: dict[Any, dict[int, str]] = {}
    for page in pdf.pages:
        fonts = page.resources.get("/Font", pikepdf.Dictionary())
        for one in drawn(page):
            marks = one.marks[-1][1] if one.marks else None
            if marks is None or "/MCID" not in marks:
                continue
            piece = pieces.setdefault((page.obj.objgen, int(marks.MCID)), [])
            if "/ActualText" in marks:
                piece[:] = [str(marks.ActualText)]
            elif one.operator in ("Tj", "TJ"):
                font = fonts[one.font]
                if font.objgen not in tables:
                    tables[font.objgen] = texts(font.ToUnicode.read_bytes())
                piece.extend(tables[font.objgen].get(code, "") for code in codes(one))
    found: list[str] = []
    for _, element in elements(pdf):
        for kid in kids(element):
            piece = pieces.get((element.Pg.objgen, kid), []) if isinstance(kid, int) else []
            found.extend(("".join(piece), "".join(reversed(piece))))
    return "\n".join(found)
