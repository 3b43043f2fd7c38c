"""Friday night: Eva prints the letter, anybody checks it, it is delivered, and everybody reads what came of it."""

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page

from coalition.base import clock
from coalition.demo import sample
from tests.journeys.people import LETTER, eva_at_desk, kept, pdf_from, reloaded_until, said
from tests.running import Running

PUBLIC = LETTER.removeprefix("/desk")
WHOM = "the Metropolitan Police Authority, which decides"


async def test_from_the_first_printing_to_what_came_of_it(campaign: Running, browser: Browser, tmp_path: Path) -> None:
    page = await eva_at_desk(browser, campaign)
    pdf = await _print(page, campaign, tmp_path)
    anybody = await browser.new_page()
    await _check(anybody, campaign, pdf)
    await _send_and_stop(page, campaign)
    await _hand_over(page)
    await _what_came_of_it(page)
    await anybody.goto(f"{campaign.url}{PUBLIC}")
    told = " ".join((await anybody.locator("main").inner_text()).split())
    assert f"handed to {WHOM}, on" in told
    assert "City Hall" in told
    assert "We have read your letter with care." in told
    assert "Lost." in told
    assert "Sample Clerk" not in told, "who took it is the desk's business"


async def _print(page: Page, campaign: Running, folder: Path) -> Path:
    await page.goto(f"{campaign.url}{LETTER}/page")
    await page.get_by_label("Compact").check()
    await page.get_by_role("button", name="Save").click()
    await said(page, "Saved")
    await page.goto(f"{campaign.url}{LETTER}/printings")
    await page.get_by_role("button", name="Close the list").click()
    await said(page, "The list is closed")
    there = page.get_by_role("link", name="Open the PDF")

    async def is_set() -> bool:
        return await there.count() == 1

    await reloaded_until(page, is_set, "the first printing")
    return await pdf_from(page, there, folder / "letter.pdf")


async def _check(page: Page, campaign: Running, pdf: Path) -> None:
    for file, verdict in ((pdf, "Ours and whole"), (_altered(pdf), "Ours, but altered")):
        await page.goto(f"{campaign.url}/verify")
        await page.get_by_label("The PDF").set_input_files(file)
        await page.get_by_role("button", name="Check it").click()
        await page.get_by_text(verdict, exact=True).wait_for()


def _altered(pdf: Path) -> Path:
    """One byte of it, half-way."""
    whole = bytearray(pdf.read_bytes())
    whole[len(whole) // 2] ^= 1
    return kept(bytes(whole), pdf.with_name("altered.pdf"))


async def _send_and_stop(page: Page, campaign: Running) -> None:
    await page.goto(f"{campaign.url}{LETTER}/dispatch")
    await page.get_by_role("link", name="Send printing 1 by e-mail").click()
    await page.get_by_label("To whom, as the public page says it").fill("Sir Paul Stephenson")
    await page.get_by_role("button", name="See it as it will arrive").click()
    assert sample.TEXT.subject in await page.locator("main").inner_text()
    await page.get_by_role("button", name="Send it").click()
    await page.get_by_role("heading", name="It leaves in").wait_for()
    await page.get_by_role("button", name="Stop it").click()
    await said(page, "Stopped")
    assert not campaign.mails("commissioner@police.example", ""), "what was stopped never left"


async def _hand_over(page: Page) -> None:
    await page.get_by_role("link", name="Dispatch", exact=True).last.click()
    await page.get_by_role("link", name="Note that it was delivered").click()
    await page.get_by_label("Handed over").check()
    await page.get_by_label("To whom").fill(WHOM)
    await page.get_by_label("On which day").fill(clock.now().date().isoformat())
    await page.get_by_label("Where").fill("City Hall")
    await page.get_by_label("Who took it").fill("Sample Clerk")
    await page.get_by_label("Proof").set_input_files(_photo())
    await page.get_by_role("button", name="Note that it was delivered").click()
    await said(page, "Noted: the letter was delivered")


def _photo() -> FilePayload:
    file = BytesIO()
    Image.new("RGB", (400, 300), "grey").save(file, "JPEG")
    return {"name": "stamped copy.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


async def _what_came_of_it(page: Page) -> None:
    await page.get_by_role("link", name="Replies", exact=True).click()
    await page.get_by_role("link", name="Note a reply").click()
    await page.get_by_label("From whom").fill("The Commissioner’s office")
    await page.get_by_label("Received on").fill(clock.now().date().isoformat())
    await page.get_by_label("What it says, in its own words").fill("We have read your letter with care.")
    await page.get_by_label("Everybody may read these words").check()
    await page.get_by_role("button", name="Note the reply").click()
    await page.get_by_role("link", name="The Commissioner’s office").wait_for()
    await page.get_by_label("Lost").check()
    await page.get_by_label("Known since").fill(clock.now().date().isoformat())
    await page.get_by_label("In words").fill("The board did not keep the unit.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await said(page, "Saved: what came of it")
