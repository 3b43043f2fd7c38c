"""PDFs that are to be set or have been, and a letter's printings."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from coalition.base.refused import NotFound
from coalition.letters.rules import Letter
from coalition.printings import changes
from coalition.printings.changes import Changes, Why
from coalition.printings.press.layout import Receipt, Sheet, as_data, from_data, hash_of
from coalition.tables import endorsements, pdfs, printings

LEASE = timedelta(minutes=10)  # longer than any sheet may take
LAST = 1  # a printing never waits for the receipts of those who have just endorsed
PAUSES = (timedelta(seconds=30), timedelta(minutes=5))  # before the second and third try; then it has failed


@dataclass(frozen=True)
class Pdf:
    content: str
    state: str
    problem: str
    sha256: str
    step: int  # how many of its pieces are set
    steps: int  # 0: not known, or too few to speak of


@dataclass(frozen=True)
class Printing:
    number: int
    version: int
    undersigned: int
    content: str
    printed_at: datetime
    state: str
    problem: str
    sha256: str
    reason: str = ""


_pdf = select(pdfs.c.content, pdfs.c.state, pdfs.c.problem, pdfs.c.sha256, pdfs.c.step, pdfs.c.steps).where(
    pdfs.c.content == bindparam("content")
)
_printing_columns: tuple[ColumnElement[Any], ...] = (
    printings.c.number,
    printings.c.version,
    printings.c.undersigned,
    printings.c.content,
    printings.c.printed_at,
    pdfs.c.state,
    pdfs.c.problem,
    pdfs.c.sha256,
    printings.c.reason,
)
_printings = (
    select(*_printing_columns)
    .join_from(printings, pdfs)
    .where(printings.c.letter_id == bindparam("letter_id"))
    .order_by(printings.c.number)
)


def pdf(connection: Connection, content: str) -> Pdf | None:
    row = connection.execute(_pdf, {"content": content}).first()
    return Pdf(*row) if row else None


def set_again(connection: Connection, content: str, now: datetime) -> None:
    """Has one set that failed: the same sheet under the same name, also where a sheet is written otherwise by now."""
    connection.execute(update(pdfs).where(pdfs.c.content == content, pdfs.c.state == "failed").values(**_waiting(now)))


def _waiting(now: datetime) -> dict[str, Any]:
    return {"state": "waiting", "attempts": 0, "problem": "", "asked_at": now, "due_at": now}


def ask_to_set(connection: Connection, sheet: Sheet | Receipt, now: datetime) -> str:
    """Has a sheet set, unless it has been already; one that failed is tried again. Returns its content hash."""
    data = as_data(sheet)
    content = hash_of(data)
    found = pdf(connection, content)
    rank = LAST if isinstance(sheet, Receipt) else 0
    if found is None:
        connection.execute(insert(pdfs).values(content=content, sheet=data, rank=rank, **_waiting(now)))
    else:
        set_again(connection, content, now)
    return content


@dataclass(frozen=True)
class Claimed:
    content: str
    sheet: Sheet | Receipt
    attempts: int


_due = (
    select(pdfs.c.content)
    .where(pdfs.c.state.in_(("waiting", "claimed")), pdfs.c.due_at <= bindparam("now"))
    .order_by(pdfs.c.rank, pdfs.c.due_at)
    .limit(1)
)
_to_set = select(pdfs.c.content, pdfs.c.sheet, pdfs.c.attempts).where(pdfs.c.content == bindparam("content"))


def any_due(connection: Connection, now: datetime) -> bool:
    return connection.execute(_due, {"now": now}).first() is not None


def claim(connection: Connection, now: datetime) -> Claimed | None:
    """Takes the next sheet to set, for LEASE."""
    content = connection.execute(_due, {"now": now}).scalar()
    if content is None:
        return None
    row = connection.execute(_to_set, {"content": content}).one()
    connection.execute(update(pdfs).where(pdfs.c.content == row[0]).values(state="claimed", due_at=now + LEASE))
    return Claimed(row[0], from_data(row[1]), row[2])


# What is set stays as it is: a worker that comes late, its lease run out, changes nothing of it.
_not_set = pdfs.c.state != "set"


def is_being_set(connection: Connection, content: str, step: int, steps: int, now: datetime) -> None:
    """Notes how far a claimed sheet is, for those who wait, and keeps it claimed for LEASE from now."""
    connection.execute(
        update(pdfs)
        .where(pdfs.c.content == content, pdfs.c.state == "claimed")
        .values(step=step, steps=steps, due_at=now + LEASE)
    )


def was_set(connection: Connection, content: str, sha256: str, now: datetime, said: str = "") -> None:
    """`said` is what could not be done as asked, though it was set."""
    connection.execute(
        update(pdfs)
        .where(pdfs.c.content == content, _not_set)
        .values(state="set", sha256=sha256, set_at=now, problem=said)
    )


def was_not_set(connection: Connection, claimed: Claimed, problem: str, now: datetime) -> None:
    again = claimed.attempts < len(PAUSES)
    connection.execute(
        update(pdfs)
        .where(pdfs.c.content == claimed.content, _not_set)
        .values(
            state="waiting" if again else "failed",
            attempts=claimed.attempts + 1,
            problem=problem,
            due_at=now + PAUSES[claimed.attempts] if again else now,
        )
    )


def all_printings(connection: Connection, letter_id: int) -> list[Printing]:
    """Oldest first."""
    return [Printing(*row) for row in connection.execute(_printings, {"letter_id": letter_id})]


def printing(connection: Connection, letter_id: int, number: int | None = None) -> Printing:
    """One printing, or the newest. Raises NotFound."""
    found = all_printings(connection, letter_id)
    if number is None and found:
        return found[-1]
    for one in found:
        if one.number == number:
            return one
    raise NotFound("The letter has not been printed yet." if number is None else "There is no such printing.")


_by_sha256 = (
    select(printings.c.letter_id, *_printing_columns)
    .join_from(printings, pdfs)
    .where(pdfs.c.sha256 == bindparam("sha256"))
    .limit(1)
)


def by_sha256(connection: Connection, sha256: str) -> tuple[int, Printing] | None:
    """The printing that is kept as these very bytes, and its letter's id."""
    row = connection.execute(_by_sha256, {"sha256": sha256}).first()
    return (row[0], Printing(*row[1:])) if row else None


def sheet(connection: Connection, content: str) -> Sheet | Receipt:
    return from_data(connection.execute(select(pdfs.c.sheet).where(pdfs.c.content == content)).scalar_one())


def printed_sheet(connection: Connection, content: str) -> Sheet:
    """That of a printing. Raises LookupError for a receipt's."""
    found = sheet(connection, content)
    if isinstance(found, Receipt):
        raise LookupError("that is a receipt")
    return found


_changes = select(printings.c.number, printings.c.changes).where(printings.c.letter_id == bindparam("letter_id"))


def all_changes(connection: Connection, letter_id: int) -> dict[int, Changes]:
    """What is other in each printing than in the one before it, by number. Of the first nothing is."""
    rows = connection.execute(_changes.where(printings.c.number > 1), {"letter_id": letter_id})
    return {number: changes.from_data(data) for number, data in rows if data}


def ids(connection: Connection, letter_id: int, number: int) -> tuple[int, ...] | None:
    """Whose the lines of a printing are; None where that was not kept."""
    found = connection.execute(_changes.where(printings.c.number == number), {"letter_id": letter_id}).one()
    return tuple(found.changes["ids"]) if found.changes else None


_gone = select(
    endorsements.c.id, endorsements.c.withdrawn_at, endorsements.c.left_out_at, endorsements.c.held_since
).where(endorsements.c.id.in_(bindparam("ids", expanding=True, literal_execute=True)))


def why_left(connection: Connection, letter: Letter, ids: Collection[int]) -> dict[int, Why]:
    """Of those that stood and stand no more. One whose row is gone was merged into another."""
    rows = connection.execute(_gone, {"ids": sorted(ids)}) if ids else ()
    known = {id: changes.why_left(withdrawn, out, held, letter) for id, withdrawn, out, held in rows}
    return {id: known.get(id, "merged" if id > 0 else "withdrew") for id in ids}


def add_printing(connection: Connection, letter_id: int, printing: dict[str, Any]) -> None:
    connection.execute(insert(printings).values(letter_id=letter_id, **printing))
