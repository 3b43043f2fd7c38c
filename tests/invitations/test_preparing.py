"""Before an invitation goes: its words, a test to oneself, and mail that waits for its hour."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from coalition.base import clock, mailed
from coalition.base import outbox as post
from coalition.base.database import Database
from coalition.base.refused import Closed, Overtaken, Refused, TooMany
from coalition.history import records as history
from coalition.invitations import actions, linking, preparing, records, wording
from coalition.invitations.rules import Invitation
from coalition.invitations.wording import Wording
from coalition.letters import actions as letter_actions
from coalition.organisations.spreadsheets.cells import Values
from coalition.tables import outbox
from tests.cast import NSPCC, Campaign, endorse_form, hidden
from tests.running import Post, _read

LATE = "The Late Comers"
OWN = Wording("A word with {organisation}", "Dear {contact},\n\nwill {organisation} join us?\n\n{link}\n\nEva")


@pytest.fixture
def late(eva: Campaign) -> Invitation:
    """One organisation that nobody has asked yet; the others' mail has left."""
    eva.send_mail()
    values = Values(name=LATE, email="late@charity.example", contact_name="Sample Contact")
    return eva.database.write_now(actions.add, eva.letter.slug, values, "", eva.eva, clock.now())


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """Another process at the same database, such as a worker."""
    with closing(Database(database_url)) as database:
        yield database


def _again(eva: Campaign, one: Invitation) -> Invitation:
    return eva.database.read_now(records.invitation, one.id)


def _timed(eva: Campaign, one: Invitation, leaves_at: datetime) -> None:
    slug, now = eva.letter.slug, clock.now()
    asked = eva.database.write_now(actions.ask, slug, {one.id}, "Eva", now, leaves_at=leaves_at)
    assert asked.queued == 1


def _deeds(eva: Campaign, one: Invitation) -> list[str]:
    return [entry.deed for entry in eva.database.read_now(history.about, eva.letter.id, one.id)]


def _states(eva: Campaign, one: Invitation) -> list[str]:
    wanted = select(outbox.c.state).where(outbox.c.message == "invitation", outbox.c.subject_id == one.id)
    return list(eva.database.read_now(lambda connection: connection.execute(wanted).scalars().all()))


def _newest(eva: Campaign) -> Post:
    return _read(max(eva.mails(), key=lambda path: path.stat().st_mtime_ns))


# The words


async def test_the_coordinators_words_are_the_mail(eva: Campaign, late: Invitation) -> None:
    seen = eva.reread().revision
    eva.database.write_now(preparing.write, eva.letter.slug, seen, OWN, eva.eva, clock.now())
    eva.database.write_now(actions.ask, eva.letter.slug, {late.id}, "Eva", clock.now())
    eva.send_mail()
    mail = _newest(eva)
    assert mail.subject == f"A word with {LATE}"
    said, _, rest = mail.text.partition(f"\n\n{eva.letter.subject}\n\n")  # which letter, where the words do not say it
    assert said == f"Dear Sample Contact,\n\nwill {LATE} join us?"
    assert rest.startswith("Read the letter and answer:\nhttp")
    assert "Stop mail about this letter" in mail.text


async def test_the_proposed_words_are_kept_as_none(eva: Campaign) -> None:
    for words in (OWN, wording.INVITATION, Wording("", "")):
        seen = eva.reread().revision
        eva.database.write_now(preparing.write, eva.letter.slug, seen, words, eva.eva, clock.now())
    letter = eva.reread()
    assert (letter.invitation_subject, letter.invitation_body) == ("", "")
    entries = eva.database.read_now(history.entries, letter.id)
    assert [entry.deed for entry in entries].count("invitation written") == 2


async def test_words_that_cannot_be_filled_in_are_not_saved_and_not_lost(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        here = f"/desk/letters/{eva.letter.slug}/invitation"
        seen = hidden((await desk.get(here)).text, "revision")
        typed = {"subject": "For {organisaton}", "body": "Dear {name},\n\nplease sign.", "revision": seen}
        answer = await desk.post(here, data=typed)
    assert answer.status_code == 422
    for sentence in ("Did you mean {organisation}?", "Did you mean {contact}?", "There is no {link}."):
        assert sentence in answer.text
    assert "For {organisaton}" in answer.text
    assert "Dear {name},\n\nplease sign.</textarea>" in answer.text.replace("\r\n", "\n")
    assert eva.reread().invitation_body == ""
    words = Wording(typed["subject"], typed["body"])
    with pytest.raises(Refused, match="Did you mean"):
        eva.database.write_now(preparing.write, eva.letter.slug, int(seen), words, eva.eva, clock.now())


async def test_a_second_window_cannot_overwrite_the_first(eva: Campaign) -> None:
    seen, slug = eva.reread().revision, eva.letter.slug
    words = [Wording("", f"Dear {{contact}},\n\nnumber {number}\n\n{{link}}") for number in range(5)]
    writes = (eva.database.write(preparing.write, slug, seen, one, eva.eva, clock.now()) for one in words)
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(one).__name__ for one in results].count("Overtaken") == 4
    async with eva.at_desk() as desk:
        here = f"/desk/letters/{slug}/invitation"
        answer = await desk.post(here, data={"body": "Typed late\n\n{link}", "revision": str(seen)})
        assert answer.status_code == Overtaken.status
        assert "Typed late" in answer.text
        again = {"body": "Typed late\n\n{link}", "revision": hidden(answer.text, "revision")}
        assert (await desk.post(here, data=again)).status_code == 303
    assert eva.reread().invitation_body == "Typed late\n\n{link}"


async def test_it_is_seen_as_any_organisation_and_never_with_its_link(eva: Campaign, late: Invitation) -> None:
    slug, seen = eva.letter.slug, eva.reread().revision
    eva.database.write_now(preparing.write, slug, seen, OWN, eva.eva, clock.now())
    asked = eva.database.read_now(actions.opened, eva.nonce(NSPCC), clock.now()).invitation
    async with eva.at_desk() as desk:
        here = f"/desk/letters/{slug}/invitation"
        found = await desk.get(here, params={"q": "nspcc"})
        assert f'href="{here}?as={asked.id}"' in found.text
        for one in (asked, late):
            page = await desk.get(here, params={"as": str(one.id)})
            frame = await desk.get(f"{here}/mail", params={"as": str(one.id)})
            for text in (page.text, frame.text):
                assert f"will {one.organisation} join us?" in text
                assert eva.site.links.token("invitation", eva.nonce(NSPCC)) not in text
        assert (await desk.get(here, params={"as": "999999"})).status_code == 404


async def test_the_proposed_words_come_back_only_when_they_are_saved(eva: Campaign) -> None:
    slug, seen = eva.letter.slug, eva.reread().revision
    eva.database.write_now(preparing.write, slug, seen, OWN, eva.eva, clock.now())
    async with eva.at_desk() as desk:
        here = f"/desk/letters/{slug}/invitation"
        page = await desk.get(here, params={"words": "proposed"})
        assert "One page has the whole letter" in page.text
        assert eva.reread().invitation_body == OWN.body
        form = {**vars(wording.INVITATION), "revision": hidden(page.text, "revision")}
        assert (await desk.post(here, data=form)).status_code == 303
    assert eva.reread().invitation_body == ""


# A test to oneself


async def test_a_test_goes_to_the_coordinator_and_opens_nothing(eva: Campaign, late: Invitation) -> None:
    before = _again(eva, late)
    async with eva.at_desk() as desk:
        sent = await desk.post(f"/desk/letters/{eva.letter.slug}/invitation/test", data={"as": str(late.id)})
        assert sent.status_code == 303
        eva.send_mail()
        mail = _newest(eva)
        links = {word for word in mail.text.split() if word.startswith("http")}
        assert links == {"http://coalition.test/test-mail"}
        opened = await desk.get("/test-mail")
        assert (opened.status_code, "came from a test" in opened.text) == (200, True)
    assert eva.eva.email in mail.to
    assert mail.subject.startswith(f"Test: Will {LATE} endorse")
    assert _again(eva, late) == before
    assert "List-Unsubscribe" not in max(eva.mails(), key=lambda path: path.stat().st_mtime_ns).read_text()


async def test_tests_are_few_in_a_minute(eva: Campaign) -> None:
    slug, now = eva.letter.slug, clock.now()
    for _ in range(preparing.TESTS_MOST):
        eva.database.write_now(preparing.send_test, slug, None, eva.eva, now)
    with pytest.raises(TooMany, match="Wait a minute"):
        eva.database.write_now(preparing.send_test, slug, None, eva.eva, now)
    async with eva.at_desk() as desk:
        answer = await desk.post(f"/desk/letters/{slug}/invitation/test")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    eva.database.write_now(preparing.send_test, slug, None, eva.eva, now + timedelta(minutes=1, seconds=1))


# At an hour


async def test_it_leaves_at_its_hour_and_not_before(eva: Campaign, late: Invitation) -> None:
    leaves_at = clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    assert _again(eva, late).status == "queued"
    assert eva.send_mail() == 0
    assert eva.database.read_now(mailed.timed, eva.letter.id, "invitation", clock.now()) == [(leaves_at, 1)]
    assert eva.database.read_now(mailed.leaving, "invitation", [late.id], clock.now()) == {late.id: leaves_at}
    owed = eva.database.write_now(post.claim, leaves_at, 10)
    assert [one.recipient for one in owed] == ["late@charity.example"]
    assert "invitation timed" in _deeds(eva, late)


async def test_the_hour_is_that_of_the_letters_clocks(eva: Campaign, late: Invitation) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    async with eva.at_desk() as desk:
        ask = f"/desk/letters/{eva.letter.slug}/ask"
        form = {"to": "all", "when": "later", "leaves_at": f"{day}T09:00"}
        assert (await desk.post(ask, data=form)).headers["location"].endswith("done=timed&queued=1&stopped=0")
        page = await desk.get(f"/desk/letters/{eva.letter.slug}/invitation")
    [(leaves_at, _)] = eva.database.read_now(mailed.timed, eva.letter.id, "invitation", clock.now())
    assert leaves_at == clock.moment(datetime(day.year, day.month, day.day, 9), "Europe/London")
    assert f"{clock.day_words(day)} at 09:00, London time" in page.text


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ("2009-11-13T17:00", "has passed. Choose a later time"),
        ("2099-01-01T09:00", "The list closes before that"),
        ("2030-03-31T01:30", "There is no 01:30 on Sunday 31 March 2030 in London"),
        ("2030-10-27T01:30", "01:30 comes twice on Sunday 27 October 2030 in London"),
        ("9999-12-31T23:59", "The list closes before that"),
        ("0001-01-01T00:00", ""),
        ("soon", "Choose a day and a time."),
        ("", "Choose a day and a time."),
    ],
)
async def test_an_hour_that_cannot_be_is_refused_and_kept(
    typed: str, sentence: str, eva: Campaign, late: Invitation
) -> None:
    async with eva.at_desk() as desk:
        form = {"pick": str(late.id), "when": "later", "leaves_at": typed}
        answer = await desk.post(f"/desk/letters/{eva.letter.slug}/ask", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'name="pick" value="{late.id}"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert _again(eva, late).status == "added"


@pytest.mark.parametrize("deed", ["cancel", "now"])
@pytest.mark.parametrize("hour", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"])
async def test_an_hour_that_no_page_showed_is_asked_for_again(eva: Campaign, deed: str, hour: str) -> None:
    async with eva.at_desk() as desk:
        answer = await desk.post(f"/desk/letters/{eva.letter.slug}/invitation/{deed}", data={"leaves_at": hour})
    assert answer.status_code == 422
    assert "Choose again which invitations you mean." in answer.text


def test_asking_many_takes_no_more_questions_than_asking_few(eva: Campaign) -> None:
    """Others wait while it is written."""

    def asked(many: int) -> int:
        for number in range(many):
            values = Values(name=f"Number {number} of {many}", email=f"n{number}@of-{many}.example")
            eva.database.write_now(actions.add, eva.letter.slug, values, "", eva.eva, clock.now())
        said: list[str] = []

        def note(*given: Any) -> None:
            said.append(given[2])

        event.listen(eva.database.engine, "before_cursor_execute", note)
        queued = eva.database.write_now(actions.ask, eva.letter.slug, None, "Eva", clock.now()).queued
        event.remove(eva.database.engine, "before_cursor_execute", note)
        assert queued == many
        return len(said)

    assert asked(3) == asked(30)


async def test_cancelling_happens_once_however_often_it_is_pressed(
    eva: Campaign, late: Invitation, other: Database
) -> None:
    leaves_at = clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    slug = eva.letter.slug
    presses = [
        one.write(preparing.cancel, slug, eva.eva, clock.now(), leaves_at=leaves_at)
        for one in (eva.database, other)
        for _ in range(10)
    ]
    assert sorted(await asyncio.gather(*presses)) == [0] * 19 + [1]
    assert _again(eva, late).status == "added"
    assert _deeds(eva, late).count("invitation cancelled") == 1
    assert eva.database.write_now(post.claim, leaves_at, 10) == []
    assert eva.database.write_now(actions.ask, slug, {late.id}, "Eva", clock.now()).queued == 1


async def test_a_worker_and_a_cancelling_coordinator_never_both_have_it(
    eva: Campaign, late: Invitation, other: Database
) -> None:
    """At the moment it is due: either it is claimed and stays queued, or it is cancelled and nobody claims it."""
    slug = eva.letter.slug
    outcomes = set()
    for round in range(12):
        leaves_at = clock.now() + timedelta(hours=1 + round)
        _timed(eva, late, leaves_at)
        claimed, cancelled = await asyncio.gather(
            other.write(post.claim, leaves_at, 10),
            eva.database.write(preparing.cancel, slug, eva.eva, clock.now(), leaves_at=leaves_at),
        )
        assert len(claimed) + cancelled == 1
        assert _again(eva, late).status == ("added" if cancelled else "queued")
        outcomes.add(bool(cancelled))
        if claimed:
            await eva.database.write(_sent_nothing, late)
    assert outcomes <= {True, False}


def _sent_nothing(connection: Connection, late: Invitation) -> None:
    """Back to where the round began."""
    connection.execute(update(outbox).where(outbox.c.state == "claimed").values(state="sent"))
    records.change(connection, late.id, clock.now(), status="added")


async def test_what_a_worker_has_claimed_is_not_cancelled(eva: Campaign, late: Invitation) -> None:
    slug, leaves_at = eva.letter.slug, clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    eva.database.write_now(post.claim, leaves_at, 10)
    ways: tuple[dict[str, Any], ...] = ({"leaves_at": leaves_at}, {"ids": [late.id]})
    for which in ways:
        assert eva.database.write_now(partial(preparing.cancel, **which), slug, eva.eva, clock.now()) == 0
    assert (_states(eva, late), _again(eva, late).status) == (["claimed"], "queued")


async def test_one_hour_is_cancelled_and_another_stays(eva: Campaign, late: Invitation) -> None:
    slug, now = eva.letter.slug, clock.now()
    values = Values(name="Later Still", email="later@charity.example")
    second = eva.database.write_now(actions.add, slug, values, "", eva.eva, now)
    _timed(eva, late, now + timedelta(hours=1))
    _timed(eva, second, now + timedelta(hours=2))
    async with eva.at_desk() as desk:
        form = {"leaves_at": (now + timedelta(hours=1)).isoformat()}
        done = await desk.post(f"/desk/letters/{slug}/invitation/cancel", data=form)
        assert done.headers["location"].endswith("done=cancelled&moved=1")
        again = await desk.post(f"/desk/letters/{slug}/invitation/cancel", data=form)
        assert again.headers["location"].endswith("done=left&moved=0")
    assert (_again(eva, late).status, _again(eva, second).status) == ("added", "queued")


async def test_it_can_be_sent_sooner_once(eva: Campaign, late: Invitation) -> None:
    leaves_at = clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    async with eva.at_desk() as desk:
        form = {"leaves_at": leaves_at.isoformat()}
        for done in ("hastened&moved=1", "left&moved=0"):
            answer = await desk.post(f"/desk/letters/{eva.letter.slug}/invitation/now", data=form)
            assert answer.headers["location"].endswith(done)
    eva.send_mail()
    assert _again(eva, late).status == "sent"
    assert _states(eva, late) == ["sent"]


async def test_sending_to_one_that_waits_sends_it_once(eva: Campaign, late: Invitation) -> None:
    _timed(eva, late, clock.now() + timedelta(hours=2))
    eva.database.write_now(actions.send_again, eva.letter.slug, late.id, eva.eva, clock.now())
    eva.send_mail()
    assert _states(eva, late) == ["sent"]


async def test_a_new_link_for_one_that_waits_is_mailed_once(eva: Campaign, late: Invitation) -> None:
    _timed(eva, late, clock.now() + timedelta(hours=2))
    assert eva.database.write_now(linking.rotate, eva.letter.slug, [late.id], "Eva", clock.now()) == 1
    assert _states(eva, late) == ["dropped", "waiting"]
    eva.send_mail()
    assert _again(eva, late).status == "sent"


async def test_another_contact_ends_what_waits_for_the_first(eva: Campaign, late: Invitation) -> None:
    leaves_at = clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    changed = ("new@charity.example", "", "", eva.eva, clock.now())
    eva.database.write_now(actions.change_contact, eva.letter.slug, late.id, *changed)
    assert (_states(eva, late), _again(eva, late).status) == (["dropped"], "added")


async def test_what_is_no_longer_wanted_at_its_hour_is_dropped(eva: Campaign, late: Invitation) -> None:
    leaves_at = clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    nonce = _again(eva, late).nonce
    async with eva.browser() as charity:
        link = f"/e/{eva.site.links.token('invitation', nonce or '')}"
        assert (await charity.post(f"{link}/endorse", data=endorse_form(LATE))).status_code == 303
    eva.database.write_now(lambda c: c.execute(update(outbox).values(due_at=clock.now())))
    eva.send_mail()
    assert _states(eva, late) == ["dropped"]
    assert _again(eva, late).status == "endorsed"


async def test_a_closed_list_sends_nothing_sooner(eva: Campaign, late: Invitation) -> None:
    leaves_at = clock.now() + timedelta(hours=2)
    _timed(eva, late, leaves_at)
    after = eva.letter.hard_deadline
    assert after
    with pytest.raises(Closed):
        eva.database.write_now(preparing.send_now, eva.letter.slug, eva.eva, after, leaves_at=leaves_at)


async def test_a_draft_can_be_prepared_and_asks_nobody(eva: Campaign) -> None:
    draft = eva.database.write_now(letter_actions.start, "A second letter", eva.eva, clock.now())
    values = Values(name=LATE, email="late@charity.example")
    eva.database.write_now(actions.add, draft.slug, values, "", eva.eva, clock.now())
    eva.database.write_now(preparing.write, draft.slug, 1, OWN, eva.eva, clock.now())
    async with eva.at_desk() as desk:
        page = await desk.get(f"/desk/letters/{draft.slug}/invitation")
        assert f"A word with {LATE}" in page.text
        refused = await desk.post(f"/desk/letters/{draft.slug}/ask", data={"to": "all"})
        assert refused.status_code == 422
        assert "still a draft" in refused.text


async def test_a_selection_can_be_set_for_an_hour_and_the_tracker_says_which(eva: Campaign, late: Invitation) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    base = f"/desk/letters/{eva.letter.slug}"
    async with eva.at_desk() as desk:
        page = await desk.get(f"{base}/bulk", params={"do": "ask", "pick": str(late.id)})
        form = {name: hidden(page.text, name) for name in ("do", "once", "seen", "pick")}
        refused = await desk.post(f"{base}/bulk", data=form | {"moment": "2030-03-31T01:30"})
        assert refused.status_code == 422
        assert "There is no 01:30 on Sunday 31 March 2030 in London" in refused.text
        done = await desk.post(f"{base}/bulk", data=form | {"moment": f"{day}T09:00"}, follow_redirects=True)
        assert "One invitation is set to leave later" in done.text
        assert f"leaves {day.day} {day:%b %Y}, 09:00" in done.text
        place = f"{base}/organisations/{late.id}"
        assert f"leaves on <strong>{clock.day_words(day)} at 09:00, London time" in (await desk.get(place)).text
        cancelled = await desk.post(f"{base}/invitation/cancel", data={"pick": str(late.id)}, follow_redirects=True)
        assert "The invitation will not be sent" in cancelled.text
    assert _again(eva, late).status == "added"
