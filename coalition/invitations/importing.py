"""Bringing a list in: what was looked through becomes organisations, contacts and places on the letter's list.

Some hundred rows in one write, so that a long list holds up nobody. Each write says how far it came, so that whoever
goes on after a crash brings in each row once and the list ends once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from coalition.base.database import Doors
from coalition.base.refused import Refused
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records
from coalition.invitations.actions import as_row
from coalition.invitations.keys import keys
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import actions as organisation_actions
from coalition.organisations import records as organisations
from coalition.organisations.records import Contact
from coalition.organisations.spreadsheets import listed_rows, lists, traces
from coalition.organisations.spreadsheets.listed_rows import ListedRow
from coalition.organisations.spreadsheets.lists import Claim, TakenOver

AT_ONCE: Final = 300  # rows brought in by one write


@dataclass
class Made:
    """What has come of a list so far; kept with it, so that it can be undone."""

    organisations: list[tuple[int, str]] = field(default_factory=list)  # id, and its trace when it was made
    contacts: list[tuple[int, str]] = field(default_factory=list)
    on_list: list[int] = field(default_factory=list)  # invitations
    left_out: int = 0  # rows with errors, or that a person left out

    @property
    def numbers(self) -> dict[str, int]:
        return {
            "organisations": len(self.organisations),
            "contacts": len(self.contacts),
            "on_list": len(self.on_list),
            "left_out": self.left_out,
        }


def begin(connection: Connection, slug: str, import_id: int, who: str, now: datetime) -> Claim:
    """A person has pressed "Import". Pressed twice, it is done once: TakenOver the second time."""
    letter = letters.letter_by_slug(connection, slug)
    listed = lists.an_import(connection, letter.id, import_id)
    if listed.state in ("given", "failed") or (listed.state == "ready" and listed.problem):
        raise Refused(listed.problem or "This list is still being read.")
    steps = sum(listed_rows.tally(connection, import_id).values())
    values = {"who": who, "step": 0, "steps": steps, "made": asdict(Made())}
    claim = lists.again(connection, import_id, "importing", ("ready",), now, hold=True, **values)
    if claim is None:
        raise TakenOver
    return claim


def bring_in(database: Doors, claim: Claim, clock: Callable[[], datetime]) -> Made:
    """All of it, write by write. Raises lists.TakenOver when somebody else goes on with it."""
    while (made := database.write_now(bring_in_some, claim, clock())) is None:
        pass
    while database.write_now(listed_rows.forget, claim.id):
        pass
    return made


def bring_in_some(connection: Connection, claim: Claim, now: datetime, most: int = AT_ONCE) -> Made | None:
    """The next rows; with the last of them the list is done. Then, and only then, gives what was made of it."""
    listed = lists.held(connection, claim)
    letter = letters.letter(connection, listed.letter_id)
    made = Made(**(listed.made or {}))
    rows = listed_rows.some(connection, claim.id, listed.step, most)
    taken = [row for row in rows if row.is_taken]
    places = _organisations(connection, claim.id, taken, made, now)
    listed_rows.became(connection, claim.id, [(row.place, id) for row, id in zip(taken, places, strict=True)])
    first = _contacts(connection, taken, places, made)
    _put_on_list(connection, letter, taken, places, first, made, listed.who, now)
    made.left_out += len(rows) - len(taken)
    if len(rows) == most:
        lists.go_on(connection, claim, now, step=listed.step + most, made=asdict(made))
        return None
    # The file has people's addresses in it, and is needed no more.
    values = {"made": asdict(made), "file": b"", "changes": None, "found": None, "step": listed.steps}
    lists.go_on(connection, claim, now, state="done", done_at=now, **values)
    add_history(connection, letter.id, now, Deed("list imported", listed.who, data={**made.numbers, "list": claim.id}))
    return made


def _organisations(
    connection: Connection, import_id: int, taken: Sequence[ListedRow], made: Made, now: datetime
) -> list[int]:
    """For each row the id of its organisation; those not in the directory are added first, all at once."""
    values = [organisation_actions.as_row(one.row.values, now) for one in taken]
    # The directory may have grown since the list was looked through: asked again, by what cannot be doubted.
    directory = traces.by_name_and_number(
        connection, {str(one["name_key"]) for one in values}, {str(one["register_id"]) for one in values}
    )
    standing = traces.standing(connection, {id for one in taken if (id := one.known_as) is not None})
    earlier = [one.row.match.row for one in taken if one.row.match and one.row.match.row is not None]
    of_row = listed_rows.organisations_of(connection, import_id, earlier)
    fresh: list[dict[str, Any]] = []
    places: list[int] = []  # an id, or -1 - index into fresh
    for one, value in zip(taken, values, strict=True):
        place = standing.get(one.known_as or 0)
        if place is None and one.choice != "new" and one.row.match and one.row.match.row is not None:
            place = of_row.get(one.row.match.row)
        if place is None and one.choice != "new" and one.row.verdict != "likely":
            place = directory.find(str(value["name_key"]), value["register_id"])
        if place is None:
            if value["register_id"] in directory.by_number:
                value["register_id"] = None  # a number belongs to one organisation
            place = -1 - len(fresh)
            fresh.append(value)
            directory.add(str(value["name_key"]), value["register_id"], place)
        of_row.setdefault(one.row.number, place)
        places.append(place)
    ids = organisations.add(connection, fresh)
    made.organisations += [(id, traces.of_organisation(value)) for id, value in zip(ids, fresh, strict=True)]
    return [place if place >= 0 else ids[-1 - place] for place in places]


def _contacts(
    connection: Connection, taken: Sequence[ListedRow], places: Sequence[int], made: Made
) -> dict[int, Contact]:
    """Adds contacts that are new. Gives for each organisation whom to ask: the first contact that these rows name and
    that has not left, else the one whom new letters ask first.
    """
    known = traces.contacts_of(connection, set(places))
    fresh: dict[tuple[int, str], dict[str, Any]] = {}
    for one, organisation_id in zip(taken, places, strict=True):
        values = one.row.values
        key = (organisation_id, values.email)
        if values.email and key not in known and key not in fresh:
            fresh[key] = {
                "organisation_id": organisation_id,
                "email": values.email,
                "name": values.contact_name,
                "role": values.contact_role,
            }
    ids = dict(zip(fresh, organisations.add_contacts(connection, list(fresh.values())), strict=True))
    made.contacts += [(ids[key], traces.of_contact(value)) for key, value in fresh.items()]
    first: dict[int, Contact] = {}
    for one, organisation_id in zip(taken, places, strict=True):
        values = one.row.values
        key = (organisation_id, values.email)
        if values.email and organisation_id not in first:
            id, is_there = (ids[key], True) if key in ids else known[key]
            if not is_there:
                continue
            first[organisation_id] = Contact(
                id, organisation_id, values.contact_name, values.email, values.contact_role
            )
    return traces.first_asked(connection, set(places) - set(first)) | first


def _put_on_list(
    connection: Connection,
    letter: Letter,
    taken: Sequence[ListedRow],
    places: Sequence[int],
    contacts: Mapping[int, Contact],
    made: Made,
    who: str,
    now: datetime,
) -> None:
    there = traces.on_list(connection, letter.id, set(places))
    names = traces.names(connection, set(places))
    ours = set(made.on_list)
    for organisation_id, found in contacts.items():  # a row further up had no address yet
        invitation_id, contact_id = there.get(organisation_id, (0, 0))
        if invitation_id in ours and contact_id is None:
            copies = keys(names[organisation_id], found)
            records.change(connection, invitation_id, now, contact_id=found.id, **copies)
    rows: dict[int, dict[str, Any]] = {}
    for one, organisation_id in zip(taken, places, strict=True):
        if organisation_id not in there and organisation_id not in rows:
            group = one.row.values.group if one.row.values.group in letter.groups else next(iter(letter.groups), "")
            name, contact = names[organisation_id], contacts.get(organisation_id)
            rows[organisation_id] = as_row(letter, organisation_id, name, contact, group, now)
    ids = records.add(connection, list(rows.values()))
    made.on_list += ids
    deeds = (Deed("organisation added", who, id, {"name": names[place]}) for place, id in zip(rows, ids, strict=True))
    add_history(connection, letter.id, now, *deeds)
