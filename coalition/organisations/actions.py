"""Adding to the directory and keeping it."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from coalition.base.refused import Overtaken, Refused
from coalition.history.records import SITE, Deed
from coalition.history.records import add as add_history
from coalition.organisations import directory, names, records, rules
from coalition.organisations.records import Contact
from coalition.organisations.rules import Details, Organisation, Person
from coalition.organisations.spreadsheets.cells import Values
from coalition.people.records import Coordinator

OVERTAKEN = (
    "Somebody else has saved this organisation since you opened the page, so nothing was saved yet. What you typed is "
    "still here. Look at what is there now, then save again."
)
MERGED = "This organisation was merged into another meanwhile, so nothing was changed. Open that one instead."


def enter(connection: Connection, values: Values, now: datetime) -> tuple[records.Organisation, Contact | None]:
    """Adds an organisation and its contact, or finds the one that is there and adds only what is new. The contact is
    the one that was named, else the one whom a new letter asks first.
    """
    found = records.same(connection, names.name_key(values.name), values.register_id or None)
    id = found.id if found else _add(connection, values, now)
    return records.organisation(connection, id), add_contact(connection, id, values) or records.first_asked(
        connection, id
    )


def add_contact(connection: Connection, organisation_id: int, values: Values) -> Contact | None:
    if not values.email:
        return None
    return records.add_contact(connection, organisation_id, values.email, values.contact_name, values.contact_role)


def _add(connection: Connection, values: Values, now: datetime) -> int:
    return records.add(connection, [as_row(values, now)])[0]


def as_row(values: Values, now: datetime) -> dict[str, Any]:
    """What the directory keeps of an organisation."""
    domain = names.domain(values.website) or names.domain(values.email)
    return {
        "name": values.name,
        "name_key": names.name_key(values.name),
        "sort_key": names.sort_key(values.name),
        "register_id": values.register_id or None,
        "website": values.website,
        "domain": domain,
        "kind": values.kind,
        "country": values.country,
        "added_at": now,
        "search_key": rules.search_key(values.name, values.register_id, domain),
    }


class Known(Refused):
    """It is in the directory already: `id` says where."""

    def __init__(self, sentence: str, id: int) -> None:
        super().__init__(sentence)
        self.id = id


def add(connection: Connection, details: Details, contact: Values, who: Coordinator, now: datetime) -> int:
    """One more organisation, with its contact if `contact` has an address. Returns its id. Raises Known."""
    name_key = names.name_key(details.name)
    if found := records.same(connection, name_key, details.register_id):
        raise Known(f"{found.name} is in the directory already, so nothing was added.", found.id)
    if archived := directory.archived(connection, name_key, details.register_id):
        raise Known(
            f"{archived.name} is in the directory already, among the archived ones, so nothing was added. "
            "Bring it back on its own page.",
            archived.id,
        )
    values = Values(details.name, details.register_id or "", details.website, details.kind, details.country)
    signing = {"approves": details.approves, "notice_days": details.notice_days, "signing_note": details.signing_note}
    row = as_row(replace(values, email=contact.email), now) | signing
    [id] = records.add(connection, [row])
    if added := add_contact(connection, id, contact):
        directory.prefer(connection, id, added.id)
    _note(connection, "organisation entered", directory.organisation(connection, id), who, now)
    return id


def edit(connection: Connection, id: int, seen: int, details: Details, who: Coordinator, now: datetime) -> Organisation:
    """Changes what is known of an organisation. Raises Overtaken, or Refused when another has its number."""
    before = _kept(connection, id)
    if before.details == details:
        return before
    if details.register_id != before.register_id:
        _check_number(connection, id, details.register_id)
    values = {**vars(details), "name_key": names.name_key(details.name), "sort_key": names.sort_key(details.name)}
    if details.website != before.website:
        values["domain"] = names.domain(details.website) or before.domain
    if not directory.save(connection, id, seen, values):
        raise Overtaken(OVERTAKEN)
    directory.refresh_search_key(connection, id)
    changed = [field for field, value in vars(details).items() if value != getattr(before, field)]
    said = {"changed": changed} | ({"was": before.name} if details.name != before.name else {})
    _note(connection, "organisation changed", replace(before, name=details.name), who, now, **said)
    return directory.organisation(connection, id)


def archive(connection: Connection, id: int, who: Coordinator, now: datetime) -> bool:
    """It is proposed, matched and imported to no more; letters it is on keep it. False when it was archived already."""
    one = _kept(connection, id)
    if not directory.archive(connection, id, now):
        return False
    _note(connection, "organisation archived", one, who, now)
    return True


def bring_back(connection: Connection, id: int, who: Coordinator, now: datetime) -> bool:
    one = _kept(connection, id)
    if one.archived_at is None:
        return False
    _check_number(connection, id, one.register_id)
    directory.archive(connection, id, None)
    _note(connection, "organisation brought back", one, who, now)
    return True


def _check_number(connection: Connection, id: int, register_id: str | None) -> None:
    if other := directory.holder_of(connection, register_id, id):
        raise Refused(
            f"{other} has the register number {register_id} already, and a number belongs to one organisation. "
            "If the two are the same, merge them."
        )


def _kept(connection: Connection, id: int) -> Organisation:
    one = directory.organisation(connection, id)
    if one.merged_into is not None:
        raise Overtaken(MERGED)
    return one


def _note(
    connection: Connection, deed: str, one: Organisation, who: Coordinator, now: datetime, **data: object
) -> None:
    add_history(connection, SITE, now, Deed(deed, who.called, one.id, {"name": one.name, **data}))


# Contacts.


def add_person(
    connection: Connection, organisation_id: int, email: str, name: str, role: str, who: Coordinator, now: datetime
) -> Person:
    """One more contact. Raises Refused when the address is there already."""
    one = _kept(connection, organisation_id)
    _check_address(connection, organisation_id, email)
    first = rules.preferred(directory.people(connection, organisation_id)) is None
    values = {"email": email, "name": name, "role": role, "preferred": first}
    id = directory.add_person(connection, organisation_id, values)
    _note(connection, "contact added", one, who, now, contact=id)
    return directory.person(connection, organisation_id, id)


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
    """`seen` is Person.seen of the page that was filled in. Raises Overtaken when the contact is another by now."""
    one, before = _kept(connection, organisation_id), directory.person(connection, organisation_id, id)
    if (before.email, before.name, before.role) == (email, name, role):
        return before
    if before.seen != seen:
        raise Overtaken(OVERTAKEN)
    if email != before.email:
        _check_address(connection, organisation_id, email)
    directory.change_person(connection, id, email=email, name=name, role=role)
    _note(connection, "contact edited", one, who, now, contact=id)
    return directory.person(connection, organisation_id, id)


def _check_address(connection: Connection, organisation_id: int, email: str) -> None:
    if any(one.email == email for one in directory.people(connection, organisation_id)):
        raise Refused(f"{email} is the address of another contact here already.")


def person_left(connection: Connection, organisation_id: int, id: int, who: Coordinator, now: datetime) -> bool:
    """No new letter asks them. False when they had left already."""
    one, person = _kept(connection, organisation_id), directory.person(connection, organisation_id, id)
    if person.left_at is not None:
        return False
    directory.change_person(connection, id, left_at=now, preferred=False)
    _note(connection, "contact left", one, who, now, contact=id)
    return True


def person_back(connection: Connection, organisation_id: int, id: int, who: Coordinator, now: datetime) -> bool:
    one, person = _kept(connection, organisation_id), directory.person(connection, organisation_id, id)
    if person.left_at is None:
        return False
    directory.change_person(connection, id, left_at=None)
    _note(connection, "contact came back", one, who, now, contact=id)
    return True


def prefer(connection: Connection, organisation_id: int, id: int, who: Coordinator, now: datetime) -> bool:
    """New letters ask this contact first. False when they do already."""
    one, person = _kept(connection, organisation_id), directory.person(connection, organisation_id, id)
    if person.left_at is not None:
        raise Refused("This contact has left, so no letter can ask them first.")
    if person.preferred:
        return False
    directory.prefer(connection, organisation_id, id)
    _note(connection, "contact preferred", one, who, now, contact=id)
    return True


# Logos. The picture itself is kept in the data folder, under its SHA-256.


def keep_logo(connection: Connection, id: int, sha256: str, who: Coordinator, now: datetime) -> bool:
    """Another logo. A permission was for the picture that was shown then, so it goes. False for the same picture."""
    one = _kept(connection, id)
    if one.logo == sha256:
        return False
    directory.save(connection, id, one.revision, {"logo": sha256, "logo_permission": "", "logo_permitted_on": None})
    _note(connection, "logo changed" if one.logo else "logo added", one, who, now, sha256=sha256)
    return True


def permit_logo(
    connection: Connection, id: int, sha256: str, by: str, on: date, who: Coordinator, now: datetime
) -> None:
    """`by` has allowed the picture `sha256` to be printed. Raises Overtaken when it is another by now."""
    one = _kept(connection, id)
    if one.logo != sha256:
        raise Overtaken("The logo was changed meanwhile, so the permission was not kept. Look at the new one first.")
    if (one.logo_permission, one.logo_permitted_on) != (by, on):
        directory.save(connection, id, one.revision, {"logo_permission": by, "logo_permitted_on": on})
        # Who gave it is kept with the logo and goes with it; the history, which outlives it, does not hold it.
        _note(connection, "logo permitted", one, who, now, sha256=sha256)


def remove_logo(connection: Connection, id: int, who: Coordinator, now: datetime) -> bool:
    one = _kept(connection, id)
    if one.logo is None:
        return False
    directory.save(connection, id, one.revision, {"logo": None, "logo_permission": "", "logo_permitted_on": None})
    _note(connection, "logo removed", one, who, now)
    return True
