"""Signing in through the pages: a button, a cookie that says nothing, and nothing that a stranger can learn."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from app import build
from coalition.base import clock
from coalition.people import actions
from tests.cast import Campaign
from tests.rows import all_rows


@pytest.fixture
async def stranger(eva: Campaign) -> AsyncIterator[httpx.AsyncClient]:
    async with eva.browser() as browser:
        yield browser


def _link(eva: Campaign, minutes_ago: int = 0) -> str:
    at = clock.now() - timedelta(minutes=minutes_ago)
    return f"/sign-in/{eva.site.links.token('sign-in', eva.database.write_now(actions.new_link, eva.eva, at))}"


async def test_a_coordinator_signs_in_by_the_mailed_link(eva: Campaign, stranger: httpx.AsyncClient) -> None:
    asked = await stranger.post("/sign-in", data={"email": eva.eva.email.upper()})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?sent=yes")
    eva.send_mail()
    [mail] = [text for path in eva.mails() if eva.eva.email in (text := path.read_text()).split("Delivered-To")[1][:60]]
    found = re.search(r"http://coalition\.test(/sign-in/[\w.-]+)", mail.replace("=\n", "").replace("=3D", "="))
    assert found
    assert (await stranger.get(found[1])).status_code == 200
    used = await stranger.post(found[1])
    assert (used.status_code, used.headers["location"]) == (303, "/desk")
    assert (await stranger.get("/desk")).status_code == 200


async def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_elsewhere(
    eva: Campaign, stranger: httpx.AsyncClient
) -> None:
    answer = await stranger.post(_link(eva))
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("coalition=")
    for part in ("httponly", "samesite=lax", "path=/"):
        assert part in cookie
    assert "domain=" not in cookie
    assert answer.headers["cache-control"] == "no-store"


async def test_over_https_the_cookie_is_bound_to_the_host(eva: Campaign) -> None:
    app = build(replace(eva.settings, base_url="https://letters.example"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://letters.example") as browser:
        answer = await browser.post(_link(eva))
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__host-coalition=")
        assert "; secure" in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert (await browser.get("/desk")).status_code == 200
    app.app.app.state.site.close()  # type: ignore[attr-defined]


async def test_of_two_who_press_the_button_at_once_one_is_signed_in(eva: Campaign) -> None:
    link = _link(eva)
    async with eva.browser() as one, eva.browser() as another:
        answers = await asyncio.gather(*(browser.post(link) for browser in (one, another) * 5))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 9
    assert sum("set-cookie" in answer.headers for answer in answers) == 1


async def test_a_link_that_was_used_or_is_old_says_which_and_offers_another(
    eva: Campaign, stranger: httpx.AsyncClient
) -> None:
    used, old = _link(eva), _link(eva, minutes_ago=15)
    await stranger.post(used)
    for method in ("GET", "POST"):
        first, second = await stranger.request(method, used), await stranger.request(method, old)
        assert (first.status_code, second.status_code) == (410, 410)
        assert "has been used" in first.text
        assert "fifteen minutes old" in second.text
        for page in (first, second):
            assert 'href="/sign-in"' in page.text


async def test_a_stranger_does_not_learn_who_coordinates(eva: Campaign, stranger: httpx.AsyncClient) -> None:
    before = eva.database.read_now(all_rows)
    known = await stranger.post("/sign-in", data={"email": eva.eva.email})
    after = eva.database.read_now(all_rows)
    unknown = await stranger.post("/sign-in", data={"email": "stranger@charity.example"})
    assert eva.database.read_now(all_rows) == after != before
    assert (known.status_code, known.headers) == (unknown.status_code, unknown.headers)


async def test_too_many_tries_from_one_place_are_429_and_say_when(eva: Campaign, stranger: httpx.AsyncClient) -> None:
    answers = [await stranger.post("/sign-in", data={"email": f"{n}@charity.example"}) for n in range(25)]
    assert [answer.status_code for answer in answers] == [303] * 20 + [429] * 5
    assert 0 < int(answers[-1].headers["retry-after"]) <= 601
    assert "24@charity.example" in answers[-1].text
    assert "error-summary" in answers[-1].text


async def test_an_address_that_is_none_is_kept_on_the_page_with_what_to_do(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/sign-in", data={"email": "eva at campaign"})
    assert answer.status_code == 422
    assert "eva at campaign" in answer.text
    assert "error-summary" in answer.text


async def test_signing_out_ends_the_session_everywhere(eva: Campaign) -> None:
    async with eva.at_desk() as desk, eva.browser(cookies=dict(desk.cookies)) as copy:
        assert (await copy.get("/desk")).status_code == 200
        out = await desk.post("/sign-out")
        assert (out.status_code, out.headers["location"]) == (303, "/")
        assert (await copy.get("/desk")).status_code == 303


async def test_what_was_typed_before_the_session_ended_is_kept_to_be_sent_again(eva: Campaign) -> None:
    async with eva.browser() as signed_out:
        form = {"subject": "Half an hour of work", "body": "<b>much</b>"}
        answer = await signed_out.post(f"/desk/letters/{eva.letter.slug}/draft", data=form)
    assert answer.status_code == 401
    assert "Half an hour of work" in answer.text
    assert "&lt;b&gt;much&lt;/b&gt;" in answer.text
    assert "<b>much" not in answer.text


@pytest.mark.parametrize("forged", ["", "x", "a.b", "ü", "\0", "x" * 5000])
async def test_a_forged_cookie_is_nobody(forged: str, eva: Campaign, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/desk", headers={b"cookie": b"coalition=" + forged.encode()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
