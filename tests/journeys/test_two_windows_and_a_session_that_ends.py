"""Nothing typed is lost: two windows on one draft, a double click, a session that ends while somebody types."""

from playwright.async_api import Browser

from coalition.history import records as history
from coalition.letters import records as letters
from tests.cast import NSPCC, SLUG
from tests.journeys.people import eva_at_desk, said, sign_in
from tests.running import Running


async def test_a_draft_saved_in_one_window_is_not_overwritten_from_another(site: Running, browser: Browser) -> None:
    first = await eva_at_desk(browser, site)
    await first.get_by_label("What is the letter about?").fill("A letter in two windows")
    await first.get_by_role("button", name="Start the draft").click()
    second = await first.context.new_page()
    await second.goto(first.url)
    await first.get_by_label("What the letter asks for").fill("What the first window asks.")
    await first.get_by_role("button", name="Save", exact=True).click()
    await second.get_by_label("What the letter asks for").fill("What the second window asks.")
    await second.get_by_role("button", name="Save", exact=True).click()
    assert "saved in another window" in await second.get_by_role("alert").first.inner_text()
    assert await second.get_by_label("What the letter asks for").input_value() == "What the second window asks."
    await first.goto(second.url)
    assert await first.get_by_label("What the letter asks for").input_value() == "What the first window asks."
    # Having looked, Eva decides that the second window is right.
    await second.get_by_role("button", name="Save", exact=True).click()
    await first.reload()
    assert await first.get_by_label("What the letter asks for").input_value() == "What the second window asks."


async def test_a_double_click_on_endorse_is_one_endorsement(campaign: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(campaign.link(NSPCC))
    await page.get_by_label("Your role").fill("Director")
    await page.get_by_label("I am the chief executive").check()
    await page.get_by_role("button", name="Endorse").dblclick()
    await page.wait_for_url("**done=*")
    await page.get_by_role("status").first.wait_for()
    letter = campaign.database.read_now(letters.letter_by_slug, SLUG)
    entries = campaign.database.read_now(history.entries, letter.id, most=1000)
    assert [one.deed for one in entries if one.who == NSPCC and one.deed != "letter read"] == ["endorsed"]
    campaign.mail("letters@nspcc.example", "Thank you")
    assert len(campaign.mails("letters@nspcc.example", "Thank you")) == 1


async def test_what_is_typed_outlives_the_session(site: Running, browser: Browser) -> None:
    page = await eva_at_desk(browser, site)
    await page.get_by_label("What is the letter about?").fill("A letter typed for an hour")
    await page.get_by_role("button", name="Start the draft").click()
    typed = "An hour's work.\n\nWith a second paragraph, “quotes” & <signs>."
    await page.locator("[name=body]").fill(typed)
    elsewhere = await page.context.new_page()
    await elsewhere.goto(f"{site.url}/desk")
    await elsewhere.get_by_role("button", name="Sign out").click()
    await page.get_by_role("button", name="Save", exact=True).click()
    assert "You are no longer signed in" in await page.get_by_role("heading", level=1).inner_text()
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Sign in in another window").click()
    await sign_in(await opened.value, site)
    await page.get_by_role("button", name="Send it again").click()
    await said(page, "Saved")
    assert await page.locator("[name=body]").input_value() == typed
