"""The evidence that a printing carries: its text under its fingerprint, and the list with times and versions.

Frozen with the printing, as the words that are attached. Nobody's e-mail address is in it, no network address, no link
and no reason that was given in private. The format is described in docs/evidence.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from coalition.base.clock import iso
from coalition.base.spreadsheet import csv_bytes
from coalition.endorsements import records as endorsements
from coalition.endorsements.rules import Endorsement
from coalition.endorsements.undersigned import Line
from coalition.history import records as history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.text import LetterText, canonical, tidied
from coalition.printings.press.layout import Receipt, Sheet
from coalition.printings.sealing.attachments import Attachment

FORMAT = "Coalition evidence 1"
COLUMNS = (
    *("organisation", "register_id", "group", "signatory", "role", "status", "version", "answered_at"),
    *("given_version", "authority", "decided_on"),
)


def frozen(connection: Connection, letter: Letter, sheet: Sheet, ids: Sequence[int], reason: str, now: datetime) -> str:
    """What is known at this moment of a printing's undersigned, as the text of evidence.json. `ids` are those of their
    endorsements, in the order of the sheet.

    The history's head is the one before the printing itself is entered: that entry names what this text is part of.
    """
    entered, head = history.head(connection, letter.id)
    given = {
        one.id: _endorsement(one, number) for number, one in endorsements.standing_with_register(connection, letter.id)
    }
    lines = [(group.name, printed) for group in sheet.groups for printed in group.lines]
    evidence = {
        "format": FORMAT,
        "letter": {"slug": letter.slug, "subject": tidied(sheet.text).subject, "language": sheet.text.language},
        "printing": {
            "number": sheet.printing,
            "reason": reason,
            "printed_at": iso(now),
            "undersigned": sheet.undersigned,
        },
        "version": sheet.version,
        "fingerprint": sheet.fingerprint,
        "versions": [
            {"number": one.number, "kind": one.kind, "fingerprint": one.fingerprint, "frozen_at": iso(one.frozen_at)}
            for one in reversed(letters.editions(connection, letter.id))
        ],
        "history": {"entries": entered, "head": head},
        "endorsements": [
            {"printed": _as_printed(printed), "group": group, **given[id]}
            for (group, printed), id in zip(lines, ids, strict=True)
        ],
    }
    return json.dumps(evidence, ensure_ascii=False, indent=1) + "\n"


def _printed(printed: Line) -> tuple[str, ...]:
    return printed.organisation, printed.signatory, printed.role, printed.note


def _as_printed(printed: Line) -> dict[str, str]:
    return dict(zip(("organisation", "signatory", "role", "note"), _printed(printed), strict=True))


def _endorsement(one: Endorsement, register_id: str | None) -> dict[str, Any]:
    """Of how it was decided only the kind and the trustees' day: other words of theirs were written to us alone."""
    return {
        "register_id": register_id,
        "version": one.version,
        "given_version": one.given_version or one.version,
        "endorsed_at": iso(one.endorsed_at),
        "authority": one.authority,
        "decided_on": one.authority_detail if one.authority == "trustees" else None,
    }


def files(sheet: Sheet | Receipt) -> tuple[Attachment, ...]:
    """What is attached to a printing; nothing where no evidence was frozen with it."""
    if isinstance(sheet, Receipt) or sheet.evidence is None:
        return ()
    evidence = json.loads(sheet.evidence)
    return (
        Attachment(
            "letter.md", "text/markdown", "The letter as text, with its fingerprint", _letter(sheet), "Alternative"
        ),
        Attachment(
            "letter.txt",
            "text/plain",
            "The exact text that was endorsed: its SHA-256 is the fingerprint",
            canonical(sheet.text).encode(),
            "Source",
        ),
        Attachment(
            "evidence.json",
            "application/json",
            "Who endorsed which version when, and by what authority",
            sheet.evidence.encode(),
            "Data",
        ),
        Attachment(
            "undersigned.csv", "text/csv", "The undersigned as a table", _table(evidence["endorsements"]), "Data"
        ),
    )


def _table(entries: Sequence[dict[str, Any]]) -> bytes:
    return csv_bytes(
        COLUMNS,
        (
            (
                one["printed"]["organisation"],
                one["register_id"],
                one["group"],
                one["printed"]["signatory"],
                one["printed"]["role"],
                "endorsed",
                one["version"],
                one["endorsed_at"],
                one["given_version"],
                one["authority"],
                one["decided_on"],
            )
            for one in entries
        ),
    )


def _letter(sheet: Sheet) -> bytes:
    return ("\n\n".join(_paragraphs(sheet)) + "\n").encode()


def _paragraphs(sheet: Sheet) -> Iterator[str]:
    text = tidied(sheet.text)
    yield f"# {_plain(text.subject or 'Joint letter')}"
    yield from _head(text)
    yield text.body
    if text.enclosures:
        yield "Enclosures:\n\n" + _list(text.enclosures)
    if sheet.undersigned:
        yield f"## The undersigned ({sheet.undersigned:,})"
    for group in sheet.groups:
        if group.name:
            yield f"### {_plain(group.name)} ({len(group.lines):,})"
        yield _list([", ".join(filter(None, _printed(one))) for one in group.lines])
    yield "---"
    yield f"Version {sheet.version}, printing {sheet.printing}, made {sheet.made_at}."
    yield f"Fingerprint, the SHA-256 of letter.txt: {sheet.fingerprint}"


def _head(text: LetterText) -> Iterator[str]:
    if text.leads:
        yield "From:\n\n" + _list(text.leads)
    if text.date_line:
        yield _plain(text.date_line)
    for addressee in text.addressees:
        yield "  \n".join(map(_plain, filter(None, (addressee.name, addressee.office, *addressee.postal))))
    if text.cc:
        yield "Copy to:\n\n" + _list(text.cc)
    if text.ask:
        yield f"**{_plain(text.ask)}**"


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_plain(one)}" for one in lines)


def _plain(words: str) -> str:
    """Words of one line that Markdown shows as they were written."""
    escaped = re.sub(r"([\\`*_\[\]<>#~&]|^[-+=])", r"\\\1", words)
    return re.sub(r"^(\d{1,9})([.)])", r"\1\\\2", escaped)  # or it would begin a numbered list
