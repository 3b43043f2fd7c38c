"""The tracker: right with ten rows and with ten thousand, in a few statements; the export is what is shown."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection, event, insert, select

from coalition.base.database import Database
from coalition.base.text import fold
from coalition.invitations import actions, renaming
from coalition.invitations.keys import contact_key, keys
from coalition.invitations.rules import STATUSES
from coalition.invitations.tracker import counting, tracking
from coalition.invitations.tracker.tracking import PAGE, Filter, Row
from coalition.organisations import directory
from coalition.organisations.names import name_key, sort_key
from coalition.tables import contacts, invitations, letters, organisations
from tests.cast import NSPCC, Campaign, campaign, endorse_form

MANY = 10_000
GROUPS = ("National charities", "Trade unions", "Faith organisations")
NAMES = ("Łódź Women’s House {}", "The Órla Trust {}", "Ty Gobaith {}", "Ελληνική Στέγη {}", "100%_Safe {}", "NSPCC {}")
LETTER = 1
STATUS = tuple(STATUSES)
AT = datetime(2009, 10, 26, 9, tzinfo=UTC)


def _fill(connection: Connection, many: int) -> None:
    names = [NAMES[n % len(NAMES)].format(n) for n in range(many)]
    people = [("Zoë Müller" if n % 7 == 0 else "", f"press{n}@charity{n % 50}.example") for n in range(many)]
    connection.execute(
        insert(organisations),
        [{"id": n + 1, "name": name, "name_key": name_key(name), "added_at": AT} for n, name in enumerate(names)],
    )
    connection.execute(
        insert(contacts),
        [
            {"id": n + 1, "organisation_id": n + 1, "name": name, "email": email}
            for n, (name, email) in enumerate(people)
        ],
    )
    connection.execute(
        insert(invitations),
        [
            {
                "id": n + 1,
                "letter_id": LETTER,
                "organisation_id": n + 1,
                "contact_id": n + 1,
                "group": GROUPS[n % 3],
                "status": STATUS[n % len(STATUS)],
                "sort_key": sort_key(name),
                "search_key": fold(f"{name} {' '.join(people[n])}"),
                "contact_key": contact_key(*people[n]),
                "added_at": AT,
                "changed_at": AT + timedelta(seconds=n * 7919 % many),
            }
            for n, name in enumerate(names)
        ],
    )


def _expected(many: int, wanted: Filter) -> list[str]:
    """The same, the slow and plain way."""
    rows = []
    for n in range(many):
        name, contact = NAMES[n % len(NAMES)].format(n), "Zoë Müller" if n % 7 == 0 else ""
        text = fold(f"{name} {contact} press{n}@charity{n % 50}.example")
        if (
            (not wanted.statuses or STATUS[n % len(STATUS)] in wanted.statuses)
            and (not wanted.group or GROUPS[n % 3] == wanted.group)
            and all(word in text for word in fold(wanted.search).split())
        ):
            email = f"press{n}@charity{n % 50}.example"
            orders = {"name": sort_key(name), "when": n * 7919 % many, "contact": (fold(contact or email), email)}
            rows.append((orders[wanted.sort.removeprefix("-")], n, name))
    rows.sort(reverse=wanted.sort.startswith("-"))
    return [name for *_, name in rows]


FILTERS = [
    Filter(),
    Filter(sort="-name"),
    Filter(sort="when"),
    Filter(sort="-when"),
    Filter(sort="contact"),
    Filter(sort="-contact", page=150),
    Filter(sort="when", page=199),
    Filter(group="Trade unions", sort="-name", page=60),
    Filter(statuses=("endorsed",)),
    Filter(statuses=("failed",), group="Trade unions"),
    Filter(group="Trade unions", sort="-when"),
    Filter(search="ty gobaith"),
    Filter(search="lodz"),
    Filter(search="ŁÓDŹ"),
    Filter(search="orla"),
    Filter(search="ελληνικη στεγη"),
    Filter(search="100%_"),
    Filter(search="zoe muller charity7.example"),
    Filter(search="ZOË", statuses=("read",), group="National charities", sort="-name"),
    Filter(search="nobody of this name"),
    Filter(page=2),
    Filter(page=999_999),
]


@pytest.fixture(params=[10, MANY])
async def many(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Campaign, int]]:
    """A letter whose list has just these rows."""
    async with campaign(database_url, tmp_path / "data") as eva:

        def replace_all(connection: Connection) -> None:
            connection.execute(insert(letters).values({**_letter_row(connection), "id": 2, "slug": "the-other"}))
            for table in (invitations, contacts):
                connection.execute(table.delete())
            connection.execute(organisations.delete())
            _fill(connection, request.param)

        eva.database.write_now(replace_all)
        yield eva, request.param


def _letter_row(connection: Connection) -> dict[str, Any]:
    row: dict[str, Any] = connection.execute(letters.select()).one()._asdict()
    return row


async def test_every_filter_sort_and_page_is_right(many: tuple[Campaign, int]) -> None:
    eva, count = many
    for wanted in FILTERS:
        expected = _expected(count, wanted)
        folded = replace(wanted, search=fold(wanted.search))
        rows, total = eva.database.read_now(tracking.tracker, LETTER, folded)
        first = (wanted.page - 1) * PAGE
        assert [row.organisation for row in rows] == expected[first : first + PAGE], wanted
        assert total == len(expected), wanted
    assert _expected(count, Filter(search="lodz")), "a search that finds nothing proves nothing"
    counts = eva.database.read_now(counting.counts, LETTER)
    assert sum(counts.values()) == count


async def test_walking_all_pages_shows_every_row_once(many: tuple[Campaign, int]) -> None:
    eva, count = many
    for sort in ("name", "-when"):
        seen: list[int] = []
        for page in range(1, count // PAGE + 2):
            rows: list[Row] = eva.database.read_now(tracking.tracker, LETTER, Filter(sort=sort, page=page))[0]
            seen += [row.id for row in rows]
        assert len(seen) == len(set(seen)) == count


# Session, letter, counts, what needs somebody, what leaves later, rows; then the chart, a total or subtotals.
MOST_STATEMENTS = 8


async def test_no_page_of_the_tracker_takes_more_than_eight_statements(many: tuple[Campaign, int]) -> None:
    eva, _ = many
    async with eva.at_desk() as desk:
        for query in (
            *(
                "",
                "?page=7",
                "?status=endorsed&status=read",
                "?q=lodz+charity7",
                "?group=Trade+unions&sort=-when&page=2",
            ),
            *("?by=group", "?by=status&page=2&q=o", "?needs=any&days=3", "?reminded=1&from=2009-10-01&sort=-contact"),
        ):
            with _statements(eva.database) as statements:
                answer = await desk.get(f"/desk/letters/{eva.letter.slug}{query}")
            assert answer.status_code == 200
            assert 0 < len(statements) <= MOST_STATEMENTS, "\n".join(statements)


async def test_the_export_is_what_is_shown(many: tuple[Campaign, int]) -> None:
    eva, count = many
    async with eva.at_desk() as desk:
        for query, wanted in (
            ("", Filter()),
            ("?status=endorsed&sort=-name", Filter(statuses=("endorsed",), sort="-name")),
            ("?q=LODZ&group=Trade+unions", Filter(search="lodz", group="Trade unions")),
        ):
            answer = await desk.get(f"/desk/letters/{eva.letter.slug}/endorsers.csv{query}")
            rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
            assert [row[0] for row in rows[1:]] == _expected(count, wanted)


async def test_the_page_shows_its_rows_and_how_many_there_are(many: tuple[Campaign, int]) -> None:
    eva, count = many
    async with eva.at_desk() as desk:
        page = (await desk.get(f"/desk/letters/{eva.letter.slug}?q=gobaith&sort=-name")).text
    expected = _expected(count, Filter(search="gobaith", sort="-name"))
    places = [page.index(name + "</a>") for name in expected[:PAGE]]
    assert places == sorted(places)
    assert f"{count:,}" in page


async def test_the_export_has_the_columns_of_the_contract(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(name="N.S.P.C.C.", role="=1+1"))
    async with eva.at_desk() as desk:
        answer = await desk.get(f"/desk/letters/{eva.letter.slug}/endorsers.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    columns = "organisation register_id group signatory role status version answered_at".split()
    assert rows[0][:8] == columns
    [row] = [row for row in rows if row[5] == "endorsed"]
    assert row[:7] == [
        "N.S.P.C.C.",
        "GB-CHC-216401",
        "National charities",
        "Sample Signatory",
        "'=1+1",
        "endorsed",
        "1",
    ]
    assert datetime.fromisoformat(row[7]).tzinfo == UTC
    assert row[7].endswith("Z")


async def test_the_workbook_holds_text_as_text_and_dates_as_dates(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(name="=cmd|' /C calc'!A0", role="@SUM(1)"))
    async with eva.at_desk() as desk:
        answer = await desk.get(f"/desk/letters/{eva.letter.slug}/endorsers.xlsx?status=endorsed")
    [header, row] = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert header[:8] == "organisation register_id group signatory role status version answered_at".split()
    found = dict(zip(header, row, strict=True))
    assert found["organisation"] == "=cmd|' /C calc'!A0"
    assert found["role"] == "@SUM(1)"
    assert str(found["answered_at"]).endswith("Z")
    assert isinstance(found["changed_at"], datetime)


async def test_headings_have_subtotals_of_all_pages_and_rows_keep_to_them(many: tuple[Campaign, int]) -> None:
    eva, count = many
    seen: list[str] = []
    wanted = Filter(by="group")
    sections = eva.database.read_now(tracking.sections, LETTER, wanted, GROUPS)
    assert [one.key for one in sections] == list(GROUPS)
    assert sum(one.count for one in sections) == count
    assert [one.endorsed for one in sections] == [
        sum(STATUS[n % len(STATUS)] == "endorsed" and n % 3 == place for n in range(count)) for place in range(3)
    ]
    for page in range(1, count // PAGE + 2):
        rows, total = eva.database.read_now(tracking.tracker, LETTER, replace(wanted, page=page), None, sections)
        seen += [row.organisation for row in rows]
        assert total == count
    assert seen == [name for key in GROUPS for name in _expected(count, Filter(group=key))]


async def test_the_copies_to_sort_by_follow_the_contact_that_is_asked(eva: Campaign) -> None:
    def copied(connection: Connection) -> list[tuple[str, str]]:
        i = invitations.c
        rows = connection.execute(
            select(i.contact_key, organisations.c.name, contacts.c.name, contacts.c.email)
            .select_from(invitations.join(organisations).outerjoin(contacts, contacts.c.id == i.contact_id))
            .order_by(i.id)
        )
        return [(key, contact_key(called, email) if email else "") for key, _, called, email in rows]

    def change(connection: Connection) -> None:
        found = select(invitations.c.id).where(invitations.c.nonce == eva.nonce(NSPCC))
        id = connection.execute(found).scalar_one()
        slug = eva.letter.slug
        one = actions.change_contact(connection, slug, id, "zoe@other.example", "Zoë Sample", "", eva.eva, AT)
        assert one.contact_id
        person = directory.person(connection, one.organisation_id, one.contact_id)
        whom = (one.organisation_id, person.id, person.seen)
        renaming.edit_person(connection, *whom, "aled@other.example", "Aled Sample", "", eva.eva, AT)

    eva.database.write_now(change)
    found = eva.database.read_now(copied)
    assert ("aled sample\taled@other.example",) * 2 in found
    assert all(is_now == should_be for is_now, should_be in found)
    assert keys("The Órla Trust", None)["contact_key"] == ""


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    """Every statement that is asked of the database meanwhile, but for the beginning of a transaction."""
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "SET TRANSACTION")):
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
