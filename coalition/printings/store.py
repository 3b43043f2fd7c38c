"""PDFs and logos kept for ever in the data folder under their content's hash, the newest of them in memory."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

_MEMORY_BYTES = 64 * 2**20
_HASH = re.compile(r"[0-9a-f]{64}")


class Store:
    """A folder of PDFs, each at `ab/abcdef....pdf` by its content hash; or of what else `suffix` says. Several threads
    and processes may use it.
    """

    def __init__(self, folder: Path, memory_bytes: int = _MEMORY_BYTES, suffix: str = ".pdf") -> None:
        self._folder, self._suffix = folder, suffix
        self._memory_bytes = memory_bytes
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0
        self._turn = threading.Lock()

    def put(self, content_hash: str, pdf: bytes) -> str:
        """Keeps `pdf` and answers the SHA-256 of its bytes; when this returns it survives a power cut.

        What is kept already under this hash stays as it is. Raises OSError when the disk refuses, ValueError when
        `content_hash` is not 64 hexadecimal digits.
        """
        path = self._path(content_hash)
        if not path.exists():
            write_durably(path, pdf)
        kept = self.get(content_hash)
        return hashlib.sha256(pdf if kept is None else kept).hexdigest()

    def get(self, content_hash: str) -> bytes | None:
        """The PDF, or None when there is none. Raises ValueError when `content_hash` is not 64 hexadecimal digits."""
        path = self._path(content_hash)
        with self._turn:
            if content_hash in self._recent:
                self._recent.move_to_end(content_hash)
                return self._recent[content_hash]
        try:
            pdf = path.read_bytes()
        except FileNotFoundError:
            return None
        self._remember(content_hash, pdf)
        return pdf

    def sha256(self, content_hash: str) -> str | None:
        """SHA-256 of the kept bytes, or None when there is none."""
        pdf = self.get(content_hash)
        return None if pdf is None else hashlib.sha256(pdf).hexdigest()

    def _path(self, content_hash: str) -> Path:
        if not _HASH.fullmatch(content_hash):
            raise ValueError("a content hash is 64 hexadecimal digits")
        return self._folder / content_hash[:2] / f"{content_hash}{self._suffix}"

    def _remember(self, content_hash: str, pdf: bytes) -> None:
        with self._turn:
            self._held += len(pdf) - len(self._recent.pop(content_hash, b""))
            self._recent[content_hash] = pdf
            while self._held > self._memory_bytes:
                _, oldest = self._recent.popitem(last=False)
                self._held -= len(oldest)


def write_durably(path: Path, pdf: bytes) -> None:
    """Puts a file there that survives a power cut, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pdf)
            file.flush()
            os.fsync(file.fileno())
        _name(part, path)
    finally:
        part.unlink(missing_ok=True)
    # The name is on the disk only when its folder is, and the folder's name in the folder above.
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)


def _name(part: Path, path: Path) -> None:
    """Not by renaming, where that can be helped: it would put this over what another worker has kept meanwhile."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP):  # these disks know of one name for a file
            raise
        if not path.exists():
            part.rename(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
