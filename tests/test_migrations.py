"""Migrations: what they make is what the tables say, on both databases, however often they run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select

from coalition import migrations
from coalition.base.database import Database
from coalition.dispatch import records as dispatches
from coalition.invitations.wording import check
from coalition.tables import contacts, endorsements, invitations, letters, metadata, organisations
from tests import postgres
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


def test_a_database_of_the_first_release_keeps_its_rows_and_can_be_searched(request: pytest.FixtureRequest) -> None:
    for url in _first_release(request):
        database = Database(url)
        migrations.upgrade(url)
        with database.engine.connect() as connection:
            keys = connection.execute(select(organisations.c.id, organisations.c.search_key)).all()
            assert keys == [(7, "medecins de la rue gb-chc-202918 rue.example")]
            assert connection.execute(select(contacts.c.id, contacts.c.preferred)).all() == [(3, False)]
            assert connection.execute(select(invitations.c.id, invitations.c.reminders)).all() == [(5, 0)]
            assert len(connection.execute(select(endorsements)).all()) == 1
            if database.is_sqlite:
                made = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
                assert {name for (name,) in made} == {
                    *("organisations", "contacts", "invitations", "endorsements", "suggestions", "joins"),
                }
        database.close()


def _first_release(request: pytest.FixtureRequest, schema: str = "0001") -> Iterator[str]:
    """An empty database on each engine, brought to the first release's schema or to a later one, and given a row of
    what is made anew.
    """
    with postgres.new_database(request.getfixturevalue("postgresql_server")) as url:
        for empty in (f"sqlite:///{request.getfixturevalue('tmp_path') / 'first.db'}", url):
            database = Database(empty)
            with database.engine.execution_options(coalition_write=True).begin() as connection:
                if not database.is_sqlite:  # the template is at the newest
                    connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                config = migrations.configuration()
                config.attributes["connection"] = connection
                command.upgrade(config, schema)
                for statement in FIRST_ROWS:
                    connection.exec_driver_sql(statement)
            database.close()
            yield empty


def test_a_note_of_the_first_release_is_a_part_of_the_invitation(request: pytest.FixtureRequest) -> None:
    for url in _first_release(request):
        database = Database(url)
        with database.engine.execution_options(coalition_write=True).begin() as connection:
            connection.exec_driver_sql("UPDATE letters SET note = 'Thank you for {Monday}.\n\nThe board meets soon.'")
        migrations.upgrade(url)
        with database.engine.connect() as connection:
            subject, body = connection.execute(select(letters.c.invitation_subject, letters.c.invitation_body)).one()
            assert "note" not in {column["name"] for column in inspect(connection).get_columns("letters")}
        assert subject == ""
        assert "{coordinator} writes:\n\nThank you for (Monday).\n\nThe board meets soon.\n\nOne page" in body
        assert check(subject, body) == {}
        assert body.startswith("Dear {contact},")
        database.close()


def test_a_delivery_noted_before_there_were_dispatches_is_one_and_tells_nobody_anew(
    request: pytest.FixtureRequest,
) -> None:
    for url in _first_release(request, "0003"):
        database = Database(url)
        with database.engine.execution_options(coalition_write=True).begin() as connection:
            for statement in DELIVERED:
                connection.exec_driver_sql(statement)
        migrations.upgrade(url)
        with database.engine.connect() as connection:
            [one] = dispatches.happened(connection, 2)
            assert (one.printing, one.way, one.day, one.words) == (1, "other", date(2009, 11, 12), "By hand")
            assert one.happened_at == datetime(2009, 11, 12, 10, tzinfo=UTC)
            columns = (endorsements.c.printed_in, endorsements.c.final_at)
            assert connection.execute(select(*columns)).all() == [(1, one.happened_at)]
        database.close()


DELIVERED = (
    "INSERT INTO pdfs (content, sheet, state, asked_at, due_at) VALUES ('c', '{}', 'set', '2009-11-11', '2009-11-11')",
    """INSERT INTO printings (letter_id, number, version, undersigned, content, printed_at)
        VALUES (2, 1, 1, 1, 'c', '2009-11-11'), (2, 2, 1, 1, 'c', '2009-11-13')""",
    """UPDATE letters SET dispatched_at = '2009-11-12 10:00:00+00', delivered_on = '2009-11-12',
        delivered_how = 'By hand'""",
)

FIRST_ROWS = (
    "INSERT INTO coordinators (id, email, added_at) VALUES (1, 'eva@campaign.example', '2009-10-26')",
    """INSERT INTO letters (id, slug, coordinator_id, state, text, groups, leads_first, time_zone, visibility,
        show_undersigned, version, revision, created_at)
        VALUES (2, 'keep', 1, 'open', '{}', '[]', '0', 'UTC', 'link', '0', 1, 1, '2009-10-26')""",
    """INSERT INTO organisations (id, name, name_key, register_id, domain, added_at)
        VALUES (7, 'Médecins de la Rue', 'medecins de la rue', 'GB-CHC-202918', 'rue.example', '2009-10-26')""",
    "INSERT INTO contacts (id, organisation_id, email) VALUES (3, 7, 'bonjour@rue.example')",
    """INSERT INTO invitations (id, letter_id, organisation_id, contact_id, status, added_at, changed_at)
        VALUES (5, 2, 7, 3, 'endorsed', '2009-10-26', '2009-10-26')""",
    """INSERT INTO endorsements (id, letter_id, organisation_id, invitation_id, version, name, authority,
        show_signatory, endorsed_at) VALUES (4, 2, 7, 5, 1, 'Médecins de la Rue', 'trustees', '1', '2009-10-26')""",
)


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert migrations.at(database.engine) == ""
    database.close()


def test_the_newest_migration_is_the_one_we_check_for() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    assert scripts.get_heads() == [migrations.HEAD]
