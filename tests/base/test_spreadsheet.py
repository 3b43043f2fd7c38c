"""CSV: read back it is what was written, and no spreadsheet calculates any of it."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.base.spreadsheet import csv_bytes

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "  =1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    '=HYPERLINK("http://evil.example";"Endorsed")',
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text(formula: str) -> None:
    [_, [cell]] = _read(csv_bytes(("name",), [(formula,)]))
    assert cell == f"'{formula}"


@given(
    st.lists(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3), max_size=5)
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_cell_of_any_list_begins_as_a_formula(rows: list[list[str]]) -> None:
    read = _read(csv_bytes(("a", "b", "c"), rows))
    assert [cell for row in read for cell in row if cell.lstrip(" ")[:1] in set("=+-@\t\r\n＝＋－＠")] == []
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


def test_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    row = ['Women, "Girls" & Together', "two\nlines", "Ελληνική Στέγη", ""]
    assert _read(csv_bytes(("a", "b", "c", "d"), [row]))[1] == row


def test_moments_are_iso_8601_in_utc() -> None:
    there = datetime(2009, 11, 13, 18, 30, tzinfo=timezone(timedelta(hours=1)))
    assert _read(csv_bytes(("at", "never"), [(there, None)]))[1] == ["2009-11-13T17:30:00Z", ""]
    assert _read(csv_bytes(("at",), [(datetime(2009, 11, 13, 17, tzinfo=UTC),)]))[1] == ["2009-11-13T17:00:00Z"]


def test_lines_end_as_the_standard_says_and_the_header_is_always_there() -> None:
    assert csv_bytes(("organisation", "status"), []) == b"organisation,status\r\n"


def _read(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8"), newline="")))
