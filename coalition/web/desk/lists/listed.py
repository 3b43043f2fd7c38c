"""A row of a list as its page shows it and as its form comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from coalition.organisations.spreadsheets import listed_rows
from coalition.organisations.spreadsheets.listed_rows import ListedRow
from coalition.organisations.spreadsheets.looking_through import Change
from coalition.organisations.spreadsheets.sorting_out import Row

# What can be changed in a row; of a further contact only what is theirs.
EDITABLE = (*("name", "register_id", "email", "contact_name", "contact_role", "website", "group", "kind", "country"),)
OF_CONTACT = ("email", "contact_name", "contact_role")
CHOICES = ("same", "new", "leave")
LONGEST = 2_000


@dataclass(frozen=True)
class Shown:
    place: int
    row: Row
    choice: str  # what is chosen, or proposed
    same_as: int | None  # the organisation that a person chose
    texts: dict[str, str]  # by field, as typed last
    wanted: str  # the name that was typed for `same_as` and not found
    is_open: bool  # there is something to put right


def shown(one: ListedRow, typed: Mapping[str, Any] | None) -> Shown:
    """`typed` is a form that was refused: what is in it is shown again."""
    texts = texts_of(one.row)
    choice, wanted = one.choice or _proposed(one.row), ""
    if typed is not None:
        texts = {field: str(typed.get(_named(one.place, field), text)) for field, text in texts.items()}
        choice = str(typed.get(f"row-{one.place}", choice))
        wanted = str(typed.get(_named(one.place, "as"), ""))
    is_open = bool(one.row.errors) or bool(wanted) or texts != texts_of(one.row)
    return Shown(one.place, one.row, choice, one.same_as, texts, wanted, is_open)


def changes_in(connection: Connection, id: int, data: Mapping[str, Any]) -> dict[int, Change]:
    """What the form says of rows, by their place, where that differs from what we knew."""
    places = {
        int(place)
        for name in data
        if (place := name.partition("-")[2].partition("-")[0]).isascii()
        and place.isdigit()
        and len(place) < 7
        and name.startswith(("row-", "edit-"))
    }
    found = {}
    for one in listed_rows.named(connection, id, sorted(places)[:200]):
        before = texts_of(one.row)
        after = {field: _typed(data, one.place, field, text) for field, text in before.items()}
        choice = str(data.get(f"row-{one.place}", ""))
        same_as = " ".join(str(data.get(_named(one.place, "as"), "")).split())[:LONGEST]
        change = Change(
            texts=after if after != before else None,
            choice=choice if choice in CHOICES and choice != (one.choice or _proposed(one.row)) else "",
            same_as=same_as,
        )
        if change != Change():
            found[one.place] = change
    return found


def _typed(data: Mapping[str, Any], place: int, field: str, before: str) -> str:
    typed = data.get(_named(place, field))
    return before if typed is None else " ".join(str(typed).split())[:LONGEST]


def _named(place: int, field: str) -> str:
    return f"edit-{place}-{field}"


def texts_of(row: Row) -> dict[str, str]:
    typed = row.typed or {}
    fields = OF_CONTACT if row.nth else EDITABLE
    return {field: typed.get(field, getattr(row.values, field)) for field in fields}


def _proposed(row: Row) -> str:
    return "new" if row.verdict in ("new", "error") else "same"
