"""What a running site says into its log: routes, never addresses with tokens, never what somebody typed."""

import re
from pathlib import Path

import httpx
import pytest

from coalition.base import clock
from coalition.people import actions
from tests.addresses import addresses, places
from tests.cast import AMNESTY, NSPCC, SLUG, Campaign, campaign, endorse_form
from tests.faults.processes import serving, wait_until


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_no_token_no_address_and_nothing_typed_is_in_any_log_line(
    level: str, sqlite_url: str, tmp_path: Path
) -> None:
    async with campaign(sqlite_url, tmp_path / "data") as eva:
        found = places(eva)
        at = clock.now()
        session = eva.database.write_now(actions.sign_in, eva.database.write_now(actions.new_link, eva.eva, at), at)
        cookie = eva.site.links.token("session", session)
        secrets = [*found.tokens.values(), cookie, eva.link(AMNESTY).removeprefix("/e/"), *_old_nonces(eva)]
        with serving(eva, tmp_path / "log", COALITION_LOG=level) as (server, address):
            async with httpx.AsyncClient(base_url=address, cookies={"coalition": cookie}, timeout=30) as browser:
                for one in addresses("GET", "HEAD"):
                    if "/dev/" not in one.template:
                        await browser.request(one.method, found.path(one))
                        await browser.request(one.method, found.path(one) + "x?q=typed@charity.example")
                for token in found.tokens.values():
                    for path in (f"/e/{token}/endorse", f"/e/{token}/no/such/page", f"/{token}", f"/e/{token}%00"):
                        await browser.post(path, data=endorse_form(signatory="Typed By Somebody"))
                        await browser.get(path)
                await browser.post(f"/sign-in/{found.tokens['sign-in']}", headers={"sec-fetch-site": "cross-site"})
                await browser.post(f"/sign-in/{found.tokens['sign-in']}")
                await browser.post(
                    f"{eva.link(AMNESTY)}/endorse", content=b"--x", headers={"content-type": "multipart/x"}
                )
                await browser.post("/sign-in", data={"email": "typed@charity.example"})
                await browser.request("BREW", f"/e/{found.tokens['invitation']}")
            wait_until(lambda: len(eva.mails()) > 20, lambda: server.said)
            assert server.end() in (0, -15)
        said = server.said
    assert re.search(r"^INFO GET /e/{token} 200 ", said, re.MULTILINE), said[:2000]
    assert re.search(r"^INFO POST /e/{token}/endorse 303 ", said, re.MULTILINE)
    for secret in secrets:
        for part in {secret, *secret.split(".")}:
            assert part not in said
    for typed in ("typed@charity", "Typed By", "@nspcc", "sec-fetch", SLUG):
        assert typed not in said


def _old_nonces(eva: Campaign) -> list[str]:
    return [eva.nonce(NSPCC), eva.nonce(AMNESTY)]


async def test_a_handler_that_fails_logs_its_error_and_not_what_it_was_given(
    eva: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    """A table is missing: the page says it is our fault, the log says where, and neither says with which link."""
    break_it = "ALTER TABLE endorsements RENAME TO gone"
    eva.database.write_now(lambda connection: connection.exec_driver_sql(break_it))
    transport = httpx.ASGITransport(eva.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=eva.settings.base_url) as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(signatory="Typed By Somebody"))
    assert answer.status_code in (500, 503)
    assert "our fault" in answer.text or "could not be saved" in answer.text
    assert "Traceback" not in answer.text
    logged = caplog.text
    assert logged
    for secret in (eva.nonce(NSPCC), eva.link(NSPCC), "Typed By Somebody"):
        assert secret not in logged
