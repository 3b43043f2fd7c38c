"""Builds one mail, ready for a server: safe headers, a text part and an HTML part, a sender that bounces come back to.

Written out by hand because EmailMessage takes 2 ms a mail, nearly all of it for headers. It follows RFC 5322 (headers),
2047 (words that are not ASCII), 2045 (quoted-printable, base64), 2231 (names of files), 2919 (List-Id) and 8058
(one-click unsubscribe).
"""

import binascii
import hashlib
import re
from base64 import b64encode, encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime
from email import quoprimime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

import idna

LINE = 78  # characters a header line should keep to (RFC 5322, 2.1.1)
LONGEST_VALUE = 900  # of a header that is not folded: with its name it must keep to 998
ENCODED_WORD = 75 - len("=?utf-8?q??=")  # what fits into one (RFC 2047, 2)

LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MESSAGE_ID = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@[a-zA-Z0-9.-]+", re.ASCII)
BOUNCE_ID = re.compile(r"[\w-]{0,50}", re.ASCII)
LIST_ID = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]+")  # printable ASCII without < and >, which end it in the header

# Marks that turn the direction of what follows: in a name or subject they only make one thing look like another.
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
CONTROL_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # cannot be written as UTF-8


class Unsendable(ValueError):
    """This mail can never be sent as it is; the words say why, for a person to read."""


@dataclass(frozen=True)
class Attached:
    """A file that a mail carries."""

    name: str
    kind: str  # such as application/pdf
    data: bytes


@dataclass(frozen=True)
class Mail:
    to: str
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str  # with or without <>; the same for each attempt, so that a second copy can be recognised
    date: datetime  # aware
    reply_to: str = ""
    reply_to_name: str = ""
    list_id: str = ""  # "slug.example.org", without <>
    unsubscribe_url: str = ""
    from_name: str = ""
    bounce_id: str = ""  # what a delivery report is recognised by: ASCII letters, digits, - and _
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class Ready:
    sender: str  # of the envelope: where delivery reports go
    recipient: str
    raw: bytes  # lines end in CRLF, none is longer than 998 characters, all is ASCII
    reference: str = ""  # what a delivery report is recognised by, as in the sender


def build(mail: Mail, *, mail_from: str) -> Ready:
    """The mail as it goes over the wire. Raises Unsendable when an address or identifier cannot be written."""
    sender, recipient = ascii_address(mail_from), ascii_address(mail.to)
    # "=_" cannot occur in quoted-printable or base64, so the boundary cannot occur in a part.
    boundary = "=_" + hashlib.sha256(mail.message_id.encode(errors="replace")).hexdigest()[:32]
    words = _alternatives(boundary, mail)
    headers = [
        _mailbox("From", mail.from_name, sender),
        _mailbox("To", mail.to_name, recipient),
        *([_mailbox("Reply-To", mail.reply_to_name, ascii_address(mail.reply_to))] if mail.reply_to else []),
        _text("Subject", mail.subject),
        "Date: " + _date(mail.date),
        f"Message-ID: <{_checked(MESSAGE_ID, mail.message_id.removeprefix('<').removesuffix('>'), 'message id')}>",
        *_list_headers(mail),
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    if mail.attached:
        outer = f"{boundary}_"
        files = [piece for file in mail.attached for piece in (_line(f"--{outer}"), _file(file))]
        words = [_line(f'Content-Type: multipart/mixed;\r\n boundary="{outer}"\r\n\r\n--{outer}'), *words]
        words += [*files, _line(f"--{outer}--")]
    raw = b"".join([*(_line(header) for header in headers), *words])
    return Ready(_bounce_address(mail.bounce_id, sender), recipient, raw, mail.bounce_id)


@lru_cache(maxsize=1024)
def ascii_address(address: str) -> str:
    """The address as every mail server reads it, an international domain in punycode.

    Raises Unsendable for what is no address, and for a name before the @ that is not ASCII: few servers take those.
    """
    local, at, domain = address.strip().rpartition("@")
    shown = one_line(address)[:100]
    if not (at and local and domain):
        raise Unsendable(f"“{shown}” is not an e-mail address: it needs a name, an @ and a domain.")
    if not local.isascii():
        raise Unsendable(f"Mail cannot go to “{shown}”: before the @ only unaccented Latin letters work.")
    if len(local) > 64 or not LOCAL_PART.fullmatch(local):
        raise Unsendable(f"“{shown}” is not an e-mail address: check what stands before the @.")
    try:
        domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        domain = ""
    if len(domain) > 253 or not DOMAIN.fullmatch(domain):
        raise Unsendable(f"“{shown}” is not an e-mail address: check what stands after the @.")
    return f"{local}@{domain}"


def one_line(text: str) -> str:
    """The text fit for a header: one line, no control characters, nothing that turns the direction of reading."""
    return " ".join(_whole(CONTROL.sub(" ", TURNING.sub("", text))).split())


def _list_headers(mail: Mail) -> list[str]:
    headers = []
    if mail.list_id:
        headers.append(f"List-Id: <{_checked(LIST_ID, mail.list_id, 'list id')}>")
    if mail.unsubscribe_url:
        # One raw line however long: mail clients hide their button when the link is folded or encoded.
        headers.append(f"List-Unsubscribe: <{_checked(WEB_ADDRESS, mail.unsubscribe_url, 'unsubscribe link')}>")
        headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return headers


@lru_cache(maxsize=256)
def _mailbox(header: str, name: str, address: str) -> str:
    name = one_line(name)
    if not name:
        return f"{header}: {address}"
    quoted = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    if _plain(quoted) and len(header) + len(quoted) < LINE - 2:
        lines = [f"{header}: {quoted}"]
    else:
        lines = [f"{header}: ", *_encoded_words(name, taken=len(header))]
    return _folded([*lines, f"<{address}>"])


@lru_cache(maxsize=256)
def _text(header: str, text: str) -> str:
    text = one_line(text)
    words = text.split(" ") if _plain(text) else _encoded_words(text, taken=len(header))
    return _folded([f"{header}: ", *words])


def _folded(words: list[str]) -> str:
    """Words joined by a space or, where the line would get too long, by the start of a new one."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > LINE:
            lines.append(" " + word)
        else:
            lines[-1] += word if lines[-1].endswith(" ") else " " + word
    return "\r\n".join(lines)


def _plain(text: str) -> bool:
    """Whether it can stand as it is: ASCII, nothing that reads as an encoded word, no word too long to fold."""
    return text.isascii() and "=?" not in text and all(len(word) < LINE - 12 for word in text.split(" "))


def _encoded_words(text: str, *, taken: int) -> list[str]:
    """RFC 2047 words in the shorter of its two encodings; a character is never split between two.

    The first leaves `taken` characters of its line free, for the header's name.
    """
    octets, quoted = zip(*map(_octets, text), strict=True) if text else ((), ())
    as_base64 = sum(quoted) > sum(map(len, octets)) * 4 / 3
    sizes = [*map(len, octets)] if as_base64 else quoted
    room = ENCODED_WORD // 4 * 3 if as_base64 else ENCODED_WORD
    words, filled = [b""], taken
    for octet, size in zip(octets, sizes, strict=True):
        if filled + size > room:
            words.append(b"")
            filled = 0
        words[-1] += octet
        filled += size
    if as_base64:
        return [f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words]
    return [quoprimime.header_encode(word, "utf-8") for word in words]


@lru_cache(maxsize=4096)
def _octets(character: str) -> tuple[bytes, int]:
    """A character in UTF-8, and how many characters of a quoted word that takes."""
    octets = character.encode()
    return octets, quoprimime.header_length(bytearray(octets))


def _alternatives(boundary: str, mail: Mail) -> list[bytes]:
    """The words as text and as HTML, from the header that says so to the end of both."""
    return [
        _line(f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'),
        *(piece + b"\r\n" for piece in _part(boundary, "plain", mail.text)),
        *(piece + b"\r\n" for piece in _part(boundary, "html", mail.html)),
        _line(f"--{boundary}--"),
    ]


def _line(text: str) -> bytes:
    return f"{text}\r\n".encode("ascii")


@lru_cache(maxsize=2)  # the same PDF goes to thousands
def _file(file: Attached) -> bytes:
    name = one_line(file.name)
    plain = '"' + re.sub(r"[^\w .-]", "_", name, flags=re.ASCII) + '"'
    # Who knows RFC 2231 takes the second name, which may be in any script.
    named = plain if name.isascii() and name == plain[1:-1] else f"{plain};\r\n filename*=UTF-8''{quote(name, safe='')}"
    head = (
        f"Content-Type: {file.kind};\r\n name={plain}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n filename={named}\r\n"
    )
    return _line(head) + encodebytes(file.data).replace(b"\n", b"\r\n")


def _part(boundary: str, kind: str, text: str) -> tuple[bytes, bytes]:
    lines = _whole(CONTROL_BUT_LINES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    # b2a_qp may break a long line of CRLF text with a bare LF, so it sees LF only.
    body = binascii.b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")
    head = (
        f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
    )
    return head.encode("ascii"), body


def _bounce_address(bounce_id: str, sender: str) -> str:
    """VERP: the address tells which mail a delivery report is about, whatever the report itself says."""
    domain = sender.rpartition("@")[2]
    return f"bounce+{_checked(BOUNCE_ID, bounce_id, 'bounce id')}@{domain}" if bounce_id else f"bounce@{domain}"


def _date(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise Unsendable("A mail’s date needs a time zone.")
    return format_datetime(moment.astimezone(UTC))


def _checked(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value) or len(value) > LONGEST_VALUE:
        raise Unsendable(f"The mail’s {what} is too long or has characters that cannot stand in a header.")
    return value


def _whole(text: str) -> str:
    return HALF_CHARACTER.sub("\ufffd", text)
