"""Names that are nearly the same: one letter off, words in another order, initials, another name in brackets."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from coalition.organisations.names import name_key

# Words that come and go in the name of one organisation. Places are not among them, except where all of us are.
_GENERIC: Final = frozenset(
    "uk gb the of for and in to a on at with from charity charitable trust foundation fund society association "
    "organisation organization org group network project service services centre center campaign y yr de la le les "
    "des du et fur und der die das".split()
)
_SHORTEST: Final = 5  # letters; in shorter names every letter counts
_NOT_DIGITS: Final = re.compile(r"\D")
_IN_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]{2,80})[)\]]")


Block = tuple[int, int, str, str]  # length, beginning or end, its letters, the numbers of the whole


class NearNames:
    """An index of names, asked for one that is near. Adding and finding take as long however many there are."""

    def __init__(self) -> None:
        self._by_form: dict[str, int] = {}
        self._blocks: dict[Block, tuple[list[str], list[int]]] = {}  # forms, and the number of each

    def add(self, name: str, number: int) -> None:
        """Enters a name under a number of the caller's. The first of several near names is the one that is found."""
        forms = forms_of(name)
        if not forms:
            return
        if forms[0] not in self._by_form:
            for block in blocks_of(forms[0]):
                others, numbers = self._blocks.setdefault(block, ([], []))
                others.append(forms[0])
                numbers.append(number)
        for form in forms:
            self._by_form.setdefault(form, number)

    def find(self, name: str) -> int | None:
        """The number of a name that is near this one, or None."""
        forms = forms_of(name)
        for form in forms:
            # Initials meet initials that are written as a name, not those of another long name.
            sought = _counterpart(form)
            if (number := self._by_form.get(sought)) is not None:
                return number
        found: list[int] = []
        for block in blocks_to_search(forms[0]) if forms else ():
            if block in self._blocks:
                others, numbers = self._blocks[block]
                found += [numbers[place] for place in slips(forms[0], others)]
        return min(found, default=None)


@lru_cache(maxsize=5_000)  # a row is looked for in the directory and in the list, and then added to it
def forms_of(name: str) -> tuple[str, ...]:
    """What a name may be found by: its telling words run together, in order and sorted; initials; what is in brackets.

    Initials are marked apart, and so is a single word that may be some.
    """
    words = name_key(name).split()
    telling = [word for word in words if word not in _GENERIC] or words
    forms = ["".join(telling)]
    if len(telling) > 1:
        forms.append(" ".join(sorted(telling)))
    initials = "".join(word[0] for word in words if word not in ("the", "of", "for", "and", "to", "in", "uk"))
    if len(initials) >= 4:
        forms.append(f"initials {initials}")
    if len(telling) == 1 and len(telling[0]) >= 4:
        forms.append(f"word {telling[0]}")
    if (inside := _IN_BRACKETS.search(name)) and len(name_key(inside[1])) >= 4:
        outside = name_key(_IN_BRACKETS.sub(" ", name))
        for part in (name_key(inside[1]), outside):
            left = "".join(word for word in part.split() if word not in _GENERIC)
            forms += [form for form in (left,) if len(form) >= 4]
    return tuple(dict.fromkeys(form for form in forms if len(form) >= 4))


def _counterpart(form: str) -> str:
    if form.startswith("initials "):
        return f"word {form.removeprefix('initials ')}"
    return f"initials {form.removeprefix('word ')}" if form.startswith("word ") else form


def blocks_of(form: str) -> tuple[Block, ...]:
    """Its beginning and its end, each with its length and its numbers: one slip leaves one of the two as it is.

    They leave a letter out between them, or two letters that changed places in the middle would spoil both. Numbers
    must be the same: "Unit 4" is not "Unit 5".
    """
    if len(form) < _SHORTEST:
        return ()
    half, numbers = (len(form) - 1) // 2, _NOT_DIGITS.sub("", form)
    return (len(form), 0, form[:half], numbers), (len(form), 1, form[-half:], numbers)


def blocks_to_search(form: str) -> Iterator[Block]:
    """Where a form that is one slip apart may stand: it is as long, or a letter longer or shorter."""
    if len(form) >= _SHORTEST:
        numbers = _NOT_DIGITS.sub("", form)
        for length in range(max(len(form) - 1, _SHORTEST), len(form) + 2):
            half = (length - 1) // 2
            yield length, 0, form[:half], numbers
            yield length, 1, form[-half:], numbers


def slips(form: str, others: Sequence[str]) -> list[int]:
    """Which of the others are equal but for a letter added, left out, replaced or changed places with the next."""
    return [place for _, _, place in process.extract(form, others, scorer=OSA.distance, score_cutoff=1, limit=None)]
