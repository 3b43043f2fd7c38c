"""The directory: organisations and their contacts, shared by all letters."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update

from coalition.base.refused import NotFound
from coalition.tables import contacts, mail_stops, organisations


@dataclass(frozen=True)
class Organisation:
    id: int
    name: str
    name_key: str
    register_id: str | None
    website: str
    domain: str
    kind: str
    country: str


@dataclass(frozen=True)
class Contact:
    id: int
    organisation_id: int
    name: str
    email: str
    role: str


_columns: tuple[ColumnElement[Any], ...] = (
    organisations.c.id,
    organisations.c.name,
    organisations.c.name_key,
    organisations.c.register_id,
    organisations.c.website,
    organisations.c.domain,
    organisations.c.kind,
    organisations.c.country,
)
_contact_columns: tuple[ColumnElement[Any], ...] = (
    contacts.c.id,
    contacts.c.organisation_id,
    contacts.c.name,
    contacts.c.email,
    contacts.c.role,
)
_by_id = select(*_columns).where(organisations.c.id == bindparam("id"))
_merged_into = select(organisations.c.merged_into).where(organisations.c.id == bindparam("id"))
_with_state = select(*_columns, organisations.c.archived_at, organisations.c.merged_into).order_by(
    organisations.c.merged_into.is_not(None), organisations.c.id
)
_same = _with_state.where(
    or_(
        organisations.c.name_key == bindparam("name_key"),
        organisations.c.register_id == bindparam("register_id"),
    )
)
_contact_by_email = select(*_contact_columns).where(
    contacts.c.organisation_id == bindparam("organisation_id"), contacts.c.email == bindparam("email")
)
_contacts_of = (
    select(*_contact_columns)
    .where(contacts.c.organisation_id == bindparam("organisation_id"), contacts.c.left_at.is_(None))
    .order_by(contacts.c.preferred.desc(), contacts.c.id)
)


def organisation(connection: Connection, id: int) -> Organisation:
    row = connection.execute(_by_id, {"id": id}).first()
    if row is None:
        raise NotFound("There is no such organisation.")
    return Organisation(*row)


def same(connection: Connection, name_key: str, register_id: str | None) -> Organisation | None:
    """The organisation of the same register number; or of the same name, unless both have numbers and they differ.

    Also by the name or number of one that was merged into it. One that is archived is never found.
    """
    rows = connection.execute(_same, {"name_key": name_key, "register_id": register_id})
    found = _in_use(connection, list(rows))
    by_number = [one for one in found if register_id and one.register_id == register_id]
    by_name = [one for one in found if one.name_key == name_key and not (register_id and one.register_id)]
    return next(iter(by_number + by_name), None)


def everyone(connection: Connection) -> list[Organisation]:
    """The whole directory in use, to compare a list with.

    What was merged stands here a second time, with its old name's key and number: a list that still has them means
    the organisation it is a part of now.
    """
    return _in_use(connection, list(connection.execute(_with_state)))


def _in_use(connection: Connection, rows: list[Any]) -> list[Organisation]:
    """Those that are not archived; one that was merged as another name of the one it became a part of."""
    found = [Organisation(*row[:-2]) for row in rows if row.archived_at is None and row.merged_into is None]
    names, numbers = {one.name_key for one in found}, {one.register_id for one in found}
    for row in rows:
        if row.merged_into is None:
            continue
        became = organisation(connection, root(connection, row.merged_into))
        other = Organisation(*row[:-2])
        name_key = became.name_key if other.name_key in names else other.name_key
        number = became.register_id if other.register_id in numbers else other.register_id
        if not is_archived(connection, became.id):
            found.append(replace(became, name_key=name_key, register_id=number, domain=other.domain or became.domain))
    return found


def root(connection: Connection, id: int) -> int:
    """The organisation that one is a part of now, after however many merges: itself, if none."""
    while (into := connection.execute(_merged_into, {"id": id}).scalar()) is not None:
        id = into
    return id


def is_archived(connection: Connection, id: int) -> bool:
    archived = select(organisations.c.archived_at).where(organisations.c.id == id)
    return connection.execute(archived).scalar() is not None


def add(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Adds organisations and returns their ids in the same order."""
    ids = insert(organisations).returning(organisations.c.id, sort_by_parameter_order=True)
    return list(connection.execute(ids, rows).scalars()) if rows else []


def contact_addresses(connection: Connection) -> dict[tuple[int, str], int]:
    """Every contact's id, by organisation and address."""
    rows = connection.execute(select(contacts.c.organisation_id, contacts.c.email, contacts.c.id))
    return {(organisation_id, email): id for organisation_id, email, id in rows}


def add_contacts(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Adds contacts that are known to be new and returns their ids in the same order."""
    ids = insert(contacts).returning(contacts.c.id, sort_by_parameter_order=True)
    return list(connection.execute(ids, rows).scalars()) if rows else []


def add_contact(connection: Connection, organisation_id: int, email: str, name: str, role: str) -> Contact:
    """Adds a contact, or finds the one with this address. `email` as check_email() writes it."""
    found = connection.execute(_contact_by_email, {"organisation_id": organisation_id, "email": email}).first()
    if found is None:
        connection.execute(insert(contacts).values(organisation_id=organisation_id, email=email, name=name, role=role))
        found = connection.execute(_contact_by_email, {"organisation_id": organisation_id, "email": email}).one()
    return Contact(*found)


def contact(connection: Connection, id: int) -> Contact:
    return Contact(*connection.execute(select(*_contact_columns).where(contacts.c.id == id)).one())


def address(connection: Connection, contact_id: int) -> str:
    """A contact's e-mail address; empty when there is no such contact any more."""
    return connection.execute(select(contacts.c.email).where(contacts.c.id == contact_id)).scalar() or ""


def replace_contact(connection: Connection, old: int, new: int, now: datetime) -> None:
    """The same person at another address: the old one is kept for the history and asked no more."""
    preferred = connection.execute(select(contacts.c.preferred).where(contacts.c.id == old)).scalar_one()
    connection.execute(update(contacts).where(contacts.c.id == old).values(left_at=now, preferred=False))
    values: dict[str, Any] = {"left_at": None} | ({"preferred": True} if preferred else {})
    connection.execute(update(contacts).where(contacts.c.id == new).values(values))


def contacts_of(connection: Connection, organisation_id: int) -> list[Contact]:
    return [Contact(*row) for row in connection.execute(_contacts_of, {"organisation_id": organisation_id})]


def first_asked(connection: Connection, organisation_id: int) -> Contact | None:
    """Whom a new letter asks first: the preferred contact, else the one who has been there longest."""
    return next(iter(contacts_of(connection, organisation_id)), None)


# Addresses that get no more mail.


@dataclass(frozen=True)
class Stop:
    reason: str  # unsubscribed, bounced, complained
    said: str  # the mail server's words, of a bounce
    stopped_at: datetime

    @property
    def is_final(self) -> bool:
        """Not even what a person's own deed would bring is mailed there."""
        return self.reason in ("bounced", "complained")

    def words(self, email: str) -> str:
        """Why no mail goes there, as the beginning of a sentence."""
        if self.reason == "bounced":
            return f"Mail to {email} comes back"
        return f"{email} {'reported our mail as unwanted' if self.reason == 'complained' else 'asked for no more mail'}"


_stop = select(mail_stops.c.reason, mail_stops.c.said, mail_stops.c.stopped_at).where(
    mail_stops.c.email == bindparam("email")
)


def mail_stop(connection: Connection, email: str) -> Stop | None:
    row = connection.execute(_stop, {"email": email}).first()
    return Stop(*row) if row else None


def mail_is_stopped(connection: Connection, email: str) -> bool:
    return mail_stop(connection, email) is not None


def stop_mail(connection: Connection, email: str, reason: str, now: datetime, said: str = "") -> bool:
    """False when it was stopped already. What a person asked for takes the place of what a server said."""
    stop = mail_stop(connection, email)
    values = {"reason": reason, "said": said, "stopped_at": now}
    if stop is None:
        connection.execute(insert(mail_stops).values(email=email, **values))
    elif stop.reason == "bounced" and reason != "bounced":
        connection.execute(update(mail_stops).where(mail_stops.c.email == email).values(values))
    else:
        return False
    return True


def let_mail_go(connection: Connection, email: str) -> bool:
    """Ends a stop that a mail server caused; a person's own wish stays. False when there was none to end."""
    ended = delete(mail_stops).where(mail_stops.c.email == email, mail_stops.c.reason == "bounced")
    return connection.execute(ended).rowcount == 1
