"""A reader opens the public page, its PDF, JSON and CSV; of a private letter there is nothing to see."""

import csv
import hashlib
import io
from pathlib import Path

from playwright.async_api import Browser

from coalition.demo import sample
from tests.cast import SLUG
from tests.journeys.people import LETTER, eva_at_desk, look, pdf_from, reloaded_until, said, words_of
from tests.running import Running


async def test_the_public_page_and_all_that_hangs_on_it(campaign: Running, browser: Browser, tmp_path: Path) -> None:
    reader = await browser.new_page()
    await reader.goto(campaign.url)
    await reader.get_by_role("link", name=sample.TEXT.subject).click()
    main = reader.locator("main")
    assert "12 organisations" in await main.inner_text()
    assert "بيت الأمان" in await main.inner_text()
    assert "letters@" not in await reader.content()
    assert (await look(f"{campaign.url}/letters/{SLUG}.pdf")).status_code == 404

    desk = await eva_at_desk(browser, campaign)
    await desk.goto(f"{campaign.url}{LETTER}/printings")
    await desk.get_by_role("button", name="Close the list").click()
    button = reader.get_by_role("link", name="Read the letter as PDF")

    async def is_there() -> bool:
        return await button.count() == 1

    await reader.reload()
    await reloaded_until(reader, is_there, "the PDF's button")
    pdf = await pdf_from(reader, button, tmp_path / "letter.pdf")
    assert "Women & Girls Together" in words_of(pdf)

    public = f"{campaign.url}/letters/{SLUG}"
    data = (await look(f"{public}.json")).json()
    assert data["printings"][0]["sha256"] == hashlib.sha256(pdf.read_bytes()).hexdigest()
    text = (await look(f"{public}/versions/1.txt")).content
    assert data["fingerprint"] == hashlib.sha256(text).hexdigest()
    assert data["counts"] == {"undersigned": 12, "petition": 0, "petition_paper": 0}
    rows = list(csv.DictReader(io.StringIO((await look(f"{public}/endorsers.csv")).content.decode("utf-8-sig"))))
    assert [row["organisation"] for row in rows] == [one["organisation"] for one in data["undersigned"]]
    assert {row["status"] for row in rows} == {"endorsed"}


async def test_a_letter_made_private_shows_nothing_to_anybody_else(campaign: Running, browser: Browser) -> None:
    desk = await eva_at_desk(browser, campaign)
    await desk.goto(f"{campaign.url}{LETTER}/dates")
    await desk.get_by_label("Only those who are asked can read it").check()
    await desk.get_by_role("button", name="Save").click()
    await said(desk, "The dates are saved")
    await desk.wait_for_timeout(1200)  # public pages may be a second old
    public, nothing = f"/letters/{SLUG}", "/letters/there-never-was-such-a-letter"
    for part in ("", ".pdf", ".json", "/endorsers.csv", "/versions/1.txt", "/printings/1.pdf"):
        hidden, none = await look(campaign.url + public + part), await look(campaign.url + nothing + part)
        assert hidden.status_code == none.status_code == 404
        assert hidden.content == none.content, "a private letter and none at all look the same"
    assert sample.TEXT.subject not in (await look(campaign.url)).text
    assert (await look(campaign.link("NSPCC"))).status_code == 200
