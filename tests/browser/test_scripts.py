"""The small scripts that pages do without: the printed line, who has read, the preview, the ticks."""

from playwright.async_api import Browser, Dialog, Page

from coalition.base import clock
from coalition.base.links import Links
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.letters import records as letters
from coalition.people import actions as people
from coalition.people import records as people_records
from tests.cast import NSPCC, SLUG
from tests.running import Running, until

WAIT_MS = 2200  # longer than the page must have been open before a touch counts


async def test_the_printed_line_follows_what_is_typed(demo: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    await page.get_by_label("Organisation, as printed").fill("  The   NSPCC ")
    await page.get_by_label("Your name").fill("Sample Director")
    await page.get_by_label("Your role").fill("<b>Director</b>")
    line = page.locator(".printed-line")
    assert await line.locator("bdi").all_inner_texts() == ["The NSPCC", "Sample Director, <b>Director</b>"]
    await page.get_by_label("Print my name and role").uncheck()
    assert await line.locator("bdi").all_inner_texts() == ["The NSPCC"]


async def test_the_date_is_asked_for_only_when_trustees_decided(demo: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    detail = page.locator("[name=authority_detail]")
    await page.get_by_label("I am the chief executive").check()
    assert not await detail.is_visible()
    await page.get_by_label("Our trustees have decided it").check()
    assert await detail.get_attribute("type") == "date"
    await page.get_by_label("In another way").check()
    assert await detail.get_attribute("type") == "text"


async def test_without_scripts_the_whole_form_is_there_and_works(demo: Running, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(demo.link(NSPCC))
    await page.get_by_label("Your role").fill("Director")
    await page.get_by_label("Our trustees have decided it").check()
    await page.get_by_label("When, or how").fill("2009-10-12")
    await page.get_by_role("button", name="Endorse", exact=True).click()
    assert "Thank you" in await page.get_by_role("status").inner_text()


async def test_a_scanner_that_runs_scripts_scrolls_and_waits_has_not_read_the_letter(
    demo: Running, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    await page.wait_for_timeout(WAIT_MS)
    await page.evaluate(
        """() => {
            scrollTo(0, 1000);
            for (const kind of ["pointerdown", "keydown", "touchstart", "click"])
                document.body.dispatchEvent(new Event(kind, { bubbles: true }));
            document.querySelector("h1").click();
        }"""
    )
    await page.wait_for_timeout(300)
    assert status(demo) == "fetched"


async def test_a_touch_that_comes_with_the_page_is_no_reading_but_a_later_one_is(
    demo: Running, browser: Browser
) -> None:
    page = await browser.new_page()
    told: list[str] = []
    page.on("request", lambda request: told.append(request.method) if request.url.endswith("/read") else None)
    await page.goto(demo.link(NSPCC))
    await page.keyboard.press("Shift")
    assert not told
    await page.wait_for_timeout(WAIT_MS)
    for _ in range(3):
        await page.keyboard.press("Shift")
    until(lambda: status(demo) == "read", "the reading to be noted")
    await page.wait_for_timeout(300)
    assert told == ["POST"]


async def test_the_preview_follows_the_draft_and_saves_nothing(demo: Running, browser: Browser) -> None:
    page = await at_desk(demo, browser)
    [slug] = [one.slug for one in demo.database.read_now(letters.all_letters) if one.state == "draft"]
    await page.goto(f"{demo.url}/desk/letters/{slug}/draft")
    await page.locator("#body").fill("It **works**.")
    await page.locator(".editor-preview strong", has_text="works").wait_for()
    assert demo.database.read_now(letters.letter_by_slug, slug).text.body == ""


async def test_leaving_with_unsaved_words_is_asked_about_and_saving_them_is_not(
    demo: Running, browser: Browser
) -> None:
    page = await at_desk(demo, browser)
    [slug] = [one.slug for one in demo.database.read_now(letters.all_letters) if one.state == "draft"]
    asked: list[str] = []

    async def go(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", go)
    draft = f"{demo.url}/desk/letters/{slug}/draft"
    await page.goto(draft)
    await page.locator("#body").fill("Words.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.goto(f"{demo.url}/desk")
    assert asked == []
    await page.goto(draft)
    await page.locator("#body").press_sequentially("More words.")
    await page.goto(f"{demo.url}/desk")
    assert asked == ["beforeunload"]


async def test_one_tick_ticks_all_and_says_how_many(demo: Running, browser: Browser) -> None:
    page = await at_desk(demo, browser)
    for number in (1, 2):
        await page.request.post(
            f"{demo.url}/desk/letters/{SLUG}/add",
            form={"name": f"Late Charity {number}", "email": f"late{number}@charity.example"},
        )
    await page.goto(f"{demo.url}/desk/letters/{SLUG}?status=added")
    await page.get_by_label("Tick all on this page").check()
    assert await page.locator("[data-picked]").inner_text() == "2 ticked"
    await page.get_by_label("What to do with those ticked").select_option("Send the invitation")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Send the invitation to 2 organisations").click()
    assert "2 invitations are on their way" in await page.locator(".notice-done").inner_text()


def status(demo: Running) -> str:
    letter = demo.database.read_now(letters.letter_by_slug, SLUG)
    [row] = demo.database.read_now(tracking.tracker, letter.id, Filter(search="nspcc"))[0]
    return row.status


async def at_desk(demo: Running, browser: Browser) -> Page:
    """A window of Eva's, signed in."""
    now = clock.now()
    eva = demo.database.read_now(people_records.coordinator_by_email, "eva.sample@campaign.example")
    assert eva
    nonce = demo.database.write_now(people.new_link, eva, now)
    session = demo.database.write_now(people.sign_in, nonce, now)
    context = await browser.new_context()
    token = Links(demo.settings.secret_keys).token("session", session)
    await context.add_cookies([{"name": "coalition", "value": token, "url": demo.url}])
    return await context.new_page()
