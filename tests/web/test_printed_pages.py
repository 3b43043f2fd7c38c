"""The desk's pages of how a letter is printed, and in which order: without scripts, and with what is typed kept."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from coalition.endorsements import ordering
from coalition.letters import actions as letter_actions
from coalition.letters import records as letters
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, endorse_form, hidden

NAMES = (AMNESTY, NSPCC, POPPY)


@pytest.fixture
async def desk(eva: Campaign) -> AsyncIterator[httpx.AsyncClient]:
    async with eva.browser() as charity:
        for name in NAMES:
            form = endorse_form(name, group="National charities")
            assert (await charity.post(f"{eva.link(name)}/endorse", data=form)).status_code == 303
    async with eva.at_desk() as desk:
        yield desk


def _names(page: str) -> list[str]:
    return re.findall(r'<div class="order-name">\s*<bdi>([^<]*)</bdi>', page)


def _id(page: str, name: str) -> str:
    found = re.search(rf'data-standing="(\d+)">(?:(?!data-standing).)*?<bdi>{name}<', page, re.DOTALL)
    assert found
    return found[1]


async def test_the_page_is_chosen_and_kept_over_nobody_elses_choice(eva: Campaign, desk: httpx.AsyncClient) -> None:
    here = f"/desk/letters/{eva.letter.slug}/page"
    revision = hidden((await desk.get(here)).text, "revision")
    form = {"paper": "letter", "density": "compact", "signatory_place": "beside", "letterhead": "none"}
    wrong = await desk.post(here, data=form | {"paper": "a3", "revision": revision})
    assert wrong.status_code == 422
    assert "Choose the paper." in wrong.text
    assert re.search(r'value="beside"[^>]*\bchecked|\bchecked[^>]*value="beside"', wrong.text)
    saved = await desk.post(here, data=form | {"revision": revision})
    assert saved.headers["location"] == f"{here}?done=saved"
    letter = eva.reread()
    assert {name: getattr(letter, name) for name in form} == form
    late = await desk.post(here, data=form | {"density": "logos", "revision": revision})
    assert late.status_code == 409
    assert re.search(r'value="logos"[^>]*\bchecked|\bchecked[^>]*value="logos"', late.text)
    assert (await desk.post(here, data=form | {"revision": hidden(late.text, "revision")})).status_code == 303


async def test_the_order_is_made_by_hand_without_scripts(eva: Campaign, desk: httpx.AsyncClient) -> None:
    here = f"/desk/letters/{eva.letter.slug}/order"
    page = (await desk.get(here)).text
    assert _names(page) == list(NAMES)
    assert 'class="order-deeds"' not in page
    answer = await desk.post(here, data={"order": "hand", "revision": hidden(page, "revision")})
    assert answer.headers["location"] == f"{here}?done=saved"
    page = (await desk.get(here)).text
    poppy, amnesty = _id(page, POPPY), _id(page, AMNESTY)
    answer = await desk.post(f"{here}/{poppy}", data={"to": f"before:{amnesty}"})
    page = (await desk.get(answer.headers["location"])).text
    assert _names(page) == [POPPY, AMNESTY, NSPCC]
    assert " is now 1st of 3 in National charities." in " ".join(re.sub("<[^>]*>", "", page).split())
    assert page.count("Not placed yet") == 2

    answer = await desk.post(f"{here}/{poppy}", data={"place": "12"})
    assert answer.status_code == 422
    assert "Give a number from 1 to 3." in answer.text
    assert hidden(answer.text, "revision")
    assert (
        f'id="place-{poppy}" name="place" inputmode="numeric" autocomplete="off" maxlength="7" value="12"'
        in answer.text
    )
    for nonsense in ({"place": "first"}, {"to": "before:"}, {"to": "sideways:1"}, {"place": "9" * 30}, {}):
        assert (await desk.post(f"{here}/{poppy}", data=nonsense)).status_code == 422, nonsense

    async with eva.browser() as reader:
        found = (await reader.get(f"/letters/{eva.letter.slug}.json")).json()
        rows = (await reader.get(f"/letters/{eva.letter.slug}/endorsers.csv")).text.splitlines()
        public = (await reader.get(f"/letters/{eva.letter.slug}")).text
    assert [one["organisation"] for one in found["undersigned"]] == [POPPY, AMNESTY, NSPCC]
    assert [row.split(",")[0] for row in rows[1:]] == [POPPY, AMNESTY, NSPCC]
    assert re.findall(r'undersigned-organisation">([^<]*)<', public) == [POPPY, AMNESTY, NSPCC]


async def test_a_long_list_is_ordered_a_page_at_a_time(
    eva: Campaign, desk: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coalition.web.desk import ordering as pages

    monkeypatch.setattr(pages, "PAGE", 2)
    here = f"/desk/letters/{eva.letter.slug}/order"
    eva.database.write_now(ordering.choose, eva.letter.slug, eva.letter.revision, "hand", "Eva", eva.letter.created_at)
    group = {"group": "National charities"}
    second = (await desk.get(here, params=group | {"page": 2})).text
    assert _names(second) == [POPPY]
    answer = await desk.post(f"{here}/{_id(second, POPPY)}", data={"to": "place:1", "page": "2"} | group)
    page = (await desk.get(answer.headers["location"])).text
    assert _names(page) == [NSPCC]
    assert "See it there" in page
    assert _names((await desk.get(here, params={"group": "no such", "page": "77"})).text) == [NSPCC]


async def test_page_and_order_of_a_draft_are_chosen_before_anybody_endorses(eva: Campaign) -> None:
    draft = eva.database.write_now(letter_actions.start, "A second letter", eva.eva, eva.letter.created_at)
    base = f"/desk/letters/{draft.slug}"
    async with eva.at_desk() as desk:
        page, order = (await desk.get(f"{base}/page")).text, (await desk.get(f"{base}/order")).text
        assert "The letter names no lead organisations" in page
        assert "Nobody has endorsed yet" in order
        seen = hidden(order, "revision")
        assert (await desk.post(f"{base}/order", data={"order": "name", "revision": seen})).status_code == 303
        stale = await desk.post(f"{base}/order", data={"order": "hand", "revision": seen})
        assert stale.status_code == 409
        assert hidden(stale.text, "revision") != seen
        assert (await desk.post(f"{base}/order", data={"order": "", "revision": seen})).status_code == 422
    letter = eva.database.read_now(letters.letter_by_slug, draft.slug)
    assert (letter.by_hand, letter.leads_first) == (False, False)


async def test_what_cannot_be_printed_is_said_before_printing(eva: Campaign, desk: httpx.AsyncClient) -> None:
    base = f"/desk/letters/{eva.letter.slug}"
    for page in ("/printings", "/preview"):
        assert 'id="uncovered"' not in (await desk.get(base + page)).text
    async with eva.browser() as charity:
        form = endorse_form(NSPCC, group="National charities", role="Director 😀") | {"seen": "1"}
        assert (await charity.post(f"{eva.link(NSPCC)}/endorse", data=form)).status_code == 303
    for page in ("/printings", "/preview"):
        said = " ".join(re.sub("<[^>]*>", "", (await desk.get(base + page)).text).split())
        assert "One character cannot be printed" in said
        assert "😀 (U+1F600 GRINNING FACE), in the line of NSPCC" in said
    assert (await desk.post(f"{base}/close")).status_code == 303
