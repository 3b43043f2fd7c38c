"""Passing the letter on to a colleague, who gets a link of their own."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from coalition.base import links, mailed, outbox
from coalition.base.refused import Refused, TooMany
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions, holders, looking, records, rules
from coalition.invitations.keys import keys
from coalition.organisations import names
from coalition.organisations import records as organisations

# Who answers from then on; the first link goes on answering but for "pass".
WAYS = {
    "both": "We both may answer. Reminders still come to me.",
    "contact": "We both may answer. Reminders go to them.",
    "pass": "They answer instead of me. My link still shows the letter.",
    "look": "I answer. They only look: their link shows the letter and answers nothing.",
}
A_DAY_MOST = 5  # colleagues of one organisation
AN_ADDRESS_MOST = 3  # mails to one address an hour, whoever asks
NAME_LONGEST = 80

Outcome = Literal["passed", "shown", "same"]


def forward(connection: Connection, nonce: str | None, email: str, name: str, way: str, now: datetime) -> Outcome:
    """Makes a colleague's link and has it mailed. The same click again changes nothing.

    Raises NotFound, Gone, ViewOnly, Closed, TooMany, or Refused with what is wrong with the address.
    """
    if way == "look":
        return looking.let_look(connection, nonce, email, name, now)
    found = actions.opened_to_answer(connection, nonce, now)
    one, letter = found.invitation, found.letter
    rules.check_answer(one, letter, now)
    mine = actions.mailed_to(connection, nonce)
    if email == mine:
        raise Refused("That is your own address. Write your colleague’s.")
    known = [held for held in holders.holders(connection, one.id) if held.email == email]
    if any(not held.view_only_since for held in known):
        return "same"
    if organisations.mail_is_stopped(connection, email):
        raise Refused(f"{email} takes no mail from here, so nothing was sent. Choose another colleague.")
    _check_limits(connection, one.id, email, now)
    colleague = organisations.add_contact(connection, one.organisation_id, email, name, "")
    fresh = links.issue(connection, "invitation", one.id, now, contact_id=colleague.id)
    is_main = found.link.nonce == one.nonce
    if way == "pass":
        holders.make_view_only(connection, found.link.nonce, now)
    if is_main and way in ("contact", "pass"):
        copies = keys(one.organisation, colleague)
        records.change(connection, one.id, now, contact_id=colleague.id, nonce=fresh, **copies)
    records.move(connection, one.id, "read", now, read_at=now)
    first = found.link.contact_id or one.contact_id
    about = {"letter_id": letter.id, "subject_id": one.id}
    data = {"contact": colleague.id, "from": first}
    outbox.queue(connection, "forwarded", email, now, **about, data=data)  # type: ignore[arg-type]
    if mine:
        told = {"contact": first, "to": colleague.id, "way": way}
        outbox.queue(connection, "passed_on", mine, now, **about, data=told)  # type: ignore[arg-type]
    # Who it was is kept as numbers: the history outlives what we may know of people.
    deed = Deed("passed on", one.organisation, one.id, {"from": first, "to": colleague.id, "way": way})
    add_history(connection, letter.id, now, deed)
    return "passed"


def _check_limits(connection: Connection, id: int, email: str, now: datetime) -> None:
    day, hour = timedelta(days=1), timedelta(hours=1)
    if mailed.count_about(connection, "forwarded", id, now - day) >= A_DAY_MOST:
        raise TooMany(
            f"The letter was passed on {A_DAY_MOST} times within a day. Please wait until tomorrow, or write to the "
            "coordinator.",
            int(day.total_seconds()),
        )
    if mailed.count_lately(connection, "forwarded", email, now - hour) >= AN_ADDRESS_MOST:
        raise TooMany("That address was sent several letters within the last hour. Please wait an hour.", 3600)


def problems(email: str, name: str, way: str) -> dict[str, str]:
    """What is wrong with the form: field -> what to do."""
    wrong: dict[str, str] = {}
    try:
        names.check_email(email)
    except ValueError as error:
        wrong["email"] = str(error)
    if len(name) > NAME_LONGEST or any(part in name.casefold() for part in ("://", "www.", "@")):
        wrong["name"] = "Write only your colleague’s name, or leave this empty."
    if way not in WAYS:
        wrong["way"] = "Choose who answers from now on."
    return wrong
