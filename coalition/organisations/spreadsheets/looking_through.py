"""Reading a list and sorting it out, a few hundred rows at a time: what was given becomes rows to be looked at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection

from coalition.base.database import Doors
from coalition.base.refused import Refused
from coalition.letters import records as letters
from coalition.organisations import names, records
from coalition.organisations.records import Organisation
from coalition.organisations.spreadsheets import columns, listed_rows, lists, reading, sorting_out, traces
from coalition.organisations.spreadsheets.columns import Mapping
from coalition.organisations.spreadsheets.encodings import Unreadable
from coalition.organisations.spreadsheets.lists import Claim, Import
from coalition.organisations.spreadsheets.reading import Table

Clock = Callable[[], datetime]

AT_ONCE: Final = 500  # rows written in one go
SAMPLES: Final = 2  # rows shown beside the columns' titles


def look_through(database: Doors, claim: Claim, clock: Clock, table: Table | None = None) -> None:
    """Goes on until the list is ready or has failed, with a `table` that was read of it already if there is one.

    Raises lists.TakenOver when somebody else has begun to.
    """
    given = database.read_now(_given, claim)
    try:
        table = _read(database, claim, given.listed.columns, table)
    except Unreadable as refusal:
        database.write_now(lists.go_on, claim, clock(), state="failed", problem=str(refusal))
        return
    mapping, is_remembered = _mapping(given.listed.columns, table, database.read_now(lists.remembered, table.header))
    try:
        columns.check(mapping)
        problem = ""
    except Unreadable as refusal:
        problem = str(refusal)
    if table.had_header and not problem and any(column.isdigit() for column in given.listed.columns):
        chosen = {str(column): field for column, field in mapping.items()}
        database.write_now(lists.remember, table.header, chosen, clock())
    found = _found(table, mapping, is_remembered)
    steps = 0 if problem else len(table.rows)
    database.write_now(lists.go_on, claim, clock(), found=found, step=0, steps=steps, problem="")
    while database.write_now(_forget_some, claim, clock()):
        pass
    if not problem:
        _sort_out(database, claim, clock, given, table, mapping)
    database.write_now(lists.go_on, claim, clock(), state="ready", problem=problem)


def _read(database: Doors, claim: Claim, corrected: dict[str, str], table: Table | None) -> Table:
    """Whether the first row holds titles is guessed, unless a person has said so, of this list or of one like it."""
    titles = {"yes": True, "no": False}.get(corrected.get("titles", ""))
    if table is None:
        table = reading.read_rows(database.read_now(lists.file_of, claim.id), titles, corrected.get("sheet", ""))
    if titles is None and not table.had_header and database.read_now(lists.remembered, table.rows[0]):
        return replace(table, header=table.rows[0], rows=table.rows[1:], numbers=table.numbers[1:], had_header=True)
    return table


@dataclass(frozen=True)
class _Given:
    listed: Import
    groups: tuple[str, ...]
    known: list[Organisation]


def _given(connection: Connection, claim: Claim) -> _Given:
    listed = lists.held(connection, claim)
    groups = tuple(letters.letter(connection, listed.letter_id).groups)
    return _Given(listed, groups, records.everyone(connection))


def _mapping(corrected: dict[str, str], table: Table, remembered: dict[str, str]) -> tuple[Mapping, bool]:
    """Which column holds what: as a person has said, or said of the last list with these titles, or as guessed."""
    guessed = columns.guess(table)
    if any(column.isdigit() for column in corrected):
        return {column: corrected.get(str(column), "") for column in guessed}, False
    if remembered:
        return {column: remembered.get(str(column), "") for column in guessed}, True
    return guessed, False


def _found(table: Table, mapping: Mapping, is_remembered: bool) -> dict[str, Any]:
    return {
        "titles": list(table.header),
        "samples": [list(row) for row in table.rows[:SAMPLES]],
        "had_header": table.had_header,
        "mapping": {str(column): field for column, field in mapping.items()},
        "remembered": is_remembered,
        "sheet": table.sheet,
        "sheets": list(table.sheets),
    }


def _forget_some(connection: Connection, claim: Claim, now: datetime) -> bool:
    lists.go_on(connection, claim, now)
    return listed_rows.forget(connection, claim.id)


def _sort_out(
    database: Doors,
    claim: Claim,
    clock: Clock,
    given: _Given,
    table: Table,
    mapping: Mapping,
) -> None:
    changes = given.listed.changes or {}
    written = {key: change["values"] for key, change in changes.items() if "values" in change}
    rows = sorting_out.each(table, mapping, given.known, given.groups, written)
    first = step = 0
    while some := list(islice(rows, AT_ONCE)):
        chosen = [
            (row, change.get("choice", ""), change.get("same_as"))
            for row, change in ((row, changes.get(row.key, {})) for row in some)
        ]
        step += sum(row.nth == 0 for row in some)
        database.write_now(_keep, claim, first, chosen, step, clock())
        first += len(some)


def _keep(connection: Connection, claim: Claim, first: int, rows: list[Any], step: int, now: datetime) -> None:
    lists.go_on(connection, claim, now, step=step)
    listed_rows.add(connection, claim.id, first, rows)


# What a person changes in it.


@dataclass(frozen=True)
class Change:
    """What a person said of one row; empty where they said nothing new."""

    texts: dict[str, str] | None = None  # by field, all of the row's
    choice: str = ""
    same_as: str = ""  # name or register number of the organisation it is the same as


def change(connection: Connection, id: int, changes: dict[int, Change], now: datetime) -> Claim | None:
    """Keeps them, by the rows' places. When texts changed the list is to be sorted out again, for which the claim is.

    Raises Refused when there is no such organisation, or the list was imported meanwhile.
    """
    kept: dict[str, dict[str, Any]] = {}
    chosen: list[tuple[int, str, int | None]] = []
    for one in listed_rows.named(connection, id, list(changes)):
        said, new = changes[one.place], kept.setdefault(one.row.key, {})
        if said.texts is not None:
            new["values"] = said.texts
        if said.choice or said.same_as:
            same_as = _meant(connection, said.same_as) if said.same_as else None
            new |= {"choice": "same" if same_as else said.choice, "same_as": same_as}
            chosen.append((one.place, new["choice"], same_as))
    listed_rows.choose(connection, id, chosen)
    return lists.change_rows(connection, id, kept, now) if kept else None


def _meant(connection: Connection, text: str) -> int:
    try:
        number = names.register_id(text)
    except ValueError:
        number = ""
    found = traces.by_name_and_number(connection, {names.name_key(text)}, {number})
    id = found.by_number.get(number) or next((id for _, id in found.by_name.get(names.name_key(text), ())), None)
    if id is None:
        raise Refused(f"There is no organisation “{text[:80]}” in the directory. Write its name as it stands there.")
    return id
