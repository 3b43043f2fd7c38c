"""A letter's deadlines as an entry for the calendar of whoever is asked (RFC 5545).

Calendars are shared, so the signed link is not in it: it says whose mail to open. The same entry asked for again later
carries the same UIDs and a higher SEQUENCE once the letter's dates have moved, and so replaces the old one.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from coalition.base.clock import day_words, moment_words
from coalition.base.refused import Refused
from coalition.invitations.rules import Invitation, closes
from coalition.letters.rules import Letter
from coalition.people.records import Coordinator

if TYPE_CHECKING:
    from icalendar import Calendar, Event

TWO_DAYS = timedelta(days=-2)
THAT_MORNING = timedelta(hours=9)
TWO_MORNINGS = timedelta(days=-2, hours=9)  # of a whole day, which begins at midnight


def entry(
    letter: Letter, one: Invitation, closes_at: datetime, coordinator: Coordinator, host: str, now: datetime
) -> bytes:
    """The day the letter asks for, if it has one, and the moment the list closes for this organisation."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Coalition//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    closes_words = moment_words(closes_at, letter.time_zone)
    what_to_do = (
        f"To answer for {one.organisation}, open the mail from {coordinator.called}; its button leads to the letter. "
        f"Questions: {coordinator.email}"
    )
    if letter.soft_deadline:
        day = _event(f"answer-{one.id}@{host}", letter, now)
        day.add("dtstart", letter.soft_deadline)
        day.add("summary", f"Please answer today: {letter.subject}")
        day.add("description", f"The list closes on {closes_words}.\n\n{what_to_do}")
        _into(calendar, day, TWO_MORNINGS)
    moment = _event(f"closes-{one.id}@{host}", letter, now)
    moment.add("dtstart", closes_at.astimezone(UTC))
    moment.add("summary", f"The list closes: {letter.subject}")
    asked = f"An answer is asked for by {day_words(letter.soft_deadline)}. " if letter.soft_deadline else ""
    moment.add("description", f"{asked}The list closes on {closes_words}.\n\n{what_to_do}")
    _into(calendar, moment, TWO_DAYS)
    return bytes(calendar.to_ical())


def deciding_entry(letter: Letter, one: Invitation, coordinator: Coordinator, host: str, now: datetime) -> bytes:
    """The day by which an organisation decides. Raises Refused when it has not said one."""
    from icalendar import Calendar

    day = one.deciding_until
    if one.status != "deciding" or day is None:
        raise Refused("Your organisation has not said by which day it decides, so there is no calendar entry for it.")
    calendar = Calendar()
    calendar.add("prodid", "-//Coalition//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = _event(f"decide-{one.id}@{host}", letter, now)
    event["sequence"] = one.answers  # another day chosen later is another answer, and replaces this entry
    event.add("dtstart", day)
    event.add("summary", f"Decide today: {letter.subject}")
    until = closes(one, letter)
    when = f"The list closes on {moment_words(until, letter.time_zone)}.\n\n" if until else ""
    event.add(
        "description",
        f"{when}To answer for {one.organisation}, open the mail about the letter that comes this morning; its button "
        f"leads to it. Questions: {coordinator.called}, {coordinator.email}",
    )
    _into(calendar, event, THAT_MORNING)
    return bytes(calendar.to_ical())


def _event(uid: str, letter: Letter, now: datetime) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now)
    event.add("sequence", letter.revision)
    event.add("class", "PRIVATE")  # an embargoed letter's subject, in a calendar that colleagues see
    event.add("transp", "TRANSPARENT")
    return event


def _into(calendar: "Calendar", event: "Event", reminder: timedelta) -> None:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", str(event["summary"]))
    alarm.add("trigger", reminder)
    event.add_component(alarm)
    calendar.add_component(event)
