"""A charity answers through its link."""

import httpx

from coalition.endorsements import records as endorsements
from coalition.history import records as history
from coalition.invitations.tracker import tracking
from tests.cast import NSPCC, Campaign, endorse_form


async def test_a_charity_endorses_and_is_sent_back_to_its_letter(eva: Campaign) -> None:
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(eva.link(NSPCC))
    [one] = eva.database.read_now(endorsements.standing, eva.letter.id)
    assert (one.name, one.signatory, one.version) == (NSPCC, "Sample Signatory", 1)


async def test_reading_changes_nothing(eva: Campaign) -> None:
    async with eva.browser(headers={"sec-fetch-site": "cross-site"}) as scanner:
        await scanner.get(eva.link(NSPCC))  # that it was loaded is told once
        eva.database.write_now(lambda _: None)  # and is not waited for
        before = _everything(eva)
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


async def test_who_has_answered_can_be_sent_a_new_link(eva: Campaign) -> None:
    old = eva.link(NSPCC)
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{old}/endorse", data=endorse_form())
        eva.send_mail()
        panel = f"/desk/letters/{eva.letter.slug}/organisations/{_id(eva)}"
        await desk.post(f"{panel}/revoke")
        assert (await charity.get(old)).status_code == 410
        await desk.post(f"{panel}/send")
        before = len(eva.mails())
        eva.send_mail()
        assert len(eva.mails()) == before + 1
        assert "has endorsed this letter" in (await charity.get(eva.link(NSPCC))).text


def _id(eva: Campaign) -> int:
    wanted = tracking.Filter(search=NSPCC.lower())
    [row] = eva.database.read_now(tracking.tracker, eva.letter.id, wanted)[0]
    return row.id
