"""The tracker moves by itself: an answer given at one server shows in a window that watches another."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from coalition.base.database import Database
from coalition.base.settings import from_environment
from coalition.demo import sample
from tests.browser.conftest import session
from tests.cast import NSPCC, SLUG, endorse_form
from tests.running import Running, answers, free_port, process, until

DESK = f"/desk/letters/{SLUG}"
SOON_MS = 3000  # what a person calls "by itself"


@pytest.fixture
def two_servers(database_url: str, tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    """`serve` twice, on one database."""
    data_dir = tmp_path / "data"
    ports = (free_port(), free_port())
    environ = {"COALITION_DATABASE_URL": database_url, "COALITION_BASE_URL": f"http://127.0.0.1:{ports[0]}"}
    settings = from_environment({"COALITION_DATA_DIR": str(data_dir), **environ})
    with closing(Database(database_url)) as database, ExitStack() as stack:
        sample.fill(database, settings)
        for port in ports:
            stack.enter_context(process("serve", "--no-worker", "--port", str(port), data_dir=data_dir, **environ))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        until(lambda: all(map(answers, urls)), "two servers")
        yield Running(urls[0], settings, database), Running(urls[1], settings, database)


async def test_an_answer_at_one_server_shows_in_a_window_that_watches_the_other(
    two_servers: tuple[Running, Running], browser: Browser
) -> None:
    here, there = two_servers
    page = await at_desk(there, browser)
    await page.goto(f"{there.url}{DESK}?sort=-when")
    row = page.locator("tbody tr", has_text=NSPCC)
    await expect(row.locator(".status")).to_have_text("Mail waiting to leave")
    await row.get_by_role("checkbox").check()
    await page.get_by_label("What to do with those ticked").select_option("move")
    await page.get_by_text("Filter, headings and columns").click()
    search = page.get_by_role("searchbox")
    await search.fill("half a wor")
    await page.wait_for_timeout(300)

    await endorse(here)
    await expect(row.locator(".status")).to_have_text("Endorsed", timeout=SOON_MS)
    await expect(page.get_by_role("status")).to_have_text("NSPCC has endorsed.")

    # What a person was doing meanwhile is as it was.
    assert await row.get_by_role("checkbox").is_checked()
    assert await page.get_by_label("What to do with those ticked").input_value() == "move"
    assert await search.input_value() == "half a wor"
    assert await search.evaluate("field => field === document.activeElement")
    assert await page.get_by_label("Reminded").is_visible()
    assert await page.locator("[data-picked]").inner_text() == "1 ticked"


async def test_a_stream_ends_with_the_session_and_with_the_server(two_servers: tuple[Running, Running]) -> None:
    here, there = two_servers
    token = session(there)
    async with httpx.AsyncClient(cookies={"coalition": token}, timeout=30) as eva:
        ask = {"accept": "text/event-stream"}
        async with eva.stream("GET", f"{there.url}{DESK}/live", headers=ask) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            lines = stream.aiter_lines()
            assert await anext(lines) == "retry: 3000"
            await eva.post(f"{here.url}/sign-out")
            await endorse(here)
            async with asyncio.timeout(15):  # a beat, and a busy machine
                said = [line async for line in lines if line]
            assert said == ["event: end", "data:"]


@pytest.mark.parametrize("seen", ["0-0", "what is that"])
async def test_who_has_missed_something_hears_so_at_once(two_servers: tuple[Running, Running], seen: str) -> None:
    _, there = two_servers
    async with httpx.AsyncClient(cookies={"coalition": session(there)}, timeout=30) as eva:
        ask = {"accept": "text/event-stream", "last-event-id": seen}
        async with eva.stream("GET", f"{there.url}{DESK}/live", headers=ask) as stream:
            lines = stream.aiter_lines()
            found = [await asyncio.wait_for(anext(lines), 1) for _ in range(4)]
    assert found[2].startswith("id: ")
    assert found[3] == "event: changed"


def test_a_server_that_somebody_watches_ends_at_once(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
    environ = {"COALITION_DATABASE_URL": sqlite_url, "COALITION_BASE_URL": f"http://127.0.0.1:{port}"}
    settings = from_environment({"COALITION_DATA_DIR": str(tmp_path), **environ})
    with closing(Database(sqlite_url)) as database:
        sample.fill(database, settings)
        with process("serve", "--no-worker", "--port", str(port), data_dir=tmp_path, **environ) as child:
            running = Running(f"http://127.0.0.1:{port}", settings, database)
            until(lambda: answers(running.url), "the site")
            cookies = {"coalition": session(running)}
            with httpx.stream(
                "GET", f"{running.url}{DESK}/live", headers={"accept": "text/event-stream"}, cookies=cookies
            ) as stream:
                assert stream.status_code == 200
                begun = time.monotonic()
                child.terminate()
                child.wait(20)
            assert time.monotonic() - begun < 5


async def endorse(running: Running) -> None:
    async with httpx.AsyncClient() as charity:
        answer = await charity.post(running.link(NSPCC) + "/endorse", data=endorse_form())
    assert answer.status_code == 303


async def at_desk(running: Running, browser: Browser) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    await context.add_cookies([{"name": "coalition", "value": session(running), "url": running.url}])
    return await context.new_page()
