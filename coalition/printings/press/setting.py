"""Having sheets set: warm child processes under limits, replaced when they fail. WeasyPrint stays out of this one."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType

from coalition.base.apart import Child, Ended, Failed
from coalition.printings.press import chunks
from coalition.printings.press.kept import Kept
from coalition.printings.press.layout import Receipt, Sheet, as_data
from coalition.printings.press.parcels import packed
from coalition.printings.sealing.attachments import Attachment
from coalition.printings.sealing.attachments import as_data as attachment_as_data

MEMORY_LIMIT_MB = 2048  # of address space, each child
PROCESSES = 2  # a core each; the site's own work goes before theirs

Progress = Callable[[int, int], None]  # how many pieces are set, of how many


class NotSet(Exception):
    """The PDF could not be set. `str()` is the reason, for the log and the desk."""


class Setter:
    """Sets sheets one after the other in children of its own, which it starts when they are needed: the undersigned in
    chunks, side by side, and then the whole. What each chunk came to is kept in `folder`, if there is one.

    May be used from several threads; they wait for each other. Close it when done.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        time_limit_s: float = 240,
        memory_limit_mb: int = MEMORY_LIMIT_MB,
        processes: int = PROCESSES,
        sizes: tuple[int, int, int] = (chunks.LEAST, chunks.USUAL, chunks.MOST),
    ) -> None:
        """`sizes` of a chunk, in names: the least, the usual, the most."""
        self._kept = Kept(folder) if folder else None
        self._time_limit_s, self._sizes = time_limit_s, sizes
        self._turn = threading.Lock()
        self._idle: queue.LifoQueue[Child] = queue.LifoQueue()  # the one that is warm goes first
        self._children = [
            Child(
                "coalition.printings.press.setter",
                "Setting this PDF",
                time_limit_s=time_limit_s,
                memory_limit_mb=memory_limit_mb,
            )
            for _ in range(processes)
        ]
        for child in self._children:
            self._idle.put(child)

    def __enter__(self) -> Setter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def set(
        self,
        sheet: Sheet | Receipt,
        pictures: Mapping[str, bytes] = MappingProxyType({}),
        attachments: Sequence[Attachment] = (),
        progress: Progress = lambda step, steps: None,
    ) -> bytes:
        """The sheet as a PDF, with the logos it names from `pictures`, PNGs by their SHA-256.

        Raises NotSet when it takes longer than the time limit, needs more memory, or fails.
        """
        with self._turn:
            try:
                return self._set(sheet, pictures, attachments, progress)
            except Failed as reason:
                raise NotSet(str(reason)) from None

    def _set(
        self,
        sheet: Sheet | Receipt,
        pictures: Mapping[str, bytes],
        attachments: Sequence[Attachment],
        progress: Progress,
    ) -> bytes:
        until = time.monotonic() + self._time_limit_s
        cut = chunks.chunks(sheet, self._sizes) if isinstance(sheet, Sheet) else []
        steps = len(cut) + 1
        galleys: dict[int, bytes] = {}
        with ThreadPoolExecutor(len(self._children)) as pool:
            waiting = {}
            for at, chunk in enumerate(cut):
                kept = self._kept.get(chunks.chunk_hash(chunk)) if self._kept else None
                if kept is None:
                    waiting[pool.submit(self._galley, chunk, pictures, until)] = at
                else:
                    galleys[at] = kept
            progress(len(galleys), steps)
            try:
                for done in as_completed(waiting):
                    galleys[waiting[done]] = done.result()
                    progress(len(galleys), steps)
            finally:
                pool.shutdown(cancel_futures=True)
        if waiting and self._kept:
            self._kept.forget_the_oldest()
        attached = json.dumps([attachment_as_data(one) for one in attachments]).encode()
        pieces = [*(galleys[at] for at in range(len(cut))), attached]
        return self._asked("bind", sheet, pictures, pieces, until)

    def _galley(self, chunk: Sheet, pictures: Mapping[str, bytes], until: float) -> bytes:
        printed = {line.logo for group in chunk.groups for line in group.lines}
        logos = {sha256: picture for sha256, picture in pictures.items() if sha256 in printed}
        galley = self._asked("galley", chunk, logos, [], until)
        if self._kept:
            self._kept.put(chunks.chunk_hash(chunk), galley)
        return galley

    def _asked(
        self, kind: str, sheet: Sheet | Receipt, pictures: Mapping[str, bytes], pieces: Sequence[bytes], until: float
    ) -> bytes:
        job = packed([kind, as_data(sheet), list(pictures)], [*pictures.values(), *pieces])
        with self._child() as child:
            try:
                return child.ask(job, until - time.monotonic())
            except Ended:
                if time.monotonic() > until:
                    raise Ended(f"Setting this PDF took longer than {self._time_limit_s:g} seconds.") from None
                return child.ask(job, until - time.monotonic())  # killed from outside, perhaps: in a new child

    @contextmanager
    def _child(self) -> Iterator[Child]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """Ends the children, if there are any."""
        for child in self._children:
            child.close()
