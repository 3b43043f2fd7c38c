"""Mail about suggestions: to who made one, that it arrived and what became of it; to the coordinator, what waits."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions.records import Suggestion
from coalition.invitations import holders
from coalition.invitations import records as invitations
from coalition.invitations.mail import letter_values
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.differences import Part, as_text
from coalition.organisations import records as organisations
from coalition.people import records as people

SHOWN = 8  # in one mail to the coordinator, of each letter


def arrived(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """That it has reached the coordinator. Not wanted once it was taken back."""
    one = suggestions.suggestion(connection, owed.data["suggestion"])
    if one.state == "withdrawn":
        raise NotWanted("The suggestion was taken back before this mail left.")
    return _to_proposer(connection, "suggestion", one, owed, office, now)


def answered(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The coordinator's words, where it was not taken."""
    one = suggestions.suggestion(connection, owed.data["suggestion"])
    values = {
        "answer": one.answer,
        "who": one.decided_by,
        "waits": one.id in suggestions.waited_for(connection, one.letter_id),
    }
    return _to_proposer(connection, "suggestion_answered", one, owed, office, now, **values)


def taken(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """That a published version says it."""
    one = suggestions.suggestion(connection, owed.data["suggestion"])
    return _to_proposer(connection, "suggestion_taken", one, owed, office, now, version=one.accepted_in or 0)


def _to_proposer(
    connection: Connection, message: str, one: Suggestion, owed: Owed, office: Office, now: datetime, **values: Any
) -> Mail:
    """They asked for it, so it goes also to who wants no more mail, but not where mail comes back."""
    invitation = invitations.invitation(connection, one.invitation_id)
    letter = letters.letter(connection, one.letter_id)
    held = holders.holder(connection, invitation.id, one.contact_id)
    if held is None:
        raise NotWanted("The link was revoked before this mail left.")
    if (held.email or invitation.email) != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    if (stop := organisations.mail_stop(connection, owed.recipient)) and stop.is_final:
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    words = written(
        message,
        letter=letter_values(letter, invitation),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        link=f"{office.link('e', 'invitation', held.nonce)}#suggested",
        **_said(one),
        **values,
    )
    return addressed(
        words,
        owed,
        office,
        now,
        to_name=held.contact or invitation.contact,
        coordinator=(coordinator.called, coordinator.email),
        list_id=f"{letter.slug}.{office.domain}",
    )


def _said(one: Suggestion) -> dict[str, Any]:
    return {"parts": one.runs, "change": as_text(Part("", one.runs)), "reason": one.reason}


def waiting(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """What waits for a coordinator, of all their letters. Not wanted when nothing does any more."""
    coordinator = people.coordinator(connection, owed.subject_id or 0)
    counts = suggestions.waiting_for(connection, coordinator.id)
    if not counts:
        raise NotWanted("Every suggestion was answered or taken back before this mail left.")
    found = []
    for letter_id, count in counts.items():
        letter = letters.letter(connection, letter_id)
        some = suggestions.of_letter(connection, letter_id, "open", SHOWN)
        shown = [{"organisation": one.organisation, **_said(one)} for one in some]
        found.append({"subject": letter.subject, "slug": letter.slug, "count": count, "shown": shown})
    desk = f"{office.base_url}/desk"
    words = written(
        "suggestions",
        coordinator={"name": coordinator.called, "email": coordinator.email},
        letters=found,
        count=sum(counts.values()),
        link=f"{desk}/letters/{found[0]['slug']}/suggestions" if len(found) == 1 else desk,
    )
    return addressed(words, owed, office, now, to_name=coordinator.called)
