"""What a PDF carries, and how two of them differ, in words: for the verifier's process. The files may be hostile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf

from coalition.base.apart import Failed

LARGEST_EVIDENCE = 32 * 1024 * 1024  # bytes, unpacked; 10,000 endorsements take 4 million
MOST_SAID = 12  # differences
_MOST_OBJECTS, _DEEPEST = 200_000, 60  # of one page
_ELSEWHERE = {"/Parent", "/P", "/StructParent", "/StructParents", "/Popup", "/Pg"}


def evidence(data: bytes) -> dict[str, Any] | None:
    """What the file says of itself, without its endorsements; None where it has no evidence that can be read.

    True or not: whoever asks must know that the file is whole.
    """
    with _opened(data) as pdf:
        if "evidence.json" not in pdf.attachments:
            return None
        said = json.loads(_file(pdf, "evidence.json"))
    if not isinstance(said, dict):
        return None
    said.pop("endorsements", None)
    return said


def differences(first: bytes, second: bytes) -> list[str]:
    """How `second` differs from `first`, as sentences. None says only that we found none to name."""
    with _opened(first) as was, _opened(second) as now:
        found = [*_pages(was, now), *_attachments(was, now), *_document(was, now)]
    more = len(found) - MOST_SAID
    return [*found[:MOST_SAID], f"And {more:,} more differences."] if more > 1 else found


def _opened(data: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.open(BytesIO(data))
    except pikepdf.PasswordError:
        raise Failed("This file is protected with a password.") from None
    except pikepdf.PdfError:
        raise Failed("This file is damaged, or no PDF.") from None


def _file(pdf: pikepdf.Pdf, name: str) -> bytes:
    data = pdf.attachments[name].get_file().read_bytes()
    if len(data) > LARGEST_EVIDENCE:
        raise Failed("What is attached to this file is too large to be looked into.")
    return data


def _pages(was: pikepdf.Pdf, now: pikepdf.Pdf) -> Iterator[str]:
    before, after = len(was.pages), len(now.pages)
    if before != after:
        yield f"It has {_count(after, 'page')} instead of {before:,}."
    for number, (old, new) in enumerate(zip(was.pages, now.pages, strict=False), 1):
        notes = len(new.get("/Annots", [])) - len(old.get("/Annots", []))
        if notes > 0:
            yield (
                f"Page {number}: {_count(notes, 'note, field or link')} were put onto it."
                if notes > 1
                else (f"Page {number}: a note, a field or a link was put onto it.")
            )
        elif _print(old.obj) != _print(new.obj):
            yield f"Page {number}: what it shows was changed."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _attachments(was: pikepdf.Pdf, now: pikepdf.Pdf) -> Iterator[str]:
    before, after = set(was.attachments), set(now.attachments)
    for name in sorted(before - after):
        yield f"The attached file {name} was taken out."
    for name in sorted(after - before):
        yield f"A file called {name[:80]} was attached."
    for name in sorted(before & after):
        if _file(was, name) != _file(now, name):
            yield f"The attached file {name} was changed."


def _document(was: pikepdf.Pdf, now: pikepdf.Pdf) -> Iterator[str]:
    if _fields(now) > _fields(was):
        yield "A form field or another signature was put in."
    if any(name in now.Root and name not in was.Root for name in ("/OpenAction", "/AA", "/JavaScript")):
        yield "Something was put in that runs when the file is opened."


def _fields(pdf: pikepdf.Pdf) -> int:
    return len(pdf.Root.get("/AcroForm", pikepdf.Dictionary()).get("/Fields", []))


def _print(page: Any) -> str:
    """A hash of all that a page shows: its content, and what that uses."""
    digest, left = hashlib.sha256(), [_MOST_OBJECTS]
    _add(digest, page, left, 0, set())
    return digest.hexdigest()


def _add(digest: Any, value: Any, left: list[int], depth: int, above: set[tuple[int, int]]) -> None:
    left[0] -= 1
    if left[0] < 0 or depth > _DEEPEST:
        raise Failed("A page of this file is too intricate to be looked into.")
    if isinstance(value, pikepdf.Object) and value.is_indirect:
        if value.objgen in above:  # it leads back to itself
            return
        above = above | {value.objgen}
    if isinstance(value, pikepdf.Stream | pikepdf.Dictionary):
        for name in sorted(set(value.keys()) - _ELSEWHERE - {"/Length", "/Filter", "/DecodeParms"}):
            digest.update(name.encode())
            _add(digest, value[name], left, depth + 1, above)
        if isinstance(value, pikepdf.Stream):
            digest.update(value.read_bytes())
    elif isinstance(value, pikepdf.Array):
        digest.update(b"[")
        for one in value:
            _add(digest, one, left, depth + 1, above)
        digest.update(b"]")
    else:
        digest.update(repr(value).encode(errors="replace"))
