"""Mail about what came of it: to the coordinator, that nothing has; to the endorsers, what has."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.base.clock import day_words
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.dispatch import nudges, records
from coalition.dispatch.telling import sentence
from coalition.endorsements import records as endorsements
from coalition.endorsements import rules
from coalition.invitations import records as invitations
from coalition.invitations.mail import letter_values, links, to_contact
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.organisations import records as organisations
from coalition.people import records as people


def nudge(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """To the coordinator. Not wanted once a reply or an outcome is recorded."""
    letter = letters.letter(connection, owed.letter_id or 0)
    coordinator = people.coordinator(connection, letter.coordinator_id)
    first = records.first(connection, letter.id)
    if first is None or not nudges.overdue(connection, letter, now):
        raise NotWanted("A reply, or what came of it, was recorded before this mail left.")
    if coordinator.email != owed.recipient:
        raise NotWanted("Somebody else coordinates the letter now.")
    words = written(
        "nudge",
        letter=letter_values(letter),
        sent=sentence(first, letter),
        days_words=f"You are told after {letter.nudge_days} days, as was chosen for this letter.",
        decided_by=letter.decided_by,
        decision_words=day_words(letter.decision_on) if letter.decision_on else "",
        link=f"{office.base_url}/desk/letters/{letter.slug}/replies",
    )
    return addressed(words, owed, office, now, to_name=coordinator.name)


def outcome(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """To whoever answers for an endorser. Not wanted once it is another outcome, or they have withdrawn."""
    one = invitations.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    if letter.outcome != owed.data["outcome"] or letter.outcome_on is None:
        raise NotWanted("What came of the letter was changed before this mail left.")
    endorsement = endorsements.of_organisation(connection, letter.id, one.organisation_id)
    if endorsement is None or not rules.stands(endorsement, letter):
        raise NotWanted("The endorsement was withdrawn before this mail left.")
    if one.nonce is None:
        raise NotWanted("The link was revoked before this mail left.")
    if one.email != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    link, unsubscribe = links(office, one)
    words = written(
        "outcome",
        letter=letter_values(letter, one),
        organisation={"name": one.organisation},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        outcome=letter.outcome,
        on_words=day_words(letter.outcome_on),
        decided_by=letter.decided_by,
        sentences=[line for line in letter.outcome_words.splitlines() if line.strip()],
        embargo=embargo.ends(letter, now),
        link=link,
        unsubscribe=unsubscribe,
    )
    return to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)
