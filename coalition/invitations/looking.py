"""Links that show the letter and answer nothing: "please look at this". Each is one person's, and can be ended."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, update

from coalition.base import links, mailed, outbox
from coalition.base.refused import NotFound, Refused, TooMany
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions, holders, records
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.organisations import records as organisations
from coalition.organisations.records import Contact
from coalition.tables import links as links_table

A_DAY_MOST = 10  # of one organisation, by whomever
AN_ADDRESS_MOST = 3  # mails to one address an hour, whoever asks

Outcome = Literal["shown", "same"]


def let_look(connection: Connection, nonce: str | None, email: str, name: str, now: datetime) -> Outcome:
    """Whoever may answer has a colleague look, also after the list has closed. The same click again changes nothing.

    Raises NotFound, Gone, ViewOnly, TooMany, or Refused with what is wrong with the address.
    """
    found = actions.opened_to_answer(connection, nonce, now)
    if email == actions.mailed_to(connection, nonce):
        raise Refused("That is your own address, and your link shows the letter already. Write somebody else’s.")
    one = found.invitation
    first = found.link.contact_id or one.contact_id
    colleague = _link(connection, one, email, name, {"from": first}, now)
    if colleague is None:
        return "same"
    records.move(connection, one.id, "read", now, read_at=now)
    # Who it was is kept as numbers: the history outlives what we may know of people.
    deed = Deed("let look", one.organisation, one.id, {"from": first, "to": colleague.id})
    add_history(connection, one.letter_id, now, deed)
    return "shown"


def let_look_from_desk(
    connection: Connection, slug: str, id: int, email: str, name: str, who: str, now: datetime
) -> Outcome:
    """A coordinator lets somebody at an organisation look. Raises Refused or TooMany."""
    letter = letters.letter_by_slug(connection, slug)
    one = records.invitation(connection, id, letter.id)
    if letter.state == "draft":
        raise Refused("The letter is still a draft. Open it for endorsement first.")
    somebody = _link(connection, one, email, name, {"who": who}, now)
    if somebody is None:
        return "same"
    add_history(connection, letter.id, now, Deed("let look", who, one.id, {"to": somebody.id, "desk": True}))
    return "shown"


def _link(
    connection: Connection, one: Invitation, email: str, name: str, data: dict[str, object], now: datetime
) -> Contact | None:
    """A link of their own, and the mail that brings it. None when they hold one already, of either kind."""
    if any(held.email == email for held in holders.holders(connection, one.id)):
        return None
    if stop := organisations.mail_stop(connection, email):
        raise Refused(f"{stop.words(email)}, so nothing was sent.")
    _check_limits(connection, one.id, email, now)
    contact = organisations.add_contact(connection, one.organisation_id, email, name, "")
    nonce = links.issue(connection, "invitation", one.id, now, contact_id=contact.id)
    holders.make_view_only(connection, nonce, now)
    about = {"letter_id": one.letter_id, "subject_id": one.id}
    outbox.queue(connection, "look", email, now, data={"contact": contact.id} | data, **about)  # type: ignore[arg-type]
    return contact


def _check_limits(connection: Connection, id: int, email: str, now: datetime) -> None:
    day, hour = timedelta(days=1), timedelta(hours=1)
    if mailed.count_about(connection, "look", id, now - day) >= A_DAY_MOST:
        raise TooMany(
            f"{A_DAY_MOST} people were sent a link to look within a day. Please wait until tomorrow.",
            int(day.total_seconds()),
        )
    lately = (mailed.count_lately(connection, message, email, now - hour) for message in ("look", "forwarded"))
    if sum(lately) >= AN_ADDRESS_MOST:
        raise TooMany("That address was sent several letters within the last hour. Please wait an hour.", 3600)


def end_one(connection: Connection, slug: str, id: int, contact_id: int, who: str, now: datetime) -> bool:
    """Takes back the links of one person, but not the one that is the organisation's own. False when they hold none any
    more; raises NotFound when they never did.
    """
    letter = letters.letter_by_slug(connection, slug)
    one = records.invitation(connection, id, letter.id)
    theirs = [
        held.nonce for held in holders.holders(connection, one.id) if held.contact_id == contact_id and not held.is_main
    ]
    if not theirs:
        if not holders.ever_held(connection, one.id, contact_id):
            raise NotFound("There is no such link of this organisation.")
        return False
    connection.execute(
        update(links_table)
        .where(links_table.c.nonce.in_(theirs), links_table.c.revoked_at.is_(None))
        .values(revoked_at=now, reason="taken back")
    )
    records.change(connection, one.id, now)
    add_history(connection, letter.id, now, Deed("one link revoked", who, one.id, {"to": contact_id}))
    return True
