"""The messy list of 300 organisations, from bytes to verdicts; and the tidy one of the demo."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

import coalition
from coalition.organisations import names
from coalition.organisations.spreadsheets.columns import guess
from coalition.organisations.spreadsheets.reading import read_rows
from coalition.organisations.spreadsheets.sorting_out import Row, rows
from tests.organisations.messy.assemble import FILES, HERE

GROUPS = ("National charities", "Local and specialist services", "Trade unions", "Faith organisations")
DEMO = Path(coalition.__file__).parent / "demo" / "organisations.csv"


@dataclass(frozen=True)
class Listed:
    id: int
    name: str
    name_key: str
    register_id: str | None
    domain: str


def imported(*files: str) -> list[Row]:
    """The last of the files sorted out after the others were imported, a likely double taken for an organisation."""
    directory: list[Listed] = []
    sorted_out: tuple[Row, ...] = ()
    for file in files:
        for row in sorted_out:
            if row.verdict in ("new", "likely"):
                directory.append(listed(len(directory) + 1, row))
        table = read_rows((HERE / file).read_bytes())
        sorted_out = rows(table, guess(table), directory, GROUPS)
    return list(sorted_out)


def listed(id: int, row: Row) -> Listed:
    name, domain = row.values.name, names.domain(row.values.website) or names.domain(row.values.email)
    return Listed(id, name, names.name_key(name), row.values.register_id or None, domain)


OFFICE, NETWORK, REGIONS = FILES


@pytest.mark.parametrize("file", FILES)
def test_the_files_are_as_assembled(file):
    assert (HERE / file).read_bytes() == FILES[file]()[1]


@pytest.mark.parametrize(
    "files, counts",
    [
        ((OFFICE,), {"new": 75, "known": 7, "likely": 6, "contact": 4, "error": 12}),
        ((OFFICE, NETWORK), {"new": 82, "known": 8, "likely": 2, "contact": 3, "error": 6}),
        ((OFFICE, NETWORK, REGIONS), {"new": 86, "known": 3, "likely": 2, "contact": 2, "error": 6}),
        ((OFFICE, OFFICE), {"known": 88, "contact": 4, "error": 12}),
    ],
)
def test_a_messy_list_comes_out_as_so_many_of_each(files, counts):
    assert Counter(row.verdict for row in imported(*files)) == counts


@pytest.mark.parametrize("files", [(OFFICE,), (OFFICE, NETWORK), (OFFICE, NETWORK, REGIONS)])
def test_every_row_of_it_gets_the_verdict_it_is_due(files):
    due, _ = FILES[files[-1]]()
    got = [(row.number, row.values.name, row.verdict) for row in imported(*files)]
    assert got == [(number, name, verdict) for (number, name, _), verdict in zip(got, due, strict=True)]


@pytest.mark.parametrize(
    "file, encoding, delimiter", [(OFFICE, "cp1252", ";"), (NETWORK, "utf-8", ","), (REGIONS, "utf-16-le", "\t")]
)
def test_it_is_read_in_the_encoding_it_was_written_in(file, encoding, delimiter):
    table = read_rows((HERE / file).read_bytes())
    assert (table.encoding, table.delimiter, table.had_header) == (encoding, delimiter, True)


def test_names_come_out_as_they_were_written_in_every_script():
    found = {row.values.name for row in imported(OFFICE, NETWORK)} | {row.values.name for row in imported(OFFICE)}
    assert found >= {"Barnardo's", "Barnardo’s", "Barnardo´s", "St Mungo‘s", "Médecins du Monde", "Tŷ Gobaith"}
    assert found >= {
        "Łódzki Dom Źródło",
        "Άσυλο για Όλους",
        "جمعية مساعدة اللاجئين",
        "Stowarzyszenie „Pomoc Uchodźcom”",
    }


def test_row_numbers_are_those_a_spreadsheet_shows():
    by_name = {row.values.name: row.number for row in imported(OFFICE)}
    assert by_name["The Poppy Project"] == 4  # a caption, a blank row, the titles
    assert by_name["Asylum Support & Advice"] == 25  # and a blank row after twenty


def test_every_error_and_warning_is_a_sentence():
    for row in (*imported(OFFICE), *imported(NETWORK), *imported(REGIONS)):
        for sentence in (*row.errors, *row.warnings):
            assert sentence.endswith((".", "?"))


def test_nobody_in_any_list_could_get_mail():
    for row in (*imported(OFFICE), *imported(NETWORK), *imported(REGIONS), *demo()):
        assert not row.values.email or row.verdict == "error" or row.values.email.endswith(".example")


def demo() -> tuple[Row, ...]:
    table = read_rows(DEMO.read_bytes())
    return rows(table, guess(table), (), (*GROUPS, "Academics and research", "Professional bodies"))


def test_the_demos_list_is_tidy_and_has_the_five_of_2009():
    tidy = demo()
    assert Counter((row.verdict, row.warnings) for row in tidy) == {("new", ()): 36}
    assert {row.values.name for row in tidy} >= {
        "Amnesty International UK", "NSPCC", "ECPAT UK", "The Poppy Project", "Anti-Slavery International",
    }  # fmt: skip
    assert all(row.values.group and row.values.email for row in tidy)
