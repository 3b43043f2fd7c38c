"""The two doors: many writers at once, one spoilt deed among many, a database that goes away."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, insert, select, text, update

from coalition.base.database import Database, NotSaved
from coalition.history import records as history
from coalition.history.records import Deed
from coalition.tables import coordinators, mail_stops

ROOT = Path(__file__).parents[2]
WRITE_HISTORY = """
import sys
from coalition.base.clock import now
from coalition.base.database import Database
from coalition.history.records import Deed, add
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    database.write_now(add, 1, now(), Deed("counted", sys.argv[2], number))
database.close()
"""


async def test_no_increment_of_many_threads_is_lost(database: Database, now: datetime) -> None:
    await database.write(_stop, "a@charity.example", "0", now)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: database.write_now(_count_up), range(240)))
    assert await database.read(_reason) == "240"


async def test_a_spoilt_deed_among_many_spoils_no_other(database: Database, now: datetime) -> None:
    def spoilt(connection: Connection) -> None:
        connection.execute(insert(mail_stops).values(email="spoilt@charity.example", stopped_at=now))
        raise ValueError("on purpose")

    deeds = [database.write(_stop, f"{n}@charity.example", "", now) for n in range(20)]
    deeds.insert(10, database.write(spoilt))
    # A name that is taken is an error of the database itself: it must not end the others' transaction either.
    deeds.append(database.write(_stop, "3@charity.example", "", now))
    results = await asyncio.gather(*deeds, return_exceptions=True)
    assert [number for number, one in enumerate(results) if isinstance(one, BaseException)] == [10, 21]
    assert await database.read(_stops) == 20


async def test_a_deed_that_fails_leaves_nothing_of_itself(database: Database, now: datetime) -> None:
    def half(connection: Connection) -> None:
        _stop(connection, "half@charity.example", "", now)
        history.add(connection, 1, now, Deed("half", "nobody"))
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await database.write(half)
    assert await database.read(_stops) == 0
    assert await database.read(history.entries, 1) == []


async def test_a_reader_sees_what_was_acknowledged_and_one_moment_only(database: Database, now: datetime) -> None:
    def look(connection: Connection) -> tuple[int, int]:
        first = _stops(connection)
        database.write_now(_stop, "meanwhile@charity.example", "", now)
        return first, _stops(connection)

    await database.write(_stop, "before@charity.example", "", now)
    assert await asyncio.to_thread(database.read_now, look) == (1, 1)
    assert await database.read(_stops) == 2


async def test_a_read_cannot_write_on_postgresql_nor_hold_anybody_up_on_sqlite(database: Database) -> None:
    if not database.is_sqlite:
        with pytest.raises(Exception, match="read-only"):
            await database.read(lambda connection: connection.execute(insert(coordinators)))
        return
    assert await database.read(lambda connection: connection.execute(text("PRAGMA journal_mode")).scalar()) == "wal"


def test_sqlite_is_set_up_to_keep_what_it_acknowledged(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert database.write_now(pragmas) == ["wal", 2, 1, 15000]
    database.close()


async def test_two_processes_in_effect_write_one_unbroken_history(
    database: Database, database_url: str, now: datetime
) -> None:
    other = Database(database_url)
    try:
        await asyncio.gather(
            *(one.write(history.add, 1, now, Deed("counted", "both")) for _ in range(60) for one in (database, other))
        )
    finally:
        other.close()
    count, broken = await database.read(history.check)
    assert (count, broken) == (120, [])


async def test_three_real_processes_write_one_unbroken_history(database: Database, database_url: str) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITE_HISTORY, database_url]
    pipe = subprocess.PIPE
    writers = [
        subprocess.Popen([*command, name, "40"], env=environ, stdin=pipe, stdout=pipe, text=True)  # noqa: ASYNC220
        for name in ("first", "second", "third")
    ]
    for one in writers:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in writers:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in writers:
        one.communicate()
    assert [one.returncode for one in writers] == [0, 0, 0]
    count, broken = await database.read(history.check)
    assert (count, broken) == (120, [])
    writers_in_order = [entry.who for entry in await database.read(history.entries, 1, most=200)]
    assert {writers_in_order.count(name) for name in ("first", "second", "third")} == {40}


async def test_nothing_can_be_saved_after_closing_and_that_is_said(database: Database, now: datetime) -> None:
    await database.write(_stop, "a@charity.example", "", now)
    database.close()
    with pytest.raises(NotSaved, match="nothing was saved"):
        await database.write(_stop, "b@charity.example", "", now)


async def test_closing_finishes_what_was_queued(database: Database, database_url: str, now: datetime) -> None:
    started = threading.Event()

    def slow(connection: Connection) -> None:
        started.set()
        _stop(connection, "slow@charity.example", "", now)

    with ThreadPoolExecutor(20) as threads:
        waiting = [threads.submit(database.write_now, slow)]
        started.wait(5)
        waiting += [threads.submit(database.write_now, _stop, f"{n}@charity.example", "", now) for n in range(10)]
        kept = 0
        database.close()
        for one in waiting:
            kept += one.exception() is None
    again = Database(database_url)
    assert again.read_now(_stops) == kept
    again.close()


async def test_what_nobody_waits_for_any_more_never_happens(database: Database, now: datetime) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        begun.set()
        go_on.wait(5)

    first = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(begun.wait, 5)
    given_up = asyncio.ensure_future(database.write(_stop, "given-up@charity.example", "", now))
    await asyncio.sleep(0.05)
    given_up.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await first
    await database.write(_stop, "last@charity.example", "", now)
    assert await database.read(_stops) == 1


async def test_a_server_that_goes_away_in_the_middle_of_a_deed_is_not_saved(postgresql_url: str, now: datetime) -> None:
    database = Database(postgresql_url)

    def cut_off(connection: Connection) -> None:
        _stop(connection, "cut-off@charity.example", "", now)
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    try:
        results = await asyncio.gather(
            database.write(_stop, "before@charity.example", "", now),
            database.write(cut_off),
            database.write(_stop, "after@charity.example", "", now),
            return_exceptions=True,
        )
        assert [type(one) for one in results] == [type(None), NotSaved, type(None)]
        assert await database.read(_stops) == 2
    finally:
        database.close()


async def test_a_full_disk_is_said_reads_go_on_and_writes_begin_again_when_there_is_room(
    sqlite_url: str, now: datetime
) -> None:
    database = Database(sqlite_url)
    room = 0

    def set_room(driver: object, _record: object) -> None:
        if room:
            driver.execute(f"PRAGMA max_page_count={room}").close()  # type: ignore[attr-defined]

    event.listen(database.engine, "connect", set_room)
    await database.write(_stop, "before@charity.example", "", now)
    room = int(await database.read(lambda connection: connection.execute(text("PRAGMA page_count")).scalar() or 0)) + 2
    database.engine.dispose()

    acknowledged: list[str] = []
    refused: list[str] = []
    for number in range(60):
        try:
            await database.write(_stop, f"{number}@charity.example", "x" * 1000, now)
            acknowledged.append(f"{number}@charity.example")
        except NotSaved as said:
            refused.append(str(said))
    assert acknowledged
    assert refused
    assert all("full" in said for said in refused)
    assert await database.read(_emails) == {"before@charity.example", *acknowledged}

    room = 2**30
    database.engine.dispose()
    await database.write(_stop, "after@charity.example", "x" * 1000, now)
    assert await database.read(_emails) == {"before@charity.example", *acknowledged, "after@charity.example"}
    database.close()


async def test_errors_of_the_database_do_not_repeat_what_somebody_typed(
    database: Database, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    await database.write(_stop, "somebody@charity.example", "", now)
    with pytest.raises(Exception, match=r"(?i)unique") as error:
        await database.write(_stop, "somebody@charity.example", "their words", now)
    assert "their words" not in str(error.value)


def _stop(connection: Connection, email: str, reason: str, now: datetime) -> None:
    connection.execute(insert(mail_stops).values(email=email, reason=reason, stopped_at=now))


def _stops(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(mail_stops)).scalar_one()


def _emails(connection: Connection) -> set[str]:
    return set(connection.execute(select(mail_stops.c.email)).scalars())


def _reason(connection: Connection) -> str:
    return connection.execute(select(mail_stops.c.reason)).scalar_one()


def _count_up(connection: Connection) -> None:
    connection.execute(update(mail_stops).values(reason=str(int(_reason(connection)) + 1)))
