"""All that one PDF shows, as a value with a content hash, and the HTML it is set from."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from coalition.base.settings import TEMPLATES
from coalition.endorsements.undersigned import Group, Line
from coalition.letters import text as letter_text
from coalition.letters.phrases import phrases
from coalition.letters.printed import MOST_LOGOS
from coalition.letters.text import LetterText, body_html, one_line, tidied

# Raise it whenever the same sheet should be set anew: a changed page, changed fonts, a newer WeasyPrint.
LAYOUT_VERSION = 5

# Into a receipt of one page fit so many characters that people wrote, however wide, in the letter's own size and in the
# next smaller one; in the smallest, all that any form lets them write.
_ROOMY, _CLOSE = 280, 700
_RUNNING_HEAD_LENGTH = 80  # characters; about what fits on one line beside nothing else


@dataclass(frozen=True)
class Sheet:
    """What one PDF shows. The same sheet is the same bytes, so its time is part of it and nobody's clock is asked."""

    text: LetterText
    fingerprint: str
    version: int  # 0: not frozen yet
    groups: tuple[Group, ...]
    undersigned: int
    printing: int  # 0: not a printing
    watermark: str  # "" or "Draft"
    made_at: str  # ISO 8601 in UTC: "2009-10-26T09:00:00Z"
    paper: str = "a4"  # or "letter": US Letter
    density: str = "comfortable"  # or "compact"; or "logos": a wall of logos
    signatory_place: str = "under"  # the organisation's name; or "beside" it
    letterhead: str = "names"  # of the leads; or "logos", or "none"
    lead_logos: tuple[str, ...] = ()  # SHA-256 each, in the order of `text.leads`; "" where there is none to print
    evidence: str | None = None  # of a printing: what it carries with it, as sealing.evidence writes it


@dataclass(frozen=True)
class Receipt:
    """What one organisation endorsed, on one page for its files. No address of a person and no link is in it."""

    subject: str
    language: str
    version: int
    fingerprint: str
    address: str  # where that version's text stands
    line: Line  # as it is printed
    group: str
    given_by: str  # name and role of who gave it, printed or not
    authority: str  # how it was decided, in words
    endorsed_at: str  # in words, with the time zone
    made_at: str  # ISO 8601 in UTC


def content_hash(sheet: Sheet | Receipt) -> str:
    """SHA-256 of the sheet's canonical JSON and the layout's version, as 64 hexadecimal digits."""
    return hash_of(as_data(sheet))


def hash_of(sheet: dict[str, Any]) -> str:
    """The same, of what `as_data` wrote."""
    data = {"layout": LAYOUT_VERSION, "sheet": sheet}
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def as_data(sheet: Sheet | Receipt) -> dict[str, Any]:
    """The sheet as JSON can hold it; `from_data` gives the same sheet back."""
    if isinstance(sheet, Receipt):
        return asdict(sheet)
    # Not by asdict, which looks at each of fifty thousand values: somebody's answer waits until it is written.
    groups = [{"name": group.name, "lines": [vars(line) for line in group.lines]} for group in sheet.groups]
    return {**vars(sheet), "text": asdict(sheet.text), "groups": groups}


def from_data(data: Mapping[str, Any]) -> Sheet | Receipt:
    """The sheet that `as_data` wrote, now or when it had fewer fields.

    Raises KeyError or TypeError when fields are missing or unknown.
    """
    if "given_by" in data:
        return Receipt(**{**data, "line": Line(**data["line"])})
    groups = (Group(group["name"], tuple(Line(**line) for line in group["lines"])) for group in data["groups"])
    text = letter_text.from_data(data["text"])
    return Sheet(**{**data, "text": text, "groups": tuple(groups), "lead_logos": tuple(data.get("lead_logos", ()))})


def html(sheet: Sheet | Receipt) -> str:
    """The sheet as one whole document, as any engine could set it; the letter's page and the PDF share its partials.

    The press sets it in parts: its text, its lines, its headings, and what stands at the edges of its pages.
    """
    if isinstance(sheet, Receipt):
        return text_html(sheet)
    return _letter(sheet, "whole", [_printed(group) for group in sheet.groups])


def text_html(sheet: Sheet | Receipt) -> str:
    """The letter alone, without the undersigned; or the whole receipt."""
    if isinstance(sheet, Sheet):
        return _letter(sheet, "text", [])
    words = {name: one_line(value) for name, value in vars(sheet).items() if isinstance(value, str)}
    line = _one_line(sheet.line)
    written = (line.organisation, line.signatory, line.role, *map(words.get, ("subject", "given_by", "authority")))
    length = sum(len(value or "") for value in written)
    size = "" if length <= _ROOMY else "receipt-close" if length <= _CLOSE else "receipt-tight"
    return _page("receipt").render(version=sheet.version, **words, line=line, size=size)


def lines_html(chunk: Sheet) -> str:
    """The lines of a chunk, set apart, one after the other: the press places them on pages."""
    return _letter(chunk, "apart", [_printed(group) for group in chunk.groups])


def headings_html(sheet: Sheet, samples: Sequence[Line]) -> str:
    """What stands above the undersigned and above each group, set apart; and `samples` of the lines in the first."""
    groups = [_WithoutLines(one_line(group.name), _Elsewhere(len(group.lines))) for group in sheet.groups]
    return _letter(sheet, "apart", [_printed(Group("", tuple(samples))), *groups])


def edges_html(sheet: Sheet | Receipt, pages: int) -> str:
    """What stands at the edges of every page, and the number of each, all in their places on one page."""
    language = sheet.text.language if isinstance(sheet, Sheet) else "en-GB"
    look = _look(sheet) if isinstance(sheet, Sheet) else ""
    edges = _edges(sheet)
    return _page("edges_apart").render(language=language, look=look, **edges, numbers=range(1, pages + 1), pages=pages)


def _edges(sheet: Sheet | Receipt) -> dict[str, Any]:
    if isinstance(sheet, Receipt):  # on one page, so that it needs no running head
        edition = f"Receipt for the endorsement of version {sheet.version}"
        words, code = phrases("en-GB"), one_line(sheet.fingerprint)
        return {"words": words, "running": "", "edition": edition, "fingerprint": code, "watermark": ""}
    words = phrases(sheet.text.language)
    running = textwrap.shorten(_title(tidied(sheet.text)), _RUNNING_HEAD_LENGTH, placeholder=" …")
    edition, code = words.edition(sheet.version, sheet.printing), one_line(sheet.fingerprint)
    return {"words": words, "running": running, "edition": edition, "fingerprint": code, "watermark": sheet.watermark}


def _title(text: LetterText) -> str:
    return text.subject or "Joint letter"


@dataclass(frozen=True)
class _Elsewhere:
    """So many lines, which are counted here and set elsewhere."""

    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Line]:
        return iter(())


@dataclass(frozen=True)
class _WithoutLines:
    name: str
    lines: _Elsewhere


def _letter(sheet: Sheet, part: str, groups: Sequence[Group | _WithoutLines]) -> str:
    text = tidied(sheet.text)
    pictured, named = _heads(text.leads, sheet)
    return _page("letter").render(
        part=part,
        text=replace(text, leads=named),
        body=body_html(text.body),
        leads=text.leads,
        letterhead=pictured,
        title=_title(text),
        look=_look(sheet),
        density=sheet.density,
        groups=groups,
        undersigned=sheet.undersigned,
        made_at=sheet.made_at,
        **_edges(sheet),
        numbers=(1,),
        pages=1,
    )


def _look(sheet: Sheet) -> str:
    """The classes by which letter.css knows how the sheet is set."""
    lines = (line for group in sheet.groups for line in group.lines)
    bare = "" if any(line.signatory or line.role for line in lines) else " bare"  # each takes one line
    headed = " headed" if sheet.letterhead == "none" else ""  # paper that has a letterhead already
    return f"on-{sheet.paper} {sheet.density} {sheet.signatory_place}{bare}{headed}"


def _heads(leads: Sequence[str], sheet: Sheet) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The leads at the head of the letter: those in a row of logos, and those whose names are printed."""
    if sheet.letterhead == "none":
        return [], ()
    if sheet.letterhead == "names" or not any(sheet.lead_logos):
        return [], tuple(leads)
    row = list(zip(leads, (*sheet.lead_logos, *[""] * len(leads)), strict=False))
    if len(row) <= MOST_LOGOS:
        return row, ()
    return [one for one in row if one[1]], tuple(lead for lead, logo in row if not logo)


def _printed(group: Group) -> Group:
    return Group(one_line(group.name), tuple(map(_one_line, group.lines)))


def _one_line(line: Line) -> Line:
    organisation, signatory, role, note = map(one_line, (line.organisation, line.signatory, line.role, line.note))
    return Line(organisation, signatory, role, note, line.logo)


@cache
def _page(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(phrases=phrases)
    return environment.get_template(f"pdf/{name}.html")
