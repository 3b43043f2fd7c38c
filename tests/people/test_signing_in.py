"""Signing in: once, within fifteen minutes, by whoever is quicker; and no mail bombing."""

import asyncio
from datetime import datetime, timedelta

import pytest

from coalition.base import outbox
from coalition.base.database import Database
from coalition.history import records as history
from coalition.people import actions, records
from coalition.people.actions import Expired, Used
from coalition.people.records import Coordinator

EVA = "eva@campaign.example"
LAST = timedelta(minutes=15)


@pytest.fixture
def eva(database: Database, now: datetime) -> Coordinator:
    return database.write_now(actions.add_coordinator, EVA, "Eva Sample", now)


async def test_a_link_signs_in_once(database: Database, eva: Coordinator, now: datetime) -> None:
    nonce = await database.write(actions.new_link, eva, now)
    session = await database.write(actions.sign_in, nonce, now)
    assert await database.read(records.signed_in, session, now) == eva
    with pytest.raises(Used):
        await database.write(actions.sign_in, nonce, now)


async def test_a_link_lasts_fifteen_minutes_and_not_a_second_longer(
    database: Database, eva: Coordinator, now: datetime
) -> None:
    nonce = await database.write(actions.new_link, eva, now)
    with pytest.raises(Expired):
        await database.write(actions.sign_in, nonce, now + LAST)
    assert await database.write(actions.sign_in, nonce, now + LAST - timedelta(seconds=1))


async def test_of_twenty_uses_at_once_one_has_a_session(database: Database, eva: Coordinator, now: datetime) -> None:
    nonce = await database.write(actions.new_link, eva, now)
    uses = (database.write(actions.sign_in, nonce, now) for _ in range(20))
    results = await asyncio.gather(*uses, return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["Used"] * 19 + ["str"]
    entries = await database.read(history.entries, history.SITE)
    assert [entry.deed for entry in entries].count("signed in") == 1


async def test_looking_at_a_link_uses_nothing_up(database: Database, eva: Coordinator, now: datetime) -> None:
    nonce = await database.write(actions.new_link, eva, now)
    for _ in range(5):
        assert (await database.read(actions.look_at, nonce, now)).coordinator == eva
    assert await database.write(actions.sign_in, nonce, now)


async def test_a_session_ends_when_one_signs_out_or_after_a_fortnight(
    database: Database, eva: Coordinator, now: datetime
) -> None:
    async def session() -> str:
        nonce = await database.write(actions.new_link, eva, now)
        return await database.write(actions.sign_in, nonce, now)

    first, second = await session(), await session()
    await database.write(actions.sign_out, first, now)
    assert await database.read(records.signed_in, first, now) is None
    assert await database.read(records.signed_in, second, now + timedelta(days=13)) == eva
    assert await database.read(records.signed_in, second, now + timedelta(days=14)) is None


async def test_a_sign_in_link_is_no_session_and_a_session_no_sign_in_link(
    database: Database, eva: Coordinator, now: datetime
) -> None:
    nonce = await database.write(actions.new_link, eva, now)
    assert await database.read(records.signed_in, nonce, now) is None
    session = await database.write(actions.sign_in, nonce, now)
    with pytest.raises(Exception, match="not one of ours"):
        await database.write(actions.sign_in, session, now)


async def test_one_address_gets_at_most_three_mails_an_hour(
    database: Database, eva: Coordinator, now: datetime
) -> None:
    for minute in range(30):
        await database.write(actions.ask, EVA, now + timedelta(minutes=minute))
    assert len(await database.write(outbox.claim, now + timedelta(hours=1), 100)) == 3
    await database.write(actions.ask, EVA, now + timedelta(minutes=61))
    assert len(await database.write(outbox.claim, now + timedelta(minutes=61), 100)) == 1


async def test_a_stranger_is_sent_nothing(database: Database, eva: Coordinator, now: datetime) -> None:
    await database.write(actions.ask, "stranger@charity.example", now)
    assert not await database.read(outbox.any_due, now)


async def test_adding_a_coordinator_twice_adds_one(database: Database, eva: Coordinator, now: datetime) -> None:
    assert await database.write(actions.add_coordinator, EVA, "Somebody Else", now) == eva
