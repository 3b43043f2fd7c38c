"""One organisation asked to endorse one letter: its statuses, and what a link still opens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coalition.base.clock import moment_words
from coalition.base.refused import Gone, Refused
from coalition.letters.rules import Letter, links_expire

Status = Literal[
    "added", "queued", "sent", "fetched", "failed", "bounced", "read", "deciding", "endorsed", "declined", "withdrawn"
]

_UNREAD: frozenset[Status] = frozenset({"queued", "sent", "fetched", "failed", "bounced"})

# What can happen to an invitation: the statuses it can happen in, and the status after. News that comes late (a mail
# sent after it was read, a page read after the answer) finds its status missing here, and changes nothing.
MOVES: dict[str, tuple[frozenset[Status], Status]] = {
    "ask": (frozenset({"added", "failed", "bounced"}), "queued"),
    "cancel": (frozenset({"queued"}), "added"),
    "send": (frozenset({"queued", "failed"}), "sent"),  # of two mails one may fail and the other arrive
    "fail": (frozenset({"queued"}), "failed"),
    "bounce": (frozenset({"queued", "sent", "fetched"}), "bounced"),  # a scanner may fetch what then bounces
    "fetch": (frozenset({"queued", "sent"}), "fetched"),
    "read": (_UNREAD, "read"),
    "defer": (_UNREAD | {"read", "deciding", "declined", "withdrawn"}, "deciding"),
    "endorse": (_UNREAD | {"read", "deciding", "declined", "withdrawn", "endorsed"}, "endorsed"),
    "decline": (_UNREAD | {"read", "deciding", "declined", "withdrawn"}, "declined"),
    "withdraw": (frozenset({"endorsed"}), "withdrawn"),
}

STATUSES: dict[Status, str] = {
    "added": "Not asked yet",
    "queued": "Mail waiting to leave",
    "sent": "Sent",
    "fetched": "Link fetched",
    "failed": "Mail failed",
    "bounced": "Bounced",
    "read": "Read",
    "deciding": "Deciding",
    "endorsed": "Endorsed",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
}
ANSWERED: frozenset[Status] = frozenset({"endorsed", "declined", "withdrawn"})
# Why a link was ended, for whoever opens it still.
ENDINGS = ("taken back", "replaced", "contact", "forwarded", "merged")


class Expired(Gone):
    """The link's time is over."""


class Revoked(Gone):
    """The link was taken back."""


@dataclass(frozen=True)
class Invitation:
    """With the organisation's and contact's present details, as the answer page needs them."""

    id: int
    letter_id: int
    organisation_id: int
    group: str
    status: Status
    nonce: str | None
    answers: int
    problem: str
    reason: str
    sent_at: datetime | None
    read_at: datetime | None
    answered_at: datetime | None
    organisation: str
    register_id: str | None
    contact_id: int | None
    contact: str
    email: str


def check_link(revoked_at: datetime | None, letter: Letter, now: datetime) -> None:
    """Raises Revoked or Expired when a link of ours no longer opens the letter."""
    if revoked_at:
        raise Revoked("This link was taken back by the people who sent it.")
    ends = links_expire(letter)
    if ends and ends <= now:
        raise Expired("This link has expired: the letter's list closed some time ago.")


def check_hour(leaves_at: datetime, letter: Letter, now: datetime) -> None:
    """Raises Refused when mail cannot wait for this hour."""
    if leaves_at <= now:
        raise Refused(f"{moment_words(leaves_at, letter.time_zone)} has passed. Choose a later time, or send it now.")
    if letter.hard_deadline and leaves_at >= letter.hard_deadline:
        closes = moment_words(letter.hard_deadline, letter.time_zone)
        raise Refused(f"The list closes before that, on {closes}. Choose an earlier time.")
