"""What an endorsement needs, and when an answer can be given."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from coalition.base.clock import day_words, moment_words
from coalition.base.refused import Overtaken
from coalition.invitations.rules import ANSWERED, Invitation, Status, closes
from coalition.letters.rules import Letter

AUTHORITIES = {
    "chief-executive": "I am the chief executive, or equivalent",
    "trustees": "Our trustees have decided it",
    "delegated": "Our policy lets me decide it",
    "other": "In another way",
}
LONGEST = 200
FURTHEST_AHEAD = timedelta(hours=14)  # of UTC: somewhere it is that day already


@dataclass(frozen=True)
class Answer:
    """What the endorse form says."""

    version: int
    name: str
    group: str
    signatory: str
    role: str
    authority: str
    authority_detail: str
    show_signatory: bool
    logo: str | None = None  # SHA-256 of the kept, re-encoded picture
    show_logo: bool = False  # may it be printed
    condition: str = ""  # conditions.KINDS; empty: none
    condition_count: int | None = None
    condition_organisation: str = ""  # the name, as they typed it
    condition_suggestion_id: int | None = None


@dataclass(frozen=True)
class Endorsement:
    id: int
    organisation_id: int
    invitation_id: int
    version: int
    name: str
    group: str
    signatory: str
    role: str
    authority: str
    authority_detail: str
    show_signatory: bool
    sort_key: str
    endorsed_at: datetime
    withdrawn_at: datetime | None
    given_version: int = 0  # the one that was read and agreed to; `version` is another where a correction carried it
    told_at: datetime | None = None  # when that correction was mailed
    logo: str | None = None
    show_logo: bool = False
    condition: str = ""
    condition_count: int | None = None
    condition_organisation: str = ""
    condition_suggestion_id: int | None = None
    held_since: datetime | None = None  # its condition does not hold
    fresh_asked_at: datetime | None = None  # before dispatch they were asked whether they are still happy
    fresh_at: datetime | None = None  # and said that they are
    kept_at: datetime | None = None  # the desk decided to print it all the same, though nothing was heard
    left_out_at: datetime | None = None  # or to leave it out until something is
    place: int | None = None  # where it stands in its group, when the undersigned are ordered by hand

    @property
    def answer(self) -> Answer:
        return Answer(
            self.version,
            self.name,
            self.group,
            self.signatory,
            self.role,
            self.authority,
            self.authority_detail,
            self.show_signatory,
            self.logo,
            self.show_logo,
            self.condition,
            self.condition_count,
            self.condition_organisation,
            self.condition_suggestion_id,
        )


def stands(endorsement: Endorsement | None, letter: Letter) -> bool:
    """Is it in force? Not when it was withdrawn, or given to a text that was changed in substance.

    The same that records.STANDING asks of the database. One whose condition does not hold yet stands, and is `held`.
    """
    return endorsement is not None and endorsement.withdrawn_at is None and endorsement.version >= letter.base


def held(endorsement: Endorsement | None, letter: Letter) -> bool:
    """Does it stand apart from the undersigned, because its condition does not hold?"""
    return stands(endorsement, letter) and endorsement is not None and endorsement.held_since is not None


def said_before(before: Endorsement, answer: Answer) -> bool:
    """Is it what stands already? Also when the same form comes late, after a correction carried what it said."""
    return answer in (before.answer, replace(before.answer, version=before.given_version))


class Stale(Overtaken):
    """The organisation's answer changed after the form was opened: another tab, a colleague, a second click."""


class TextChanged(Overtaken):
    """The letter has another version by now than the one that was read."""


def problems(answer: Answer, letter: Letter, now: datetime) -> dict[str, str]:
    """What is missing or wrong: form field -> what to do. Empty when it is complete."""
    wrong: dict[str, str] = {}
    for field, wanted in (
        ("name", "Write your organisation's name as it should be printed."),
        ("signatory", "Write the name of the person who gives this endorsement."),
        ("role", "Write that person's role, such as Chief Executive."),
    ):
        value = getattr(answer, field)
        if not value:
            wrong[field] = wanted
        elif len(value) > LONGEST:
            wrong[field] = f"This is longer than {LONGEST} characters. Please shorten it."
    if letter.groups and answer.group not in letter.groups:
        wrong["group"] = "Choose the group your organisation is printed in."
    if answer.authority not in AUTHORITIES:
        wrong["authority"] = "Say how this endorsement was decided."
    elif answer.authority == "trustees" and not (day := _day(answer.authority_detail)):
        wrong["authority_detail"] = "Give the date of the trustees' decision, such as 2009-10-12."
    elif answer.authority == "trustees" and day and day > (now + FURTHEST_AHEAD).date():
        wrong["authority_detail"] = "That day has not come yet. Give the day on which the trustees decided."
    elif answer.authority == "other" and not answer.authority_detail:
        wrong["authority_detail"] = "Say in a few words how it was decided."
    if len(answer.authority_detail) > LONGEST:
        wrong["authority_detail"] = f"This is longer than {LONGEST} characters. Please shorten it."
    if answer.show_logo and answer.logo is None:
        wrong["logo"] = "Choose the picture of the logo, or untick that it may be printed."
    return wrong


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def decision_sentence(authority: str, detail: str) -> str:
    """How an endorsement was decided, as a receipt says it of the organisation."""
    if authority == "trustees":
        day = _day(detail)
        return f"The trustees decided it on {day_words(day)}." if day else "The trustees decided it."
    known = {
        "chief-executive": "Given by the chief executive, or equivalent.",
        "delegated": "Given under a policy that lets the signatory decide.",
    }
    said = known.get(authority, "Decided in another way.")
    return f"{said} {detail}" if detail else said


def not_a_day_to_decide(until: date, invitation: Invitation, letter: Letter, now: datetime) -> str:
    """What is wrong with the day they would decide by; empty when nothing is."""
    zone = ZoneInfo(letter.time_zone)
    moment = closes(invitation, letter)
    if until <= now.astimezone(zone).date():
        return "Choose a day after today."
    if moment and until > moment.astimezone(zone).date():
        return (
            f"The list closes on {moment_words(moment, letter.time_zone)}. Choose a day until then, or ask the "
            "coordinator for more time."
        )
    return ""


def check_seen(invitation: Invitation, seen: int | None) -> None:
    """`seen` is how many decisions there were when the form was opened. Raises Stale when there are more now."""
    if seen is not None and seen != invitation.answers:
        raise Stale(
            "Your organisation's answer was changed after you opened this page, in another window or by a colleague. "
            "What it is now is shown below. Nothing was changed by this click."
        )


def check_version(answer: Answer, letter: Letter) -> None:
    if answer.version != letter.version:
        raise TextChanged(
            "The letter’s text was changed after you opened this page, so nothing was recorded yet. Please read what "
            "changed, then send your answer again: what you typed is kept below."
        )


# Of two invitations to one letter, when their organisations become one.

MERGE_RULE = (
    "Where both are on one letter, the answer that was given last counts. An answer counts more than none; "
    "where neither has answered, the one that is further along keeps its link."
)
Kept = Literal["later answer", "only answer", "further along", "as far"]
_HOW_FAR: dict[Status, int] = {
    "added": 0,
    "failed": 1,
    "bounced": 1,
    "queued": 2,
    "sent": 3,
    "fetched": 4,
    "read": 5,
    "deciding": 6,
    "again": 7,
}


def which_is_kept(ours: Invitation, theirs: Invitation) -> tuple[Invitation, Invitation, Kept]:
    """The one that is kept, the one that makes way, and why. `ours` is the kept organisation's: it stays when equal."""
    answered = [one.answered_at if one.status in ANSWERED else None for one in (ours, theirs)]
    if answered[0] and answered[1]:
        later = answered[1] > answered[0]
        return (theirs, ours, "later answer") if later else (ours, theirs, "later answer")
    if answered[0] or answered[1]:
        return (ours, theirs, "only answer") if answered[0] else (theirs, ours, "only answer")
    far, further = _HOW_FAR[ours.status], _HOW_FAR[theirs.status]
    if far == further:
        return ours, theirs, "as far"
    return (theirs, ours, "further along") if further > far else (ours, theirs, "further along")
