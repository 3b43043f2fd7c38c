"""Who holds a link to an invitation: its contact, and colleagues whom the letter was passed on to."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, select, update

from coalition.history.records import Entry
from coalition.tables import contacts, invitations, links, mail_stops


@dataclass(frozen=True)
class Holder:
    """A link that still holds, and whose it is."""

    nonce: str
    invitation_id: int
    contact_id: int | None
    contact: str
    email: str
    issued_at: datetime
    view_only_since: datetime | None
    is_main: bool  # the link that invitations and reminders carry
    stopped: bool  # the address takes no more mail

    @property
    def only_looks(self) -> bool:
        """Mailed to look and no more: they never could answer."""
        return self.view_only_since == self.issued_at


# Links older than links.contact_id have nobody's name on them where the contact has changed since.
_columns: tuple[ColumnElement[Any], ...] = (
    links.c.nonce,
    links.c.subject_id,
    contacts.c.id,
    func.coalesce(contacts.c.name, ""),
    func.coalesce(contacts.c.email, ""),
    links.c.issued_at,
    links.c.view_only_since,
    (func.coalesce(invitations.c.nonce, "") == links.c.nonce).label("is_main"),
    exists().where(mail_stops.c.email == contacts.c.email).label("stopped"),
)
_holding = (
    select(*_columns)
    .select_from(links)
    .join(invitations, invitations.c.id == links.c.subject_id)
    .outerjoin(contacts, contacts.c.id == links.c.contact_id)
    .where(links.c.purpose == "invitation", links.c.revoked_at.is_(None))
    .order_by(links.c.issued_at, links.c.nonce)
)
_of_one = _holding.where(links.c.subject_id == bindparam("id"))


def holders(connection: Connection, invitation_id: int) -> list[Holder]:
    """Oldest first."""
    return [Holder(*row) for row in connection.execute(_of_one, {"id": invitation_id})]


def of_many(connection: Connection, letter_id: int, ids: Collection[int]) -> list[Holder]:
    wanted = _holding.where(invitations.c.letter_id == letter_id, invitations.c.id.in_(ids))
    return [Holder(*row) for row in connection.execute(wanted)]


def holder(connection: Connection, invitation_id: int, contact_id: int | None) -> Holder | None:
    """The newest link of one contact; without one, the main link."""
    found = holders(connection, invitation_id)
    theirs = [one for one in found if one.contact_id == contact_id] if contact_id else []
    return next(iter([*reversed(theirs), *(one for one in found if one.is_main)]), None)


def ever_held(connection: Connection, invitation_id: int, contact_id: int) -> bool:
    """Has this person had a link, whether it still opens or not?"""
    wanted = select(links.c.nonce).where(
        links.c.purpose == "invitation", links.c.subject_id == invitation_id, links.c.contact_id == contact_id
    )
    return connection.execute(wanted.limit(1)).first() is not None


def called(connection: Connection, contact_id: int | None) -> str:
    """A contact's name, or address where there is none; empty when there is no such contact any more."""
    found = connection.execute(select(contacts.c.name, contacts.c.email).where(contacts.c.id == contact_id)).first()
    return (found.name or found.email) if found else ""


def people_of(connection: Connection, entries: Iterable[Entry]) -> dict[int, str]:
    """What those are called, by their ids, whom the history tells of as numbers: it outlives what we may know."""
    told = ("passed on", "let look", "one link revoked")
    ids = {entry.data.get(end) for entry in entries if entry.deed in told for end in ("from", "to")} - {None}
    if not ids:
        return {}
    wanted = select(contacts.c.id, contacts.c.name, contacts.c.email).where(contacts.c.id.in_(ids))
    return {id: name or email for id, name, email in connection.execute(wanted)}


def make_view_only(connection: Connection, nonce: str, now: datetime) -> None:
    connection.execute(update(links).where(links.c.nonce == nonce).values(view_only_since=now))


def looks_are_taken_back(connection: Connection, invitation_ids: Collection[int]) -> None:
    """Links that only showed the letter ended with the others; their holders read that, and not of a newer link."""
    connection.execute(
        update(links)
        .where(
            links.c.purpose == "invitation",
            links.c.subject_id.in_(invitation_ids),
            links.c.view_only_since == links.c.issued_at,
            links.c.revoked_at.is_not(None),
        )
        .values(reason="taken back")
    )
