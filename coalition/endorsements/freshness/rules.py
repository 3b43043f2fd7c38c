"""When what an organisation said is too old to be printed without asking, and how far asking has got."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from coalition.endorsements.rules import Endorsement
from coalition.letters.rules import Letter

NEVER = datetime(1900, 1, 1, tzinfo=UTC)  # before any moment that a letter may name

# How it stands with an endorsement that is stale, or was left out; in the order in which the desk shows them.
Standing = Literal["to ask", "silent", "unreachable", "left out", "kept"]
STANDINGS: dict[Standing, str] = {
    "to ask": "Not asked yet",
    "silent": "Asked, nothing heard",
    "unreachable": "Cannot be asked",
    "left out": "Left out",
    "kept": "Printed all the same",
}
UNDECIDED: tuple[Standing, ...] = ("to ask", "silent", "unreachable")
DECIDABLE: tuple[Standing, ...] = ("silent", "unreachable")


def cutoff(letter: Letter, now: datetime) -> datetime:
    """What was said before this moment is stale: longer ago than the letter's limit, or before its dispatch moved."""
    old = now - timedelta(days=letter.consent_days)
    return max(old, letter.dispatch_moved_at) if letter.dispatch_moved_at else old


def said_at(given: Endorsement) -> datetime:
    """When the organisation last said yes itself. A correction that carried its endorsement over is no word of its."""
    return max(given.endorsed_at, given.fresh_at) if given.fresh_at else given.endorsed_at


def is_stale(given: Endorsement, letter: Letter, now: datetime) -> bool:
    """Is it to be asked again before the letter goes? Also where the desk decided that it need not be."""
    return said_at(given) < cutoff(letter, now)


def is_asked(given: Endorsement, letter: Letter) -> bool:
    """Was it asked since it last said something, and since the dispatch was last moved?"""
    if given.fresh_asked_at is None or given.fresh_asked_at < said_at(given):
        return False
    return letter.dispatch_moved_at is None or given.fresh_asked_at >= letter.dispatch_moved_at
