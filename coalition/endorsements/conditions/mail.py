"""Mail about conditions: to an organisation, that its endorsement counts now or waits; to the coordinator, which do.

Several changes before a mail leaves are one mail about how it is then, and nobody gets more than one in a while.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, update

from coalition.base import mailed, outbox
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.endorsements import records, rules
from coalition.endorsements.conditions import rules as conditions
from coalition.endorsements.undersigned import line
from coalition.invitations import records as invitation_records
from coalition.invitations.mail import letter_values, links, to_contact
from coalition.invitations.rules import may_answer
from coalition.letters import embargo
from coalition.letters import records as letters
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.tables import contacts, history, invitations, mail_stops
from coalition.tables import letters as letters_table
from coalition.tables import outbox as outbox_table

APART = timedelta(minutes=15)
NAMED_MOST = 50
DEEDS = ("condition holds", "condition broken")
i, o = invitations.c, outbox_table.c
_ids: Any = bindparam("ids", expanding=True, literal_execute=True)

# Owing it.

_overtaken = (
    update(outbox_table)
    .where(o.message == "condition", o.subject_id.in_(_ids), o.state == "waiting", o.attempts == 0)
    .values(state="dropped", ended_at=bindparam("now"), said="Its condition changed again before this mail left.")
)
_reached = (
    select(i.id, contacts.c.email)
    .select_from(invitations.join(contacts, contacts.c.id == i.contact_id))
    .where(i.id.in_(_ids), i.nonce.is_not(None), ~exists().where(mail_stops.c.email == contacts.c.email))
)
_lately = (
    select(o.subject_id, func.max(func.coalesce(o.ended_at, o.queued_at)))
    .where(
        o.message == bindparam("message"),
        o.subject_id.in_(_ids),
        o.letter_id == bindparam("letter_id"),
        o.state.in_(("sent", "claimed")),
        o.queued_at > bindparam("since"),
    )
    .group_by(o.subject_id)
)
_waiting = select(func.count()).where(
    o.message == "conditions", o.letter_id == bindparam("letter_id"), o.state == "waiting", o.attempts == 0
)
_coordinator = select(letters_table.c.coordinator_id).where(letters_table.c.id == bindparam("of_letter"))
_newest = select(func.coalesce(func.max(history.c.number), 0)).where(history.c.chain == bindparam("of_letter"))


def queue(connection: Connection, letter_id: int, ids: Collection[int], now: datetime) -> None:
    """For those invitations whose condition holds now, or does no more. Before the history of it is written."""
    of = {"ids": sorted(ids)}
    connection.execute(_overtaken, {**of, "now": now})
    due = _due(connection, "condition", letter_id, ids, now)
    rows = [
        _row("condition", email, letter_id, id, due.get(id, now), {}) for id, email in connection.execute(_reached, of)
    ]
    if not connection.execute(_waiting, {"letter_id": letter_id}).scalar_one():
        who = people.coordinator(connection, connection.execute(_coordinator, {"of_letter": letter_id}).scalar_one())
        due = _due(connection, "conditions", letter_id, [who.id], now)
        after = connection.execute(_newest, {"of_letter": letter_id}).scalar_one()
        rows.append(_row("conditions", who.email, letter_id, who.id, due.get(who.id, now), {"after": after}))
    outbox.queue_many(connection, rows, now)


def _due(
    connection: Connection, message: str, letter_id: int, ids: Collection[int], now: datetime
) -> dict[int, datetime]:
    """When the next mail to those may leave who had one a little while ago."""
    lately = {"message": message, "ids": sorted(ids), "letter_id": letter_id, "since": now - APART}
    return {id: max(now, at + APART) for id, at in connection.execute(_lately, lately)}


def _row(
    message: str, email: str, letter_id: int, about: int, due_at: datetime, data: dict[str, int]
) -> dict[str, object]:
    to = {"message": message, "recipient": email, "letter_id": letter_id}
    return {**to, "subject_id": about, "due_at": due_at, "data": data}


# Writing it.


def condition(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """To an organisation, also after the list has closed: it can still withdraw."""
    one = invitation_records.invitation(connection, owed.subject_id or 0)
    letter = letters.letter(connection, one.letter_id)
    if one.nonce is None:
        raise NotWanted("The link was revoked before this mail left.")
    if one.email != owed.recipient:
        raise NotWanted("Another contact was chosen before this mail left.")
    if stop := organisations.mail_stop(connection, owed.recipient):
        raise NotWanted(f"{stop.words(owed.recipient)}.")
    endorsement = records.of_organisation(connection, letter.id, one.organisation_id)
    if endorsement is None or not endorsement.condition or not rules.stands(endorsement, letter):
        raise NotWanted("The endorsement was withdrawn, or given without a condition, before this mail left.")
    if endorsement.endorsed_at > owed.queued_at:
        raise NotWanted("The organisation answered again before this mail left, and its receipt says how it is.")
    receipts = mailed.about(connection, one.id, ("receipt",))
    if any(mail.ended_at and mail.ended_at >= owed.queued_at for mail in receipts):
        raise NotWanted("The receipt, which left later, says how it is.")
    coordinator = people.coordinator(connection, letter.coordinator_id)
    link, unsubscribe = links(office, one)
    printed = line(endorsement)
    words = written(
        "condition",
        letter=letter_values(letter, one),
        embargo=embargo.ends(letter, now),
        organisation={"name": one.organisation},
        coordinator={"name": coordinator.called, "email": coordinator.email},
        open=may_answer(one, letter, now),
        held=rules.held(endorsement, letter),
        once=conditions.words(endorsement),
        line={"organisation": printed.organisation, "signatory": printed.signatory, "role": printed.role},
        version=endorsement.version,
        link=link,
        unsubscribe=unsubscribe,
    )
    return to_contact(words, letter, one, coordinator, owed, office, now, unsubscribe)


_changes = select(history.c.subject_id, history.c.deed).where(
    history.c.chain == bindparam("of_letter"),
    history.c.number > bindparam("after"),
    history.c.deed.in_(DEEDS),
    history.c.subject_id.is_not(None),
)


def changed(connection: Connection, letter_id: int, after: int) -> tuple[list[int], list[int]]:
    """Since an entry of the history: whose condition holds now and did not then, and the other way about."""
    times: Counter[int] = Counter()
    last: dict[int, str] = {}
    rows = connection.execute(_changes.order_by(history.c.number), {"of_letter": letter_id, "after": after})
    for id, deed in rows:
        times[id] += 1
        last[id] = deed
    odd = [id for id, many in times.items() if many % 2]  # to and fro is no news
    return [id for id in odd if last[id] == DEEDS[0]], [id for id in odd if last[id] == DEEDS[1]]


def told(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """To the coordinator: all that changed since the last such mail, as it is now."""
    letter = letters.letter(connection, owed.letter_id or 0)
    coordinator = people.coordinator(connection, letter.coordinator_id)
    if coordinator.email != owed.recipient:
        raise NotWanted("Somebody else coordinates the letter now.")
    count, wait = changed(connection, letter.id, owed.data["after"])
    if not count and not wait:
        raise NotWanted("What had changed changed back before this mail left.")
    names = invitation_records.names(connection, count[:NAMED_MOST] + wait[:NAMED_MOST])
    words = written(
        "conditions",
        letter=letter_values(letter),
        coordinator={"name": coordinator.called, "email": coordinator.email},
        counting=[names[id] for id in count if id in names],
        counting_more=max(len(count) - NAMED_MOST, 0),
        waiting=[names[id] for id in wait if id in names],
        waiting_more=max(len(wait) - NAMED_MOST, 0),
        undersigned=records.count(connection, letter.id),
        link=f"{office.base_url}/desk/letters/{letter.slug}?status=held",
    )
    return addressed(words, owed, office, now, to_name=coordinator.name)
