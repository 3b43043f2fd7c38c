"""A mail scanner opens the link in a real Chromium that runs scripts; then a person does."""

import asyncio

import httpx
from playwright.async_api import Browser

from coalition.history import records as history
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.letters import records as letters
from tests.cast import NSPCC, SLUG
from tests.rows import all_rows
from tests.running import Running, until

# All that a script of a scanner can do to look like somebody: none of it is trusted by the browser.
PRETEND = """
for (const kind of ["pointerdown", "pointerup", "mousedown", "click", "keydown", "keypress", "touchstart", "touchend",
                    "wheel", "scroll", "focus", "input", "change", "visibilitychange", "mousemove"])
  for (const target of [window, document, document.body, ...document.querySelectorAll("input, label, h1, p")])
    target.dispatchEvent(new Event(kind, {bubbles: true}));
document.querySelector("input[name=signatory]").focus();
document.querySelector("details summary").click();
window.scrollTo(0, document.body.scrollHeight);
"""
LONGER_THAN_THE_PAGE_WAITS = 2.5  # seconds


async def test_a_scanner_that_runs_scripts_and_follows_every_link_changes_nothing(
    demo: Running, browser: Browser
) -> None:
    link = demo.link(NSPCC)
    async with httpx.AsyncClient() as scanner:
        await scanner.get(link)  # that a link was loaded, by whatever, is told once
    until(lambda: _status(demo) == "fetched", "the link to be fetched")
    before = demo.database.read_now(all_rows)
    page = await browser.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    await page.goto(link)
    await asyncio.sleep(LONGER_THAN_THE_PAGE_WAITS)
    await page.evaluate(PRETEND)
    await asyncio.sleep(0.5)
    found = await page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    links = sorted({one.partition("#")[0] for one in found if one.startswith(demo.url)} | {link})
    assert f"{link}/letter.pdf" in links
    async with httpx.AsyncClient(follow_redirects=True) as scanner:
        for address in links:
            for method in ("HEAD", "GET", "OPTIONS"):
                await scanner.request(method, address)
    await page.reload()
    await page.go_back()
    await page.goto("about:blank")  # a page that is left may send a last word
    assert set(sent) == {"GET"}
    assert _status(demo) == "fetched"  # and never "read"
    assert demo.database.read_now(all_rows) == before


async def test_a_persons_first_click_marks_the_letter_read_and_no_other_does(demo: Running, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(demo.link(NSPCC))
    await page.wait_for_timeout(LONGER_THAN_THE_PAGE_WAITS * 1000)
    await page.get_by_text("Keep the Met’s human-trafficking unit").first.click()
    until(lambda: _status(demo) == "read", "the letter to be read")
    for _ in range(2):
        await page.mouse.click(20, 300)
        await page.keyboard.press("PageDown")
    await page.reload()
    await page.wait_for_timeout(LONGER_THAN_THE_PAGE_WAITS * 1000)
    await page.mouse.click(20, 300)
    await page.wait_for_timeout(300)
    letter = demo.database.read_now(letters.letter_by_slug, SLUG)
    entries = demo.database.read_now(history.entries, letter.id, most=1000)
    assert [entry.deed for entry in entries if entry.who == NSPCC] == ["letter read"]


def _status(demo: Running) -> str:
    letter = demo.database.read_now(letters.letter_by_slug, SLUG)
    rows, _ = demo.database.read_now(tracking.tracker, letter.id, Filter(search="nspcc"))
    return rows[0].status
