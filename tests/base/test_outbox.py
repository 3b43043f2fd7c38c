"""The outbox: who takes a message, for how long, and when it is given up."""

from datetime import datetime, timedelta

from coalition.base import mailed, outbox
from coalition.base.database import Database
from coalition.base.outbox import LEASE, PAUSES

TO = "nspcc@charity.example"


async def test_what_is_claimed_is_nobody_elses(database: Database, now: datetime) -> None:
    await database.write(outbox.queue, "receipt", TO, now)
    assert [one.recipient for one in await database.write(outbox.claim, now, 10)] == [TO]
    assert await database.write(outbox.claim, now, 10) == []
    assert not await database.read(outbox.any_due, now)


async def test_what_a_dead_worker_held_is_due_again_when_its_lease_ends(database: Database, now: datetime) -> None:
    await database.write(outbox.queue, "receipt", TO, now)
    [first] = await database.write(outbox.claim, now, 10)
    assert await database.write(outbox.claim, now + LEASE - timedelta(seconds=1), 10) == []
    [again] = await database.write(outbox.claim, now + LEASE, 10)
    assert (again.id, again.attempts) == (first.id, 0)


async def test_two_workers_never_hold_the_same_message(database_url: str, database: Database, now: datetime) -> None:
    rows = [{"message": "receipt", "recipient": f"{n}@charity.example"} for n in range(100)]
    await database.write(outbox.queue_many, [row | {"letter_id": None, "subject_id": None} for row in rows], now)
    other = Database(database_url)
    try:
        held: list[int] = []
        while True:
            taken = [one.id for one in await database.write(outbox.claim, now, 7)]
            taken += [one.id for one in await other.write(outbox.claim, now, 7)]
            if not taken:
                break
            held += taken
    finally:
        other.close()
    assert len(held) == len(set(held)) == 100


async def test_pauses_grow_until_the_message_has_failed_and_says_why(database: Database, now: datetime) -> None:
    await database.write(outbox.queue, "receipt", TO, now, subject_id=1)
    at, waited = now, []
    for attempt in range(len(PAUSES) + 1):
        [one] = await database.write(outbox.claim, at, 10)
        assert one.attempts == attempt
        goes_on = await database.write(outbox.put_back, one, at, f"try {attempt}")
        assert goes_on == (attempt < len(PAUSES))
        if goes_on:
            assert not await database.read(outbox.any_due, at + PAUSES[attempt] - timedelta(seconds=1))
            assert await database.read(outbox.any_due, at + PAUSES[attempt])
            waited.append(PAUSES[attempt])
            at += PAUSES[attempt]
    assert waited == sorted(waited)
    assert len(set(waited)) == len(waited)
    assert sum(waited, timedelta()) > timedelta(days=1)  # a weekend's trouble of a mail server is outlasted
    assert not await database.read(outbox.any_due, at + timedelta(days=365))
    [posted] = await database.read(mailed.about, 1, ("receipt",))
    assert (posted.state, posted.said) == ("failed", f"try {len(PAUSES)}")


async def test_what_was_claimed_and_not_begun_is_due_at_once(database: Database, now: datetime) -> None:
    await database.write(outbox.queue, "receipt", TO, now)
    [one] = await database.write(outbox.claim, now, 10)
    await database.write(outbox.give_back, [one.id], now)
    assert len(await database.write(outbox.claim, now, 10)) == 1


async def test_giving_back_does_not_revive_what_was_sent_meanwhile(database: Database, now: datetime) -> None:
    await database.write(outbox.queue, "receipt", TO, now)
    [one] = await database.write(outbox.claim, now, 10)
    await database.write(outbox.end, one.id, "sent", now, "250 OK")
    await database.write(outbox.give_back, [one.id], now)
    assert await database.write(outbox.claim, now + timedelta(days=9), 10) == []


async def test_the_oldest_goes_first(database: Database, now: datetime) -> None:
    await database.write(outbox.queue, "receipt", "second@charity.example", now)
    await database.write(outbox.queue, "receipt", "first@charity.example", now - timedelta(minutes=1))
    taken = await database.write(outbox.claim, now, 10)
    assert [one.recipient for one in taken] == ["first@charity.example", "second@charity.example"]
