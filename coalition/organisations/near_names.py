"""Names that are nearly the same: one letter off, words in another order, initials, another name in brackets."""

import re
from collections.abc import Iterator, Mapping
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


Block = tuple[int, str, str, str]  # length, the letters before a third and after it, the numbers of the whole


class NearNames:
    """An index of names, asked for one that is near. Adding and finding take as long however many there are."""

    def __init__(self) -> None:
        self._by_form: dict[str, int] = {}
        self._blocks: dict[Block, dict[int, str]] = {}  # forms by their number

    def add(self, name: str, number: int) -> None:
        """Enters a name under a number of the caller's. The first of several near names is the one that is found."""
        forms = forms_of(name)
        if not forms:
            return
        if forms[0] not in self._by_form:
            for block in blocks_of(forms[0]):
                self._blocks.setdefault(block, {}).setdefault(number, forms[0])
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
                near = slip(forms[0], self._blocks[block])
                if near is not None:
                    found.append(near)
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
    """What is left of it without its first, its second and its last third: one slip leaves one of these as it is.

    Each has its length and its numbers. The thirds overlap by a letter, or two letters that changed places between
    them would spoil all. Numbers must be the same: "Unit 4" is not "Unit 5".
    """
    return tuple(_blocks(form, len(form), _numbers(form))) if len(form) >= _SHORTEST else ()


@lru_cache(maxsize=100)  # a row is looked for in the directory, and at once in the list
def blocks_to_search(form: str) -> tuple[Block, ...]:
    """Where a form that is one slip apart may stand: it is as long, or a letter longer or shorter."""
    if len(form) < _SHORTEST:
        return ()
    numbers = _numbers(form)
    lengths = range(max(len(form) - 1, _SHORTEST), len(form) + 2)
    return tuple(block for length in lengths for block in _blocks(form, length, numbers))


def _blocks(form: str, length: int, numbers: str) -> Iterator[Block]:
    """Those of a form of that length that has the same letters before a third and after it."""
    for third in range(3):
        after = length - min(length, (third + 1) * length // 3 + 1)
        yield length, form[: third * length // 3], form[len(form) - after :], numbers


def _numbers(form: str) -> str:
    return "" if form.isalpha() else _NOT_DIGITS.sub("", form)


def slip(form: str, others: Mapping[int, str]) -> int | None:
    """The first of the others that is equal but for a letter added, left out, replaced or changed places with the next.

    None of them may be equal.
    """
    found = process.extractOne(form, others, scorer=OSA.distance, score_cutoff=1)
    return None if found is None else found[2]
