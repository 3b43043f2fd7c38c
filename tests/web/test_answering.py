"""A charity answers through its link."""

import httpx

from coalition.endorsements import records as endorsements
from coalition.history import records as history
from tests.cast import NSPCC, Campaign, endorse_form


async def test_a_charity_endorses_and_is_sent_back_to_its_letter(eva: Campaign) -> None:
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(eva.link(NSPCC))
    [one] = eva.database.read_now(endorsements.standing, eva.letter.id)
    assert (one.name, one.signatory, one.version) == (NSPCC, "Sample Signatory", 1)


async def test_reading_changes_nothing(eva: Campaign) -> None:
    before = _everything(eva)
    async with eva.browser(headers={"sec-fetch-site": "cross-site"}) as scanner:
        for path in ("", "/letter.pdf", "/endorse", "/decline", "/withdraw", "/read"):
            for method in ("GET", "HEAD"):
                await scanner.request(method, eva.link(NSPCC) + path)
    assert _everything(eva) == before


async def test_twenty_clicks_at_once_are_one_endorsement_and_one_entry(eva: Campaign) -> None:
    import asyncio

    async with eva.browser() as charity:

        async def click() -> httpx.Response:
            return await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form() | {"seen": "0"})

        answers = await asyncio.gather(*(click() for _ in range(20)))
    assert {answer.status_code for answer in answers} == {303}
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 1
    entries = eva.database.read_now(history.entries, eva.letter.id, most=1000)
    assert [entry.deed for entry in entries].count("endorsed") == 1


def _everything(eva: Campaign) -> object:
    return eva.database.read_now(_rows)


def _rows(connection: object) -> object:
    from sqlalchemy import select

    from coalition.tables import metadata

    return {
        table.name: [tuple(row) for row in connection.execute(select(table))]  # type: ignore[attr-defined]
        for table in metadata.sorted_tables
    }
