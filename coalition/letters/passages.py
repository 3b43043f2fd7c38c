"""Passages of a letter as people read and quote them, and where they stand in what was written.

Who quotes a letter does so from its page: with typographic quotes, without Markdown's marks, broken into lines
elsewhere. So both are read into the same plain characters, each of which knows where it was written.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from coalition.letters.text import LetterText

Place = Literal["subject", "ask", "date_line", "body"]
PLACES: dict[Place, str] = {
    "subject": "Subject",
    "ask": "What it asks for",
    "date_line": "Place and date",
    "body": "The letter",
}


@dataclass(frozen=True)
class Span:
    """From `start` to `end` of what was written in one part of a letter's text."""

    place: Place
    start: int
    end: int


@dataclass(frozen=True)
class Sign:
    """One character as it is read, and where it was written."""

    read: str
    start: int
    end: int


# What reads alike, and is typed in many ways; Markdown's typographer makes some of it of the others.
_ALIKE = (
    ("space", r"\s+", " "),
    ("nothing", "[\u00ad\u200b\u2060\ufeff]+", ""),
    ("double", '[“”„‟″«»"]', '"'),
    ("single", "[‘’‚‛′‹›´`']", "'"),
    ("dash", "-{2,3}|[‐‑‒–—―−-]", "-"),
    ("dots", r"\.{2,}|…", "…"),
    ("copyright", r"\([cC]\)|©", "©"),
    ("registered", r"\([rR]\)|®", "®"),
    ("trade", r"\((?:tm|TM)\)|™", "™"),
    ("plusminus", r"\+-|±", "±"),
    ("commas", ",{2,}", ","),
)
# Markdown's marks that nobody sees: lines, what a line begins with, notes, links.
_MARKS = (
    r"^[ ]{0,3}(?:=+|-{2,}|(?:[*_-][ \t]*){3,})[ \t]*$",
    r"^(?=[ \t>+*\d\[#-])[ \t]*(?:(?:>|[-+*](?=\s)|\d{1,9}[.)](?=\s)|\[\^[^\]\s]+\]:)[ \t]*)*(?:\#{1,6}(?=\s))?[ \t]*",
    r"\[\^[^\]\s]+\]",
    r"\[(?=(?:[^\[\]]|\[[^\[\]]*\])*\]\([^()]*\))",
    r"(?<!\\)\]\([^()]*\)",
)
_PLAIN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern, _ in _ALIKE) + "|(?P<other>.)", re.DOTALL)
_MARKDOWN = re.compile(
    "|".join(
        (
            r"\\(?P<escaped>[!-/:-@\[-`{-~])",
            r"(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,31});)",
            f"(?P<mark>{'|'.join(_MARKS)})",
            _PLAIN.pattern,
        )
    ),
    re.DOTALL | re.MULTILINE,
)
_READ = {name: read for name, _, read in _ALIKE}
_MARKED = "*_<>\\"
_EMPHASIS = frozenset(_MARKED)  # dropped wherever it stands, so that what is quoted with or without it is the same


def read(written: str, *, markdown: bool = False, marks: bool = False) -> list[Sign]:
    """The characters of a text as they are read; `marks` keeps asterisks and their like where they are none."""
    signs: list[Sign] = []
    for found in (_MARKDOWN if markdown else _PLAIN).finditer(written):
        for sign in _as_read(found):
            if sign == " " and (not signs or signs[-1].read == " "):
                continue
            if marks or sign not in _EMPHASIS:
                signs.append(Sign(sign, found.start(), found.end()))
    return signs


def _as_read(found: "re.Match[str]") -> str:
    kind = found.lastgroup or ""
    if kind == "mark":
        return " " if "\n" in found[0] else ""
    if kind == "escaped":
        return _one(found["escaped"])
    if kind == "entity":
        return _one(html.unescape(found[0]))
    return _READ.get(kind, found[0])


def _one(text: str) -> str:
    return "".join(_READ.get(found.lastgroup or "", found[0]) for found in _PLAIN.finditer(text))


def folded(words: str, *, marks: bool = False) -> str:
    """Words as they are compared."""
    return "".join(sign.read for sign in read(unicodedata.normalize("NFC", words), marks=marks)).strip()


def spans(text: LetterText, passage: str) -> list[Span]:
    """Everywhere that a passage stands in a letter. Where it stands as whole words, parts of words are passed over."""
    wanted = folded(passage)
    if not wanted:
        return []
    quoted = folded(passage, marks=True)
    marks = (len(quoted) - len(quoted.lstrip(_MARKED)), len(quoted) - len(quoted.rstrip(_MARKED)))
    found = [
        (_with_marks(getattr(text, place), span, marks), whole)
        for place in PLACES
        for span, whole in _found(getattr(text, place), place, wanted)
    ]
    return [span for span, whole in found if whole] or [span for span, _ in found]


def _found(written: str, place: Place, wanted: str) -> Iterator[tuple[Span, bool]]:
    signs = read(written, markdown=place == "body")
    there = "".join(sign.read for sign in signs)
    at = there.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        whole = not (_inside_a_word(there, at) or _inside_a_word(there, end))
        yield Span(place, signs[at].start, signs[end - 1].end), whole
        at = there.find(wanted, at + 1)


def _with_marks(written: str, span: Span, marks: tuple[int, int]) -> Span:
    """Asterisks and their like at the ends of what was quoted are a part of it."""
    before = re.search(rf"(?:\\?[*_<>\\]){{0,{marks[0]}}}$", written[: span.start])
    after = re.match(rf"(?:\\?[*_<>\\]){{0,{marks[1]}}}", written[span.end :])
    start, end = (len(found[0]) if found else 0 for found in (before, after))
    return Span(span.place, span.start - start, span.end + end)


def _inside_a_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def words(text: LetterText, span: Span) -> str:
    """What stands there, as it is read: with its own quotes and dashes, without Markdown's marks."""
    return shown(text, span).strip()


def shown(text: LetterText, span: Span) -> str:
    """The same with the space at its ends."""
    part: str = getattr(text, span.place)[span.start : span.end]
    signs = []
    for found in (_MARKDOWN if span.place == "body" else _PLAIN).finditer(part):
        kind = found.lastgroup or ""
        if kind in ("mark", "escaped", "entity", "space"):
            signs.append(" " if kind == "space" else _as_read(found))
        elif found[0] not in _EMPHASIS:
            signs.append(found[0])
    return re.sub(" +", " ", "".join(signs))


def paragraph(text: LetterText, span: Span) -> Span:
    """All of the paragraph, or of the part of the letter, that a span stands in, or begins and ends in."""
    written: str = getattr(text, span.place)
    if span.place != "body":
        return Span(span.place, 0, len(written))
    start, end = written.rfind("\n\n", 0, span.start), written.find("\n\n", span.end)
    return Span("body", start + 2 if start >= 0 else 0, end if end >= 0 else len(written))


_PARAGRAPH = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)


@lru_cache(maxsize=16)
def paragraphs(text: LetterText) -> tuple[str, ...]:
    """What can be chosen from where nothing can be selected: each part of the letter, as it is read."""
    spans = [Span(place, 0, len(getattr(text, place))) for place in PLACES if place != "body"]
    spans += [Span("body", found.start(), found.end()) for found in _PARAGRAPH.finditer(text.body)]
    parts = (words(text, span) for span in spans)
    return tuple(part for part in parts if part)
