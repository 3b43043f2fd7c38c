"""The history is append-only: whoever changes what is past is found out, on both databases and through the command."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from coalition.base.database import Database
from coalition.history import records as history
from coalition.history.records import Deed
from coalition.tables import history as table

LETTER = 7


@pytest.fixture
def written(database: Database, now: datetime) -> Database:
    """Five entries on a letter and two on the site's own chain."""
    for number in range(5):
        deed = Deed("endorsed", f"Organisation {number}", number, {"name": "Ty Gobaith Cymru", "é": [1, None, True]})
        database.write_now(history.add, LETTER, now + timedelta(seconds=number), deed)
    database.write_now(history.add, history.SITE, now, Deed("signed in", "Eva"), Deed("signed in", "Eva"))
    return database


def test_an_untouched_history_is_whole(written: Database) -> None:
    assert written.read_now(history.check) == (7, [])


def test_entries_follow_one_another_from_the_first(written: Database) -> None:
    entries = written.read_now(history.entries, LETTER)[::-1]
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].previous == history.START
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]


def _entry(number: int) -> object:
    return (table.c.chain == LETTER) & (table.c.number == number)


def _change(**values: object) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(update(table).where(_entry(3)).values(**values))  # type: ignore[arg-type]


def _remove(connection: Connection) -> None:
    connection.execute(delete(table).where(_entry(3)))  # type: ignore[arg-type]


def _remove_and_close_the_gap(connection: Connection) -> None:
    _remove(connection)
    for number in (4, 5):
        connection.execute(update(table).where(_entry(number)).values(number=number - 1))  # type: ignore[arg-type]


def _remove_the_first(connection: Connection) -> None:
    connection.execute(delete(table).where(_entry(1)))  # type: ignore[arg-type]


def _swap(connection: Connection) -> None:
    for before, after in ((2, 99), (3, 2), (99, 3)):
        connection.execute(update(table).where(_entry(before)).values(number=after))  # type: ignore[arg-type]


def _insert(connection: Connection) -> None:
    """A forger who knows how: an entry of its own with a right hash, between two others."""
    for number in (5, 4):
        connection.execute(update(table).where(_entry(number)).values(number=number + 1))  # type: ignore[arg-type]
    third = connection.execute(select(table).where(_entry(3))).one()._asdict()  # type: ignore[arg-type]
    row = third | {"number": 4, "who": "A Forger", "previous": third["hash"]}
    connection.execute(insert(table).values(row | {"hash": history._hash(row)}))


def _append(connection: Connection) -> None:
    last = connection.execute(select(table).where(_entry(5))).one()._asdict()  # type: ignore[arg-type]
    connection.execute(insert(table).values(last | {"number": 6, "who": "A Forger"}))


@pytest.mark.parametrize(
    "tamper, where",
    [
        (_change(who="A Forger"), 3),
        (_change(deed="declined"), 3),
        (_change(subject_id=99), 3),
        (_change(subject_id=None), 3),
        (_change(data={"name": "Another"}), 3),
        (_change(at=datetime.fromisoformat("2009-10-01T00:00:00Z")), 3),
        (_change(hash="0" * 64), 3),
        (_change(previous="0" * 64), 3),
        (_remove, 4),
        (_remove_and_close_the_gap, 3),
        (_remove_the_first, 2),
        (_swap, 2),
        (_insert, 5),
        (_append, 6),
    ],
)
def test_a_changed_removed_inserted_or_reordered_entry_is_found(
    tamper: Callable[[Connection], None], where: int, written: Database
) -> None:
    written.write_now(tamper)
    _, broken = written.read_now(history.check)
    assert [(one.chain, one.number) for one in broken] == [(LETTER, where)]


def test_an_entry_whose_hash_was_made_to_fit_is_betrayed_by_the_next(written: Database) -> None:
    def forge(connection: Connection) -> None:
        row = connection.execute(select(table).where(_entry(3))).one()._asdict()  # type: ignore[arg-type]
        row["who"] = "A Forger"
        connection.execute(update(table).where(_entry(3)).values(who=row["who"], hash=history._hash(row)))  # type: ignore[arg-type]

    written.write_now(forge)
    _, broken = written.read_now(history.check)
    assert [(one.number, one.why) for one in broken] == [(4, "does not follow the entry before it")]


def test_an_entry_moved_to_another_chain_is_found(written: Database) -> None:
    written.write_now(lambda connection: connection.execute(update(table).where(_entry(5)).values(chain=8)))  # type: ignore[arg-type]
    _, broken = written.read_now(history.check)
    assert [one.chain for one in broken] == [8]


def test_nothing_in_the_program_changes_or_removes_an_entry() -> None:
    from pathlib import Path

    import coalition

    text = "".join(path.read_text() for path in Path(coalition.__file__).parent.rglob("*.py"))
    assert "update(history" not in text
    assert "delete(history" not in text


def test_pages_of_the_timeline_follow_one_another(written: Database) -> None:
    first = written.read_now(history.entries, LETTER, most=2)
    second = written.read_now(history.entries, LETTER, most=2, before=first[-1].number)
    assert [entry.number for entry in (*first, *second)] == [5, 4, 3, 2]


def test_what_is_asked_about_one_organisation_is_only_about_it(written: Database) -> None:
    assert [entry.who for entry in written.read_now(history.about, LETTER, 2)] == ["Organisation 2"]
