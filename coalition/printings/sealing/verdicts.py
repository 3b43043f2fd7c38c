"""Whether a file is a printing of ours, and whole: what its seal says, what we know of it, what may be told of that.

Anybody may ask. So of a letter that is private, or not public yet, nothing is told but what stands in the file itself;
and an altered file is held beside the one that we keep only where anybody may have that one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from coalition.base.apart import Failed
from coalition.base.clock import iso, moment_words
from coalition.base.database import Database
from coalition.base.refused import NotFound
from coalition.letters import records as letters
from coalition.letters.rules import Letter, is_public
from coalition.printings import records
from coalition.printings.records import Printing
from coalition.printings.sealing.verifying import Found, Verifier
from coalition.printings.store import Store

Kind = Literal["whole", "older", "altered", "foreign"]
Claims = dict[str, Any]

_AGAIN = "Ask for the file as it was published, and check that one."
_NONE_FOUND = "Beside the printing that we keep we found no page and no attached file that differs."
_NO_SEAL = (
    "It has no seal of ours. Only printings of a letter are sealed, not its drafts, versions and receipts; and a "
    "printing that was saved anew, scanned, or sent through a program that rewrites PDFs has lost its seal."
)


@dataclass(frozen=True)
class Verdict:
    kind: Kind
    title: str
    sentences: tuple[str, ...]
    where: tuple[str, ...] = ()  # how it was altered, as far as that could be told
    facts: tuple[tuple[str, str], ...] = ()
    slug: str = ""  # of the letter's public page, where it has one
    number: int = 0  # of the newest printing, with `slug`


@dataclass(frozen=True)
class Known:
    letter: Letter
    printing: Printing
    newest: int


def verify(
    database: Database,
    store: Store,
    verifier: Verifier,
    certificates: Sequence[str],
    pdf: bytes,
    now: datetime,
    *,
    at_desk: bool = False,
) -> Verdict:
    """The verdict on a file. `at_desk`: whoever asks may know of every letter."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    try:
        found = verifier.seal(pdf, certificates)
    except Failed as reason:
        found = Found("none", others=(str(reason),))
    claims = _claims(verifier, pdf, found)
    known = database.read_now(_known, sha256, claims)
    told = known if known and (at_desk or is_public(known.letter, now)) else None
    is_kept = known is not None and known.printing.sha256 == sha256
    if is_kept or (found.state == "whole" and claims and (known is None or not known.printing.sha256)):
        return _whole(found, claims, told)
    if found.state == "whole":
        return _not_the_one(claims, told) if claims else _foreign(Found("unknown"))
    if found.state in ("none", "unknown", "no PDF"):
        return _foreign(found)
    return _altered(found, claims, told, _where(found, pdf, verifier, store, told))


def verify_offline(verifier: Verifier, certificates: Sequence[str], pdf: bytes) -> Verdict:
    """From the file and the certificates alone."""
    try:
        found = verifier.seal(pdf, certificates)
    except Failed as reason:
        found = Found("none", others=(str(reason),))
    claims = _claims(verifier, pdf, found)
    if found.state == "whole":
        return _whole(found, claims, None) if claims else _foreign(Found("unknown"))
    if found.state in ("none", "unknown", "no PDF"):
        return _foreign(found)
    return _altered(found, claims, None, _where(found, pdf, verifier, None, None))


def _claims(verifier: Verifier, pdf: bytes, found: Found) -> Claims | None:
    """What the file says of itself. Of one that was only added to, what was sealed says it, and that is sure."""
    if found.state in ("none", "unknown", "no PDF"):
        return None
    said = verifier.evidence(pdf[: found.sealed] if found.state == "added to" else pdf)
    return said if said and _is_complete(said) else None


def _is_complete(said: Claims) -> bool:
    letter, printing = said.get("letter"), said.get("printing")
    if not isinstance(letter, dict) or not isinstance(printing, dict):
        return False
    words = (letter.get("slug"), letter.get("subject"), printing.get("printed_at"))
    numbers = (printing.get("number"), printing.get("undersigned"))
    return all(isinstance(one, str) for one in words) and all(type(one) is int for one in numbers)


def _known(connection: Connection, sha256: str, claims: Claims | None) -> Known | None:
    """The printing that these bytes are, or that the file says it is."""
    kept = records.by_sha256(connection, sha256)
    try:
        if kept:
            letter, printing = letters.letter(connection, kept[0]), kept[1]
        elif claims:
            letter = letters.letter_by_slug(connection, claims["letter"]["slug"])
            printing = records.printing(connection, letter.id, claims["printing"]["number"])
        else:
            return None
    except NotFound:
        return None
    return Known(letter, printing, records.all_printings(connection, letter.id)[-1].number)


def _whole(found: Found, claims: Claims | None, told: Known | None) -> Verdict:
    facts = _facts(found, claims, told)
    number = told.printing.number if told else claims["printing"]["number"] if claims else 0
    which = f"It is printing {number} of the letter, exactly as it was sealed" if number else "It is a printing of ours"
    sentences = [f"{which}: not one byte of it was changed."]
    if found.state != "whole":
        sentences = ["It is a printing of ours: byte for byte the file that we keep."]
    if told is None:
        if facts:
            sentences.append("What is said of it here stands in the file itself, under its seal.")
        return Verdict("whole", "Ours and whole", tuple(sentences), facts=facts)
    slug, newest = told.letter.slug, told.newest
    if told.printing.number < newest:
        sentences.append(f"There is a newer one: printing {newest}.")
        return Verdict("older", "Ours and whole, but an older printing", tuple(sentences), (), facts, slug, newest)
    sentences.append("It is the newest printing.")
    return Verdict("whole", "Ours and whole", tuple(sentences), (), facts, slug, newest)


def _facts(found: Found, claims: Claims | None, told: Known | None) -> tuple[tuple[str, str], ...]:
    facts: list[tuple[str, str]] = []
    if told:
        printed = moment_words(told.printing.printed_at, told.letter.time_zone)
        facts += [
            ("Letter", told.letter.subject),
            ("Printing", f"{told.printing.number}, made on {printed}"),
            ("Version of the text", str(told.printing.version)),
            ("Undersigned", f"{told.printing.undersigned:,}"),
        ]
    elif claims:
        facts += [
            ("Letter", claims["letter"]["subject"]),
            ("Printing", f"{claims['printing']['number']}, made {claims['printing']['printed_at']}"),
            ("Version of the text", str(claims.get("version", ""))),
            ("Undersigned", f"{claims['printing']['undersigned']:,}"),
        ]
    if claims and claims.get("fingerprint"):
        facts.append(("Fingerprint of the text (SHA-256)", str(claims["fingerprint"])))
    if found.certificate:
        facts.append(("Sealed with the certificate (SHA-256)", found.certificate))
    if found.stamped_at:
        when = iso(datetime.fromisoformat(found.stamped_at))
        facts.append(("Time stamp", f"{when}, by a service that calls itself {found.stamped_by}"))
    return tuple(facts)


def _not_the_one(claims: Claims | None, told: Known | None) -> Verdict:
    sentences = ("It was sealed with our key, but it is not the file that we keep as this printing.", _AGAIN)
    return Verdict("altered", "Ours, but altered", sentences, slug=told.letter.slug if told else "")


def _altered(found: Found, claims: Claims | None, told: Known | None, where: tuple[str, ...]) -> Verdict:
    what = {
        "added to": (
            "It was sealed by us, and something was added at its end afterwards. What was sealed is still in it, but "
            "what you see may be something else."
        ),
        "changed": "The seal is ours, but something within what it covers was changed afterwards.",
        "cut": "The seal is ours, but a part of the file is missing.",
        "damaged": (
            "It bears our seal, but the seal does not hold: the file was saved anew by another program, or somebody "
            "damaged the seal or imitated it."
        ),
    }[found.state]
    verdict = Verdict("altered", "Ours, but altered", (what, _AGAIN), where)
    return replace(verdict, slug=told.letter.slug, number=told.newest) if told else verdict


def _where(found: Found, pdf: bytes, verifier: Verifier, store: Store | None, told: Known | None) -> tuple[str, ...]:
    if found.state == "added to":
        added = len(pdf) - found.sealed
        return (
            f"{added:,} {'byte was' if added == 1 else 'bytes were'} added after the seal.",
            *(verifier.differences(pdf[: found.sealed], pdf) or ()),
        )
    kept = store.get(told.printing.content) if store and told and told.printing.state == "set" else None
    differences = verifier.differences(kept, pdf) if kept else None
    return (_NONE_FOUND,) if differences == () else differences or ()


def _foreign(found: Found) -> Verdict:
    if found.state == "no PDF":
        return Verdict("foreign", "Not ours", ("This is not a PDF file.",))
    if found.state == "none":
        return Verdict("foreign", "Not ours", (*found.others, _NO_SEAL))
    names = ", ".join(found.others)
    by = (
        f"It is signed, but not with a key of ours. The signature calls itself: {names}."
        if names
        else ("It is signed, but it is no printing of ours.")
    )
    return Verdict("foreign", "Not ours", (by, "Anybody can choose a name for a signature; what counts is the key."))
