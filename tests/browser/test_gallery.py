"""Every page in every state, as a real browser shows it: no barrier, nothing sideways, nothing from elsewhere."""

from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request

from tests.browser.conftest import Gallery

PARTS = 6  # so that two cores share the work
# A mail's frame lets no script in to look at it; mails are looked at by themselves.
HOW = "resultTypes: ['violations'], iframes: false, preload: false"
EVERYTHING = f"axe.run({{{HOW}, rules: {{'target-size': {{enabled: true}}}}}})"
# What another width and another colour scheme can break.
WHAT_CHANGES = f"""axe.run({{{HOW}, runOnly: ['color-contrast', 'link-in-text-block', 'target-size',
    'scrollable-region-focusable', 'td-headers-attr', 'th-has-data-cells', 'empty-table-header']}})"""
# How far the page, and whatever in it does not scroll by itself, reaches out of the window to the right.
SIDEWAYS = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Heard:
    """What a page says to those who listen, and asks for."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self.url + "/"):
            self.complaints.append(f"asked elsewhere: {request.url}")


@pytest.mark.parametrize("part", range(PARTS))
async def test_no_page_has_a_barrier_scrolls_sideways_or_complains(
    gallery: Gallery, browser: Browser, axe: str, part: int
) -> None:
    context = await browser.new_context(reduced_motion="reduce")  # else a button is caught between two colours
    page = await context.new_page()
    heard = Heard(page, gallery.url)
    heard.listen()
    found: list[str] = []
    for scene in gallery.pages[part::PARTS]:
        heard.complaints.clear()
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.emulate_media(color_scheme="light")
        if scene.csp:  # a mail's page lets no script run, so none could look at it there
            await page.goto("about:blank")
            await page.set_content(scene.body.decode())
        else:
            await page.goto(gallery.address(scene))
        problems = await _look(page, axe)
        found += [f"{scene.name}: {problem}" for problem in (*problems, *heard.complaints)]
    assert not found, "\n" + "\n".join(found)


async def _look(page: Page, axe: str) -> list[str]:
    await page.evaluate(axe)
    problems = [f"on a desk, {one}" for one in await _barriers(page, EVERYTHING)]
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 320, "height": 640})
    problems += [f"on a phone in the dark, {one}" for one in await _barriers(page, WHAT_CHANGES)]
    sideways = await page.evaluate(SIDEWAYS)
    return problems + ([f"scrolls {sideways} px sideways on a phone"] if sideways > 0 else [])


async def _barriers(page: Page, run: str) -> list[str]:
    answer = await page.evaluate(run)
    return [
        f"{one['id']}: {node['failureSummary'].splitlines()[-1].strip()} {node['html'][:120]}"
        for one in answer["violations"]
        for node in one["nodes"]
    ]
