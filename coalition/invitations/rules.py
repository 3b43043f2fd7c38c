"""One organisation asked to endorse one letter: its statuses, and what a link still opens."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from coalition.base.clock import moment_words
from coalition.base.refused import Gone, Refused
from coalition.letters.rules import YEARS, Letter, Move, check, links_expire, list_closes, state

Status = Literal[
    "added",
    "queued",
    "sent",
    "fetched",
    "failed",
    "bounced",
    "read",
    "deciding",
    "again",
    "held",
    "endorsed",
    "unconfirmed",
    "declined",
    "withdrawn",
]

_UNREAD: frozenset[Status] = frozenset({"queued", "sent", "fetched", "failed", "bounced"})
_BEFORE: frozenset[Status] = frozenset(
    {"read", "deciding", "again", "declined", "withdrawn", "endorsed", "held", "unconfirmed"}
)

# What can happen to an invitation: the statuses it can happen in, and the status after. News that comes late (a mail
# sent after it was read, a page read after the answer) finds its status missing here, and changes nothing.
MOVES: dict[str, tuple[frozenset[Status], Status]] = {
    "ask": (frozenset({"added", "failed", "bounced"}), "queued"),
    "cancel": (frozenset({"queued"}), "added"),
    "send": (frozenset({"queued", "failed"}), "sent"),  # of two mails one may fail and the other arrive
    "fail": (frozenset({"queued"}), "failed"),
    "bounce": (frozenset({"queued", "sent", "fetched", "again"}), "bounced"),  # a scanner may fetch what then bounces
    "fetch": (frozenset({"queued", "sent"}), "fetched"),
    "read": (_UNREAD, "read"),
    "defer": (_UNREAD | {"read", "deciding", "again", "declined", "withdrawn"}, "deciding"),
    "endorse": (_UNREAD | _BEFORE, "endorsed"),
    # On a condition that does not hold yet; then it does, or does no more.
    "hold": (_UNREAD | _BEFORE, "held"),
    "condition holds": (frozenset({"held"}), "endorsed"),
    "condition broken": (frozenset({"endorsed"}), "held"),
    "decline": (_UNREAD | {"read", "deciding", "again", "declined", "withdrawn"}, "declined"),
    # Asked before dispatch whether they are still happy, and not heard of; then they are.
    "leave out": (frozenset({"endorsed"}), "unconfirmed"),
    "take in": (frozenset({"unconfirmed"}), "endorsed"),
    "withdraw": (frozenset({"endorsed", "held", "again", "unconfirmed"}), "withdrawn"),
    "ask again": (frozenset({"endorsed", "held", "unconfirmed"}), "again"),  # the text was changed in substance
    "fail again": (frozenset({"sent", "fetched", "again"}), "failed"),  # and the mail that says so does not arrive
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
    "again": "Asked again",
    "held": "On a condition",
    "endorsed": "Endorsed",
    "unconfirmed": "Left out",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
}
ANSWERED: frozenset[Status] = frozenset({"held", "endorsed", "unconfirmed", "declined", "withdrawn"})
AGREED: frozenset[Status] = frozenset({"held", "endorsed", "unconfirmed"})  # taken back by withdrawing
# Asked, and not decided yet.
WAITING: frozenset[Status] = frozenset({"sent", "fetched", "read", "deciding", "again"})
# Why a link was ended, for whoever opens it still.
ENDINGS = ("taken back", "replaced", "contact", "forwarded", "merged")


class Expired(Gone):
    """The link's time is over."""


class Revoked(Gone):
    """The link was taken back, replaced, or is no longer the one that answers; `links.reason` says which."""


class ViewOnly(Refused):
    """The link's holder passed the letter on: it shows the letter and answers nothing."""

    status = 403


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
    fetched_at: datetime | None
    deciding_until: date | None
    deciding_contact_id: int | None
    extended_until: datetime | None


def closes(one: Invitation, letter: Letter) -> datetime | None:
    """Until when this organisation may answer: every page, form, mail and list asks here.

    It is when the list closes, or later where the organisation was given more time of its own.
    """
    return max((at for at in (list_closes(letter), one.extended_until) if at), default=None)


def decides_too_late(one: Invitation, letter: Letter) -> bool:
    """The day by which an organisation decides is the day on which its list closes, or later: no time is left then."""
    until = closes(one, letter)
    if one.status != "deciding" or one.deciding_until is None or until is None:
        return False
    return one.deciding_until >= until.astimezone(ZoneInfo(letter.time_zone)).date()


def may_answer(one: Invitation, letter: Letter, now: datetime) -> bool:
    """Also after the list has closed, by an organisation that was given more time."""
    until = closes(one, letter)
    return letter.state != "draft" and until is not None and now < until


def check_answer(one: Invitation, letter: Letter, now: datetime) -> None:
    """Raises Closed, or Refused while the letter is a draft."""
    late = state(letter, now) == "closed" and may_answer(one, letter, now)
    move: Move = "answer late" if late else "answer"
    check(letter, move, now)


def check_year(until: datetime) -> None:
    """At the calendar's ends no time zone can be reckoned with. Raises Refused."""
    if until.year not in YEARS:
        raise Refused(f"Choose a day between the years {YEARS[0]} and {YEARS[-1]}.")


def check_link(revoked_at: datetime | None, one: Invitation, letter: Letter, now: datetime) -> None:
    """Raises Revoked or Expired when a link of ours no longer opens the letter."""
    if revoked_at:
        raise Revoked("This link was ended by the people who sent it.")
    ends = links_expire(letter, one.extended_until)
    if ends and ends <= now:
        raise Expired("This link has expired: the letter's list closed some time ago.")


def check_hour(leaves_at: datetime, letter: Letter, now: datetime) -> None:
    """Raises Refused when mail cannot wait for this hour."""
    if leaves_at <= now:
        raise Refused(f"{moment_words(leaves_at, letter.time_zone)} has passed. Choose a later time, or send it now.")
    if letter.hard_deadline and leaves_at >= letter.hard_deadline:
        closes = moment_words(letter.hard_deadline, letter.time_zone)
        raise Refused(f"The list closes before that, on {closes}. Choose an earlier time.")


def check_holder(view_only_since: datetime | None, *, only_looks: bool = False) -> None:
    """Raises ViewOnly when the holder of a link has passed the letter on, or was only ever to look."""
    if only_looks:
        raise ViewOnly("Your link shows the letter and answers nothing, so nothing was changed.")
    if view_only_since:
        raise ViewOnly(
            "You passed this letter to a colleague, who answers now, so nothing was changed. "
            "Your link still shows the letter."
        )
