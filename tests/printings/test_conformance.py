"""Every PDF we set is what it claims to be, PDF/A-3a and PDF/UA-1 at once; each checker sees what is broken for it."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from coalition.endorsements.undersigned import Group, Line
from coalition.letters.text import LetterText
from coalition.printings.press.layout import Receipt, Sheet
from coalition.printings.press.setting import Setter
from coalition.printings.sealing import keys
from coalition.printings.sealing.sealing import Sealer
from tests.printings.conformance.breaking import BREAKS
from tests.printings.conformance.checkers import CHECKERS, said
from tests.printings.conformance.reading import aloud
from tests.printings.samples import wall
from tests.printings.sheets import LETTER, NAMES, numbered, sheet

BODY = """# What is at stake

Dear Sir Paul, we write with *care*, **weight** and ***both***.[^1] See [our page](https://letters.example/unit)
or <https://letters.example/a-very-long-address/that-will-not/fit-on-one-line/of-a-page/of-this-width-at-all>.

## What would be lost

- officers who know what they hear;
- a telephone number:
    1. by day;
    2. by night.[^2]

> She asked the right question first.
>
> > And the second.

### And what it costs

1. Nothing.

   Less than nothing.[^1]
2. Something[^3]

---

Yours sincerely,

[^1]: Since 2007.
[^2]: With [a link](https://letters.example/night), and two

    paragraphs.
[^3]: Office ﬁgures.
"""
ARABIC = replace(
    LETTER,
    subject="رسالة مشتركة",
    language="ar",
    body="# عنوان\n\nالسَّلامُ عَلَيْكُم، نص مع [رابط](https://letters.example/a)[^1].\n\n- واحد\n- اثنان\n\n[^1]: حاشية.\n",
)
HINDI = replace(LETTER, subject="संयुक्त पत्र", language="hi", body="नमस्ते, हम विद्यार्थी शक्ति से क्षत्रिय श्री ज्ञान।\n")
RECEIPT = Receipt(
    subject=LETTER.subject,
    language="en-GB",
    version=1,
    fingerprint="ab" * 32,
    address="https://letters.example/letters/keep-the-unit/versions/1",
    line=NAMES[1],
    group="National charities",
    given_by="Paula Hardy, Prif Weithredwr",
    authority="decided by the trustees",
    endorsed_at="Monday, 26 October 2009, 9:00 (London)",
    made_at="2009-10-26T09:00:00Z",
)
WALL = wall()
AT = datetime(2009, 10, 26, 9, tzinfo=UTC)
SHEETS: dict[str, Sheet | Receipt] = {
    "with its evidence": replace(sheet(numbered(9)), evidence=json.dumps({"endorsements": []})),
    "a small letter": sheet(Group("", NAMES[:3])),
    "names in many scripts": sheet(Group("From everywhere", NAMES), numbered(40)),
    "a draft": sheet(numbered(3), watermark="Draft"),
    "all that a body may have": sheet(text=replace(LETTER, body=BODY)),
    "Arabic": sheet(Group("", NAMES), text=ARABIC),
    "Hindi": sheet(Group("", NAMES), text=HINDI),
    "characters that no font has": sheet(Group("", (Line("საქართველო 組織 ไทย \ue000 ok 😀", "中"), *NAMES[:2]))),
    "US Letter, close, names beside": replace(
        sheet(numbered(12)), paper="letter", density="compact", signatory_place="beside"
    ),
    "a wall of logos": WALL.sheet,
    "bare": sheet(text=LetterText("Nothing but this", (), (), (), "", "", "", ())),
    "a receipt": RECEIPT,
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Gives the PDF of a sheet, set once: in chunks of a few names, and sealed if it is a printing."""
    folder = tmp_path_factory.mktemp("printed")
    key = keys.load(folder / "seal", None, "", "letters.example", AT)
    with Setter(sizes=(3, 5, 8)) as setter, Sealer(lambda: key) as sealer:

        def one(name: str) -> Path:
            path = folder / f"{name}.pdf"
            if not path.exists():
                pdf = setter.set(SHEETS[name], pictures=WALL.pictures)
                path.write_bytes(sealer.finish(SHEETS[name], pdf).pdf)
            return path

        yield one


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("name", SHEETS)
def test_nobody_finds_anything_wrong(printed: Callable[[str], Path], name: str, checker: str) -> None:
    assert CHECKERS[checker](printed(name)) == []


@pytest.mark.parametrize("name", [name for name, sheet in SHEETS.items() if isinstance(sheet, Sheet)])
def test_every_name_can_be_copied_out_and_is_read_aloud(printed: Callable[[str], Path], name: str) -> None:
    given, path = SHEETS[name], printed(name)
    assert isinstance(given, Sheet)
    lines = [line for group in given.groups for line in group.lines]
    words = f"{given.text.subject} {' '.join(f'{line.organisation} {line.signatory} {line.role}' for line in lines)}"
    with pikepdf.open(path) as pdf:
        read = aloud(pdf)
    for text in (said("pdftotext", str(path), "-"), read):
        plain = re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", unicodedata.normalize("NFC", text))
        assert [word for word in words.split() if word not in plain] == []


# Each checker sees what is wrong: a good PDF is broken for it, and it must say so.


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_seen(printed: Callable[[str], Path], name: str, tmp_path: Path) -> None:
    checker, says, breaks = BREAKS[name]
    broken = tmp_path / "broken.pdf"
    with pikepdf.open(printed("all that a body may have")) as pdf:
        breaks(pdf)
        pdf.save(broken, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    found = CHECKERS[checker](broken)
    assert found
    assert any(says in one for one in found), found


def test_a_file_that_goes_on_after_its_end_is_seen(printed: Callable[[str], Path], tmp_path: Path) -> None:
    longer = tmp_path / "longer.pdf"
    longer.write_bytes(printed("a small letter").read_bytes() + b"and more")
    assert "6.1.3: something stands behind the end" in CHECKERS["archives, ours"](longer)
