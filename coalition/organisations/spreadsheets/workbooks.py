"""Workbooks (XLSX, ODS, XLS): told by their content, and read in a child process under limits of memory and time."""

import json
import threading
from dataclasses import dataclass
from typing import Final

from coalition.base.apart import Child, Ended, Failed
from coalition.organisations.spreadsheets.encodings import Unreadable

MEMORY_LIMIT_MB: Final = 1024  # of address space; 50,000 rows of 60 short cells take 700
TIME_LIMIT_S: Final = 60
AT_ONCE: Final = 2  # children of one process, so that ten people's workbooks do not fill the machine

_PASSWORD: Final = "EncryptedPackage".encode("utf-16-le")  # where Office keeps a workbook that has a password
_OTHERS: Final = (b"word/", b"ppt/", b"Index/")  # folders of a Word document, of slides, of a Numbers document
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet as text, the rows by their number as a spreadsheet shows it."""

    name: str
    names: tuple[str, ...]  # of all sheets that can be chosen
    rows: list[tuple[int, list[str]]]  # without blank ones


def is_workbook(data: bytes) -> bool:
    """By what is in it; its name may say anything. Not every zip is one: see encodings for what the others are."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return True
    inside = data[:4_000] + data[-8_000:]
    if not data.startswith(b"PK\x03\x04") or any(other in inside for other in _OTHERS):
        return False
    return any(sign in inside for sign in (b"opendocument.spreadsheet", b"content.xml", b"xl/", b"[Content_Types].xml"))


def read_sheet(data: bytes, wanted: str = "") -> Sheet:
    """The sheet of that name; without one, or when there is none of it, the first that looks like a list.

    Raises Unreadable with a sentence for whatever cannot be read. No other exception leaves.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0") and _PASSWORD in data:
        raise Unreadable(
            "This workbook is protected with a password. Save a copy without one (in Excel: File, Info, Protect "
            "Workbook), and give us that."
        )
    job = json.dumps({"sheet": wanted}).encode()
    with _turns, _reader() as child:
        try:
            found = json.loads(child.ask(len(job).to_bytes(4, "big") + job + data))
        except Ended as reason:
            raise Unreadable(
                f"{reason} Copy the rows that matter into a new workbook, or paste them, and give us that."
            ) from None
        except Failed as reason:
            raise Unreadable(str(reason)) from None
    return Sheet(found["sheet"], tuple(found["sheets"]), [(number, cells) for number, cells in found["rows"]])


def _reader() -> Child:
    return Child(
        "coalition.organisations.spreadsheets.workbook_reader",
        "Reading this workbook",
        time_limit_s=TIME_LIMIT_S,
        memory_limit_mb=MEMORY_LIMIT_MB,
    )
