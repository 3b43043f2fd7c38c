"""What is due by the clock: each thing by itself, whatever becomes of the others."""

import logging
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from coalition.base.database import Database
from coalition.demo import sample
from coalition.letters import records as letters
from coalition.organisations.spreadsheets import lists
from coalition.work import hours
from tests.cast import SLUG, begin


def test_a_list_closes_and_is_printed_though_something_else_that_is_due_fails(
    sqlite_url: str, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Database(sqlite_url)) as database:
        _, letter = database.write_now(begin, now)
        database.write_now(_break_what_forgets_lists, letter.id, now)
        after = (letter.hard_deadline or now) + timedelta(days=1)
        with caplog.at_level(logging.ERROR, "coalition.work"):
            hours.do_what_is_due(database, after)
        assert "forget: left for later" in caplog.text
        assert database.read_now(letters.letter_by_slug, SLUG).state == "closed"


def _break_what_forgets_lists(connection: Connection, letter_id: int, now: datetime) -> None:
    lists.begin_import(connection, letter_id, 1, "left.csv", sample.LIST.read_bytes(), now - timedelta(days=30))
    connection.exec_driver_sql("CREATE TRIGGER b BEFORE DELETE ON imports BEGIN SELECT RAISE(ABORT, 'broken'); END")
