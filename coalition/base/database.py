"""Two doors to the database: `read` and `write`. Both take a plain function whose first argument is a connection.

All writes of a process go through one writer, which runs what has queued up in one transaction, a savepoint each,
commits once and answers each. Writers of several processes take turns: SQLite by BEGIN IMMEDIATE, PostgreSQL by one
advisory lock, so an action sees the same world on both and the history needs no other lock.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

P = ParamSpec("P")
T = TypeVar("T")
Fn = Callable[Concatenate[Connection, P], T]

BATCH = 128  # deeds in one transaction at most: bounds how long the first of them waits
WRITERS_TURN = 0x0C0A1171  # key of PostgreSQL's advisory lock
BUSY_TIMEOUT_S = 15

log = logging.getLogger("coalition.database")


class NotSaved(Exception):
    """The database could not keep it (disk full, server gone). Nothing of this deed was saved."""


Outcome = tuple[Any, BaseException | None]


@dataclass
class _Deed:
    fn: Callable[[Connection], Any]
    answer: "Future[Any]"
    awaited: "asyncio.Future[Any] | None" = None  # in an event loop: that of a whole batch is woken once


class Database:
    """The engine, the reads and the one writer of this process. `close()` finishes what was queued."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(coalition_write=True)
        self._deeds: queue.SimpleQueue[_Deed | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False

    async def read(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `fn` in a read transaction. In place on SQLite: threads would only fight over the interpreter's lock."""
        if self.is_sqlite:
            return self.read_now(fn, *args, **kwargs)
        return await asyncio.to_thread(self.read_now, fn, *args, **kwargs)

    async def read_long(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """For exports and anything else that takes long: in a thread on both databases."""
        return await asyncio.to_thread(self.read_now, fn, *args, **kwargs)

    def read_now(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.engine.connect() as connection:
            return fn(connection, *args, **kwargs)

    async def write(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `fn` in the writer and returns once it is durable. Raises what `fn` raised, or NotSaved."""
        awaited: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        answer = self._queue(fn, args, kwargs, awaited)
        try:
            return await awaited
        except asyncio.CancelledError:
            answer.cancel()
            raise

    def write_now(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.write_soon(fn, *args, **kwargs).result()

    def write_soon(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Hands `fn` to the writer and does not wait: the future is done when it is durable, or was not saved."""
        return self._queue(fn, args, kwargs)

    def close(self) -> None:
        with self._starting:
            self._closed = True
            if self._thread:
                self._deeds.put(None)
        if self._thread:
            self._thread.join()
        self.engine.dispose()

    def _queue(
        self, fn: Callable[..., T], args: Any, kwargs: Any, awaited: "asyncio.Future[T] | None" = None
    ) -> "Future[T]":
        answer: Future[T] = Future()
        # Held while putting: a deed can never slip into the queue behind the writer's last one.
        with self._starting:
            if self._closed:
                raise NotSaved("The site is being restarted; nothing was saved. Please try again in a moment.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_for_ever, name="writer", daemon=True)
                self._thread.start()
            self._deeds.put(_Deed(lambda connection: fn(connection, *args, **kwargs), answer, awaited))
        return answer

    def _write_for_ever(self) -> None:
        while True:
            batch: list[_Deed] = []
            deed = self._deeds.get()
            while deed is not None:
                if deed.answer.set_running_or_notify_cancel():  # nobody waits for a cancelled one: it never happens
                    batch.append(deed)
                if len(batch) >= BATCH or self._deeds.empty():
                    break
                deed = self._deeds.get()
            if batch:
                _run_batch(self._writing, batch)
            if deed is None:
                return


class OneWrite:
    """Both doors within a write that is under way: what is done through them is kept with it, or not at all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read_now(self, fn: Fn[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return fn(self._connection, *args, **kwargs)

    write_now = read_now


Doors = Database | OneWrite


def _run_batch(engine: Engine, batch: list[_Deed]) -> None:
    """One transaction for all. If the batch as a whole fails, each deed is tried alone: one cannot spoil the rest."""
    outcomes: list[Outcome] = []
    begun = False
    try:
        with engine.begin() as connection:
            begun = True
            outcomes = [_run_one(connection, deed) for deed in batch]
    except Exception as error:
        if begun and len(batch) > 1:  # if nothing could begin, waiting again for each would help none of them
            for deed in batch:
                _run_batch(engine, [deed])
            return
        ours = not isinstance(error, DBAPIError | engine.dialect.loaded_dbapi.Error)
        outcomes = [(None, error if ours else _not_saved(error))] * len(batch)
    _tell(batch, outcomes)


def _tell(batch: list[_Deed], outcomes: list[Outcome]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
    for deed, outcome in zip(batch, outcomes, strict=True):
        if deed.awaited is None:
            _set(deed.answer, outcome)
        else:
            loops.setdefault(deed.awaited.get_loop(), []).append((deed.awaited, outcome))
    for loop, told in loops.items():
        try:
            loop.call_soon_threadsafe(_tell_here, told)
        except RuntimeError:  # it has ended, and whoever waited in it
            log.warning("%d deeds were done that nobody waits for any more", len(told))


def _tell_here(told: "list[tuple[asyncio.Future[Any], Outcome]]") -> None:
    for awaited, outcome in told:
        if not awaited.done():  # cancelled meanwhile
            _set(awaited, outcome)


def _set(answer: "Future[Any] | asyncio.Future[Any]", outcome: Outcome) -> None:
    result, problem = outcome
    if problem is None:
        answer.set_result(result)
    else:
        answer.set_exception(problem)


def _run_one(connection: Connection, deed: _Deed) -> Outcome:
    # Said to the driver itself: SQLAlchemy's own savepoints took a tenth of an endorsement.
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT deed").close()
    try:
        result = deed.fn(connection)
    except OperationalError:
        raise  # the disk, the server or the lock: the whole transaction is in doubt
    except Exception as error:
        driver.execute("ROLLBACK TO SAVEPOINT deed").close()
        driver.execute("RELEASE SAVEPOINT deed").close()
        return None, error
    driver.execute("RELEASE SAVEPOINT deed").close()
    return result, None


def _not_saved(error: Exception) -> NotSaved:
    said = error.orig if isinstance(error, DBAPIError) else error
    log.error("not saved: %s", said)
    return NotSaved(str(said))


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "begin", _postgresql_begin)
        return engine
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, hide_parameters=True
    )
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(driver: Any, _record: Any) -> None:
    driver.isolation_level = None  # else sqlite3 begins transactions of its own, and too late
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
        "temp_store=MEMORY",
        "cache_size=-8000",
    ):
        driver.execute(f"PRAGMA {pragma}").close()


def _sqlite_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("coalition_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("coalition_write"):
        connection.execute(_TAKE_TURN, {"key": WRITERS_TURN})
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


_TAKE_TURN = text("SELECT pg_advisory_xact_lock(:key)")
