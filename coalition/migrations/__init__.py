"""Migrations, configured in code. `upgrade` brings a database to the newest schema; Alembic is imported only then."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

HERE = Path(__file__).parent
HEAD = "0002"


def upgrade(url: str) -> None:
    """Brings the database to HEAD. Does nothing to one that is there already."""
    from coalition.base.database import Database

    database = Database(url)
    try:
        with database.engine.execution_options(coalition_write=True).begin() as connection:
            run(connection)
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
