"""Settling 10,000 endorsements on a condition against one SELECT of them, and what it costs a letter that has none."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from coalition.base import clock
from coalition.base.database import Database
from coalition.endorsements.conditions import settling
from coalition.tables import endorsements, invitations, outbox
from tests.bench.campaigns import begin
from tests.bench.figures import Figure, Row, range_of

MANY, TIMES = 10_000, 5
e = endorsements.c
_select = select(*settling._columns).where(e.condition != "")


def rows(folder: Path) -> Iterator[Row]:
    campaign = begin(folder / "conditions", asked=MANY)
    with campaign.database() as database:
        letter = campaign.letter.id
        database.write_now(_all_endorse, letter)
        without = [_took(database, settling.look, letter, clock.now()) for _ in range(TIMES)]
        endorse = [_took(database, _one_endorsement) for _ in range(TIMES)]
        database.write_now(_on_conditions)
        plain = [_took(database, lambda connection: connection.execute(_select).all()) for _ in range(TIMES)]
        looked = [_took(database, settling.look, letter, clock.now()) for _ in range(TIMES)]
        begun = time.perf_counter()
        database.write_now(settling.settle, letter, clock.now())
        carried = time.perf_counter() - begun
        _check(database)
    yield Row(
        f"Settling {MANY:,} endorsements on a condition",
        (
            Figure("one SELECT of them", [looked[n] / plain[n] for n in range(TIMES)], most=6, unit=" times"),
            Figure("the same with nothing to settle", [one * 1000 for one in looked], most=400, unit=" ms"),
            Figure("all of them counted at once, mailed and noted", [carried], most=5, unit=" s"),
            Figure(
                "a letter without conditions, one UPDATE", [median(without) / median(endorse)], most=1, unit=" times"
            ),
        ),
        f"the SELECT took {range_of([one * 1000 for one in plain], ' ms')}; without conditions "
        f"{range_of([one * 1e6 for one in without], ' µs')}",
    )


def _took(database: Database, fn: Callable[..., Any], *values: Any) -> float:
    def timed(connection: Connection) -> float:
        begun = time.perf_counter()
        fn(connection, *values)
        return time.perf_counter() - begun

    return database.write_now(timed)


def _all_endorse(connection: Connection, letter_id: int) -> None:
    listed = select(invitations.c.letter_id, invitations.c.organisation_id, invitations.c.id).order_by(invitations.c.id)
    given = {"version": 1, "given_version": 1, "authority": "delegated", "show_signatory": True}
    now = clock.now()
    found = [
        {"letter_id": letter, "organisation_id": organisation, "invitation_id": id, "name": f"Number {id}", **given}
        for letter, organisation, id in connection.execute(listed)
    ]
    connection.execute(insert(endorsements), [{**one, "endorsed_at": now} for one in found])
    connection.execute(update(invitations).values(status="endorsed", answered_at=now))
    connection.execute(update(outbox).values(state="sent", ended_at=now))


def _one_endorsement(connection: Connection) -> None:
    """What the database does for one at the least: a row changed."""
    connection.execute(update(endorsements).where(e.id == 1).values(endorsed_at=clock.now()))


def _on_conditions(connection: Connection) -> None:
    """A third waits for enough of them, the others for the next in a ring; held apart, though all of it holds."""
    ids = list(connection.execute(select(e.id).order_by(e.id)).scalars())
    organisations = list(connection.execute(select(e.organisation_id).order_by(e.id)).scalars())
    for place, id in enumerate(ids):
        waits: dict[str, Any] = {"condition": "count", "condition_count": place + 1}
        if place % 3:
            next_one = organisations[(place + 1) % len(ids)]
            waits = {"condition": "organisation", "condition_organisation": "x", "condition_organisation_id": next_one}
        connection.execute(update(endorsements).where(e.id == id).values(held_since=clock.now(), **waits))
    connection.execute(update(invitations).values(status="held"))


def _check(database: Database) -> None:
    """Nothing is fast that was not done."""

    def count(connection: Connection) -> int:
        wanted = select(func.count()).where(invitations.c.status == "endorsed")
        return connection.execute(wanted).scalar_one()

    if database.read_now(count) != MANY:
        raise RuntimeError("not all of them count")
