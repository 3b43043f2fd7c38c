"""A PostgreSQL of the suite's own: its folder, its port, gone when the last test process lets go of it.

Every test process holds a shared lock on one file. A keeper beside the server waits for that lock to be free and then
stops the server. The kernel lets go of locks however a process ends, so Ctrl-C and kill -9 leave nothing behind.
"""

import fcntl
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

TEMPLATE = "coalition_template"
MISSING = "The tests need PostgreSQL 15 or newer; `make test` installs it, or says how."

# Nothing here outlives the tests, so nothing waits for the disk. (Killing our own processes needs no fsync to test.)
# The odd zone and the English collation of initdb are what a real server might have and SQLite has not.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "Asia/Kathmandu",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


@contextmanager
def server(folder: Path, migrate: Callable[[str], None]) -> Iterator[str]:
    """The address of the one server of everyone who names this folder, without a database's name at its end.

    Whoever comes first starts it and runs `migrate` on the address of the template that `new_database` copies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "starting", fcntl.LOCK_EX) as starting, _locked(folder / "using", fcntl.LOCK_SH):
        if not (folder / "address").exists():
            _start(folder)
            address = (folder / "address").read_text()
            _run(address, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            migrate(f"{address}/{TEMPLATE}")
            (folder / "migrated").touch()
        fcntl.flock(starting, fcntl.LOCK_UN)
        if not (folder / "migrated").exists():
            raise RuntimeError("Another test process could not migrate the template; its error tells why.")
        yield (folder / "address").read_text()


@contextmanager
def new_database(address: str) -> Iterator[str]:
    """The address of a migrated database that nobody else uses, dropped afterwards."""
    name = f"test_{os.getpid()}_{time.monotonic_ns()}"
    _copy(address, name)
    try:
        yield f"{address}/{name}"
    finally:
        _drop(address, name)


def empty(database: str) -> None:
    """Ends whoever is still connected, takes every row out and lets ids begin at 1: as good as a new copy, and it takes
    a few milliseconds where a copy takes a few hundred. A test that broke the tables themselves gets a copy after it.
    """
    from coalition.tables import metadata  # the keeper runs this file too, and knows nothing of us

    address, _, name = database.rpartition("/")
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = {one for (one,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        if found != {*metadata.tables, "alembic_version"}:
            connection.close()
            _drop(address, name)
            _copy(address, name)
            return
        tables = [sql.Identifier(one) for one in metadata.tables]
        question = sql.SQL("SELECT {place} WHERE EXISTS (SELECT 1 FROM {table})")
        asked = [question.format(place=place, table=table) for place, table in enumerate(tables)]
        filled = [tables[place] for (place,) in connection.execute(sql.SQL(" UNION ALL ").join(asked))]
        if filled:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(filled)))
        connection.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )


def _copy(address: str, name: str) -> None:
    named = {"name": sql.Identifier(name), "template": sql.Identifier(TEMPLATE)}
    _run(address, sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**named))


def _drop(address: str, name: str) -> None:
    _run(address, sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(name=sql.Identifier(name)))


def _run(address: str, statement: sql.Composed) -> None:
    url = address.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _start(folder: Path) -> None:
    """Returns once the server answers and its address is in the folder."""
    # Its coverage is not ours to count: it would write down a figure after the last one was read.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    log = folder / "start.log"
    with log.open("w") as words:
        started = subprocess.run(
            [sys.executable, "-P", __file__, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=environment,
        )
    if started.returncode != 0:
        raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


def start_and_keep(folder: Path) -> None:
    """Starts the server; leaves a keeper behind that stops it when no test process uses the folder any more."""
    home = Path(tempfile.mkdtemp(prefix="coalition-postgres-"))
    owner = _owner()
    shutil.chown(home, owner.pw_uid, owner.pw_gid)
    try:
        _as(owner, home, _initdb(home))
        port = _start_on_a_free_port(owner, home)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    (folder / "address").write_text(f"postgresql+psycopg://coalition@127.0.0.1:{port}")
    if os.fork() == 0:
        os.setsid()  # Ctrl-C at the terminal goes to the tests, whose end the keeper then sees
        with _locked(folder / "using", fcntl.LOCK_EX):
            (folder / "address").unlink()
            (folder / "migrated").unlink(missing_ok=True)
            _as(owner, home, [_binary("pg_ctl"), "stop", f"--pgdata={home}/data", "--mode=immediate", "--silent"])
            shutil.rmtree(home, ignore_errors=True)


def _initdb(home: Path) -> list[str]:
    return [
        _binary("initdb"),
        f"--pgdata={home}/data",
        "--username=coalition",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=icu",
        "--icu-locale=en-GB",
    ]


def _start_on_a_free_port(owner: pwd.struct_passwd, home: Path) -> int:
    settings = "\n".join(f"{name} = '{value}'" for name, value in _SETTINGS.items())
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write(settings)
    command = [_binary("pg_ctl"), "start", f"--pgdata={home}/data", f"--log={home}/log", "--silent", "--wait"]
    for tries_left in (4, 3, 2, 1, 0):
        port = _free_port()
        try:
            _as(owner, home, [*command, f"--options=-p {port}"])
        except subprocess.CalledProcessError:
            if not tries_left:  # else somebody may have taken the free port before we did
                sys.stderr.write((home / "log").read_text())
                raise
        else:
            return port
    raise AssertionError


def _owner() -> pwd.struct_passwd:
    """Who runs the server: whoever runs the tests, except root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _as(owner: pwd.struct_passwd, home: Path, command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if os.geteuid() == 0:
        subprocess.run(
            command, check=True, cwd=home, env=environment, user=owner.pw_uid, group=owner.pw_gid, extra_groups=[]
        )
    else:
        subprocess.run(command, check=True, cwd=home, env=environment)


def _binary(name: str) -> str:
    """The newest that Debian or Homebrew put beside the PATH, else the PATH's."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin")]
    newest = sorted(found, key=lambda folder: [int(digits) for digits in re.findall(r"\d+", str(folder))])
    path = shutil.which(name, path=str(newest[-1])) if newest else shutil.which(name)
    return path or sys.exit(MISSING)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    start_and_keep(Path(sys.argv[1]))
