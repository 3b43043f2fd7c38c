"""An organisation that nobody asked joins through the pages; its request is the desk's only after the mailed button."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from coalition.base import clock
from coalition.base.limits import source
from coalition.base.links import newest
from coalition.endorsements import records as endorsements
from coalition.endorsements.joins import records as joins
from coalition.letters import actions as letter_actions
from coalition.letters import next_version
from coalition.letters.rules import Arrangements, Kind
from coalition.organisations import records as organisations
from coalition.printings import actions as printings
from tests.cast import NSPCC, SLUG, Campaign, campaign, endorse_form, hidden
from tests.rows import all_rows
from tests.web.test_pages import words

JOIN, DESK = f"/letters/{SLUG}/join", f"/desk/letters/{SLUG}/joins"
PIER = "The Sample Pier Trust"


def join_form(name: str = PIER, **changes: str) -> dict[str, str]:
    more = {
        "email": "office@pier.example",
        "website": "pier.example",
        "register_id": "",
        "note": "Forty people a year.",
    }
    return endorse_form(name, **{**more, **changes})


@pytest.fixture
async def quick(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Campaign]:
    """Eva's campaign on SQLite alone, for what no database has a part in."""
    async with campaign(sqlite_url, tmp_path / "data") as begun:
        yield begun


def _confirm_link(eva: Campaign, id: int = 1) -> str:
    return f"/confirm/{eva.site.links.token('join', eva.database.read_now(newest, 'join', id) or '')}"


async def test_from_the_public_page_to_the_printed_list(eva: Campaign) -> None:
    async with eva.browser() as stranger, eva.at_desk() as desk:
        public = await stranger.get(f"/letters/{SLUG}")
        assert f'href="{JOIN}"' in public.text
        form = join_form(key=hidden((await stranger.get(JOIN)).text, "key"))
        for _ in range(2):  # a double click
            sent = await stranger.post(JOIN, data=form)
            assert (sent.status_code, sent.headers["location"]) == (303, f"{JOIN}?sent=yes")
        assert eva.database.read_now(joins.at_desk, eva.letter.id) == []
        eva.send_mail()
        [mail] = [one for path in eva.mails() if "office@pier.example" in (one := path.read_text())]
        assert eva.eva.email not in mail, "whoever typed an address in does not learn the coordinator's"
        found = re.search(r"http://coalition\.test(/confirm/[\w.-]+)", mail.replace("=\n", "").replace("=3D", "="))
        assert found
        for method in ("GET", "HEAD", "GET"):  # a scanner
            before = eva.database.read_now(all_rows)
            assert (await stranger.request(method, found[1])).status_code == 200
            assert eva.database.read_now(all_rows) == before
        done = await stranger.post(found[1], data={"version": "1"})
        assert (done.status_code, done.headers["location"]) == (303, f"{found[1]}?done=confirmed")
        again = await stranger.post(found[1], data={"version": "1"})
        assert "confirmed already" in (await stranger.get(again.headers["location"])).text
        assert "1 organisation asks to join See who" in words((await desk.get(f"/desk/letters/{SLUG}")).text)
        page = await desk.get(f"{DESK}/1")
        for typed in (PIER, "office@pier.example", "https://pier.example", "Forty people a year.", "Sample Signatory"):
            assert typed in page.text
        assert (await desk.post(f"{DESK}/1/new", data={"plan": hidden(page.text, "plan")})).status_code == 303
        assert "The endorsement was recorded under version 1" in words((await desk.get(f"{DESK}/1")).text)
        assert PIER in (await stranger.get(f"/letters/{SLUG}/endorsers.csv")).text
        for path in (f"/letters/{SLUG}", f"/letters/{SLUG}.json", f"/letters/{SLUG}/endorsers.csv"):
            assert "office@pier.example" not in (await stranger.get(path)).text
        again = await desk.post(f"{DESK}/1/new", data={"plan": "old"})
        assert again.status_code == 303, "a second click finds it done"
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 1


async def test_the_answer_is_the_same_whether_the_address_is_known_or_not(quick: Campaign) -> None:
    known = quick.mails()
    quick.send_mail()
    known = [path for path in quick.mails() if path not in known]
    address = re.search(r"^To: .*?<?([\w.]+@nspcc\.example)", "".join(path.read_text() for path in known), re.MULTILINE)
    assert address
    async with quick.browser() as stranger:
        answers = [
            await stranger.post(JOIN, data=join_form(email=email)) for email in (address[1], "nobody@pier.example")
        ]
    assert len({(one.status_code, str(one.headers), one.text) for one in answers}) == 1


async def test_a_filled_trap_is_thanked_and_kept_nowhere(quick: Campaign) -> None:
    before = quick.database.read_now(all_rows)
    async with quick.browser() as program:
        answer = await program.post(JOIN, data=join_form(nickname="Fill me in"))
        page = await program.get(JOIN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{JOIN}?sent=yes")
    assert quick.database.read_now(all_rows) == before
    trap = re.search(r'<div class="unseen" aria-hidden="true">.*?</div>\s*</div>', page.text, re.DOTALL)
    assert trap
    assert 'tabindex="-1"' in trap[0]


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"email": "office at pier"}, "contains a space"),
        ({"email": ""}, "Write your e-mail address."),
        ({"website": "not a website"}, "is not the address of a website"),
        ({"register_id": "12"}, "is not a charity or company number"),
        ({"name": "Buy at www.pills.example"}, "Write only the name here"),
        ({"authority": ""}, "Say how this endorsement was decided."),
        ({"note": "x" * 1001}, "longer than 1,000 characters"),
        ({"version": "x"}, "Not a valid integer"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    changes: dict[str, str], said: str, quick: Campaign
) -> None:
    async with quick.browser() as stranger:
        answer = await stranger.post(JOIN, data=join_form(role="Typed And Kept", **changes))
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert said.replace("'", "&#39;") in answer.text
    assert "Typed And Kept" in answer.text
    assert quick.database.read_now(all_rows)["joins"] == []


async def test_one_source_may_ask_ten_times_an_hour_and_loses_nothing_then(quick: Campaign) -> None:
    async with quick.browser() as stranger:
        for number in range(11):
            answer = await stranger.post(JOIN, data=join_form(email=f"{number}@pier.example", note=f"Note {number}"))
            assert answer.status_code == (303 if number < 10 else 429)
    assert 0 < int(answer.headers["retry-after"]) <= 3601
    assert "Note 10" in answer.text
    assert "127.0.0.1" not in repr(quick.site.join_limit.__dict__), "no address is kept, but what was made of it"


def test_a_household_is_one_source_and_its_address_is_not_kept() -> None:
    assert source("2001:db8::1") == source("2001:db8::2") != source("2001:db8:1::1")
    assert source("192.0.2.1") != source("192.0.2.2")
    assert len(source("")) == 32


async def test_three_mails_an_hour_to_one_address_then_429_with_what_was_typed(quick: Campaign) -> None:
    async with quick.browser() as stranger:
        for number in range(4):
            answer = await stranger.post(JOIN, data=join_form(note=f"Note {number}"))
            assert answer.status_code == (303 if number < 3 else 429)
    assert answer.headers["retry-after"] == "3600"
    assert "Note 3" in answer.text


def publish(eva: Campaign, kind: Kind) -> None:
    letter = eva.reread()
    text = replace(letter.text, ask=f"{letter.text.ask} Please.")
    seen = eva.database.write_now(next_version.save_next, SLUG, letter.next_revision, text, clock.now()).next_revision
    eva.database.write_now(printings.publish, SLUG, seen, kind, "", "Eva", clock.now())


def _arranged(eva: Campaign, **changes: object) -> None:
    letter = eva.reread()
    plan = Arrangements(**{name: getattr(letter, name) for name in Arrangements.__dataclass_fields__} | changes)
    eva.database.write_now(letter_actions.arrange, SLUG, letter.revision, plan, "Eva", clock.now())


async def test_a_private_or_embargoed_letter_looks_like_none(quick: Campaign) -> None:
    async with quick.browser() as stranger:
        await stranger.post(JOIN, data=join_form())
        link = _confirm_link(quick)
        for changes in (
            {"visibility": "private"},
            {"visibility": "public", "embargo_until": clock.now() + timedelta(days=1)},
        ):
            _arranged(quick, **changes)
            for form in (None, {}, join_form(), join_form(nickname="x")):
                method = "GET" if form is None else "POST"
                hid = await stranger.request(method, JOIN, data=form)
                none = await stranger.request(method, "/letters/no-such-letter/join", data=form)
                assert (hid.status_code, hid.text) == (none.status_code, none.text)
                assert hid.status_code == 404
            for method in ("GET", "POST"):
                answer = await stranger.request(method, link)
                assert answer.status_code == 404
                assert quick.letter.subject not in answer.text
        _arranged(quick, visibility="link", embargo_until=None)
        for method in ("GET", "POST"):
            assert (await stranger.request(method, JOIN, data=join_form())).status_code in (409,)
        assert "/join" not in (await stranger.get(f"/letters/{SLUG}")).text


async def test_links_that_were_used_are_old_or_unknown_are_three_pages(quick: Campaign) -> None:
    async with quick.browser() as stranger:
        await stranger.post(JOIN, data=join_form())
        link = _confirm_link(quick)
        await stranger.post(link, data={})
        used = await stranger.get(link)
        await stranger.post(JOIN, data=join_form(email="late@pier.example"))
        old = _confirm_link(quick, 2)
        late = clock.now() + timedelta(days=8)
        quick.database.write_now(joins.forget, late - timedelta(days=7), late)
        expired, unknown = await stranger.get(old), await stranger.get(link[:-4])
        posted = await stranger.post(old, data={"version": "1"})
    assert [one.status_code for one in (used, expired, unknown, posted)] == [200, 410, 404, 410]
    assert "Your request is confirmed" in used.text
    assert "This link has expired" in expired.text == posted.text
    assert "a part of it is missing" in unknown.text
    for answer in (used, expired, unknown):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_approving_as_the_known_one_shows_what_happens_first_and_again_when_it_is_otherwise(
    quick: Campaign,
) -> None:
    async with quick.browser() as stranger, quick.at_desk() as desk:
        await stranger.post(JOIN, data=join_form("N.S.P.C.C.", email="someone@gmail.com"))
        await stranger.post(_confirm_link(quick), data={})
        page = await desk.get(f"{DESK}/1")
        assert "at a provider that anyone can use" in page.text
        [there] = {int(id) for id in re.findall(rf'href="{DESK}/1/as/(\d+)"', page.text)}
        refused = await desk.post(f"{DESK}/1/new", data={"plan": hidden(page.text, "plan")})
        assert (refused.status_code, f"{DESK}/1/as/{there}" in refused.text) == (422, True)
        shown = await desk.get(f"{DESK}/1/as/{there}")
        assert "has not answered" in words(shown.text)
        await stranger.post(f"{quick.link(NSPCC)}/endorse", data=endorse_form())
        late = await desk.post(f"{DESK}/1/as/{there}", data={"plan": hidden(shown.text, "plan")})
        assert late.status_code == 409
        assert "confirmed earlier" in words(late.text)
        assert "the answer that was given last counts" in words(late.text)
        done = await desk.post(f"{DESK}/1/as/{there}", data={"plan": hidden(late.text, "plan")})
        assert (done.status_code, done.headers["location"]) == (303, f"{DESK}/1?done=approved")
    assert quick.database.read_now(endorsements.count, quick.letter.id) == 1


async def test_turning_down_needs_a_word_which_is_mailed(quick: Campaign) -> None:
    async with quick.browser() as stranger, quick.at_desk() as desk:
        await stranger.post(JOIN, data=join_form())
        await stranger.post(_confirm_link(quick), data={})
        without = await desk.post(f"{DESK}/1/turn-down", data={"word": " "})
        assert (without.status_code, "error-summary" in without.text) == (422, True)
        done = await desk.post(f"{DESK}/1/turn-down", data={"word": "We print <b>charities</b> only."})
        assert done.status_code == 303
        assert "We print &lt;b&gt;charities&lt;/b&gt; only." in (await desk.get(f"{DESK}/1")).text
        quick.send_mail()
        mails = [path.read_text() for path in quick.mails()]
        assert any("office@pier.example" in one and "charities" in one for one in mails)
        assert "turned down" in (await stranger.get(_confirm_link(quick))).text


async def test_mail_that_is_not_wanted_any_more_when_it_could_leave_does_not(quick: Campaign) -> None:
    """Confirmed, so its link is not mailed again; decided, so the desk is not told; an address that takes no mail."""
    quick.send_mail()
    before = len(quick.mails())
    at = clock.now()
    quick.database.write_now(organisations.stop_mail, "gone@pier.example", "bounced", at)
    quick.database.write_now(organisations.stop_mail, "quiet@pier.example", "unsubscribed", at)
    async with quick.browser() as stranger, quick.at_desk() as desk:
        await stranger.post(JOIN, data=join_form())
        await stranger.post(_confirm_link(quick), data={})
        await desk.post(f"{DESK}/1/turn-down", data={"word": "No."})
        for name in ("gone", "quiet"):
            await stranger.post(JOIN, data=join_form(email=f"{name}@pier.example"))
    quick.send_mail()
    new = [path.read_text() for path in quick.mails()[before:]]
    assert len(new) == 2
    assert sum("quiet@pier.example" in one for one in new) == 1, "what they asked for themselves"
    assert sum("decided not to add it" in " ".join(one.split()) for one in new) == 1


async def test_a_stranger_sees_nothing_of_a_request_at_the_desk_and_the_desk_nothing_unconfirmed(
    quick: Campaign,
) -> None:
    async with quick.browser() as stranger, quick.at_desk() as desk:
        await stranger.post(JOIN, data=join_form())
        for path in (DESK, f"{DESK}/1"):
            assert (await stranger.get(path)).status_code == 303
        assert PIER not in (await desk.get(DESK)).text
        for path in (f"{DESK}/1", f"{DESK}/1/as/1", f"{DESK}/99"):
            assert (await desk.get(path)).status_code == 404
        for path in ("new", "as/1", "turn-down"):
            answer = await desk.post(f"{DESK}/1/{path}", data={"plan": "x", "word": "No."})
            assert answer.status_code == 404


async def test_a_text_changed_before_sending_or_confirming_shows_the_difference_and_keeps_what_was_typed(
    quick: Campaign,
) -> None:
    async with quick.browser() as stranger:
        await stranger.post(JOIN, data=join_form())
        publish(quick, "correction")
        late = await stranger.post(JOIN, data=join_form(email="late@pier.example", note="Kept"))
        assert late.status_code == 409
        for page in (late.text, (await stranger.get(_confirm_link(quick))).text):
            assert "put in:" in page
        assert "Kept" in late.text
        assert hidden(late.text, "version") == "2"
        old = await stranger.post(_confirm_link(quick), data={"version": "1"})
        assert (old.status_code, "put in:" in old.text) == (409, True)
        assert (await stranger.post(_confirm_link(quick), data={"version": "2"})).status_code == 303


async def test_who_is_asked_about_a_newer_text_finds_what_they_typed_and_nobody_else_does(quick: Campaign) -> None:
    async with quick.browser() as stranger, quick.at_desk() as desk:
        await stranger.post(JOIN, data=join_form("NSPCC", signatory="Sample Newcomer"))
        await stranger.post(_confirm_link(quick), data={})
        publish(quick, "correction")
        there = re.findall(rf'href="{DESK}/1/as/(\d+)"', (await desk.get(f"{DESK}/1")).text)[0]
        plan = hidden((await desk.get(f"{DESK}/1/as/{there}")).text, "plan")
        await desk.post(f"{DESK}/1/as/{there}", data={"plan": plan})
        assert "a link is mailed to them" in words((await desk.get(f"{DESK}/1")).text)
        quick.send_mail()
        [mail] = [one for path in quick.mails() if "asked to join" in (one := path.read_text()) and "/e/" in one]
        found = re.search(r"http://coalition\.test(/e/[\w.-]+)", mail.replace("=\n", "").replace("=3D", "="))
        assert found
        own, other = await stranger.get(found[1]), await stranger.get(quick.link(NSPCC))
    assert "Sample Newcomer" in own.text
    assert "put in:" in own.text
    assert "Sample Newcomer" not in other.text
