"""Words are selected in the letter by keys or by finger, and become a suggestion."""

from playwright.async_api import Browser, expect

from tests.cast import NSPCC, POPPY
from tests.running import Running

BUTTON = "Suggest a change to this passage"
# Begins a selection at some words, as searching the page or a phone's handles do; keys, or a finger, do the rest.
SELECT = """([words, length]) => {
  const walk = document.createTreeWalker(document.querySelector(".letter-body"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.data.indexOf(words);
    if (at < 0) continue;
    getSelection().setBaseAndExtent(walk.currentNode, at, walk.currentNode, at + length);
    walk.currentNode.parentElement.scrollIntoView({ block: "center" });
    return;
  }
}"""


async def test_words_are_selected_with_the_keys_and_suggested_without_a_mouse(demo: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    button = page.get_by_role("button", name=BUTTON)
    await expect(button).to_be_hidden()
    await page.evaluate(SELECT, ["three years", 1])
    for _ in range(2):
        await page.keyboard.press("Shift+Control+ArrowRight")
    await expect(button).to_be_visible()
    await expect(page.locator("[data-selected] [aria-live]")).to_contain_text("The button after the letter")
    for _ in range(10):  # past the links of the letter
        await page.keyboard.press("Tab")
        if await button.evaluate("one => one === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    assert (await page.input_value("#passage")).strip(" ,") == "three years"
    assert await page.evaluate("document.activeElement.id") == "replacement"
    await expect(button).to_be_hidden()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("five years")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**done=suggested")
    await expect(page.locator("#suggested .proposal")).to_contain_text("five")


async def test_on_a_phone_a_finger_selects_a_word_and_presses_the_button(demo: Running, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page = await context.new_page()
    await page.goto(demo.link(POPPY))
    await page.locator("[name=role]").fill("Typed before, and kept")
    await page.evaluate(SELECT, ["shelters, advice lines", 22])
    button = page.get_by_role("button", name=BUTTON)
    await expect(button).to_be_in_viewport()
    await button.tap()
    assert await page.input_value("#passage") == "shelters, advice lines"
    assert await page.input_value("#replacement") == "shelters, advice lines"
    assert await page.evaluate("document.querySelector('#suggest').open")
    # Another paragraph does not write over what somebody has written, here or in the answer.
    await page.locator("#replacement").fill("My own words")
    await page.locator("#paragraph").select_option("4")
    await page.get_by_role("button", name="Quote it below").tap()
    assert len(await page.input_value("#passage")) > 40
    assert await page.input_value("#replacement") == "My own words"
    assert await page.input_value("[name=role]") == "Typed before, and kept"
    await context.close()


async def test_a_note_between_the_words_is_not_a_part_of_them(demo: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    with_note = "[...document.querySelectorAll('.letter p')].find(one => one.querySelector('sup'))"
    await page.evaluate(f"getSelection().selectAllChildren({with_note})")
    await page.get_by_role("button", name=BUTTON).click()
    assert "budget. The cost" in await page.input_value("#passage")
    await page.locator("#replacement").fill("The unit costs little.")
    await page.get_by_role("button", name="Send the suggestion").click()
    await page.wait_for_url("**done=suggested")
