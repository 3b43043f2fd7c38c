"""Replies and what came of a letter: at the desk without scripts, and under the letter on its public page."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from coalition.base import clock
from coalition.printings import actions as printings
from tests import cast
from tests.cast import NSPCC, Campaign, campaign, endorse_form, hidden
from tests.web.test_pages import words

PDF = b"%PDF-1.7 the reply <script>alert(1)</script>"
TODAY = clock.now().date().isoformat()
REPLY = {"whom": "The Commissioner", "day": TODAY, "quote": "The unit’s work\nwill go on.", "revision": "0"}


@pytest.fixture
async def eva(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Campaign]:
    """One has endorsed, and the letter was handed over."""
    async with campaign(sqlite_url, tmp_path / "data") as begun:
        async with begun.browser() as charity:
            assert (await charity.post(f"{begun.link(NSPCC)}/endorse", data=endorse_form())).status_code == 303
        begun.database.write_now(printings.close_list, begun.letter.slug, "Eva", clock.now())
        on = clock.now().date()
        begun.database.write_now(cast.deliver, begun.letter.slug, on, "Handed over", "Eva", clock.now())
        yield begun


async def _noted(eva: Campaign, desk: httpx.AsyncClient, **more: str) -> httpx.Response:
    path, files = f"/desk/letters/{eva.letter.slug}/replies/note", {"proof": ("r.pdf", PDF, "application/pdf")}
    return await desk.post(path, data=REPLY | more, files=files, follow_redirects=True)


async def test_a_refused_reply_keeps_its_file_and_its_words_until_it_is_right(eva: Campaign) -> None:
    path = f"/desk/letters/{eva.letter.slug}/replies/note"
    async with eva.at_desk() as desk:
        refused = await _noted(eva, desk, day="2999-01-01", show_quote="y")
        assert refused.status_code == 422
        assert "That day is still to come." in refused.text
        assert "r.pdf is kept. Another file takes its place." in words(refused.text)
        assert "will go on." in refused.text
        kept = {"kept_proof": hidden(refused.text, "kept_proof")}
        done = await desk.post(path, data=REPLY | kept, follow_redirects=True)
        assert "The reply is noted" in done.text
        assert (await desk.get(f"{path[:-5]}/1/file")).content == PDF
        assert (await desk.post(path, data=REPLY | {"kept_proof": "made.up"})).status_code == 303


async def test_the_public_page_shows_what_there_is_leave_to_show_and_the_file_only_as_a_download(
    eva: Campaign,
) -> None:
    public = f"/letters/{eva.letter.slug}"
    async with eva.at_desk() as desk, eva.browser() as reader:
        await _noted(eva, desk)
        page = words((await reader.get(public)).text)
        assert "The letter was delivered to Sir Paul Stephenson on" in page
        assert "The Commissioner replied on" in page
        assert "will go on" not in page
        assert (await reader.get(f"{public}/replies/1")).status_code == 404
        edit = f"/desk/letters/{eva.letter.slug}/replies/1/note"
        assert (await desk.post(edit, data=REPLY | {"show_quote": "y", "show_proof": "y"})).status_code == 303
        eva.app._answers.clear()
        page = (await reader.get(public)).text
        assert "The unit’s work\nwill go on." in page
        assert f'href="{public}/replies/1"' in page
        file = await reader.get(f"{public}/replies/1")
        assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
        assert file.headers["content-disposition"].startswith("attachment;")
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        again = await reader.get(f"{public}/replies/1", headers={"if-none-match": file.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        [told] = (await reader.get(f"{public}.json")).json()["replies"]
        assert told["from"] == "The Commissioner"
        assert told["file"] == f"{public}/replies/1"


async def test_lost_is_recorded_shown_and_told_to_the_endorsers_once(eva: Campaign) -> None:
    desk_path, public = f"/desk/letters/{eva.letter.slug}", f"/letters/{eva.letter.slug}"
    async with eva.at_desk() as desk, eva.browser() as reader:
        page = (await desk.get(f"{desk_path}/replies")).text
        assert "Tell the endorsers" not in page
        form = {"outcome": "lost", "on": "", "words": "The unit closed.", "revision": str(eva.reread().revision)}
        refused = await desk.post(f"{desk_path}/outcome", data=form)
        assert refused.status_code == 422
        assert "Give the day on which that was known." in refused.text
        assert "The unit closed." in refused.text
        saved = await desk.post(f"{desk_path}/outcome", data=form | {"on": TODAY}, follow_redirects=True)
        assert "One organisation that endorsed the letter is told by mail" in words(saved.text)
        old = await desk.post(f"{desk_path}/outcome", data=form | {"on": TODAY, "outcome": "won"})
        assert old.status_code == 409
        assert 'value="won"' in old.text
        for told in ("One mail is on the way.", "They were told before, so nothing was sent."):
            page = (await desk.post(f"{desk_path}/outcome/tell", data={"outcome": "lost"}, follow_redirects=True)).text
            assert told in page
        shown = words((await reader.get(public)).text)
        assert "Lost." in shown
        assert "Who decided: The board of the Metropolitan Police Authority. The unit closed." in shown
        assert "A decision is expected" not in shown
        assert (await reader.get(f"{public}.json")).json()["outcome"]["outcome"] == "lost"
        theirs = words((await reader.get(eva.link(NSPCC))).text)
        assert "Lost." in theirs, "the mail leads to their link"
        assert "The unit closed." in theirs
        history = words((await desk.get(f"{desk_path}/history")).text)
        assert "told one endorser by mail what came of it: lost." in history
        assert "recorded what came of it: lost," in history


async def test_the_days_until_the_coordinator_is_mailed_are_chosen_and_none_is_allowed(eva: Campaign) -> None:
    path = f"/desk/letters/{eva.letter.slug}/replies"
    async with eva.at_desk() as desk:
        seen = {"revision": str(eva.reread().revision)}
        for wrong in ("", "-1", "366", "soon"):
            refused = await desk.post(f"{path}/days", data=seen | {"days": wrong})
            assert refused.status_code == 422, wrong
            assert "Give a whole number of days" in refused.text
        assert (await desk.post(f"{path}/days", data=seen | {"days": "0"})).status_code == 303
        assert eva.reread().nudge_days == 0
