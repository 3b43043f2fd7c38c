"""The commands. Exit 0 done, 1 refused (the reason on standard error), 2 misuse. What a command needs it imports."""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalition.base.settings import Settings, WrongSetting, from_environment

if TYPE_CHECKING:
    from coalition.organisations.spreadsheets.listed_rows import ListedRow

WORKER_PAUSE_S = 2  # before a worker that died is started again


class Stop(Exception):
    """The command cannot be done; its text is the reason."""

    status = 1


class Later(Stop):
    """Not now: the mail server that called keeps what it brought and calls again (EX_TEMPFAIL)."""

    status = 75


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (Stop, WrongSetting) as reason:
        print(reason, file=sys.stderr)
        return reason.status if isinstance(reason, Stop) else 1
    except BrokenPipeError:  # whoever read our output has gone
        return 1
    except Exception as error:
        words = _reason(error)
        if not words:
            raise
        print(words, file=sys.stderr)
        return 1
    return 0


def _reason(error: Exception) -> str:
    """The one line for an error that is nobody's mistake in the program; empty for one that is."""
    from sqlalchemy.exc import OperationalError

    from coalition.base.database import NotSaved
    from coalition.base.refused import Refused

    if isinstance(error, OperationalError):
        return f"COALITION_DATABASE_URL: the database cannot be used. {' '.join(str(error.orig).split())}"
    return str(error) if isinstance(error, Refused | NotSaved) else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m coalition", description="One joint letter, many organisations.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Any], None], words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    def place(made: argparse.ArgumentParser) -> None:
        made.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        made.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")

    made = command("serve", serve, "Serve the site, with a worker of its own.")
    place(made)
    made.add_argument("--no-worker", action="store_true", help="do not start a worker: `work` runs elsewhere")
    command("work", work, "Send mail, set PDFs and do what is due.").add_argument("--with", dest="parent", type=int)
    made = command("demo", demo, "Serve a site with a sample letter and a mailbox to look into.")
    place(made)
    made.add_argument("--dir", default="var", help="data folder (default: ./%(default)s)")
    command("migrate", migrate, "Bring the database to the newest schema.")
    made = command("coordinator", coordinator, "Add a coordinator and print a sign-in link.")
    made.add_argument("email", metavar="EMAIL")
    made.add_argument("--name", default="", help="what organisations will read")
    made = command("import", bring_in, "Put the organisations of a spreadsheet or CSV file on a letter's list.")
    made.add_argument("slug", metavar="SLUG")
    made.add_argument("file", metavar="FILE", type=Path)
    made = command("invite", invite, "Ask the organisations on a letter's list to endorse it.")
    made.add_argument("slug", metavar="SLUG")
    made.add_argument("--all", action="store_true", required=True, help="everyone who has not been asked yet")
    made = command("print", print_letter, "Write the newest printing, or a draft if there is none, to a file.")
    made.add_argument("slug", metavar="SLUG")
    made.add_argument("out", metavar="OUT.pdf", type=Path)
    made = command(
        "bounce", bounce, "Take a delivery report or complaint on standard input, as a mail server gives it."
    )
    made.add_argument("--to", metavar="ADDRESS", default="", help="where it was sent to (else $ORIGINAL_RECIPIENT)")
    made.add_argument("--webhook", action="store_true", help="print the address to enter at Postmark, and read nothing")
    command("backup", backup, "Write everything to one file.").add_argument("file", metavar="FILE", type=Path)
    command("restore", restore, "Bring everything back from a backup into an empty database.").add_argument(
        "file", metavar="FILE", type=Path
    )
    made = command("history", check_history, "Check that nobody has changed the record of what happened.")
    made.add_argument("check", choices=["check"])
    return parser


def serve(options: Any) -> None:
    settings = _settings(options)
    _check(settings)
    _serve(settings, options.host, options.port, worker=not options.no_worker)


def _settings(options: Any, *, is_demo: bool = False) -> Settings:
    environ = dict(os.environ)
    if is_demo:
        environ["COALITION_DATA_DIR"] = options.dir
    host = "127.0.0.1" if options.host in ("0.0.0.0", "::") else options.host  # noqa: S104 (compared, not bound)
    environ.setdefault("COALITION_BASE_URL", f"http://{host}:{options.port}")
    return from_environment(environ, demo=is_demo)


def _check(settings: Settings) -> None:
    """What would only show later is said at the start, in one line."""
    from coalition.base.mail.transports import open_transport

    try:
        open_transport(settings.mail_url, data_dir=settings.data_dir).close()
    except ValueError as error:
        raise Stop(str(error)) from None
    _check_schema(settings)


def _check_schema(settings: Settings) -> None:
    from coalition import migrations
    from coalition.base.database import Database

    database = Database(settings.database_url)
    try:
        if migrations.at(database.engine) != migrations.HEAD:
            raise Stop("The database is not at the newest schema. Run: python -m coalition migrate")
    finally:
        database.close()


def _serve(settings: Settings, host: str, port: int, *, worker: bool, say: Sequence[str] = ()) -> None:
    import socket

    import uvicorn

    from app import build

    _log()
    try:  # bound before anything is promised: a taken port is a sentence, not a traceback
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Stop(f"Port {port} on {host} cannot be used: {error.strerror}. Choose another with --port.") from None
    # Connections inherit it. asyncio sets it only on sockets of its own making; without it each page waits 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    application = build(settings)
    _loaded()
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            http="httptools",
            loop="asyncio",
            access_log=False,  # it would write down tokens
            log_level="warning",
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=10,
            backlog=2048,
        )
    )
    with _worker(settings) if worker else _nothing():
        for line in say:
            print(line, flush=True)
        # uvicorn ends cleanly and then raises the signal again: this is where it may end the process, not sooner.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            pass


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    """The worker beside the server: begun again when it dies, ended when the server ends, however that ends."""
    environ = os.environ | {
        "COALITION_DATA_DIR": str(settings.data_dir),
        "COALITION_BASE_URL": settings.base_url,
    }
    command = [sys.executable, "-m", "coalition", "work", "--with", str(os.getpid())]
    ending = threading.Event()

    def keep() -> None:
        while not ending.is_set():
            child = subprocess.Popen(command, env=environ)  # noqa: S603 (our own words)
            while child.poll() is None and not ending.wait(0.2):
                pass
            if child.poll() is None:
                _end(child)
            elif not ending.wait(WORKER_PAUSE_S):
                print("The worker ended by itself; starting it again.", file=sys.stderr)

    keeper = threading.Thread(target=keep, name="worker-keeper")
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _log() -> None:
    import logging

    logging.basicConfig(level=os.environ.get("COALITION_LOG", "WARNING").upper(), format="%(levelname)s %(message)s")


def _loaded() -> None:
    """What runs for long begins here: what is loaded by now is never looked through for garbage, what comes is."""
    import gc

    gc.freeze()
    gc.enable()


def work(options: Any) -> None:
    from coalition.work import run

    _log()
    settings = from_environment()
    _check(settings)
    _loaded()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run(settings, stop, options.parent)


def demo(options: Any) -> None:
    from coalition import migrations
    from coalition.demo.sample import COORDINATOR, fill

    settings = _settings(options, is_demo=True)
    migrations.upgrade(settings.database_url)
    with _database(settings) as database:
        fill(database, settings)
        link = _sign_in_link(database, settings, *COORDINATOR)
    say = (
        f"Open {settings.base_url}/",
        f"Sign in {link}",
        f"Mail {settings.base_url}/dev/mailbox",
    )
    _serve(settings, options.host, options.port, worker=True, say=say)


def _sign_in_link(database: Any, settings: Settings, email: str, name: str) -> str:
    from coalition.base.clock import now
    from coalition.base.links import Links
    from coalition.people import actions

    person = database.write_now(actions.add_coordinator, email, name, now())
    nonce = database.write_now(actions.new_link, person, now())
    return f"{settings.base_url}/sign-in/{Links(settings.secret_keys).token('sign-in', nonce)}"


@contextmanager
def _database(settings: Settings) -> Iterator[Any]:
    from coalition.base.database import Database

    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _ready() -> Iterator[tuple[Settings, Any]]:
    """The settings and a database at the newest schema."""
    settings = from_environment()
    _check_schema(settings)
    with _database(settings) as database:
        yield settings, database


def migrate(_: Any) -> None:
    from coalition import migrations

    migrations.upgrade(from_environment().database_url)
    print(f"The database is at schema {migrations.HEAD}.")


def coordinator(options: Any) -> None:
    from coalition.organisations.names import check_email

    try:
        email = check_email(options.email).lower()
    except ValueError as error:
        raise Stop(str(error)) from None
    with _ready() as (settings, database):
        print(f"Sign in {_sign_in_link(database, settings, email, options.name)}")


def bring_in(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.invitations import importing
    from coalition.letters import records as letters
    from coalition.organisations.spreadsheets import columns, listed_rows, lists, reading
    from coalition.organisations.spreadsheets.lists import Claim
    from coalition.organisations.spreadsheets.looking_through import look_through

    content = _contents(options.file)
    with _ready() as (_, database):
        letter = database.read_now(letters.letter_by_slug, options.slug)
        table = reading.read_rows(content)
        columns.check(columns.guess(table))
        name = options.file.name[:200]
        id = database.write_now(lists.begin_import, letter.id, letter.coordinator_id, name, content, now(), hold=True)
        look_through(database, Claim(id, 1, "given"), now, table)
        first = 0
        while rows := database.read_now(listed_rows.some, id, first, 1000):
            _say_what_is_odd(rows)
            first += len(rows)
        brought = importing.bring_in(
            database, database.write_now(importing.begin, options.slug, id, "the command line", now()), now
        ).numbers
    print(
        f"{brought['on_list']} organisations put on the list, {brought['organisations']} of them new in the "
        f"directory; {brought['contacts']} new contacts; {brought['left_out']} rows left out."
    )


def _say_what_is_odd(rows: "Sequence[ListedRow]") -> None:
    for row in (one.row for one in rows):
        if row.verdict in ("error", "likely"):
            why = " ".join(row.errors) or f"taken as {row.match.name if row.match else ''}: {row.why}"
            print(f"Row {row.number}, {row.values.name or 'no name'}: {why}", file=sys.stderr)


def _contents(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}.") from None


def invite(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.invitations import actions

    with _ready() as (_, database):
        asked = database.write_now(actions.ask, options.slug, None, "the command line", now())
    print(f"{asked.queued} invitations wait to be sent.")
    for name in asked.stopped:
        print(f"{name}: not asked, its contact asked for no more mail.", file=sys.stderr)


def print_letter(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.letters import records as letters
    from coalition.printings import actions, records
    from coalition.printings.setting import NotSet, Setter
    from coalition.printings.store import Store

    def sheet(connection: Any) -> Any:
        letter = letters.letter_by_slug(connection, options.slug)
        printings = records.all_printings(connection, letter.id)
        if printings:
            return records.printed_sheet(connection, printings[-1].content)
        return actions.draft_sheet(connection, letter)

    with _ready() as (settings, database):
        wanted = database.read_now(sheet)
        store = Store(settings.data_dir / "pdf")
        content = database.write_now(records.ask_to_set, wanted, now())
        data = store.get(content)
        if data is None:
            try:
                with Setter() as setter:
                    data = setter.set(wanted)
            except NotSet as reason:
                raise Stop(f"The PDF could not be set: {reason}") from None
            database.write_now(records.was_set, content, store.put(content, data), now())
    try:
        options.out.write_bytes(data)
    except OSError as error:
        raise Stop(f"{options.out} cannot be written: {error.strerror}.") from None
    print(f"{options.out}: {'printing ' + str(wanted.printing) if wanted.printing else 'draft'}, {len(data):,} bytes.")


def bounce(options: Any) -> None:
    """By hand, what is refused ends with 1. A mail server is told 0: it would mail the refusal to whoever the sender
    says he is. When nothing can be saved now, 75 makes it try again.
    """
    from coalition.base.clock import now
    from coalition.base.links import Links
    from coalition.base.mail import reports
    from coalition.base.mail.parts import LARGEST
    from coalition.endorsements.revising import not_told
    from coalition.invitations import bounces

    if options.webhook:
        settings = from_environment()
        print(f"{settings.base_url}/hooks/postmark/{Links(settings.secret_keys).token('webhook', 'postmark')}")
        return
    raw = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):  # what is beyond is not kept, but who writes it should not hear of that
        pass
    to = options.to or os.environ.get("ORIGINAL_RECIPIENT", "")
    report = reports.read(raw, (to,) if to else ())
    try:
        with _ready() as (settings, database):
            print(database.write_now(bounces.take, report, Links(settings.secret_keys), now(), not_told))
    except bounces.NotOurs as refusal:
        if not to:
            raise
        print(refusal, file=sys.stderr)
    except (Stop, WrongSetting) as reason:
        raise Later(str(reason)) from None
    except Exception as error:
        words = _reason(error)
        if not words:
            raise
        raise Later(words) from None


def backup(options: Any) -> None:
    from coalition.base.backup import write

    with _ready() as (settings, database):
        counts = database.read_now(write, settings.data_dir, options.file)
    print(f"{options.file}: {counts.rows:,} rows and {counts.files:,} files.")


def restore(options: Any) -> None:
    from coalition import migrations
    from coalition.base.backup import read

    settings = from_environment()
    migrations.upgrade(settings.database_url)
    with _database(settings) as database:
        counts = database.write_now(read, settings.data_dir, options.file)
    print(f"{counts.rows:,} rows and {counts.files:,} files are back.")


def check_history(_: Any) -> None:
    from coalition.history.records import check

    with _ready() as (_settings, database):
        count, broken = database.read_now(check)
    for one in broken:
        where = f"letter {one.chain}" if one.chain else "the site's own history"
        print(f"{where}, entry {one.number}: {one.why}", file=sys.stderr)
    if broken:
        raise Stop("The history was changed outside Coalition.")
    print(f"{count:,} entries, each following the one before it.")
