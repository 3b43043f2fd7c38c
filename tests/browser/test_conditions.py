"""Endorsing on a condition in a browser, with scripts and without: one form, whose condition stands further down."""

from playwright.async_api import Browser, Page

from tests.cast import AMNESTY, NSPCC
from tests.running import Running

WIDTH = 360


async def _filled(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_label("Your name").fill("Sample Director")
    await page.get_by_label("Your role").fill("Director")
    await page.get_by_label("I am the chief executive").check()
    await page.get_by_text("We endorse on a condition").click()


async def test_a_condition_is_said_on_a_phone_and_what_is_put_aside_stays(demo: Running, browser: Browser) -> None:
    without = await browser.new_context(java_script_enabled=False, viewport={"width": WIDTH, "height": 700})
    page = await without.new_page()
    await _filled(page, demo.link(NSPCC))
    await page.get_by_label("Enough organisations endorse it").check()
    await page.get_by_label("How many organisations").fill("500")
    await page.get_by_role("button", name="Endorse on this condition").click()
    assert "on its condition" in await page.get_by_role("status").inner_text()
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTH

    page = await browser.new_page(viewport={"width": WIDTH, "height": 700})
    await _filled(page, demo.link(AMNESTY))
    name, count = page.get_by_label("Which organisation"), page.get_by_label("How many organisations")
    assert not await name.is_visible()
    await page.get_by_label("One organisation endorses it").check()
    assert (await name.is_visible(), await count.is_visible()) == (True, False)
    await name.fill("The Kiln")
    await page.get_by_label("Nothing: it counts at once").check()
    await page.get_by_role("button", name="Endorse", exact=True).click()
    assert "Thank you. The endorsement is recorded." in await page.get_by_role("status").inner_text()
