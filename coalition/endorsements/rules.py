"""What an endorsement needs, and when an answer can be given."""

from dataclasses import dataclass
from datetime import date, datetime

from coalition.base.refused import Overtaken
from coalition.invitations.rules import Invitation
from coalition.letters.rules import Letter

AUTHORITIES = {
    "chief-executive": "I am the chief executive, or equivalent",
    "trustees": "Our trustees have decided it",
    "delegated": "Our policy lets me decide it",
    "other": "In another way",
}
LONGEST = 200


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
        )


class Stale(Overtaken):
    """The organisation's answer changed after the form was opened: another tab, a colleague, a second click."""


def problems(answer: Answer, letter: Letter) -> dict[str, str]:
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
    elif answer.authority == "trustees" and not _is_day(answer.authority_detail):
        wrong["authority_detail"] = "Give the date of the trustees' decision, such as 2009-10-12."
    elif answer.authority == "other" and not answer.authority_detail:
        wrong["authority_detail"] = "Say in a few words how it was decided."
    if len(answer.authority_detail) > LONGEST:
        wrong["authority_detail"] = f"This is longer than {LONGEST} characters. Please shorten it."
    return wrong


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_seen(invitation: Invitation, seen: int | None) -> None:
    """`seen` is how many decisions there were when the form was opened. Raises Stale when there are more now."""
    if seen is not None and seen != invitation.answers:
        raise Stale(
            "Your organisation's answer was changed after you opened this page, in another window or by a colleague. "
            "What it is now is shown below. Nothing was changed by this click."
        )


def check_version(answer: Answer, letter: Letter) -> None:
    if answer.version != letter.version:
        raise Overtaken(
            "The letter's text was changed after you opened this page, so nothing was recorded yet. Please read the "
            "new text above; what you typed is kept below."
        )
