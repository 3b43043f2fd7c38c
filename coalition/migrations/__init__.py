"""Migrations, configured in code. `upgrade` brings a database to the newest schema; Alembic is imported only then."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

HERE = Path(__file__).parent
HEAD = "0004"


def upgrade(url: str) -> None:
    """Brings the database to HEAD. Does nothing to one that is there already."""
    from coalition.base.database import Database

    database = Database(url)
    try:
        with database.engine.execution_options(coalition_write=True).connect() as connection:
            if database.is_sqlite:  # where a table is changed by making it anew, and others point to it meanwhile
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA foreign_keys=OFF").close()
            with connection.begin():
                run(connection)
                if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise RuntimeError("a row points to one that is not there; nothing was changed")
    finally:
        database.close()


def run(connection: Connection) -> None:
    from alembic import command

    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configuration() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def at(engine: Engine) -> str:
    """The revision a database is at; empty for one that has never been migrated."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
