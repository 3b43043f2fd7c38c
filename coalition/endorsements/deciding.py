"""Deciding later: an organisation says by when, and is written to once on that morning."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, String, cast, exists, func, insert, or_, select

from coalition.base import outbox
from coalition.base.refused import Refused
from coalition.endorsements import rules
from coalition.endorsements.actions import Incomplete, Outcome, decided
from coalition.history.records import Deed
from coalition.invitations import records as invitations_records
from coalition.invitations.actions import opened_to_answer
from coalition.invitations.rules import AGREED, check_answer, may_answer
from coalition.letters import records as letters_records
from coalition.letters.rules import Letter
from coalition.tables import contacts, invitations, letters, mail_stops, reminders

MORNING = time(9)
PIECE = 200  # in one write


def later(connection: Connection, nonce: str | None, until: date, seen: int | None, now: datetime) -> Outcome:
    """Records that they decide by a day. Raises as `endorse` does."""
    found = opened_to_answer(connection, nonce, now)
    one = found.invitation
    if one.status == "deciding" and one.deciding_until == until:
        return "same"
    check_answer(one, found.letter, now)
    rules.check_seen(one, seen)
    if one.status in AGREED:
        raise Refused("Your organisation has endorsed this letter. To take that back, use “Withdraw”.")
    wrong = rules.not_a_day_to_decide(until, one, found.letter, now)
    if wrong:
        raise Incomplete({"until": wrong})
    deed = Deed("deciding", one.organisation, one.id, {"until": until.isoformat()})
    decided(connection, found, "defer", deed, now, mail="later", until=until)
    return "later"


_marked = "deciding " + cast(invitations.c.deciding_until, String)
_waiting = (
    select(invitations.c.id, invitations.c.letter_id, invitations.c.deciding_until, letters.c.time_zone)
    .select_from(invitations)
    .join(letters, letters.c.id == invitations.c.letter_id)
    .join(contacts, contacts.c.id == func.coalesce(invitations.c.deciding_contact_id, invitations.c.contact_id))
    .where(
        invitations.c.status == "deciding",
        invitations.c.nonce.is_not(None),
        ~exists().where(reminders.c.invitation_id == invitations.c.id, reminders.c.step == _marked),
        ~exists().where(mail_stops.c.email == contacts.c.email),
    )
    .order_by(invitations.c.id)
)


def due(connection: Connection, now: datetime) -> list[int]:
    """Whose morning has come, and who have not been written to. One statement, however many are asked."""
    on = (now + timedelta(hours=14)).date()  # the furthest that any zone is ahead
    open_still = or_(letters.c.hard_deadline > now, invitations.c.extended_until > now)
    rows = connection.execute(_waiting.where(invitations.c.deciding_until <= on, open_still))
    return [id for id, _, day, zone in rows if datetime.combine(day, MORNING, ZoneInfo(zone)) <= now]


def write_on_the_day(connection: Connection, ids: Collection[int], now: datetime) -> int:
    """Queues the morning's mail for those who are still to get it: whoever comes second finds nobody."""
    still = set(due(connection, now)) & set(ids)
    known: dict[int, Letter] = {}
    rows, marks = [], []
    for id in sorted(still):
        one = invitations_records.invitation(connection, id)
        letter = known.setdefault(one.letter_id, letters_records.letter(connection, one.letter_id))
        day = one.deciding_until
        if day is None or not may_answer(one, letter, now):
            continue
        marks.append({"invitation_id": id, "step": f"deciding {day.isoformat()}", "queued_at": now})
        recipient = invitations_records.address_of(connection, one.deciding_contact_id) or one.email
        rows.append(
            {
                "message": "deciding_day",
                "recipient": recipient,
                "letter_id": letter.id,
                "subject_id": id,
                "data": {"contact": one.deciding_contact_id, "until": day.isoformat()},
            }
        )
    if rows:
        connection.execute(insert(reminders), marks)
        outbox.queue_many(connection, rows, now)
    return len(rows)
