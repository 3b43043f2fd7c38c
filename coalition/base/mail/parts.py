"""Takes a mail apart that anybody may have written: bounded in size, depth and number, and it never raises.

Python's own parser goes a call deeper with each part inside a part, and its time grows with the square of what a
hostile mail holds. A delivery report needs little of what it does (RFC 5322, 2045 and 2046).
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST = 1024 * 1024  # bytes of a mail that are looked at
LARGEST_HEAD = 64 * 1024
DEEPEST = 5  # a forwarded report about a message in parts
MOST_PARTS = 40

_HEAD_ENDS = re.compile(rb"\r?\n[ \t]*\r?\n|\A\r?\n")
_BOUNDARY = re.compile(r'\bboundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_CHARSET = re.compile(r'\bcharset\s*=\s*"?([\w.:-]{1,40})', re.IGNORECASE)
# The others that Python knows are no text, raise, or warn.
_KNOWN_CHARSETS = re.compile(
    r"utf-?8|(us-)?ascii|iso-?8859-\d{1,2}|(windows-|cp)125\d|koi8-[ru]|gb(2312|k|18030)|big5|shift_jis|euc-(jp|kr)"
)

Headers = tuple[tuple[str, str], ...]  # names in small letters, values on one line


@dataclass(frozen=True)
class Part:
    """A mail or a part of one, with the parts inside it."""

    headers: Headers
    kind: str  # such as text/plain
    body: bytes
    parts: tuple["Part", ...]

    def header(self, name: str) -> str:
        """The first of this name, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]

    def walk(self) -> Iterator["Part"]:
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def text(self) -> str:
        """The body in characters; what cannot be read is replaced."""
        found = _CHARSET.search(self.header("content-type"))
        charset = found[1].lower() if found else "utf-8"
        if not _KNOWN_CHARSETS.fullmatch(charset):
            charset = "utf-8"
        try:
            return self._decoded().decode(charset, "replace")
        except (LookupError, ValueError):
            return self._decoded().decode("latin-1")

    def _decoded(self) -> bytes:
        encoding = self.header("content-transfer-encoding").strip().lower()
        try:
            if encoding == "base64":
                return binascii.a2b_base64(self.body)
            if encoding == "quoted-printable":
                return binascii.a2b_qp(self.body)
        except (binascii.Error, ValueError):
            pass
        return self.body


def take_apart(raw: bytes) -> Part:
    """The mail with its parts; what is beyond the bounds is left out."""
    raw = raw[:LARGEST].lstrip(b"\r\n")
    if raw.startswith((b"From ", b">From ")):  # the line that mailboxes and Postfix's commands have before a mail
        raw = raw.partition(b"\n")[2]
    return _part(raw, 0, [MOST_PARTS])


def _part(raw: bytes, depth: int, left: list[int]) -> Part:
    left[0] -= 1
    found = _HEAD_ENDS.search(raw)
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
    headers = read_headers(head[:LARGEST_HEAD].decode("utf-8", "replace"))
    part = Part(headers, "", body, ())
    kind = part.header("content-type").partition(";")[0].strip().lower() or "text/plain"
    if depth >= DEEPEST:
        return Part(headers, kind, body, ())
    return Part(headers, kind, body, tuple(_inside(part, kind, depth + 1, left)))


def _inside(part: Part, kind: str, depth: int, left: list[int]) -> Iterator[Part]:
    if kind in ("message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers"):
        yield _part(part.text.encode().lstrip(b"\r\n"), depth, left)
    elif kind.startswith("multipart/"):
        boundary = _BOUNDARY.search(part.header("content-type"))
        for piece in _pieces(part.body, boundary[1] or boundary[2]) if boundary else ():
            if left[0] <= 0:
                return
            yield _part(piece, depth, left)


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    begun = -1
    for found in line.finditer(body):
        if begun >= 0:
            yield body[begun : found.start()].removeprefix(b"\r").removeprefix(b"\n")
        begun = found.end()
        if found[1]:
            return
    if begun >= 0:  # it was cut off
        yield body[begun:].removeprefix(b"\r").removeprefix(b"\n")


def read_headers(head: str) -> Headers:
    """The fields of a head, or of a group in a delivery report, which is written like one."""
    fields: list[list[str]] = []
    for line in head.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") and fields:
            fields[-1].append(line.strip())
        else:
            fields.append([line])
    headers = (" ".join(lines).partition(":") for lines in fields)
    return tuple((name.strip().lower(), value.strip()) for name, colon, value in headers if colon)
