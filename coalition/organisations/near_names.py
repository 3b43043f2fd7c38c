"""Names that are nearly the same: one letter off, words in another order, initials, another name in brackets."""

import re
from typing import Final

from coalition.organisations.names import name_key

# Words that come and go in the name of one organisation. Places are not among them, except where all of us are.
_GENERIC: Final = frozenset(
    "uk gb the of for and in to a on at with from charity charitable trust foundation fund society association "
    "organisation organization org group network project service services centre center campaign y yr de la le les "
    "des du et fur und der die das".split()
)
_SHORTEST: Final = 5  # letters; in shorter names every letter counts
_IN_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]{2,80})[)\]]")


class NearNames:
    """An index of names, asked for one that is near. Both take time in proportion to the name's length only."""

    def __init__(self) -> None:
        self._by_form: dict[str, int] = {}
        self._telling: dict[int, str] = {}
        self._by_slip: dict[int, int] = {}  # hashes of slips, not slips: a directory of 10,000 has 300,000
        self._more_by_slip: dict[int, list[int]] = {}

    def add(self, name: str, number: int) -> None:
        """Enters a name under a number of the caller's. The first of several near names is the one that is found."""
        forms = _forms(name)
        if not forms:
            return
        fresh = forms[0] not in self._by_form
        for form in forms:
            self._by_form.setdefault(form, number)
        if fresh:
            self._telling[number] = forms[0]
            for slip in _slips(forms[0]):
                if self._by_slip.setdefault(slip, number) != number:
                    self._more_by_slip.setdefault(slip, []).append(number)

    def find(self, name: str) -> int | None:
        """The number of a name that is near this one, or None."""
        forms = _forms(name)
        for form in forms:
            if (number := self._by_form.get(form)) is not None:
                return number
        found: set[int] = set()
        for slip in _slips(forms[0]) if forms else ():
            if slip in self._by_slip:
                found.update((self._by_slip[slip], *self._more_by_slip.get(slip, ())))
        return min((number for number in found if _one_slip_apart(forms[0], self._telling[number])), default=None)


def _forms(name: str) -> tuple[str, ...]:
    """What a name may be found by: its telling words run together, in order and sorted; initials; what is in brackets.

    Marked apart so that initials meet initials written as a name and nothing else by chance.
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
        forms.append(f"initials {telling[0]}")
    if (inside := _IN_BRACKETS.search(name)) and len(name_key(inside[1])) >= 4:
        outside = name_key(_IN_BRACKETS.sub(" ", name))
        for part in (name_key(inside[1]), outside):
            left = "".join(word for word in part.split() if word not in _GENERIC)
            forms += [form for form in (left,) if len(form) >= 4]
    return tuple(dict.fromkeys(form for form in forms if len(form) >= 4))


def _slips(form: str) -> list[int]:
    """The form with each letter left out in turn, and whole: two forms one slip apart have one of these in common."""
    if len(form) < _SHORTEST:
        return []
    return [hash(form), *(hash(form[:at] + form[at + 1 :]) for at in range(len(form)))]


def _one_slip_apart(one: str, other: str) -> bool:
    """Equal but for a letter added, left out, replaced or changed places with the next. Numbers must be the same."""
    if re.sub(r"\D", "", one) != re.sub(r"\D", "", other):
        return False  # "Unit 4" is not "Unit 5"
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    swapped = len(one) > 1 and one[1::-1] + one[2:] == other
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or swapped
