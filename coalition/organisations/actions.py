"""Adding to the directory."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from coalition.organisations import names, records
from coalition.organisations.records import Contact, Organisation


@dataclass(frozen=True)
class Entry:
    """An organisation as somebody wrote it down, its fields checked. Contact fields may be empty."""

    name: str
    register_id: str = ""
    website: str = ""
    kind: str = ""
    country: str = ""
    contact_name: str = ""
    email: str = ""
    contact_role: str = ""


def enter(connection: Connection, entry: Entry, now: datetime) -> tuple[Organisation, Contact | None]:
    """Adds an organisation and its contact, or finds the one that is there and adds only what is new."""
    found = records.same(connection, names.name_key(entry.name), entry.register_id or None)
    id = found.id if found else _add(connection, entry, now)
    return records.organisation(connection, id), add_contact(connection, id, entry)


def add_contact(connection: Connection, organisation_id: int, entry: Entry) -> Contact | None:
    if not entry.email:
        return None
    return records.add_contact(connection, organisation_id, entry.email, entry.contact_name, entry.contact_role)


def _add(connection: Connection, entry: Entry, now: datetime) -> int:
    return records.add(
        connection,
        {
            "name": entry.name,
            "name_key": names.name_key(entry.name),
            "sort_key": names.sort_key(entry.name),
            "register_id": entry.register_id or None,
            "website": entry.website,
            "domain": names.domain(entry.website) or names.domain(entry.email),
            "kind": entry.kind,
            "country": entry.country,
            "added_at": now,
        },
    )
