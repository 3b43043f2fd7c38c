"""Registers to look names up in: csv-reconcile, a real reconciliation service, over thousands of made-up charities; and
servers that do what no service should.
"""

import csv
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from app import build
from coalition.web.site import Site
from tests.cast import Campaign
from tests.running import free_port, until

ROWS = 3000
FIRST = ("Sample", "Northern", "Southern", "Harbour", "Valley", "Kiln", "River", "Hill", "Meadow", "Quarry")
WHOM = ("Children", "Families", "Women", "Migrants", "Elders", "Rights", "Housing", "Justice", "Health", "Carers")
WHAT = ("Trust", "Foundation", "Society", "Alliance", "Project", "Network", "Fund", "Association")


def charities() -> list[tuple[str, str]]:
    """Number and name of each; all invented, and the same at every run."""
    choose = random.Random(4)  # noqa: S311 (names, not secrets)
    made = [
        (f"GB-CHC-{200000 + n}", " ".join(map(choose.choice, (FIRST, WHOM, WHAT))) + f" of Sampleton {n}")
        for n in range(ROWS)
    ]
    return [*made, ("GB-CHC-901001", "The Poppy Project"), ("GB-CHC-901002", "Zażółć Gęślą Foundation")]


@contextmanager
def reconciling(folder: Path) -> Iterator[str]:
    """The address of a running csv-reconcile."""
    port = free_port()
    place = f"127.0.0.1:{port}"
    with (folder / "charities.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerows([("id", "name"), *charities()])
    (folder / "settings.py").write_text(
        "CSVKWARGS = {'delimiter': '\\t'}\nCSVENCODING = 'utf-8'\nLIMIT = 5\nTHRESHOLD = 30.0\n"
        f"SERVER_NAME = {place!r}\n"
        "MANIFEST = {'name': 'Sample register', 'identifierSpace': 'http://org-id.guide',"
        f" 'view': {{'url': 'http://{place}/preview/{{{{id}}}}'}}}}\n"
    )
    program = str(Path(sys.executable).with_name("csv-reconcile"))
    subprocess.run(
        [program, "init", "--config", "settings.py", "--scorer", "dice", "charities.csv", "id", "name"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    with (folder / "register.log").open("ab") as log:
        child = subprocess.Popen([program, "serve"], cwd=folder, stdout=log, stderr=log)
    url = f"http://{place}/reconcile"
    try:
        until(lambda: _answers(url), "csv-reconcile")
        yield url
    finally:
        child.kill()
        child.wait()


def with_register(eva: Campaign, url: str) -> Campaign:
    """The same campaign on a site that looks names up at `url`; on none if that is empty."""
    app = build(replace(eva.settings, register_url=url))
    site: Site = app.app.app.state.site  # type: ignore[attr-defined]
    site.database.close()
    site.database = eva.database
    return replace(eva, app=app, site=site)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Crooked:
    """A server of raw bytes. `says` is sent as it stands; a function may do worse with the connection."""

    port: int = 0
    asked: list[bytes] = field(default_factory=list)
    says: bytes | Callable[[socket.socket], None] = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/reconcile"


@contextmanager
def crooked(says: bytes | Callable[[socket.socket], None]) -> Iterator[Crooked]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = Crooked(listening.getsockname()[1], says=says)

        def one(connection: socket.socket) -> None:
            with closing(connection):
                try:
                    server.asked.append(_request(connection))
                    if isinstance(server.says, bytes):
                        connection.sendall(server.says)
                    else:
                        server.says(connection)
                except OSError:
                    pass  # whoever asked has had enough

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got and (more := connection.recv(65536)):
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0)
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drip(connection: socket.socket) -> None:
    """A byte every half second, for ever: each read is quick, the whole never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.5)


def flood(connection: socket.socket) -> None:
    """An answer without end, as fast as it is read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"[" * 65536)


def silent(connection: socket.socket) -> None:
    connection.recv(1)
