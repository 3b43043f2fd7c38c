"""What is other in one printing than in the one before it: who came, who left, what reads otherwise. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from coalition.endorsements.undersigned import Line
from coalition.letters.printed import DENSITIES, LETTERHEADS, PAPERS, SIGNATORY_PLACES
from coalition.letters.rules import Letter
from coalition.printings.press.layout import Sheet

Why = Literal["withdrew", "withdrew later", "left out", "condition", "text", "merged"]
WHY: dict[Why, str] = {
    "withdrew": "withdrew its endorsement",
    "withdrew later": "asked to be taken off, after the letter was delivered",
    "left out": "left out, because it did not say that it is still happy",
    "condition": "the condition of its endorsement no longer holds",
    "text": "has not endorsed the new text",
    "merged": "is a part of another organisation by now",
}
_SETTINGS: dict[str, tuple[str, Mapping[str, str]]] = {
    "paper": ("Paper", PAPERS),
    "density": ("How close the undersigned stand", DENSITIES),
    "signatory_place": ("Where the signatory stands", SIGNATORY_PLACES),
    "letterhead": ("Letterhead", LETTERHEADS),
}


@dataclass(frozen=True)
class Left:
    name: str  # as it was printed
    why: Why

    @property
    def words(self) -> str:
        return WHY[self.why]


@dataclass(frozen=True)
class Reworded:
    """One organisation's line, that reads otherwise."""

    was: str
    now: str


@dataclass(frozen=True)
class Setting:
    what: str
    was: str
    now: str


@dataclass(frozen=True)
class Changes:
    """Of a first printing there are none."""

    added: tuple[str, ...] = ()  # as they are printed
    left: tuple[Left, ...] = ()
    reworded: tuple[Reworded, ...] = ()
    reordered: bool = False  # those who stand in both stand in another order
    versions: tuple[int, int] | None = None  # the text's, where it is another
    settings: tuple[Setting, ...] = ()

    def __bool__(self) -> bool:
        return self != Changes()


@dataclass(frozen=True)
class Printed:
    """What a printing shows, and whose the lines are: endorsements' ids, in the order of print."""

    sheet: Sheet
    ids: tuple[int, ...]

    @property
    def lines(self) -> dict[int, tuple[str, Line]]:
        """Each endorsement's group and line."""
        stand = ((group.name, line) for group in self.sheet.groups for line in group.lines)
        return dict(zip(self.ids, stand, strict=True))


def changes(before: Printed, after: Printed, why: Mapping[int, Why]) -> Changes:
    """`why` says of those that stand no more how that came; who is not in it withdrew."""
    was, now = before.lines, after.lines
    stayed = [id for id in now if id in was]
    logos = before.sheet.density == after.sheet.density == "logos"  # else they came or went with the setting
    return Changes(
        tuple(line.organisation for id, (_, line) in now.items() if id not in was),
        tuple(Left(line.organisation, why.get(id, "withdrew")) for id, (_, line) in was.items() if id not in now),
        tuple(one for id in stayed if (one := _reworded(was[id], now[id], logos=logos))),
        [id for id in was if id in now] != stayed,
        _versions(before.sheet, after.sheet),
        tuple(_settings(before.sheet, after.sheet)),
    )


def _reworded(was: tuple[str, Line], now: tuple[str, Line], *, logos: bool) -> Reworded | None:
    if was == now:  # nearly all, of ten thousand
        return None
    if (was[0], replace(was[1], logo="")) != (now[0], replace(now[1], logo="")):
        return Reworded(_words(*was), _words(*now))
    if logos and was[1].logo != now[1].logo:
        with_logo = "with another logo" if was[1].logo and now[1].logo else "with a logo"
        return Reworded(_words(*was), f"{_words(*now)}, {with_logo if now[1].logo else 'without its logo'}")
    return None


def _words(group: str, line: Line) -> str:
    note = f"({line.note})" if line.note else ""
    said = " ".join(filter(None, (", ".join(filter(None, (line.organisation, line.signatory, line.role))), note)))
    return f"{group}: {said}" if group else said


def _versions(before: Sheet, after: Sheet) -> tuple[int, int] | None:
    if (before.version, before.fingerprint) == (after.version, after.fingerprint):
        return None
    return before.version, after.version


def _settings(before: Sheet, after: Sheet) -> list[Setting]:
    found = []
    for field, (what, words) in _SETTINGS.items():
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            found.append(Setting(what, _in_short(words.get(was, was)), _in_short(words.get(now, now))))
    if before.letterhead == after.letterhead == "logos" and before.lead_logos != after.lead_logos:
        found.append(Setting("Logos at the head of the letter", "as before", "changed"))
    return found


def _in_short(words: str) -> str:
    """Without what a choice explains of itself at the desk, after a colon."""
    return words.partition(":")[0]


def why_left(
    withdrawn_at: datetime | None, left_out_at: datetime | None, held_since: datetime | None, letter: Letter
) -> Why:
    """Of an endorsement that is there and does not count."""
    if withdrawn_at:
        return "withdrew later" if letter.dispatched_at and withdrawn_at >= letter.dispatched_at else "withdrew"
    return "left out" if left_out_at else "condition" if held_since else "text"


def with_ids_by_name(sheet: Sheet, after: Printed) -> Printed:
    """A printing that was made before ids were kept with it: a line is whose name it bears, as far as that is known."""
    known = {line.organisation: id for id, (_, line) in after.lines.items()}
    lines = (line for group in sheet.groups for line in group.lines)
    ids = [known.pop(line.organisation, -place) for place, line in enumerate(lines, 1)]
    return Printed(sheet, tuple(ids))


def as_data(found: Changes, ids: Sequence[int]) -> dict[str, Any]:
    """As printings.changes keeps it."""
    return {"ids": list(ids), **asdict(found)}


def from_data(data: Mapping[str, Any]) -> Changes:
    versions = data["versions"]
    return Changes(
        tuple(data["added"]),
        tuple(Left(**one) for one in data["left"]),
        tuple(Reworded(**one) for one in data["reworded"]),
        data["reordered"],
        (versions[0], versions[1]) if versions else None,
        tuple(Setting(**one) for one in data["settings"]),
    )


# In words.

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def called(number: int) -> str:
    """Of a printing: Second printing; Printing 12."""
    return f"{ORDINALS[number - 1]} printing" if number <= len(ORDINALS) else f"Printing {number}"


def in_short(found: Changes) -> str:
    """For everybody: how many came and went, and nothing of why. Empty when nothing is other."""
    withdrew = sum(one.why in ("withdrew", "withdrew later") for one in found.left)
    gone = len(found.left) - withdrew
    parts = (
        (len(found.added), "1 more organisation", "{:,} more organisations"),
        (withdrew, "1 withdrawn", "{:,} withdrawn"),
        (gone, "1 no longer under it", "{:,} no longer under it"),
        (len(found.reworded), "1 printed differently", "{:,} printed differently"),
    )
    said = [one if count == 1 else many.format(count) for count, one, many in parts if count]
    if found.versions:
        said.append(f"the text of version {found.versions[1]}")
    if not said and (found.reordered or found.settings):
        said.append("set differently")
    return ", ".join(said)


def proposed_reason(found: Changes) -> str:
    """What the coordinator most likely says of why there is one more printing."""
    withdrew = [one for one in found.left if one.why in ("withdrew", "withdrew later")]
    said = [
        words
        for is_so, words in (
            (len(found.added) == 1, "a late signer"),
            (len(found.added) > 1, "late signers"),
            (len(withdrew) == 1, "a withdrawal"),
            (len(withdrew) > 1, "withdrawals"),
            (len(found.left) - len(withdrew) == 1, "an organisation that no longer stands under it"),
            (len(found.left) - len(withdrew) > 1, "organisations that no longer stand under it"),
            (found.reworded, "changes in how organisations are printed"),
            (found.versions, "a new version of the text"),
            (found.reordered and not found.settings, "another order"),
            (found.settings, "another setting of the page"),
        )
        if is_so
    ]
    words = " and ".join(filter(None, (", ".join(said[:-1]), said[-1]))) if said else ""
    return words[:1].upper() + words[1:]
