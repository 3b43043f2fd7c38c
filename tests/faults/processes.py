"""The commands as real processes that can be killed, with all they say kept in files."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from coalition.base.settings import ROOT
from tests.cast import Campaign


@dataclass
class Process:
    child: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """As the kernel kills what eats too much: at once, and the process learns nothing of it."""
        self.child.kill()
        self.child.wait()

    def end(self) -> int:
        self.child.terminate()
        return self.child.wait(30)

    @property
    def said(self) -> str:
        return self.log.read_text()


@contextmanager
def running(campaign: Campaign, log: Path, *words: str, **environ: str) -> Iterator[Process]:
    settings = campaign.settings
    own = {
        "COALITION_DATABASE_URL": settings.database_url,
        "COALITION_DATA_DIR": str(settings.data_dir),
        "COALITION_BASE_URL": settings.base_url,
        "COALITION_MAIL_FROM": settings.mail_from,
    }
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "coalition", *words],
            cwd=ROOT,
            env=os.environ | own | environ,
            stdout=out,
            stderr=out,
        )
    process = Process(child, log)
    try:
        yield process
    finally:
        if child.poll() is None:
            process.kill()


@contextmanager
def serving(campaign: Campaign, log: Path, *words: str, **environ: str) -> Iterator[tuple[Process, str]]:
    """A server that answers, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with running(campaign, log, "serve", "--port", str(port), *words, **environ) as process:
        wait_until(lambda: _answers(address), lambda: process.said)
        yield process, address


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool], say: Callable[[], object] = str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain; {say()}"
        time.sleep(0.02)
