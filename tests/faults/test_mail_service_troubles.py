"""Mail over HTTP when the service limits, refuses or falls silent, or our worker is killed: each arrives once."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, update

from coalition.base import clock, outbox
from coalition.base.outbox import PAUSES
from coalition.invitations import actions, records
from coalition.invitations.rules import Invitation
from coalition.organisations.spreadsheets.cells import Values
from coalition.tables import outbox as table
from coalition.work import post
from tests.cast import NSPCC, Campaign
from tests.faults.processes import running, wait_until
from tests.postmark import TOKEN, Service, mail_service

MANY = 200


@pytest.fixture
def service() -> Iterator[Service]:
    with mail_service() as running_service:
        yield running_service


async def test_everybody_asked_gets_their_mail_in_one_batch_and_what_the_service_calls_it_is_kept(
    eva: Campaign, service: Service
) -> None:
    owed = eva.database.read_now(_recipients)
    _pump(eva, service)
    assert service.batches == [len(owed)]
    assert sorted(service.recipients) == sorted(owed)
    assert eva.database.read_now(_states) == {"sent": len(owed)}
    assert eva.database.read_now(_kept) == {one["Metadata"]["outbox"]: one["MessageID"] for one in service.taken}
    assert _one(eva).status == "sent"


async def test_a_worker_killed_between_handing_over_and_noting_sends_nothing_twice(
    eva: Campaign, service: Service, tmp_path: Path
) -> None:
    eva.database.write_now(_ask_many, eva)
    owed = eva.database.read_now(_recipients)
    service.takes_then_waits = 30
    with running(eva, tmp_path / "first.log", "work", COALITION_MAIL_URL=service.url) as worker:
        wait_until(lambda: len(service.taken) == MANY, lambda: worker.said)
        worker.kill()
        assert TOKEN not in worker.said
    assert eva.database.read_now(_states) == {"claimed": MANY}
    eva.database.write_now(_let_the_leases_end)
    service.takes_then_waits = 0
    with running(eva, tmp_path / "second.log", "work", COALITION_MAIL_URL=service.url) as worker:
        wait_until(lambda: eva.database.read_now(_states) == {"sent": MANY}, lambda: worker.said)
        assert worker.end() == 0
    assert Counter(service.recipients) == Counter(owed)
    assert service.searches == MANY
    assert eva.database.read_now(_provider_ids) == {one["MessageID"] for one in service.taken}


async def test_a_worker_killed_before_the_service_took_them_leaves_nobody_without_mail(
    eva: Campaign, service: Service
) -> None:
    """The note of handing over is there, the mail is not: it is looked for in vain, and sent."""
    at = clock.now()
    claimed = eva.database.write_now(outbox.claim, at, MANY)
    assert eva.database.write_now(outbox.hand_over, [one.id for one in claimed], at, at) == {one.id for one in claimed}
    eva.database.write_now(_let_the_leases_end)
    _pump(eva, service)
    assert sorted(service.recipients) == sorted(eva.database.read_now(_recipients))
    assert service.searches == len(claimed)


async def test_an_answer_that_never_came_is_asked_for_and_nothing_is_sent_twice(
    eva: Campaign, service: Service
) -> None:
    service.silent_after_taking = True
    _pump(eva, service)
    assert eva.database.read_now(_states) == {"waiting": len(service.taken)}
    _let_time_pass(eva)
    _pump(eva, service)
    assert eva.database.read_now(_states) == {"sent": len(service.taken)}
    assert set(Counter(service.recipients).values()) == {1}


async def test_while_the_service_cannot_say_whether_it_has_a_mail_none_is_sent_and_it_is_told(
    eva: Campaign, service: Service
) -> None:
    service.silent_after_taking = True
    _pump(eva, service)
    taken = len(service.taken)
    service.search_status = 503
    for _ in range(2):
        _let_time_pass(eva)
        _pump(eva, service)
    assert len(service.taken) == taken
    assert "may have been sent already" in _one(eva).problem
    service.search_status = 200
    _let_time_pass(eva)
    _pump(eva, service)
    assert len(service.taken) == taken
    assert _one(eva).status == "sent"


async def test_a_service_that_asks_to_wait_is_left_alone_by_every_worker_and_costs_no_attempt(
    eva: Campaign, service: Service
) -> None:
    service.retry_after = "120"
    owed = len(eva.database.read_now(_recipients))
    for _ in range(3):  # each a worker of its own
        _pump(eva, service)
    assert service.asked_while_limited == 1
    assert eva.database.read_now(_states) == {"waiting": owed}
    assert eva.database.read_now(_attempts) == {0}
    due = eva.database.read_now(_due)
    assert timedelta(seconds=100) < due - clock.now() <= timedelta(seconds=120)
    service.retry_after = None
    _let_time_pass(eva)
    _pump(eva, service)
    assert eva.database.read_now(_states) == {"sent": owed}
    assert service.searches == 0  # it had said that it took none


async def test_mail_queued_while_the_service_asks_to_wait_waits_too(eva: Campaign, service: Service) -> None:
    service.retry_after = "120"
    pump = post.pump(replace(eva.settings, mail_url=service.url), eva.database)
    pump.run_once()
    _let_time_pass(eva)  # they are due at once, as what is queued now would be
    pump.run_once()
    assert service.asked_while_limited == 1


async def test_an_address_the_service_will_not_write_to_has_failed_and_the_others_have_their_mail(
    eva: Campaign, service: Service
) -> None:
    one = _one(eva)
    service.inactive.add(one.email)
    _pump(eva, service)
    found = _one(eva)
    assert found.status == "failed"
    assert "406" in found.problem
    assert "inactive" in found.problem
    assert len(service.taken) == len(eva.database.read_now(_recipients)) - 1


async def test_a_wrong_token_is_nobodys_bounce(eva: Campaign, service: Service) -> None:
    post.pump(replace(eva.settings, mail_url=service.url.replace(TOKEN, "wrong")), eva.database).run_once()
    assert _one(eva).status == "queued"
    assert "Server Token" in _one(eva).problem
    _let_time_pass(eva)
    _pump(eva, service)
    assert _one(eva).status == "sent"


async def test_after_many_tries_it_is_given_up_where_one_can_see_it(eva: Campaign, service: Service) -> None:
    service.status = 503
    for attempt in range(len(PAUSES) + 1):
        assert _one(eva).status == "queued", f"given up after {attempt} tries"
        _pump(eva, service)
        _let_time_pass(eva)
    assert _one(eva).status == "failed"


async def test_what_another_worker_has_claimed_meanwhile_is_not_handed_over(eva: Campaign) -> None:
    at = clock.now()
    first = eva.database.write_now(outbox.claim, at, MANY)
    eva.database.write_now(_let_the_leases_end)
    later = clock.now() + timedelta(seconds=1)
    again = eva.database.write_now(outbox.claim, later, 1)
    ids = [one.id for one in first]  # of all of them the other now has one
    assert eva.database.write_now(outbox.hand_over, ids, at, later) == set()
    assert eva.database.write_now(outbox.hand_over, ids, later, later) == {one.id for one in again}


async def test_two_workers_at_once_send_everything_once(eva: Campaign, service: Service, tmp_path: Path) -> None:
    eva.database.write_now(_ask_many, eva)
    mail = {"COALITION_MAIL_URL": service.url}
    with running(eva, tmp_path / "one.log", "work", **mail) as one, running(eva, tmp_path / "two.log", "work", **mail):
        wait_until(lambda: eva.database.read_now(_states) == {"sent": MANY}, lambda: one.said)
    assert Counter(service.recipients) == Counter(eva.database.read_now(_recipients))


async def test_a_worker_goes_on_for_what_is_queued_while_it_runs_and_stops_when_told(
    eva: Campaign, service: Service
) -> None:
    pump = post.pump(replace(eva.settings, mail_url=service.url), eva.database)
    stop = threading.Event()
    sending = threading.Thread(target=pump.run, args=(stop,))
    sending.start()
    try:
        wait_until(lambda: set(eva.database.read_now(_states)) == {"sent"})
        eva.database.write_now(_ask_many, eva)
        wait_until(lambda: eva.database.read_now(_states) == {"sent": MANY})
    finally:
        stop.set()
        sending.join()
    assert set(Counter(service.recipients).values()) == {1}


def _ask_many(connection: Connection, eva: Campaign) -> None:
    here = len(_recipients(connection))
    for number in range(MANY - here):
        values = Values(name=f"Organisation {number}", email=f"post@organisation-{number}.example")
        actions.add(connection, eva.letter.slug, values, "", eva.eva, clock.now())
    actions.ask(connection, eva.letter.slug, None, "Eva", clock.now())


def _recipients(connection: Connection) -> list[str]:
    return list(connection.execute(select(table.c.recipient)).scalars())


def _kept(connection: Connection) -> dict[str, str | None]:
    return {str(id): name for id, name in connection.execute(select(table.c.id, table.c.provider_id))}


def _provider_ids(connection: Connection) -> set[str | None]:
    return set(connection.execute(select(table.c.provider_id)).scalars())


def _states(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {state: count for state, count in rows}


def _attempts(connection: Connection) -> set[int]:
    return set(connection.execute(select(table.c.attempts)).scalars())


def _due(connection: Connection) -> datetime:
    return connection.execute(select(func.min(table.c.due_at))).scalar_one()


def _let_the_leases_end(connection: Connection) -> None:
    connection.execute(update(table).where(table.c.state == "claimed").values(due_at=clock.now()))


def _let_time_pass(eva: Campaign) -> None:
    late = update(table).where(table.c.state == "waiting").values(due_at=clock.now())
    eva.database.write_now(lambda connection: connection.execute(late))


def _pump(eva: Campaign, service: Service) -> None:
    post.pump(replace(eva.settings, mail_url=service.url), eva.database).run_once()


def _one(eva: Campaign) -> Invitation:
    invitation = eva.database.read_now(actions.opened, eva.nonce(NSPCC), clock.now()).invitation
    return eva.database.read_now(records.invitation, invitation.id)
