"""A folder of mail in place of a mail server: what the demo shows, and what a small site may read by hand."""

import os
import socket
import time
from itertools import count
from pathlib import Path

from coalition.base.mail.delivery import Unreachable
from coalition.base.mail.message import Ready

_serial = count(1)


class Maildir:
    """A folder any mail program can read: one file a message, whole or not at all. Making it may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    def send(self, ready: Ready) -> str:
        host = socket.gethostname().replace("/", "-").replace(":", "-")
        name = f"{time.time_ns()}.P{os.getpid()}Q{next(_serial)}.{host}"
        draft, place = self.folder / "tmp" / name, self.folder / "new" / name
        # What the last server on the way notes, and lines that end as files do here.
        envelope = f"Return-Path: <{ready.sender}>\nDelivered-To: {ready.recipient}\n".encode("ascii")
        try:
            with draft.open("xb") as file:
                file.write(envelope + ready.raw.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(place)
            _sync_folder(place.parent)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise Unreachable(f"The mail folder could not be written: {error.strerror}.") from None
        return f"kept as {name}"

    def close(self) -> None:
        pass


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
