"""Mail before the letter goes: are they still happy; and that they are left out, because nothing was heard."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from coalition.base.clock import day_words
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, written
from coalition.base.outbox import Owed
from coalition.endorsements import records, rules
from coalition.endorsements.freshness.rules import is_stale, said_at
from coalition.endorsements.rules import Endorsement
from coalition.endorsements.undersigned import line
from coalition.invitations import records as invitations
from coalition.invitations.mail import letter_values, links, to_contact
from coalition.invitations.rules import Invitation
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.letters.rules import Letter, dispatched
from coalition.organisations import records as organisations
from coalition.people import records as people


def still_happy(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """Not wanted by whoever answered or withdrew meanwhile or need not be asked, nor once the letter was delivered."""
    one, letter, given = _about(connection, owed)
    if said_at(given) >= owed.queued_at:
        raise NotWanted("The organisation answered before this mail left.")
    if rules.held(given, letter) or not is_stale(given, letter, now):
        raise NotWanted("The organisation need not be asked any more.")
    return _mail(connection, "still_happy", one, letter, given, owed, office, now)


def left_out(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """Never silently: they can still say that they are happy. Not wanted when they are in again."""
    one, letter, given = _about(connection, owed)
    if given.left_out_at is None:
        raise NotWanted("The organisation is in again.")
    return _mail(connection, "left_out", one, letter, given, owed, office, now)


def _about(connection: Connection, owed: Owed) -> tuple[Invitation, Letter, Endorsement]:
    one = invitations.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    if one.nonce is None:
        raise NotWanted("The link was revoked before this mail left.")
    if one.email != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    given = records.of_organisation(connection, letter.id, one.organisation_id)
    if given is None or not rules.stands(given, letter):
        raise NotWanted("The endorsement was withdrawn, or the text changed, before this mail left.")
    if dispatched(letter):
        raise NotWanted("The letter was delivered before this mail left.")
    return one, letter, given


def _mail(
    connection: Connection,
    message: str,
    one: Invitation,
    letter: Letter,
    given: Endorsement,
    owed: Owed,
    office: Office,
    now: datetime,
) -> Mail:
    coordinator = people.coordinator(connection, letter.coordinator_id)
    printed = line(given)
    link, unsubscribe = links(office, one)
    moved = letter.dispatch_moved_at is not None and said_at(given) < letter.dispatch_moved_at
    words = written(
        message,
        letter=letter_values(letter, one),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        link=link,
        unsubscribe=unsubscribe,
        line={"organisation": printed.organisation, "signatory": printed.signatory, "role": printed.role},
        group=given.group,
        said_on=_day(said_at(given), letter),
        again=given.fresh_at is not None,
        asked_on=_day(given.fresh_asked_at, letter) if given.fresh_asked_at else "",
        goes_on=day_words(letter.dispatch_on) if letter.dispatch_on else "",
        moved=moved,
    )
    return to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)


def _day(moment: datetime, letter: Letter) -> str:
    return day_words(moment.astimezone(ZoneInfo(letter.time_zone)))
