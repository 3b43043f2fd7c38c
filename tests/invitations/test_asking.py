"""Asking: one mail each however often the button is pressed, links that can be taken back, addresses that say no."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import Connection, select

from coalition.base import clock
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.history import records as history
from coalition.invitations import actions, linking, records
from coalition.invitations.rules import Invitation, Revoked
from coalition.organisations import records as organisations
from coalition.organisations.spreadsheets.cells import Values
from coalition.tables import outbox
from tests.cast import AMNESTY, NSPCC, Campaign, endorse_form


def _one(eva: Campaign, organisation: str = NSPCC) -> Invitation:
    nonce = eva.nonce(organisation)
    return eva.database.read_now(actions.opened, nonce, clock.now()).invitation


def _again(eva: Campaign, one: Invitation) -> Invitation:
    return eva.database.read_now(records.invitation, one.id)


def _owed(connection: Connection) -> list[tuple[str, str]]:
    return [tuple(row) for row in connection.execute(select(outbox.c.message, outbox.c.recipient))]


async def test_asking_again_asks_nobody_twice(eva: Campaign, database_url: str) -> None:
    """The cast has been asked once already; here everybody presses the button, in two processes in effect."""
    other = Database(database_url)
    values = Values(name="The Late Comers", email="late@charity.example")
    await eva.database.write(actions.add, eva.letter.slug, values, "", eva.eva, clock.now())
    try:
        presses = [
            one.write(actions.ask, eva.letter.slug, None, "Eva", clock.now())
            for one in (eva.database, other)
            for _ in range(10)
        ]
        asked = await asyncio.gather(*presses)
    finally:
        other.close()
    assert sorted(one.queued for one in asked) == [0] * 19 + [1]
    recipients = Counter(recipient for _, recipient in eva.database.read_now(_owed))
    assert recipients["late@charity.example"] == 1
    assert set(recipients.values()) == {1}


async def test_each_is_asked_through_a_link_of_its_own(eva: Campaign) -> None:
    eva.send_mail()
    links = [
        line for path in eva.mails() for line in path.read_text().split() if line.startswith("http://coalition.test/e/")
    ]
    assert len(set(links)) == len(eva.mails()) > 20


async def test_a_revoked_link_stays_revoked_when_another_is_sent(eva: Campaign) -> None:
    one, old = _one(eva), eva.nonce(NSPCC)
    assert await eva.database.write(linking.revoke, eva.letter.slug, [one.id], eva.eva.called, clock.now()) == 1
    assert await eva.database.write(linking.revoke, eva.letter.slug, [one.id], eva.eva.called, clock.now()) == 0
    await eva.database.write(actions.send_again, eva.letter.slug, one.id, eva.eva, clock.now())
    assert _again(eva, one).nonce not in (None, old)
    with pytest.raises(Revoked):
        await eva.database.read(actions.opened, old, clock.now())


async def test_mail_to_somebody_who_is_no_longer_the_contact_is_dropped_and_the_new_one_is_sent(eva: Campaign) -> None:
    one = _one(eva)
    at = clock.now()
    await eva.database.write(
        actions.change_contact, eva.letter.slug, one.id, "new@charity.example", "", "", eva.eva, at
    )
    await eva.database.write(actions.send_again, eva.letter.slug, one.id, eva.eva, at)
    eva.send_mail()
    to = [path.read_text() for path in eva.mails()]
    assert sum("Delivered-To: new@charity.example" in mail for mail in to) == 1
    assert sum(f"Delivered-To: {one.email}" in mail for mail in to) == 0
    found = _again(eva, one)
    assert (found.status, found.problem) == ("sent", "")


async def test_a_mail_dropped_because_nobody_can_get_it_is_told_but_no_server_is_blamed(eva: Campaign) -> None:
    one = _one(eva)
    await eva.database.write(linking.revoke, eva.letter.slug, [one.id], eva.eva.called, clock.now())
    eva.send_mail()
    found = _again(eva, one)
    assert found.status == "failed"
    assert "revoked" in found.problem
    entries = eva.database.read_now(history.about, eva.letter.id, one.id)
    assert [entry.who for entry in entries if "mail" in entry.deed and entry.who == "the mail server"] == []


async def test_mail_that_is_no_longer_wanted_is_not_sent(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        unsubscribe = eva.site.links.token("unsubscribe", eva.nonce(AMNESTY))
        await charity.post(f"/unsubscribe/{unsubscribe}")
    nspcc, amnesty = _one(eva).email, _one(eva, AMNESTY).email
    eva.send_mail()
    subjects = [(path.read_text().split("Delivered-To: ")[1].split()[0], path.read_text()) for path in eva.mails()]
    assert [to for to, _ in subjects if to == amnesty] == []
    [receipt] = [text for to, text in subjects if to == nspcc]
    assert "List-Unsubscribe" not in receipt


async def test_no_more_invitations_but_receipts_still_go_to_who_said_no_more_mail(eva: Campaign) -> None:
    one = _one(eva)
    token = eva.site.links.token("unsubscribe", eva.nonce(NSPCC))
    async with eva.browser() as charity:
        assert (await charity.get(f"/unsubscribe/{token}")).status_code == 200
        assert not eva.database.read_now(lambda c: organisations.mail_is_stopped(c, one.email))
        answer = await charity.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.headers.get("set-cookie"), answer.headers.get("location")) == (
            200,
            None,
            None,
        )
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    with pytest.raises(Refused, match="no more mail"):
        await eva.database.write(actions.send_again, eva.letter.slug, one.id, eva.eva, clock.now())
    eva.send_mail()
    [mail] = [path.read_text() for path in eva.mails() if f"Delivered-To: {one.email}" in path.read_text()]
    assert "endorse" in mail.split("Subject:")[1].split("\n")[0].lower()


async def test_an_old_link_stops_the_mail_of_whom_it_was_sent_to_and_of_nobody_else(eva: Campaign) -> None:
    """The first contact has a mail with an unsubscribe button; meanwhile a colleague is asked in their place."""
    one, old = _one(eva), eva.nonce(NSPCC)
    eva.send_mail()
    at = clock.now()
    await eva.database.write(
        actions.change_contact, eva.letter.slug, one.id, "colleague@charity.example", "", "", eva.eva, at
    )
    await eva.database.write(actions.send_again, eva.letter.slug, one.id, eva.eva, at)
    token = eva.site.links.token("unsubscribe", old)
    async with eva.browser() as first_contact:
        for page in (
            await first_contact.get(f"/unsubscribe/{token}"),
            await first_contact.post(f"/unsubscribe/{token}"),
        ):
            assert one.email in page.text
            assert "colleague@charity.example" not in page.text
    stopped = organisations.mail_is_stopped
    assert eva.database.read_now(stopped, one.email)
    assert not eva.database.read_now(stopped, "colleague@charity.example")


async def test_unsubscribing_twice_is_one_entry(eva: Campaign) -> None:
    token = eva.site.links.token("unsubscribe", eva.nonce(NSPCC))
    async with eva.browser() as provider:
        await asyncio.gather(*(provider.post(f"/unsubscribe/{token}") for _ in range(10)))
    entries = eva.database.read_now(history.about, eva.letter.id, _one(eva).id)
    assert [entry.deed for entry in entries].count("asked for no more mail") == 1


async def test_an_organisation_is_on_the_list_once(eva: Campaign) -> None:
    values = Values(name="nspcc", email="other@charity.example")
    with pytest.raises(Refused, match="already"):
        await eva.database.write(actions.add, eva.letter.slug, values, "", eva.eva, clock.now())
    adds = (
        eva.database.write(actions.add, eva.letter.slug, Values(name="The New One"), "", eva.eva, clock.now())
        for _ in range(10)
    )
    results = await asyncio.gather(*adds, return_exceptions=True)
    assert [type(one).__name__ for one in results] == ["Invitation"] + ["Refused"] * 9


@pytest.mark.parametrize("late", ["read", "endorsed"])
async def test_news_that_comes_late_changes_nothing(late: str, eva: Campaign) -> None:
    one = _one(eva)
    async with eva.browser() as charity:
        if late == "read":
            assert (await charity.post(f"{eva.link(NSPCC)}/read")).status_code == 204
        else:
            await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
            await charity.post(f"{eva.link(NSPCC)}/read")
    eva.database.write_now(actions.mail_ended, one.id, "sent", "250 OK", clock.now())
    eva.database.write_now(actions.mail_ended, one.id, "failed", "550 no", clock.now())
    assert _again(eva, one).status == late


async def test_reading_is_told_once(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await asyncio.gather(*(charity.post(f"{eva.link(NSPCC)}/read") for _ in range(10)))
    entries = eva.database.read_now(history.about, eva.letter.id, _one(eva).id)
    assert [entry.deed for entry in entries].count("letter read") == 1


async def test_a_moved_deadline_is_told_to_those_who_were_asked_and_have_not_answered(eva: Campaign) -> None:
    from dataclasses import replace
    from datetime import timedelta

    from coalition.demo.sample import plan

    eva.send_mail()
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    at = clock.now()
    later = plan(at)
    assert later.hard_deadline
    moved = replace(later, hard_deadline=later.hard_deadline + timedelta(days=1))
    await eva.database.write(actions.arrange, eva.letter.slug, eva.reread().revision, moved, True, eva.eva.called, at)
    told = [to for message, to in eva.database.read_now(_owed) if message == "deadline_moved"]
    assert _one(eva).email not in told
    assert _one(eva, AMNESTY).email in told
    assert len(told) == len(set(told)) == len(eva.mails()) - 1
