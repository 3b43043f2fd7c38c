"""Public answers are kept for a second, whole, and nothing else is kept at all."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from coalition.web.kept import SECONDS, Kept

Answer = Callable[[Request], Awaitable[Response]]


class Counted:
    """An app that says how often it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked, self.answer = 0, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        response = await self.answer(Request(scope, receive))
        response.headers["X-Asked"] = str(self.asked)
        await response(scope, receive, send)


async def _page(_: Request) -> Response:
    return Response("a letter", headers={"ETag": '"one"'})


def _browser(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://coalition.test")


async def test_many_readers_in_one_second_are_one_page() -> None:
    app = Counted(_page)
    async with _browser(Kept(app)) as browser:
        for _ in range(50):
            answer = await browser.get("/letters/one")
            assert answer.text == "a letter"
    assert app.asked == 1


async def test_no_page_is_more_than_a_second_old_however_long_it_took_to_make() -> None:
    async def slow(_: Request) -> Response:
        begun = time.monotonic()
        await asyncio.sleep(0.4)
        return Response(str(begun), headers={"ETag": '"one"'})

    app = Counted(slow)
    async with _browser(Kept(app)) as browser:
        end = time.monotonic() + 2.2
        while time.monotonic() < end:
            asked = time.monotonic()
            answer = await browser.get("/letters/one")
            # What is shown was read after the reader had asked, or at most a second before that.
            assert float(answer.text) >= asked - SECONDS
            await asyncio.sleep(0.02)
    assert app.asked >= 2


@pytest.mark.parametrize(
    "path",
    ["/desk", "/e/token", "/sign-in/token", "/unsubscribe/token", "/letters", "/lettersx", "/healthz", "/dev/mailbox"],
)
async def test_what_is_not_for_everybody_is_not_kept(path: str) -> None:
    app = Counted(_page)
    async with _browser(Kept(app)) as browser:
        await browser.get(path)
        await browser.get(path)
    assert app.asked == 2


async def test_a_page_asked_for_in_particular_words_or_another_way_is_not_kept() -> None:
    app = Counted(_page)
    async with _browser(Kept(app)) as browser:
        for method, path in (("GET", "/letters/one?q=1"), ("HEAD", "/letters/one"), ("POST", "/letters/one")):
            await browser.request(method, path)
            await browser.request(method, path)
    assert app.asked == 6


@pytest.mark.parametrize("status", [202, 303, 404, 410, 500, 503])
async def test_an_error_or_a_page_that_says_wait_is_not_kept(status: int) -> None:
    async def wrong(_: Request) -> Response:
        return Response("no", status, {"ETag": '"one"'})

    app = Counted(wrong)
    async with _browser(Kept(app)) as browser:
        for _ in range(2):
            assert (await browser.get("/letters/one")).status_code == status
    assert app.asked == 2


@pytest.mark.parametrize(
    "header", ["Set-Cookie: coalition=secret", "Cache-Control: no-store", "Cache-Control: private"]
)
async def test_a_page_with_a_cookie_or_meant_for_one_reader_is_not_kept(header: str) -> None:
    name, _, said = header.partition(": ")

    async def particular(_: Request) -> Response:
        return Response("yours", headers={"ETag": '"one"', name: said})

    app = Counted(particular)
    async with _browser(Kept(app)) as browser:
        await browser.get("/letters/one")
        browser.cookies.clear()
        await browser.get("/letters/one")
    assert app.asked == 2


async def test_who_has_the_page_already_is_told_so() -> None:
    async with _browser(Kept(Counted(_page))) as browser:
        await browser.get("/letters/one")
        for said in ('"one"', 'W/"one"', '"other", "one"', "*"):
            answer = await browser.get("/letters/one", headers={"If-None-Match": said})
            assert (answer.status_code, answer.content) == (304, b"")
        assert (await browser.get("/letters/one", headers={"If-None-Match": '"other"'})).status_code == 200


async def test_an_answer_in_parts_goes_through_whole_and_is_not_kept() -> None:
    async def parts(_: Request) -> Response:
        async def body() -> object:
            for part in ("a", "b", "c"):
                yield part

        return StreamingResponse(body(), headers={"ETag": '"one"'})  # type: ignore[arg-type]

    app = Counted(parts)
    async with _browser(Kept(app)) as browser:
        for _ in range(2):
            assert (await browser.get("/letters/one")).text == "abc"
    assert app.asked == 2


async def test_the_memory_for_pages_is_bounded() -> None:
    async def large(_: Request) -> Response:
        return Response(b"x" * 1024 * 1024, headers={"ETag": '"one"'})

    kept = Kept(Counted(large))
    async with _browser(kept) as browser:
        for number in range(80):
            await browser.get(f"/letters/{number}")
    assert sum(answer.size for answer in kept._answers.values()) <= 64 * 1024 * 1024
