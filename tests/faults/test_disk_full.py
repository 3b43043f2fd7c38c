"""The disk is full: what cannot be kept is said and stays on the page, reading goes on, with room writing does too."""

import re
import resource
from pathlib import Path

import httpx
from sqlalchemy import event, text

from coalition.base import clock
from coalition.base.database import Database
from coalition.endorsements import records as endorsements
from coalition.history import records as history
from coalition.letters import actions
from tests.cast import NSPCC, Campaign, campaign, endorse_form
from tests.faults.processes import serving

TYPED = "A Signatory Whose Name Took Long To Type"


async def test_a_full_disk_is_said_and_everything_else_goes_on(sqlite_url: str, tmp_path: Path) -> None:
    """A real server whose files may grow no further: to SQLite that is a disk that takes no more."""
    async with campaign(sqlite_url, tmp_path / "data") as eva:
        with serving(eva, tmp_path / "log", "--no-worker") as (server, address):
            async with httpx.AsyncClient(base_url=address, timeout=30, follow_redirects=False) as browser:
                acknowledged, refusal = await _answer_until_the_disk_is_full(eva, server.child.pid, browser)

                assert refusal.status_code == 503
                assert "could not be saved" in refusal.text
                assert TYPED in refusal.text
                assert refusal.headers["cache-control"] == "no-store"
                for path in (eva.link(NSPCC), f"/letters/{eva.letter.slug}", "/", "/healthz", "/sign-in"):
                    assert (await browser.get(path)).status_code == 200, path
                kept = await _held_by(sqlite_url, eva)
                assert kept == acknowledged

                _make_room(server.child.pid)
                form = endorse_form(signatory=TYPED, role="After")
                assert (await browser.post(f"{eva.link(NSPCC)}/endorse", data=form)).status_code == 303
                assert await _held_by(sqlite_url, eva) == "After"
        assert TYPED not in server.said
        assert eva.database.read_now(history.check)[1] == []


async def _answer_until_the_disk_is_full(
    eva: Campaign, pid: int, browser: httpx.AsyncClient
) -> tuple[str, httpx.Response]:
    """The last role that was acknowledged, and the answer that refused the next."""
    link = eva.link(NSPCC)
    assert (await browser.post(f"{link}/endorse", data=endorse_form(role="Before"))).status_code == 303
    path = Path(re.sub(r"^sqlite:///", "", eva.settings.database_url))
    largest = max(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + 60_000, resource.RLIM_INFINITY))
    acknowledged = "Before"
    for number in range(500):
        form = endorse_form(signatory=TYPED, role=f"Chair {number}", authority="other", authority_detail="x" * 200)
        answer = await browser.post(f"{link}/endorse", data=form)
        if answer.status_code != 303:
            return acknowledged, answer
        acknowledged = f"Chair {number}"
    raise AssertionError("the disk never was full")


def _make_room(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


async def _held_by(url: str, eva: Campaign) -> str:
    """The role that a process which starts now finds."""
    database = Database(url)
    [one] = await database.read(endorsements.standing, eva.letter.id)
    database.close()
    return one.role


async def test_what_was_typed_stays_on_every_page_that_could_not_save_it(sqlite_url: str, tmp_path: Path) -> None:
    """The same inside one process, for the desk's forms."""
    async with campaign(sqlite_url, tmp_path / "data") as eva, eva.at_desk() as desk, eva.browser() as charity:
        draft = eva.database.write_now(actions.start, "A second letter", eva.eva, clock.now())
        revision = str(eva.reread().revision)
        pages = eva.database.read_now(lambda connection: connection.execute(text("PRAGMA page_count")).scalar())
        event.listen(
            eva.database.engine, "connect", lambda driver, _: driver.execute(f"PRAGMA max_page_count={pages}").close()
        )
        eva.database.engine.dispose()
        here, there = f"/desk/letters/{eva.letter.slug}", f"/desk/letters/{draft.slug}"
        when = {"hard_deadline": "2030-01-01T17:00", "time_zone": "Europe/London", "visibility": "public"}
        long = TYPED + " x" * 4000  # more than what is free in a page
        for browser, path, form in (
            (desk, "/desk/letters", {"subject": TYPED}),
            (desk, f"{here}/add", {"contact_name": TYPED}),
            (desk, f"{here}/import", {"paste": "Organisation\n" + f"{TYPED}\n" * 200}),
            (desk, f"{here}/invitation", {"body": f"{long[:5500]}\n\n{{link}}", "revision": revision}),
            (desk, f"{there}/draft", when | {"subject": TYPED, "body": long, "language": "en-GB", "revision": "1"}),
            (charity, f"{eva.link(NSPCC)}/decline", {}),
        ):
            statuses = set()
            for number in range(60):  # until the free places of the pages there are have been used up
                another = {}
                if path.endswith("/add"):
                    another = {"email": f"{number}@b.example", "name": f"{TYPED} {number}"}
                elif path.endswith("/decline"):
                    another = {"reason": f"{TYPED} {number}" + " x" * 400}
                answer = await browser.post(path, data=form | another)
                statuses.add(answer.status_code)
                assert answer.status_code in (303, 409, 422, 503), path
                if answer.status_code == 503:
                    assert TYPED in answer.text, path
                    break
            assert 503 in statuses, f"{path} {statuses}"
