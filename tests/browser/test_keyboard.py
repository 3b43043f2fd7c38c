"""With the keyboard alone: one sees where one is, is told what is wrong first, and can endorse."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Gallery
from tests.cast import NSPCC
from tests.running import Running

# Every control that the focus cannot be seen on. The Tab before it tells the browser that a keyboard is used.
UNSEEN = """
[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
  .filter(one => one.checkVisibility() && one.tabIndex >= 0)
  .filter(one => {
    one.focus();
    const style = getComputedStyle(one);
    const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return document.activeElement === one && !drawn && style.boxShadow === "none";
  })
  .map(one => one.outerHTML.slice(0, 120))
"""
WITH_FORMS = ("answer", "sign-in", "draft-ready", "tracker", "import", "import-preview", "dates", "invitation", "add")
REFUSED = (
    "sign-in-refused", "draft-refused", "add-refused", "dates-refused", "invitation-refused", "answer-refused",
    "decline-refused", "organisation-contact-refused", "letters-refused",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_one_sees_where_the_focus_is(gallery: Gallery, browser: Browser, scheme: str) -> None:
    page = await browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    unseen = {}
    for name in WITH_FORMS:
        await page.goto(f"{gallery.url}/dev/gallery/{name}")
        await page.keyboard.press("Tab")
        found = await page.evaluate(UNSEEN)
        if found:
            unseen[name] = found
    assert not unseen


async def test_the_first_tab_leads_past_the_header(gallery: Gallery, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{gallery.url}/dev/gallery/tracker")
    await page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert await skip.inner_text() == "Skip to the main content"
    assert await skip.is_visible()


async def test_a_refused_form_says_first_what_is_wrong(gallery: Gallery, browser: Browser) -> None:
    page = await browser.new_page()
    for name in REFUSED:
        await page.goto(f"{gallery.url}/dev/gallery/{name}")
        summary = page.locator(".error-summary")
        assert await summary.is_visible(), name
        assert await summary.evaluate("one => one === document.activeElement"), name
        for link in await summary.locator("a").all():
            place = (await link.get_attribute("href") or "").removeprefix("#")
            assert await page.locator(f"[id='{place}']").count() == 1, (name, place)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")  # the first error's link
        assert await page.evaluate("document.activeElement.matches(':focus')"), name


async def test_a_charity_endorses_without_touching_a_mouse(demo: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    await _tab_to(page, "signatory")
    await page.keyboard.type(" and Sample Trustee")
    await _tab_to(page, "role")
    await page.keyboard.type("Chief Executive")
    await _tab_to(page, "authority")
    await page.keyboard.press("Space")
    await _tab_to(page, "show_signatory")
    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "Add a logo"
    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "Endorse"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**done=endorsed")
    assert await page.get_by_role("status").first.is_visible()


async def _tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"no field {name} within forty tabs")
