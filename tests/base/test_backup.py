"""Backup and restore: the whole of it comes back, on either database, or nothing of what is there is touched."""

import shutil
import stat
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, Insert, insert

from app import build
from coalition import tables
from coalition.base import backup, clock
from coalition.base.backup import KEPT
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.base.settings import from_environment
from coalition.invitations import actions as invitations
from coalition.organisations.spreadsheets import lists
from coalition.organisations.spreadsheets.cells import Values
from coalition.printings import actions as printings
from coalition.printings.records import was_set
from coalition.tables import metadata
from tests.cast import HOME, NSPCC, POPPY, Campaign, endorse_form
from tests.rows import all_rows


@pytest.fixture
async def busy(eva: Campaign) -> Campaign:
    """Every table has rows; a list is being looked through, a printing is kept, names are in many scripts."""
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(signatory="Łukasz O’Hara بيت"))
        await charity.post(f"{eva.link(POPPY)}/decline", data={"reason": "Two\nlines and a \\ and a 'quote'"})
        await charity.post(f"/unsubscribe/{eva.site.links.token('unsubscribe', eva.nonce(POPPY))}")
    at = clock.now()
    eva.database.write_now(lists.begin_import, eva.letter.id, eva.eva.id, "list.csv", bytes(range(256)) * 20, at)
    printing = eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", at)
    kept = eva.site.store.put(printing.content, b"%PDF-1.7 in place of a printing")
    eva.database.write_now(was_set, printing.content, kept, at)
    eva.site.proofs.put("d" * 64, b"%PDF-1.7 in place of a proof")
    eva.database.write_now(_fill_the_rest, at)
    return eva


def _fill_the_rest(connection: Connection, at: datetime) -> None:
    """A row each for what this test does not do through its own doors."""
    connection.execute(insert(tables.column_memories).values(titles="a" * 64, columns={"0": "name"}, used_at=at))
    connection.execute(insert(tables.register_answers).values(question="b" * 64, answer=[{"é": 1}], answered_at=at))
    connection.execute(insert(tables.reminders).values(invitation_id=1, step="7 days before", queued_at=at))
    connection.execute(
        insert(tables.reports).values(digest="c" * 64, email="x@y.example", kind="permanent", received_at=at)
    )
    connection.execute(
        insert(tables.import_rows).values(
            import_id=1, place=0, number=2, rank=2, verdict="new", is_organisation=True, data={"é": ["“"]}
        )
    )
    connection.execute(insert(tables.register_lookups).values(import_id=1, state="done", due_at=at))
    connection.execute(insert(tables.merges).values(kept_id=1, merged_id=2, moved={"contacts": [3]}, merged_at=at))
    connection.execute(
        insert(tables.suggestions).values(
            letter_id=1, organisation_id=1, invitation_id=1, version=1, place="body", made_at=at, state="open"
        )
    )
    asked = {"wish": "change", "words": "é", "line": {"name": "é"}, "asked_at": at}
    connection.execute(insert(tables.requests).values(invitation_id=1, **asked))
    connection.execute(
        insert(tables.joins).values(
            letter_id=1,
            state="asked",
            email="a@b.example",
            email_key="a@b.example",
            version=1,
            name="Tŷ “Ä”",
            authority="other",
            show_signatory=False,
            asked_at=at,
        )
    )
    sent = {"letter_id": 1, "printing": 1, "way": "mail", "state": "waiting", "whom": "é", "begun_at": at}
    connection.execute(insert(tables.dispatches).values(sent))
    connection.execute(insert(tables.dispatch_recipients).values(dispatch_id=1, kind="to", email="a@b.example"))
    reply = {"letter_id": 1, "whom": "Γ", "day": date(2009, 11, 20), "quote": "“No”", "noted_at": at}
    connection.execute(insert(tables.replies).values(reply))
    connection.execute(insert(tables.former_invitations).values(former_id=999, invitation_id=1))


@pytest.fixture(params=["sqlite", "postgresql"])
async def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Database, Path]]:
    """Another database, migrated and empty, and its data folder."""
    if request.param == "sqlite":
        path = tmp_path / "elsewhere.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        yield database, tmp_path / "elsewhere"
        database.close()
        return
    from tests import postgres

    with postgres.new_database(request.getfixturevalue("postgresql_server")) as url:
        database = Database(url)
        yield database, tmp_path / "elsewhere"
        database.close()


async def test_every_row_and_every_kept_file_comes_back_on_either_database(
    busy: Campaign, elsewhere: tuple[Database, Path], tmp_path: Path
) -> None:
    database, folder = elsewhere
    before = busy.database.read_now(all_rows)
    assert [name for name, rows in before.items() if not rows] == [], "a backup of empty tables proves little"
    written = busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    read = database.write_now(backup.read, folder, tmp_path / "backup")
    assert read == written
    assert read.rows == sum(map(len, before.values()))
    assert database.read_now(all_rows) == before
    assert _files(folder) == _files(busy.settings.data_dir)
    assert len(_files(folder)) == read.files == 4

    # And back again: what travelled through the other database is still the same.
    database.read_now(backup.write, folder, tmp_path / "again")
    assert _lines(tmp_path / "again") == _lines(tmp_path / "backup")


async def test_old_links_and_printings_open_on_the_restored_site(
    busy: Campaign, elsewhere: tuple[Database, Path], tmp_path: Path
) -> None:
    database, folder = elsewhere
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    from_environment({"COALITION_DATA_DIR": str(folder)})  # as the command does: a key of its own is there already
    database.write_now(backup.read, folder, tmp_path / "backup")
    settings = from_environment(
        {"COALITION_DATA_DIR": str(folder), "COALITION_DATABASE_URL": database.url, "COALITION_BASE_URL": HOME}
    )
    app = build(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOME) as charity:
        page = await charity.get(busy.link(NSPCC))
        assert (page.status_code, "Łukasz" in page.text) == (200, True)
        pdf = await charity.get(f"/letters/{busy.letter.slug}.pdf")
        assert pdf.content == b"%PDF-1.7 in place of a printing"
        assert (await charity.post(f"{busy.link(NSPCC)}/withdraw")).status_code == 303
    app.app.app.state.site.close()  # type: ignore[attr-defined]


async def test_what_is_added_after_a_restore_has_numbers_of_its_own(
    busy: Campaign, elsewhere: tuple[Database, Path], tmp_path: Path
) -> None:
    database, folder = elsewhere
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    database.write_now(backup.read, folder, tmp_path / "backup")
    again = replace(busy.eva, id=busy.eva.id)
    for name in ("The New One", "The Newer One"):
        values = Values(name=name, email=f"{len(name)}@charity.example")
        database.write_now(invitations.add, busy.letter.slug, values, "", again, clock.now())
    for table in metadata.sorted_tables:
        if "id" in table.c:
            ids = [row[0] for row in database.read_now(all_rows)[table.name]]
            assert len(ids) == len(set(ids))
    last = sorted(database.read_now(all_rows)["invitations"])[-2:]
    assert [row[0] for row in last] == sorted(row[0] for row in last)


async def test_a_database_that_is_not_empty_is_left_alone(
    busy: Campaign, elsewhere: tuple[Database, Path], tmp_path: Path
) -> None:
    database, folder = elsewhere
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    database.write_now(lambda connection: connection.execute(_one_row()))
    before = database.read_now(all_rows)
    with pytest.raises(Refused, match="not empty"):
        database.write_now(backup.read, folder, tmp_path / "backup")
    assert database.read_now(all_rows) == before
    assert not folder.exists()


def _one_row() -> Insert:
    stops = metadata.tables["mail_stops"]
    return insert(stops).values(email="a@charity.example", stopped_at=clock.now())


def _half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def _nothing(_: bytes) -> bytes:
    return b""


def _no_zip(_: bytes) -> bytes:
    return b"this is a letter, not a backup" * 50


def _spoilt(part: str) -> Callable[[bytes], bytes]:
    """A few bytes flipped inside one entry, as a bad disk does."""

    def spoil(whole: bytes) -> bytes:
        begin = whole.index(part.encode()) + len(part) + 30
        return whole[:begin] + bytes(byte ^ 0x55 for byte in whole[begin : begin + 8]) + whole[begin + 8 :]

    return spoil


def _without_its_middle(whole: bytes) -> bytes:
    return whole[:2000] + whole[4000:]


DAMAGES = (
    *(_half, _nothing, _no_zip, _without_its_middle),
    *(_spoilt("tables/invitations.jsonl"), _spoilt("files/secret-key"), _spoilt(".pdf")),
)


async def test_a_damaged_file_is_refused_and_nothing_has_changed(
    busy: Campaign, elsewhere: tuple[Database, Path], tmp_path: Path
) -> None:
    database, folder = elsewhere
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    whole = (tmp_path / "backup").read_bytes()
    key = from_environment({"COALITION_DATA_DIR": str(folder)}).secret_keys
    before = database.read_now(all_rows)
    for damage in DAMAGES:
        (tmp_path / "damaged").write_bytes(damage(whole))
        with pytest.raises(Refused) as refusal:
            database.write_now(backup.read, folder, tmp_path / "damaged")
        assert str(tmp_path / "damaged") in str(refusal.value)
        assert database.read_now(all_rows) == before
        assert from_environment({"COALITION_DATA_DIR": str(folder)}).secret_keys == key
        assert [path.name for path in folder.iterdir()] == ["secret-key"]
    database.write_now(backup.read, folder, tmp_path / "backup")


def test_a_zip_of_somebody_elses_making_writes_nowhere_but_where_kept_files_live(
    busy: Campaign, elsewhere: tuple[Database, Path], tmp_path: Path
) -> None:
    database, folder = elsewhere
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    with zipfile.ZipFile(tmp_path / "backup", "a") as archive:
        for name in (
            "files/../../escaped",
            "files/pdf/../../escaped",
            "/files/pdf/escaped",
            "files/escaped",
            "escaped",
        ):
            archive.writestr(name, "no")
    database.write_now(backup.read, folder, tmp_path / "backup")
    assert [path for path in tmp_path.rglob("*escaped*")] == []
    assert {path.name for path in folder.iterdir()} <= set(KEPT)


def test_the_file_is_ours_alone_and_appears_whole_or_not_at_all(busy: Campaign, tmp_path: Path) -> None:
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "no" / "such" / "folder", tmp_path / "folder"):
        with pytest.raises(Refused, match="cannot be written"):
            busy.database.read_now(backup.write, busy.settings.data_dir, place)
    assert [path.name for path in tmp_path.glob(".*")] == []


async def test_no_token_and_no_mailbox_is_in_a_backup(busy: Campaign, tmp_path: Path) -> None:
    busy.send_mail()
    busy.database.read_now(backup.write, busy.settings.data_dir, tmp_path / "backup")
    with zipfile.ZipFile(tmp_path / "backup") as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
    token = busy.link(NSPCC).removeprefix("/e/")
    assert token.encode() not in everything
    assert [name for name in names if "mailbox" in name] == []


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in KEPT
        for path in [*(folder / name).rglob("*"), folder / name]
        if path.is_file()
    }


def _lines(file: Path) -> dict[str, list[bytes]]:
    with zipfile.ZipFile(file) as archive:
        return {name: sorted(archive.read(name).splitlines()) for name in archive.namelist()}
