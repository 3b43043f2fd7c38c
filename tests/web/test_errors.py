"""Refusals: the right status, a page in the site's own words, and data refused as data."""

import httpx
import pytest

from app import LARGEST_REQUEST
from tests.cast import NSPCC, Campaign
from tests.rows import all_rows


async def test_a_body_that_is_too_large_is_413_and_changes_nothing(eva: Campaign) -> None:
    large = b"reason=" + b"x" * LARGEST_REQUEST

    async def in_parts() -> object:
        for _ in range(20):
            yield large[: len(large) // 16]

    async with eva.at_desk() as desk:
        before = eva.database.read_now(all_rows)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        for path in (f"{eva.link(NSPCC)}/decline", f"/desk/letters/{eva.letter.slug}/import", "/sign-in"):
            for body in (large, in_parts()):
                answer = await desk.post(path, content=body, headers=kind)  # type: ignore[arg-type]
                assert answer.status_code == 413, path
    assert eva.database.read_now(all_rows) == before


async def test_a_list_that_is_too_large_is_refused_with_a_sentence(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        file = ("list.csv", b"Organisation\n" + b"The Kiln\n" * 2_300_000, "text/csv")
        answer = await desk.post(f"/desk/letters/{eva.letter.slug}/import", files={"file": file})
    assert answer.status_code in (413, 422)
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    "path, accept, kind",
    [
        ("/letters/no-such.json", "*/*", "application/json"),
        ("/letters/no-such/endorsers.csv", "*/*", "text/plain; charset=utf-8"),
        ("/letters/no-such.pdf", "*/*", "text/plain; charset=utf-8"),
        ("/letters/no-such.pdf", "text/html,*/*", "text/html; charset=utf-8"),
        ("/letters/no-such", "*/*", "text/html; charset=utf-8"),
        ("/no/such/page", "*/*", "text/html; charset=utf-8"),
    ],
)
async def test_what_is_not_there_is_404_in_the_words_of_who_asked(
    path: str, accept: str, kind: str, eva: Campaign
) -> None:
    async with eva.browser() as reader:
        answer = await reader.get(path, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, kind)
    assert answer.headers["cache-control"] == "no-store"
    if kind == "application/json":
        assert list(answer.json()) == ["error"]
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_crash_is_a_page_that_says_it_is_our_fault_and_nothing_else(eva: Campaign) -> None:
    eva.site.templates.globals.pop("now")  # any page that asks the hour crashes now
    eva.site.templates.globals.pop("site")
    transport = httpx.ASGITransport(eva.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=eva.settings.base_url) as reader:
        answer = await reader.get("/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
