"""How many of a letter's list are in each status, and the sign that anything has happened to it."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal, select

from coalition.invitations.rules import STATUSES
from coalition.tables import history, invitations

i = invitations.c

_of_letter = select(func.count()).select_from(invitations).where(i.letter_id == bindparam("letter_id"))
# A walk of the index for each status: half the time of one with GROUP BY.
_counts = select(
    *(_of_letter.where(i.status == literal(one)).scalar_subquery() for one in STATUSES),
    select(func.max(history.c.number)).where(history.c.chain == bindparam("letter_id")).scalar_subquery(),
    select(func.max(i.changed_at)).where(i.letter_id == bindparam("letter_id")).scalar_subquery(),
)


def counts(connection: Connection, letter_id: int) -> dict[str, int]:
    """How many in each status that there is any in."""
    return counted(connection, letter_id)[0]


def counted(connection: Connection, letter_id: int) -> tuple[dict[str, int], str]:
    """The same, with the sign by which watching.changed() sees whether anything has happened since."""
    *found, number, changed = connection.execute(_counts, {"letter_id": letter_id}).one()
    return {one: count for one, count in zip(STATUSES, found, strict=True) if count}, sign(number, changed)


def sign(number: int | None, changed: datetime | None) -> str:
    return f"{number or 0}-{round(changed.timestamp() * 1_000_000) if changed else 0}"
