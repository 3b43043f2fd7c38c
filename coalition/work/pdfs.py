"""The worker's PDFs: sets, seals and keeps what is asked for, printings before receipts."""

import logging
import threading
from functools import partial

from coalition.base.clock import now
from coalition.base.database import Database
from coalition.base.settings import Settings
from coalition.printings import logos as printed_logos
from coalition.printings import receipts
from coalition.printings import records as printings
from coalition.printings.press.setting import NotSet, Setter
from coalition.printings.sealing import evidence
from coalition.printings.sealing.keys import key_of
from coalition.printings.sealing.sealing import NotSealed, Sealer
from coalition.printings.store import Store

IDLE_S = 0.1  # somebody looks at a page that says their PDF is being set
FEW_STEPS = 3  # a PDF of so few pieces is there before anybody has read how many are left

log = logging.getLogger("coalition.work")


def set_all(database: Database, store: Store, logos: Store, settings: Settings, stop: threading.Event) -> None:
    sealer = Sealer(lambda: key_of(settings, now()), settings.timestamp_url)
    with Setter(settings.data_dir / "press") as setter, sealer:
        while not stop.is_set():
            try:
                found = set_next(database, store, logos, setter, sealer)
                found = found or ask_for_receipts(database, settings.base_url)
            except Exception:  # the database is away, or the disk full: asked again
                log.exception("a PDF was left for later")
                found = False
            if not found:
                stop.wait(IDLE_S)


def ask_for_receipts(database: Database, base_url: str) -> bool:
    """Has the receipts set of those who have endorsed since it was last asked. False when nobody has."""
    return database.read_now(receipts.any_wanted) and database.write_now(receipts.ask_for_some, base_url, now()) > 0


def set_next(database: Database, store: Store, logos: Store, setter: Setter, sealer: Sealer) -> bool:
    """Sets the next PDF that is asked for. False when there is none."""
    if not database.read_now(printings.any_due, now()):
        return False
    claimed = database.write_now(printings.claim, now())
    if claimed is None:
        return False
    try:
        # It is there already when a worker was killed after keeping it: those bytes, and no others, are the printing.
        kept, said = store.sha256(claimed.content), ""
        if kept is None:
            sheet, pictures, said = printed_logos.pictures(claimed.sheet, logos)
            progress = partial(_note_progress, database, claimed)
            made = sealer.finish(sheet, setter.set(sheet, pictures, evidence.files(sheet), progress))
            kept = store.put(claimed.content, made.pdf)
            said = " ".join(filter(None, (said, made.unstamped)))
    except (NotSet, NotSealed) as reason:
        log.warning("a PDF was not set: %s", reason)
        database.write_now(printings.was_not_set, claimed, str(reason), now())
    except OSError as error:
        log.exception("a PDF could not be kept")
        words = f"It was set but could not be kept: {error.strerror}."
        database.write_now(printings.was_not_set, claimed, words, now())
    else:
        if said:
            log.warning("a PDF was not set quite as asked: %s", said)
        database.write_now(printings.was_set, claimed.content, kept, now(), said)
    return True


def _note_progress(database: Database, claimed: printings.Claimed, step: int, steps: int) -> None:
    if steps > FEW_STEPS:
        database.write_now(printings.is_being_set, claimed.content, step, steps, now())
