"""Galleys kept on disk under their chunk's hash, so that one changed name sets its own chunk again and no other.

They can all be set again, so nothing waits for the disk, and the oldest go when there are too many. What a crash left
half written, or a worn disk altered, is not taken for a galley.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

MOST_BYTES = 64 * 2**20  # about a thousand letters of 100 names, or 100 printings of 10,000 of which a few changed


class Kept:
    """A folder of galleys. Several threads and processes may use it."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def get(self, chunk_hash: str) -> bytes | None:
        path = self._path(chunk_hash)
        try:
            data = path.read_bytes()
            os.utime(path)  # used last, gone last
        except OSError:
            return None
        digest, galley = data[:32], data[32:]
        return galley if hashlib.sha256(galley).digest() == digest else None

    def put(self, chunk_hash: str, galley: bytes) -> None:
        """Keeps it if the disk takes it: nobody depends on that."""
        path = self._path(chunk_hash)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as part:
                part.write(hashlib.sha256(galley).digest() + galley)
            Path(part.name).replace(path)
        except OSError:
            return

    def forget_the_oldest(self) -> None:
        """Brings the folder back to its bounds."""
        found = []
        for entry in os.scandir(self._folder) if self._folder.is_dir() else ():
            try:
                found.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
            except FileNotFoundError:  # by another worker
                continue
        size = sum(bytes for _, bytes, _ in found)
        for _, bytes, path in sorted(found):
            if size <= self._most_bytes:
                return
            Path(path).unlink(missing_ok=True)
            size -= bytes

    def _path(self, chunk_hash: str) -> Path:
        return self._folder / f"{chunk_hash}.galley"
