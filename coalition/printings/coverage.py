"""Which characters of a letter no font of ours has: an empty box would be printed, so the desk is told before."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, select

from coalition.endorsements.records import COUNTED
from coalition.letters.rules import Letter
from coalition.letters.text import LetterText
from coalition.tables import endorsements

FONTS: Final = (  # what the press sets with; the cuts and italics of one have the same characters
    ("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf"),
    ("fontpkg_amiri", "Amiri-Regular.ttf"),
    ("fontpkg_noto_sans_devanagari", "NotoSansDevanagari[wdth,wght].ttf"),
)
MOST_PLACES: Final = 5  # that are named for one character; of the rest, how many there are

# Seen by nobody, whatever a font has of them: joiners, direction, variants. (Some Arabic signs of that kind are seen.)
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True)
class Place:
    """Where a character stands: a part of the letter, in words, or an organisation's line."""

    words: str
    is_organisation: bool = False


@dataclass(frozen=True)
class Uncovered:
    """A character, or a letter with its marks, that no font of ours can show."""

    written: str
    names: tuple[str, ...]  # "U+4E2D CJK UNIFIED IDEOGRAPH-4E2D", for each code point
    places: tuple[Place, ...]
    more: int  # further places


_lines = select(
    endorsements.c.name,
    endorsements.c.group,
    endorsements.c.signatory,
    endorsements.c.role,
    endorsements.c.show_signatory,
).where(*COUNTED)


def of_letter(connection: Connection, letter: Letter) -> tuple[Uncovered, ...]:
    """What would be missing if the letter were printed now."""
    rows = connection.execute(_lines, {"of_letter": letter.id}).all() if letter.version else []
    lines = (
        (Place(name, True), f"{name} {signatory} {role}" if shown else name) for name, _, signatory, role, shown in rows
    )
    groups = ((Place(f"the group “{name}”"), name) for name in sorted({row[1] for row in rows}))
    return uncovered([*_text(letter.text), *groups, *lines])


def _text(text: LetterText) -> Iterator[tuple[Place, str]]:
    yield Place("the subject"), text.subject
    for one in text.addressees:
        yield Place("an addressee"), " ".join((one.name, one.office, *one.postal))
    yield Place("the copies"), " ".join(text.cc)
    yield Place("the lead organisations"), " ".join(text.leads)
    yield Place("the place and date"), text.date_line
    yield Place("what the letter asks for"), text.ask
    yield Place("the letter’s text"), text.body
    yield Place("the enclosures"), " ".join(text.enclosures)


def uncovered(parts: Iterable[tuple[Place, str]]) -> tuple[Uncovered, ...]:
    """In the order in which they are first met."""
    plain = _plain()
    found: dict[str, dict[Place, None]] = {}
    for place, words in parts:
        if not plain.issuperset(words):
            for cluster in _clusters(words):
                if not _is_covered(cluster):
                    found.setdefault(cluster, {})[place] = None
    return tuple(
        Uncovered(written, tuple(map(_name, written)), tuple(places)[:MOST_PLACES], max(len(places) - MOST_PLACES, 0))
        for written, places in found.items()
    )


@cache
def _fonts() -> tuple[frozenset[int], ...]:
    import uharfbuzz  # type: ignore[import-untyped]

    paths = (files(package) / "files" / file for package, file in FONTS)
    return tuple(frozenset(uharfbuzz.Face(path.read_bytes()).unicodes) for path in paths)


@cache
def _plain() -> frozenset[str]:
    """Characters that are covered wherever they stand; a mark also needs its letter in the same font."""
    every = (chr(code) for font in _fonts() for code in font)
    return frozenset(one for one in every if unicodedata.category(one)[0] != "M") | {"\n", "\t", "\r"}


def _clusters(words: str) -> Iterator[str]:
    """Letters, each with its marks, without what nobody sees."""
    cluster = ""
    for one in unicodedata.normalize("NFC", _INVISIBLE.sub("", words)):
        if cluster and unicodedata.category(one)[0] != "M":
            yield cluster
            cluster = ""
        cluster += one
    if cluster:
        yield cluster


@cache
def _is_covered(cluster: str) -> bool:
    """Does one font have all of it? A font without "ế" may have "e" and both marks, which are put together then."""
    if cluster.isspace():
        return True
    return any(
        all(ord(one) in font or font.issuperset(map(ord, unicodedata.normalize("NFD", one))) for one in cluster)
        for font in _fonts()
    )


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
