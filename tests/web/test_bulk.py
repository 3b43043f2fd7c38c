"""One deed for many rows of the tracker: said first, done once, and nobody is left out without a reason."""

import html
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Connection, update

from coalition.base import clock
from coalition.invitations import records
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.organisations import records as organisations
from coalition.tables import invitations, letters, outbox
from tests.cast import AMNESTY, NSPCC, POPPY, SLUG, Campaign, endorse_form, hidden

DESK = f"/desk/letters/{SLUG}"
ASKED = 36


async def test_what_would_happen_is_said_before_and_changes_nothing(eva: Campaign) -> None:
    eva.send_mail()
    ids = rows(eva)
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    async with eva.at_desk() as desk:
        page = text(await desk.get(f"{DESK}/bulk", params=[("do", "move"), *picked(ids, NSPCC, AMNESTY, POPPY)]))
    assert "Move 2 organisations to another group" in page
    assert "1: endorsed, and chose their group themselves" in page
    assert group(eva, AMNESTY) == "National charities"


async def test_what_needs_you_now_leads_straight_to_reminding_those_it_counts(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    soon = clock.now().date() + timedelta(days=2)
    eva.database.write_now(lambda connection: connection.execute(update(letters).values(soft_deadline=soon)))
    async with eva.at_desk() as desk:
        tracker = await desk.get(DESK)
        [there] = re.findall(r'href="([^"]*do=remind[^"]*)">Remind them', tracker.text)
        page = await desk.get(html.unescape(there))
    assert f"{ASKED - 1} have not answered, and you asked for answers by" in text(tracker)
    assert "has changed since you chose" not in text(page), "it counts the same as the tracker"
    assert f"{ASKED - 1}: " in text(page), "all were asked today, so none is reminded yet, and the page says why"


async def test_a_double_click_does_it_once_and_says_so(eva: Campaign) -> None:
    ids = rows(eva)
    async with eva.at_desk() as desk:
        given = await form(desk, [("do", "move"), *picked(ids, AMNESTY, POPPY)], to="Trade unions")
        first, second = await desk.post(f"{DESK}/bulk", data=given), await desk.post(f"{DESK}/bulk", data=given)
        assert "2 are moved" in text(await desk.get(first.headers["location"]))
        assert "done once" in text(await desk.get(second.headers["location"]))
        entries = text(await desk.get(f"{DESK}/history"))
    assert group(eva, AMNESTY) == group(eva, POPPY) == "Trade unions"
    assert entries.count("to the group Trade unions") == 2


async def test_all_that_a_filter_shows_goes_by_the_filter_over_every_page(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        given = await form(
            desk, [("do", "move"), ("all", "9"), ("group", "National charities")], to="Faith organisations"
        )
        assert not [name for name in given if name == "pick"]
        before = len(shown(eva, Filter(group="National charities")))
        answer = await desk.post(f"{DESK}/bulk", data=given)
        assert f"{before} are moved" in text(await desk.get(answer.headers["location"]))
    assert shown(eva, Filter(group="National charities")) == []


async def test_a_list_that_changed_meanwhile_is_said_and_nothing_is_done(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        page = text(await desk.get(f"{DESK}/bulk", params={"do": "move", "all": "30"}))
        assert f"You chose all 30. Now there are {ASKED}." in page
        given = await form(desk, [("do", "move"), ("all", str(ASKED))], to="Trade unions")
        await desk.post(f"{DESK}/add", data={"name": "Late Charity", "email": "late@charity.example"})
        answer = await desk.post(f"{DESK}/bulk", data=given)
        assert answer.status_code == 409
        assert "The list changed while you looked at it, so nothing was done yet." in text(answer)
        assert f"Move {ASKED + 1 - 4} organisations" in text(answer)
        assert "4: in that group already" in text(answer)
    assert group(eva, AMNESTY) == "National charities"


async def test_a_reminder_goes_to_those_who_may_have_one_and_the_others_are_named(eva: Campaign) -> None:
    eva.send_mail()
    long_ago(eva)
    ids = rows(eva)
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/decline", data={"reason": "No"})
    async with eva.at_desk() as desk:
        given = await form(desk, [("do", "remind"), *picked(ids, NSPCC, AMNESTY, POPPY)])
        answer = await desk.post(f"{DESK}/bulk", data=given)
        page = text(await desk.get(answer.headers["location"]))
    assert "2 reminders are on their way" in page
    assert "1 left out: answered already: NSPCC" in page


async def test_the_other_contact_is_asked_where_there_is_exactly_one(eva: Campaign) -> None:
    ids = rows(eva)

    def more(connection: Connection) -> None:
        for name, count in ((AMNESTY, 1), (POPPY, 2)):
            one = records.invitation(connection, ids[name])
            for n in range(count):
                organisations.add_contact(connection, one.organisation_id, f"other{n}@x.example", "Sample", "")

    eva.database.write_now(more)
    async with eva.at_desk() as desk:
        given = await form(desk, [("do", "contact"), *picked(ids, NSPCC, AMNESTY, POPPY)])
        answer = await desk.post(f"{DESK}/bulk", data=given)
        page = text(await desk.get(answer.headers["location"]))
    assert "One has another contact" in page
    assert "1 left out: several other contacts: choose on their pages: The Poppy Project" in page
    assert "1 left out: no other contact: NSPCC" in page
    [row] = [row for row in shown(eva, Filter()) if row.organisation == AMNESTY]
    assert row.email == "other0@x.example"


async def test_links_are_replaced_and_taken_back_and_time_is_given_for_many(eva: Campaign) -> None:
    eva.send_mail()
    ids = rows(eva)
    old = eva.link(POPPY)
    async with eva.browser() as charity, eva.at_desk() as desk:
        given = await form(desk, [("do", "rotate"), *picked(ids, AMNESTY, POPPY)])
        first, second = await desk.post(f"{DESK}/bulk", data=given), await desk.post(f"{DESK}/bulk", data=given)
        assert "2 new links are on their way" in text(await desk.get(first.headers["location"]))
        assert "done once" in text(await desk.get(second.headers["location"]))
        assert (await charity.get(old)).status_code == 410
        assert (await charity.get(eva.link(POPPY))).status_code == 200

        late = {"moment": "2009-01-01T00:00"}
        given = await form(desk, [("do", "extend"), *picked(ids, AMNESTY, POPPY)])
        refused = await desk.post(f"{DESK}/bulk", data=given | late)
        assert refused.status_code == 422
        assert "Choose a later time" in text(refused)
        assert 'value="2009-01-01T00:00"' in refused.text
        given = await form(desk, [("do", "extend"), *picked(ids, AMNESTY, POPPY)])
        answer = await desk.post(f"{DESK}/bulk", data=given | {"moment": "2199-12-31T12:00"})
        assert "2 organisations have more time" in text(await desk.get(answer.headers["location"]))

        given = await form(desk, [("do", "revoke"), *picked(ids, AMNESTY, POPPY)])
        answer = await desk.post(f"{DESK}/bulk", data=given)
        assert "2 links are taken back" in text(await desk.get(answer.headers["location"]))
        assert not any(eva.nonce(name) for name in (AMNESTY, POPPY))


@pytest.mark.parametrize("query", ["", "?do=remind", "?do=nonsense&pick=1", "?do=remind&pick=x", "?do=move&all=0"])
async def test_nobody_chosen_leads_back_to_the_list(eva: Campaign, query: str) -> None:
    async with eva.at_desk() as desk:
        answer = await desk.get(f"{DESK}/bulk{query}")
        assert answer.status_code == 303
        assert "Nobody was ticked" in text(await desk.get(answer.headers["location"]))


async def test_what_does_not_fit_is_asked_for_again_and_nothing_is_lost(eva: Campaign) -> None:
    ids = rows(eva)
    async with eva.at_desk() as desk:
        given = await form(desk, [("do", "move"), *picked(ids, AMNESTY, POPPY)], to="No such group")
        answer = await desk.post(f"{DESK}/bulk", data=given)
    assert answer.status_code == 422
    assert "Choose one of the letter's groups." in text(answer)
    assert re.findall(r'name="pick" value="(\d+)"', answer.text) == sorted(
        (str(ids[name]) for name in (AMNESTY, POPPY)), key=int
    )


def shown(eva: Campaign, wanted: Filter) -> list[tracking.Row]:
    return eva.database.read_now(tracking.tracker, eva.letter.id, wanted)[0]


def rows(eva: Campaign) -> dict[str, int]:
    return {row.organisation: row.id for row in shown(eva, Filter())}


def group(eva: Campaign, organisation: str) -> str:
    return next(row.group for row in shown(eva, Filter()) if row.organisation == organisation)


def picked(ids: dict[str, int], *names: str) -> list[tuple[str, str]]:
    return [("pick", str(ids[name])) for name in names]


def text(answer: httpx.Response) -> str:
    """What a person reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", answer.text)).split())


async def form(desk: httpx.AsyncClient, chosen: list[tuple[str, str]], **typed: str) -> dict[str, object]:
    """The form of the page that asks, as a browser would send it."""
    page = (await desk.get(f"{DESK}/bulk", params=chosen)).text  # type: ignore[arg-type]
    given: dict[str, object] = {name: hidden(page, name) for name in ("do", "once", "seen")}
    for name, value in chosen:
        if name == "pick":
            given["pick"] = [*given.get("pick", []), value]  # type: ignore[misc]
        elif name != "do":
            given[name] = hidden(page, name)
    return given | typed


def long_ago(eva: Campaign) -> None:
    """The invitations went three days ago."""
    at = clock.now() - timedelta(days=3)

    def move(connection: Connection) -> None:
        connection.execute(update(outbox).values(ended_at=at, queued_at=at, due_at=at))
        connection.execute(update(invitations).values(sent_at=at))

    eva.database.write_now(move)
