"""A whole list's names looked up in a register: by the worker, with progress, and chosen by a person, row by row."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from coalition.base import clock
from coalition.organisations.registers import looking_up
from coalition.organisations.registers.looking_up import MOST_FAILURES
from coalition.organisations.registers.register import Register
from coalition.organisations.spreadsheets import listed_rows
from tests.cast import Campaign
from tests.faults.processes import running, wait_until
from tests.registers import charities, crooked, reconciling, with_register
from tests.rows import all_rows

LIST = """Organisation\tCharity number\tE-mail
Zażółć Gęślą Foundation\t\tone@sample.example
Sample Children Trust of Sampleton\t\ttwo@sample.example
Numbered Society\t901555\tthree@sample.example
Xq 77\t\tfour@sample.example
"""
SURE = "Zażółć Gęślą Foundation"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with reconciling(tmp_path_factory.mktemp("register")) as url:
        yield url


async def _begun(desk: httpx.AsyncClient, eva: Campaign, pasted: str = LIST) -> str:
    """A list that is being looked through. Returns the path of its page at the register."""
    answer = await desk.post(f"/desk/letters/{eva.letter.slug}/import", data={"paste": pasted})
    assert answer.status_code == 303, answer.text
    path: str = answer.headers["location"] + "/register"
    return path


async def _look_up(eva: Campaign, url: str, later: timedelta = timedelta()) -> None:
    """What the worker does, in a thread as there, until there is nothing to do."""
    register = Register(url)

    def work() -> None:
        while looking_up.go_on_with_next(eva.database, register, lambda: clock.now() + later):
            pass

    await asyncio.to_thread(work)


async def test_names_without_a_number_are_looked_up_and_what_a_person_chooses_is_put_into_the_list(
    eva: Campaign, service: str
) -> None:
    eva = with_register(eva, service)
    async with eva.at_desk() as desk:
        path = await _begun(desk, eva)
        assert "Look names up in the register" in (await desk.get(path.removesuffix("/register"))).text
        before = eva.database.read_now(all_rows)
        page = (await desk.get(path)).text
        assert "127.0.0.1" in page, "it says where the names go"
        assert eva.database.read_now(all_rows) == before
        for _ in range(2):  # a double click
            assert (await desk.post(f"{path}/begin")).status_code == 303
        waiting = await desk.get(path)
        assert "0 of 4 rows" in waiting.text
        assert waiting.headers["refresh"]
        await _look_up(eva, service)
        page = (await desk.get(path)).text
        assert "Numbered Society" not in page
        assert "Xq 77" not in page
        assert re.search(r'value="GB-CHC-901002"\s+checked', page), "the register is sure of this one"
        assert "the register is sure" in page
        assert page.count("checked") == 2, "and of the other a person has to say"
        assert page.count("See it") >= 6
        assert "/preview/GB-CHC-901002" in page
        chosen = re.findall(r'name="(number-1)"[^>]*value="(GB-CHC-2\d+)"', page)[0]
        used = await desk.post(
            path, data={"from": "0", "number-0": "GB-CHC-901002", chosen[0]: chosen[1], "number-3": "GB-CHC-1"}
        )
        assert used.headers["location"].endswith("?done=used")
        numbers = _numbers(eva, path)
        assert numbers == ["GB-CHC-901002", chosen[1], "GB-CHC-901555", ""]
        assert "nothing to propose" in (await desk.get(path)).text
        done = await desk.post(path.removesuffix("/register"))
        assert done.status_code == 303
    imported = {row[1] for row in eva.database.read_now(all_rows)["organisations"] if "GB-CHC-901002" in row}
    assert imported == {SURE}


async def test_all_that_the_register_is_sure_of_can_be_taken_at_once(eva: Campaign, service: str) -> None:
    eva = with_register(eva, service)
    async with eva.at_desk() as desk:
        some = [name for _, name in charities()[::30]]
        path = await _begun(desk, eva, "Organisation\n" + "\n".join(some))
        await desk.post(f"{path}/begin")
        await _look_up(eva, service)
        page = (await desk.get(path)).text
        assert page.count("<fieldset") == 50
        assert "?from=" in page
        await desk.post(path, data={"then": "sure"})
        numbers = _numbers(eva, path)
        assert numbers == [number for number, _ in charities()[::30]]


async def test_a_number_makes_a_row_known_that_the_directory_has_under_another_name(
    eva: Campaign, service: str
) -> None:
    eva = with_register(eva, service)
    async with eva.at_desk() as desk:
        await desk.post(
            f"/desk/letters/{eva.letter.slug}/add", data={"name": "ZGF Poland", "register_id": "GB-CHC-901002"}
        )
        path = await _begun(desk, eva)
        await desk.post(f"{path}/begin")
        await _look_up(eva, service)
        await desk.post(path, data={"then": "sure"})
        assert "ZGF Poland" in (await desk.get(path.removesuffix("/register"))).text


async def test_a_register_that_is_down_is_tried_again_and_then_left_and_the_list_is_imported_without(
    eva: Campaign,
) -> None:
    with crooked(b"") as server:
        eva = with_register(eva, server.url)
        async with eva.at_desk() as desk:
            path = await _begun(desk, eva)
            await desk.post(f"{path}/begin")
            for attempt in range(MOST_FAILURES):
                assert _state(eva, path) == "asking", attempt
                await _look_up(eva, server.url, timedelta(minutes=2 * attempt))
                if attempt == 1:
                    assert "it is tried again" in (await desk.get(path)).text
            assert _state(eva, path) == "stopped"
            page = (await desk.get(path)).text
            assert "go on without it" in page
            assert "Try again" in page
            assert (await desk.post(path.removesuffix("/register"))).status_code == 303
        assert len(server.asked) == MOST_FAILURES


async def test_the_worker_does_it_by_itself(eva: Campaign, service: str, tmp_path: Path) -> None:
    eva = with_register(eva, service)
    async with eva.at_desk() as desk:
        path = await _begun(desk, eva)
        await desk.post(f"{path}/begin")
        with running(eva, tmp_path / "log", "work", COALITION_REGISTER_URL=service) as worker:
            wait_until(lambda: _state(eva, path) == "done", lambda: worker.said)
            assert worker.end() == 0
        assert SURE in (await desk.get(path)).text


async def test_without_a_register_there_is_no_such_page(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await _begun(desk, eva)
        assert "Look names up" not in (await desk.get(path.removesuffix("/register"))).text
        assert (await desk.get(path)).status_code == 404
        assert (await desk.post(f"{path}/begin")).status_code == 404


async def test_a_list_that_is_thrown_away_takes_its_look_up_along(eva: Campaign, service: str) -> None:
    eva = with_register(eva, service)
    async with eva.at_desk() as desk:
        path = await _begun(desk, eva)
        await desk.post(f"{path}/begin")
    from coalition.organisations.spreadsheets import lists

    eva.database.write_now(lists.forget_imports, clock.now() + timedelta(days=1))
    assert eva.database.read_now(all_rows)["register_lookups"] == []


async def test_the_answers_of_two_workers_do_not_get_into_each_others_way(eva: Campaign, service: str) -> None:
    eva = with_register(eva, service)
    async with eva.at_desk() as desk:
        path = await _begun(desk, eva)
        await desk.post(f"{path}/begin")
    at = clock.now()
    first = eva.database.write_now(looking_up._claim, at)
    assert first
    assert eva.database.write_now(looking_up._claim, at) is None
    later = at + looking_up.LEASE
    second = eva.database.write_now(looking_up._claim, later)
    assert second
    eva.database.write_now(looking_up._note, first, {"state": "done"})
    assert _state(eva, path) == "asking"


def _import(path: str) -> int:
    return int(path.split("/")[-2])


def _state(eva: Campaign, path: str) -> str:
    going = eva.database.read_now(looking_up.looking_up, _import(path))
    assert going
    return going.state


def _numbers(eva: Campaign, path: str) -> list[str]:
    rows = eva.database.read_now(listed_rows.some, _import(path), 0, 1000)
    return [one.row.values.register_id for one in rows]
