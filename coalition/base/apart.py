"""Work done apart from the site: a warm child process under limits of memory and time, replaced when it fails.

The child is a module of ours with `main`, which calls `serve`. It reads jobs on standard input and answers on standard
output; it knows neither the database nor the keys.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from types import TracebackType
from typing import IO

from coalition.base.settings import ROOT

# A child's answers begin with one of these.
READY, DONE, FAILED = b"R", b"+", b"-"

_JOBS_PER_CHILD = 200  # libraries leak a little with every job
_START_LIMIT_S = 60.0


class Failed(Exception):
    """The child said no, or ended. `str()` is the reason in words."""


class Ended(Failed):
    """The child gave no answer: it took too long, or more memory than it may have."""


class Child:
    """Gives jobs one after the other to a child process of its own, which it starts when first asked.

    May be used from several threads; they wait for each other. Close it when done.
    """

    def __init__(self, module: str, what: str, *, time_limit_s: float, memory_limit_mb: int) -> None:
        """`what` the child does, as in "Setting this PDF" took longer than so many seconds."""
        self._module, self._what = module, what
        self._time_limit_s = time_limit_s
        self._memory_limit_mb = memory_limit_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._jobs = 0
        self._turn = threading.Lock()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def ask(self, job: bytes, time_limit_s: float | None = None) -> bytes:
        """The child's answer, within this time or the child's usual. Raises Failed when it says no, Ended when it ends
        instead of answering.
        """
        limit_s = self._time_limit_s if time_limit_s is None else max(0, time_limit_s)
        with self._turn:
            process = self._warm()
            self._jobs += 1
            kind, answer = self._answer_of(process, job, limit_s)
            if kind != DONE:
                self._replace()
                raise Failed(answer.decode())
            return answer

    def close(self) -> None:
        """Ends the child, if there is one."""
        with self._turn:
            self._replace()

    def _warm(self) -> subprocess.Popen[bytes]:
        if self._jobs >= _JOBS_PER_CHILD or (self._process and self._process.poll() is not None):
            self._replace()
        if self._process is None:
            self._folder = tempfile.TemporaryDirectory(prefix="coalition-apart-")  # a killed child tidies nothing up
            self._process = _started(self._module, self._memory_limit_mb, self._folder.name)
            kind, answer = self._answer_of(self._process, None, _START_LIMIT_S)
            if kind != READY:
                self._replace()
                raise Failed(f"{self._what} could not begin: {answer.decode()}")
        return self._process

    def _answer_of(self, process: subprocess.Popen[bytes], job: bytes | None, limit_s: float) -> tuple[bytes, bytes]:
        # The pipes block; killing the child at the limit ends every wait on them, in whichever direction.
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            process.kill()

        watch = threading.Timer(limit_s, stop)
        watch.start()
        try:
            if job is not None:
                write_message(_pipe(process.stdin), job)
            message = read_message(_pipe(process.stdout))
        except OSError:
            message = None
        finally:
            watch.cancel()
            watch.join()  # or it could kill the child between this job and the next
        if message and not overdue.is_set():
            return message[:1], message[1:]
        process.kill()
        code = process.wait()
        self._replace()
        raise Ended(self._why_it_ended(code, limit_s if overdue.is_set() else None))

    def _why_it_ended(self, code: int, limit_s: float | None) -> str:
        if limit_s is not None:
            return f"{self._what} took longer than {limit_s:g} seconds."
        if code == -signal.SIGKILL:
            return f"{self._what} was stopped, most likely for want of memory."
        return f"{self._what} ended without an answer ({code}), most likely for want of memory."

    def _replace(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        if self._folder is not None:
            self._folder.cleanup()
        self._process, self._folder, self._jobs = None, None, 0


def _started(module: str, memory_limit_mb: int, folder: str) -> subprocess.Popen[bytes]:
    # The child has no business with the database or the keys.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
    return subprocess.Popen(  # noqa: S603 (the command is our own)
        [sys.executable, "-m", module, str(memory_limit_mb)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**environment, "TMPDIR": folder},
    )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("closed")
    return pipe


# The child's side.


def serve(warm: Callable[[], Callable[[bytes], bytes]], what: str) -> None:
    """Answers each job with `DONE` and what it gives, or `FAILED` and a sentence, until standard input ends.

    `warm` loads what the jobs need. A job that raises Failed says so in its own words.
    """
    limit_memory(int(sys.argv[1]))
    os.nice(10)  # a person waiting for a page goes first
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not print into the answers
    do = warm()
    write_message(answers, READY)
    gc.freeze()
    gc.disable()  # a sixth of a job's time; what a job leaves is swept up when its answer is on the way
    while (job := read_message(sys.stdin.buffer)) is not None:
        write_message(answers, _answer(do, job, what))
        gc.collect()


def _answer(do: Callable[[bytes], bytes], job: bytes, what: str) -> bytes:
    try:
        return DONE + do(job)
    except Failed as refusal:
        return FAILED + str(refusal).encode()
    except MemoryError:
        return FAILED + f"{what} needs more memory than it may have.".encode()
    except Exception as error:
        logging.exception("a job failed")
        return FAILED + f"{what} failed: {type(error).__name__}.".encode()


def limit_memory(megabytes: int) -> None:
    """Lets this process have no more address space than this: a job that swells ends here, not in the site."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))


# Both sides.


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
