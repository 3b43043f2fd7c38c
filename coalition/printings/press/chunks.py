"""The undersigned cut into chunks that are set apart, each kept by what stands in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from functools import cache
from zlib import crc32

from coalition.base.settings import TEMPLATES
from coalition.endorsements.undersigned import Group, Line
from coalition.letters.text import LetterText
from coalition.printings.press.layout import LAYOUT_VERSION, Sheet, as_data

# Names a chunk. Many are set as fast as few, each; but a changed name sets its whole chunk again.
LEAST, USUAL, MOST = 60, 200, 400


def chunks(sheet: Sheet, sizes: tuple[int, int, int] = (LEAST, USUAL, MOST)) -> list[Sheet]:
    """The sheet's lines in their order, whatever their groups, as sheets that hold nothing else.

    Where a chunk ends is up to the lines in it, not to their number: a name that is added or taken away leaves all
    chunks but its own as they were.
    """
    lines = [line for group in sheet.groups for line in group.lines]
    bare = replace(
        sheet,
        text=LetterText("", (), (), (), "", "", "", (), sheet.text.language),
        fingerprint="",
        version=0,
        undersigned=0,
        printing=0,
        watermark="",
        made_at="",
        letterhead="none",
        lead_logos=(),
        evidence=None,
    )
    return [replace(bare, groups=(Group("", tuple(chunk)),)) for chunk in _cut(lines, sizes)]


def _cut(lines: Sequence[Line], sizes: tuple[int, int, int]) -> Iterator[Sequence[Line]]:
    least, usual, most = sizes
    begin = 0
    for at, line in enumerate(lines, start=1):
        ends = at - begin >= least and crc32(repr(astuple(line)).encode()) % max(1, usual - least) == 0
        if ends or at - begin == most or at == len(lines):
            yield lines[begin:at]
            begin = at


def chunk_hash(chunk: Sheet) -> str:
    """SHA-256 of all that a chunk's look depends on: lines, settings, the page's files, the layout's version."""
    data = [LAYOUT_VERSION, _look(), as_data(chunk)]
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@cache
def _look() -> list[str]:
    files = ("pdf/letter.css", "pdf/letter.html", "pdf/undersigned.html")
    return [hashlib.sha256((TEMPLATES / name).read_bytes()).hexdigest() for name in files]
