"""Mail of passing a letter on: to the colleague, and to whoever passed it."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.invitations import holders, records
from coalition.invitations.holders import Holder
from coalition.invitations.mail import deadline_words, letter_values
from coalition.invitations.rules import Invitation, may_answer
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.people import records as people


def forwarded(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """A colleague's own link. Its words are ours, but for the names."""
    one, letter, held = _about(connection, owed, now)
    if held.email != owed.recipient:
        raise NotWanted("The link was revoked before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    first = _name(connection, owed.data.get("from"))
    return _mail(
        connection, "forwarded", one, letter, held, owed, office, now, contact={"name": held.contact}, first=first
    )


def passed_on(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """That it was passed on, to whoever did."""
    one, letter, held = _about(connection, owed, now)
    if (held.email or one.email) != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    colleague = _name(connection, owed.data.get("to"))
    return _mail(
        connection,
        "passed_on",
        one,
        letter,
        held,
        owed,
        office,
        now,
        colleague=colleague,
        way=owed.data.get("way", "both"),
    )


def look(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """A link that shows the letter and answers nothing; `who` of the desk or a colleague asked for it."""
    one = records.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    held = holders.holder(connection, one.id, owed.data.get("contact"))
    if held is None or held.email != owed.recipient or not held.only_looks:
        raise NotWanted("The link was taken back, or made one that answers, before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    desk = str(owed.data.get("who", ""))
    first = desk or _name(connection, owed.data.get("from"))
    contact = {"name": held.contact}
    return _mail(
        connection, "look", one, letter, held, owed, office, now, contact=contact, first=first, desk=bool(desk)
    )


def _name(connection: Connection, contact_id: int | None) -> str:
    return holders.called(connection, contact_id) or "a colleague"


def _about(connection: Connection, owed: Owed, now: datetime) -> tuple[Invitation, Letter, Holder]:
    one = records.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    held = holders.holder(connection, one.id, owed.data.get("contact"))
    if held is None:
        raise NotWanted("The link was revoked before this mail left.")
    if not may_answer(one, letter, now):
        raise NotWanted("The list was closed before this mail left.")
    return one, letter, held


def _mail(
    connection: Connection,
    message: str,
    one: Invitation,
    letter: Letter,
    held: Holder,
    owed: Owed,
    office: Office,
    now: datetime,
    **values: object,
) -> Mail:
    coordinator = people.coordinator(connection, letter.coordinator_id)
    unsubscribe = office.link("unsubscribe", "unsubscribe", held.nonce)
    words = written(
        message,
        letter=letter_values(letter, one),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        deadline_words=deadline_words(letter, one),
        link=office.link("e", "invitation", held.nonce),
        coordinator={"name": coordinator.called, "email": coordinator.email},
        unsubscribe=unsubscribe,
        **values,
    )
    return addressed(
        words,
        owed,
        office,
        now,
        to_name=held.contact,
        coordinator=(coordinator.called, coordinator.email),
        list_id=f"{letter.slug}.{office.domain}",
        unsubscribe_url=unsubscribe if message in ("forwarded", "look") else "",
    )
