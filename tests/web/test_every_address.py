"""What holds for every address of the site. The table itself is walked, so that no new route can forget it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from coalition.base import clock
from coalition.base.database import Database
from coalition.dispatch import sending
from coalition.dispatch.rules import Person
from coalition.printings import actions as printings
from coalition.tables import invitations
from tests.addresses import Address, Places, addresses, places
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, campaign, endorse_form
from tests.rows import Rows, all_rows

IN_A_FRAME = (  # mail: its own style, no script
    "/dev/mailbox/{id}/html",
    "/desk/letters/{slug}/invitation/mail",
    "/desk/letters/{slug}/reminders/mail",
    "/desk/letters/{slug}/dispatch/{id:int}/preview",
)
FOR_EVERYBODY = ("/", "/letters/", "/static/")
LOADS_A_LINK = Address("GET", "/e/{token}")
GET = addresses("GET")
POST = addresses("POST")


@pytest.fixture(params=["open", "closed"])
async def somewhere(eva: Campaign, request: pytest.FixtureRequest) -> Places:
    """Eva's campaign in full swing, on both databases: open, and closed."""
    return await _in_full_swing(eva, closed=request.param == "closed")


@pytest.fixture
async def pages(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Places]:
    """The same, open, for what no database has a part in."""
    async with campaign(sqlite_url, tmp_path / "data") as eva:
        yield await _in_full_swing(eva, closed=False)


async def _in_full_swing(eva: Campaign, *, closed: bool) -> Places:
    """Mail has left, three have answered, a list is being looked through."""
    eva.send_mail()
    async with eva.browser() as charity:
        for name in (NSPCC, AMNESTY):
            assert (await charity.post(f"{eva.link(name)}/endorse", data=endorse_form(name))).status_code == 303
        assert (await charity.post(f"{eva.link(POPPY)}/decline", data={"reason": "No"})).status_code == 303
    found = places(eva, "The Lantern Society")  # which has not answered: there is something left to change
    if closed:
        eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
        draft = eva.database.read_now(sending.proposed, eva.letter, 1)
        draft = replace(draft, to=(Person("commissioner@met.example"),))
        eva.database.write_now(sending.write, eva.letter.slug, None, draft, 0, eva.eva, clock.now())
    return found


@pytest.fixture
async def everybody(pages: Places) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Eva who is signed in, and somebody who is not."""
    async with pages.campaign.at_desk() as eva, pages.campaign.browser() as stranger:
        yield [eva, stranger]


async def test_reading_any_address_changes_no_row(somewhere: Places) -> None:
    database = somewhere.campaign.database
    async with somewhere.campaign.at_desk() as eva, somewhere.campaign.browser() as stranger:
        before, fetched = database.read_now(all_rows), False
        for address in addresses("GET", "HEAD"):
            for browser in (eva, stranger):
                await browser.request(address.method, somewhere.path(address))
            if address == LOADS_A_LINK and not fetched:  # the one thing that may change, and only here
                before, fetched = _fetched(database, somewhere, before), True
            assert _settled(database) == before, f"{address} changed the database"
    assert fetched


def _settled(database: Database) -> Rows:
    """Once what was written without being waited for is there."""
    database.write_now(lambda _: None)
    return database.read_now(all_rows)


def _fetched(database: Database, somewhere: Places, before: Rows) -> Rows:
    """The rows as they were, but that the link was loaded: one invitation's status, and when."""
    at = _settled(database)["invitations"]
    names = [column.name for column in invitations.c]
    [now] = [dict(zip(names, row, strict=True)) for row in at if row[0] == somewhere.invitation_id]
    assert now["fetched_at"] == now["changed_at"]

    def told(row: tuple[Any, ...]) -> tuple[Any, ...]:
        one = dict(zip(names, row, strict=True))
        if one["id"] != somewhere.invitation_id:
            return row
        assert (one["status"], one["fetched_at"]) == ("sent", None)
        return tuple((one | {"status": "fetched", **{at: now[at] for at in ("fetched_at", "changed_at")}}).values())

    return before | {"invitations": sorted(map(told, before["invitations"]), key=repr)}


async def test_a_scanner_that_guesses_methods_changes_no_row(somewhere: Places) -> None:
    database = somewhere.campaign.database
    async with somewhere.campaign.browser() as scanner:
        await scanner.get(somewhere.path(LOADS_A_LINK))  # that it was loaded is told once
        before = _settled(database)
        for address in addresses("GET", "POST"):
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
                await scanner.request(method, somewhere.path(address))
        assert database.read_now(all_rows) == before


async def test_a_method_that_an_address_does_not_take_is_405(pages: Places) -> None:
    taken: dict[str, set[str]] = {}
    for address in addresses():
        taken.setdefault(pages.path(address), set()).add(address.method)
    async with pages.campaign.at_desk() as eva:
        for path, methods in taken.items():
            for method in {"GET", "HEAD", "POST", "PUT", "DELETE"} - methods:
                answer = await eva.request(method, path)
                assert answer.status_code == 405, f"{method} {path}"
                assert set(answer.headers["allow"].split(", ")) <= methods


async def test_every_page_answers(pages: Places, everybody: list[httpx.AsyncClient]) -> None:
    for address in GET:
        for browser in everybody:
            answer = await browser.get(pages.path(address))
            assert answer.status_code in (200, 202, 303, 404), f"{address}: {answer.status_code}"
            head = await browser.head(pages.path(address))
            assert head.status_code == answer.status_code
            assert head.content == b""


async def test_every_page_keeps_itself_to_itself(pages: Places, everybody: list[httpx.AsyncClient]) -> None:
    for address in addresses():
        for browser in everybody:
            answer = await _ask(browser, pages, address)
            headers, policy = answer.headers, answer.headers["content-security-policy"]
            assert headers["referrer-policy"] == "no-referrer", str(address)
            assert headers["x-content-type-options"] == "nosniff", str(address)
            mail = address.template in IN_A_FRAME and answer.status_code == 200
            framed = address.template.startswith("/dev/") or mail
            assert headers["x-frame-options"] == ("SAMEORIGIN" if framed else "DENY"), str(address)
            assert f"frame-ancestors {chr(39)}{'self' if framed else 'none'}{chr(39)}" in policy, str(address)
            assert "default-src 'none'" in policy
            assert "unsafe-eval" not in policy
            if mail:
                assert "script-src" not in policy
                assert "sandbox " in policy
                assert "allow-scripts" not in policy
            else:
                assert "unsafe-inline" not in policy, str(address)


async def test_nothing_with_a_token_or_behind_a_session_is_kept_by_any_cache(
    pages: Places, everybody: list[httpx.AsyncClient]
) -> None:
    pages.campaign.set_pdfs()
    for address in addresses():
        for browser in everybody:
            answer = await _ask(browser, pages, address)
            if address.has_token or address.is_at_desk or "set-cookie" in answer.headers or address.method == "POST":
                assert answer.headers["cache-control"] == "no-store", str(address)
                assert answer.headers["x-robots-tag"] == "noindex", str(address)


async def test_no_page_carries_code_or_style_of_its_own(pages: Places, everybody: list[httpx.AsyncClient]) -> None:
    seen = 0
    for address in addresses("GET", "POST"):
        for browser in everybody:
            answer = await _ask(browser, pages, address)
            if address.template in IN_A_FRAME or "text/html" not in answer.headers.get("content-type", ""):
                continue
            seen += 1
            assert inline_code(answer.text) == [], str(address)
    assert seen > 30


async def test_a_post_from_another_site_is_refused_and_changes_nothing(somewhere: Places) -> None:
    database = somewhere.campaign.database
    async with somewhere.campaign.at_desk() as eva:
        before = database.read_now(all_rows)
        for address in POST:
            if address.template == "/unsubscribe/{token}":  # RFC 8058: mail providers post it
                continue
            for headers in (
                {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "same-site"},
                {"sec-fetch-site": "cross-site", "origin": "http://coalition.test"},
                {"origin": "https://evil.example"},
                {"origin": "http://coalition.test.evil.example"},
                {"origin": "http://evil.example/coalition.test"},
                {"origin": "null"},
                {"origin": ""},
            ):
                answer = await eva.post(somewhere.path(address), data={"subject": "From elsewhere"}, headers=headers)
                assert answer.status_code == 403, f"{address} {headers}"
        assert database.read_now(all_rows) == before


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": "http://coalition.test"}, {}]
)
async def test_a_post_of_our_own_page_is_taken(headers: dict[str, str], eva: Campaign) -> None:
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(), headers=headers)
    assert answer.status_code == 303


async def test_one_click_unsubscribing_is_taken_from_anywhere(eva: Campaign) -> None:
    link = places(eva).tokens["unsubscribe"]
    async with eva.browser(headers={"sec-fetch-site": "cross-site", "origin": "https://mail.example"}) as provider:
        answer = await provider.post(f"/unsubscribe/{link}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


async def test_the_desk_is_closed_to_everybody_else(somewhere: Places) -> None:
    database = somewhere.campaign.database
    subject = somewhere.campaign.letter.subject
    async with somewhere.campaign.browser(cookies={"coalition": somewhere.tokens["invitation"]}) as stranger:
        before = database.read_now(all_rows)
        for address in addresses("GET", "POST"):
            if not address.is_at_desk:
                continue
            answer = await stranger.request(address.method, somewhere.path(address), data=_form(address))
            assert answer.status_code == (303 if address.method == "GET" else 401), str(address)
            assert answer.headers.get("location", "/sign-in") == "/sign-in"
            assert subject not in answer.text
        assert database.read_now(all_rows) == before


async def test_a_link_of_another_purpose_opens_nothing(somewhere: Places) -> None:
    links, nonce = somewhere.campaign.site.links, somewhere.campaign.nonce(NSPCC)
    database = somewhere.campaign.database
    async with somewhere.campaign.browser() as stranger:
        before = database.read_now(all_rows)
        for address in addresses():
            if not address.has_token:
                continue
            for purpose in ("invitation", "unsubscribe", "sign-in", "session", "join"):
                if purpose != address.purpose:
                    path = address.filled(token=links.token(purpose, nonce), number=1)
                    answer = await stranger.request(address.method, path, data=_form(address))
                    assert answer.status_code == 404, f"{address} with a token for {purpose}"
        assert database.read_now(all_rows) == before


async def test_a_link_with_any_character_altered_opens_nothing(eva: Campaign) -> None:
    found = places(eva)
    async with eva.browser() as stranger:
        await stranger.get(f"/e/{found.tokens['invitation']}")  # that it was loaded is told once
        before = _settled(eva.database)
        for purpose, template in (
            ("invitation", "/e/{}"),
            ("unsubscribe", "/unsubscribe/{}"),
            ("sign-in", "/sign-in/{}"),
            ("join", "/confirm/{}"),
        ):
            token = found.tokens[purpose]  # type: ignore[index]
            assert (await stranger.get(template.format(token))).status_code == 200
            for place, character in enumerate(token):
                other = "B" if character == "A" else "A"
                altered = template.format(token[:place] + other + token[place + 1 :])
                assert (await stranger.get(altered)).status_code == 404, f"character {place} of {template}"
            last = [
                one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" if one != token[-1]
            ]
            for other in last:
                assert (await stranger.get(template.format(token[:-1] + other))).status_code == 404
        assert eva.database.read_now(all_rows) == before


async def test_no_address_falls_over_a_strange_parameter(somewhere: Places) -> None:
    strange = ("%00", "%ED%A0%80", "%F0%9F%92%94", "a" * 5000, "%2e%2e%2fetc", "' OR 1=1 --", "99999999999999999999")
    async with somewhere.campaign.at_desk() as eva:
        for address in addresses():
            for name in re.findall(r"{(\w+)", address.template):
                for value in strange:
                    if f"{{{name}:int}}" in address.template:
                        value = {"%00": "0", "a" * 5000: "9" * 4000}.get(value, "9" * 20)
                    filled = somewhere.path(
                        Address(address.method, re.sub(rf"{{{name}(:int)?}}", "@@", address.template))
                    )
                    answer = await eva.request(address.method, filled.replace("@@", value))
                    assert answer.status_code < 500, f"{address} with {name}={value[:30]}: {answer.status_code}"
                    if not address.template.endswith("/draft/part"):  # it shows what is typed, of whatever letter
                        assert answer.status_code not in (200, 303), f"{address} with {name}={value[:30]}"


async def test_demo_pages_are_nowhere_but_in_the_demo(eva: Campaign, plain_site: httpx.AsyncClient) -> None:
    eva.send_mail()
    found = places(eva)
    for address in addresses():
        if address.template.startswith("/dev/"):
            answer = await plain_site.request(address.method, found.path(address))
            assert answer.status_code == 404, str(address)


@pytest.fixture
async def plain_site(eva: Campaign) -> AsyncIterator[httpx.AsyncClient]:
    """The same data behind a site that is no demo."""
    from app import build

    app = build(replace(eva.settings, demo=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://coalition.test") as browser:
        yield browser
    database: Database = app.app.app.state.site.database  # type: ignore[attr-defined]
    database.close()


async def _ask(browser: httpx.AsyncClient, somewhere: Places, address: Address) -> httpx.Response:
    """As a browser would; a post carries an empty form, which is refused by whatever needs one."""
    if address.method == "POST" and address.template not in NOT_WITHOUT_A_FORM:
        return await browser.get("/sign-in")
    return await browser.request(address.method, somewhere.path(address), data=_form(address))


# An empty form is refused here; elsewhere it would do the deed and change what the next address shows.
NOT_WITHOUT_A_FORM = (
    "/e/{token}/endorse",
    "/e/{token}/later",
    "/e/{token}/forward",
    "/e/{token}/request",
    "/letters/{slug}/join",
    "/sign-in",
    "/desk/letters",
    "/desk/letters/{slug}/draft",
    "/desk/letters/{slug}/draft/part",
    "/desk/letters/{slug}/add",
    "/desk/letters/{slug}/import",
    "/desk/letters/{slug}/dates",
    "/desk/letters/{slug}/page",
    "/desk/letters/{slug}/order",
    "/desk/letters/{slug}/order/{id:int}",
    "/desk/letters/{slug}/invitation",
    "/desk/letters/{slug}/reminders",
    "/desk/letters/{slug}/open",
    "/desk/letters/{slug}/organisations/{id:int}/contact",
    "/desk/letters/{slug}/organisations/{id:int}/extend",
    "/desk/letters/{slug}/organisations/{id:int}/look",
    "/desk/letters/{slug}/dispatch/mail",
    "/desk/letters/{slug}/dispatch/{id:int}/mail",
    "/desk/letters/{slug}/dispatch/{id:int}/recipients/{recipient:int}",
    "/desk/letters/{slug}/dispatch/note",
    "/desk/letters/{slug}/dispatch/{id:int}/note",
    "/desk/letters/{slug}/replies/note",
    "/desk/letters/{slug}/replies/days",
    "/desk/letters/{slug}/outcome",
    "/desk/letters/{slug}/organisations/{id:int}/correct",
    "/desk/letters/{slug}/joins/{id:int}/new",
    "/desk/letters/{slug}/joins/{id:int}/as/{other:int}",
    "/desk/letters/{slug}/joins/{id:int}/turn-down",
    "/hooks/postmark/{token}",
    "/desk/directory/add",
    "/desk/directory/{id:int}/edit",
    "/desk/directory/{id:int}/contacts",
    "/desk/directory/{id:int}/contacts/{contact:int}",
    "/desk/directory/{id:int}/logo",
    "/desk/directory/{id:int}/logo/permission",
    "/desk/directory/{id:int}/merge/{other:int}",
)


def _form(address: Address) -> dict[str, str] | None:
    return {} if address.method == "POST" else None


def inline_code(html: str) -> list[str]:
    """What a strict Content-Security-Policy would refuse: styles, scripts and handlers inside the page."""
    found = re.findall(r"<[^>]*\sstyle\s*=[^>]*>|<style[^>]*>|<[^>]*\son\w+\s*=[^>]*>|javascript:", html, re.IGNORECASE)
    scripts = re.findall(r"<script\b[^>]*>[^<]*</script>", html, re.IGNORECASE)
    return found + [one for one in scripts if not re.fullmatch(r'<script [^>]*src="[^"]+"[^>]*>\s*</script>', one)]
