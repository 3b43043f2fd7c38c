"""Watches a process and all that it has started: the most memory that any of them took."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

EVERY_S = 0.05


class Watch:
    def __init__(self, pid: int) -> None:
        self._pid, self._peaks = pid, dict[int, float]()

    @property
    def peak_mb(self) -> float:
        """Resident memory of the process that took most, at its highest."""
        return max(self._peaks.values())

    @property
    def processes(self) -> int:
        return len(self._peaks)

    def look(self) -> None:
        for pid in _tree(self._pid):
            self._peaks[pid] = max(self._peaks.get(pid, 0), _highest_mb(pid))


@contextmanager
def watching(pid: int) -> Iterator[Watch]:
    watch, over = Watch(pid), Event()

    def keep_looking() -> None:
        while not over.wait(EVERY_S):
            watch.look()

    thread = Thread(target=keep_looking)
    watch.look()
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def _tree(pid: int) -> Iterator[int]:
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        try:
            for task in list(Path(f"/proc/{one}/task").iterdir()):
                waiting.extend(map(int, (task / "children").read_text().split()))
        except OSError:
            pass  # it has just ended


def _highest_mb(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):  # the highest so far, so that no peak falls between two looks
                return int(line.split()[1]) / 1024
    except OSError:
        pass  # it has just ended
    return 0
