"""What an import asks of the directory for a few hundred rows at a time, and what it leaves behind to be undone by."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, or_, select

from coalition.organisations.records import Contact
from coalition.tables import (
    contacts,
    endorsements,
    former_invitations,
    invitations,
    joins,
    links,
    merges,
    organisations,
    reminders,
    requests,
    suggestions,
)

_ORGANISATION: Final = ("name", "register_id", "website", "kind", "country")
_CONTACT: Final = ("email", "name", "role")


@dataclass
class Directory:
    """Organisations by what cannot be doubted."""

    by_number: dict[str, int]
    by_name: dict[str, list[tuple[str | None, int]]]  # each with its number

    def find(self, name_key: str, register_id: str | None) -> int | None:
        """Of the same number; or of the same name, unless both have numbers and they differ."""
        if register_id and register_id in self.by_number:
            return self.by_number[register_id]
        same = (id for number, id in self.by_name.get(name_key, ()) if not (number and register_id))
        return next(same, None)

    def add(self, name_key: str, register_id: str | None, id: int) -> None:
        self.by_name.setdefault(name_key, []).append((register_id, id))
        if register_id:
            self.by_number[register_id] = id


_in_use = and_(organisations.c.archived_at.is_(None), organisations.c.merged_into.is_(None))
_alike = (
    select(organisations.c.id, organisations.c.name_key, organisations.c.register_id)
    .where(
        _in_use,
        or_(
            organisations.c.name_key.in_(bindparam("keys", expanding=True)),
            organisations.c.register_id.in_(bindparam("numbers", expanding=True)),
        ),
    )
    .order_by(organisations.c.id)
)


def by_name_and_number(connection: Connection, name_keys: Collection[str], numbers: Collection[str]) -> Directory:
    found = Directory({}, {})
    for id, name_key, number in connection.execute(_alike, {"keys": list(name_keys), "numbers": list(numbers)}):
        found.add(name_key, number, id)
    return found


def _named(wanted: Select[Any], column: Any) -> Select[Any]:
    return wanted.where(column.in_(bindparam("ids", expanding=True)))


_standing = _named(select(organisations.c.id, organisations.c.merged_into), organisations.c.id)
_names = _named(select(organisations.c.id, organisations.c.name), organisations.c.id)
_contacts = _named(
    select(contacts.c.organisation_id, contacts.c.email, contacts.c.id, contacts.c.left_at), contacts.c.organisation_id
)
_first_asked = (
    _named(select(*(contacts.c[name] for name in Contact.__dataclass_fields__)), contacts.c.organisation_id)
    .where(contacts.c.left_at.is_(None))
    .order_by(contacts.c.preferred.desc(), contacts.c.id)
)
_on_list = _named(
    select(invitations.c.organisation_id, invitations.c.id, invitations.c.contact_id), invitations.c.organisation_id
).where(invitations.c.letter_id == bindparam("letter_id"))


def standing(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Those that are still there; for one that was made a part of another meanwhile, that other."""
    found = {id: into or id for id, into in connection.execute(_standing, {"ids": list(ids)})}
    further = {into for id, into in found.items() if into != id}
    return {id: standing(connection, further)[into] if into in further else into for id, into in found.items()}


def names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    return {id: name for id, name in connection.execute(_names, {"ids": list(ids)})}


def contacts_of(connection: Connection, ids: Collection[int]) -> dict[tuple[int, str], tuple[int, bool]]:
    """Every contact's id and whether they are still there, by organisation and address."""
    rows = connection.execute(_contacts, {"ids": list(ids)})
    return {(of, email): (id, left_at is None) for of, email, id, left_at in rows}


def first_asked(connection: Connection, ids: Collection[int]) -> dict[int, Contact]:
    """Whom a new letter asks first, by organisation: the preferred contact, else the one who has been there longest."""
    found: dict[int, Contact] = {}
    for row in connection.execute(_first_asked, {"ids": list(ids)}):
        found.setdefault(row.organisation_id, Contact(*row))
    return found


def gone(connection: Connection, pairs: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of these addresses, each at an organisation, whose contact has left."""
    known = contacts_of(connection, {id for id, _ in pairs})
    return {pair for pair in pairs if not known.get(pair, (0, True))[1]}


def on_list(connection: Connection, letter_id: int, ids: Collection[int]) -> dict[int, tuple[int, int | None]]:
    """Invitation and contact of the organisations that are on the letter's list."""
    rows = connection.execute(_on_list, {"ids": list(ids), "letter_id": letter_id})
    return {organisation: (id, contact) for organisation, id, contact in rows}


# Undoing: what was made is taken out again where nobody has touched it since.


def of_organisation(values: Mapping[str, Any]) -> str:
    return _trace([values[name] for name in _ORGANISATION])


def of_contact(values: Mapping[str, Any]) -> str:
    return _trace([values[name] for name in _CONTACT])


def _trace(values: list[Any]) -> str:
    return sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()[:12]


_not_asked = and_(invitations.c.status == "added", invitations.c.nonce.is_(None))
_asked = _named(select(invitations.c.id), invitations.c.id).where(~_not_asked)
_take_off = delete(invitations).where(
    invitations.c.id.in_(bindparam("ids", expanding=True)),
    _not_asked,
    ~exists().where(endorsements.c.invitation_id == invitations.c.id),
    ~exists().where(reminders.c.invitation_id == invitations.c.id),
    ~exists().where(suggestions.c.invitation_id == invitations.c.id),
    ~exists().where(requests.c.invitation_id == invitations.c.id),
    ~exists().where(former_invitations.c.invitation_id == invitations.c.id),  # another was merged into it
    ~exists().where(joins.c.invitation_id == invitations.c.id),
)
_as_made = _named(select(contacts.c.id, *(contacts.c[name] for name in _CONTACT)), contacts.c.id).where(
    contacts.c.left_at.is_(None),
    ~exists().where(invitations.c.contact_id == contacts.c.id),
    contacts.c.id.not_in(select(suggestions.c.contact_id).where(suggestions.c.contact_id.is_not(None))),
    # Not as "exists": there is no index of whose these are, so all are walked once and not for each contact.
    contacts.c.id.not_in(select(links.c.contact_id).where(links.c.contact_id.is_not(None))),
)
_untouched = _named(
    select(organisations.c.id, *(organisations.c[name] for name in _ORGANISATION)), organisations.c.id
).where(
    _in_use,
    organisations.c.approves == "",
    organisations.c.signing_note == "",
    organisations.c.notice_days.is_(None),
    organisations.c.logo.is_(None),
    ~exists().where(invitations.c.organisation_id == organisations.c.id),
    ~exists().where(endorsements.c.organisation_id == organisations.c.id),
    ~exists().where(contacts.c.organisation_id == organisations.c.id),
    organisations.c.id.not_in(select(suggestions.c.organisation_id)),
    ~exists().where(or_(merges.c.kept_id == organisations.c.id, merges.c.merged_id == organisations.c.id)),
)


def how_many_asked(connection: Connection, invitation_ids: list[int]) -> int:
    parts = (invitation_ids[at : at + 5000] for at in range(0, len(invitation_ids), 5000))
    return sum(len(connection.execute(_asked, {"ids": part}).all()) for part in parts)


def take_off_list(connection: Connection, ids: list[int]) -> int:
    """Those that nobody was asked for. Gives how many."""
    return connection.execute(_take_off, {"ids": ids}).rowcount


def take_out_contacts(connection: Connection, made: list[tuple[int, str]]) -> int:
    rows = connection.execute(_as_made, {"ids": [id for id, _ in made]}).mappings()
    return _take_out(connection, contacts, {row["id"]: of_contact(dict(row)) for row in rows}, made)


def take_out_organisations(connection: Connection, made: list[tuple[int, str]]) -> int:
    rows = connection.execute(_untouched, {"ids": [id for id, _ in made]}).mappings()
    return _take_out(connection, organisations, {row["id"]: of_organisation(dict(row)) for row in rows}, made)


def _take_out(connection: Connection, table: Any, found: dict[int, str], made: list[tuple[int, str]]) -> int:
    ids = [id for id, trace in made if found.get(id) == trace]
    connection.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)
