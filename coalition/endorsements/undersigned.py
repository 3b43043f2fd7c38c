"""The undersigned: the ordered, grouped list that is printed, and the line of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from coalition.endorsements.rules import Answer, Endorsement
from coalition.letters.rules import Letter
from coalition.organisations.names import name_key


@dataclass(frozen=True)
class Line:
    """One organisation as it is printed; signatory and role are empty where they are not to be printed."""

    organisation: str
    signatory: str = ""
    role: str = ""
    note: str = ""
    logo: str = ""  # SHA-256 of the kept picture, where it is to be printed


@dataclass(frozen=True)
class Group:
    name: str
    lines: tuple[Line, ...]


def line(answer: Answer | Endorsement, newest: int = 0) -> Line:
    """The line exactly as it will be printed under version `newest`; it says so where it stands under another."""
    note = f"under version {answer.version}" if newest and answer.version != newest else ""
    if not answer.show_signatory:
        return Line(answer.name, note=note)
    return Line(answer.name, answer.signatory, answer.role, note)


def grouped(endorsements: Iterable[Endorsement], letter: Letter) -> tuple[Group, ...]:
    """In the letter's order of groups; within each the leads first if the letter says so, then by name."""
    leads = {name_key(lead) for lead in letter.text.leads} if letter.leads_first else set()
    order = {name: place for place, name in enumerate(letter.groups)}
    groups: dict[str, list[Endorsement]] = {}
    for endorsement in endorsements:
        # A group that has gone from the letter is no reason to lose a name: those stand at the end, together.
        groups.setdefault(endorsement.group if endorsement.group in order else "", []).append(endorsement)
    return tuple(
        Group(
            name, tuple(line(one, letter.version) for one in sorted(groups[name], key=lambda one: _place(one, leads)))
        )
        for name in sorted(groups, key=lambda name: order.get(name, len(order)))
    )


def _place(endorsement: Endorsement, leads: set[str]) -> tuple[bool, str, int]:
    is_lead = bool(leads) and name_key(endorsement.name) in leads
    return (not is_lead, endorsement.sort_key, endorsement.id)
