"""The undersigned: the ordered, grouped list that is printed, and the line of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from coalition.endorsements.rules import Answer, Endorsement
from coalition.letters.rules import Letter
from coalition.organisations.alphabet import Key, alphabetical
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


class Placed(Protocol):
    """What it takes to stand among the undersigned."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def place(self) -> int | None: ...


T = TypeVar("T", bound=Placed)


def line(answer: Answer | Endorsement, newest: int = 0, *, with_logo: bool = False) -> Line:
    """The line exactly as it will be printed under version `newest`; it says so where it stands under another."""
    note = f"under version {answer.version}" if newest and answer.version != newest else ""
    logo = answer.logo or "" if with_logo and answer.show_logo else ""
    if not answer.show_signatory:
        return Line(answer.name, note=note, logo=logo)
    return Line(answer.name, answer.signatory, answer.role, note, logo)


def grouped(endorsements: Iterable[Endorsement], letter: Letter) -> tuple[Group, ...]:
    """The undersigned as they are printed."""
    return as_groups(arranged(endorsements, letter), letter)


def as_groups(those: Iterable[tuple[str, list[Endorsement]]], letter: Letter) -> tuple[Group, ...]:
    """What `arranged` has put in order, as lines."""
    logos = letter.density == "logos"
    return tuple(Group(name, tuple(line(one, letter.version, with_logo=logos) for one in some)) for name, some in those)


def arranged(endorsements: Iterable[T], letter: Letter) -> list[tuple[str, list[T]]]:
    """In the letter's order of groups; within each by hand, or the leads first, or by name, as the letter says.

    By hand, those that nobody has placed yet stand after the others, in the order they would have otherwise.
    """
    order = {name: place for place, name in enumerate(letter.groups)}
    groups: dict[str, list[T]] = {}
    for endorsement in endorsements:
        # A group that has gone from the letter is no reason to lose a name: those stand at the end, together.
        groups.setdefault(endorsement.group if endorsement.group in order else "", []).append(endorsement)
    leads = frozenset(name_key(lead) for lead in letter.text.leads) if letter.leads_first else frozenset[str]()
    for those in groups.values():
        those.sort(key=lambda one: _place(one, letter, leads))
    return [(name, groups[name]) for name in sorted(groups, key=lambda name: order.get(name, len(order)))]


def _place(one: Placed, letter: Letter, leads: frozenset[str]) -> tuple[bool, int, bool, Key, int]:
    by_hand = letter.by_hand and one.place is not None
    is_lead = bool(leads) and name_key(one.name) in leads
    return (
        not by_hand,
        one.place or 0 if by_hand else 0,
        not is_lead,
        alphabetical(one.name, letter.text.language),
        one.id,
    )
