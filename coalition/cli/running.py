"""What runs until it is stopped: the site, its worker, the demonstration."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from coalition.base.settings import Settings, from_environment
from coalition.cli.keeping import sign_in_link
from coalition.cli.ready import Stop, begin_log, check, database_of, loaded

WORKER_PAUSE_S = 2  # before a worker that died is started again


def serve(options: Any) -> None:
    settings = _settings(options)
    check(settings)
    _serve(settings, options.host, options.port, worker=not options.no_worker)


def _settings(options: Any, *, is_demo: bool = False) -> Settings:
    environ = dict(os.environ)
    if is_demo:
        environ["COALITION_DATA_DIR"] = options.dir
    host = "127.0.0.1" if options.host in ("0.0.0.0", "::") else options.host  # noqa: S104 (compared, not bound)
    environ.setdefault("COALITION_BASE_URL", f"http://{host}:{options.port}")
    return from_environment(environ, demo=is_demo)


def _serve(settings: Settings, host: str, port: int, *, worker: bool, say: Sequence[str] = ()) -> None:
    import socket

    import uvicorn

    from app import build

    begin_log()
    try:  # bound before anything is promised: a taken port is a sentence, not a traceback
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Stop(f"Port {port} on {host} cannot be used: {error.strerror}. Choose another with --port.") from None
    # Connections inherit it. asyncio sets it only on sockets of its own making; without it each page waits 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    application = build(settings)
    loaded()
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


def work(options: Any) -> None:
    from coalition.work import run

    begin_log()
    settings = from_environment()
    check(settings)
    loaded()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    run(settings, stop, options.parent)


def demo(options: Any) -> None:
    from coalition import migrations
    from coalition.demo.sample import COORDINATOR, fill

    settings = _settings(options, is_demo=True)
    migrations.upgrade(settings.database_url)
    with database_of(settings) as database:
        fill(database, settings)
        link = sign_in_link(database, settings, *COORDINATOR)
    say = (
        f"Open {settings.base_url}/",
        f"Sign in {link}",
        f"Mail {settings.base_url}/dev/mailbox",
    )
    _serve(settings, options.host, options.port, worker=True, say=say)
