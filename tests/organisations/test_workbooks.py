"""Workbooks: what a person sees in them is what is read, and whatever is odd or hostile gets one clear sentence."""

import io
import os
import struct
import time
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from coalition.organisations.spreadsheets import workbooks
from coalition.organisations.spreadsheets.columns import guess
from coalition.organisations.spreadsheets.reading import Table, Unreadable, read_rows
from coalition.organisations.spreadsheets.sorting_out import rows
from tests.organisations.messy.assemble import HERE as MESSY
from tests.organisations.workbooks import Rows, ods, xlsx

LIST = (("Name", "Charity number", "E-mail"), ("Mind", 219830, "policy@mind.example"))


def refused(data: bytes) -> str:
    begun = time.monotonic()
    with pytest.raises(Unreadable) as refusal:
        read_rows(data)
    assert time.monotonic() - begun < workbooks.TIME_LIMIT_S + 20
    said = str(refusal.value)
    assert said.endswith(".")
    assert len(said) < 250
    return said


@pytest.mark.parametrize("write", [xlsx, ods])
def test_numbers_dates_and_texts_are_read_as_a_person_sees_them(write):
    table = read_rows(write({"List": [*LIST, ("Scope", "00208231", 1.5), ("1625 Independent People", 1234567.0, "")]}))
    assert table.header == LIST[0]
    assert table.rows == (
        ("Mind", "219830", "policy@mind.example"),
        ("Scope", "00208231", "1.5"),
        ("1625 Independent People", "1234567", ""),
    )
    assert table.numbers == (2, 3, 4)


def test_a_workbook_of_before_2007_is_read():
    table = read_rows((MESSY / "old.xls").read_bytes())
    assert table.header == LIST[0]
    assert table.rows == (
        ("Mind", "219830", "policy@mind.example"),
        ("Médecins du Monde", "00208231", "contact@medecins-du-monde.example"),
        ("Łódzki Dom", "1234567", "dom@lodz.example"),
    )


def test_dates_times_and_ticks_are_read_as_words():
    day, hour = date(2009, 10, 26), datetime(2009, 10, 26, 9, 30)
    table = read_rows(xlsx({"List": [("Name", "Notes", "Status"), ("Mind", day, True), ("Scope", hour, False)]}))
    assert [row[1:] for row in table.rows] == [("26 October 2009", "yes"), ("26 October 2009, 09:30", "no")]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_cell_merged_over_rows_stands_in_each_and_a_caption_stays_a_caption(write):
    sheet = [
        ("Who to ask", "", ""),
        LIST[0],
        ("Mind", 219830, "a@mind.example"),
        ("", "", "b@mind.example"),
        ("Scope", "", "c@scope.example"),
    ]
    table = read_rows(write({"List": sheet}, merged=[(1, 1, 1, 3), (3, 1, 4, 1), (3, 2, 4, 2)]))
    assert table.header == LIST[0]
    assert table.rows[:2] == (("Mind", "219830", "a@mind.example"), ("Mind", "219830", "b@mind.example"))
    assert [row.verdict for row in rows(table, guess(table), (), ())] == ["new", "contact", "new"]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_formula_without_a_value_is_said_and_not_taken_for_an_empty_cell(write):
    table = read_rows(write({"List": [LIST[0], ("=A9", "", "a@mind.example"), ("Scope", "", "=B9")]}))
    name, address = rows(table, guess(table), (), ())
    assert name.errors == ("The name is a formula, which a list cannot carry.",)
    assert address.errors == ("There is a formula where the e-mail address should be.",)


@pytest.mark.parametrize("shown", ["#REF!", "#DIV/0!", "Err:508"])
def test_an_error_in_an_opendocument_cell_is_said_and_not_taken_for_an_empty_cell(shown):
    cell = b'<table:table-cell office:value-type="string"><text:p>%s</text:p>'
    wrong = b'<table:table-cell table:formula="of:=[.#REF!]" office:value-type="string" office:string-value="">'
    data = ods({"List": [LIST[0], ("one", "", "a@mind.example"), ("Scope", "", "two")]})
    changes = [(cell % was, wrong + f"<text:p>{shown}</text:p>".encode()) for was in (b"one", b"two")]
    table = read_rows(_with(data, "content.xml", *changes[0], *changes[1]))
    name, address = rows(table, guess(table), (), ())
    assert (table.rows[0][0], table.rows[1][2]) == (shown, shown)
    assert name.errors == ("The name is a formula, which a list cannot carry.",)
    assert address.errors == ("There is a formula where the e-mail address should be.",)


def test_a_formula_with_a_value_is_read_as_its_value():
    data = xlsx({"List": [LIST[0], ("=A9", "", "a@mind.example")]})
    table = read_rows(
        _with(data, "xl/worksheets/sheet1.xml", b"<v></v>", b"<v>Mind</v>", b'<c r="A2"', b'<c r="A2" t="str"')
    )
    assert table.rows[0][0] == "Mind"


def test_the_first_sheet_that_is_a_list_is_read_and_another_can_be_chosen():
    sheets: dict[str, Rows] = {
        "Read me": [("Please do not share this.",)],
        "Empty": [],
        "Hidden": [("Name", "E-mail"), ("Secret", "a@secret.example")],
        "Charities": LIST,
        "Unions": [("Name", "E-mail"), ("GMB", "policy@gmb.example")],
    }
    data = xlsx(sheets, hidden=["Hidden"])
    table = read_rows(data)
    assert (table.sheet, table.rows[0][0]) == ("Charities", "Mind")
    assert table.sheets == ("Read me", "Empty", "Charities", "Unions")
    assert read_rows(data, sheet="Unions").rows[0][0] == "GMB"
    assert read_rows(data, sheet="Hidden").sheet == "Charities"


@pytest.mark.parametrize("write", [xlsx, ods])
def test_what_it_is_is_told_by_its_content_and_not_by_a_name(write):
    assert workbooks.is_workbook(write({"List": LIST}))
    assert not workbooks.is_workbook(b"Name,E-mail\nMind,a@mind.example\n")


def test_a_workbook_with_a_row_too_many_a_column_too_many_or_a_cell_too_long_says_which():
    assert "50,150 rows" in refused(xlsx({"List": [("x",)] * 50_150}))
    assert "Row 1 of this sheet has 61 columns" in refused(xlsx({"List": [["y"] * 61]}))
    assert "Row 2 has a cell of more than 2,000 characters" in refused(xlsx({"List": [("x",), ("y" * 5_000,)]}))


def test_a_cell_of_megabytes_is_refused():
    shared = b"<is><t>" + b"y" * 5_000_000 + b"</t></is>"
    data = _with(xlsx({"List": [("Name",), ("cell",)]}), "xl/worksheets/sheet1.xml", b"<is><t>cell</t></is>", shared)
    assert "Row 2 has a cell of more than 2,000 characters" in refused(data)


def test_a_million_columns_and_a_cell_in_the_farthest_corner_are_refused():
    data = xlsx({"List": [("a", "cell")]})
    assert "memory" in refused(_with(data, "xl/worksheets/sheet1.xml", b'r="B1"', b'r="XFD1048576"'))
    wide = ods({"List": [("a", "b")]})
    repeated = b'<table:table-cell table:number-columns-repeated="1000000" office:value-type="string">'
    assert refused(_with(wide, "content.xml", b'<table:table-cell office:value-type="string">', repeated))


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    file = io.BytesIO(xlsx({"List": LIST}))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * 400_000_000)
    assert "unpacks to more than 300 MB" in refused(file.getvalue())


def test_a_zip_bomb_that_lies_about_its_size_meets_the_limits_of_the_child():
    part = "xl/worksheets/sheet1.xml"
    data = bytearray(_with(xlsx({"List": LIST}), part, b"<sheetData>", b"<sheetData>" + b" " * 400_000_000))
    at = data.rindex(part.encode()) - 46  # its entry in the directory at the end
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    assert refused(bytes(data))


@pytest.mark.parametrize("cut", [100, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_workbook_that_is_cut_short_is_said_to_be(write, cut):
    data = write({"List": LIST})
    assert refused(data[: cut if cut > 1 else int(len(data) * cut)])


def test_a_workbook_with_a_password_is_said_to_have_one():
    office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    assert "protected with a password" in refused(office)
    manifest = (
        b'<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
    )
    data = _with(
        ods({"List": LIST}), "META-INF/manifest.xml", b"</manifest:manifest>", manifest + b"</manifest:manifest>"
    )
    assert "protected with a password" in refused(data)


def test_what_only_calls_itself_a_workbook_is_told_by_what_it_is():
    assert "PDF" in refused(b"%PDF-1.7\n" + os.urandom(2_000))
    assert "picture" in refused(b"\x89PNG\r\n\x1a\n" + os.urandom(2_000))
    assert "damaged" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(4_000))
    assert "damaged" in refused(b"PK\x03\x04xl/" + os.urandom(4_000))


def test_an_empty_workbook_says_so():
    assert "nothing in this workbook" in refused(xlsx({"List": []}))


def test_the_child_that_reads_is_gone_afterwards_and_knew_no_keys():
    before = _children()
    assert isinstance(read_rows(xlsx({"List": LIST})), Table)
    assert _children() == before


def _children() -> set[str]:
    return {child for task in Path("/proc/self/task").glob("*/children") for child in task.read_text().split()}


def _with(data: bytes, part: str, *changes: bytes) -> bytes:
    """The archive with some bytes of one part replaced by others."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == part:
                for before, after in zip(changes[::2], changes[1::2], strict=True):
                    assert before in content
                    content = content.replace(before, after)
            new.writestr(entry.filename, content)
    return written.getvalue()
