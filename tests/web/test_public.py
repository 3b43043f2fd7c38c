"""What everybody may see, and that nothing is seen a moment too early."""

import asyncio
import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from coalition.base import clock
from coalition.demo.sample import TEXT, plan
from coalition.dispatch import replies
from coalition.dispatch.replies import Replied
from coalition.dispatch.rules import Proof
from coalition.invitations import actions as invitations
from coalition.invitations import linking
from coalition.letters import actions
from coalition.letters.rules import Arrangements
from coalition.printings import actions as printings
from coalition.printings.records import was_set
from tests.addresses import addresses
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, campaign, endorse_form

WORDS = ("trafficking", "Paul Stephenson", "NSPCC", "Sample Signatory", "Scotland Yard")
PUBLIC = [one for one in addresses("GET", "HEAD") if one.template.startswith("/letters/")]


async def _arrange(eva: Campaign, **changes: Any) -> None:
    letter = eva.reread()
    names = [field for field in Arrangements.__dataclass_fields__]
    now_ = Arrangements(**{name: getattr(letter, name) for name in names})
    await eva.database.write(
        invitations.arrange,
        letter.slug,
        letter.revision,
        replace(now_, **changes),
        False,
        eva.eva.called,
        clock.now(),
    )


@pytest.fixture
async def printed(eva: Campaign) -> Campaign:
    """Two have endorsed, one of them without its signatory's name; the list is closed, printed and set."""
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        await charity.post(f"{eva.link(POPPY)}/endorse", data=endorse_form(POPPY) | {"show_signatory": ""})
        quiet = {name: value for name, value in endorse_form(AMNESTY).items() if name != "show_signatory"}
        await charity.post(f"{eva.link(AMNESTY)}/endorse", data=quiet | {"signatory": "Unnamed Person"})
        await charity.post(f"{eva.link(POPPY)}/withdraw")
    printing = eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
    # What is in the PDF has tests of its own; here it only has to be there.
    kept = eva.site.store.put(printing.content, b"%PDF-1.7 in place of a printing")
    eva.database.write_now(was_set, printing.content, kept, clock.now())
    file = Proof(eva.site.proofs.put(sha256(b"%PDF- a reply").hexdigest(), b"%PDF- a reply"), "pdf", "trafficking.pdf")
    answer = Replied("The Commissioner", clock.now().date(), "We shall see.", file, True, True)
    eva.database.write_now(replies.note, eva.letter.slug, answer, "Eva", clock.now())
    return eva


async def test_a_private_letter_is_nowhere(printed: Campaign) -> None:
    async with printed.browser() as reader:
        for address in PUBLIC:
            shown = await _get(reader, printed, address.template, address.method)
            assert shown.status_code == _seen(address.template), str(address)
        await _arrange(printed, visibility="private")
        async with _fresh(printed) as reader:
            for address in PUBLIC:
                _shows_nothing(await _get(reader, printed, address.template, address.method), 404)
            _shows_nothing(await reader.get("/"), 200)
            _shows_nothing(await reader.get(f"/letters/{printed.letter.slug}.json", headers={"accept": "*/*"}), 404)


def _seen(address: str) -> int:
    """The printed letter's list is closed, which whoever would join is told."""
    return 409 if address.endswith("/join") else 200


async def test_a_draft_is_nowhere(eva: Campaign) -> None:
    draft = eva.database.write_now(actions.start, "A secret draft", eva.eva, clock.now())
    open_to_all = replace(plan(clock.now()), visibility="public")
    eva.database.write_now(
        actions.save_draft, draft.slug, 1, replace(TEXT, subject="A secret draft"), (), open_to_all, clock.now()
    )
    async with eva.browser() as reader:
        for address in PUBLIC:
            answer = await reader.request(address.method, address.filled(slug=draft.slug, number=1, id=1))
            assert answer.status_code == 404, str(address)
            assert "secret" not in answer.text.replace(draft.slug, "")
        assert "secret" not in (await reader.get("/")).text


async def test_a_kept_page_is_gone_a_second_after_the_letter_was_made_private(printed: Campaign) -> None:
    async with printed.browser() as reader:
        paths = [
            "/",
            *(
                address.filled(slug=printed.letter.slug, number=1, id=1)
                for address in PUBLIC
                if address.method == "GET"
            ),
        ]
        for path in paths:
            assert (await reader.get(path)).status_code == _seen(path)
        await _arrange(printed, visibility="private")
        await asyncio.sleep(1.05)
        for path in paths:
            _shows_nothing(await reader.get(path), 200 if path == "/" else 404)


async def test_a_letter_by_link_is_read_but_not_listed(printed: Campaign) -> None:
    await _arrange(printed, visibility="link")
    async with _fresh(printed) as reader:
        assert printed.letter.slug not in (await reader.get("/")).text
        page = await _get(reader, printed, "/letters/{slug}")
        assert (page.status_code, page.headers["x-robots-tag"]) == (200, "noindex")


async def test_a_link_that_does_not_hold_says_nothing_of_a_letter_that_is_not_public(eva: Campaign) -> None:
    old, revoked = eva.link(NSPCC), eva.link(AMNESTY)
    one = eva.database.read_now(invitations.opened, eva.nonce(AMNESTY), clock.now()).invitation
    eva.database.write_now(linking.revoke, eva.letter.slug, [one.id], eva.eva.called, clock.now())
    for hidden in ({"visibility": "private"}, {"embargo_until": datetime(2100, 1, 1, tzinfo=UTC)}):
        await _arrange(eva, **hidden)
        async with eva.browser() as reader:
            for path in (revoked, f"{revoked}/letter.pdf", f"{old}x", f"{old[:-1]}"):
                answer = await reader.get(path)
                assert answer.status_code in (404, 410)
                for words in (eva.letter.slug, "trafficking", "Stephenson", AMNESTY):
                    assert words not in answer.text


async def test_the_json_has_the_shape_of_the_contract(printed: Campaign) -> None:
    async with printed.browser() as reader:
        answer = await _get(reader, printed, "/letters/{slug}.json")
        pdf = await _get(reader, printed, "/letters/{slug}.pdf")
    found = answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json"
    assert (
        list(found)
        == "slug subject state version fingerprint deadline undersigned counts printings outcome replies".split()
    )
    assert (found["slug"], found["state"], found["version"]) == (printed.letter.slug, "closed", 1)
    assert [list(one) for one in found["undersigned"]] == [
        "organisation register_id group signatory role endorsed_at".split()
    ] * 2
    assert [(one["organisation"], one["signatory"], one["role"]) for one in found["undersigned"]] == [
        (AMNESTY, "", ""),
        (NSPCC, "Sample Signatory", "Chief Executive"),
    ]
    assert found["counts"] == {"undersigned": 2, "petition": 0, "petition_paper": 0}
    [printing] = found["printings"]
    assert list(printing) == ["number", "sha256", "printed_at"]
    assert (printing["number"], printing["sha256"]) == (1, sha256(pdf.content).hexdigest())
    for moment in (found["deadline"], printing["printed_at"], found["undersigned"][0]["endorsed_at"]):
        assert datetime.fromisoformat(moment).tzinfo == UTC


async def test_the_csv_has_the_columns_of_the_contract(printed: Campaign) -> None:
    async with printed.browser() as reader:
        answer = await _get(reader, printed, "/letters/{slug}/endorsers.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    assert rows[0] == "organisation register_id group signatory role status version answered_at".split()
    assert [row[:7] for row in rows[1:]] == [
        [AMNESTY, rows[1][1], "National charities", "", "", "endorsed", "1"],
        [NSPCC, "GB-CHC-216401", "National charities", "Sample Signatory", "Chief Executive", "endorsed", "1"],
    ]


async def test_the_exact_text_has_the_fingerprint(printed: Campaign) -> None:
    async with printed.browser() as reader:
        text = await _get(reader, printed, "/letters/{slug}/versions/{number:int}.txt")
        data = await _get(reader, printed, "/letters/{slug}.json")
    assert sha256(text.content).hexdigest() == data.json()["fingerprint"]


async def test_nobody_whose_name_is_not_to_be_printed_is_named_in_public(printed: Campaign) -> None:
    async with printed.browser() as reader:
        for address in PUBLIC:
            answer = await _get(reader, printed, address.template)
            for private in ("Unnamed Person", "@amnesty", "@nspcc", printed.nonce(NSPCC), "evening.example"):
                assert private.encode() not in answer.content, f"{private} at {address}"


async def test_a_pdf_that_is_being_set_says_so_and_then_comes_with_an_etag(eva: Campaign) -> None:
    eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
    async with eva.browser() as reader:
        path = f"/letters/{eva.letter.slug}.pdf"
        waiting = await reader.get(path, headers={"accept": "text/html"})
        assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "2")
        assert "text/html" in waiting.headers["content-type"]
        eva.set_pdfs()
        pdf = await reader.get(path)
        assert (pdf.status_code, pdf.headers["content-type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
        again = await reader.get(path, headers={"if-none-match": pdf.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_the_health_of_the_database_is_told(eva: Campaign) -> None:
    async with eva.browser() as anyone:
        well = await anyone.get("/healthz")
        assert (well.status_code, well.text) == (200, "ok\n")


async def test_a_database_that_does_not_answer_is_503(sqlite_url: str, tmp_path: Path) -> None:
    async with campaign(sqlite_url, tmp_path / "data") as eva, eva.browser() as anyone:
        eva.database.write_now(lambda connection: connection.exec_driver_sql("ALTER TABLE letters RENAME TO lost"))
        assert (await anyone.get("/healthz")).status_code == 503


def _shows_nothing(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.url
    shown = f"{answer.headers} {answer.text}"
    assert [words for words in WORDS if words in shown] == [], answer.url


async def _get(reader: httpx.AsyncClient, eva: Campaign, template: str, method: str = "GET") -> httpx.Response:
    path = template.replace("{slug}", eva.letter.slug).replace("{number:int}", "1").replace("{id:int}", "1")
    return await reader.request(method, path)


def _fresh(eva: Campaign) -> httpx.AsyncClient:
    """A reader of another process, where no page is kept yet."""
    eva.app._answers.clear()
    return eva.browser()
