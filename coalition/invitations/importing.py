"""Bringing a list in: what was looked through becomes organisations, contacts and places on the letter's list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from coalition.base.refused import Refused
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records
from coalition.invitations.actions import as_row
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import actions as organisation_actions
from coalition.organisations import records as organisations
from coalition.organisations.records import Contact
from coalition.organisations.sorting_out import Row

Choice = Literal["same", "new", "leave"]


@dataclass(frozen=True)
class Brought:
    organisations: int  # new in the directory
    contacts: int  # new in the directory
    on_list: int  # new on the letter's list
    left_out: int  # rows with errors, or that a person left out


def bring_in(
    connection: Connection,
    slug: str,
    import_id: int | None,
    rows: Sequence[Row],
    choices: Mapping[int, Choice],
    who: str,
    now: datetime,
) -> Brought:
    """All of it or nothing. `choices` says for a row, by its place, what a person decided about a likely double:
    "same" unless they said otherwise. Pressed twice, it is done once: Refused the second time.
    """
    letter = letters.letter_by_slug(connection, slug)
    if import_id is not None and not organisations.finish_import(connection, import_id, now):
        raise Refused("This list has been imported already.")
    taken = [
        (row, choices.get(place, "same"))
        for place, row in enumerate(rows)
        if row.verdict != "error" and choices.get(place) != "leave"
    ]
    places, added = _organisations(connection, taken, now)
    first_contacts, new_contacts = _contacts(
        connection, [(row, at) for (row, _), at in zip(taken, places, strict=True)]
    )
    on_list = _put_on_list(connection, letter, taken, places, first_contacts, who, now)
    brought = Brought(added, new_contacts, on_list, len(rows) - len(taken))
    add_history(connection, letter.id, now, Deed("list imported", who, data=dict(vars(brought))))
    return brought


def _organisations(connection: Connection, taken: Sequence[tuple[Row, Choice]], now: datetime) -> tuple[list[int], int]:
    """For each row the id of its organisation; those not in the directory are added first, all at once."""
    # The directory may have grown since the list was looked through: asked again, by what cannot be doubted.
    directory = organisations.everyone(connection)
    by_name = {one.name_key: one.id for one in directory}
    by_register = {one.register_id: one.id for one in directory if one.register_id}
    fresh: list[dict[str, object]] = []
    place_of_row: dict[int, int] = {}  # number of a row in the file -> where its organisation is
    places: list[int] = []  # an id, or -1 - index into fresh
    for row, choice in taken:
        match = row.match if row.verdict != "likely" or choice == "same" else None
        place: int | None = None
        if match and match.organisation is not None:
            place = match.organisation
        elif match and match.row is not None:
            place = place_of_row.get(match.row)
        values = organisation_actions.as_row(row.values, now)
        if place is None and row.verdict != "likely":
            place = by_register.get(str(values["register_id"]), by_name.get(str(values["name_key"])))
        if place is None:
            if values["register_id"] in by_register:
                values["register_id"] = None  # a number belongs to one organisation
            place = -1 - len(fresh)
            fresh.append(values)
            by_name.setdefault(str(values["name_key"]), place)
            if values["register_id"]:
                by_register[str(values["register_id"])] = place
        place_of_row.setdefault(row.number, place)
        places.append(place)
    ids = organisations.add(connection, fresh)
    return [place if place >= 0 else ids[-1 - place] for place in places], len(ids)


def _contacts(connection: Connection, rows: Sequence[tuple[Row, int]]) -> tuple[dict[int, Contact], int]:
    """Adds contacts that are new. Returns for each organisation the first contact that the list names, and how many."""
    known = organisations.contact_addresses(connection)
    fresh: dict[tuple[int, str], dict[str, object]] = {}
    for row, organisation_id in rows:
        key = (organisation_id, row.values.email)
        if row.values.email and key not in known and key not in fresh:
            fresh[key] = {
                "organisation_id": organisation_id,
                "email": row.values.email,
                "name": row.values.contact_name,
                "role": row.values.contact_role,
            }
    ids = dict(zip(fresh, organisations.add_contacts(connection, list(fresh.values())), strict=True))
    first: dict[int, Contact] = {}
    for row, organisation_id in rows:
        key = (organisation_id, row.values.email)
        if row.values.email and organisation_id not in first:
            id = ids[key] if key in ids else known[key]
            values = row.values
            first[organisation_id] = Contact(
                id, organisation_id, values.contact_name, values.email, values.contact_role
            )
    return first, len(ids)


def _put_on_list(
    connection: Connection,
    letter: Letter,
    taken: Sequence[tuple[Row, Choice]],
    places: Sequence[int],
    contacts: Mapping[int, Contact],
    who: str,
    now: datetime,
) -> int:
    there = records.organisations_on(connection, letter.id)
    names = {one.id: one.name for one in organisations.everyone(connection)}
    rows, called = [], []
    for (row, _), organisation_id in zip(taken, places, strict=True):
        if organisation_id in there:
            continue
        there.add(organisation_id)
        group = row.values.group if row.values.group in letter.groups else next(iter(letter.groups), "")
        name = names[organisation_id]
        rows.append(as_row(letter, organisation_id, name, contacts.get(organisation_id), group, now))
        called.append(name)
    ids = records.add(connection, rows)
    deeds = (Deed("organisation added", who, id, {"name": name}) for id, name in zip(ids, called, strict=True))
    add_history(connection, letter.id, now, *deeds)
    return len(ids)
