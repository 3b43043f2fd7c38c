"""What people do again and again on their journeys."""

import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Locator, Page, Response

from tests.running import Running

EVA = "eva.sample@campaign.example"
LETTER = "/desk/letters/keep-the-mets-human-trafficking-unit"
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


async def sign_in(page: Page, site: Running) -> None:
    """By the mailed link, as coordinators do."""
    before = len(site.mails(EVA, "sign in"))
    await page.goto(f"{site.url}/sign-in")
    await page.get_by_label("Your e-mail address").fill(EVA)
    await page.get_by_role("button", name="Mail me a sign-in link").click()
    await page.get_by_role("heading", name="Look in your mailbox").wait_for()
    await page.goto(site.mail(EVA, "sign in", after=before).link("sign-in"))
    await page.get_by_role("button", name="Sign in as Eva Sample").click()
    await page.wait_for_url(f"{site.url}/desk")


async def eva_at_desk(browser: Browser, site: Running, **options: Any) -> Page:
    context = await browser.new_context(**options)
    page = await context.new_page()
    await sign_in(page, site)
    return page


async def said(page: Page, words: str) -> None:
    """Waits until the page says that it is done, in these words."""
    await page.get_by_role("status").filter(has_text=words).first.wait_for()


async def reloaded_until(page: Page, there: Callable[[], Awaitable[bool]], what: str) -> None:
    """Looks again, as people do while something is under way."""
    for _ in range(120):
        if await there():
            return
        await page.wait_for_timeout(500)
        await page.reload()
    raise AssertionError(f"looked for a minute in vain for {what}")


async def pdf_from(page: Page, press: Locator, file: Path) -> Path:
    """Presses what leads to a PDF, waits until the browser has come to it by itself, and keeps it."""
    async with page.expect_response(_is_pdf, timeout=60_000) as coming:
        await press.click()
    shown = await coming.value
    answer = await page.context.request.get(shown.url)
    return kept(await answer.body(), file)


def _is_pdf(response: Response) -> bool:
    return response.status == 200 and response.headers.get("content-type") == "application/pdf"


async def look(address: str) -> httpx.Response:
    """What anybody gets who has nothing but the address."""
    async with httpx.AsyncClient() as client:
        return await client.get(address)


def kept(data: bytes, file: Path) -> Path:
    file.write_bytes(data)
    return file


def words_of(pdf: Path) -> str:
    """What is set in it, in the order in which it is set."""
    return subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout
