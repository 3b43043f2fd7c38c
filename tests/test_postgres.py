"""The ground the tests stand on: a database of one's own, a server that leaves nothing behind, a real browser."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser
from sqlalchemy import Connection, func, insert, select

from coalition.base.database import Database
from coalition.tables import coordinators

USE_IT_UNTIL_TOLD = """
import sys
from pathlib import Path
from tests import postgres
with postgres.server(Path(sys.argv[1]), lambda url: None) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("time_of_asking", ["first", "second"])
async def test_each_test_has_a_migrated_empty_database(database: Database, now: datetime, time_of_asking: str) -> None:
    assert await database.read(_count) == 0
    await database.write(_add, "eva@sample.example", now)
    assert await database.read(_count) == 1


def test_a_server_is_shared_and_stops_when_its_last_user_is_gone_however_that_ended(tmp_path: Path) -> None:
    first, second = _user(tmp_path), _user(tmp_path)
    address = _what_it_says(first)
    assert _what_it_says(second) == address
    first.kill()
    first.communicate()
    assert _answers(address)
    second.communicate()
    assert _becomes_true(lambda: not _answers(address))
    assert _becomes_true(lambda: not (tmp_path / "address").exists())


async def test_axe_sees_a_picture_without_words(browser: Browser, axe: str) -> None:
    page = await browser.new_page()
    await page.set_content("<html lang=en><title>Sample</title><main><h1>Sample</h1><img src=x.png></main>")
    await page.evaluate(axe)
    found = await page.evaluate("axe.run()")
    assert [violation["id"] for violation in found["violations"]] == ["image-alt"]


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(coordinators)).scalar_one()


def _add(connection: Connection, email: str, now: datetime) -> None:
    connection.execute(insert(coordinators).values(email=email, name="", added_at=now))


def _user(folder: Path) -> "subprocess.Popen[str]":
    root = str(Path(__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-c", USE_IT_UNTIL_TOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
    )


def _what_it_says(user: "subprocess.Popen[str]") -> str:
    assert user.stdout
    return user.stdout.readline().strip()


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address.replace("+psycopg", "") + "/postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _becomes_true(condition: Callable[[], bool], limit_s: float = 10) -> bool:
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
