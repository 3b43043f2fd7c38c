"""The mail server is slow, down or refusing, or our own worker is killed: every message arrives, and it is told."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, update

from coalition.base import clock
from coalition.base import outbox as base_outbox
from coalition.base.mail.pump import SENDERS
from coalition.base.outbox import PAUSES
from coalition.history import records as history
from coalition.invitations import actions, records
from coalition.invitations.rules import Invitation
from coalition.invitations.tracker import counting, tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.organisations.spreadsheets.cells import Values
from coalition.tables import outbox
from coalition.work import post
from tests.cast import AMNESTY, NSPCC, Campaign, endorse_form
from tests.faults.processes import running, wait_until
from tests.mailserver import MailServer, mail_server

MANY = 200


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running_server:
        yield running_server


async def test_a_worker_killed_in_the_middle_leaves_nobody_without_mail_and_repeats_only_what_was_on_the_wire(
    eva: Campaign, server: MailServer, tmp_path: Path
) -> None:
    eva.database.write_now(_ask_many, eva)
    owed = eva.database.read_now(_recipients)
    assert len(owed) == len(set(owed)) == MANY
    server.delay = 0.05
    with running(eva, tmp_path / "first.log", "work", COALITION_MAIL_URL=server.url) as worker:
        wait_until(lambda: len(server.arrived) >= MANY // 3, lambda: worker.said)
        worker.kill()
    await asyncio.sleep(0.3)  # what was on the wire arrives, and nobody is left to note it
    assert MANY // 3 <= len(server.arrived) < MANY
    assert eva.database.read_now(_states)["claimed"] > 0

    eva.database.write_now(_let_the_leases_end)
    server.delay = 0
    with running(eva, tmp_path / "second.log", "work", COALITION_MAIL_URL=server.url) as worker:
        wait_until(lambda: eva.database.read_now(_states) == {"sent": MANY}, lambda: worker.said)
        assert worker.end() == 0
    arrived = Counter(recipient for one in server.arrived for recipient in one.recipients)
    assert set(arrived) == set(owed)
    twice = [recipient for recipient, times in arrived.items() if times > 1]
    assert max(arrived.values()) <= 2
    assert len(twice) <= SENDERS  # each sender had one message on the wire
    for recipient in twice:  # a copy can be told to be one
        assert len({one.mail["Message-ID"] for one in server.arrived if recipient in one.recipients}) == 1
    rows, _ = eva.database.read_now(tracking.tracker, eva.letter.id, Filter(statuses=("sent",)))
    assert len(rows) == 50
    assert eva.database.read_now(counting.counts, eva.letter.id)["sent"] == MANY


async def test_two_workers_at_once_send_everything_once(eva: Campaign, server: MailServer, tmp_path: Path) -> None:
    owed = eva.database.read_now(_recipients)
    mail = {"COALITION_MAIL_URL": server.url}
    with running(eva, tmp_path / "one.log", "work", **mail) as one, running(eva, tmp_path / "two.log", "work", **mail):
        wait_until(lambda: eva.database.read_now(_states) == {"sent": len(owed)}, lambda: one.said)
    assert sorted(recipient for mail in server.arrived for recipient in mail.recipients) == sorted(owed)


async def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_begun(
    eva: Campaign, server: MailServer, tmp_path: Path
) -> None:
    server.delay = 0.2
    with running(eva, tmp_path / "log", "work", COALITION_MAIL_URL=server.url) as worker:
        wait_until(lambda: len(server.arrived) > 4, lambda: worker.said)
        assert worker.end() == 0
    states = eva.database.read_now(_states)
    assert states["sent"] == len(server.arrived)
    assert set(states) == {"sent", "waiting"}


async def test_the_tracker_says_what_the_server_said_when_it_refused_for_good(
    eva: Campaign, server: MailServer
) -> None:
    one = _one(eva)
    server.recipient_answers[one.email] = "550 5.1.1 <script>No such mailbox</script> here"
    _pump(eva, server.url)
    found = _again(eva, one)
    assert found.status == "failed"
    assert "550" in found.problem
    assert "No such mailbox" in found.problem
    entries = eva.database.read_now(history.about, eva.letter.id, one.id)
    assert [entry.deed for entry in entries].count("mail failed") == 1
    async with eva.at_desk() as desk:
        for path in ("?status=failed", f"/organisations/{one.id}", "/history"):
            page = (await desk.get(f"/desk/letters/{eva.letter.slug}{path}")).text
            assert "No such mailbox" in page
            assert "<script>No" not in page
    _let_time_pass(eva)
    _pump(eva, server.url)
    assert [mail for mail in server.arrived if one.email in mail.recipients] == []


async def test_a_corrected_address_is_asked_again(eva: Campaign, server: MailServer) -> None:
    one = _one(eva)
    server.recipient_answers[one.email] = "550 5.1.1 No such mailbox"
    _pump(eva, server.url)
    at = clock.now()
    eva.database.write_now(
        actions.change_contact, eva.letter.slug, one.id, "right@charity.example", "", "", eva.eva, at
    )
    eva.database.write_now(actions.send_again, eva.letter.slug, one.id, eva.eva, at)
    _pump(eva, server.url)
    assert _again(eva, one).status == "sent"
    assert [mail.recipients for mail in server.arrived].count(["right@charity.example"]) == 1


async def test_what_is_refused_for_now_is_tried_again_later_and_the_tracker_says_so(
    eva: Campaign, server: MailServer
) -> None:
    one = _one(eva)
    server.recipient_answers[one.email] = "451 4.7.1 Greylisted, come back"
    _pump(eva, server.url)
    found = _again(eva, one)
    assert found.status == "queued"
    assert "tried again" in found.problem
    assert "Greylisted" in found.problem
    _pump(eva, server.url)  # at once: not yet
    assert eva.database.read_now(_attempts, one.email) == 1
    del server.recipient_answers[one.email]
    _let_time_pass(eva)
    _pump(eva, server.url)
    found = _again(eva, one)
    assert (found.status, found.problem) == ("sent", "")


async def test_after_many_tries_it_is_given_up_where_one_can_see_it(eva: Campaign, server: MailServer) -> None:
    one = _one(eva)
    server.recipient_answers[one.email] = "451 4.7.1 Not today"
    for attempt in range(len(PAUSES) + 1):
        assert _again(eva, one).status == "queued", f"given up after {attempt} tries"
        _pump(eva, server.url)
        _let_time_pass(eva)
    found = _again(eva, one)
    assert found.status == "failed"
    assert "Not today" in found.problem
    _pump(eva, server.url)
    assert eva.database.read_now(_attempts, one.email) == len(PAUSES) + 1


async def test_a_refused_login_is_nobodys_bounce(eva: Campaign, server: MailServer) -> None:
    server.sender_answer = "530 5.7.0 Authentication required"
    _pump(eva, server.url)
    assert eva.database.read_now(_states) == {"waiting": len(eva.database.read_now(_recipients))}
    assert set(eva.database.read_now(counting.counts, eva.letter.id)) <= {"queued", "added"}
    server.sender_answer = "250 OK"
    _let_time_pass(eva)
    _pump(eva, server.url)
    assert set(eva.database.read_now(_states)) == {"sent"}


async def test_a_server_so_slow_that_leases_end_is_still_sent_each_message_once(
    eva: Campaign, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_outbox, "LEASE", timedelta(seconds=1.2))
    server.delay = 0.25
    pump = post.pump(replace(eva.settings, mail_url=server.url), eva.database)
    pump.senders = 2
    stop = threading.Event()
    sending = threading.Thread(target=pump.run, args=(stop,))
    sending.start()
    try:
        wait_until(lambda: set(eva.database.read_now(_states)) == {"sent"})
    finally:
        stop.set()
        sending.join()
    arrived = Counter(recipient for one in server.arrived for recipient in one.recipients)
    assert set(arrived.values()) == {1}


async def test_pages_stay_fast_while_the_mail_server_says_nothing(eva: Campaign) -> None:
    """It takes the connection and then falls silent: the worst of servers."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        pump = post.pump(replace(eva.settings, mail_url=url), eva.database)
        sending = threading.Thread(target=pump.run, args=(stop,))
        sending.start()
        try:
            wait_until(lambda: eva.database.read_now(_states).get("claimed", 0) > 0)
            times = []
            async with eva.browser() as charity:
                for name in (NSPCC, AMNESTY) * 10:
                    begun = time.perf_counter()
                    answer = await charity.post(f"{eva.link(name)}/endorse", data=endorse_form(name))
                    times.append(time.perf_counter() - begun)
                    assert answer.status_code == 303
            assert sorted(times)[len(times) // 2] < 0.5
        finally:
            stop.set()
            silent.close()
            sending.join()
    assert eva.database.read_now(_states)["waiting"] > 0


def _ask_many(connection: Connection, eva: Campaign) -> None:
    here = len(_recipients(connection))
    for number in range(MANY - here):
        values = Values(name=f"Organisation {number}", email=f"post@organisation-{number}.example")
        actions.add(connection, eva.letter.slug, values, "", eva.eva, clock.now())
    actions.ask(connection, eva.letter.slug, None, "Eva", clock.now())


def _recipients(connection: Connection) -> list[str]:
    return list(connection.execute(select(outbox.c.recipient)).scalars())


def _states(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {state: count for state, count in rows}


def _attempts(connection: Connection, email: str) -> int:
    wanted = select(outbox.c.attempts).where(outbox.c.recipient == email)
    return connection.execute(wanted).scalar_one()


def _let_the_leases_end(connection: Connection) -> None:
    connection.execute(update(outbox).where(outbox.c.state == "claimed").values(due_at=clock.now()))


def _let_time_pass(eva: Campaign) -> None:
    late = update(outbox).where(outbox.c.state == "waiting").values(due_at=clock.now())
    eva.database.write_now(lambda connection: connection.execute(late))


def _pump(eva: Campaign, url: str) -> None:
    post.pump(replace(eva.settings, mail_url=url), eva.database).run_once()


def _one(eva: Campaign) -> Invitation:
    return eva.database.read_now(actions.opened, eva.nonce(NSPCC), clock.now()).invitation


def _again(eva: Campaign, one: Invitation) -> Invitation:
    return eva.database.read_now(records.invitation, one.id)
