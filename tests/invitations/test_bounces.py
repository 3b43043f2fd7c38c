"""Mail that comes back: taken once, believed only with our mark, shown, and mended in one go."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from coalition.base import clock, mailed, outbox
from coalition.base.links import Links
from coalition.base.mail.reports import read
from coalition.base.mail.webhook import read as read_notice
from coalition.base.refused import Refused
from coalition.history import records as history
from coalition.invitations import actions, bounces, records
from coalition.invitations.rules import Invitation
from coalition.organisations import records as organisations
from coalition.people import actions as people
from coalition.tables import invitations, mail_stops, reports
from coalition.tables import outbox as outbox_table
from tests.cast import NSPCC, Campaign, endorse_form
from tests.rows import all_rows

GONE = "550 5.1.1 <policy@nspcc.example>: Recipient address rejected: User unknown"
FULL = "452 4.2.2 The mailbox is full"


def _one(eva: Campaign, organisation: str = NSPCC) -> Invitation:
    return eva.database.read_now(actions.opened, eva.nonce(organisation), clock.now()).invitation


def _again(eva: Campaign, one: Invitation) -> Invitation:
    return eva.database.read_now(records.invitation, one.id)


def _mail_of(eva: Campaign, one: Invitation, message: str = "invitation") -> int:
    def look(connection: Connection) -> int:
        wanted = select(outbox_table.c.id).where(outbox_table.c.message == message, outbox_table.c.subject_id == one.id)
        return connection.execute(wanted.order_by(outbox_table.c.id.desc())).scalars().first() or 0

    return eva.database.read_now(look)


def _report(
    mark: str, recipient: str, action: str = "failed", status: str = "5.1.1", said: str = GONE, number: int = 1
) -> bytes:
    """As RFC 3464 has it, in the fewest lines."""
    return (
        f"From: MAILER-DAEMON@relay.example\nTo: bounce+{mark}@coalition.test\nMessage-ID: <{number}@relay.example>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\n\nThis is the mail system.\n\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n\n"
        "--b--\n"
    ).encode()


def _take(eva: Campaign, raw: bytes, *to: str) -> str:
    return eva.database.write_now(bounces.take, read(raw, to), eva.site.links, clock.now())


@pytest.fixture
def comes_back(eva: Campaign) -> Callable[..., str]:
    """Sends what is due, and lets the newest mail to the NSPCC come back."""
    eva.send_mail()
    taken = iter(range(1, 100))

    def come_back(one: Invitation | None = None, message: str = "invitation", **words: str) -> str:
        one = one or _one(eva)
        mark = eva.site.links.mark(_mail_of(eva, one, message))
        return _take(eva, _report(mark, one.email, number=next(taken), **words))

    return come_back


def _deeds(eva: Campaign, one: Invitation) -> list[str]:
    return [entry.deed for entry in eva.database.read_now(history.about, eva.letter.id, one.id)]


def _held_up_times(connection: Connection, one: Invitation) -> int:
    return connection.execute(select(invitations.c.bounces).where(invitations.c.id == one.id)).scalar_one()


async def test_a_permanent_report_stops_mail_and_shows_the_servers_words(
    eva: Campaign, comes_back: Callable[..., str]
) -> None:
    one = _one(eva)
    assert comes_back() == f"No more mail goes to {one.email}."
    after = _again(eva, one)
    assert (after.status, after.problem) == ("bounced", GONE)
    stop = eva.database.read_now(organisations.mail_stop, one.email)
    assert stop
    assert (stop.reason, stop.said) == ("bounced", GONE)
    assert _deeds(eva, one)[-1] == "mail bounced"
    async with eva.at_desk() as desk:
        page = (await desk.get(f"/desk/letters/{eva.letter.slug}/organisations/{one.id}")).text
    assert "Recipient address rejected: User unknown" in page
    assert "Correct the address and resend" in page
    assert "Send again" not in page
    with pytest.raises(Refused, match="comes back, so nothing was sent"):
        await eva.database.write(actions.send_again, eva.letter.slug, one.id, eva.eva, clock.now())


async def test_a_report_is_taken_once(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    raw = _report(eva.site.links.mark(_mail_of(eva, one)), one.email)
    _take(eva, raw)
    before = eva.database.read_now(all_rows)
    assert _take(eva, raw) == "It was taken before. Nothing was changed."
    assert _take(eva, b"Received: from elsewhere\nDelivered-To: bounce\n" + raw) == (
        "It was taken before. Nothing was changed."
    )
    assert eva.database.read_now(all_rows) == before


async def test_a_made_up_report_changes_nothing(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    mark = eva.site.links.mark(_mail_of(eva, one))
    other = eva.site.links.mark(999_999)
    forged = Links(["another key of at least thirty-two letters"]).mark(_mail_of(eva, one))
    id, _, seal = mark.partition("-")
    before = eva.database.read_now(all_rows)
    for made_up in (id, f"{id}-", f"{id}-{'a' * 16}", f"{int(id) + 1}-{seal}", f"{mark}a", mark[:-1], other, forged):
        with pytest.raises(bounces.NotOurs):
            _take(eva, _report(made_up, one.email))
    with pytest.raises(bounces.NotOurs):
        _take(eva, b"From: MAILER-DAEMON\n\nHello, is anybody there?", f"bounce+{mark}@coalition.test")
    assert eva.database.read_now(all_rows) == before


async def test_any_current_key_and_any_spelling_of_the_mark_is_ours(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    old = eva.settings.secret_keys[0]
    mark = Links([old]).mark(_mail_of(eva, one)).upper()
    report = read(_report("unknown", one.email), (f"BOUNCE+{mark}@COALITION.TEST",))
    links = Links(["a newer key of at least thirty-two letters", old])
    eva.database.write_now(bounces.take, report, links, clock.now())
    assert _again(eva, one).status == "bounced"


async def test_a_report_that_came_to_another_address_is_known_by_the_mail_that_it_returns(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    [sent] = [
        path.read_bytes() for path in eva.mails() if one.email.encode() in path.read_bytes().partition(b"\n\n")[0]
    ]
    head = sent.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    head = b"\n".join(line for line in head.split(b"\n") if not line.startswith(b"Return-Path"))
    raw = _report("unknown", one.email).replace(
        b"--b--", b"--b\nContent-Type: text/rfc822-headers\n\n" + head + b"\n--b--"
    )
    _take(eva, raw)
    assert _again(eva, one).status == "bounced"


async def test_a_delay_counts_up_and_the_fifth_is_for_good(eva: Campaign, comes_back: Callable[..., str]) -> None:
    one = _one(eva)
    for times in range(1, bounces.ENOUGH):
        said = comes_back(action="delayed" if times % 2 else "failed", status="4.2.2", said=FULL)
        assert said == f"Mail to {one.email} is held up, {times} of 5 times."
        assert eva.database.read_now(_held_up_times, one) == times
        assert _again(eva, one).status == "sent"
    assert FULL in _again(eva, one).problem
    comes_back(action="delayed", status="4.2.2", said=FULL)
    assert _again(eva, one).status == "bounced"
    assert _again(eva, one).problem == f"Held up 5 times, last: {FULL}"


async def test_what_arrives_between_begins_the_count_anew(eva: Campaign, comes_back: Callable[..., str]) -> None:
    one = _one(eva)
    for _ in range(4):
        comes_back(action="delayed", status="4.4.1", said=FULL)
    comes_back(action="delivered", status="2.0.0", said="250 OK")
    assert eva.database.read_now(_held_up_times, one) == 0
    comes_back(action="delayed", status="4.4.1", said=FULL)
    assert eva.database.read_now(_held_up_times, one) == 1
    later = clock.now() + timedelta(seconds=1)
    await eva.database.write(actions.mark_read, eva.nonce(NSPCC), later)
    assert (_again(eva, one).status, _again(eva, one).problem) == ("read", "")


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
async def test_a_report_of_success_changes_nothing(eva: Campaign, comes_back: Callable[..., str], action: str) -> None:
    before = eva.database.read_now(all_rows)
    assert comes_back(action=action, status="2.0.0") == "The mail arrived."
    assert eva.database.read_now(all_rows) == before


async def test_an_answer_stands_when_later_mail_comes_back(eva: Campaign, comes_back: Callable[..., str]) -> None:
    async with eva.browser() as charity:
        assert (await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())).status_code == 303
    eva.send_mail()
    one = _one(eva)
    comes_back(one, "receipt")
    after = _again(eva, one)
    assert (after.status, after.problem) == ("endorsed", GONE)
    assert eva.database.read_now(organisations.mail_is_stopped, one.email)
    assert _deeds(eva, one)[-1] == "mail bounced"


async def test_a_report_about_a_former_contact_leaves_the_present_one_alone(
    eva: Campaign, comes_back: Callable[..., str]
) -> None:
    one = _one(eva)
    mark = eva.site.links.mark(_mail_of(eva, one))
    await eva.database.write(bounces.correct, eva.letter.slug, one.id, "new@nspcc.example", eva.eva, clock.now())
    eva.send_mail()
    _take(eva, _report(mark, one.email))
    assert eva.database.read_now(organisations.mail_is_stopped, one.email)
    assert (_again(eva, one).status, _again(eva, one).problem) == ("sent", "")


async def test_a_complaint_unsubscribes(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    mark = eva.site.links.mark(_mail_of(eva, one))
    _take(eva, _report(mark, one.email))  # a stop that the coordinator could end
    complaint = (
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\nMessage-ID: <c@provider.example>\n\n"
        "--b\n\nThis is an abuse report.\n\n--b\nContent-Type: message/feedback-report\n\n"
        "Feedback-Type: abuse\nUser-Agent: Sample-FBL/1.0\nVersion: 1\n"
        f"Original-Mail-From: <bounce+{mark}@coalition.test>\nOriginal-Rcpt-To: {one.email}\n\n--b--\n"
    ).encode()
    _take(eva, complaint)
    stop = eva.database.read_now(organisations.mail_stop, one.email)
    assert stop
    assert stop.reason == "complained"
    assert _deeds(eva, one)[-1] == "mail complained of"
    with pytest.raises(Refused, match="theirs to decide"):
        await eva.database.write(bounces.release, eva.letter.slug, one.id, eva.eva, clock.now())
    async with eva.at_desk() as desk:
        page = (await desk.get(f"/desk/letters/{eva.letter.slug}/organisations/{one.id}")).text
        again = await desk.post(f"/desk/letters/{eva.letter.slug}/organisations/{one.id}/release")
    assert "reported our mail as unwanted" in page
    assert "The mailbox works again" not in page
    assert again.status_code == 422
    assert "theirs to decide" in again.text


async def test_a_coordinators_bounced_sign_in_link_is_noted_and_nothing_is_stopped(eva: Campaign) -> None:
    await eva.database.write(people.ask, eva.eva.email, clock.now())
    eva.send_mail()

    def look(connection: Connection) -> int:
        return connection.execute(select(outbox_table.c.id).where(outbox_table.c.message == "sign_in")).scalar_one()

    said = _take(eva, _report(eva.site.links.mark(eva.database.read_now(look)), eva.eva.email))
    assert said == "It is about mail to a coordinator: noted, and nothing is stopped."
    rows = eva.database.read_now(all_rows)
    assert len(rows[reports.name]) == 1
    assert rows[mail_stops.name] == []


async def test_correcting_the_address_sends_the_invitation_there_in_one_go(
    eva: Campaign, comes_back: Callable[..., str]
) -> None:
    one, old = _one(eva), eva.link(NSPCC)
    comes_back()
    page = f"/desk/letters/{eva.letter.slug}/organisations/{one.id}"
    async with eva.at_desk() as desk:
        for wrong, sentence in (
            ("", "Write the right e-mail address."),
            ("policy at nspcc", "policy at nspcc"),
            (one.email, "is the address that mail came back from"),
        ):
            refused = await desk.post(f"{page}/correct", data={"corrected": wrong})
            assert refused.status_code == 422
            assert sentence in refused.text
            assert f'value="{wrong}"' in refused.text
        assert _again(eva, one).status == "bounced"
        done = await desk.post(f"{page}/correct", data={"corrected": "policy.team@nspcc.example"})
        assert done.status_code == 303
        shown = (await desk.get(done.headers["location"])).text
    assert "The address is corrected, and the invitation is on its way" in shown
    after = _again(eva, one)
    assert (after.status, after.email, after.contact, after.problem) == (
        *("queued", "policy.team@nspcc.example", one.contact, ""),
    )
    eva.send_mail()
    assert _again(eva, one).status == "sent"
    async with eva.browser() as charity:
        assert (await charity.get(eva.link(NSPCC))).status_code == 200
        assert (await charity.get(old)).status_code == 410
    assert _deeds(eva, one)[-2:] == ["contact changed", "asked to endorse"]


async def test_a_mailbox_that_works_again_gets_mail_again(eva: Campaign, comes_back: Callable[..., str]) -> None:
    one = _one(eva)
    for _ in range(bounces.ENOUGH):
        comes_back(action="delayed", status="4.2.2", said=FULL)
    assert _again(eva, one).status == "bounced"
    page = f"/desk/letters/{eva.letter.slug}/organisations/{one.id}"
    async with eva.at_desk() as desk:
        assert (await desk.post(f"{page}/release")).status_code == 303
        assert (await desk.post(f"{page}/release")).status_code == 303  # a second click
        assert (await desk.post(f"{page}/send")).status_code == 303
    assert _deeds(eva, one).count("mailbox works again") == 1
    eva.send_mail()
    assert _again(eva, one).status == "sent"
    comes_back(action="delayed", status="4.2.2", said=FULL)
    assert _again(eva, one).status == "sent"  # counted anew
    assert not eva.database.read_now(organisations.mail_is_stopped, one.email)


async def test_of_a_list_behind_the_address_one_that_arrived_is_enough(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    mark = eva.site.links.mark(_mail_of(eva, one))
    both = _report(mark, "left@nspcc.example").replace(
        b"\n\n--b--", b"\n\nFinal-Recipient: rfc822; here@nspcc.example\nAction: relayed\nStatus: 2.1.9\n\n--b--"
    )
    _take(eva, both)
    assert _again(eva, one).status == "sent"
    _take(eva, _report(mark, "left@nspcc.example"))
    assert _again(eva, one).status == "bounced"


async def test_two_processes_that_take_one_report_do_it_once(eva: Campaign, database_url: str) -> None:
    from coalition.base.database import Database

    eva.send_mail()
    one = _one(eva)
    report = read(_report(eva.site.links.mark(_mail_of(eva, one)), one.email))
    other = Database(database_url)
    try:
        waiting = [
            database.write_soon(bounces.take, report, eva.site.links, clock.now())
            for database in (eva.database, other)
            for _ in range(5)
        ]
        said = sorted(one.result() for one in waiting)
    finally:
        other.close()
    assert said == ["It was taken before. Nothing was changed."] * 9 + [f"No more mail goes to {one.email}."]
    assert _deeds(eva, one).count("mail bounced") == 1


def _notice(**fields: object) -> bytes:
    import json

    bounce = {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": "HardBounce",
        "TypeCode": 1,
        "Email": "",
        "Description": "The server was unable to deliver your message.",
        "Details": GONE,
        "BouncedAt": "2009-10-26T09:00:00Z",
        "Inactive": True,
    }
    return json.dumps(bounce | fields).encode()


def _take_notice(eva: Campaign, **fields: object) -> str:
    return eva.database.write_now(bounces.take_notice, read_notice(_notice(**fields)), eva.site.links, clock.now())


async def test_a_notice_is_known_by_what_we_gave_the_provider_by_its_own_id_or_by_the_address(eva: Campaign) -> None:
    eva.send_mail()
    by_mark, by_id, by_address = _one(eva), _one(eva, "Free Hands UK"), _one(eva, "The Poppy Project")

    def name_it(connection: Connection) -> None:
        named = outbox_table.update().where(outbox_table.c.id == _mail_of_in(connection, by_id))
        connection.execute(named.values(provider_id="883953f4-6105-42a2-a16a-77a8eac79483"))

    eva.database.write_now(name_it)
    _take_notice(eva, ID=1, Email=by_mark.email, Metadata={"mark": eva.site.links.mark(_mail_of(eva, by_mark))})
    _take_notice(eva, ID=2, Email=by_id.email.upper(), MessageID="883953f4-6105-42a2-a16a-77a8eac79483")
    _take_notice(eva, ID=3, Email=by_address.email)
    for one in (by_mark, by_id, by_address):
        assert _again(eva, one).status == "bounced", one.organisation
        assert _again(eva, one).problem == GONE
    assert _take_notice(eva, ID=4, Email="nobody@nowhere.example") == "No mail has gone there from here."


def _mail_of_in(connection: Connection, one: Invitation) -> int:
    found = mailed.about(connection, one.id, ("invitation",))
    assert found
    wanted = select(outbox_table.c.id).where(
        outbox_table.c.subject_id == one.id, outbox_table.c.message == "invitation"
    )
    return connection.execute(wanted).scalar_one()


@pytest.mark.parametrize("reason", ["bounced", "complained", "unsubscribed"])
async def test_a_receipt_goes_where_mail_was_stopped_only_if_the_person_had_just_unsubscribed(
    eva: Campaign, reason: str
) -> None:
    one = _one(eva)
    eva.send_mail()
    eva.database.write_now(organisations.stop_mail, one.email, reason, clock.now(), "User unknown")
    async with eva.browser() as charity:
        link = eva.link(NSPCC)
        done = await charity.post(f"{link}/endorse", data=endorse_form(NSPCC))
        page = await charity.get(done.headers["location"])
    eva.send_mail()

    def ended(connection: Connection) -> str:
        wanted = select(outbox_table.c.state).where(outbox_table.c.message == "receipt")
        return connection.execute(wanted).scalar_one()

    mailed = reason == "unsubscribed"
    assert eva.database.read_now(ended) == ("sent" if mailed else "dropped")
    assert ("A receipt is on its way" in page.text) == mailed
    assert ("so no mail confirms it: this page is your receipt." in page.text) != mailed
    assert _again(eva, one).status == "endorsed"


def test_the_history_says_why_and_keeps_nobodys_address(eva: Campaign, comes_back: Callable[..., str]) -> None:
    """It can never be changed, so it outlives what we may know of people; the list says it in full."""
    comes_back()
    one = _again(eva, _one(eva))
    deed = eva.database.read_now(history.about, eva.letter.id, one.id)[-1]
    assert one.problem == GONE
    assert deed.data == {"said": "550 5.1.1 <(address)>: Recipient address rejected: User unknown"}
    eva.database.write_now(actions.mail_ended, one.id, "again", "x", clock.now())
    eva.database.write_now(lambda connection: records.change(connection, one.id, clock.now(), status="queued"))
    eva.database.write_now(actions.mail_ended, one.id, "failed", GONE, clock.now())
    deed = eva.database.read_now(history.about, eva.letter.id, one.id)[-1]
    assert (deed.deed, "@" in str(deed.data)) == ("mail failed", False)


def test_a_report_on_a_test_mail_is_about_no_organisation(eva: Campaign) -> None:
    one, at = _one(eva), clock.now()
    to = "former.coordinator@campaign.example"

    def queue(connection: Connection) -> None:
        # Its subject is the coordinator, whose number an organisation on the list may have too.
        outbox.queue(connection, "invitation_test", to, at, letter_id=one.letter_id, subject_id=one.id)

    eva.database.write_now(queue)
    before = eva.database.read_now(history.about, one.letter_id, one.id)
    mark = eva.site.links.mark(_mail_of(eva, one, "invitation_test"))
    assert "No more mail goes to" in _take(eva, _report(mark, to))
    assert eva.database.read_now(history.about, one.letter_id, one.id) == before
