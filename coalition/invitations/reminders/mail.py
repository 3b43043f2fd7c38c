"""The reminder: written when it leaves, so that its days are counted from then, if it is still wanted then."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, NotYet, Office, Words, written
from coalition.base.outbox import Owed
from coalition.invitations import mail as asking
from coalition.invitations.reminders import candidates, schedule
from coalition.invitations.reminders.candidates import HELD
from coalition.invitations.reminders.schedule import APART
from coalition.invitations.rules import Invitation
from coalition.invitations.wording import REMINDER, Wording, fill
from coalition.letters import embargo
from coalition.letters.rules import Letter
from coalition.people import records as people
from coalition.people.records import Coordinator

LONGEST_WAIT = timedelta(days=4)  # the longest quiet hours, and a day in which the mail server may come back


def reminder(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """Not wanted once anything has happened that a reminder stops at. In quiet hours it waits until they end."""
    letter, one, coordinator = asking.wanted(connection, owed, now)
    _check_wanted(connection, owed, letter, one, now)
    plan = schedule.from_data(letter.reminders)
    if plan and schedule.is_quiet(plan, letter.time_zone, now):
        raise NotYet(schedule.leaves(plan, letter.time_zone, now))
    link, unsubscribe = asking.links(office, one)
    words = _written(letter, one, coordinator, link, unsubscribe, now)
    return asking.to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)


def _check_wanted(connection: Connection, owed: Owed, letter: Letter, one: Invitation, now: datetime) -> None:
    plan = schedule.from_data(letter.reminders)
    if "step" in owed.data and not (plan and plan.on):
        raise NotWanted("Reminders were switched off before this one left.")
    if now - owed.queued_at > LONGEST_WAIT:
        raise NotWanted("It could not leave for so long that it would have come at another time than it was meant to.")
    # The same question as when it was queued; this mail itself, and what counted against it then, set aside.
    asked = candidates.by_hand(letter.id, letter.time_zone, candidates.ANY_NUMBER, now, lately=timedelta(0))
    [found] = candidates.named(connection, asked, [one.id])
    if found.why:
        raise NotWanted(f"Before it left: {one.organisation} {HELD[found.why]}.")
    why = "" if owed.data.get("forced") else candidates.reached_since(connection, one.id, now - APART)
    if why == "elsewhere":
        raise NotWanted("A reminder of another letter had left less than 48 hours before.")
    if why:
        raise NotWanted("Another mail from you had left less than 48 hours before.")


def preview(connection: Connection, letter: Letter, one: Invitation | None, now: datetime) -> Words:
    """The reminder as `one` would get it now, for the coordinator to read; with no link that works."""
    coordinator = people.coordinator(connection, letter.coordinator_id)
    return _written(letter, one, coordinator, asking.UNSENT, asking.UNSENT, now)


def _written(
    letter: Letter, one: Invitation | None, coordinator: Coordinator, link: str, unsubscribe: str, now: datetime
) -> Words:
    own = Wording(letter.reminder_subject, letter.reminder_body).or_else(REMINDER)
    return written(
        "reminder",
        words=fill(own, asking.placeholder_values(letter, one, coordinator, now)),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation if one else asking.NOBODY},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        link=link,
        unsubscribe=unsubscribe,
    )
