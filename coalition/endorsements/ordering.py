"""The order of the undersigned at the desk: chosen for the whole letter, and by hand, one move after the other.

A place is a number with room between it and the next, so that a move writes one row. Those that nobody has placed stand
after the others; whoever is put among them has all before it placed, as they stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.endorsements.records import COUNTED
from coalition.endorsements.undersigned import arranged
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.tables import endorsements

Order = Literal["leads", "name", "hand"]
Kind = Literal["before", "after", "place", "name"]
ORDERS: Final[dict[str, str]] = {
    "leads": "The lead organisations first, then by name",
    "name": "By name",
    "hand": "By hand, as you place them",
}
_ROOM: Final = 4096  # between two places: some hundred thousand fit, and twelve moves between any two neighbours
_SOME_ROOM: Final = 16  # what those have afterwards that were moved apart
_FURTHEST: Final = 2**31 - 1  # what the column holds


class Standing(NamedTuple):  # made ten thousand at a time, for which a dataclass is slow
    """One of the undersigned, as far as its place goes. `id` is its endorsement's."""

    id: int
    invitation_id: int
    name: str
    group: str
    place: int | None
    signatory: str
    role: str
    show_signatory: bool


_columns: tuple[ColumnElement[Any], ...] = tuple(endorsements.c[name] for name in Standing._fields)
_all = select(*_columns).where(*COUNTED)
_put = update(endorsements).where(endorsements.c.id == bindparam("of")).values(place=bindparam("new_place"))


def order_of(letter: Letter) -> Order:
    return "hand" if letter.by_hand else "leads" if letter.leads_first else "name"


def standing(connection: Connection, letter: Letter) -> list[tuple[str, list[Standing]]]:
    """All that count, by group, in the order in which they are printed."""
    return arranged(map(Standing._make, connection.execute(_all, {"of_letter": letter.id})), letter)


def choose(connection: Connection, slug: str, seen: int, order: str, who: str, now: datetime) -> Letter:
    """The order of the whole letter, over revision `seen`. Places given by hand are kept for when they count again."""
    letter = letters.letter_by_slug(connection, slug)
    if order not in ORDERS:
        raise Refused("Choose in which order the undersigned stand.")
    if order == order_of(letter):
        return letter
    # By hand, those that are not placed yet stand as they would have before: leads first stays what it was.
    leads_first = letter.leads_first if order == "hand" else order == "leads"
    if not letters.save(connection, letter, seen=seen, by_hand=order == "hand", leads_first=leads_first):
        raise Overtaken(
            "The letter was changed in another window after you opened this page, so the order stays as it is for now. "
            "Your choice is kept below: look at it once more, then save here again."
        )
    add_history(connection, letter.id, now, Deed("order chosen", who, data={"order": order}))
    return letters.letter_by_slug(connection, slug)


@dataclass(frozen=True)
class To:
    """Where one is moved: next to another one of its group (an endorsement's id), or to a place counted from 1; or back
    among those who stand by name. Said so, a move that comes twice is done once.
    """

    kind: Kind
    number: int = 0


@dataclass(frozen=True)
class Moved:
    one: Standing
    place: int  # counted from 1
    of: int
    changed: bool


def move(connection: Connection, slug: str, id: int, to: To, who: str, now: datetime) -> Moved:
    """Gives one of the undersigned its place in its group. Raises NotFound, Refused, or Overtaken: nothing is moved.

    Others may move or withdraw meanwhile: each move is made in the order as it is then.
    """
    letter = letters.letter_by_slug(connection, slug)
    if not letter.by_hand:
        raise Overtaken(
            "The order was switched away from “by hand” meanwhile, so nothing was moved. The places that were given "
            "are kept: choose “by hand” to go on with them."
        )
    group = _group_of(connection, letter, id)
    before = next(at for at, one in enumerate(group) if one.id == id)
    one = group.pop(before)
    if to.kind == "name":
        return _by_name(connection, letter, one, before, who, now)
    target = _target(group, to)
    stood = one.place is not None and target == before
    if not stood:
        connection.execute(_put, [{"of": of, "new_place": place} for of, place in places(group, target, one)])
        _note(connection, letter, one, target + 1, len(group) + 1, who, now)
    return Moved(one, target + 1, len(group) + 1, not stood)


def _group_of(connection: Connection, letter: Letter, id: int) -> list[Standing]:
    for _, group in standing(connection, letter):
        if any(one.id == id for one in group):
            return group
    raise NotFound("This organisation does not stand under the letter any more, so nothing was moved.")


def _target(others: Sequence[Standing], to: To) -> int:
    """How many of the others stand before it then."""
    if to.kind == "place":
        if not 1 <= to.number <= len(others) + 1:
            raise Refused(f"There are {len(others) + 1:,} in this group. Give a number from 1 to {len(others) + 1:,}.")
        return to.number - 1
    for at, other in enumerate(others):
        if other.id == to.number:
            return at if to.kind == "before" else at + 1
    raise Overtaken(
        "The organisation that this one was to stand next to is not in this group any more, so nothing was moved. The "
        "order as it is now is shown below."
    )


def places(others: Sequence[Standing], target: int, one: Standing) -> list[tuple[int, int]]:
    """Which rows are written, and the place of each: mostly one."""
    placed = [other.place for other in others if other.place is not None]
    if target > len(placed):  # all before it are placed, as they stand
        last = placed[-1] if placed else 0
        rows = [*others[len(placed) : target], one]
        written = [(row.id, last + _ROOM * number) for number, row in enumerate(rows, 1)]
    else:
        place = _between(placed[target - 1] if target else None, placed[target] if target < len(placed) else None)
        written = [(one.id, place)] if place is not None else _spread(others, placed, target, one)
    if all(abs(place) <= _FURTHEST for _, place in written):
        return written
    anew = [*others[:target], one, *others[target : max(target, len(placed))]]
    return [(row.id, _ROOM * number) for number, row in enumerate(anew, 1)]


def _spread(others: Sequence[Standing], placed: list[int], target: int, one: Standing) -> list[tuple[int, int]]:
    """Where two neighbours have no room between them, those around them move apart: as few as give all some room."""
    reach = 1
    while True:
        reach *= 2
        begin, end = max(target - reach, 0), min(target + reach, len(placed))
        lower = placed[begin - 1] if begin else placed[0] - _ROOM * reach
        upper = placed[end] if end < len(placed) else placed[-1] + _ROOM * reach
        rows = [*others[begin:target], one, *others[target:end]]
        step = (upper - lower) // (len(rows) + 1)
        if step >= _SOME_ROOM:
            return [(row.id, lower + step * number) for number, row in enumerate(rows, 1)]


def _between(lower: int | None, upper: int | None) -> int | None:
    """A place between two, or None where there is no room."""
    if lower is None:
        place = _ROOM if upper is None else upper - _ROOM
    elif upper is None:
        place = lower + _ROOM
    else:
        place = (lower + upper) // 2
    fits = (lower is None or lower < place) and (upper is None or place < upper)
    return place if fits else None


def _by_name(connection: Connection, letter: Letter, one: Standing, before: int, who: str, now: datetime) -> Moved:
    if one.place is not None:
        connection.execute(_put, {"of": one.id, "new_place": None})
        _note(connection, letter, one, 0, 0, who, now)
    group = _group_of(connection, letter, one.id)
    place = next(at for at, other in enumerate(group, 1) if other.id == one.id)
    return Moved(one._replace(place=None), place, len(group), one.place is not None)


def _note(connection: Connection, letter: Letter, one: Standing, place: int, of: int, who: str, now: datetime) -> None:
    data = {"name": one.name, "group": one.group, "place": place, "of": of}
    add_history(connection, letter.id, now, Deed("place given", who, one.invitation_id, data))
