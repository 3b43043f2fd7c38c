"""Adding to the directory."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from coalition.organisations import names, records
from coalition.organisations.cells import Values
from coalition.organisations.records import Contact, Organisation


def enter(connection: Connection, values: Values, now: datetime) -> tuple[Organisation, Contact | None]:
    """Adds an organisation and its contact, or finds the one that is there and adds only what is new."""
    found = records.same(connection, names.name_key(values.name), values.register_id or None)
    id = found.id if found else _add(connection, values, now)
    return records.organisation(connection, id), add_contact(connection, id, values)


def add_contact(connection: Connection, organisation_id: int, values: Values) -> Contact | None:
    if not values.email:
        return None
    return records.add_contact(connection, organisation_id, values.email, values.contact_name, values.contact_role)


def _add(connection: Connection, values: Values, now: datetime) -> int:
    return records.add(connection, [as_row(values, now)])[0]


def as_row(values: Values, now: datetime) -> dict[str, Any]:
    """What the directory keeps of an organisation."""
    return {
        "name": values.name,
        "name_key": names.name_key(values.name),
        "sort_key": names.sort_key(values.name),
        "register_id": values.register_id or None,
        "website": values.website,
        "domain": names.domain(values.website) or names.domain(values.email),
        "kind": values.kind,
        "country": values.country,
        "added_at": now,
    }
