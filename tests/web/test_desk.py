"""The desk in two windows at once: nothing is done twice, nothing that was typed is lost."""

import asyncio
import re

import pytest

from coalition.base import clock
from coalition.history import records as history
from coalition.invitations import actions as invitations
from coalition.invitations import records
from coalition.invitations.tracker import counting
from coalition.letters import actions
from coalition.letters import records as letters
from coalition.printings import records as printings
from tests.cast import NSPCC, Campaign, hidden


async def test_import_pressed_ten_times_is_done_once(eva: Campaign) -> None:
    here = f"/desk/letters/{eva.letter.slug}"
    before = sum(eva.database.read_now(counting.counts, eva.letter.id).values())
    async with eva.at_desk() as desk:
        begun = await desk.post(f"{here}/import", data={"paste": "Organisation,E-mail\nThe Kiln,post@kiln.example\n"})
        assert sum(eva.database.read_now(counting.counts, eva.letter.id).values()) == before
        looked = await desk.get(begun.headers["location"])
        assert "The Kiln" in looked.text
        assert sum(eva.database.read_now(counting.counts, eva.letter.id).values()) == before
        answers = await asyncio.gather(*(desk.post(begun.headers["location"]) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {303}
        again = await desk.get(begun.headers["location"])
        assert again.status_code == 303
    assert sum(eva.database.read_now(counting.counts, eva.letter.id).values()) == before + 1
    deeds = [entry.deed for entry in eva.database.read_now(history.entries, eva.letter.id, most=1000)]
    assert deeds.count("list imported") == 2  # the cast's own, and this one


async def test_a_draft_saved_in_another_window_is_not_overwritten_and_what_was_typed_is_kept(eva: Campaign) -> None:
    draft = eva.database.write_now(actions.start, "A second letter", eva.eva, clock.now())
    here = f"/desk/letters/{draft.slug}/draft"
    form = {"subject": "First", "language": "en-GB", "time_zone": "Europe/London", "visibility": "private"}
    async with eva.at_desk() as desk:
        seen = hidden((await desk.get(here)).text, "revision")
        first = await desk.post(here, data=form | {"revision": seen})
        second = await desk.post(here, data=form | {"revision": seen, "subject": "Second", "body": "An hour of work"})
        assert (first.status_code, second.status_code) == (303, 409)
        assert "An hour of work" in second.text
        assert eva.database.read_now(letters.letter_by_slug, draft.slug).subject == "First"
        # Sent again from the page that said so, it replaces the other knowingly.
        third = await desk.post(
            here, data=form | {"revision": hidden(second.text, "revision"), "subject": "Second", "body": "An hour"}
        )
        assert third.status_code == 303
    assert eva.database.read_now(letters.letter_by_slug, draft.slug).subject == "Second"


@pytest.mark.parametrize("path", ["/close", "/print", "/open", "/ask", "/dates", "/invitation", "/add", "/import"])
async def test_no_button_of_the_desk_does_anything_to_a_letter_that_is_not_there(path: str, eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        answer = await desk.post(f"/desk/letters/no-such-letter{path}", data={"to": "all", "name": "The Kiln"})
    assert answer.status_code in (404, 422)


async def test_an_organisation_is_reached_through_its_own_letter_only(eva: Campaign) -> None:
    other = eva.database.write_now(actions.start, "A second letter", eva.eva, clock.now())
    one = eva.database.read_now(invitations.opened, eva.nonce(NSPCC), clock.now()).invitation
    async with eva.at_desk() as desk:
        there = f"/desk/letters/{other.slug}/organisations/{one.id}"
        assert (await desk.get(there)).status_code == 404
        for deed in ("send", "revoke", "contact"):
            assert (await desk.post(f"{there}/{deed}", data={"email": "a@b.example"})).status_code == 404
    assert eva.database.read_now(records.invitation, one.id).nonce == eva.nonce(NSPCC)


async def test_the_list_closed_in_ten_windows_has_one_printing_and_says_the_same_to_each(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        close = f"/desk/letters/{eva.letter.slug}/close"
        answers = await asyncio.gather(*(desk.post(close) for _ in range(10)))
        assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
            (303, f"/desk/letters/{eva.letter.slug}/printings?done=closed")
        }
        again = await desk.post(f"/desk/letters/{eva.letter.slug}/print")
        assert again.status_code == 422
        assert "Nothing has changed" in again.text
    assert len(eva.database.read_now(printings.all_printings, eva.letter.id)) == 1


@pytest.mark.parametrize(
    "field, typed", [("hard_deadline", "soon"), ("hard_deadline", "2001-01-01T10:00"), ("visibility", "x")]
)
async def test_dates_that_cannot_be_are_told_and_kept(field: str, typed: str, eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        form = {
            "hard_deadline": "2100-01-01T17:00",
            "time_zone": "Europe/London",
            "visibility": "public",
            "decided_by": "The board, typed at length",
            "revision": str(eva.reread().revision),
        }
        answer = await desk.post(f"/desk/letters/{eva.letter.slug}/dates", data=form | {field: typed})
    assert answer.status_code == 422
    assert "The board, typed at length" in answer.text
    assert re.search(r'role="alert"', answer.text)
    assert eva.reread().hard_deadline == eva.letter.hard_deadline
