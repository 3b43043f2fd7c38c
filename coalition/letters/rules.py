"""What a letter may do when. Values and `now` in; a value out, or Refused."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from coalition.base.refused import Closed, Refused
from coalition.letters.text import LetterText

State = Literal["draft", "open", "closed"]
Kind = Literal["first", "correction", "substance"]  # of a version; a correction carries endorsements over
Move = Literal[
    "save",
    "open",
    "revise",
    "ask",
    "answer",
    "answer late",
    "change",
    "withdraw",
    "arrange",
    "close",
    "reopen",
    "print",
    "deliver",
]

# A letter's states and moves: what may be done in each state, and the state after.
MOVES: dict[State, dict[Move, State]] = {
    "draft": {"save": "draft", "open": "open"},
    "open": {
        "revise": "open",
        "ask": "open",
        "answer": "open",
        "change": "open",
        "withdraw": "open",
        "arrange": "open",
        "close": "closed",
    },
    "closed": {
        # What was given is changed or withdrawn until dispatch, which check() asks too; it shows in the next printing.
        "change": "closed",
        "withdraw": "closed",
        "answer late": "closed",  # by an organisation that was given more time; it shows in the next printing too
        "arrange": "closed",
        "close": "closed",  # the deadline passed by itself: closing then makes the printing
        "reopen": "open",
        "print": "closed",
        "deliver": "closed",
    },
}

VISIBILITIES = {
    "private": "Only those who are asked can read it",
    "link": "Anyone who has the address of its page",
    "public": "Everyone: listed on the front page",
}
LANGUAGES = {"en-GB": "English", "cy": "Welsh", "fr": "French", "de": "German", "es": "Spanish", "ar": "Arabic"}
YEARS = range(1900, 2200)
CONSENT_DAYS = range(1, 366)
CONSENT_WRONG = f"Write a number of days between {CONSENT_DAYS[0]} and {CONSENT_DAYS[-1]}."
LINKS_KEPT = timedelta(days=90)  # how long after the hard deadline a link still opens the letter


@dataclass(frozen=True)
class Arrangements:
    """What may still be changed once the text is frozen."""

    soft_deadline: date | None
    hard_deadline: datetime | None
    time_zone: str
    dispatch_on: date | None
    decision_on: date | None
    decided_by: str
    embargo_until: datetime | None
    visibility: str
    show_undersigned: bool
    leads_first: bool
    joinable: bool = True
    consent_days: int = 30  # after so many, who said yes is asked once more before the letter goes


@dataclass(frozen=True)
class Letter:
    id: int
    slug: str
    coordinator_id: int
    state: State
    text: LetterText
    groups: tuple[str, ...]
    leads_first: bool
    soft_deadline: date | None
    hard_deadline: datetime | None
    time_zone: str
    dispatch_on: date | None
    decision_on: date | None
    decided_by: str
    embargo_until: datetime | None
    visibility: str
    show_undersigned: bool
    joinable: bool
    invitation_subject: str
    invitation_body: str
    reminder_subject: str
    reminder_body: str
    reminders: dict[str, Any] | None
    version: int
    base: int
    next_text: LetterText | None
    next_revision: int
    revision: int
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    dispatched_at: datetime | None = None
    paper: str = "a4"
    density: str = "comfortable"
    signatory_place: str = "under"
    letterhead: str = "names"
    by_hand: bool = False
    consent_days: int = 30
    dispatch_moved_at: datetime | None = None
    nudge_days: int = 14
    outcome: str = ""
    outcome_on: date | None = None
    outcome_words: str = ""
    outcome_told: str = ""
    nudged_at: datetime | None = None

    @property
    def subject(self) -> str:
        return self.text.subject


def state(letter: Letter, now: datetime) -> State:
    """The state at this moment. "Closed" follows from the deadline: being right never waits for a timer."""
    if letter.state == "open" and letter.hard_deadline and letter.hard_deadline <= now:
        return "closed"
    return letter.state


class Dispatched(Closed):
    """What was printed has been delivered: what an endorser wants changed from now on is asked of the desk."""


def dispatched(letter: Letter) -> bool:
    """Has a printing been delivered? Every page, form and mail asks here."""
    return letter.dispatched_at is not None


def check(letter: Letter, move: Move, now: datetime) -> State:
    """The state after the move. Raises Closed, Dispatched, or Refused, with the reason in words."""
    here = state(letter, now)
    if move in ("change", "withdraw") and dispatched(letter):
        raise Dispatched(
            "The letter has been delivered, so what is printed from now on is changed by its coordinators. You can ask "
            "them below."
        )
    if move in MOVES[here]:
        return MOVES[here][move]
    if here == "closed":
        raise Closed("The list is closed.")
    if here == "draft":
        raise Refused("The letter is still a draft. Open it for endorsement first.")
    raise Refused("The letter is open for endorsement, so its text is frozen.")


def is_public(letter: Letter, now: datetime) -> bool:
    """May a reader without a link see it? Every public exit asks here, and nowhere else."""
    return letter.state != "draft" and letter.visibility != "private" and embargo_over(letter, now)


def embargo_over(letter: Letter, now: datetime) -> bool:
    """Nothing of a letter is public, nor sent to anybody who was not asked, before this holds. Pages and data ask
    through is_public(), mail through embargo.hold().
    """
    return letter.embargo_until is None or letter.embargo_until <= now


def is_listed(letter: Letter, now: datetime) -> bool:
    return letter.visibility == "public" and is_public(letter, now)


def list_closes(letter: Letter) -> datetime | None:
    """When the list closes, or when it did: its coordinators may close it before the deadline."""
    return min((at for at in (letter.closed_at, letter.hard_deadline) if at), default=None)


def links_expire(letter: Letter, extended_until: datetime | None = None) -> datetime | None:
    """When links to the letter stop opening it: some time after the deadline, and later when that is extended."""
    closes = max((at for at in (letter.hard_deadline, extended_until) if at), default=None)
    return closes + LINKS_KEPT if closes else None


def not_ready(letter: Letter, now: datetime) -> dict[str, str]:
    """What keeps a draft from being opened: field -> what to do. Empty when it is ready."""
    missing = not_a_text(letter.text)
    if letter.hard_deadline is None:
        missing["hard_deadline"] = "Set the moment the list closes."
    elif letter.hard_deadline <= now:
        missing["hard_deadline"] = "The moment the list closes is in the past. Choose a later one."
    return missing


def not_a_text(text: LetterText) -> dict[str, str]:
    """What a text lacks to be asked about: field -> what to do. Empty when nothing."""
    missing: dict[str, str] = {}
    if not text.addressees:
        missing["addressees"] = "Say who the letter is addressed to."
    if not text.body.strip():
        missing["body"] = "Write the letter's text."
    if not text.ask:
        missing["ask"] = "Say in one sentence what the letter asks for."
    return missing


def check_arrangements(plan: Arrangements) -> dict[str, str]:
    """What does not fit together: field -> sentence."""
    wrong: dict[str, str] = {}
    if plan.time_zone not in available_timezones():
        return {"time_zone": "Choose a time zone from the list, such as Europe/London."}
    if plan.visibility not in VISIBILITIES:
        wrong["visibility"] = "Choose who may see the letter."
    for field in ("soft_deadline", "hard_deadline", "dispatch_on", "decision_on", "embargo_until"):
        day = getattr(plan, field)
        if day is not None and day.year not in YEARS:  # at the calendar's ends no time zone can be reckoned with
            wrong[field] = f"Choose a day between the years {YEARS[0]} and {YEARS[-1]}."
    if plan.consent_days not in CONSENT_DAYS:
        wrong["consent_days"] = CONSENT_WRONG
    if plan.soft_deadline and plan.hard_deadline and not wrong:
        closes_on = plan.hard_deadline.astimezone(ZoneInfo(plan.time_zone)).date()
        if plan.soft_deadline > closes_on:
            wrong["soft_deadline"] = "The date you ask for must not be later than the day the list closes."
    return wrong


def slug(subject: str) -> str:
    """A short address for a subject: plain lower-case letters, digits and hyphens, at most 60 characters."""
    plain = unicodedata.normalize("NFKD", re.sub("['’]", "", subject)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > 60:
        words = words[:60].rpartition("-")[0] or words[:60]
    return words or "letter"
