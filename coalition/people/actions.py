"""Signing in: a mailed link, used once, within fifteen minutes, by pressing a button."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from coalition.base import links, mailed, outbox
from coalition.base.refused import Gone, NotFound, Refused
from coalition.history.records import SITE, Deed
from coalition.history.records import add as add_history
from coalition.people import records
from coalition.people.records import Coordinator

SIGN_IN_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=14)
MAILS_AN_HOUR = 3


class Expired(Gone):
    """The sign-in link is past its fifteen minutes."""


class Used(Gone):
    """The sign-in link has been used."""


@dataclass(frozen=True)
class SignIn:
    link: links.Link
    coordinator: Coordinator


def ask(connection: Connection, email: str, now: datetime) -> None:
    """Queues a sign-in mail if the address is a coordinator's. Silent otherwise: strangers learn nothing."""
    person = records.coordinator_by_email(connection, email)
    if person is None:
        return
    if mailed.count_lately(connection, "sign_in", email, now - timedelta(hours=1)) >= MAILS_AN_HOUR:
        return
    nonce = new_link(connection, person, now)
    outbox.queue(connection, "sign_in", email, now, subject_id=person.id, data={"nonce": nonce})


def new_link(connection: Connection, person: Coordinator, now: datetime) -> str:
    """The nonce of a fresh sign-in link."""
    return links.issue(connection, "sign-in", person.id, now, now + SIGN_IN_LASTS)


def look_at(connection: Connection, nonce: str | None, now: datetime) -> SignIn:
    """What a sign-in link is good for. Changes nothing. Raises NotFound, Expired or Used."""
    link = links.find(connection, "sign-in", nonce) if nonce else None
    if link is None or link.expires_at is None:
        raise NotFound("This sign-in link is not one of ours, or a part of it is missing.")
    if link.used_at:
        raise Used("This sign-in link has been used. Each one works once.")
    if link.expires_at <= now:
        raise Expired("This sign-in link is more than fifteen minutes old.")
    return SignIn(link, records.coordinator(connection, link.subject_id))


def sign_in(connection: Connection, nonce: str | None, now: datetime) -> str:
    """Uses the link up and returns the nonce of a session. Raises as `look_at` does."""
    found = look_at(connection, nonce, now)
    if not links.use(connection, found.link.nonce, now):
        raise Used("This sign-in link has been used. Each one works once.")
    add_history(connection, SITE, now, Deed("signed in", found.coordinator.called))
    return links.issue(connection, "session", found.coordinator.id, now, now + SESSION_LASTS)


def sign_out(connection: Connection, nonce: str, now: datetime) -> None:
    links.revoke(connection, nonce, now)


def add_coordinator(connection: Connection, email: str, name: str, now: datetime) -> Coordinator:
    """Adds one, or finds the one there is. `email` as email_key() writes it."""
    found = records.coordinator_by_email(connection, email)
    if found:
        return found
    if "@" not in email:
        raise Refused("A coordinator needs an e-mail address.")
    added = records.add(connection, email, name, now)
    add_history(connection, SITE, now, Deed("coordinator added", "the command line", data={"coordinator": added.id}))
    return added
