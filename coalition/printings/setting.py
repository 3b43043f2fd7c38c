"""Having sheets set: a warm child process under limits, replaced when it fails. WeasyPrint stays out of this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from types import TracebackType
from typing import IO

from coalition.base.settings import ROOT
from coalition.printings.layout import Sheet, as_data

# The child's answers begin with one of these.
READY, DONE, FAILED = b"R", b"+", b"-"

MEMORY_LIMIT_MB = 2048  # of address space; 10,000 undersigned take 1,320
_JOBS_PER_CHILD = 200  # pango and fontconfig leak a little with every job
_START_LIMIT_S = 60.0


class NotSet(Exception):
    """The PDF could not be set. `str()` is the reason, for the log and the desk."""


class Setter:
    """Sets sheets one after the other in a child process of its own, which it starts when first asked.

    May be used from several threads; they wait for each other. Close it when done.
    """

    def __init__(self, time_limit_s: float = 120, memory_limit_mb: int = MEMORY_LIMIT_MB) -> None:
        self._time_limit_s = time_limit_s
        self._memory_limit_mb = memory_limit_mb
        self._child: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._jobs = 0
        self._turn = threading.Lock()

    def __enter__(self) -> Setter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def set(self, sheet: Sheet) -> bytes:
        """The sheet as a PDF. Raises NotSet when it takes longer than the time limit, needs more memory, or fails."""
        with self._turn:
            child = self._warm_child()
            self._jobs += 1
            kind, answer = self._ask(child, json.dumps(as_data(sheet)).encode(), self._time_limit_s)
            if kind != DONE:
                self._replace()
                raise NotSet(answer.decode())
            return answer

    def close(self) -> None:
        """Ends the child, if there is one."""
        with self._turn:
            self._replace()

    def _warm_child(self) -> subprocess.Popen[bytes]:
        if self._jobs >= _JOBS_PER_CHILD or (self._child and self._child.poll() is not None):
            self._replace()
        if self._child is None:
            self._folder = tempfile.TemporaryDirectory(prefix="coalition-setter-")  # a killed child tidies nothing up
            self._child = _started(self._memory_limit_mb, self._folder.name)
            kind, answer = self._ask(self._child, None, _START_LIMIT_S)
            if kind != READY:
                self._replace()
                raise NotSet(f"The setter did not start: {answer.decode()}")
        return self._child

    def _ask(self, child: subprocess.Popen[bytes], job: bytes | None, limit_s: float) -> tuple[bytes, bytes]:
        # The pipes block; killing the child at the limit ends every wait on them, in whichever direction.
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            child.kill()

        watch = threading.Timer(limit_s, stop)
        watch.start()
        try:
            if job is not None:
                write_message(_pipe(child.stdin), job)
            message = read_message(_pipe(child.stdout))
        except OSError:
            message = None
        finally:
            watch.cancel()
            watch.join()  # or it could kill the child between this job and the next
        if message and not overdue.is_set():
            return message[:1], message[1:]
        child.kill()
        return FAILED, _why_it_ended(child.wait(), limit_s if overdue.is_set() else None).encode()

    def _replace(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
        if self._folder is not None:
            self._folder.cleanup()
        self._child, self._folder, self._jobs = None, None, 0


def _started(memory_limit_mb: int, folder: str) -> subprocess.Popen[bytes]:
    # The child has no business with the database or the keys.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
    command = [sys.executable, "-m", "coalition.printings.setter", str(memory_limit_mb)]
    return subprocess.Popen(  # noqa: S603 (the command is our own)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**environment, "TMPDIR": folder},
    )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("closed")
    return pipe


def _why_it_ended(code: int, limit_s: float | None) -> str:
    if limit_s is not None:
        return f"Setting this PDF took longer than {limit_s:g} seconds."
    if code == -signal.SIGKILL:
        return "The process that sets PDFs was killed, most likely for want of memory."
    return f"The process that sets PDFs ended without an answer ({code}), most likely for want of memory."


def write_message(pipe: IO[bytes], message: bytes) -> None:
    """Writes one message after its length (4 bytes, big-endian). Raises OSError when nobody reads any more."""
    pipe.write(len(message).to_bytes(4, "big") + message)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> bytes | None:
    """The next message, or None when the writer is gone."""
    length = pipe.read(4)
    if len(length) < 4:
        return None
    message = pipe.read(int.from_bytes(length, "big"))
    return message if len(message) == int.from_bytes(length, "big") else None
