"""What changed between two texts of a letter, word by word, for people to read on a page or in a mail.

Paragraphs are paired first and words only inside a pair, so a long letter costs its length and not its square.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from coalition.letters.text import LetterText, tidied

Change = Literal["same", "out", "in"]

_WORD = re.compile(r"\s+|[^\W_]+(?:[’'-][^\W_]+)*|.", re.DOTALL)  # "don’t" and "well-kept" are one word
MOST_WORDS = 4_000  # of one paragraph; a longer one is shown as taken out and put in whole
ALIKE = 0.35  # below this share of common words two paragraphs are two paragraphs


@dataclass(frozen=True)
class Run:
    """Words that stayed, were taken out or were put in."""

    change: Change
    text: str


@dataclass(frozen=True)
class Part:
    """One part of the letter that changed: a field, or a paragraph of the body."""

    label: str
    runs: tuple[Run, ...]

    @property
    def before(self) -> str:
        return "".join(run.text for run in self.runs if run.change != "in")

    @property
    def after(self) -> str:
        return "".join(run.text for run in self.runs if run.change != "out")


@lru_cache(maxsize=64)  # each mail about a change says it
def differences(before: LetterText, after: LetterText) -> tuple[Part, ...]:
    """The parts that are not the same, in the letter's order; empty for the same text."""
    return tuple(_parts(tidied(before), tidied(after)))


def between(old: str, new: str) -> tuple[Run, ...]:
    """The same of a few words and others in their place."""
    return _words(old, new)


def _parts(before: LetterText, after: LetterText) -> Iterator[Part]:
    for label, old, new in _fields(before, after):
        if old != new:
            yield Part(label, _words(old, new))
    for old, new in _paired(_paragraphs(before.body), _paragraphs(after.body)):
        if old != new:
            yield Part(_body_label(old, new), _words(old, new))


def _fields(before: LetterText, after: LetterText) -> Iterator[tuple[str, str, str]]:
    yield "Led by", ", ".join(before.leads), ", ".join(after.leads)
    yield "Addressed to", _addressees(before), _addressees(after)
    yield "Place and date", before.date_line, after.date_line
    yield "Subject", before.subject, after.subject
    yield "What it asks for", before.ask, after.ask
    yield "Enclosures", "; ".join(before.enclosures), "; ".join(after.enclosures)
    yield "Copies to", "; ".join(before.cc), "; ".join(after.cc)
    yield "Language", before.language, after.language


def _addressees(text: LetterText) -> str:
    return "; ".join(", ".join(filter(None, (one.name, one.office, *one.postal))) for one in text.addressees)


def _body_label(old: str, new: str) -> str:
    return "A new paragraph" if not old else "A paragraph taken out" if not new else "A paragraph"


def _paragraphs(body: str) -> list[str]:
    return [paragraph.strip("\n") for paragraph in re.split(r"\n[ \t]*\n", body) if paragraph.strip()]


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Paragraphs beside what became of them; an empty text beside one that is new or gone."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = list(old[i1:i2]), list(new[j1:j2])
        while gone and come:
            if _alike(gone[0], come[0]):
                yield gone.pop(0), come.pop(0)
            elif len(gone) >= len(come):
                yield gone.pop(0), ""
            else:
                yield "", come.pop(0)
        yield from ((paragraph, "") for paragraph in gone)
        yield from (("", paragraph) for paragraph in come)


def _alike(old: str, new: str) -> bool:
    one, other = set(_WORD.findall(old.casefold())), set(_WORD.findall(new.casefold()))
    return len(one & other) >= ALIKE * max(len(one), len(other))


def _words(old: str, new: str) -> tuple[Run, ...]:
    if not old or not new:
        return _changed(old, new)
    one, other = _WORD.findall(old), _WORD.findall(new)
    if max(len(one), len(other)) > MOST_WORDS:
        return _changed(old, new)
    runs: list[Run] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(Run("same", "".join(one[i1:i2])))
            continue
        if i2 > i1:
            runs.append(Run("out", "".join(one[i1:i2])))
        if j2 > j1:
            runs.append(Run("in", "".join(other[j1:j2])))
    return tuple(_joined(runs))


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Changes with only a space between them read as one change: "the old [unit] [team]", not three crumbs."""
    joined: list[Run] = []
    out = new = ""
    for at, run in enumerate(runs):
        between = run.change == "same" and run.text.isspace() and 0 < at < len(runs) - 1
        if run.change == "same" and not (between and (out or new)):
            joined += (*_changed(out, new), run)
            out = new = ""
            continue
        out += run.text if run.change != "in" else ""
        new += run.text if run.change != "out" else ""
    return [*joined, *_changed(out, new)]


def _changed(out: str, new: str) -> tuple[Run, ...]:
    return tuple(run for run in (Run("out", out), Run("in", new)) if run.text)


def as_text(part: Part) -> str:
    """For the plain part of a mail: what changed is marked in words, not by signs a screen reader skips."""
    marks = {"same": "{}", "out": "[taken out: {}]", "in": "[put in: {}]"}
    return "".join(marks[run.change].format(run.text) for run in part.runs)
