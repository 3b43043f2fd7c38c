"""How a letter is getting on, counted on both databases."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import Connection, event, select, update

from coalition.base.database import Database
from coalition.base.settings import from_environment
from coalition.invitations.tracker import progress
from coalition.invitations.tracker.progress import Progress
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.tables import invitations
from coalition.tables import letters as letters_table
from coalition.web.site import Site
from tests.cast import begin

OPENED = datetime(2009, 10, 26, 9, tzinfo=UTC)
NOW = datetime(2009, 11, 9, 12, tzinfo=UTC)


@pytest.fixture
def letter(database: Database) -> Letter:
    def start(connection: Connection) -> Letter:
        _, letter = begin(connection, OPENED)
        dates = {"soft_deadline": date(2009, 11, 10), "hard_deadline": datetime(2009, 11, 13, 17, tzinfo=UTC)}
        connection.execute(update(letters_table).where(letters_table.c.id == letter.id).values(**dates))
        return letters.letter(connection, letter.id)

    return database.write_now(start)


def _look(database: Database, letter: Letter) -> Progress:
    return database.read_now(progress.look, letter, NOW)


def _spread(database: Database, letter: Letter, *statuses: tuple[str, datetime | None]) -> int:
    """The first of the list get a status and a moment each, in order. Returns how many are on the list."""

    def put(connection: Connection) -> int:
        ids = list(connection.execute(select(invitations.c.id).where(invitations.c.letter_id == letter.id)).scalars())
        for id, (status, at) in zip(ids, statuses, strict=False):
            values: dict[str, Any] = {"status": status, "answered_at": at}
            connection.execute(update(invitations).where(invitations.c.id == id).values(**values))
        return len(ids)

    return database.write_now(put)


def test_the_funnel_counts_how_far_each_has_come(database: Database, letter: Letter) -> None:
    statuses = "added failed bounced sent sent fetched read deciding declined withdrawn endorsed endorsed".split()
    whole = _spread(database, letter, *((status, NOW) for status in statuses))
    found = {one.name: one.count for one in _look(database, letter).stages}
    assert found == {
        "On the list": whole,
        "Asked": whole - 1,
        "Reached by mail": 9,
        "Read by a person": 6,
        "Answered": 4,
        "Endorsed": 2,
    }


@pytest.mark.parametrize(
    "zone, days",
    [
        ("Europe/London", (24, 25)),  # the night in which summer time ended
        ("America/St_Johns", (24, 24)),
        ("Asia/Kathmandu", (25, 25)),
    ],
)
def test_answers_are_counted_on_the_letters_own_days(
    zone: str, days: tuple[int, int], database: Database, letter: Letter
) -> None:
    database.write_now(lambda c: c.execute(update(letters_table).values(time_zone=zone)))
    late = datetime(2009, 10, 24, 22, 59, 59, tzinfo=UTC)
    _spread(database, letter, ("endorsed", late), ("declined", late + timedelta(seconds=1)))
    found = _look(database, database.read_now(letters.letter, letter.id))
    assert [(day.day, ours, against) for day, ours, against in found.days] == (
        [(days[0], 1, 1)] if days[0] == days[1] else [(days[0], 1, 0), (days[1], 1, 1)]
    )


def test_it_takes_two_statements_and_one_where_nobody_has_answered(database: Database, letter: Letter) -> None:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "invitations" in statement:
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    assert _look(database, letter).chart is None
    assert len(statements) == 1
    _spread(database, letter, ("endorsed", NOW))
    statements.clear()
    assert _look(database, letter).chart
    assert len(statements) == 2


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Any:
    site = Site(from_environment({"COALITION_DATABASE_URL": sqlite_url, "COALITION_DATA_DIR": str(tmp_path)}))
    yield site
    site.close()


def _html(site: Site, found: Progress, letter: Letter) -> str:
    template = site.templates.from_string(
        '{% from "partials/progress.html" import progress %}{{ progress(found, letter) }}'
    )
    return template.render(found=found, letter=letter)


def test_the_drawings_say_in_words_what_they_show(site: Site, letter: Letter, database: Database) -> None:
    _spread(database, letter, ("endorsed", NOW), ("endorsed", NOW - timedelta(days=3)), ("declined", NOW))
    html = _html(site, _look(database, letter), letter)
    drawn = ElementTree.fromstring(html.strip())  # noqa: S314 (our own page)
    said = [" ".join("".join(one.itertext()).split()) for one in drawn.iter("desc")]
    assert "Endorsed: 2" in said[0]
    assert "2 endorsed, 1 declined or withdrew. Asked for by 10 Nov 2009. List closes 13 Nov 2009." in said[1]
    assert [[*row.itertext()] for row in drawn.iter("th") if row.get("scope") == "row"] == [
        ["6 Nov 2009"],
        ["9 Nov 2009"],
    ]
    assert "style=" not in html


def test_without_answers_it_says_what_will_be_there(site: Site, letter: Letter, database: Database) -> None:
    assert "No answers yet" in _html(site, _look(database, letter), letter)
    database.write_now(lambda c: c.execute(update(invitations).values(status="added")))
    assert "Nobody has been asked yet" in _html(site, _look(database, letter), letter)
