"""A newcomer starts the demo, follows what it prints, looks into the mailbox; a second start keeps what is there."""

import re
from pathlib import Path

from playwright.async_api import Browser

from tests.journeys.people import LETTER, said
from tests.running import free_port, process


async def test_the_demo_says_where_it_is_and_keeps_what_was_done(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ("demo", "--port", str(port), "--dir", str(tmp_path / "demo"))
    page = await browser.new_page()
    with process(*words, data_dir=tmp_path / "not used") as demo:
        opened, signing_in, mailbox = _said(demo)
        assert opened == f"Open {url}/"
        assert re.fullmatch(rf"Sign in {url}/sign-in/\S+", signing_in)
        assert mailbox == f"Mail {url}/dev/mailbox"
        await page.goto(opened.split()[-1])
        await page.get_by_role("link", name="Keep the Met’s human-trafficking unit").wait_for()
        await page.goto(signing_in.split()[-1])
        await page.get_by_role("button", name="Sign in as Eva Sample").click()
        await page.wait_for_url(f"{url}/desk")
        letters = await page.locator(".entries li").count()
        await page.goto(f"{url}{LETTER}/add")
        await page.get_by_label("Organisation").fill("A charity of today")
        await page.get_by_role("button", name="Add").click()
        await said(page, "It is on the list")

        for _ in range(60):
            await page.goto(f"{url}/dev/mailbox?q=nspcc")
            if await page.locator(".mails a").count():
                break
            await page.wait_for_timeout(500)
        await page.locator(".mails a").first.click()
        opened = page.url
        # From the mail as a mail program shows it, with a click, to the letter.
        mail = page.frame_locator("iframe.mail-frame")
        await mail.get_by_role("link").first.click()
        await page.wait_for_url(f"{url}/e/*")
        assert "Will NSPCC endorse this letter?" in await page.locator("main").inner_text()
        await page.goto(opened)
        await page.locator("pre.mail-text").first.get_by_role("link").first.click()
        await page.wait_for_url(f"{url}/e/*")

    with process(*words, data_dir=tmp_path / "not used") as demo:
        _, signing_in, _ = _said(demo)
        await page.goto(signing_in.split()[-1])
        await page.get_by_role("button", name="Sign in as Eva Sample").click()
        await page.wait_for_url(f"{url}/desk")
        assert await page.locator(".entries li").count() == letters, "the sample is not put there twice"
        await page.goto(f"{url}{LETTER}?q=a+charity+of+today")
        assert await page.locator("tbody tr").count() == 1
    assert not (tmp_path / "not used" / "coalition.db").exists()


def _said(demo: object) -> list[str]:
    return [demo.stdout.readline().strip() for _ in range(3)]  # type: ignore[attr-defined]
