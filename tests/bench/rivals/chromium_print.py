"""Chromium's print of the same page, with the same fonts: the browser runs, the page is new; tagged, with bookmarks."""

import os
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.rivals.answering import answer
from tests.bench.watching import Watch
from tests.conftest import CHROMIUM_ARGUMENTS, _chromium

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_ARGUMENTS)
    watch = Watch(os.getpid())

    def set_pdf(folder: Path) -> bytes:
        page = browser.new_page()
        page.goto((folder / "browser.html").as_uri(), timeout=170_000)
        page.set_default_timeout(170_000)
        pdf = page.pdf(prefer_css_page_size=True, tagged=True, outline=True)
        watch.look()
        page.close()
        return pdf

    answer("chromium_print", set_pdf, ", not PDF/A, no running head, not sealed", lambda: watch.peak_mb)
    browser.close()
