"""The order by hand in a browser: by keyboard and by pointer, said aloud, the focus kept, and nothing lost."""

from playwright.async_api import Browser, Locator, expect

from coalition.endorsements import ordering
from coalition.letters import records as letters
from tests.browser.conftest import session
from tests.cast import SLUG
from tests.running import Running

FIRST, SECOND, WELSH, FOURTH = (
    "Anti-Slavery International",
    "ECPAT UK",
    "Cymdeithas Tŷ Gobaith Cymru",
    "Women & Girls Together",
)


async def test_the_undersigned_are_moved_by_keyboard_and_by_pointer(demo: Running, browser: Browser) -> None:
    letter = demo.database.read_now(letters.letter_by_slug, SLUG)
    assert letter.opened_at
    demo.database.write_now(ordering.choose, SLUG, letter.revision, "hand", "Eva Sample", letter.opened_at)
    context = await browser.new_context(viewport={"width": 1000, "height": 900})
    await context.add_cookies([{"name": "coalition", "value": session(demo), "url": demo.url}])
    page = await context.new_page()
    await page.goto(f"{demo.url}/desk/letters/{SLUG}/order")
    names, said = page.locator("section:first-of-type .order-name > bdi"), page.locator(".live-said")
    await expect(names).to_have_text([FIRST, SECOND, WELSH, FOURTH])

    up = page.get_by_role("button", name=f"Move {WELSH} up")
    await up.focus()
    await page.keyboard.press("Enter")
    await expect(said).to_have_text(f"{WELSH} is now 2nd of 4 in National charities.")
    await expect(up).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(said).to_have_text(f"{WELSH} is now 1st of 4 in National charities.")
    await expect(page.get_by_role("button", name=f"Move {WELSH} down")).to_be_focused()

    place = page.get_by_label(f"Place for {WELSH}")
    await place.fill("40")
    await place.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Give a number from 1 to 4.")
    await expect(place).to_have_value("40")

    async def drag(name: str, onto: str, drop: str = "") -> None:
        row, other = (page.locator(".order-row", has_text=one) for one in (name, onto))
        await row.scroll_into_view_if_needed()
        start, end = await _middle(row.locator(".order-handle")), await _middle(other)
        await page.mouse.move(*start)
        await page.mouse.down()
        await page.mouse.move(start[0], (start[1] + end[1]) / 2, steps=4)
        await page.mouse.move(start[0], end[1] + (10 if end[1] > start[1] else -10), steps=4)
        if drop:
            await page.keyboard.press(drop)
        await page.mouse.up()

    await drag(WELSH, FOURTH)
    await expect(said).to_have_text(f"{WELSH} is now 4th of 4 in National charities.")
    await expect(names).to_have_text([FIRST, SECOND, FOURTH, WELSH])
    await drag(WELSH, FIRST, drop="Escape")
    await expect(names).to_have_text([FIRST, SECOND, FOURTH, WELSH])
    await page.reload()
    await expect(names).to_have_text([FIRST, SECOND, FOURTH, WELSH])

    await context.clear_cookies()
    await page.get_by_role("button", name=f"Move {WELSH} to the top").click()
    await expect(page.locator("input[type=hidden][name=to]")).to_have_value("place:1")  # kept, for after signing in


async def _middle(part: Locator) -> tuple[float, float]:
    box = await part.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
