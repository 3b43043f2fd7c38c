"""The letter’s arrangements where they decide who counts: is its list open, do those asked see who has endorsed, is it
sent when they were told that it would be."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from coalition.endorsements import records
from coalition.endorsements.conditions.settling import settle
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions as invitations
from coalition.letters import records as letters_records
from coalition.letters.rules import Arrangements, Letter, dispatched
from coalition.tables import letters

_moved = update(letters).where(letters.c.id == bindparam("of")).values(dispatch_moved_at=bindparam("now"))


def arrange(
    connection: Connection, slug: str, seen: int, plan: Arrangements, tell: bool, who: str, now: datetime
) -> Letter:
    """What invitations.actions.arrange does, and conditions are looked at as they are then.

    When the day of sending is put off, what was said before is too old to send without asking: see freshness.
    """
    before = letters_records.letter_by_slug(connection, slug)
    letter = invitations.arrange(connection, slug, seen, plan, tell, who, now)
    if _is_put_off(before, letter) and records.count(connection, letter.id):
        connection.execute(_moved, {"of": letter.id, "now": now})
        days = {"from": str(before.dispatch_on), "to": str(letter.dispatch_on)}
        add_history(connection, letter.id, now, Deed("dispatch moved", who, data=days))
        letter = letters_records.letter_by_slug(connection, slug)
    settle(connection, letter.id, now)
    return letter


def _is_put_off(before: Letter, after: Letter) -> bool:
    if before.dispatch_on is None or after.dispatch_on is None or dispatched(after):
        return False
    return after.dispatch_on > before.dispatch_on
