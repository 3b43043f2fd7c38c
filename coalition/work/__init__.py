"""The worker: sends mail, sets PDFs, reads long lists, does what is due. A process of its own; any number may run."""

import logging
import os
import threading

from coalition.base.database import Database
from coalition.base.settings import Settings
from coalition.printings.store import Store
from coalition.work import hours, pdfs, post, reading

log = logging.getLogger("coalition.work")


def run(settings: Settings, stop: threading.Event, parent: int | None = None) -> None:
    """Works until `stop`, or until the process `parent` that started it is gone."""
    database = Database(settings.database_url)
    store = Store(settings.data_dir / "pdf")
    logos = Store(settings.data_dir / "logos", suffix=".png")
    jobs = (
        post.pump(settings, database).run,
        lambda stop: pdfs.set_all(database, store, logos, settings, stop),
        lambda stop: reading.go_on(database, stop),
        lambda stop: reading.look_names_up(database, settings.register_url, stop),
        lambda stop: hours.keep(database, stop),
    )
    threads = [threading.Thread(target=job, args=(stop,)) for job in jobs]
    for thread in threads:
        thread.start()
    while not stop.wait(1):
        if parent is not None and os.getppid() != parent:
            log.warning("the server that started this worker is gone")
            stop.set()
    for thread in threads:
        thread.join()
    database.close()
