"""Mail with a printing: to whom it is sent, and to those who are printed on it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from coalition.base.mail.message import Attached, Mail, Unsendable
from coalition.base.mail.office import NotWanted, NotYet, Office, Words, addressed, written
from coalition.base.mail.words import paragraphs
from coalition.base.outbox import Owed
from coalition.dispatch import cover, records, sharing
from coalition.dispatch.records import Recipient
from coalition.dispatch.rules import Dispatch
from coalition.dispatch.telling import sentence
from coalition.endorsements import records as endorsements
from coalition.endorsements import rules as endorsement_rules
from coalition.invitations import records as invitations
from coalition.invitations.mail import links, to_contact
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.people.records import Coordinator
from coalition.printings import records as printings
from coalition.printings.records import Printing

SET_SOON = timedelta(minutes=1)
UNSENT = "https://letters.example/d/the-link-is-made-when-it-is-sent"


@dataclass(frozen=True)
class Enclosed:
    """How a mail carries a printing: as a file, or as a link where that would be too large."""

    name: str
    size: str  # in words
    file: Attached | None
    link: str


def dispatch(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The printing to one recipient. Not wanted when it was stopped, or goes to a corrected address by now."""
    letter = letters.letter(connection, owed.letter_id or 0)
    one = records.dispatch(connection, owed.data.get("dispatch", 0), letter.id)
    to = next((found for found in records.recipients(connection, one.id) if found.outbox_id == owed.id), None)
    if one.state != "left" or to is None:
        raise NotWanted("It was stopped, or sent to a corrected address instead.")
    embargo.hold(letter, now)
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    enclosed = _enclosed(connection, letter, one.printing, office, office.largest, now)
    words = _dispatch(connection, one, to, enclosed, coordinator, office.base_url)
    return addressed(
        words,
        owed,
        office,
        now,
        to_name=to.name,
        coordinator=(coordinator.called, coordinator.email),
        attached=(enclosed.file,) if enclosed.file else (),
    )


def preview(connection: Connection, letter: Letter, one: Dispatch, size: int | None, base_url: str) -> Words:
    """What the first recipient will read; `size` is the PDF's in bytes, None while it is being set."""
    recipients = records.recipients(connection, one.id)
    file = None if size is not None and size > Office.largest else Attached("", "application/pdf", b"")
    enclosed = Enclosed(_name(letter, one.printing), _size(size or 0) if size else "", file, UNSENT)
    coordinator = people.coordinator(connection, letter.coordinator_id)
    return _dispatch(connection, one, recipients[0], enclosed, coordinator, base_url)


def _dispatch(
    connection: Connection,
    one: Dispatch,
    to: Recipient,
    enclosed: Enclosed,
    coordinator: Coordinator,
    base_url: str,
) -> Words:
    everybody = records.recipients(connection, one.id)
    return written(
        "dispatch",
        subject_line=cover.filled(one.subject, to, everybody),
        paragraphs=paragraphs(cover.filled(one.body, to, everybody)),
        copy=to.kind == "self",
        enclosed=enclosed,
        to=[other.name or other.email for other in everybody if other.kind == "to"],
        cc=[other.name or other.email for other in everybody if other.kind == "cc"],
        verify=f"{base_url}/verify",
        coordinator={"name": coordinator.called, "email": coordinator.email},
    )


def final(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The printing to an organisation that is on it, with words to share. Not wanted once it has withdrawn."""
    one = invitations.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    embargo.hold(letter, now)
    given = endorsements.of_organisation(connection, letter.id, one.organisation_id)
    if given is None or not endorsement_rules.stands(given, letter):
        raise NotWanted("The organisation withdrew before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    if one.email != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    first = records.first(connection, letter.id)
    if first is None:
        raise NotWanted("That it was delivered was taken back before this mail left.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    number = owed.data.get("printing", first.printing)
    printing = printings.printing(connection, letter.id, number)
    enclosed = _enclosed(connection, letter, number, office, sharing.largest(printing.undersigned), now)
    link, unsubscribe = links(office, one)
    words = written(
        "final",
        letter={"subject": letter.subject},
        organisation={"name": given.name},
        sentence=sentence(first, letter),
        again=number > first.printing,
        undersigned=printing.undersigned,
        enclosed=enclosed,
        share=sharing.text(letter, given.name, printing.undersigned, office.base_url, now),
        link=link if one.nonce else "",
        verify=f"{office.base_url}/verify",
        coordinator={"name": coordinator.called, "email": coordinator.email},
        unsubscribe=unsubscribe if one.nonce else "",
    )
    mail = to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe if one.nonce else "")
    return replace(mail, attached=(enclosed.file,) if enclosed.file else ())


def _enclosed(
    connection: Connection, letter: Letter, number: int, office: Office, largest: int, now: datetime
) -> Enclosed:
    """Raises NotYet while it is being set, Unsendable when it is lost."""
    printing: Printing = printings.printing(connection, letter.id, number)
    if printing.state != "set":
        raise NotYet(now + SET_SOON)
    pdf = office.kept(printing.content)
    if pdf is None:
        raise Unsendable(f"The PDF of printing {number} is not in the data folder any more.")
    name = _name(letter, number)
    file = Attached(name, "application/pdf", pdf) if len(pdf) <= largest else None
    link = office.link("d", "printing", records.link(connection, letter.id, number))
    return Enclosed(name, _size(len(pdf)), file, link)


def _name(letter: Letter, number: int) -> str:
    return f"{letter.slug}-printing-{number}.pdf"


def _size(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(size // 1024, 1)} KB"
