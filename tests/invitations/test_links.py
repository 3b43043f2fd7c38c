"""Links: replaced, given more time, passed on; deciding later; that a link was loaded is told once."""

import asyncio
from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from coalition.base import clock
from coalition.endorsements import records as endorsements
from coalition.history import records as history
from coalition.invitations import actions, forwarding, holders, linking, records
from coalition.invitations.rules import Invitation
from coalition.printings import actions as printings
from coalition.tables import outbox
from coalition.work import hours
from tests.cast import AMNESTY, NSPCC, Campaign, endorse_form, hidden

COLLEAGUE = "colleague@charity.example"


def _one(eva: Campaign, organisation: str = NSPCC) -> Invitation:
    return eva.database.read_now(actions.opened, eva.nonce(organisation), clock.now()).invitation


def _again(eva: Campaign, one: Invitation) -> Invitation:
    return eva.database.read_now(records.invitation, one.id)


def _link(eva: Campaign, one: Invitation, email: str) -> str:
    [held] = [held for held in eva.database.read_now(holders.holders, one.id) if held.email == email]
    return f"/e/{eva.site.links.token('invitation', held.nonce)}"


def _mails(eva: Campaign, one: Invitation) -> Counter[str]:
    def look(connection: Connection) -> list[str]:
        return list(connection.execute(select(outbox.c.message).where(outbox.c.subject_id == one.id)).scalars())

    return Counter(eva.database.read_now(look))


def _deeds(eva: Campaign, one: Invitation) -> Counter[str]:
    return Counter(entry.deed for entry in eva.database.read_now(history.about, eva.letter.id, one.id))


async def test_loading_a_link_is_told_once_and_head_is_not_loading(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    async with eva.browser() as scanner:
        await scanner.head(eva.link(NSPCC))
        eva.database.write_now(lambda _: None)
        assert _again(eva, one).status == "sent"
        await asyncio.gather(*(scanner.get(eva.link(NSPCC)) for _ in range(5)))
        eva.database.write_now(lambda _: None)
        first = _again(eva, one)
        assert (first.status, first.read_at) == ("fetched", None)
        await scanner.get(eva.link(NSPCC))
        eva.database.write_now(lambda _: None)
    assert _again(eva, one) == first
    assert "letter read" not in _deeds(eva, one)


async def test_a_double_click_replaces_a_link_once_and_sends_one_mail_again(eva: Campaign) -> None:
    """Between the two clicks the mail of the first has left: its link must not be dead when it arrives."""
    eva.send_mail()
    one = _one(eva)
    page = f"/desk/letters/{eva.letter.slug}/organisations/{one.id}"
    async with eva.at_desk() as desk:
        for deed, done, mails in (("rotate", "replaced", 2), ("send", "sent", 3)):
            form = {"once": hidden((await desk.get(page)).text, "once")}
            for _ in range(2):
                answer = await desk.post(f"{page}/{deed}", data=form)
                assert answer.headers["location"].endswith(f"?done={done}")
                eva.send_mail()
            assert _mails(eva, one)["invitation"] == mails
    assert _deeds(eva, one)["link replaced"] == 1


async def test_no_late_mail_brings_the_link_of_whoever_is_asked_now_to_whoever_was_asked_before(eva: Campaign) -> None:
    """The mail server was away: what was owed to the one leaves when the other has been chosen."""
    eva.send_mail()
    one = _one(eva)
    passed, endorsed = {"email": COLLEAGUE, "way": "both"}, endorse_form()
    async with eva.browser() as charity:
        assert (await charity.post(f"{eva.link(NSPCC)}/forward", data=passed)).status_code == 303
        assert (await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorsed)).status_code == 303
    chosen = "chosen@charity.example"
    eva.database.write_now(actions.change_contact, eva.letter.slug, one.id, chosen, "", "", eva.eva, clock.now())
    eva.database.write_now(actions.send_again, eva.letter.slug, one.id, eva.eva, clock.now())
    eva.send_mail()

    def sent(connection: Connection) -> dict[str, str]:
        rows = select(outbox.c.message, outbox.c.state).where(outbox.c.subject_id == one.id).order_by(outbox.c.id)
        return {message: state for message, state in connection.execute(rows)}

    states = eva.database.read_now(sent)
    dropped = {"forwarded": "dropped", "passed_on": "dropped", "receipt": "dropped"}
    assert states == {**dropped, "invitation": "sent"}


async def test_a_replaced_link_says_so_and_mails_the_newer_one_once_an_hour(eva: Campaign) -> None:
    eva.send_mail()
    one, old = _one(eva), eva.link(NSPCC)
    assert await eva.database.write(linking.rotate, eva.letter.slug, [one.id], "Eva", clock.now()) == 1
    async with eva.browser() as charity:
        page = await charity.get(old)
        assert page.status_code == 410
        assert "This link was replaced by a newer one" in page.text
        assert one.email not in page.text
        assert (await charity.post(f"{old}/endorse", data=endorse_form())).status_code == 410
        early = await charity.post(f"{old}/again")
        assert (early.status_code, early.headers["retry-after"]) == (429, "3600")
        assert (await charity.get(eva.link(NSPCC))).status_code == 200
    later = clock.now() + timedelta(hours=2)
    nonce = eva.site.links.nonce("invitation", old.removeprefix("/e/"))
    await eva.database.write(linking.mail_newer, nonce, later)
    assert _mails(eva, one)["invitation"] == 3


async def test_each_ending_is_a_page_of_its_own(eva: Campaign) -> None:
    old = eva.link(NSPCC)
    one = _one(eva)
    await eva.database.write(
        actions.change_contact, eva.letter.slug, one.id, "new@charity.example", "New Person", "", eva.eva, clock.now()
    )
    async with eva.browser() as charity:
        page = await charity.get(old)
        assert page.status_code == 410
        assert "Somebody else is asked now" in page.text
        assert "New Person" not in page.text
        assert (await charity.post(f"{old}/again")).status_code == 422
        assert (await charity.post("/e/no-such-link/again")).status_code == 404


async def test_one_organisation_may_answer_after_the_list_has_closed_and_others_may_not(eva: Campaign) -> None:
    one = _one(eva)
    until = clock.now() + timedelta(days=60)
    await eva.database.write(linking.extend, eva.letter.slug, [one.id], until, "Eva", clock.now())
    await eva.database.write(printings.close_list, eva.letter.slug, "Eva", clock.now())
    async with eva.browser() as charity:
        assert "Will" in (await charity.get(eva.link(NSPCC))).text
        assert (await charity.post(f"{eva.link(AMNESTY)}/endorse", data=endorse_form(AMNESTY))).status_code == 409
        assert (await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())).status_code == 303
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 1
    again = await eva.database.write(printings.print_again, eva.letter.slug, "Eva", clock.now())
    assert (again.number, again.undersigned) == (2, 1)


async def test_more_time_for_all_moves_the_letters_deadline_and_tells_those_who_wait(eva: Campaign) -> None:
    eva.send_mail()
    one, until = _one(eva), clock.now().replace(microsecond=0) + timedelta(days=40)
    await eva.database.write(linking.extend, eva.letter.slug, None, until, "Eva", clock.now())
    assert eva.reread().hard_deadline == until
    assert _mails(eva, one)["deadline_moved"] == 1


async def test_deciding_later_is_noted_and_written_to_once_on_that_morning(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    zone = ZoneInfo(eva.letter.time_zone)
    day = (clock.now().astimezone(zone) + timedelta(days=3)).date()
    async with eva.browser() as charity:
        link = eva.link(NSPCC)
        for wrong in ("", "soon", clock.now().astimezone(zone).date().isoformat(), "2100-01-01"):
            assert (await charity.post(f"{link}/later", data={"until": wrong, "seen": "0"})).status_code == 422
        told = await charity.post(f"{link}/later", data={"until": day.isoformat(), "seen": "0"})
        assert (told.status_code, told.headers["location"]) == (303, f"{link}?done=later")
        same = await charity.post(f"{link}/later", data={"until": day.isoformat(), "seen": "0"})
        assert same.headers["location"].endswith("done=same")
        assert "decides by" in (await charity.get(link)).text
    assert (_again(eva, one).status, _again(eva, one).deciding_until) == ("deciding", day)
    morning = datetime.combine(day, time(9), zone)
    hours.do_what_is_due(eva.database, morning - timedelta(seconds=1))
    assert _mails(eva, one)["deciding_day"] == 0
    for _ in range(3):
        hours.do_what_is_due(eva.database, morning)
    assert (_mails(eva, one)["deciding_day"], _mails(eva, one)["later"]) == (1, 1)


async def test_whoever_answers_before_that_morning_is_not_written_to(eva: Campaign) -> None:
    eva.send_mail()
    one, zone = _one(eva), ZoneInfo(eva.letter.time_zone)
    day = (clock.now().astimezone(zone) + timedelta(days=3)).date()
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/later", data={"until": day.isoformat()})
        assert (await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())).status_code == 303
    hours.do_what_is_due(eva.database, datetime.combine(day, time(9), zone))
    assert _mails(eva, one)["deciding_day"] == 0
    assert _again(eva, one).deciding_until is None


async def test_a_colleague_gets_a_link_of_their_own_and_there_is_one_endorsement(eva: Campaign) -> None:
    one = _one(eva)
    async with eva.browser() as charity:
        form = {"email": COLLEAGUE, "name": "Ben Sample", "way": "both"}
        clicks = await asyncio.gather(*(charity.post(f"{eva.link(NSPCC)}/forward", data=form) for _ in range(5)))
        assert Counter(click.headers["location"].rpartition("=")[2] for click in clicks) == {"passed": 1, "same": 4}
        assert (_deeds(eva, one)["passed on"], _mails(eva, one)["forwarded"]) == (1, 1)
        theirs = _link(eva, one, COLLEAGUE)
        both = await asyncio.gather(
            charity.post(f"{theirs}/endorse", data=endorse_form(signatory="Ben Sample") | {"seen": "0"}),
            charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form() | {"seen": "0"}),
        )
    assert sorted(answer.status_code for answer in both) == [303, 409]
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 1
    eva.send_mail()
    receipts = [mail.read_text() for mail in eva.mails() if "Delivered-To: " + COLLEAGUE in mail.read_text()]
    assert len(receipts) >= 1


async def test_a_link_that_was_handed_over_shows_the_letter_and_answers_nothing(eva: Campaign) -> None:
    one, mine = _one(eva), eva.link(NSPCC)
    async with eva.browser() as charity:
        await charity.post(f"{mine}/forward", data={"email": COLLEAGUE, "name": "", "way": "pass"})
        page = await charity.get(mine)
        assert page.status_code == 200
        assert "You passed this letter to a colleague" in page.text
        assert f'action="{mine}/' not in page.text
        assert "The list closes" in page.text, "it is open still, for those who have it now"
        for deed, form in (
            ("endorse", endorse_form()),
            ("decline", {}),
            ("withdraw", {}),
            ("later", {"until": "2100-01-01"}),
        ):
            assert (await charity.post(f"{mine}/{deed}", data=form)).status_code == 403, deed
        assert (await charity.post(f"{mine}/forward", data={"email": "third@charity.example"})).status_code == 403
        theirs = _link(eva, one, COLLEAGUE)
        assert (await charity.post(f"{theirs}/endorse", data=endorse_form())).status_code == 303
    assert _again(eva, one).email == COLLEAGUE


async def test_passing_on_is_no_open_relay(eva: Campaign) -> None:
    one = _one(eva)
    async with eva.browser() as charity:
        link = eva.link(NSPCC)
        for wrong in (
            {"email": "nobody"},
            {"email": COLLEAGUE, "name": "See https://evil.example"},
            {"email": one.email},
        ):
            assert (await charity.post(f"{link}/forward", data=wrong)).status_code == 422
        sent = [
            await charity.post(f"{link}/forward", data={"email": f"c{n}@charity.example"})
            for n in range(forwarding.A_DAY_MOST + 1)
        ]
    assert [answer.status_code for answer in sent] == [303] * forwarding.A_DAY_MOST + [429]
    assert sent[-1].headers["retry-after"] == "86400"


async def test_taking_back_ends_every_link_of_an_organisation_whichever_is_first(eva: Campaign) -> None:
    one, nonce = _one(eva), eva.nonce(NSPCC)
    results = await asyncio.gather(
        eva.database.write(forwarding.forward, nonce, COLLEAGUE, "", "both", clock.now()),
        eva.database.write(linking.revoke, eva.letter.slug, [one.id], "Eva", clock.now()),
        eva.database.write(forwarding.forward, nonce, "late@charity.example", "", "both", clock.now()),
        return_exceptions=True,
    )
    assert [type(one).__name__ if isinstance(one, Exception) else one for one in results] == ["passed", 1, "Revoked"]
    assert eva.database.read_now(holders.holders, one.id) == []
    eva.send_mail()
    assert not [mail for mail in eva.mails() if "Delivered-To: " + COLLEAGUE in mail.read_text()]


async def test_a_colleague_who_wants_no_more_mail_stops_it_for_themselves_alone(eva: Campaign) -> None:
    one = _one(eva)
    await eva.database.write(forwarding.forward, eva.nonce(NSPCC), COLLEAGUE, "", "both", clock.now())
    [held] = [held for held in eva.database.read_now(holders.holders, one.id) if held.email == COLLEAGUE]
    async with eva.browser() as charity:
        await charity.post(f"/unsubscribe/{eva.site.links.token('unsubscribe', held.nonce)}")
    stopped = {held.email: held.stopped for held in eva.database.read_now(holders.holders, one.id)}
    assert stopped == {one.email: False, COLLEAGUE: True}


async def test_the_history_names_those_who_passed_it_on_and_holds_no_name_itself(eva: Campaign) -> None:
    one = _one(eva)
    await eva.database.write(forwarding.forward, eva.nonce(NSPCC), COLLEAGUE, "Sample Colleague", "both", clock.now())
    second = eva.site.links.nonce("invitation", _link(eva, one, COLLEAGUE).removeprefix("/e/"))
    third = "third@charity.example"
    await eva.database.write(forwarding.forward, second, third, "Sample Third", "pass", clock.now())
    [entry, last] = [
        entry for entry in eva.database.read_now(history.about, eva.letter.id, one.id) if entry.deed == "passed on"
    ]
    assert "Sample" not in f"{entry.data}{last.data}"
    assert last.data["from"] == entry.data["to"]
    async with eva.at_desk() as desk:
        for path in (f"/organisations/{one.id}", "/history"):
            page = (await desk.get(f"/desk/letters/{eva.letter.slug}{path}")).text
            assert "passed the letter on to <bdi>Sample Colleague</bdi>" in page
            assert "<bdi>Sample Colleague</bdi> at <bdi>NSPCC</bdi> passed the letter on to <bdi>Sample Third" in page


async def test_a_link_that_is_loaded_before_its_mail_counts_as_sent_still_knows_when_it_was(eva: Campaign) -> None:
    one = _one(eva)
    eva.database.write_now(actions.mark_fetched, one.id, clock.now())
    assert _again(eva, one).sent_at is None
    eva.send_mail()
    after = _again(eva, one)
    assert after.status == "fetched"
    assert after.sent_at is not None


async def test_a_day_to_decide_on_which_the_list_closes_offers_more_time_with_the_day_after_filled_in(
    eva: Campaign,
) -> None:
    one, zone = _one(eva), ZoneInfo(eva.letter.time_zone)
    assert eva.letter.hard_deadline is not None
    day = eva.letter.hard_deadline.astimezone(zone).date()
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/later", data={"until": day.isoformat()})
    async with eva.at_desk() as desk:
        page = (await desk.get(f"/desk/letters/{eva.letter.slug}/organisations/{one.id}")).text
    assert '<a href="#until">Give them more time</a>' in page
    assert f'value="{(day + timedelta(days=1)).isoformat()}T' in page
