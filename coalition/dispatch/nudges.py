"""No reply after a while: the coordinator is mailed once what could be done, and the desk says so until it is."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, exists, select, update

from coalition.base import outbox
from coalition.base.refused import Overtaken, Refused
from coalition.dispatch import records, replies
from coalition.dispatch.rules import Dispatch
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.people import records as people
from coalition.tables import letters as letters_table
from coalition.tables import replies as replies_table

MORNING = time(9)  # where the letter is
LONGEST_DAYS = 365

# Of these few the day is reckoned: neither database does so in the letter's time zone.
_might = select(letters_table.c.id).where(
    letters_table.c.dispatched_at.is_not(None),
    letters_table.c.nudge_days > 0,
    letters_table.c.nudged_at.is_(None),
    letters_table.c.outcome == "",
    ~exists().where(replies_table.c.letter_id == letters_table.c.id, replies_table.c.undone_at.is_(None)),
)


def due(connection: Connection, now: datetime) -> list[int]:
    """Letters whose coordinator is to be mailed now."""
    return [id for (id,) in connection.execute(_might) if overdue(connection, letters.letter(connection, id), now)]


def overdue(connection: Connection, letter: Letter, now: datetime) -> bool:
    """Has no reply come for so long that something should be done? Also when the mail about it has left."""
    first = records.first(connection, letter.id)
    if first is None or letter.nudge_days <= 0 or letter.outcome or replies.any_at_all(connection, letter.id):
        return False
    return expected_by(letter, first) <= now


def expected_by(letter: Letter, first: Dispatch) -> datetime:
    """The morning, where the letter is, on which its coordinator is mailed if nothing has come."""
    zone = ZoneInfo(letter.time_zone)
    sent = first.day or (first.happened_at or first.begun_at).astimezone(zone).date()
    return datetime.combine(sent + timedelta(days=letter.nudge_days), MORNING, zone)


def nudge(connection: Connection, letter_id: int, now: datetime) -> bool:
    """Mails the coordinator, once however many ask at once. False when there is no need any more."""
    letter = letters.letter(connection, letter_id)
    if not overdue(connection, letter, now):
        return False
    done = connection.execute(
        update(letters_table)
        .where(letters_table.c.id == letter.id, letters_table.c.nudged_at.is_(None))
        .values(nudged_at=now)
    )
    if done.rowcount == 0:
        return False
    coordinator = people.coordinator(connection, letter.coordinator_id)
    outbox.queue(connection, "nudge", coordinator.email, now, letter_id=letter.id)
    return True


def wait(connection: Connection, slug: str, days: int, seen: int, who: str, now: datetime) -> Letter:
    """After how many days without a reply the coordinator is mailed; 0: never. Raises Refused, Overtaken."""
    letter = letters.letter_by_slug(connection, slug)
    if not 0 <= days <= LONGEST_DAYS:
        raise Refused(f"Choose a number of days from 1 to {LONGEST_DAYS}, or 0 for no mail.")
    if days == letter.nudge_days:
        return letter
    # Who waits longer is mailed once more, when that is over.
    if not letters.save(connection, letter, seen=seen, nudge_days=days, nudged_at=None):
        raise Overtaken("Somebody else changed this letter after you opened this page. Look again, then save.")
    add_history(connection, letter.id, now, Deed("nudge changed", who, data={"days": days}))
    return letters.letter_by_slug(connection, slug)
