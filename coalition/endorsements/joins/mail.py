"""Mail about joining: the link that confirms, that somebody waits at the desk, and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from coalition.base.clock import moment_words
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.base.refused import NotFound, Refused
from coalition.endorsements.joins import records, rules
from coalition.endorsements.joins.rules import Join
from coalition.invitations import records as invitations
from coalition.invitations.holders import holder
from coalition.invitations.mail import deadline_words, letter_values
from coalition.invitations.rules import ANSWERED, may_answer
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.rules import Letter, is_public
from coalition.organisations import records as organisations
from coalition.people import records as people


def confirm(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The link that confirms. The address is nobody's yet: the mail says little, and not whom an answer would reach."""
    join, letter = _about(connection, owed)
    if join.state != "asked" or join.asked_at + rules.LASTS <= now:
        raise NotWanted("It was confirmed, or is past its time.")
    try:
        rules.check_join(letter, now)
    except Refused as refusal:
        raise NotWanted(str(refusal)) from None
    words = written(
        "join_confirm",
        letter=letter_values(letter),
        organisation={"name": join.name},
        link=office.link("confirm", "join", owed.data["nonce"]),
        expires_words=moment_words(join.asked_at + rules.LASTS, letter.time_zone),
    )
    return addressed(words, owed, office, now)


def waiting(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """To the coordinator: who asks to join and waits for a decision. Not wanted when nobody does any more."""
    letter = letters.letter(connection, owed.subject_id or 0)
    found = records.waiting(connection, letter.id)
    if not found:
        raise NotWanted("All requests were decided before this mail left.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    words = written(
        "join_waiting",
        letter=letter_values(letter),
        organisation={"name": found[-1].name},
        others=len(found) - 1,
        link=f"{office.base_url}/desk/letters/{letter.slug}/joins",
        coordinator={"name": coordinator.called},
    )
    return addressed(words, owed, office, now, to_name=coordinator.name)


def approved(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """A link of their own, where approving recorded no answer: the text was changed, or the organisation has answered.

    Where it did, the receipt tells them.
    """
    one = invitations.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    _check_stop(connection, owed.recipient)
    held = holder(connection, one.id, owed.data["contact"])
    if held is None or held.email.lower() != owed.recipient.lower():
        raise NotWanted("The link was revoked before this mail left.")
    kind = owed.data["kind"]
    if kind == "again" and (not may_answer(one, letter, now) or one.status in ANSWERED):
        raise NotWanted("They answered, or the list was closed, before this mail left.")
    return _to_them(
        connection,
        "join_approved",
        letter,
        owed,
        office,
        now,
        kind=kind,
        organisation={"name": one.organisation},
        link=office.link("e", "invitation", held.nonce),
        deadline_words=deadline_words(letter, one),
    )


def turned_down(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    join, letter = _about(connection, owed)
    times, last = records.turned_down(connection, letter.id, rules.mailbox(join.email))
    again = times < rules.TURNED_DOWN_MOST and last is not None and rules.may_join(letter, now)
    path = f"/letters/{letter.slug}" if is_public(letter, now) else ""
    return _to_them(
        connection,
        "join_turned_down",
        letter,
        owed,
        office,
        now,
        organisation={"name": join.name},
        answer=join.answer,
        link=f"{office.base_url}{path}",
        again_words=moment_words(last + rules.AGAIN_AFTER, letter.time_zone) if again and last else "",
    )


def _about(connection: Connection, owed: Owed) -> tuple[Join, Letter]:
    _check_stop(connection, owed.recipient)
    try:
        join = records.join(connection, owed.subject_id or 0)
    except NotFound:
        raise NotWanted("The request was deleted before this mail left.") from None
    return join, letters.letter(connection, join.letter_id)


def _check_stop(connection: Connection, recipient: str) -> None:
    """What they did themselves is answered also when they wanted no more mail, but not where mail comes back."""
    if (stop := organisations.mail_stop(connection, recipient)) and stop.is_final:
        raise NotWanted(f"{stop.words(recipient)}.")


def _to_them(
    connection: Connection, message: str, letter: Letter, owed: Owed, office: Office, now: datetime, **values: Any
) -> Mail:
    coordinator = people.coordinator(connection, letter.coordinator_id)
    words = written(
        message,
        letter=letter_values(letter),
        embargo=embargo.ends(letter, now),
        coordinator={"name": coordinator.called, "email": coordinator.email},
        **values,
    )
    return addressed(
        words,
        owed,
        office,
        now,
        coordinator=(coordinator.called, coordinator.email),
        list_id=f"{letter.slug}.{office.domain}",
    )
