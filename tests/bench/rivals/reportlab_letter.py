"""reportlab on the same content: its Platypus, two frames a page for the names, the same fonts. It makes no tags."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate, Paragraph, Spacer

from tests.bench.rivals.answering import answer

FACES = {"Letter": "serif", "Letter-Bold": "serif-bold", "Letter-Italic": "serif-italic"}
LEFT, BOTTOM = 33 * mm, 34 * mm
WIDTH, HEIGHT = A4[0] - 2 * LEFT, A4[1] - 64 * mm
BODY = ParagraphStyle("body", fontName="Letter", fontSize=11, leading=15, spaceAfter=7.75)
HEAD = ParagraphStyle("head", BODY, fontName="Letter-Bold", fontSize=15, leading=19)
GROUP = ParagraphStyle("group", BODY, fontName="Letter-Bold", fontSize=10, leading=13.5, keepWithNext=True)
NAME = ParagraphStyle("name", BODY, fontSize=10, leading=13, spaceAfter=6.5, allowWidows=0, allowOrphans=0)
known: list[str] = []


def set_pdf(folder: Path) -> bytes:
    if not known:
        for name, file in FACES.items():
            font = TTFont(name, folder / "fonts" / f"{file}.ttf")
            font.face.name = name.encode()  # cut from one, they share a name, and reportlab would take one for all
            registerFont(font)
        registerFontFamily("Letter", normal="Letter", bold="Letter-Bold", italic="Letter-Italic")
        known.append("Letter")
    letter = json.loads((folder / "letter.json").read_text())
    written = BytesIO()
    document = BaseDocTemplate(written, pagesize=A4, title=letter["subject"], lang="en-GB", invariant=1)
    whole = Frame(LEFT, BOTTOM, WIDTH, HEIGHT, 0, 0, 0, 0)
    halves = [Frame(LEFT + side * WIDTH / 2, BOTTOM, WIDTH * 0.48, HEIGHT, 0, 0, 0, 0) for side in (0, 1)]

    def furniture(canvas: Any, document: Any) -> None:
        canvas.setFillColor(HexColor("#444444"))
        canvas.setFont("Letter-Italic", 8.5)
        canvas.drawString(LEFT, A4[1] - 20 * mm, letter["subject"])
        canvas.setFont("Letter", 7)
        canvas.drawString(LEFT, 22 * mm, f"Version 1, first printing {letter['fingerprint']}")
        canvas.drawRightString(A4[0] - LEFT, 22 * mm, f"Page {document.page}")

    document.addPageTemplates(
        [PageTemplate("letter", [whole], onPage=furniture), PageTemplate("names", halves, onPage=furniture)]
    )
    document.build(list(story(letter)))
    return written.getvalue()


def story(letter: dict[str, Any]):
    yield Paragraph(" · ".join(map(escape, letter["leads"])), GROUP)
    for one in letter["addressees"]:
        yield Paragraph("<br/>".join(map(escape, one)), BODY)
    yield Paragraph(escape(letter["date"]), BODY)
    yield Paragraph(escape(letter["subject"]), HEAD)
    yield Paragraph(f"<i>{escape(letter['ask'])}</i>", BODY)
    for one in letter["paragraphs"]:
        yield Paragraph(escape(one), BODY)
    yield NextPageTemplate("names")
    yield PageBreak()
    yield Paragraph(f"We, the undersigned {letter['undersigned']:,} organisations", HEAD)
    for group in letter["groups"]:
        yield Spacer(0, 5 * mm)
        yield Paragraph(f"{escape(group['name'])} {len(group['lines']):,}", GROUP)
        for line in group["lines"]:
            signed = f"{escape(line['signatory'])}, {escape(line['role'])}"
            yield Paragraph(f"<b>{escape(line['organisation'])}</b><br/>{signed}", NAME)


if __name__ == "__main__":
    answer("reportlab_letter", set_pdf, ", no tags, not PDF/A, not sealed")
