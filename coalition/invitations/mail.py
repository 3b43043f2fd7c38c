"""Mail to those who are asked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from coalition.base.clock import day_words, moment_words
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, Words, addressed, written
from coalition.base.mail.words import listed
from coalition.base.outbox import Owed
from coalition.invitations import records
from coalition.invitations.reminders import schedule
from coalition.invitations.rules import ANSWERED, Invitation, closes, may_answer
from coalition.invitations.wording import INVITATION, Wording, fill
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.text import fingerprint
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.people.records import Coordinator

NOBODY = "Your organisation"
UNSENT = "https://letters.example/e/the-link-is-made-when-it-is-sent"


def invitation(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The question itself. Not wanted once it is answered, the list is closed or the contact has changed."""
    letter, one, coordinator = wanted(connection, owed, now)
    link, unsubscribe = links(office, one)
    words = _invitation(letter, one, coordinator, now, link, f"{link}/deadline.ics", unsubscribe)
    return to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)


def deadline_moved(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The list closes at another time than the invitation said. Not wanted by those who have answered meanwhile."""
    letter, one, coordinator = wanted(connection, owed, now)
    link, unsubscribe = links(office, one)
    words = written(
        "deadline_moved",
        letter=letter_values(letter, one),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        deadline_words=deadline_words(letter, one),
        own=one.extended_until is not None and one.extended_until == closes(one, letter),
        link=link,
        coordinator={"name": coordinator.called, "email": coordinator.email},
        unsubscribe=unsubscribe,
    )
    return to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)


def links(office: Office, one: Invitation) -> tuple[str, str]:
    nonce = one.nonce or ""
    return office.link("e", "invitation", nonce), office.link("unsubscribe", "unsubscribe", nonce)


def to_contact(
    words: Words,
    letter: Letter,
    one: Invitation,
    coordinator: Coordinator,
    owed: Owed,
    office: Office,
    now: datetime,
    unsubscribe: str,
) -> Mail:
    return addressed(
        words,
        owed,
        office,
        now,
        to_name=one.contact,
        coordinator=(coordinator.called, coordinator.email),
        list_id=f"{letter.slug}.{office.domain}",
        unsubscribe_url=unsubscribe,
    )


def wanted(connection: Connection, owed: Owed, now: datetime) -> tuple[Letter, Invitation, Coordinator]:
    one = records.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    if not may_answer(one, letter, now):
        raise NotWanted("The list was closed before this mail left.")
    if one.status in ANSWERED and one.answered_at and one.answered_at > owed.queued_at:
        raise NotWanted("The organisation answered before this mail left.")
    if one.email != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    if one.nonce is None:
        raise NotWanted("The link was revoked before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    return letter, one, people.coordinator(connection, letter.coordinator_id)


def test(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The invitation as one organisation would get it, to a coordinator who wants to see it arrive.

    None of its links is anybody's: they open a page that says so.
    """
    letter = letters.letter(connection, owed.letter_id or 0)
    coordinator = people.coordinator(connection, letter.coordinator_id)
    seen_by = owed.data.get("as")
    one = records.invitation(connection, seen_by, letter.id) if seen_by else None
    link = f"{office.base_url}/test-mail"
    words = _invitation(letter, one, coordinator, now, link, link, link, test=True)
    return addressed(words, owed, office, now, coordinator=(coordinator.called, coordinator.email))


def preview(connection: Connection, letter: Letter, one: Invitation | None, now: datetime) -> Words:
    """The invitation as `one` will get it, for the coordinator to read before it goes; with no link that works."""
    coordinator = people.coordinator(connection, letter.coordinator_id)
    return _invitation(letter, one, coordinator, now, UNSENT, UNSENT, UNSENT)


def _invitation(
    letter: Letter,
    one: Invitation | None,
    coordinator: Coordinator,
    now: datetime,
    link: str,
    calendar: str,
    unsubscribe: str,
    *,
    test: bool = False,
) -> Words:
    own = Wording(letter.invitation_subject, letter.invitation_body).or_else(INVITATION)
    return written(
        "invitation",
        words=fill(own, placeholder_values(letter, one, coordinator, now)),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation if one else NOBODY},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        link=link,
        calendar=calendar,
        unsubscribe=unsubscribe,
        version=letter.version or 1,
        fingerprint=fingerprint(letter.text),
        test=test,
    )


def placeholder_values(
    letter: Letter, one: Invitation | None, coordinator: Coordinator, now: datetime
) -> dict[str, str]:
    """What the placeholders of invitations/wording.py become, for one organisation or for none in particular."""
    said = letter_values(letter, one)
    # Who was given more time is asked for an answer by its own end.
    own = one is not None and one.extended_until is not None
    soft = None if own else letter.soft_deadline
    when = schedule.dates(soft, closes(one, letter) if one else letter.hard_deadline, letter.time_zone)
    return {
        "contact": (one.contact if one else "") or "colleagues",
        "organisation": one.organisation if one else NOBODY,
        "coordinator": coordinator.called,
        "letter": said["subject"],
        "ask": said["ask"],
        "addressee": said["addressed_to"],
        "leads": listed(said["leads"]),
        "deadline": said["deadline_words"],
        "answer by": day_words(soft) if soft else said["deadline_words"],
        "days left": schedule.left_words(when, now) if when else "",
    }


def letter_values(letter: Letter, one: Invitation | None = None) -> dict[str, Any]:
    """What any mail may say of the letter, to one organisation or to none in particular."""
    return {
        "subject": letter.subject,
        "ask": letter.text.ask,
        "leads": list(letter.text.leads),
        "addressed_to": " and ".join(one.name or one.office for one in letter.text.addressees) or "its addressee",
        "deadline_words": deadline_words(letter, one),
    }


def deadline_words(letter: Letter, one: Invitation | None = None) -> str:
    """The moment the list closes, for one organisation where it has its own, as a person says it."""
    until = closes(one, letter) if one else letter.hard_deadline
    return moment_words(until, letter.time_zone) if until else "the day the list closes"
