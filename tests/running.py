"""Sites that really run, for tests in a browser: one in a thread, or the commands in processes of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from app import build
from coalition import migrations
from coalition.base.database import Database
from coalition.base.links import Links
from coalition.base.settings import ROOT, Settings, from_environment
from coalition.demo import sample
from coalition.letters import records as letters
from tests.cast import SLUG

PATIENCE_S = 60  # a machine may be busy with other tests


def until(seen: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Waits until `seen` answers with something, and answers with that."""
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        found = seen()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {patience_s} s in vain for {what}")


@dataclass(frozen=True)
class Running:
    """A site that answers at `url`, and what lies in its data folder."""

    url: str
    settings: Settings
    database: Database

    def link(self, organisation: str, slug: str = SLUG) -> str:
        """The signed link that this organisation was mailed."""
        letter = self.database.read_now(letters.letter_by_slug, slug)
        nonce = self.database.read_now(sample.nonces, letter)[organisation][0]
        return f"{self.url}/e/{Links(self.settings.secret_keys).token('invitation', nonce)}"

    def mails(self, to: str = "", subject: str = "") -> list["Post"]:
        """What lies in the mailbox folder, oldest first."""
        files = sorted((self.settings.data_dir / "mailbox" / "new").glob("*"))
        found = [_read(file) for file in files]
        return [one for one in found if to in one.to and subject in one.subject]

    def mail(self, to: str, subject: str = "", after: int = 0) -> "Post":
        """The newest mail to somebody, as soon as there are more than `after`."""
        found: list[Post] = until(lambda: self.mails(to, subject)[after:], f"a mail to {to}")
        return found[-1]


@dataclass(frozen=True)
class Post:
    to: str
    subject: str
    text: str

    def link(self, folder: str) -> str:
        """The address of the site under `folder` that the mail has in it."""
        found = re.search(rf"https?://\S+/{folder}/[^\s>]+", self.text)
        assert found, f"no link to {folder} in {self.text}"
        return found[0]


def _read(file: Path) -> Post:
    message = message_from_bytes(file.read_bytes(), policy=default)
    part = message.get_body(("plain",))
    return Post(str(message["to"]), str(message["subject"]), str(part.get_content()) if part else "")


@contextmanager
def in_a_thread(data_dir: Path, *, register_url: str = "") -> Iterator[tuple[Running, Any]]:
    """The demo's site, empty, without a worker, in this process; and its app."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environ = {"COALITION_DATA_DIR": str(data_dir), "COALITION_BASE_URL": url}
        settings = from_environment(environ | {"COALITION_REGISTER_URL": register_url}, demo=True)
        migrations.upgrade(settings.database_url)
        app = build(settings)
        server = uvicorn.Server(
            uvicorn.Config(app, loop="asyncio", access_log=False, log_level="error", timeout_graceful_shutdown=2)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            until(lambda: server.started, "the server")
            with closing(Database(settings.database_url)) as database:
                yield Running(url, settings, database), app
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def process(*command: str, data_dir: Path, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m coalition ...` in a process group of its own, ended as a person ends it: with Ctrl-C."""
    child = subprocess.Popen(
        [sys.executable, "-m", "coalition", *command],
        cwd=ROOT,
        env={**os.environ, "COALITION_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **environ},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.communicate(timeout=PATIENCE_S)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def command(*words: str, data_dir: Path, **environ: str) -> str:
    """Runs one command to its end and answers with what it printed. It must succeed."""
    with process(*words, data_dir=data_dir, **environ) as child:
        said, _ = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, said
    return said


@contextmanager
def served(data_dir: Path, *, filled: bool = False, **environ: str) -> Iterator[Running]:
    """`python -m coalition serve` with its worker, on a port and in a folder of its own; `filled` as the demo is."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = from_environment({"COALITION_DATA_DIR": str(data_dir), "COALITION_BASE_URL": url})
    migrations.upgrade(settings.database_url)
    with closing(Database(settings.database_url)) as database:
        if filled:
            sample.fill(database, settings)
        with process("serve", "--port", str(port), data_dir=data_dir, **environ):
            until(lambda: answers(url), "the site")
            yield Running(url, settings, database)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port: int = listening.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False
