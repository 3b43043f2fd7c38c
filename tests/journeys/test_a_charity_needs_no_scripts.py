"""A charity whose browser runs no scripts can still do all: read, endorse, change, withdraw, decline, stop mail."""

from playwright.async_api import Browser

from tests.cast import AMNESTY, NSPCC
from tests.journeys.people import PHONE, said
from tests.running import Running


async def test_everything_can_be_answered_without_scripts(campaign: Running, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, **PHONE)
    page = await context.new_page()
    await page.goto(campaign.link(NSPCC))
    await page.get_by_label("Your name").fill("")
    await page.get_by_role("button", name="Endorse").click()
    summary = page.locator(".error-summary")
    assert "Say how this endorsement was decided." in await summary.inner_text()
    await page.get_by_label("Your name").fill("Sample Director")
    await page.get_by_label("Your role").fill("Director")
    await page.get_by_label("Our trustees have decided it").check()
    await page.get_by_label("When, or how").fill("2009-10-12")
    await page.get_by_role("button", name="Endorse").click()
    await said(page, "The endorsement is recorded")

    await page.locator("summary").filter(has_text="Change").click()
    await page.get_by_label("Print my name and role").uncheck()
    await page.get_by_role("button", name="Change").click()
    assert await page.locator("#answer .printed-line").inner_text() == NSPCC

    await page.locator("summary").filter(has_text="Withdraw").click()
    await page.get_by_role("button", name="Withdraw").click()
    await said(page, "The endorsement is withdrawn")

    await page.goto(campaign.link(AMNESTY))
    await page.get_by_text("We decline").click()
    await page.get_by_label("Reason").fill("Not this month.")
    await page.get_by_role("button", name="Decline").click()
    assert "has declined" in await page.locator("main").inner_text()

    await page.goto(campaign.mail("letters@free-hands.example").link("unsubscribe"))
    await page.get_by_role("button", name="Stop mail").click()
    assert "gets no more invitations" in await page.locator("main").inner_text()
