"""What pages say in each state, and that each keeps what was typed and says the next step."""

import re
from dataclasses import fields

import pytest

from coalition.base import clock
from coalition.invitations import linking
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.letters import actions as letter_actions
from coalition.letters.rules import Arrangements
from tests.cast import NSPCC, POPPY, SLUG, Campaign, endorse_form

DESK = f"/desk/letters/{SLUG}"


async def test_the_first_lines_say_who_asks_whom_for_what_by_when(eva: Campaign) -> None:
    page = await seen(eva, eva.link(NSPCC))
    top = words(page.partition('class="sheet"')[0])
    assert f"Will {NSPCC} endorse this letter?" in top
    assert "Eva Sample asks you to endorse a joint letter to Sir Paul Stephenson" in top
    deadline = eva.letter.hard_deadline
    assert deadline
    assert f"The list closes on {clock.moment_words(deadline, eva.letter.time_zone)}." in top


async def test_the_line_is_shown_as_the_rules_print_it(eva: Campaign) -> None:
    typed = endorse_form(role="Director of  Policy", authority="")
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=typed)
        assert answer.status_code == 422
        assert words(printed_line(answer.text)) == f"{NSPCC} Sample Signatory, Director of Policy"
        del typed["show_signatory"]
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=typed)
        assert words(printed_line(answer.text)) == NSPCC


async def test_who_has_endorsed_can_change_and_withdraw_but_not_decline(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    page = await seen(eva, f"{eva.link(NSPCC)}?done=endorsed")
    assert f"{NSPCC} has endorsed this letter" in words(page)
    assert actions_of(page) == ["endorse", "withdraw", "suggest", "forward"]
    assert {"Change", "Withdraw"} <= set(buttons(page))
    assert "Decline" not in buttons(page)


async def test_who_has_declined_is_offered_to_endorse_after_all(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/decline", data={"reason": "Our board meets in December."})
    page = await seen(eva, eva.link(NSPCC))
    assert f"{NSPCC} has declined" in words(page)
    assert "Endorse after all" in page
    assert actions_of(page) == ["endorse", "later", "suggest", "forward", "decline"]


async def test_thanks_in_an_address_are_not_believed(eva: Campaign) -> None:
    assert "Thank you" not in words(await seen(eva, f"{eva.link(NSPCC)}?done=endorsed"))


@pytest.mark.parametrize("done", ["declined", "withdrawn", "<b>", "nothing"])
async def test_an_address_cannot_put_words_on_the_page(eva: Campaign, done: str) -> None:
    assert 'class="notice' not in await seen(eva, f"{eva.link(NSPCC)}?done={done}")


async def test_a_letter_that_hides_the_undersigned_names_nobody(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(
            f"{eva.link(POPPY)}/endorse", data=endorse_form(POPPY, group="Local and specialist services")
        )
    assert POPPY in await seen(eva, eva.link(NSPCC))
    letter = eva.reread()
    plan = {field.name: getattr(letter, field.name) for field in fields(Arrangements)}
    hidden = Arrangements(**{**plan, "show_undersigned": False})
    eva.database.write_now(letter_actions.arrange, SLUG, letter.revision, hidden, eva.eva.called, clock.now())
    assert POPPY not in await seen(eva, eva.link(NSPCC))


async def test_after_the_close_who_endorsed_can_change_what_they_gave_and_others_are_told_whom_to_write_to(
    eva: Campaign,
) -> None:
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        await desk.post(f"{DESK}/close")
    assert actions_of(await seen(eva, eva.link(NSPCC))) == ["endorse", "withdraw", "forward"]
    late = await seen(eva, eva.link(POPPY))
    assert actions_of(late) == ["forward"], "to let somebody look"
    assert "The list is closed" in words(late)
    assert f"mailto:{eva.eva.email}" in late


async def test_a_link_taken_back_says_whom_to_write_to_and_an_unknown_one_does_not(eva: Campaign) -> None:
    link = eva.link(NSPCC)
    [row] = eva.database.read_now(tracking.tracker, eva.letter.id, Filter(search="nspcc"))[0]
    eva.database.write_now(linking.revoke, SLUG, [row.id], eva.eva.called, clock.now())
    revoked = await seen(eva, link, 410)
    assert "This link was taken back" in revoked
    assert f"mailto:{eva.eva.email}" in revoked
    unknown = await seen(eva, "/e/nothing.of-ours", 404)
    assert "This link does not open anything" in unknown
    assert "mailto:" not in unknown


async def test_the_history_calls_organisations_by_name(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        page = (await desk.get(f"{DESK}/history")).text
    assert f"Eva Sample asked {NSPCC} to endorse." in words(page)
    assert "the organisation" not in words(page)


async def test_who_cannot_be_asked_is_left_out_and_it_says_why(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        await desk.post(f"{DESK}/add", data={"name": "Late Charity", "email": "late@charity.example"})
        await desk.post(f"{DESK}/add", data={"name": "No Address Charity"})
        page = (await desk.get(f"{DESK}?status=added")).text
        ticks = re.findall(r'name="pick" value="(\d+)" aria-label="([^"]*)"', page)
        assert [label for _, label in ticks] == ["Tick Late Charity", "Tick No Address Charity"]
        confirm = (await desk.get(f"{DESK}/bulk", params={"do": "ask", "pick": [id for id, _ in ticks]})).text
    assert "Send the invitation to one organisation" in confirm
    assert re.search(r"1: no contact with an e-mail address.*No Address Charity", confirm, re.DOTALL)


async def test_a_draft_says_what_is_missing_with_a_way_to_each_field(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        started = await desk.post("/desk/letters", data={"subject": "Another letter"})
        page = (await desk.get(started.headers["location"])).text
    missing = re.findall(r'<a href="#([a-z_]+)">', page)
    assert missing == ["addressees", "body", "ask", "hard_deadline"]
    assert all(f'id="{name}"' in page for name in missing)


async def test_what_was_typed_outlives_the_session(eva: Campaign) -> None:
    async with eva.browser() as signed_out:
        page = (await signed_out.post(f"{DESK}/add", data={"name": 'The "Quoted" Charity', "email": ""})).text
    assert 'name="name" value="The &#34;Quoted&#34; Charity"' in page
    assert f'action="{DESK}/add"' in page


async def test_the_import_button_counts_organisations_not_rows(eva: Campaign) -> None:
    listed = """Name,E-mail
New Charity,a@new.example
New Charity,a@new.example
New Charity,another@new.example
NSPCC,c@nspcc.example
Broken,no at sign"""
    async with eva.at_desk() as desk:
        begun = await desk.post(f"{DESK}/import", data={"paste": listed})
        page = (await desk.get(begun.headers["location"])).text
    assert "Import 2 organisations" in page


async def seen(eva: Campaign, path: str, status: int = 200) -> str:
    async with eva.browser() as somebody:
        answer = await somebody.get(path)
    assert answer.status_code == status
    return answer.text


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split()).replace(" ,", ",").replace(" .", ".").replace(" ?", "?")


def printed_line(page: str) -> str:
    [line] = re.findall(r'<p class="printed-line">(.*?)</p>', page, re.DOTALL)
    return str(line)


def actions_of(page: str) -> list[str]:
    """Where the page's posts go."""
    return [action.rpartition("/")[2] for action in re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page)]


def buttons(page: str) -> list[str]:
    return [words(label) for label in re.findall(r"<button[^>]*>(.*?)</button>", page, re.DOTALL)]
