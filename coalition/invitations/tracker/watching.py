"""What needs a coordinator now, and whether anything has happened since they last looked."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from coalition.invitations.tracker.counting import sign
from coalition.invitations.tracker.tracking import NEEDS, Filter
from coalition.tables import history, invitations, joins

i = invitations.c


def needs(connection: Connection, letter_id: int, at: Filter) -> dict[str, int]:
    """How many need what, of all on the list, in one statement; what the counts of the statuses say too is left out."""
    of_letter = select(func.count()).select_from(invitations).where(i.letter_id == letter_id)
    asked = {need: of_letter.where(NEEDS[need](at)).scalar_subquery() for need in _ASKED}
    join = select(func.count()).select_from(joins).where(joins.c.letter_id == letter_id)
    asked |= {
        "join": join.where(joins.c.state == "confirmed").scalar_subquery(),
        "joins": join.where(joins.c.state != "asked").scalar_subquery(),
    }
    return dict(zip(asked, connection.execute(select(*asked.values())).one(), strict=True))


_ASKED = ("address", "late", "request", "suggested")


_changed = select(
    select(func.max(history.c.number)).where(history.c.chain == bindparam("letter_id")).scalar_subquery(),
    select(func.max(i.changed_at)).where(i.letter_id == bindparam("letter_id")).scalar_subquery(),
)


def changed(connection: Connection, letter_id: int) -> str:
    """A sign that differs when anything has happened to a letter: the ends of two indexes, however long its list."""
    return sign(*connection.execute(_changed, {"letter_id": letter_id}).one())


@dataclass(frozen=True)
class News:
    deed: str
    who: str
    subject_id: int | None


_news = (
    select(history.c.deed, history.c.who, history.c.subject_id)
    .where(history.c.chain == bindparam("letter_id"), history.c.number > bindparam("after"))
    .order_by(history.c.number)
    .limit(bindparam("most"))
)


def news(connection: Connection, letter_id: int, seen: str, most: int = 20) -> list[News]:
    """What has happened since a sign was seen, oldest first."""
    after = seen.partition("-")[0]
    wanted = {"letter_id": letter_id, "after": int(after) if after.isdigit() else 0, "most": most}
    return [News(*row) for row in connection.execute(_news, wanted)]
