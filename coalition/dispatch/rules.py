"""What a dispatch may be, and become. Values and `now` in; a value out, or Refused."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from coalition.base.refused import Refused
from coalition.letters.rules import Letter

State = Literal["draft", "waiting", "stopped", "left", "noted", "undone"]
Move = Literal["write", "send", "stop", "leave", "correct", "take back"]

# A dispatch's states and moves. A mail is written, waits as long as it can be stopped, and leaves; what happened
# outside of here is noted, corrected, taken back.
MOVES: dict[State, dict[Move, State]] = {
    "draft": {"write": "draft", "send": "waiting"},
    "waiting": {"stop": "stopped", "leave": "left"},
    "stopped": {"write": "draft"},
    "left": {},
    "noted": {"correct": "noted", "take back": "undone"},
    "undone": {},
}
HAPPENED: tuple[State, ...] = ("left", "noted")

WAYS = {
    "mail": "Sent by e-mail from here",
    "handed": "Handed over",
    "posted": "Posted",
    "other": "In another way",
}
NOTED_WAYS = {way: words for way, words in WAYS.items() if way != "mail"}
UNDO = timedelta(minutes=5)  # before a mail leaves; and before anybody is told of what was noted
LONGEST = 200
LONGEST_SUBJECT = 200
LONGEST_BODY = 6000
MOST_RECIPIENTS = 40


@dataclass(frozen=True)
class Dispatch:
    id: int
    letter_id: int
    printing: int
    way: str
    state: State
    whom: str
    day: date | None
    place: str
    handed_by: str
    taken_by: str
    words: str
    proof: str | None
    proof_kind: str
    proof_name: str
    subject: str
    body: str
    who: str
    begun_at: datetime
    undo_until: datetime | None
    happened_at: datetime | None
    told_at: datetime | None
    ended_by: str
    revision: int

    @property
    def happened(self) -> bool:
        return self.state in HAPPENED


@dataclass(frozen=True)
class Person:
    """Somebody a mail goes to."""

    email: str
    name: str = ""


@dataclass(frozen=True)
class Draft:
    """A mail as its coordinator has written it."""

    printing: int
    whom: str
    subject: str
    body: str
    to: tuple[Person, ...]
    cc: tuple[Person, ...] = ()
    to_self: bool = False


@dataclass(frozen=True)
class Proof:
    """A kept file: a photo or a PDF."""

    sha256: str
    kind: str
    name: str


@dataclass(frozen=True)
class Noted:
    """What a coordinator says of a delivery that happened outside of here."""

    printing: int
    way: str
    whom: str
    day: date | None
    place: str = ""
    handed_by: str = ""
    taken_by: str = ""
    words: str = ""
    proof: Proof | None = None


def check(dispatch: Dispatch, move: Move) -> State:
    """The state after the move. Raises Refused."""
    if move in MOVES[dispatch.state]:
        return MOVES[dispatch.state][move]
    raise Refused(_REFUSALS[dispatch.state])


_REFUSALS: dict[State, str] = {
    "draft": "This has not been sent yet.",
    "waiting": "This waits to leave. Stop it first, then change it.",
    "stopped": "This was stopped, so it does not leave.",
    "left": "This has left already, so it can be neither stopped nor changed.",
    "noted": "This was noted as delivered.",
    "undone": "This was taken back.",
}


def problems(noted: Noted, letter: Letter, now: datetime) -> dict[str, str]:
    """What is missing or wrong: field -> what to do. Empty when nothing."""
    wrong: dict[str, str] = {}
    zone = ZoneInfo(letter.time_zone)
    opened = (letter.opened_at or letter.created_at).astimezone(zone).date()
    if noted.way not in NOTED_WAYS:
        wrong["way"] = "Say how it was delivered."
    if not noted.whom:
        wrong["whom"] = "Say to whom it went, as the public page should say it."
    if noted.day is None:
        wrong["day"] = "Give the day on which it was delivered."
    elif noted.day > now.astimezone(zone).date():
        wrong["day"] = "That day is still to come. Note it when the letter has been delivered."
    elif noted.day < opened:
        wrong["day"] = "The letter was not open for endorsement yet on that day. Choose a later one."
    if noted.way == "other" and not noted.words:
        wrong["words"] = "Say in a few words how it was delivered."
    for field in ("whom", "place", "handed_by", "taken_by", "words"):
        if len(getattr(noted, field)) > LONGEST:
            wrong[field] = f"This is longer than {LONGEST} characters. Please shorten it."
    return wrong


def draft_problems(draft: Draft) -> dict[str, str]:
    """The same of a mail."""
    wrong: dict[str, str] = {}
    if not draft.whom:
        wrong["whom"] = "Say to whom it goes, as the public page should say it."
    elif len(draft.whom) > LONGEST:
        wrong["whom"] = f"This is longer than {LONGEST} characters. Please shorten it."
    if not draft.subject:
        wrong["subject"] = "Write a subject."
    elif len(draft.subject) > LONGEST_SUBJECT:
        wrong["subject"] = f"This is longer than {LONGEST_SUBJECT} characters. Please shorten it."
    if not draft.body:
        wrong["body"] = "Write a few words to whoever gets it."
    elif len(draft.body) > LONGEST_BODY:
        wrong["body"] = f"This is longer than {LONGEST_BODY:,} characters. Please shorten it."
    emails = [one.email.lower() for one in (*draft.to, *draft.cc)]
    twice = sorted({email for email in emails if emails.count(email) > 1})
    if not draft.to:
        wrong["to"] = "Write at least one e-mail address."
    elif len(emails) > MOST_RECIPIENTS:
        wrong["to"] = f"These are more than {MOST_RECIPIENTS} addresses. Send the others a mail of their own."
    elif twice:
        wrong["to"] = f"{twice[0]} is there twice. Each gets one mail."
    return wrong
