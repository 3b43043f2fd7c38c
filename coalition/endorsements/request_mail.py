"""Mail of requests after the letter was delivered: to the coordinator, and back to whoever asked."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.endorsements import requests
from coalition.invitations import holders
from coalition.invitations import records as invitations
from coalition.invitations.mail import letter_values
from coalition.letters import records as letters
from coalition.organisations import records as organisations
from coalition.people import records as people


def request(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """What an organisation asks of the desk. Not wanted once it was answered, or asked otherwise."""
    one = invitations.invitation(connection, owed.subject_id or 0)
    asked = requests.request(connection, owed.data.get("request", 0), one.id)
    if asked.ended_at is not None:
        raise NotWanted("The request was answered, or made anew, before this mail left.")
    letter = letters.letter(connection, one.letter_id)
    coordinator = people.coordinator(connection, letter.coordinator_id)
    words = written(
        "request",
        letter=letter_values(letter, one),
        organisation={"name": one.organisation},
        asker=holders.called(connection, asked.contact_id) or "Somebody",
        wish=asked.wish,
        sentences=asked.words.splitlines(),
        line=asked.line,
        link=f"{office.base_url}/desk/letters/{letter.slug}/organisations/{one.id}#requests",
        coordinator={"name": coordinator.called, "email": coordinator.email},
    )
    # Answering the mail reaches whoever asked.
    reply_to = (one.organisation, organisations.address(connection, asked.contact_id) if asked.contact_id else "")
    return addressed(words, owed, office, now, to_name=coordinator.name, coordinator=reply_to)


def request_answered(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """That it is done and shows in the next printing; or that it is not, and why."""
    one = invitations.invitation(connection, owed.subject_id or 0)
    asked = requests.request(connection, owed.data.get("request", 0), one.id)
    letter = letters.letter(connection, one.letter_id)
    if (stop := organisations.mail_stop(connection, owed.recipient)) and stop.is_final:
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    held = holders.holder(connection, one.id, owed.data.get("contact"))
    if held is None or held.email != owed.recipient:
        raise NotWanted("The link was taken back before this mail left.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    words = written(
        "request_answered",
        letter=letter_values(letter, one),
        organisation={"name": one.organisation},
        outcome=asked.outcome,
        wish=asked.wish,
        sentences=asked.said.splitlines(),
        line=asked.line,
        link=office.link("e", "invitation", held.nonce),
        coordinator={"name": coordinator.called, "email": coordinator.email},
    )
    return addressed(
        words,
        owed,
        office,
        now,
        to_name=held.contact,
        coordinator=(coordinator.called, coordinator.email),
        list_id=f"{letter.slug}.{office.domain}",
    )
