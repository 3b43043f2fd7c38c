"""Lists that are looked through before anything of them is kept: the file, how far it is, and a row of ours for each of
its own.

Long ones are read, sorted out and brought in by the worker, step by step. A step is one write; who holds the list has
claimed it for LEASE, and a claim that somebody else took over writes no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, or_, select, update

from coalition.base.refused import NotFound
from coalition.tables import column_memories, import_rows, imports

State = Literal["given", "ready", "failed", "importing", "done", "undoing", "undone"]
WAITING: Final[tuple[State, ...]] = ("given", "importing", "undoing")  # somebody has to go on with it
OPEN: Final[tuple[State, ...]] = ("given", "ready", "failed")  # nothing has come of it
LEASE: Final = timedelta(minutes=3)  # reading a workbook takes one at most


class TakenOver(Exception):
    """Somebody else has gone on with the list, or a second click came after the first."""


@dataclass(frozen=True)
class Import:
    id: int
    letter_id: int
    coordinator_id: int
    filename: str
    columns: dict[str, str]
    begun_at: datetime
    done_at: datetime | None
    state: State
    turn: int
    step: int
    steps: int
    problem: str
    who: str
    found: dict[str, Any] | None
    changes: dict[str, Any] | None
    made: dict[str, Any] | None
    undone_at: datetime | None


@dataclass(frozen=True)
class Claim:
    id: int
    turn: int
    state: State


_columns: tuple[ColumnElement[Any], ...] = (
    imports.c.id,
    imports.c.letter_id,
    imports.c.coordinator_id,
    imports.c.filename,
    imports.c.columns,
    imports.c.begun_at,
    imports.c.done_at,
    imports.c.state,
    imports.c.turn,
    imports.c.step,
    imports.c.steps,
    imports.c.problem,
    imports.c.who,
    imports.c.found,
    imports.c.changes,
    imports.c.made,
    imports.c.undone_at,
)
_of_letter = select(*_columns).where(imports.c.id == bindparam("id"), imports.c.letter_id == bindparam("letter_id"))
_by_id = select(*_columns).where(imports.c.id == bindparam("id"))
_file = select(imports.c.file).where(imports.c.id == bindparam("id"))
_due = (
    select(imports.c.id, imports.c.turn, imports.c.state)
    .where(
        imports.c.state.in_(WAITING),
        or_(imports.c.due_at.is_(None), imports.c.due_at <= bindparam("now")),
    )
    .order_by(imports.c.id)
    .limit(1)
)


def begin_import(
    connection: Connection,
    letter_id: int,
    coordinator_id: int,
    filename: str,
    file: bytes,
    now: datetime,
    *,
    hold: bool = False,
) -> int:
    """Keeps the list aside to be read. `hold` it when you will go on with it yourself: nobody else does for LEASE."""
    values = {"letter_id": letter_id, "coordinator_id": coordinator_id, "filename": filename, "file": file}
    due_at = now + LEASE if hold else now
    id: int = connection.execute(
        insert(imports)
        .values(**values, columns={}, begun_at=now, state="given", turn=1, due_at=due_at)
        .returning(imports.c.id)
    ).scalar_one()
    return id


def an_import(connection: Connection, letter_id: int, id: int) -> Import:
    """Raises NotFound."""
    row = connection.execute(_of_letter, {"id": id, "letter_id": letter_id}).first()
    if row is None:
        raise NotFound("There is no such list here. It may belong to another letter.")
    return Import(*row)


def imported(connection: Connection, letter_id: int, most: int = 20) -> list[Import]:
    """Lists that something came of, newest first."""
    wanted = select(*_columns).where(imports.c.letter_id == letter_id, imports.c.state.not_in(OPEN))
    return [Import(*row) for row in connection.execute(wanted.order_by(imports.c.id.desc()).limit(most))]


def file_of(connection: Connection, id: int) -> bytes:
    return bytes(connection.execute(_file, {"id": id}).scalar_one())


def size_of(connection: Connection, id: int) -> int:
    """Bytes of its file."""
    return int(connection.execute(select(func.length(imports.c.file)).where(imports.c.id == id)).scalar_one())


# Claims.


def any_due(connection: Connection, now: datetime) -> bool:
    return connection.execute(_due, {"now": now}).first() is not None


def claim(connection: Connection, now: datetime) -> Claim | None:
    """Takes the next list that has to be gone on with, for LEASE."""
    row = connection.execute(_due, {"now": now}).first()
    return again(connection, row.id, row.state, (row.state,), now, hold=True) if row else None


def again(
    connection: Connection,
    id: int,
    state: State,
    before: tuple[State, ...],
    now: datetime,
    *,
    hold: bool,
    **values: Any,
) -> Claim | None:
    """Brings the list to a state in which somebody has to go on with it. None when it was in none of those `before`."""
    turn = connection.execute(
        update(imports)
        .where(imports.c.id == id, imports.c.state.in_(before))
        .values(state=state, turn=imports.c.turn + 1, due_at=now + LEASE if hold else now, **values)
        .returning(imports.c.turn)
    ).scalar()
    return None if turn is None else Claim(id, turn, state)


def held(connection: Connection, claim: Claim) -> Import:
    """The list as it stands. Raises TakenOver."""
    found = Import(*connection.execute(_by_id, {"id": claim.id}).one())
    if (found.turn, found.state) != (claim.turn, claim.state):
        raise TakenOver
    return found


def go_on(connection: Connection, /, claim: Claim, now: datetime, **values: Any) -> None:
    """Writes how far it is, and holds the list for another LEASE. Raises TakenOver."""
    mine = (imports.c.id == claim.id, imports.c.turn == claim.turn, imports.c.state == claim.state)
    if connection.execute(update(imports).where(*mine).values(due_at=now + LEASE, **values)).rowcount != 1:
        raise TakenOver


def leave(connection: Connection, claim: Claim, now: datetime) -> None:
    """For the worker to go on with."""
    connection.execute(update(imports).where(imports.c.id == claim.id, imports.c.turn == claim.turn).values(due_at=now))


# What a person says about it.


def correct_columns(connection: Connection, id: int, columns: dict[str, str], now: datetime) -> Claim:
    """Has the list read again with these columns. Raises TakenOver when it was imported meanwhile."""
    found = again(connection, id, "given", OPEN, now, hold=True, columns=columns, step=0)
    if found is None:
        raise TakenOver
    return found


def remember(connection: Connection, titles: tuple[str, ...], columns: dict[str, str], now: datetime) -> None:
    """How a person read the columns of these titles, for the next list that has them."""
    digest = titles_digest(titles)
    connection.execute(delete(column_memories).where(column_memories.c.titles == digest))
    connection.execute(insert(column_memories).values(titles=digest, columns=columns, used_at=now))


def remembered(connection: Connection, titles: tuple[str, ...]) -> dict[str, str]:
    """How a person read a list with these titles before; empty when nobody has."""
    wanted = select(column_memories.c.columns).where(column_memories.c.titles == titles_digest(titles))
    return dict(connection.execute(wanted).scalar() or {}) if any(titles) else {}


def titles_digest(titles: tuple[str, ...] | list[str]) -> str:
    return sha256("\x1f".join(" ".join(title.casefold().split()) for title in titles).encode()).hexdigest()


def change_rows(
    connection: Connection, id: int, changes: Mapping[str, Mapping[str, Any]], now: datetime
) -> Claim | None:
    """Keeps what a person said of rows, by their key: `values` they wrote in its place, their `choice`, whom it is the
    `same_as`. When values changed the whole list is to be sorted out again, for which the claim is.

    Raises TakenOver when it was imported meanwhile.
    """
    listed = Import(*connection.execute(_by_id, {"id": id}).one())
    if listed.state not in OPEN:
        raise TakenOver
    kept = dict(listed.changes or {})
    for key, change in changes.items():
        kept[key] = {**kept.get(key, {}), **change}
    if any("values" in change for change in changes.values()):
        return again(connection, id, "given", OPEN, now, hold=True, changes=kept, step=0)
    connection.execute(update(imports).where(imports.c.id == id).values(changes=kept))
    return None


# Lists that were left, and rows that are needed no more.


def any_left_imports(connection: Connection, begun_before: datetime) -> bool:
    return connection.execute(select(exists(_left(begun_before)))).scalar_one()


def forget_imports(connection: Connection, begun_before: datetime) -> None:
    """Lists that somebody began to look through and left: they hold people's addresses."""
    left = [id for (id,) in connection.execute(_left(begun_before).limit(5))]
    connection.execute(delete(import_rows).where(import_rows.c.import_id.in_(left)))
    connection.execute(delete(imports).where(imports.c.id.in_(left)))


def any_left_rows(connection: Connection) -> int | None:
    """A list that is done and whose rows were not taken out yet."""
    ended = select(import_rows.c.import_id).join(imports).where(imports.c.state.in_(("done", "undone")))
    return connection.execute(ended.limit(1)).scalar()


def _left(begun_before: datetime) -> Any:
    return select(imports.c.id).where(imports.c.begun_at < begun_before, imports.c.state.in_(OPEN))
