"""The directory's pages: found, edited in two windows, archived, its contacts, its logo, and merged with a button."""

import re
from io import BytesIO

import httpx
import pytest
from PIL import Image

from coalition.base import clock
from coalition.base.refused import Refused
from coalition.invitations import actions as invitations
from coalition.invitations.tracker import tracking
from coalition.organisations import actions, directory
from coalition.organisations import records as organisations
from coalition.organisations.directory import Filter
from coalition.organisations.rules import Organisation, Person
from coalition.organisations.spreadsheets.cells import Values
from tests.cast import NSPCC, POPPY, Campaign, hidden
from tests.rows import all_rows


def _one(eva: Campaign, name: str = NSPCC) -> Organisation:
    id = eva.database.read_now(invitations.opened, eva.nonce(name), clock.now()).invitation.organisation_id
    return eva.database.read_now(directory.organisation, id)


def _here(eva: Campaign, name: str = NSPCC) -> str:
    return f"/desk/directory/{_one(eva, name).id}"


def _people(eva: Campaign, name: str = NSPCC) -> list[Person]:
    return eva.database.read_now(directory.people, _one(eva, name).id)


def _typed(one: Organisation, **changes: str) -> dict[str, str]:
    return {"name": one.name, "register_id": one.register_id or "", "revision": str(one.revision), **changes}


def _picture(colour: str = "teal") -> dict[str, tuple[str, bytes, str]]:
    written = BytesIO()
    Image.new("RGB", (300, 100), colour).save(written, "PNG")
    return {"logo": ("logo.png", written.getvalue(), "image/png")}


async def test_the_list_is_searched_whatever_the_accents_and_by_number_and_address(eva: Campaign) -> None:
    values = Values(name="Médecins de la Rue", register_id="GB-CHC-1199987", email="bonjour@rue.example")
    eva.database.write_now(invitations.add, eva.letter.slug, values, "", eva.eva, clock.now())
    async with eva.at_desk() as desk:
        for words in ("medecins rue", "1199987", "RUE.EXAMPLE", "bonjour@"):
            page = await desk.get("/desk/directory", params={"q": words})
            assert re.findall(r'href="/desk/directory/\d+" dir="auto">([^<]+)', page.text) == ["Médecins de la Rue"]
        assert "Nobody found" in (await desk.get("/desk/directory?q=%25")).text, "a sign is a sign"


async def test_what_is_archived_is_neither_listed_nor_found_by_a_new_letter_and_comes_back(eva: Campaign) -> None:
    one = _one(eva)
    async with eva.at_desk() as desk:
        assert (await desk.post(f"{_here(eva)}/archive")).status_code == 303
        assert f"/desk/directory/{one.id}" not in (await desk.get("/desk/directory?q=NSPCC")).text
        assert f"/desk/directory/{one.id}" in (await desk.get("/desk/directory?q=NSPCC&show=archived")).text
        assert one.id not in {other.id for other in eva.database.read_now(organisations.everyone)}
        assert eva.database.read_now(organisations.same, one.name_key, one.register_id) is None
        assert NSPCC in (await desk.get(f"/desk/letters/{eva.letter.slug}?q=NSPCC")).text, "old letters keep it"
        assert (await desk.post(f"{_here(eva)}/bring-back")).status_code == 303
    assert eva.database.read_now(organisations.same, one.name_key, None) is not None


async def test_it_does_not_come_back_while_another_has_its_number(eva: Campaign) -> None:
    one = _one(eva)
    numbered = _typed(one, register_id="GB-CHC-216401")
    async with eva.at_desk() as desk:
        await desk.post(f"{_here(eva)}/edit", data=numbered)
        await desk.post(f"{_here(eva)}/archive")
        values = Values(name="Another Society", register_id="GB-CHC-216401", email="a@another.example")
        eva.database.write_now(invitations.add, eva.letter.slug, values, "", eva.eva, clock.now())
        refused = await desk.post(f"{_here(eva)}/bring-back")
    assert refused.status_code == 422
    assert "Another Society has the register number GB-CHC-216401 already" in refused.text


NEW = {"name": "The Sample Pier Trust", "register_id": "GB-CHC-901999", "kind": "Charity", "notice_days": "14"}
PERSON = {"contact_name": "Sample Contact 902", "email": "office@pier-trust.example", "contact_role": "Director"}


async def test_an_organisation_is_added_with_its_contact_whom_letters_ask_first(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        assert "/desk/directory/add" in (await desk.get("/desk/directory")).text
        done = await desk.post("/desk/directory/add", data=NEW | PERSON)
        assert done.status_code == 303
        page = await desk.get(done.headers["location"])
        assert "It is in the directory" in page.text
        assert "added <bdi>The Sample Pier Trust</bdi> to the directory" in page.text
        id = int(re.findall(r"/(\d+)", done.headers["location"])[0])
        one = eva.database.read_now(directory.organisation, id)
        assert (one.register_id, one.kind, one.notice_days) == ("GB-CHC-901999", "Charity", 14)
        [person] = eva.database.read_now(directory.people, id)
        assert (person.email, person.role, person.preferred) == ("office@pier-trust.example", "Director", True)
        again = await desk.post(f"/desk/letters/{eva.letter.slug}/add", data={"name": "Sample Pier Trust"})
        assert again.status_code == 303, "a letter finds it there"
    asked = eva.database.read_now(tracking.tracker, eva.letter.id, tracking.Filter(search="pier"))[0]
    assert [row.email for row in asked] == ["office@pier-trust.example"]


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "the sample pier trust"},
        {"name": "Something Else", "register_id": "GB-CHC-901999"},
        {"name": "SAMPLE PIER TRUST", "register_id": ""},
    ],
)
@pytest.mark.parametrize("archived", [False, True])
async def test_one_that_is_there_already_is_not_added_twice_and_the_page_leads_to_it(
    eva: Campaign, typed: dict[str, str], archived: bool
) -> None:
    async with eva.at_desk() as desk:
        there = (await desk.post("/desk/directory/add", data=NEW)).headers["location"].partition("?")[0]
        if archived:
            await desk.post(f"{there}/archive")
        before = eva.database.read_now(all_rows)
        refused = await desk.post("/desk/directory/add", data=PERSON | typed)
    assert refused.status_code == 422
    assert "The Sample Pier Trust is in the directory already" in refused.text
    assert f'href="{there}"' in refused.text
    assert "office@pier-trust.example" in refused.text, "what was typed is kept"
    assert eva.database.read_now(all_rows) == before


async def test_two_of_one_name_with_numbers_of_their_own_are_two(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        for number in ("GB-CHC-901999", "GB-CHC-901998"):
            done = await desk.post("/desk/directory/add", data=NEW | {"register_id": number})
            assert done.status_code == 303


async def test_a_contact_without_an_address_is_not_dropped_in_silence(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        page = await desk.post("/desk/directory/add", data=NEW | PERSON | {"email": ""})
    assert page.status_code == 422
    assert "Write the contact&#39;s e-mail address, or leave the contact out." in page.text
    assert "Sample Contact 902" in page.text


async def test_every_page_of_the_desk_leads_to_the_directory_and_says_where_one_is(eva: Campaign) -> None:
    id = eva.database.read_now(invitations.opened, eva.nonce(NSPCC), clock.now()).invitation.id
    letter = f"/desk/letters/{eva.letter.slug}"
    here = f"{_here(eva)}"
    places = {"letters": ["/desk", letter, f"{letter}/organisations/{id}", f"{letter}/history", f"{letter}/import"]}
    places["directory"] = ["/desk/directory", "/desk/directory/add", here, f"{here}/edit", f"{here}/merge"]
    async with eva.at_desk() as desk:
        for section, paths in places.items():
            for path in paths:
                nav = re.findall(r'<nav class="desk-nav".*?</nav>', (await desk.get(path)).text, re.DOTALL)[0]
                marked = re.findall(r'href="([^"]+)"\s+aria-current="true"', nav)
                assert 'href="/desk/directory"' in nav
                assert marked == [{"letters": "/desk", "directory": "/desk/directory"}[section]], path
        assert f'href="{here}"' in (await desk.get(f"{letter}/organisations/{id}")).text


async def test_of_two_windows_the_second_is_told_and_keeps_what_it_typed(eva: Campaign) -> None:
    one, here = _one(eva), f"{_here(eva)}/edit"
    async with eva.at_desk() as desk:
        assert (await desk.post(here, data=_typed(one, kind="Charity of the first"))).status_code == 303
        late = await desk.post(here, data=_typed(one, kind="Charity of the second"))
        assert late.status_code == 409
        assert "Charity of the second" in late.text
        assert "Charity of the first" in late.text, "what is there now is shown beside it"
        again = _typed(one, kind="Charity of the second", revision=hidden(late.text, "revision"))
        assert (await desk.post(here, data=again)).status_code == 303
    assert _one(eva).kind == "Charity of the second"


async def test_mistakes_are_said_and_what_was_typed_is_kept(eva: Campaign) -> None:
    wrong = _typed(_one(eva), name="", register_id="12", website="no address", notice_days="soon", country="Cymru")
    async with eva.at_desk() as desk:
        before = eva.database.read_now(all_rows)
        page = await desk.post(f"{_here(eva)}/edit", data=wrong)
    assert page.status_code == 422
    for words in ("Write the organisation&#39;s name", "is not a charity or company number", "is not the address of"):
        assert words in page.text
    assert "Write a number of days" in page.text
    assert 'value="Cymru"' in page.text
    assert 'type="text" value="soon"' in page.text, "a number field would show nothing"
    assert eva.database.read_now(all_rows) == before


async def test_another_name_is_in_its_place_on_every_list(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        await desk.post(f"{_here(eva)}/edit", data=_typed(_one(eva), name="Aardvarks Against Cruelty"))
    for search in ("", "aardvarks"):
        rows, _ = eva.database.read_now(tracking.tracker, eva.letter.id, tracking.Filter(search=search))
        assert rows[0].organisation == "Aardvarks Against Cruelty"


async def test_exactly_one_contact_is_asked_first_and_a_new_letter_asks_them(eva: Campaign) -> None:
    here = _here(eva)
    new = {"contact_name": "Sample Contact 901", "email": "chair@nspcc.example", "contact_role": "Chair"}
    async with eva.at_desk() as desk:
        assert (await desk.post(f"{here}/contacts", data=new)).status_code == 303
        assert (await desk.post(f"{here}/contacts", data=new)).status_code == 422, "the address is there already"
        first, second = _people(eva)
        await desk.post(f"{here}/contacts/{second.id}/prefer")
        assert [one.preferred for one in _people(eva)] == [False, True]
        asked = eva.database.read_now(organisations.first_asked, _one(eva).id)
        assert asked is not None
        assert asked.email == "chair@nspcc.example"
        await desk.post(f"{here}/contacts/{second.id}/left")
        asked = eva.database.read_now(organisations.first_asked, _one(eva).id)
        assert asked is not None
        assert asked.email == first.email, "who has left is asked no more"
        assert (await desk.post(f"{here}/contacts/{second.id}/prefer")).status_code == 422


async def test_an_address_that_was_asked_stays_and_one_that_was_not_can_be_mended(eva: Campaign) -> None:
    here, [asked] = _here(eva), _people(eva)
    moved = {"contact_name": "Sample Contact", "email": "moved@nspcc.example", "seen": asked.seen}
    async with eva.at_desk() as desk:
        page = await desk.post(f"{here}/contacts/{asked.id}", data=moved)
        assert (page.status_code, "moved@nspcc.example" in page.text) == (422, True)
        await desk.post(f"{here}/contacts", data={"email": "chiar@nspcc.example"})
        fresh = _people(eva)[1]
        mended = {"email": "chair@nspcc.example", "seen": fresh.seen}
        assert (await desk.post(f"{here}/contacts/{fresh.id}", data=mended)).status_code == 303
        late = await desk.post(f"{here}/contacts/{fresh.id}", data=mended | {"email": "other@nspcc.example"})
        assert (late.status_code, "other@nspcc.example" in late.text) == (409, True)
    assert _people(eva)[1].email == "chair@nspcc.example"


async def test_a_logo_is_kept_shown_permitted_and_removed(eva: Campaign) -> None:
    here = _here(eva)
    async with eva.at_desk() as desk:
        assert (await desk.get(f"{here}/logo.png")).status_code == 404
        assert (await desk.post(f"{here}/logo", files=_picture())).status_code == 303
        assert "It may not be printed yet" in (await desk.get(here)).text
        shown = await desk.get(f"{here}/logo.png")
        assert (shown.headers["content-type"], shown.content[:4]) == ("image/png", b"\x89PNG")
        tag = {"if-none-match": shown.headers["etag"]}
        assert (await desk.get(f"{here}/logo.png", headers=tag)).status_code == 304
        given = {"by": "Sample Contact 901, Chair", "on": "2009-10-20", "logo": _one(eva).logo or ""}
        assert (await desk.post(f"{here}/logo/permission", data=given | {"on": "2999-01-01"})).status_code == 422
        assert (await desk.post(f"{here}/logo/permission", data=given)).status_code == 303
        assert "gave permission to print it on" in (await desk.get(here)).text
        await desk.post(f"{here}/logo", files=_picture("red"))
        assert _one(eva).logo_permission == "", "a permission is for one picture"
        assert (await desk.post(f"{here}/logo/permission", data=given)).status_code == 409
        await desk.post(f"{here}/logo/remove")
    assert _one(eva).logo is None


async def test_a_file_that_is_no_logo_is_refused_on_the_page(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        before = eva.database.read_now(all_rows)
        for file in (("a.png", b"<svg onload='x'/>"), ("a.png", b"\x89PNG\r\n\x1a\nbroken"), ("", b"")):
            page = await desk.post(f"{_here(eva)}/logo", files={"logo": file})
            assert page.status_code == 422
            assert "PNG, JPEG or WebP" in page.text
        assert (await desk.post(f"{_here(eva)}/logo", data={"logo": "words"})).status_code == 422
    assert eva.database.read_now(all_rows) == before


async def _plan(desk: httpx.AsyncClient, there: str) -> str:
    return hidden((await desk.get(there)).text, "plan")


async def test_two_are_merged_from_the_page_and_the_merge_is_undone_there(eva: Campaign) -> None:
    kept, merged = _one(eva), _one(eva, POPPY)
    there = f"{_here(eva)}/merge/{merged.id}"
    async with eva.at_desk() as desk:
        assert f"merge/{merged.id}" in (await desk.get(f"{_here(eva)}/merge?q=poppy")).text
        before = eva.database.read_now(all_rows)
        page = await desk.get(there)
        assert "the answer that was given last counts" in page.text
        assert eva.database.read_now(all_rows) == before, "looking merges nothing"
        refused = await desk.post(there, data={"plan": "something else"})
        assert refused.status_code == 409
        plan = await _plan(desk, there)
        for _ in range(2):  # a double click
            assert (await desk.post(there, data={"plan": plan})).status_code == 303
        assert "It was merged into" in (await desk.get(f"/desk/directory/{merged.id}")).text
        assert (await desk.post(f"/desk/directory/{merged.id}/archive")).status_code == 409
        assert "Undo this merge" in (await desk.get(_here(eva))).text
        assert (await desk.post(f"/desk/directory/{merged.id}/merges/1/undo")).status_code == 404
        for _ in range(2):
            assert (await desk.post(f"/desk/directory/{kept.id}/merges/1/undo")).status_code == 303
    assert eva.database.read_now(directory.organisation, merged.id).in_use


async def test_what_may_be_the_same_is_proposed_for_merging(eva: Campaign) -> None:
    one = eva.database.write_now(organisations.add, [actions.as_row(Values(name="The Popy Project"), clock.now())])[0]
    async with eva.at_desk() as desk:
        page = await desk.get(f"/desk/directory/{one}")
    assert "nearly the same name" in page.text
    assert f"/desk/directory/{one}/merge/{_one(eva, POPPY).id}" in page.text


@pytest.mark.parametrize("name", ["Unit 4", "Unit 5"])
def test_numbers_make_two_organisations(eva: Campaign, name: str) -> None:
    rows = [actions.as_row(Values(name=f"Shelter {one}"), clock.now()) for one in ("Unit 4", "Unit 5")]
    four, _ = eva.database.write_now(organisations.add, rows)
    one = eva.database.read_now(directory.organisation, four)
    assert eva.database.read_now(directory.alike, one) == []


def test_one_that_was_merged_is_not_edited_any_more(eva: Campaign) -> None:
    from coalition.endorsements import merging

    kept, merged = _one(eva), _one(eva, POPPY)
    seen = eva.database.read_now(merging.plan, kept.id, merged.id).digest
    eva.database.write_now(merging.merge, kept.id, merged.id, seen, "Eva", clock.now())
    with pytest.raises(Refused, match="merged into another"):
        eva.database.write_now(actions.archive, merged.id, eva.eva, clock.now())
    assert [row.id for row in eva.database.read_now(directory.listed, Filter("poppy"))] == [kept.id]
