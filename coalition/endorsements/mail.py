"""Receipts: what was answered, and how to change it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from coalition.base.clock import day_words, moment_words
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.endorsements import records, rules
from coalition.endorsements.conditions import rules as conditions
from coalition.endorsements.rules import decision_sentence
from coalition.endorsements.undersigned import line
from coalition.invitations import records as invitations
from coalition.invitations.holders import holder
from coalition.invitations.mail import deadline_words, letter_values
from coalition.invitations.rules import Invitation, may_answer
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.rules import Letter, dispatched
from coalition.organisations import records as organisations
from coalition.people import records as people


def receipt(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """What was endorsed: the printed line, the version and its fingerprint; and what it waits for, as that is now."""
    one, letter = _about(connection, owed)
    endorsement = records.of_organisation(connection, letter.id, one.organisation_id)
    if endorsement is None or endorsement.withdrawn_at:
        raise NotWanted("The endorsement was withdrawn before this mail left.")
    if not rules.stands(endorsement, letter):
        raise NotWanted("The text was changed before this mail left, and the organisation is asked again.")
    printed = line(endorsement)
    return _mail(
        connection,
        "receipt",
        one,
        letter,
        owed,
        office,
        now,
        kind=owed.data.get("kind", "endorsed"),
        held=rules.held(endorsement, letter),
        once=conditions.words(endorsement),
        line={
            "organisation": printed.organisation,
            "group": endorsement.group,
            "signatory": printed.signatory,
            "role": printed.role,
        },
        logo="" if endorsement.logo is None else "allowed" if endorsement.show_logo else "kept",
        version=endorsement.given_version,
        fingerprint=letters.fingerprint(connection, letter.id, endorsement.given_version),
        endorsed_at_words=moment_words(endorsement.endorsed_at, letter.time_zone),
        given_by=", ".join((endorsement.signatory, endorsement.role)),
        decided=decision_sentence(endorsement.authority, endorsement.authority_detail),
        dispatched=dispatched(letter),
    )


def withdrawn(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    one, letter = _about(connection, owed)
    if one.status != "withdrawn":
        raise NotWanted("The organisation endorsed again before this mail left.")
    return _mail(connection, "withdrawn", one, letter, owed, office, now)


def declined(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    one, letter = _about(connection, owed)
    if one.status != "declined":
        raise NotWanted("The organisation changed its answer before this mail left.")
    return _mail(connection, "declined", one, letter, owed, office, now)


def later(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """That they decide by a day, and are left alone until then."""
    one, letter = _about(connection, owed)
    return _mail(connection, "later", one, letter, owed, office, now, until_words=_day(one, owed))


def deciding_day(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The morning of that day. Not wanted once they have answered, chosen another day or want no more mail."""
    one, letter = _about(connection, owed)
    if not may_answer(one, letter, now):
        raise NotWanted("The list was closed before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    return _mail(connection, "deciding_day", one, letter, owed, office, now, until_words=_day(one, owed))


def _day(one: Invitation, owed: Owed) -> str:
    day = one.deciding_until
    if one.status != "deciding" or day is None or day.isoformat() != owed.data.get("until"):
        raise NotWanted("The organisation answered, or chose another day, before this mail left.")
    return day_words(day)


def _about(connection: Connection, owed: Owed) -> tuple[Invitation, Letter]:
    """The invitation, as whoever the mail is owed to holds it. What they did themselves is confirmed to them also when
    they asked for no more mail, but not where mail comes back or was called unwanted: that harms all our mail.
    """
    if (stop := organisations.mail_stop(connection, owed.recipient)) and stop.is_final:
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    one = invitations.invitation(connection, owed.subject_id or 0)
    held = holder(connection, one.id, owed.data.get("contact") or one.contact_id)
    if held is None or one.nonce is None:
        raise NotWanted("The link was revoked before this mail left.")
    if (held.email or one.email) != owed.recipient:  # nobody gets the link of whoever is asked in their place by now
        raise NotWanted("Another contact was chosen before this mail left.")
    return replace(one, nonce=held.nonce, contact=held.contact or one.contact), letters.letter(
        connection, one.letter_id
    )


def _mail(
    connection: Connection,
    message: str,
    one: Invitation,
    letter: Letter,
    owed: Owed,
    office: Office,
    now: datetime,
    **values: Any,
) -> Mail:
    coordinator = people.coordinator(connection, letter.coordinator_id)
    unsubscribe = office.link("unsubscribe", "unsubscribe", one.nonce or "")
    words = written(
        message,
        letter=letter_values(letter, one),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        deadline_words=deadline_words(letter, one),
        link=office.link("e", "invitation", one.nonce or ""),
        unsubscribe=unsubscribe,
        coordinator={"name": coordinator.called, "email": coordinator.email},
        **values,
    )
    return addressed(
        words,
        owed,
        office,
        now,
        to_name=one.contact,
        coordinator=(coordinator.called, coordinator.email),
        list_id=f"{letter.slug}.{office.domain}",
        unsubscribe_url=unsubscribe if message == "deciding_day" else "",
    )
