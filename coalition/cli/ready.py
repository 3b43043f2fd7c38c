"""What every command needs: the settings, a database that is ready, and a reason when it is not."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from coalition.base.settings import Settings, from_environment


class Stop(Exception):
    """The command cannot be done; its text is the reason."""

    status = 1


class Later(Stop):
    """Not now: the mail server that called keeps what it brought and calls again (EX_TEMPFAIL)."""

    status = 75


def reason_of(error: Exception) -> str:
    """The one line for an error that is nobody's mistake in the program; empty for one that is."""
    from sqlalchemy.exc import OperationalError

    from coalition.base.database import NotSaved
    from coalition.base.refused import Refused

    if isinstance(error, OperationalError):
        return f"COALITION_DATABASE_URL: the database cannot be used. {' '.join(str(error.orig).split())}"
    return str(error) if isinstance(error, Refused | NotSaved) else ""


def check(settings: Settings) -> None:
    """What would only show later is said at the start, in one line."""
    from coalition.base.clock import now
    from coalition.base.mail.transports import open_transport
    from coalition.printings.sealing.keys import key_of

    key_of(settings, now())  # made on first run
    try:
        open_transport(settings.mail_url, data_dir=settings.data_dir).close()
    except ValueError as error:
        raise Stop(str(error)) from None
    check_schema(settings)


def check_schema(settings: Settings) -> None:
    from coalition import migrations
    from coalition.base.database import Database

    database = Database(settings.database_url)
    try:
        if migrations.at(database.engine) != migrations.HEAD:
            raise Stop("The database is not at the newest schema. Run: python -m coalition migrate")
    finally:
        database.close()


@contextmanager
def database_of(settings: Settings) -> Iterator[Any]:
    from coalition.base.database import Database

    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def ready() -> Iterator[tuple[Settings, Any]]:
    """The settings and a database at the newest schema."""
    settings = from_environment()
    check_schema(settings)
    with database_of(settings) as database:
        yield settings, database


def begin_log() -> None:
    import logging

    logging.basicConfig(level=os.environ.get("COALITION_LOG", "WARNING").upper(), format="%(levelname)s %(message)s")


def loaded() -> None:
    """What runs for long begins here: what is loaded by now is never looked through for garbage, what comes is."""
    import gc

    gc.freeze()
    gc.enable()
