"""Reading lists: every encoding, delimiter and habit that spreadsheet programs and people have."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coalition.organisations.spreadsheets.columns import guess
from coalition.organisations.spreadsheets.reading import (
    MOST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Table,
    Unreadable,
    read_rows,
)
from coalition.organisations.spreadsheets.sorting_out import rows as sort_out

LIST = [
    ["Organisation", "E-mail"],
    ["Women’s Aid; & Refuge", "info@x.example"],
    ["Élan, “très” créé", "mail@y.example"],
]
CELLS = tuple(tuple(row) for row in LIST[1:])


def written(delimiter: str, line_end: str = "\r\n") -> str:
    return "".join(delimiter.join(f'"{cell}"' for cell in row) + line_end for row in LIST)


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as refusal:
        read_rows(data)
    return str(refusal.value)


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
def test_what_a_spreadsheet_writes_is_read(encoding, delimiter, line_end):
    table = read_rows(written(delimiter, line_end).encode(encoding))
    assert (table.header, table.rows, table.numbers) == (("Organisation", "E-mail"), CELLS, (2, 3))
    assert table.delimiter == delimiter


@pytest.mark.parametrize(
    "encoding, text",
    [
        ("cp1250", "Nazwa;Mail\nFundacja Przeciwko Handlowi Ludźmi „La Strada”;a@x.example\nŻółta Łódź;b@x.example\n"),
        ("iso8859_2", "Nazwa;Mail\nStowarzyszenie Pomocy Uchodźcom;a@x.example\nŻółta Łódź;b@x.example\n"),
        ("cp1250", "Název;Mail\nČlověk v tísni, obecně prospěšná společnost;a@x.example\n"),
        ("cp1253", "Όνομα;Mail\nΕλληνικό Συμβούλιο για τους Πρόσφυγες;a@x.example\n"),
        ("cp1251", "Имя;Mail\nКомитет «Гражданское содействие»;a@x.example\n"),
        ("cp1256", "الاسم;Mail\nجمعية مساعدة اللاجئين;a@x.example\n"),
        ("mac_roman", "Name\nWomen’s Aid\n"),
        ("cp1252", "Name\nWomen’s Aid\n"),
        ("cp1252", "Name\nSt Mungo´s\n"),
        ("cp1250", "Nazwa\nZłota Rączka\n"),
        ("cp1252", "Name;Notes\nAid;costs £500\n"),
        ("cp1252", "Name\nBündnis für Flüchtlinge\nGroße Hilfe\n"),
        ("cp1252", "Name\nL’été à Orléans – où êtes-vous?\n"),
    ],
)
def test_older_encodings_are_told_apart_by_what_looks_like_words(encoding, text):
    table = read_rows(text.encode(encoding), header=True)
    delimiter = table.delimiter or "\n"
    assert [delimiter.join(row) for row in table.rows] == text.splitlines()[1:]


def test_a_utf8_file_with_cells_pasted_from_elsewhere_is_mended():
    table = read_rows("Name\nÉlan\nŁódź\nTŷ Gobaith\n".encode() + "Café\n".encode("cp1252"))
    assert table.rows == (("Élan",), ("Łódź",), ("Tŷ Gobaith",), ("Café",))


def test_excels_sep_line_names_the_delimiter_and_is_no_row():
    table = read_rows(b"sep=;\r\nName;E-mail\r\nA, B and C;a@x.example\r\n")
    assert (table.delimiter, table.rows, table.numbers) == (";", (("A, B and C", "a@x.example"),), (2,))


def test_cells_run_over_lines_rows_are_ragged_and_blank_rows_are_counted():
    table = read_rows(b'\r\n\r\nName,E-mail,Notes,,\r\nA,a@x.example,"one\rtwo",,\r\n,,,,\r\nB\r\nC,c@x.example,,,\r\n')
    assert table.header == ("Name", "E-mail", "Notes")
    assert table.rows == (("A", "a@x.example", "one\ntwo"), ("B", "", ""), ("C", "c@x.example", ""))
    assert table.numbers == (4, 6, 7)


def test_noughts_kept_by_a_formula_and_stray_nul_bytes_are_tidied():
    table = read_rows(b'Name,Company number\nA\x00,"=""01234567"""\n')
    assert table.rows == (("A", "01234567"),)


def test_a_caption_above_the_titles_and_titles_repeated_below_are_no_rows():
    table = read_rows(b"Who to ask (v7)\n\nName,E-mail\nA,a@x.example\nName,E-mail\nB,b@x.example\n")
    assert table.header == ("Name", "E-mail")
    assert table.rows == (("A", "a@x.example"), ("B", "b@x.example"))


@pytest.mark.parametrize(
    "text, had_header",
    [
        ("Name\nMind\nScope\n", True),
        ("Mind\nScope\nRefuge\n", False),
        ("Wie;Wo\nMind;a@x.example\nScope;b@x.example\n", True),  # words we do not know above addresses
        ("Mind;a@x.example\nScope;b@x.example\n", False),
        ("Poppy Project\tCharity\nNSPCC\tCharity\n", False),  # "Charity" is a title, but not here
        ("Mind;216401\nScope;208231\n", False),
        ("Mind;North\nName;E-mail\nScope;South\n", False),  # not without losing the first
    ],
)
def test_whether_there_are_titles_is_guessed(text, had_header):
    assert read_rows(text.encode()).had_header is had_header


def test_the_guess_about_titles_can_be_overruled():
    assert read_rows(b"Name\nMind\n", header=False).rows == (("Name",), ("Mind",))
    assert read_rows(b"Mind\nScope\n", header=True).header == ("Mind",)


@pytest.mark.parametrize(
    "pasted",
    [
        "Mind <info@mind.example>\nWomen's Aid, North <north@aid.example>",
        '"Mind" <info@mind.example>; "Women\'s Aid, North" <north@aid.example>;',
        "Mind, info@mind.example\nWomen's Aid, North, north@aid.example",
        "Mind\tinfo@mind.example\r\nWomen's Aid, North\tnorth@aid.example",
        "• Mind – info@mind.example\n• Women's Aid, North (north@aid.example)",
        "1. Mind: info@mind.example.\n2. Women's Aid, North mailto:north@aid.example",
    ],
)
def test_names_with_addresses_are_read_however_they_were_pasted(pasted):
    assert read_rows(pasted.encode()).rows == (
        ("Mind", "info@mind.example"),
        ("Women's Aid, North", "north@aid.example"),
    )


def test_a_plain_list_is_one_organisation_a_line_commas_quotes_and_all():
    pasted = b'Mind\n38 Degrees\nEaves, the housing people\n"Hope" for Justice\n"Open quote\n\nScope'
    assert [row[0] for row in read_rows(pasted).rows] == [
        "Mind", "38 Degrees", "Eaves, the housing people", '"Hope" for Justice', '"Open quote', "Scope",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data, says",
    [
        (b"PK\x03\x04...[Content_Types].xml...xl/workbook.xml", "damaged, cut short"),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "damaged, cut short"),
        (b"PK\x03\x04...[Content_Types].xml...word/document.xml", "Word document"),
        (b"PK\x03\x04...[Content_Types].xml...ppt/presentation.xml", "slides"),
        (b"PK\x03\x04 Index/Document.iwa", "Numbers"),
        (b"PK\x03\x04 readme.txt", "zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged, cut short"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"<!DOCTYPE html><table>", "web page"),
        (bytes(range(256)) * 4, "not a text file"),
        (b"", "nothing in it"),
        (b" \r\n;;;\r\n", "nothing in it"),
        (b'Name,Notes\nA,b\nB,"never closed\nC,d\n', "row 3 a quotation mark"),
        (b"a" * 20_000_001, "larger than 20 MB"),
        (b"x\n" * (MOST_ROWS + 1), "50,001 rows"),
        (b"x," * MOST_COLUMNS + b"y\n", "61 columns"),
        (b"Name,Notes\nA," + b"x" * (MOST_CELL + 1), "Row 2 has a cell of more than 2,000"),
    ],
)
def test_what_is_no_list_is_refused_with_one_clear_sentence(data, says):
    assert says in refused(data)


def test_the_limits_themselves_are_allowed():
    assert len(read_rows(b"x\n" * MOST_ROWS).rows) == MOST_ROWS
    assert len(read_rows(b"x," * (MOST_COLUMNS - 1) + b"y\n").rows[0]) == MOST_COLUMNS
    assert read_rows(b"x" * MOST_CELL).rows == (("x" * MOST_CELL,),)


PIECES = st.sampled_from(
    [
        *(bytes((byte,)) for byte in b',;\t\r\n"|<> \0@.='),
        *(b"Name", b"E-mail", b"a@x.example", b"sep=;", b"x" * 99, b"\xe9\x92", b"\xff\xfe", b"\xef\xbb\xbf"),
        *("é’ł".encode(), "\ue000end".encode()),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.lists(PIECES, max_size=60).map(b"".join), st.sampled_from([None, True, False]))
@example(b"sep=,", None)
@example(b'"', None)
@example("\ue000end".encode(), None)
def test_any_bytes_give_a_table_that_can_be_sorted_out_or_a_refusal(data, header):
    try:
        table = read_rows(data, header)
    except Unreadable:
        return
    assert isinstance(table, Table)
    assert {len(row) for row in table.rows} <= {len(table.header)}
    assert len(table.rows) == len(table.numbers)
    for row in sort_out(table, guess(table), (), ("National charities",)):
        assert bool(row.errors) is (row.verdict == "error")
