"""What a change in the directory means for letters' lists, which hold copies of names to sort and search by."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from coalition.base.refused import Refused
from coalition.invitations.keys import keys
from coalition.organisations import actions as organisations
from coalition.organisations import directory
from coalition.organisations.rules import Details, Organisation, Person
from coalition.people.records import Coordinator
from coalition.tables import invitations

_places = select(invitations.c.id, invitations.c.contact_id).where(
    invitations.c.organisation_id == bindparam("organisation_id")
)
_named = (
    update(invitations)
    .where(invitations.c.id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in keys("", None)})
)


def edit(connection: Connection, id: int, seen: int, details: Details, who: Coordinator, now: datetime) -> Organisation:
    """organisations.actions.edit, and every list is in order again."""
    one = organisations.edit(connection, id, seen, details, who, now)
    _name(connection, one)
    return one


def edit_person(
    connection: Connection,
    organisation_id: int,
    id: int,
    seen: str,
    email: str,
    name: str,
    role: str,
    who: Coordinator,
    now: datetime,
) -> Person:
    """organisations.actions.edit_person, and every list finds the contact again.

    Raises Refused for another address once a letter has asked through this one: its link is in that mailbox.
    """
    before = directory.person(connection, organisation_id, id)
    if email != before.email and _asked(connection, id):
        raise Refused(
            f"A letter has asked at {before.email} already, and its link is there, so the address stays as it is. "
            "Add the new address as another contact, and say of this one that it has left."
        )
    person = organisations.edit_person(connection, organisation_id, id, seen, email, name, role, who, now)
    _name(connection, directory.organisation(connection, organisation_id))
    return person


def _asked(connection: Connection, contact_id: int) -> bool:
    wanted = select(invitations.c.id).where(invitations.c.contact_id == contact_id, invitations.c.nonce.is_not(None))
    return connection.execute(wanted.limit(1)).first() is not None


def _name(connection: Connection, one: Organisation) -> None:
    people = {person.id: person for person in directory.people(connection, one.id)}
    rows = [
        {"of": id, **{f"new_{name}": value for name, value in keys(one.name, people.get(contact)).items()}}
        for id, contact in connection.execute(_places, {"organisation_id": one.id})
    ]
    if rows:
        connection.execute(_named, rows)
