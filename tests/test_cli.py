"""The commands, as a person types them: exit 0 done, 1 refused with the reason on standard error, 2 misuse."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from coalition.base.database import Database
from coalition.base.settings import from_environment
from coalition.history import records as history
from coalition.letters import records as letters
from tests.cast import SLUG, Campaign

ROOT = Path(__file__).parents[1]
KEY = "k" * 32


def _run(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
    return subprocess.run(
        [sys.executable, "-m", "coalition", *words],
        cwd=ROOT,
        env=clean | {"COALITION_DATA_DIR": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def _refused(done: subprocess.CompletedProcess[str]) -> str:
    """The reason, which is one line and no traceback."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def _environ(eva: Campaign) -> dict[str, str]:
    return {"COALITION_DATABASE_URL": eva.settings.database_url, "COALITION_BASE_URL": eva.settings.base_url}


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a migrated site that has nothing in it yet."""
    return {"COALITION_DATABASE_URL": sqlite_url}


def test_a_first_day_on_the_command_line(database_url: str, tmp_path: Path) -> None:
    environ = {"COALITION_DATABASE_URL": database_url, "COALITION_BASE_URL": "https://letters.example"}
    migrated = _run(tmp_path, "migrate", **environ)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    added = _run(tmp_path, "coordinator", "Eva@Campaign.example", "--name", "Eva Sample", **environ)
    assert (added.returncode, added.stderr) == (0, "")
    assert re.fullmatch(r"Sign in https://letters\.example/sign-in/[\w.-]+\n", added.stdout)
    checked = _run(tmp_path, "history", "check", **environ)
    assert (checked.returncode, checked.stdout) == (0, "1 entries, each following the one before it.\n")


async def test_a_list_is_brought_in_and_asked(eva: Campaign, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(
        "Organisation;E-mail\r\nTŷ Newydd;post@newydd.example\r\n;no@name.example\r\n".encode()
    )
    brought = _run(eva.settings.data_dir, "import", SLUG, str(tmp_path / "list.csv"), **_environ(eva))
    assert brought.returncode == 0
    assert brought.stdout.startswith("1 organisations put on the list")
    assert brought.stderr.startswith("Row 3")
    asked = _run(eva.settings.data_dir, "invite", SLUG, "--all", **_environ(eva))
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "1 invitations wait to be sent.\n", "")
    again = _run(eva.settings.data_dir, "invite", SLUG, "--all", **_environ(eva))
    assert again.stdout == "0 invitations wait to be sent.\n"


async def test_a_letter_is_printed_to_a_file(eva: Campaign, tmp_path: Path) -> None:
    done = _run(eva.settings.data_dir, "print", SLUG, str(tmp_path / "out.pdf"), **_environ(eva))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")
    refused = _run(eva.settings.data_dir, "print", SLUG, str(tmp_path / "no" / "out.pdf"), **_environ(eva))
    assert "cannot be written" in _refused(refused)


async def test_backup_and_restore_from_one_database_to_the_other(
    eva: Campaign, sqlite_template: Path, postgresql_server: str, tmp_path: Path
) -> None:
    from tests import postgres

    backed_up = _run(eva.settings.data_dir, "backup", str(tmp_path / "backup"), **_environ(eva))
    assert (backed_up.returncode, backed_up.stderr) == (0, "")
    with postgres.new_database(postgresql_server) as url:
        to = url if eva.database.is_sqlite else f"sqlite:///{tmp_path / 'restored.db'}"
        other = {"COALITION_DATABASE_URL": to}
        restored = _run(tmp_path / "other", "restore", str(tmp_path / "backup"), **other)
        assert (restored.returncode, restored.stderr) == (0, "")
        database = Database(from_environment({"COALITION_DATA_DIR": str(tmp_path), **other}).database_url)
        assert database.read_now(letters.letter_by_slug, SLUG).subject == eva.letter.subject
        assert database.read_now(history.check)[1] == []
        database.close()
        assert "not empty" in _refused(_run(tmp_path / "other", "restore", str(tmp_path / "backup"), **other))


@pytest.mark.parametrize(
    "words, reason",
    [
        (("import", "no-such-letter", "pyproject.toml"), "no letter"),
        (("import", "no-such-letter", "no-such-file.csv"), "cannot be read"),
        (("invite", "no-such-letter", "--all"), "no letter"),
        (("print", "no-such-letter", "out.pdf"), "no letter"),
        (("coordinator", "eva"), "@"),
        (("restore", "no-such-file"), "cannot be restored"),
        (("restore", "pyproject.toml"), "not a whole backup"),
        (("backup", "/no/such/folder/backup"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], reason: str, site: dict[str, str], tmp_path: Path
) -> None:
    assert reason in _refused(_run(tmp_path, *words, **site))


@pytest.mark.parametrize(
    "words", [(), ("dance",), ("invite", "slug"), ("import",), ("history", "rewrite"), ("serve", "--port", "x")]
)
def test_misuse_is_2(words: tuple[str, ...], tmp_path: Path) -> None:
    done = _run(tmp_path, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "usage: python -m coalition" in done.stderr


@pytest.mark.parametrize("command", ["serve", "work", "migrate"])
@pytest.mark.parametrize(
    "name, value",
    [
        ("COALITION_MAIL_URL", "smtp://"),
        ("COALITION_MAIL_URL", "smtp://user@mail.example"),
        ("COALITION_MAIL_URL", "maildir:"),
        ("COALITION_SECRET_KEYS", "short"),
        ("COALITION_DATABASE_URL", "sqlite:////no/such/folder/coalition.db"),
        ("COALITION_DATABASE_URL", "postgresql://eva:s3cret@127.0.0.1:1/coalition"),
        ("COALITION_DATABASE_URL", "postgresql://eva:s3cret@[::1/coalition"),
        ("COALITION_DATABASE_URL", "postgresql://eva:s3cret@127.0.0.1:port/coalition"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_naming_it(
    command: str, name: str, value: str, site: dict[str, str], tmp_path: Path
) -> None:
    if command == "migrate" and "MAIL" in name:
        return
    reason = _refused(_run(tmp_path, command, **(site | {name: value})))
    assert name in reason
    assert "s3cret" not in reason


@pytest.mark.parametrize(
    "words", [("serve",), ("work",), ("history", "check"), ("backup", "out"), ("coordinator", "a@b.example")]
)
def test_an_old_schema_is_one_line_that_says_what_to_type(words: tuple[str, ...], tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'coalition.db'}")
    database.write_now(lambda connection: connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)")))
    database.write_now(lambda connection: connection.execute(text("INSERT INTO alembic_version VALUES ('0000')")))
    database.close()
    assert _refused(_run(tmp_path, *words)).endswith("Run: python -m coalition migrate")


async def test_history_check_tells_of_a_change_and_where(eva: Campaign) -> None:
    whole = _run(eva.settings.data_dir, "history", "check", **_environ(eva))
    assert (whole.returncode, whole.stderr) == (0, "")
    eva.database.write_now(
        lambda connection: connection.execute(
            text("UPDATE history SET who = 'A Forger' WHERE chain = 1 AND number = 3")
        )
    )
    broken = _run(eva.settings.data_dir, "history", "check", **_environ(eva))
    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr.splitlines() == [
        "letter 1, entry 3: was changed",
        "The history was changed outside Coalition.",
    ]


def test_a_port_that_is_taken_is_one_line(site: dict[str, str], tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in _refused(_run(tmp_path, "serve", "--port", port, **site))


def test_help_is_in_plain_words(tmp_path: Path) -> None:
    shown = _run(tmp_path, "--help")
    assert shown.returncode == 0
    for command in "serve work demo migrate coordinator import invite print backup restore history".split():
        assert re.search(rf"^    {command}\s", shown.stdout, re.MULTILINE), command


def test_a_server_answers_until_it_is_told_to_stop_and_takes_its_worker_with_it(
    site: dict[str, str], tmp_path: Path, free_port: int
) -> None:
    command = [sys.executable, "-m", "coalition", "serve", "--port", str(free_port)]
    environ = os.environ | site | {"COALITION_DATA_DIR": str(tmp_path)}
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        _wait_for(free_port)
        children = _children(server.pid)
        assert len(children) == 1
    finally:
        server.send_signal(signal.SIGTERM)
        said = server.communicate(timeout=30)[1]
    assert (server.returncode, said) in ((0, ""), (-signal.SIGTERM, ""))
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def _children(pid: int) -> list[int]:
    """The processes that a process has started, whichever of its threads did."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if int(stat.rpartition(")")[2].split()[1]) == pid:
            found.append(int(stat.split()[0]))
    return found


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            assert httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok\n"
            return
        except httpx.TransportError:
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.1)
