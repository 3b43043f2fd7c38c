"""Reads what mail servers send back: bytes in, a Report out. Pure, bounded, and it never raises.

It knows delivery reports (RFC 3464, and 6533 for international addresses), complaints (RFC 5965), and the older reports
of qmail, Exchange and others that are written for people. An answer of a person or of their holiday programme (RFC
3834), a receipt for reading (RFC 8098): none of them is a report.

Which mail it is about is told by marks (see base/links.py). They stand in the address that the report came to (VERP),
and in the Message-ID of the mail that it returns. A report is only worth what its mark is worth: whoever takes it must
check the mark's signature. A report in a person's words counts only by the address it came to.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from coalition.base.mail.message import one_line
from coalition.base.mail.parts import Part, read_headers, take_apart

# What became of the mail: never to arrive, held up, unwelcome, the reader wants no more, arrived.
Kind = Literal["permanent", "temporary", "complaint", "unsubscribed", "arrived"]

LONGEST_SAID = 500  # characters
MOST_RECIPIENTS = 50

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)", re.ASCII)
_REPLY = re.compile(r"(?<![\d.\w-])([45])[0-9][0-9](?=[ \-:])", re.ASCII)
_DAEMON = re.compile(r"\b(mailer-?daemon|postmaster|mail[- ]delivery|microsoftexchange\w*)\b", re.IGNORECASE)
_WAITING = re.compile(
    r"will (be|keep) (retr|try)|still trying|try again|not yet been delivered|delayed|do not need to resend|"
    r"warning message only|will continue to (try|attempt)",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"(user|recipient|mailbox|address|account)\b.{0,20} (is )?(unknown|not found|unavailable|disabled|does ?n.t exist|"
    r"does not exist)|no such (user|mailbox|recipient|address)|(unknown|invalid) (user|recipient|address)|"
    r"permanent(ly)? (error|fail)|did not reach|could not be delivered|was(n.t| not) (able to be )?delivered|"
    r"undeliverable|giving up|no mailbox here",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Verdict:
    """What a report says of one recipient."""

    kind: Kind
    recipients: tuple[str, ...]  # the address, in small letters, as it was and as it was turned into
    code: str  # such as 5.1.1, or empty
    said: str  # the mail server's words, on one line


@dataclass(frozen=True)
class Report:
    what: Literal["report", "complaint", "answer", "unknown"]
    digest: str  # the same when the same report comes again
    addressed: tuple[str, ...]  # where a mark may stand: the addresses it came to, the surest first
    inside: tuple[str, ...]  # and what a standard report tells of the mail it is about
    verdicts: tuple[Verdict, ...]


def read(raw: bytes, to: Sequence[str] = ()) -> Report:
    """What a mail says; `to` is where the mail server says it was going, which counts before any header."""
    mail = take_apart(raw)
    identity = f"{mail.header('message-id')}\n".encode() + mail.body
    digest = sha256(identity).hexdigest()
    names = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to")
    addressed = tuple(value[:1000] for value in (*to, *(value for name in names for value in mail.all(name)[:5])))
    complaint = _complaint(mail)
    if complaint:
        return Report("complaint", digest, addressed, tuple(_inside(mail)), (complaint,))
    verdicts = tuple(_delivery(mail))
    if verdicts:
        return Report("report", digest, addressed, tuple(_inside(mail)), verdicts)
    if _is_answer(mail):
        return Report("answer", digest, addressed, (), ())
    verdict = _in_words(mail)
    return Report("report" if verdict else "unknown", digest, addressed, (), (verdict,) if verdict else ())


def about(report: Report, recipient: str) -> Verdict | None:
    """The verdict on one address. Where the report does not name it, somebody behind it was meant: what arrived
    at one of those has arrived.
    """
    named = [one for one in report.verdicts if recipient.lower() in one.recipients]
    first: tuple[Kind, ...] = ("complaint", "unsubscribed", "permanent", "temporary", "arrived")
    if not named:
        first = ("complaint", "unsubscribed", "arrived", "temporary", "permanent")
    found = sorted(named or report.verdicts, key=lambda one: first.index(one.kind))
    return found[0] if found else None


def status_in(words: str) -> str:
    """The first enhanced status (RFC 3463) in a server's words, such as 5.1.1; empty when there is none."""
    found = _STATUS.search(words)
    return found[0] if found else ""


def clipped(words: str) -> str:
    return one_line(words[: LONGEST_SAID * 4])[:LONGEST_SAID]


def _delivery(mail: Part) -> Iterator[Verdict]:
    """One for each recipient of a standard report."""
    for part in mail.walk():
        if part.kind in ("message/delivery-status", "message/global-delivery-status"):
            for group in re.split(r"\n[ \t]*\n", part.text.replace("\r\n", "\n"))[: MOST_RECIPIENTS + 1]:
                fields = dict(reversed(read_headers(group)))  # of two of a name, the first counts
                if "final-recipient" in fields or "original-recipient" in fields:
                    verdict = _verdict(fields)
                    if verdict:
                        yield verdict
            return  # a report inside the returned mail is about another


def _verdict(fields: dict[str, str]) -> Verdict | None:
    action = re.split(r"[\s(;]", fields.get("action", "").strip().lower())[0]
    said = clipped(_after_type(fields.get("diagnostic-code", "")))
    code = status_in(fields.get("status", "")) or status_in(said)
    digit = code[:1] or _first_digit(said)
    kind: Kind | None = {"5": "permanent", "4": "temporary", "2": "arrived"}.get(digit)  # type: ignore[assignment]
    if action == "failed":
        kind = "temporary" if digit == "4" else "permanent"
    elif action == "delayed":
        kind = "temporary"
    elif action in ("delivered", "relayed", "expanded"):
        kind = "arrived"
    names = (fields.get("original-recipient", ""), fields.get("final-recipient", ""))
    addresses = tuple(dict.fromkeys(_address(name) for name in names if name))
    return Verdict(kind, addresses, code, said) if kind else None


def _first_digit(said: str) -> str:
    found = _REPLY.search(said)
    return found[1] if found else ""


def _address(value: str) -> str:
    return one_line(_after_type(value)[:400]).strip("<> ").lower()


def _after_type(value: str) -> str:
    """What follows the type in "rfc822; a@b.example" or "smtp; 550 no"."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and re.fullmatch(r"[\w.-]+", kind.strip()) else value.strip()


def _complaint(mail: Part) -> Verdict | None:
    part = next((part for part in mail.walk() if part.kind == "message/feedback-report"), None)
    if part is None:
        return None
    fields = dict(reversed(read_headers(part.text[:20_000])))
    kind = fields.get("feedback-type", "").strip().lower()
    if not kind or kind in ("not-spam", "auth-failure", "dmarc"):  # praise, and what servers tell each other
        return None
    names = ("original-rcpt-to", "removal-recipient")
    addresses = tuple(_address(fields[name]) for name in names if name in fields)
    by = fields.get("user-agent", "a mail provider")
    if kind in ("opt-out", "opt-out-list"):
        return Verdict("unsubscribed", addresses, "", clipped(f"Asked for no more mail, through {by}"))
    return Verdict("complaint", addresses, "", clipped(f"Reported as {kind}, through {by}"))


def _inside(mail: Part) -> Iterator[str]:
    """What a standard report tells of the mail it is about: its envelope, and the head of what it returns."""
    for part in mail.walk():
        if part.kind in ("message/delivery-status", "message/global-delivery-status", "message/feedback-report"):
            for name, value in read_headers(part.text[:20_000]):
                if name in ("original-envelope-id", "original-mail-from"):
                    yield value[:1000]
        elif part is not mail:
            for name in ("return-path", "message-id"):
                yield from (value[:1000] for value in part.all(name)[:1])


def _is_answer(mail: Part) -> bool:
    """Written by a person's programme for being away, or telling that a mail was opened."""
    if "disposition-notification" in mail.header("content-type").lower():
        return True
    if mail.header("auto-submitted").lower().startswith(("auto-replied", "auto-notified")):
        return not _is_from_daemon(mail)
    known = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-vacation", "x-autogenerated")
    return any(mail.header(name) for name in known) or mail.header("precedence").lower() == "auto_reply"


def _is_from_daemon(mail: Part) -> bool:
    return bool(_DAEMON.search(mail.header("from")[:1000]))


def _in_words(mail: Part) -> Verdict | None:
    """A report written for people (qmail, old Exchange): what its first words and codes say, if a server sent it."""
    if not _is_from_daemon(mail):
        return None
    text = next((part.text for part in mail.walk() if part.kind == "text/plain" and not part.parts), "")
    # The mail that it returns follows: its words are nobody's verdict.
    text = re.split(r"\n-{2,} ?(?:Below this line|Original|Returned|This is a copy|Forwarded)", text[:20_000])[0][:4000]
    said = next((line for line in text.splitlines() if _STATUS.search(line) or _REPLY.search(line)), "")
    code = status_in(said)
    digit = code[:1] or _first_digit(said)
    if digit == "4" or _WAITING.search(text):
        kind: Kind = "temporary"
    elif digit == "5" or _GIVEN_UP.search(text):
        kind = "permanent"
    else:
        return None
    given_up = _GIVEN_UP.search(text)
    return Verdict(kind, (), code, clipped(said or (_line_of(text, given_up.start()) if given_up else "")))


def _line_of(text: str, place: int) -> str:
    return text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0]
