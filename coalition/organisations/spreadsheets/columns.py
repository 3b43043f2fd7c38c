"""Which column of a list holds what: guessed from titles and cells, for a person to correct."""

import re
from collections.abc import Callable
from typing import Final

from coalition.organisations.names import register_id
from coalition.organisations.spreadsheets.encodings import Unreadable
from coalition.organisations.spreadsheets.reading import Table
from coalition.organisations.spreadsheets.titles import FIELDS, Field, field_of

__all__ = ["FIELDS", "IGNORED", "REPEATABLE", "Field", "Mapping", "check", "guess"]

IGNORED: Final = ""  # the field of a column that is not read
# A list may hold a second contact beside the first, and first names beside last names.
REPEATABLE: Final[frozenset[str]] = frozenset({"email", "contact_name", "contact_role"})

Mapping = dict[int, str]  # column, counted from 0, to one of FIELDS or IGNORED

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEBSITE: Final = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)+(?:/\S*)?", re.IGNORECASE)


def guess(table: Table) -> Mapping:
    """A field for every column, or IGNORED where nothing tells.

    Titles come first, then what the cells look like; the leftmost column of words that is left is the name. Each
    field is used once, except those in REPEATABLE.
    """
    columns = range(len(table.header))
    mapping: Mapping = dict.fromkeys(columns, IGNORED)
    for column in columns:
        field = field_of(table.header[column])
        if field and (field in REPEATABLE or field not in mapping.values()):
            mapping[column] = field
    for column in columns:
        if mapping[column] == IGNORED:
            field = _field_by_cells([row[column] for row in table.rows[:200] if row[column]])
            if field and (field not in mapping.values() or (field == "email" and not table.header[column])):
                mapping[column] = field
    if "name" not in mapping.values():
        untitled = [column for column in columns if mapping[column] == IGNORED and _is_words(table, column)]
        unnamed = [column for column in untitled if not table.header[column]] or untitled
        if unnamed:
            mapping[unnamed[0]] = "name"
    return mapping


def check(mapping: Mapping) -> Mapping:
    """The mapping a person chose, or Unreadable with the sentence that says what is wrong with it."""
    chosen = [field for field in mapping.values() if field != IGNORED]
    if unknown := set(chosen) - set(FIELDS):
        raise Unreadable(f"There is no field “{min(unknown)}”.")
    for field in FIELDS:
        if field not in REPEATABLE and chosen.count(field) > 1:
            raise Unreadable(f"Two columns are set to “{field.replace('_', ' ')}”. Choose one of them.")
    if "name" not in chosen:
        raise Unreadable("Choose the column that holds the organisation’s name.")
    return mapping


def _field_by_cells(cells: list[str]) -> Field | None:
    looks: tuple[tuple[Field, Callable[[str], bool]], ...] = (
        ("email", lambda cell: bool(_EMAIL.fullmatch(cell))),
        ("register_id", _is_register_id),
        ("website", lambda cell: bool(_WEBSITE.fullmatch(cell))),
    )
    for field, looks_so in looks:
        if sum(map(looks_so, cells)) * 10 > len(cells) * 6:
            return field
    return None


def _is_register_id(cell: str) -> bool:
    if not re.fullmatch(r"(?:[A-Z]{2}-[A-Z]{2,4}-)?[A-Z]{0,3} ?[0-9]{6,8}", cell):
        return False  # telephone numbers and years, in which a longer text might hold a number by chance
    try:
        return bool(register_id(cell))
    except ValueError:
        return False


def _is_words(table: Table, column: int) -> bool:
    cells = [row[column] for row in table.rows[:200] if row[column]]
    return sum(any(letter.isalpha() for letter in cell) and "@" not in cell for cell in cells) * 2 > len(cells)
