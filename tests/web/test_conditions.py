"""Endorsing on a condition through the page: what is asked, what is kept, what is said, and what it gives away."""

import re

import httpx
import pytest
from sqlalchemy import update

from coalition.endorsements import records
from coalition.tables import letters
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, endorse_form


def standing(eva: Campaign) -> set[str]:
    return {one.name for one in eva.database.read_now(records.standing, eva.letter.id)}


async def post(browser: httpx.AsyncClient, path: str, **changes: str) -> httpx.Response:
    return await browser.post(path, data=endorse_form(**changes), follow_redirects=True)


async def test_a_charity_endorses_on_a_condition_and_is_told_what_it_waits_for(eva: Campaign) -> None:
    async with eva.browser() as charity:
        first = await charity.get(eva.link(NSPCC))
        assert "We endorse on a condition" in first.text
        done = await post(charity, f"{eva.link(NSPCC)}/endorse", condition="count", condition_count="2")
        assert done.status_code == 200
        assert "The endorsement is recorded, on its condition" in done.text
        assert "It counts once <bdi>at least 2 organisations have endorsed it, this one included</bdi>" in done.text
        assert "if two say “we endorse if you do”, both count" in done.text
        assert standing(eva) == set()
        await post(charity, f"{eva.link(POPPY)}/endorse", organisation=POPPY)
        assert standing(eva) == {NSPCC, POPPY}
        assert "has endorsed this letter" in (await charity.get(eva.link(NSPCC))).text


async def test_one_button_gives_up_the_condition(eva: Campaign) -> None:
    async with eva.browser() as charity:
        waits = await post(charity, f"{eva.link(NSPCC)}/endorse", condition="count", condition_count="9")
        [seen] = set(re.findall(r'name="seen" value="(\d+)"', waits.text))
        form = {"version": "1", "seen": seen}
        done = await charity.post(f"{eva.link(NSPCC)}/unconditional", data=form, follow_redirects=True)
        assert "Thank you. The endorsement is recorded." in done.text
        again = await charity.post(f"{eva.link(NSPCC)}/unconditional", data=form, follow_redirects=True)
        assert "This was recorded already." in again.text
    assert standing(eva) == {NSPCC}


async def test_other_words_are_suggested_with_it_and_kept_on_the_page(eva: Campaign) -> None:
    passage = eva.letter.text.body.split(". ")[0]
    async with eva.browser() as charity:
        done = await post(
            charity,
            f"{eva.link(NSPCC)}/endorse",
            condition="text",
            condition_passage=passage,
            condition_replacement="We write because we must",
        )
        assert "It counts once <bdi>the letter is changed as this organisation suggested</bdi>" in done.text
        assert done.text.count("We write because we must") >= 2, "what waits, and the form to change it"
        refused = await post(
            charity, f"{eva.link(POPPY)}/endorse", organisation=POPPY, condition="text", condition_passage="Not there"
        )
        assert refused.status_code == 422
        assert "These words are not in version 1" in refused.text
    assert standing(eva) == set()


@pytest.mark.parametrize(
    "typed, said",
    [
        ({"condition": "count", "condition_count": "many"}, "Write how many, as a number."),
        ({"condition": "count", "condition_count": "1"}, "as a number from 2"),
        ({"condition": "organisation"}, "Write the name of the organisation it waits for."),
        ({"condition": "organisation", "condition_organisation": "The NSPCC"}, "this is your own"),
        ({"condition_count": "20"}, "Choose what the endorsement waits for"),
        ({"condition_organisation": "Somebody"}, "Choose what the endorsement waits for"),
        ({"condition_replacement": "Other words"}, "Choose what the endorsement waits for"),
        ({"on_condition": "y"}, "Choose what the endorsement waits for"),
        ({"condition": "moon"}, "Choose what the endorsement waits for"),
    ],
)
async def test_a_condition_that_is_not_clear_is_never_taken_for_none(
    eva: Campaign, typed: dict[str, str], said: str
) -> None:
    async with eva.browser() as charity:
        refused = await post(charity, f"{eva.link(NSPCC)}/endorse", **typed)
    assert refused.status_code == 422
    assert said in refused.text
    for value in (one for name, one in typed.items() if name != "condition"):
        assert value in refused.text, "what was typed is kept"
    assert standing(eva) == set()


async def test_the_page_gives_nothing_away_of_who_was_asked_or_has_endorsed(eva: Campaign) -> None:
    """Whatever name is typed, the answer is the same, but where the letter shows who has endorsed anyhow."""
    eva.database.write_now(lambda connection: connection.execute(update(letters).values(show_undersigned=False)))
    async with eva.browser() as charity:
        await post(charity, f"{eva.link(POPPY)}/endorse", organisation=POPPY)
        pages = []
        for name in (POPPY, AMNESTY, "The Kiln"):  # endorsed; asked; never heard of
            page = await post(
                charity, f"{eva.link(NSPCC)}/endorse", condition="organisation", condition_organisation=name
            )
            text = re.sub(r'name="seen" value="\d+"', "", page.text.replace(name, "X"))
            pages.append(re.sub(r"\d\d:\d\d", "", text))
    assert pages[0] == pages[1] == pages[2]
    assert "you hear whether your condition holds when the list closes" in pages[0]


async def test_the_desk_sees_who_waits_for_what(eva: Campaign) -> None:
    async with eva.browser() as charity, eva.at_desk() as desk:
        await post(
            charity, f"{eva.link(NSPCC)}/endorse", condition="organisation", condition_organisation="The Kiln <b>"
        )
        base = f"/desk/letters/{eva.letter.slug}"
        tracker = (await desk.get(base)).text
        assert "has endorsed on a condition that does not hold yet" in tracker
        listed = (await desk.get(f"{base}?status=held")).text
        [place] = re.findall(rf"{base}/organisations/\d+", listed)
        page = (await desk.get(place)).text
        assert "It counts once <bdi>The Kiln &lt;b&gt; has endorsed it</bdi>." in page
        assert "endorsed version 1 on a condition" in page
        assert "Nobody on this letter’s list is called so." in page
        await post(
            charity, f"{eva.link(NSPCC)}/endorse", condition="organisation", condition_organisation="the poppy project"
        )
        assert re.search(
            rf'On the list: <a href="{base}/organisations/\d+" dir="auto">{POPPY}</a>', (await desk.get(place)).text
        )
        public = (await charity.get(f"/letters/{eva.letter.slug}.json")).text
        assert NSPCC not in public
