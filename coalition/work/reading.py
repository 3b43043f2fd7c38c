"""The worker's reading: looks lists through, brings them in, takes them back, and looks their names up."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from coalition.base.clock import now
from coalition.base.database import Database
from coalition.invitations import importing, undoing
from coalition.organisations.registers import looking_up
from coalition.organisations.registers.register import Register
from coalition.organisations.spreadsheets import lists
from coalition.organisations.spreadsheets.lists import Claim, TakenOver
from coalition.organisations.spreadsheets.looking_through import look_through

IDLE_S = 0.1  # somebody looks at a page that says their list is being read

log = logging.getLogger("coalition.work")


def go_on(database: Database, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            found = go_on_with_next(database)
        except Exception:  # the database is away, or the disk full: asked again when the claim has run out
            log.exception("a list was left for later")
            found = False
        if not found:
            stop.wait(IDLE_S)


def go_on_with_next(database: Database) -> bool:
    """Reads, brings in or takes back the next list that waits for it. False when there is none."""
    if not database.read_now(lists.any_due, now()):
        return False
    claimed = database.write_now(lists.claim, now())
    if claimed is None:
        return False
    ways: dict[str, Callable[[Database, Claim, Callable[[], datetime]], object]] = {
        "given": look_through,
        "importing": importing.bring_in,
        "undoing": undoing.take_back,
    }
    try:
        ways[claimed.state](database, claimed, now)
    except TakenOver:
        log.info("another worker has gone on with a list")
    return True


def look_names_up(database: Database, register_url: str, stop: threading.Event) -> None:
    if not register_url:
        return
    register = Register(register_url)
    while not stop.is_set():
        try:
            found = looking_up.go_on_with_next(database, register, now)
        except Exception:  # the database is away, or the disk full: asked again when the claim has run out
            log.exception("names were left for later")
            found = False
        if not found:
            stop.wait(IDLE_S)
