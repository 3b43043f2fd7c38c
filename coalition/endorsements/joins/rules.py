"""When a request to join can be made, confirmed and decided, and what approving one does."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from coalition.base.clock import moment_words
from coalition.base.refused import Closed, Gone, NotFound, Overtaken, Refused, TooMany
from coalition.endorsements import rules as endorsement_rules
from coalition.endorsements.rules import Answer, Endorsement
from coalition.invitations.rules import ANSWERED, Invitation
from coalition.letters.rules import Letter, is_listed, is_public, state
from coalition.organisations import names
from coalition.organisations.rules import Organisation

State = Literal["asked", "confirmed", "replaced", "approved", "turned down"]
# What approving did: the answer counts, or takes the place of an earlier one; an answer that was given later stays; the
# text was changed since, so they are asked about the newest.
Effect = Literal["", "endorse", "replace", "keep", "again"]

STATES: dict[State, str] = {
    "asked": "Not confirmed yet",
    "confirmed": "Waiting for you",
    "replaced": "Sent again since",
    "approved": "Approved",
    "turned down": "Turned down",
}
JOIN_RULE = (
    "An organisation gives one answer. Where it has answered already, the answer that was given last counts; a request "
    "to join was given when it was confirmed."
)
LASTS = timedelta(days=7)  # the link that confirms, and what was typed as long as it is not confirmed
HOUR = timedelta(hours=1)
AN_ADDRESS_MOST = 3  # confirmation mails an hour
A_LETTER_MOST = 100  # requests an hour, from wherever
ALL_MOST = 300  # the same, to all letters
AGAIN_AFTER = timedelta(days=7)  # of one that was turned down
TURNED_DOWN_MOST = 3  # of one address, for one letter
NOTE_LONGEST = 1000
WORD_LONGEST = 1000
_NO_NAME = ("://", "www.", "@")  # our mail carries it to an address that nobody has confirmed


class Expired(Gone):
    """The link that confirms is past its time, and what was typed is gone."""


class NotJoined(Refused):
    """The letter is there for everybody to read, and takes no requests to join."""

    status = 409


@dataclass(frozen=True)
class Asked:
    """What the form says."""

    answer: Answer
    email: str  # as names.check_email writes it
    website: str
    register_id: str | None
    note: str


@dataclass(frozen=True)
class Join:
    """One request, as it is kept."""

    id: int
    letter_id: int
    state: State
    email: str
    version: int
    name: str
    group: str
    signatory: str
    role: str
    authority: str
    authority_detail: str
    show_signatory: bool
    website: str
    register_id: str | None
    note: str
    asked_at: datetime
    confirmed_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    answer: str
    effect: Effect
    invitation_id: int | None

    @property
    def endorsement(self) -> Answer:
        """The answer that it would be."""
        return Answer(
            version=self.version,
            name=self.name,
            group=self.group,
            signatory=self.signatory,
            role=self.role,
            authority=self.authority,
            authority_detail=self.authority_detail,
            show_signatory=self.show_signatory,
        )


def may_join(letter: Letter, now: datetime) -> bool:
    return letter.joinable and is_listed(letter, now) and state(letter, now) == "open"


def check_join(letter: Letter, now: datetime) -> None:
    """Raises NotFound for a letter that not everybody may see, NotJoined, or Closed."""
    if not is_public(letter, now):
        raise NotFound("There is no public letter at this address. It may be private, or not public yet.")
    if state(letter, now) == "closed":
        raise Closed("The list is closed, so no organisation can join any more.")
    if not may_join(letter, now):
        raise NotJoined("Only organisations that were asked can endorse this letter.")


def problems(asked: Asked, letter: Letter, now: datetime) -> dict[str, str]:
    """What is missing or wrong: form field -> what to do. Empty when it is complete."""
    wrong = endorsement_rules.problems(asked.answer, letter, now)
    for field in ("name", "signatory", "role"):
        if field not in wrong and any(part in getattr(asked.answer, field).casefold() for part in _NO_NAME):
            wrong[field] = (
                "Write only the name here, without an address." if field != "role" else "Write only the role."
            )
    if not any(one.isalnum() for one in asked.answer.name):
        wrong.setdefault("name", "Write your organisation's name as it should be printed.")
    if len(asked.note) > NOTE_LONGEST:
        wrong["note"] = f"This is longer than {NOTE_LONGEST:,} characters. Please shorten it."
    return wrong


def mailbox(email: str) -> str:
    """One mailbox, however its address is written: without what many take as a note to themselves."""
    local, at, host = names.email_key(email).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{host}"


def check_how_many(of_address: int, of_letter: int, of_all: int) -> None:
    """How many were asked for within the last hour. Raises TooMany."""
    wait = int(HOUR.total_seconds())
    if of_address >= AN_ADDRESS_MOST:
        raise TooMany(
            f"{AN_ADDRESS_MOST} mails went to this address within the last hour. Please look for them, also among the "
            "unwanted mail, or try again in an hour. What you typed is still here.",
            wait,
        )
    if of_letter >= A_LETTER_MOST or of_all >= ALL_MOST:
        raise TooMany(
            "More requests came in within the last hour than we can take. Please try again in an hour. What you typed "
            "is still here.",
            wait,
        )


def check_again(turned_down: int, last: datetime | None, letter: Letter, now: datetime) -> None:
    """May this address ask once more, after it was turned down so often, and last then? Raises Refused."""
    if turned_down >= TURNED_DOWN_MOST:
        raise Refused(
            "Requests from your address were turned down several times, so no other can be made for this letter. "
            "Nothing was passed on."
        )
    if last and last + AGAIN_AFTER > now:
        raise Refused(
            "A request from your address was turned down lately. Another can be made from "
            f"{moment_words(last + AGAIN_AFTER, letter.time_zone)}. Nothing was passed on."
        )


def check_waiting(join: Join) -> None:
    """Raises Overtaken when it is not for the desk to decide any more."""
    if join.state == "replaced":
        raise Overtaken("They have sent another request since, so nothing was changed. Decide that one instead.")
    if join.state != "confirmed":
        raise Overtaken(f"{join.decided_by} has decided this meanwhile: {STATES[join.state].lower()}.")


def effect(join: Join, letter: Letter, before: Invitation | None) -> Effect:
    """What approving does, where the organisation stands on the letter's list as `before`."""
    answered = before.answered_at if before and before.status in ANSWERED else None
    if answered and join.confirmed_at and answered >= join.confirmed_at:
        return "keep"
    if join.version != letter.version:
        return "again"
    return "replace" if answered else "endorse"


@dataclass(frozen=True)
class Plan:
    """All that approving would do, before it is done; with no organisation, it becomes a new one."""

    join: Join
    letter_version: int
    effect: Effect
    organisation: Organisation | None = None
    invitation: Invitation | None = None
    endorsement: Endorsement | None = None  # that stands

    @property
    def digest(self) -> str:
        """Another one when anything that counts is otherwise by now."""
        organisation = self.organisation and (self.organisation.id, self.organisation.name)
        place = self.invitation and (self.invitation.id, self.invitation.answers, self.invitation.contact_id)
        seen = (self.join.id, self.join.state, self.letter_version, self.effect, organisation, place)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def hints(join: Join) -> list[str]:
    """What a coordinator should look at twice, as sentences."""
    mail, site = names.domain(join.email), names.domain(join.website)
    found = []
    if not mail:
        found.append("The mail address is at a provider that anyone can use.")
    elif site and not _within(mail, site) and not _within(site, mail):
        found.append(f"The mail address is at {mail}, and the website at {site}: is it the same organisation?")
    if not join.website:
        found.append("They gave no website.")
    return found


def _within(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}")
