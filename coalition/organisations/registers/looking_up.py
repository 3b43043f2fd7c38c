"""A whole list's names looked up in the register, a question at a time: those of rows that have no number yet.

What is found is kept among the register's answers; this only remembers how far it has come. A claim is a lease.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from coalition.base.database import Database
from coalition.organisations.registers import register_answers
from coalition.organisations.registers.register import LONGEST_NAME, Away, Candidate, Register
from coalition.organisations.spreadsheets import listed_rows, lists
from coalition.organisations.spreadsheets.listed_rows import ListedRow
from coalition.tables import import_rows, imports, register_lookups

LEASE = timedelta(minutes=1)
AGAIN = timedelta(seconds=1)
MOST_FAILURES = 5  # in a row, then it stops: the list can be imported without
ROWS = 200  # looked at for one question

Choices = list[tuple[ListedRow, tuple[Candidate, ...]]]


@dataclass(frozen=True)
class LookingUp:
    import_id: int
    state: str  # asking, done, stopped
    step: int
    failures: int
    due_at: datetime


_columns = (
    register_lookups.c.import_id,
    register_lookups.c.state,
    register_lookups.c.step,
    register_lookups.c.failures,
    register_lookups.c.due_at,
)
_of_import = select(*_columns).where(register_lookups.c.import_id == bindparam("id"))
_due = (
    select(*_columns)
    .where(register_lookups.c.state == "asking", register_lookups.c.due_at <= bindparam("now"))
    .order_by(register_lookups.c.due_at)
    .limit(1)
)
_rows = select(func.count()).where(import_rows.c.import_id == bindparam("id"))


def looking_up(connection: Connection, id: int) -> LookingUp | None:
    row = connection.execute(_of_import, {"id": id}).first()
    return LookingUp(*row) if row else None


def rows(connection: Connection, id: int) -> int:
    return int(connection.execute(_rows, {"id": id}).scalar_one())


def begin(connection: Connection, id: int, now: datetime) -> None:
    """From the first row on; pressed twice, or while it goes on, it is done once."""
    before = looking_up(connection, id)
    if before and before.state == "asking":
        return
    connection.execute(delete(register_lookups).where(register_lookups.c.import_id == id))
    connection.execute(insert(register_lookups).values(import_id=id, state="asking", due_at=now))


def go_on_with_next(database: Database, register: Register, clock: Callable[[], datetime]) -> bool:
    """Asks the next question of a list that waits for it. False when there is none."""
    if not database.read_now(_any_due, clock()):
        return False
    claimed = database.write_now(_claim, clock())
    if claimed is None:
        return False
    state = database.read_now(_list_state, claimed.import_id)
    if state != "ready":  # being sorted out again, or done with
        then: dict[str, Any] = {"due_at": clock() + AGAIN} if state in lists.OPEN else {"state": "stopped"}
        database.write_now(_note, claimed, then)
        return True
    some = database.read_now(listed_rows.some, claimed.import_id, claimed.step, ROWS)
    try:
        step = asyncio.run(_ask(database, register, some, clock()))
    except Away as away:
        failures = claimed.failures + 1
        due_at = clock() + max(timedelta(seconds=away.again_in), AGAIN)
        state = "stopped" if failures >= MOST_FAILURES else "asking"
        database.write_now(_note, claimed, {"failures": failures, "due_at": due_at, "state": state})
    else:
        then = {"step": step, "failures": 0, "due_at": clock()} if some else {"state": "done"}
        database.write_now(_note, claimed, then)
    return True


async def _ask(database: Database, register: Register, some: Sequence[ListedRow], now: datetime) -> int:
    """Has as many names looked up as one question takes. Returns the place of the row to go on with."""
    most = await register.batch() if some else 0
    names: dict[str, None] = {}
    step = 0
    for one in some:
        if needs_number(one):
            if len(names) == most and asked_as(one) not in names:
                break
            names[asked_as(one)] = None
        step = one.place + 1
    await register_answers.look_up(database, register, list(names), now)
    return step


def needs_number(one: ListedRow) -> bool:
    return one.is_taken and not one.row.nth and bool(one.row.values.name) and not one.row.values.register_id


def asked_as(one: ListedRow) -> str:
    return one.row.values.name[:LONGEST_NAME]


def found(
    connection: Connection, id: int, url: str, first: int, most: int, now: datetime, *, sure: bool = False
) -> tuple[Choices, int | None]:
    """Rows from place `first` on for which the register has proposals, at most `most`; and where to go on. `sure`: only
    those where the register itself says which it is.
    """
    choices: Choices = []
    while some := listed_rows.some(connection, id, first, ROWS):
        wanted = [one for one in some if needs_number(one)]
        answers = register_answers.known(connection, url, [asked_as(one) for one in wanted], now)
        for one in wanted:
            candidates = tuple(answer for answer in answers.get(asked_as(one), ()) if answer.register_id)
            if candidates and (not sure or sure_of(candidates)):
                choices.append((one, candidates))
                if len(choices) == most:
                    return choices, one.place + 1
        first = some[-1].place + 1
    return choices, None


def sure_of(candidates: Sequence[Candidate]) -> str:
    """The number that the register itself says is meant; empty when it says so of none, or of several."""
    sure = [one.register_id for one in candidates if one.match]
    return sure[0] if len(sure) == 1 else ""


def _any_due(connection: Connection, now: datetime) -> bool:
    return connection.execute(_due, {"now": now}).first() is not None


def _claim(connection: Connection, now: datetime) -> LookingUp | None:
    row = connection.execute(_due, {"now": now}).first()
    if row is None:
        return None
    claimed = LookingUp(*row)
    _note(connection, claimed, {"due_at": now + LEASE})
    return looking_up(connection, claimed.import_id)


def _note(connection: Connection, claimed: LookingUp, values: dict[str, Any]) -> None:
    """Unless another worker has it by now."""
    ours = register_lookups.c.import_id == claimed.import_id, register_lookups.c.due_at == claimed.due_at
    connection.execute(update(register_lookups).where(*ours).values(**values))


def _list_state(connection: Connection, id: int) -> str:
    return str(connection.execute(select(imports.c.state).where(imports.c.id == id)).scalar_one())
