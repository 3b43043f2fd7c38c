"""Others that set the letter, each in a process of its own, warm, with our fonts: started, and told what to set.

A rival's room reads folders on standard input, a line each, with what it may need: `page.html` as WeasyPrint is given
it, `browser.html` as a browser is, `letter.json` for those that know no HTML, `fonts/`. It puts down `NAME.pdf`, and
answers with the seconds it took, its memory's peak in megabytes and what it left out, in words.
"""

import html as entities
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from coalition.base.settings import ROOT, TEMPLATES
from coalition.letters.text import body_html, tidied
from coalition.printings.press import setter
from coalition.printings.press.layout import Sheet, html

EDGES = """
@page {
  @top-left { content: string(running); width: 100%%; font: italic 8.5pt/12pt Letter; color: #444 }
  @bottom-left { content: "Version 1, first printing\\A %s"; width: 120mm; white-space: pre-line;
    font: 7pt/10pt Letter; color: #444 }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); width: 32mm; text-align: right;
    font: 8.5pt/10pt Letter; color: #444 }
}
@page :first { @top-left { content: none } }
.letter-subject { string-set: running content() }
"""  # ours are stamped on each page by the press; a page for WeasyPrint alone and for browsers says it in CSS


@dataclass(frozen=True)
class Setting:
    seconds: float
    megabytes: float
    kept: str  # pages, size, and what the PDF lacks beside ours


@contextmanager
def alone(room: str, folder: Path, small: Sheet) -> Iterator[Callable[[Sheet], Setting]]:
    """Starts a rival and warms it on a small sheet. Gives the function that has it set another."""
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.rivals.{room}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        asked, answers = process.stdin, process.stdout
        answers.readline()

        def once(sheet: Sheet) -> Setting:
            given = _put_down(folder, sheet)
            asked.write(f"{given}\n")
            asked.flush()
            seconds, megabytes, lacks = json.loads(answers.readline())
            return Setting(seconds, megabytes, _looked_at(given / f"{room}.pdf", sheet) + lacks)

        once(small)
        yield once
        asked.close()


def _put_down(folder: Path, sheet: Sheet) -> Path:
    given = folder / f"given-{sheet.groups[0].lines[0].organisation.split()[-1]}-{sheet.undersigned}"
    if not given.exists():
        given.mkdir()
        (given / "fonts").mkdir()
        for name in setter._FONTS:
            (given / "fonts" / f"{name}.ttf").write_bytes(setter._font(name))
        page = html(sheet).replace("</head>", f"<style>{EDGES % sheet.fingerprint}</style></head>")
        (given / "page.html").write_text(page)
        style = (TEMPLATES / "pdf" / "letter.css").read_text()
        style = re.sub(r'url\("coalition-font:([\w-]+)"\)', r'url("fonts/\1.ttf")', style)
        (given / "browser.html").write_text(page.replace("</head>", f"<style>{style}</style></head>"))
        (given / "letter.json").write_text(json.dumps(_without_html(sheet)))
    return given


def _without_html(sheet: Sheet) -> dict[str, object]:
    text = tidied(sheet.text)
    blocks = re.findall(r"<(p|li|h\d)\b[^>]*>(.*?)</\1>", body_html(text.body), flags=re.S)
    return {
        "subject": text.subject,
        "leads": list(text.leads),
        "addressees": [[one.name, one.office, *one.postal] for one in text.addressees],
        "date": text.date_line,
        "ask": text.ask,
        "paragraphs": [entities.unescape(re.sub("<[^>]+>", "", words)).strip() for _, words in blocks],
        "undersigned": sheet.undersigned,
        "fingerprint": sheet.fingerprint,
        "groups": [asdict(group) for group in sheet.groups],
    }


def _looked_at(pdf: Path, sheet: Sheet) -> str:
    """How many pages and bytes. Nothing is fast that was not done: every name must be there."""
    text = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout.decode()
    there = set(re.findall(r"Signatory\s+(\d+)", text))
    wanted = {line.signatory.split()[-1] for group in sheet.groups for line in group.lines if line.signatory}
    if not wanted <= there:
        raise RuntimeError(f"{pdf.name} lacks {len(wanted - there)} names")
    return f"{text.count(chr(12))} pages, {pdf.stat().st_size / 1e6:.1f} MB of PDF"
