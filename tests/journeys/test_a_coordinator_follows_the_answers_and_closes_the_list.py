"""Eva watches the tracker, moves the deadline, closes the list and downloads the first printing."""

import re
from pathlib import Path

from playwright.async_api import Browser, Page

from coalition.demo import sample
from coalition.letters.text import fingerprint
from tests.journeys.people import LETTER, eva_at_desk, kept, reloaded_until, said, words_of
from tests.running import Running

# Groups in the letter's order; in each the leads first, then by name, "The" left out.
UNDERSIGNED = (
    "National charities", "Anti-Slavery International", "ECPAT UK", "Cymdeithas Tŷ Gobaith Cymru",
    "Women & Girls Together", "Local and specialist services", "Fundacja Bezpieczny Dom – Łódź w Londynie",
    "The Harbour Project", "O’Hara House", "Ελληνική Στέγη Λονδίνου", "Trade unions",
    "Union of Hotel and Laundry Workers", "Faith organisations", "Churches Against Bondage",
    "Academics and research", "The Thornwick Observatory on Exploitation",
)  # fmt: skip


async def test_from_the_tracker_to_the_first_printing(campaign: Running, browser: Browser, tmp_path: Path) -> None:
    page = await eva_at_desk(browser, campaign)
    await page.get_by_role("link", name=sample.TEXT.subject).click()
    await _watch(page)
    await _move_the_deadline(page, campaign)
    await page.get_by_role("link", name="Close the list").click()
    assert "12 organisations have endorsed so far" in await page.locator("main").inner_text()
    await page.get_by_role("button", name="Close the list").click()
    await said(page, "The list is closed")
    there = page.get_by_role("link", name="Open the PDF")

    async def is_set() -> bool:
        return await there.count() == 1

    await reloaded_until(page, is_set, "the first printing")
    answer = await page.context.request.get(campaign.url + str(await there.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    _check(words_of(kept(await answer.body(), tmp_path / "first.pdf")))


async def _watch(page: Page) -> None:
    main = page.locator("main")
    assert "12" in await main.get_by_role("term").filter(has_text="endorsed").locator("xpath=..").inner_text()
    await page.get_by_role("link", name="Endorsed 12").click()
    assert await page.locator("tbody tr").count() == 12
    await page.get_by_role("link", name=re.compile(r"^All \d")).click()
    await page.get_by_role("searchbox").fill("Lodz")
    await page.get_by_role("button", name="Search").click()
    assert "Łódź" in await page.locator("tbody").inner_text()
    assert await page.locator("tbody tr").count() == 1
    await page.get_by_role("link", name=re.compile(r"^All \d")).click()
    await page.get_by_role("searchbox").fill("nobody of that name")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name=re.compile("^Show all")).click()
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="CSV").click()
    rows = (await (await coming.value).path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 37
    assert rows[0].startswith("organisation,register_id,group,signatory,role,status,version,answered_at")


async def _move_the_deadline(page: Page, campaign: Running) -> None:
    await page.get_by_role("link", name="Dates", exact=True).click()
    await page.get_by_label("The list closes", exact=True).fill("2040-11-20T12:00")
    await page.get_by_role("button", name="Save").click()
    await said(page, "The dates are saved")
    assert "Tuesday 20 November 2040 at 12:00, London time" in await page.locator("main").inner_text()
    assert "20 November 2040" in campaign.mail("letters@nspcc.example", "New deadline").text
    assert not campaign.mails("letters@ecpat-uk.example", "New deadline"), "they have answered already"


def _check(words: str) -> None:
    flat = " ".join(words.split())
    _, heading, under = flat.partition("We, the undersigned 12 organisations")
    assert heading
    places = [under.find(name) for name in UNDERSIGNED]
    assert -1 not in places, [name for name in UNDERSIGNED if name not in under]
    assert places == sorted(places)
    assert "بيت" in under
    pages = words.count("\f")
    for number in range(1, pages + 1):
        assert f"Page {number} of {pages}" in flat
    assert fingerprint(sample.TEXT) in flat.replace(" ", "")
    assert LETTER not in flat


async def test_the_list_reopens_with_a_later_deadline(campaign: Running, browser: Browser) -> None:
    page = await eva_at_desk(browser, campaign)
    await page.goto(f"{campaign.url}{LETTER}/printings")
    await page.get_by_role("button", name="Close the list").click()
    charity = await browser.new_page()
    await charity.goto(campaign.link("NSPCC"))
    assert "The list is closed" in await charity.locator("main").inner_text()
    await page.goto(f"{campaign.url}{LETTER}/dates")
    await page.get_by_label("The list closes", exact=True).fill("2040-11-20T12:00")
    await page.get_by_role("button", name="Save").click()
    await charity.reload()
    assert "Will NSPCC endorse this letter?" in await charity.locator("main").inner_text()
