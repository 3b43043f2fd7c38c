"""Migrations: what they make is what the tables say, on both databases, however often they run."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from coalition import migrations
from coalition.base.database import Database
from coalition.tables import metadata
from tests.rows import all_rows


def test_migrations_make_the_tables_as_they_are_written(database: Database) -> None:
    with database.engine.connect() as connection:
        opts = {
            "target_metadata": metadata,
            "compare_type": True,
            "compare_server_default": not database.is_sqlite,  # which keeps no more of a default than its spelling
            "include_object": lambda thing, *_: _is_for(thing, connection.dialect.name),
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def _is_for(thing: Any, dialect: str) -> bool:
    """Whether an index of our tables is made on this database."""
    condition = getattr(thing, "_ddl_if", None)
    return condition is None or condition.dialect == dialect


def test_every_table_of_a_migrated_database_is_ours(database: Database) -> None:
    assert set(inspect(database.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(database: Database, database_url: str, now: Any) -> None:
    from coalition.people.actions import add_coordinator

    database.write_now(add_coordinator, "eva@campaign.example", "Eva", now)
    before = database.read_now(all_rows)
    migrations.upgrade(database_url)
    assert database.read_now(all_rows) == before
    assert migrations.at(database.engine) == migrations.HEAD


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert migrations.at(database.engine) == ""
    database.close()


def test_the_newest_migration_is_the_one_we_check_for() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    assert scripts.get_heads() == [migrations.HEAD]
