"""The server is killed under load: what was acknowledged is there, and the history is whole."""

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from coalition.demo import sample
from coalition.endorsements import records as endorsements
from coalition.history import records as history
from coalition.invitations import records as invitations
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from tests.cast import Campaign, endorse_form
from tests.faults.processes import serving

ROUNDS = 3


@pytest.mark.parametrize("seed", [2009])
async def test_what_was_acknowledged_is_there_after_the_process_was_killed(
    seed: int, eva: Campaign, tmp_path: Path
) -> None:
    """Each organisation changes its answer again and again, counting up; the last number that was acknowledged, or the
    one that was on its way, must be what the database holds."""
    chance = random.Random(seed)  # noqa: S311 (when to kill is no secret)
    organisations = sorted(eva.database.read_now(sample.nonces, eva.letter))
    assert len(organisations) > 30
    links = {name: eva.link(name) for name in organisations}
    acknowledged = dict.fromkeys(organisations, -1)
    attempted = dict.fromkeys(organisations, -1)
    for round_ in range(ROUNDS):
        with serving(eva, tmp_path / "log", "--no-worker") as (server, address):

            async def answer_until_it_dies(name: str, browser: httpx.AsyncClient) -> None:
                while True:
                    attempted[name] += 1
                    form = endorse_form(name, role=f"Chair {attempted[name]}")
                    try:
                        said = await browser.post(f"{links[name]}/endorse", data=form)
                    except httpx.TransportError:
                        return
                    assert said.status_code == 303
                    acknowledged[name] = attempted[name]

            async with httpx.AsyncClient(base_url=address, timeout=30) as browser:
                load = asyncio.gather(*(answer_until_it_dies(name, browser) for name in organisations))
                while not load.done() and min(acknowledged.values()) < 0:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await asyncio.sleep(chance.random() / 2)
                server.kill()
                await load
        assert all(one >= 0 for one in acknowledged.values()), f"round {round_} was idle"
        held = {one.name: one.role for one in eva.database.read_now(endorsements.standing, eva.letter.id)}
        for name in organisations:
            if acknowledged[name] >= 0:
                number = int(held[name].removeprefix("Chair "))
                assert acknowledged[name] <= number <= attempted[name], f"{name} in round {round_}"
    _, broken = eva.database.read_now(history.check)
    assert broken == []
    # One decision, one entry: the counter of each organisation agrees with the history.
    for page in (1, 2):
        for row in eva.database.read_now(tracking.tracker, eva.letter.id, Filter(page=page))[0]:
            one = eva.database.read_now(invitations.invitation, row.id)
            deeds = [entry.deed for entry in eva.database.read_now(history.about, eva.letter.id, row.id)]
            assert deeds.count("endorsed") + deeds.count("endorsement changed") == one.answers
