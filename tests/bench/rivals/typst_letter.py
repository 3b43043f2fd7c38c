"""Typst on the same content: its own layout in two columns, with the same fonts, as PDF/A-3a and PDF/UA-1."""

from pathlib import Path

import typst

from tests.bench.rivals.answering import answer

LETTER = Path(__file__).with_name("letter.typ")
fonts: dict[str, typst.Fonts] = {}


def set_pdf(folder: Path) -> bytes:
    if "ours" not in fonts:
        fonts["ours"] = typst.Fonts(False, False, [folder / "fonts"])
    compiler = typst.Compiler(LETTER.read_bytes(), font_paths=fonts["ours"], ignore_system_fonts=True)
    given = {"letter": (folder / "letter.json").read_text()}
    pdf = compiler.compile(format="pdf", sys_inputs=given, pdf_standards=["a-3a", "ua-1"], timestamp=1256547600)
    assert isinstance(pdf, bytes)
    return pdf


if __name__ == "__main__":
    answer("typst_letter", set_pdf, ", not sealed")
