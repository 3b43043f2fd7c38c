"""One row's cells checked and tidied: an organisation and its contacts, with what is wrong in plain sentences."""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as TextOf
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Final, NamedTuple

from coalition.organisations import names
from coalition.organisations.spreadsheets.columns import FIELDS, Mapping
from coalition.organisations.spreadsheets.reading import name_and_address

LONGEST_NAME: Final = 200  # characters; one line of the printed list holds about 60

_MISSING: Final = re.compile(
    r"(?:n\.?/?a\.?|none|nil|tb[ac]|unknown|not (?:known|given)|no e-?mail|pending|\?+|-+|–|—|\.+|x{2,3})",
    re.IGNORECASE,
)
_MISSING_BEGINS: Final = frozenset("nNtTuUpP?-–—.xX")  # most cells, and they come by the ten thousand, do not
_ONE_ADDRESS: Final = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")  # with nothing around it
_ADDRESS: Final = re.compile(r"\S+@\S+|www\.\S+")
_SPREADSHEET_ERROR: Final = re.compile(r"#(?:REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|N/A|BEZUG!|WERT!|NV)|Err:[0-9]{3}$")
_FORMULA: Final = "There is a formula in the cell, which a list cannot carry."
_TOTAL: Final = re.compile(
    r"(?:grand |sub ?)?(?:total|totals|sum|count|summe|gesamt|somme|suma|cyfanswm)"
    r"(?: (?:number )?(?:of )?(?:organisations?|charities|signator(?:y|ies)|rows?|names|so far))*(?: [0-9]+)?"
    r"|[0-9]+ (?:organisations?|charities|signator(?:y|ies)|rows|names)(?: in (?:all|total)| so far)?"
)
# UTF-8 that was once read as cp1252, and letters already lost: it cannot be repaired here, but it can be seen.
_GARBLED: Final = re.compile(
    "â€[\u0080-\uffff]|Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[ÅÄ][\u0080-\u00bf‚„]|\ufffd"
)
_LAST_NAMES: Final = re.compile(
    r"\s*(?:last|family|sur).*name|surname|nachname|nom de famille|apellidos?", re.IGNORECASE
)


@dataclass(frozen=True)
class Values:
    """What a row says, checked; empty where it says nothing or nothing that can be used."""

    name: str = ""
    register_id: str = ""
    website: str = ""
    kind: str = ""
    country: str = ""
    group: str = ""
    contact_name: str = ""
    email: str = ""
    contact_role: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Entry:
    values: Values
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def contact(self) -> dict[str, str]:
        """The fields that a further contact does not share with the first."""
        return {key: getattr(self.values, key) for key in ("contact_name", "email", "contact_role")}


class Reader:
    """Makes entries of the rows of one list. What hangs on its columns and groups alone is worked out once."""

    def __init__(self, header: Sequence[str], mapping: Mapping, groups: Sequence[str]) -> None:
        held = {field: column for column, field in mapping.items()}
        numbers = header[held["register_id"]].lower() if "register_id" in held else ""
        register = "GB-COH" if "compan" in numbers and "charit" not in numbers else "GB-CHC"
        self._groups = {_singular(group): group for group in groups}
        checks: dict[str, Callable[[str], str]] = {
            "register_id": lambda text: names.register_id(text, register),
            "website": names.website,
            "kind": str,
            "country": str,
            "group": self._group,
        }
        self._checked = [(field, held[field], check) for field, check in checks.items() if field in held]
        self._words = [(field, held[field]) for field in ("name", "notes") if field in held]
        self._kind = held.get("kind")
        self._untitled = [column for column, title in enumerate(header) if not title] if any(header) else []
        contacts: dict[str, list[int]] = {field: [] for field in ("contact_name", "email", "contact_role")}
        for column, field in sorted(mapping.items()):
            if field in contacts:
                contacts[field].append(column)
        self._persons = _persons(header, contacts["contact_name"])
        self._addresses, self._roles = contacts["email"], contacts["contact_role"]

    def entries(self, row: Sequence[str]) -> list[Entry]:
        """The organisation with its first contact, then an entry for each further contact in the same row."""
        warnings: list[str] = []
        said = self._organisation(row, warnings)
        if any(row[column] for column in self._untitled):
            warnings.append("There are cells to the right of the last title: is a comma missing its quotation marks?")
        first, *further = self._contacts(row) or [_Contact()]
        errors = tuple(_wrong_with_name(said.get("name", "")))
        if first.wrong:
            errors = (*errors, first.wrong)
        if not first.email and not errors:
            warnings.append("There is no e-mail address: it can be added, but not asked yet.")
        values = Values(contact_name=first.name, email=first.email, contact_role=first.role, **said)
        return [Entry(values, errors, tuple(warnings)), *map(_entry, further)]

    def _organisation(self, row: Sequence[str], warnings: list[str]) -> dict[str, str]:
        said: dict[str, str] = {field: _line(row[column]) for field, column in self._words}
        name = said.get("name", "")
        if not name.isascii() and _GARBLED.search(name):
            warnings.append("The name looks garbled, as if it had been opened in the wrong encoding once.")
        for field, column, check in self._checked:
            text = _line(row[column])
            if not _is_missing(text):
                try:
                    said[field] = check(_plain(text))
                except ValueError as wrong:
                    warnings.append(f"{wrong} It is left out.")
        if self._kind is not None and not said.get("group"):
            # A column of kinds often says what the letter's groups are called: "Trade union" for "Trade unions".
            kind = _line(row[self._kind])
            said["group"] = self._groups.get(_singular(kind), "") if kind else ""
        return said

    def _group(self, text: str) -> str:
        if found := self._groups.get(_singular(text)):
            return found
        raise ValueError(f"The letter has no group “{text[:60]}”.")

    def _contacts(self, row: Sequence[str]) -> list["_Contact"]:
        """Every address in the row with the name and role that belong to it; a name without one if that is all.

        Those that can be written to come first.
        """
        people = [" ".join(filter(None, (_said(row[column]) for column in share))) for share in self._persons]
        roles = [_said(row[column]) for column in self._roles]
        found: list[_Contact] = []
        for column, person, role in zip_longest(self._addresses, people, roles):
            person, role = person or "", role or ""
            addresses = _addresses(row[column]) if column is not None else []
            if not addresses and (person or role) and not found:
                found.append(_Contact(person, "", role))
            for name, address, wrong in addresses:
                found.append(_Contact(person or name, address, role, wrong))
                person = role = ""  # the second address in a cell is somebody else's, or nobody's
        if len(found) > 1:
            found.sort(key=lambda contact: (bool(contact.wrong), not contact.email))
            found = [contact for contact in found if contact.email or contact.wrong or contact is found[0]]
        return found


class _Contact(NamedTuple):
    name: str = ""
    email: str = ""
    role: str = ""
    wrong: str = ""


def _entry(contact: _Contact) -> Entry:
    values = Values(contact_name=contact.name, email=contact.email, contact_role=contact.role)
    return Entry(values, (contact.wrong,) if contact.wrong else ())


def rewritten(texts: TextOf[str, str], groups: Sequence[str]) -> Entry:
    """What a person wrote in place of a row, by field, checked like the cells of a list."""
    row = [texts.get(field, "") for field in FIELDS]
    first, *further = Reader(FIELDS, dict(enumerate(FIELDS)), groups).entries(row)
    if further:
        return Entry(first.values, (*first.errors, "Please give one e-mail address here."), first.warnings)
    return first


def _persons(header: Sequence[str], columns: list[int]) -> list[list[int]]:
    """The columns of each contact's name. Last names belong to the first names beside them, on either side."""
    persons = sum(not _LAST_NAMES.search(header[column]) for column in columns) or len(columns)
    each = -(-len(columns) // persons) if columns else 1
    return [
        sorted(columns[start : start + each], key=lambda column: bool(_LAST_NAMES.search(header[column])))
        for start in range(0, len(columns), each)
    ]


def _said(cell: str) -> str:
    text = _line(cell)
    return "" if _is_missing(text) or text.startswith("=") else text


def _addresses(cell: str) -> list[tuple[str, str, str]]:
    """Name, address and what is wrong with it, for each address in a cell."""
    if _is_missing(_line(cell)):
        return []
    if cell.startswith("=") or _SPREADSHEET_ERROR.match(cell):
        return [("", "", "There is a formula where the e-mail address should be.")]
    if _ONE_ADDRESS.fullmatch(cell):
        return [("", *_checked(cell))]
    pieces = re.split(r"[;,|/\n]", cell) if cell.count("@") > 1 else [cell]
    found = []
    for piece in pieces:
        if "<" in piece:  # without the bracket, "jo smith@x.example" is a slip and not Jo with smith@x.example
            *name, address = name_and_address(_line(piece))
            found.append(("".join(name), address))
        else:
            found += [("", part) for part in (piece.split() if piece.count("@") > 1 else [_line(piece)]) if part]
    return [(name, *_checked(address.strip("'"))) for name, address in found]


def _checked(address: str) -> tuple[str, str]:
    try:
        return names.check_email(address), ""
    except ValueError as wrong:
        return address[:254], str(wrong)


@lru_cache(maxsize=5_000)
def _singular(text: str) -> str:
    words = names.name_key(text).split()
    return " ".join(re.sub("ies$", "y", word) if word.endswith("ies") else word.removesuffix("s") for word in words)


def _wrong_with_name(name: str) -> Iterator[str]:
    if _is_missing(name):
        yield "There is no name."
    elif name.startswith("=") or _SPREADSHEET_ERROR.match(name):
        yield "The name is a formula, which a list cannot carry."
    elif "://" in name or _ADDRESS.fullmatch(name):
        yield "This is an address, not a name."
    elif _TOTAL.fullmatch(names.name_key(name)):
        yield "This looks like a total, not an organisation."
    elif not any(letter.isalnum() for letter in name):
        yield "The name has no letters."
    elif len(name) > LONGEST_NAME:
        yield f"The name is longer than {LONGEST_NAME} characters."


def _plain(text: str) -> str:
    if text.startswith("=") or _SPREADSHEET_ERROR.match(text):
        raise ValueError(_FORMULA)
    return text


def _is_missing(text: str) -> bool:
    return not text or (text[0] in _MISSING_BEGINS and bool(_MISSING.fullmatch(text)))


def _line(cell: str) -> str:
    return " ".join(cell.split())
