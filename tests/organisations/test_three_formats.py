"""The one messy list of 300 rows in XLSX, OpenDocument and CSV: the same rows, the same verdicts."""

import pytest

from coalition.organisations.spreadsheets.columns import guess
from coalition.organisations.spreadsheets.reading import read_rows
from coalition.organisations.spreadsheets.sorting_out import Row, rows
from tests.organisations import workbooks
from tests.organisations.messy.assemble import HERE, campaign, campaign_csv, campaign_workbook
from tests.organisations.test_messy_list import Listed
from tests.organisations.test_sorting_out import AMNESTY

GROUPS = ("National charities", "Local and specialist services", "Trade unions")
KNOWN: tuple[Listed, ...] = (Listed(1, AMNESTY.name, AMNESTY.name_key, None, AMNESTY.domain),)


def sorted_out(data: bytes) -> tuple[Row, ...]:
    table = read_rows(data)
    return rows(table, guess(table), KNOWN, GROUPS)


def test_every_row_gets_the_verdict_it_is_due():
    due, cells, _ = campaign()
    got = sorted_out((HERE / "campaign.csv").read_bytes())
    assert len(cells) > 300
    assert [(row.number, row.values.name, row.verdict) for row in got] == [
        (row.number, row.values.name, verdict) for row, verdict in zip(got, due, strict=True)
    ]


@pytest.mark.parametrize("name", ["campaign.xlsx", "campaign.ods"])
def test_a_workbook_gives_the_rows_and_verdicts_that_the_csv_gives(name):
    assert sorted_out((HERE / name).read_bytes()) == sorted_out((HERE / "campaign.csv").read_bytes())


def test_the_files_are_as_assembled():
    assert (HERE / "campaign.csv").read_bytes() == campaign_csv()
    for name, write in (("campaign.xlsx", workbooks.xlsx), ("campaign.ods", workbooks.ods)):  # zips carry the hour
        assert read_rows((HERE / name).read_bytes()) == read_rows(campaign_workbook(write))
        assert (HERE / name).stat().st_size < 60_000


def test_nobody_in_it_could_get_mail():
    assert all(
        not row.values.email or row.verdict == "error" or row.values.email.lower().endswith(".example")
        for row in sorted_out((HERE / "campaign.xlsx").read_bytes())
    )
