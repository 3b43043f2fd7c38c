"""The processes that are measured: started as they are started in earnest, stopped, and looked at."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalition.base.settings import ROOT

START_LIMIT_S = 30


@dataclass(frozen=True)
class Running:
    port: int
    process: "subprocess.Popen[Any]"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def site_environment(data_dir: Path, port: int, **more: str) -> dict[str, str]:
    return {
        "COALITION_DATA_DIR": str(data_dir),
        "COALITION_BASE_URL": f"http://127.0.0.1:{port}",
        "COALITION_MAIL_FROM": "letters@campaign.example",
        **more,
    }


@contextmanager
def site(data_dir: Path, *, worker: bool = False) -> Iterator[Running]:
    """The site as `python -m coalition serve` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "coalition", "serve", "--port", str(port), *([] if worker else ["--no-worker"])]
    with running(command, port, site_environment(data_dir, port), "/healthz") as server:
        yield server


@contextmanager
def rival(name: str, *arguments: str) -> Iterator[Running]:
    """A server of tests.bench.rivals, told its port."""
    port = free_port()
    with running([sys.executable, "-m", f"tests.bench.rivals.{name}", str(port), *arguments], port, {}, "/") as server:
        yield server


@contextmanager
def running(command: Sequence[str], port: int, environment: Mapping[str, str], path: str) -> Iterator[Running]:
    """Started, answering, and ended."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        wait_for_answer(port, path, process)
        yield Running(port, process)
    finally:
        end(process)


def end(process: "subprocess.Popen[Any]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for_answer(port: int, path: str, process: "subprocess.Popen[Any]") -> None:
    """Returns at the first answer. Knocks every millisecond: what is measured may be the start."""
    until = time.monotonic() + START_LIMIT_S
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as asking:
                asking.sendall(request)
                if asking.recv(12)[9:] in (b"200", b"404"):
                    return
        except OSError:
            pass
        time.sleep(0.001)
    raise RuntimeError(f"{process.args!r} did not answer within {START_LIMIT_S} s")


def load(
    port: int,
    requests: Sequence[str],
    *,
    at_once: int,
    seconds: float = 0,
    pause: float = 0,
    once: bool = False,
    status: str = "200",
) -> dict[str, Any]:
    """What tests.bench.driver found. An answer of any other status than `status` is no result."""
    job = {
        "port": port,
        "at_once": at_once,
        "seconds": seconds if not once else 3600,
        "pause": pause,
        "requests": list(requests),
        "once": once,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.driver"], input=json.dumps(job).encode(), stdout=subprocess.PIPE, cwd=ROOT
    )
    if done.returncode:
        raise RuntimeError("the driver failed")
    found: dict[str, Any] = json.loads(done.stdout)
    if set(found["statuses"]) != {status}:
        raise RuntimeError(f"{requests[0].splitlines()[0]}: {found['statuses']} instead of {status}")
    return found


def get(path: str, *headers: str) -> str:
    """A GET as a browser says it."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *BROWSER, *headers]
    return "\r\n".join(lines) + "\r\n\r\n"


def post(path: str, body: str) -> str:
    """A form as a browser posts it."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *BROWSER,
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body


BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.5",
)


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has gone")


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
