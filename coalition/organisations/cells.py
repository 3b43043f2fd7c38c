"""One row's cells checked and tidied: an organisation and its contacts, with what is wrong in plain sentences."""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as TextOf
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from coalition.organisations import names
from coalition.organisations.columns import FIELDS, Mapping
from coalition.organisations.reading import name_and_address

LONGEST_NAME: Final = 200  # characters; one line of the printed list holds about 60

_MISSING: Final = re.compile(
    r"(?:n\.?/?a\.?|none|nil|tb[ac]|unknown|not (?:known|given)|no e-?mail|pending|\?+|-+|–|—|\.+|x{2,3})",
    re.IGNORECASE,
)
_ONE_ADDRESS: Final = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")  # with nothing around it
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


def entries(header: Sequence[str], row: Sequence[str], mapping: Mapping, groups: Sequence[str]) -> list[Entry]:
    """The organisation with its first contact, then an entry for each further contact in the same row."""
    warnings: list[str] = []
    values = _organisation(header, row, mapping, groups, warnings)
    if any(cell and not title for cell, title in zip(row, header, strict=True)) and any(header):
        warnings.append("There are cells to the right of the last title: is a comma missing its quotation marks?")
    contacts = sorted(_contacts(header, row, mapping), key=lambda entry: (bool(entry.errors), not entry.values.email))
    contacts = [entry for entry in contacts if entry.values.email or entry.errors or entry is contacts[0]]
    first = contacts[0] if contacts else Entry(Values())
    errors = [*_wrong_with_name(values.name), *first.errors]
    if not first.values.email and not errors:
        warnings.append("There is no e-mail address: it can be added, but not asked yet.")
    return [Entry(replace(values, **first.contact), tuple(errors), tuple(warnings)), *contacts[1:]]


def rewritten(texts: TextOf[str, str], groups: Sequence[str]) -> Entry:
    """What a person wrote in place of a row, by field, checked like the cells of a list."""
    row = [texts.get(field, "") for field in FIELDS]
    first, *further = entries(FIELDS, row, dict(enumerate(FIELDS)), groups)
    if further:
        return Entry(first.values, (*first.errors, "Please give one e-mail address here."), first.warnings)
    return first


def _organisation(
    header: Sequence[str], row: Sequence[str], mapping: Mapping, groups: Sequence[str], warnings: list[str]
) -> Values:
    held = {field: column for column, field in mapping.items()}

    def cell(field: str) -> str:
        return _line(row[held[field]]) if field in held else ""

    def title(field: str) -> str:
        return header[held[field]].lower() if field in held else ""

    def checked(field: str, check: Callable[[str], str]) -> str:
        text = cell(field)
        if _is_missing(text):
            return ""
        try:
            return check(_plain(text))
        except ValueError as wrong:
            warnings.append(f"{wrong} It is left out.")
            return ""

    companies = "compan" in title("register_id") and "charit" not in title("register_id")
    name = cell("name")
    if _GARBLED.search(name):
        warnings.append("The name looks garbled, as if it had been opened in the wrong encoding once.")
    return Values(
        name=name,
        register_id=checked("register_id", lambda text: names.register_id(text, "GB-COH" if companies else "GB-CHC")),
        website=checked("website", names.website),
        kind=checked("kind", _plain),
        country=checked("country", _plain),
        group=checked("group", lambda text: _group(text, groups)) or _group_of_kind(cell("kind"), groups),
        notes=cell("notes"),
    )


def _contacts(header: Sequence[str], row: Sequence[str], mapping: Mapping) -> list[Entry]:
    """Every address in the row with the name and role that belong to it; a name without an address if that is all."""
    held: dict[str, list[int]] = {field: [] for field in ("contact_name", "email", "contact_role")}
    for column, field in sorted(mapping.items()):
        if field in held:
            held[field].append(column)
    people = _people(header, row, held["contact_name"])
    roles = [_said(row[column]) for column in held["contact_role"]]
    found: list[Entry] = []
    for column, person, role in zip_longest(held["email"], people, roles):
        values = Values(contact_name=person or "", contact_role=role or "")
        addresses = _addresses(row[column]) if column is not None else []
        for name, address, wrong in addresses:
            known = replace(values, email=address, contact_name=values.contact_name or name)
            found.append(Entry(known, (wrong,) if wrong else ()))
            values = Values()  # the second address in a cell is somebody else's, or nobody's
        if not addresses and (person or role) and not found:
            found.append(Entry(values))
    return found


def _people(header: Sequence[str], row: Sequence[str], columns: list[int]) -> list[str]:
    """The names of the contacts. Columns of last names belong to the first names beside them, on either side."""
    persons = sum(not _LAST_NAMES.search(header[column]) for column in columns) or len(columns)
    each = -(-len(columns) // persons) if columns else 1
    people = []
    for start in range(0, len(columns), each):
        share = sorted(columns[start : start + each], key=lambda column: bool(_LAST_NAMES.search(header[column])))
        people.append(" ".join(said for said in (_said(row[column]) for column in share) if said))
    return people


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


def _group(text: str, groups: Sequence[str]) -> str:
    if found := _by_key(tuple(groups)).get(_singular(text)):
        return found
    raise ValueError(f"The letter has no group “{text[:60]}”.")


def _group_of_kind(kind: str, groups: Sequence[str]) -> str:
    """A column of kinds often says what the letter's groups are called: "Trade union" for "Trade unions"."""
    if not kind:
        return ""
    try:
        return _group(kind, groups)
    except ValueError:
        return ""


@lru_cache(maxsize=100)
def _by_key(groups: tuple[str, ...]) -> dict[str, str]:
    return {_singular(group): group for group in groups}


@lru_cache(maxsize=5_000)
def _singular(text: str) -> str:
    words = names.name_key(text).split()
    return " ".join(re.sub("ies$", "y", word) if word.endswith("ies") else word.removesuffix("s") for word in words)


def _wrong_with_name(name: str) -> Iterator[str]:
    if _is_missing(name):
        yield "There is no name."
    elif name.startswith("=") or _SPREADSHEET_ERROR.match(name):
        yield "The name is a formula, which a list cannot carry."
    elif "://" in name or re.fullmatch(r"\S+@\S+|www\.\S+", name):
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
    return not text or bool(_MISSING.fullmatch(text))


def _line(cell: str) -> str:
    return " ".join(cell.split())
