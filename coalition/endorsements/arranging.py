"""The letter’s arrangements where they decide who counts: is its list open, and do those asked see who has endorsed."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.endorsements.conditions.settling import settle
from coalition.invitations import actions as invitations
from coalition.letters.rules import Arrangements, Letter


def arrange(
    connection: Connection, slug: str, seen: int, plan: Arrangements, tell: bool, who: str, now: datetime
) -> Letter:
    """What invitations.actions.arrange does, and conditions are looked at as they are then."""
    letter = invitations.arrange(connection, slug, seen, plan, tell, who, now)
    settle(connection, letter.id, now)
    return letter
