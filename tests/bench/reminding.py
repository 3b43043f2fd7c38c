"""Reminders: what is due among 100,000 invitations against the same among 1,000, in statements and in time a row."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, event, update

from coalition.base import clock
from coalition.base.database import Database
from coalition.invitations.reminders import candidates, reminding, schedule
from coalition.invitations.reminders.schedule import Schedule
from coalition.tables import invitations, letters, outbox
from tests.bench.campaigns import begin
from tests.bench.figures import Figure, Row

FEW, MANY = 1_000, 100_000
TIMES = 3
PLAN = Schedule(days=(-7,), hour=9, quiet_from=None, quiet_until=None, quiet_weekends=False, on=True)


def rows(folder: Path) -> Iterator[Row]:
    asking: dict[int, list[float]] = {}
    doing: dict[int, float] = {}
    statements: dict[int, int] = {}
    slowest = busiest = 0.0
    for size in (FEW, MANY):
        campaign = begin(folder / str(size), asked=size)
        with campaign.database() as database:
            at = _schedule(database)
            statements[size] = _statements(database, at)
            asking[size] = [_took(database, at) * 1e6 / size for _ in range(TIMES)]
            begun = time.perf_counter()
            writes = _remind(database, at)
            doing[size] = (time.perf_counter() - begun) * 1e6 / size
            slowest = max(slowest, *(wall for wall, _ in writes))
            busiest = max(busiest, *(work for _, work in writes))
    yield Row(
        f"Reminders due among {MANY:,} invitations",
        (
            Figure(
                f"time a row to find them, that of {FEW:,}", [median(asking[MANY]) / median(asking[FEW])], unit=" times"
            ),
            Figure(f"time a row to queue them, that of {FEW:,}", [doing[MANY] / doing[FEW]], most=2, unit=" times"),
            Figure(f"SQL statements to find them, more than for {FEW:,}", [statements[MANY] - statements[FEW]], most=0),
            Figure("the longest single write, from asking to committed", [slowest * 1000], most=100, unit=" ms"),
            Figure("the longest single write, the writer's own processor time", [busiest * 1000], most=100, unit=" ms"),
        ),
        f"found in {median(asking[MANY]) * MANY / 1e6:.2f} s, queued in {doing[MANY] * MANY / 1e6:.1f} s; "
        f"{statements[MANY]} statements to find them, pieces of {candidates.PIECE} to queue them",
    )


def _schedule(database: Database) -> datetime:
    """Switches the schedule on, everybody asked three days ago. Returns the moment its step is due."""
    now = clock.now()
    asked_for = (now + timedelta(days=8)).date()
    values = {
        "soft_deadline": asked_for,
        "hard_deadline": now + timedelta(days=30),
        "time_zone": "UTC",
        "reminders": schedule.as_data(PLAN),
    }
    asked = now - timedelta(days=3)
    database.write_now(lambda c: c.execute(update(letters).values(**values)))
    database.write_now(lambda c: c.execute(update(outbox).values(state="sent", ended_at=asked)))
    database.write_now(lambda c: c.execute(update(invitations).values(status="sent", sent_at=asked)))
    return datetime(asked_for.year, asked_for.month, asked_for.day, 9, tzinfo=UTC) - timedelta(days=7)


def _took(database: Database, at: datetime) -> float:
    begun = time.perf_counter()
    database.read_now(reminding.due, at)
    return time.perf_counter() - begun


def _statements(database: Database, at: datetime) -> int:
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(database.engine, "before_cursor_execute", note)
    database.read_now(reminding.due, at)
    event.remove(database.engine, "before_cursor_execute", note)
    return count


def _remind(database: Database, at: datetime) -> list[tuple[float, float]]:
    """As the worker does it. Returns how long each write took, and how long the writer itself was busy with it."""
    writes = []
    for due in database.read_now(reminding.due, at):
        for piece in candidates.pieces(due.ids):
            begun = time.perf_counter()
            work = database.write_now(_timed, due, piece, at)
            writes.append((time.perf_counter() - begun, work))
    return writes


def _timed(connection: Connection, due: reminding.Due, piece: list[int], at: datetime) -> float:
    begun = time.thread_time()
    reminding.remind_at_step(connection, due.letter_id, due.step, piece, at)
    return time.thread_time() - begun
