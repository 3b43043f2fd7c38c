"""What every test may ask for: a migrated database of its own on SQLite and PostgreSQL, the hour, a browser."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import axe_playwright_python
import pytest
from hypothesis import settings
from playwright.async_api import Browser, async_playwright

from coalition import migrations
from coalition.base.database import Database
from tests import postgres
from tests.cast import Campaign, campaign

# What lands must not depend on luck: the same examples each time. To look for new ones: HYPOTHESIS_PROFILE=default
settings.register_profile("steady", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root may not use Chromium's sandbox; the rest keeps it from calling home, so a test hears only what it asked for.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture
def now() -> datetime:
    """A Monday morning in London, three weeks before the Metropolitan Police Authority decided."""
    return datetime(2009, 10, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
async def eva(database_url: str, tmp_path: Path) -> AsyncIterator[Campaign]:
    """Eva's campaign on a site of its own: the letter is open, everyone is asked, nothing is sent or answered."""
    async with campaign(database_url, tmp_path / "data") as begun:
        yield begun


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated, empty database that only this test uses. A test that asks for it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "coalition.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "coalition.db"
    migrations.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:  # what is still in the log would not be copied
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def postgresql_url(postgresql_database: str) -> Iterator[str]:
    yield postgresql_database
    postgres.empty(postgresql_database)


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: str) -> Iterator[str]:
    """One for all the tests of a worker, emptied after each."""
    with postgres.new_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    ours = tmp_path_factory.getbasetemp()
    shared = ours if worker_id == "master" else ours.parent  # xdist gives each worker a folder in a common one
    with postgres.server(shared / "postgresql", migrations.upgrade) as address:
        yield address


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium of the test's own: open a page with `await browser.new_page()`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, for `await page.evaluate(axe)` and then `await page.evaluate("axe.run()")`.

    Evaluated, not added as a script: our pages let no foreign script in, not even this one.
    """
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def _chromium() -> str | None:
    """The machine's own Chromium; None stands for the one that `playwright install chromium` fetched."""
    return next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
