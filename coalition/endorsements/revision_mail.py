"""Mail about a new version: to who endorsed, what a correction changed and the way out; to all, that they are asked
again."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, written
from coalition.base.outbox import Owed
from coalition.endorsements import records, rules
from coalition.endorsements.conditions import rules as conditions
from coalition.endorsements.undersigned import line
from coalition.invitations import records as invitations
from coalition.invitations.mail import deadline_words, letter_values, links, to_contact
from coalition.invitations.rules import Invitation, may_answer
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.differences import as_text, differences
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.people import records as people


def corrected(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """What changed between the version they agreed to and the one they stand under now; one button takes them out.

    Also after the list has closed: they can still withdraw.
    """
    one, letter = _about(connection, owed)
    number: int = owed.data["version"]
    endorsement = records.of_organisation(connection, letter.id, one.organisation_id)
    if endorsement is None or not rules.stands(endorsement, letter):
        raise NotWanted("The endorsement was withdrawn, or the text changed again, before this mail left.")
    if endorsement.version != number or endorsement.given_version == number:
        raise NotWanted("There was a newer version, or a newer answer, before this mail left.")
    printed = line(endorsement)
    return _mail(
        connection,
        "corrected",
        one,
        letter,
        owed,
        office,
        now,
        before=endorsement.given_version,
        once=conditions.words(endorsement) if rules.held(endorsement, letter) else "",
        line={"organisation": printed.organisation, "signatory": printed.signatory, "role": printed.role},
    )


def asked_again(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The text changed in substance. Not wanted once they have answered the new one, or the list is closed."""
    one, letter = _about(connection, owed)
    number: int = owed.data["version"]
    if not may_answer(one, letter, now):
        raise NotWanted("The list was closed before this mail left.")
    if letter.base != number:
        raise NotWanted("There was a newer version before this mail left.")
    if one.answered_at and one.answered_at >= owed.queued_at:
        raise NotWanted("The organisation answered before this mail left.")
    endorsement = records.of_organisation(connection, letter.id, one.organisation_id)
    gave = endorsement is not None and endorsement.withdrawn_at is None
    before = endorsement.given_version if endorsement and gave else number - 1
    said = "endorsed" if gave else one.status if one.status in ("declined", "withdrawn") else ""
    return _mail(connection, "asked_again", one, letter, owed, office, now, before=before, said=said)


def _about(connection: Connection, owed: Owed) -> tuple[Invitation, Letter]:
    one = invitations.invitation(connection, owed.subject_id or 0)
    if one.nonce is None:
        raise NotWanted("The link was revoked before this mail left.")
    if one.email != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    return one, letters.letter(connection, one.letter_id)


def _mail(
    connection: Connection,
    message: str,
    one: Invitation,
    letter: Letter,
    owed: Owed,
    office: Office,
    now: datetime,
    *,
    before: int,
    **values: object,
) -> Mail:
    coordinator = people.coordinator(connection, letter.coordinator_id)
    newest = letters.version(connection, letter.id, owed.data["version"])
    parts = differences(letters.version(connection, letter.id, before).text, newest.text)
    link, unsubscribe = links(office, one)
    words = written(
        message,
        letter=letter_values(letter, one),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        deadline_words=deadline_words(letter, one),
        link=link,
        unsubscribe=unsubscribe,
        before=before,
        version=newest.number,
        fingerprint=newest.fingerprint,
        why=newest.why,
        parts=parts,
        parts_as_text=[(part.label, as_text(part)) for part in parts],
        **values,
    )
    return to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)
