"""A printing is made once: asked for many times at once, by two workers, and where a worker is killed half-way."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from coalition.base import clock
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.endorsements import actions as answers
from coalition.history import records as history
from coalition.printings import actions, records
from coalition.printings.records import Printing
from coalition.tables import pdfs, printings
from tests.cast import NSPCC, POPPY, Campaign, endorse_form
from tests.faults.processes import running, wait_until

AT_ONCE = 20


def _state(eva: Campaign, content: str) -> str:
    found = eva.database.read_now(records.pdf, content)
    return found.state if found else ""


def _file(eva: Campaign, content: str) -> Path:
    return eva.settings.data_dir / "pdf" / content[:2] / f"{content}.pdf"


def _deeds(eva: Campaign) -> Counter[str]:
    return Counter(one.deed for one in eva.database.read_now(history.entries, eva.letter.id, most=1000))


async def _endorsed(eva: Campaign) -> None:
    """Two have; what those who are asked read needs no setting here."""
    while claimed := eva.database.write_now(records.claim, clock.now()):
        eva.database.write_now(records.was_set, claimed.content, "0" * 64, clock.now())
    async with eva.browser() as charity:
        for name in (NSPCC, POPPY):
            assert (await charity.post(f"{eva.link(name)}/endorse", data=endorse_form(name))).status_code == 303


async def test_asked_for_twenty_times_at_once_with_two_workers_it_is_made_once(eva: Campaign, tmp_path: Path) -> None:
    """Two processes' writers take turns as these two do; two real workers race for what is to be set."""
    await _endorsed(eva)
    with closing(Database(eva.database.url)) as second, ThreadPoolExecutor(AT_ONCE) as asking:
        doors, start = (eva.database, second), threading.Barrier(AT_ONCE)

        def ask(place: int, deed: Any) -> Printing | None:
            start.wait()
            try:
                return doors[place % 2].write_now(deed, eva.letter.slug, "Eva Sample", clock.now())
            except Refused:
                return None

        with running(eva, tmp_path / "one", "work") as one, running(eva, tmp_path / "two", "work") as two:
            made = list(asking.map(lambda place: ask(place, actions.close_list), range(AT_ONCE)))
            [content] = {found.content for found in made if found}
            assert None not in made
            wait_until(lambda: _state(eva, content) == "set", lambda: one.said + two.said)
            eva.database.write_now(answers.withdraw, eva.nonce(POPPY), None, clock.now())
            again = [found for found in asking.map(lambda at: ask(at, actions.print_again), range(AT_ONCE)) if found]
            assert [found.number for found in again] == [2]
            wait_until(lambda: _state(eva, again[0].content) == "set", lambda: one.said + two.said)
    found = eva.database.read_now(records.all_printings, eva.letter.id)
    assert [(each.number, each.undersigned, each.content) for each in found] == [
        (1, 2, content),
        (2, 1, again[0].content),
    ]
    for each in found:
        assert sha256(_file(eva, each.content).read_bytes()).hexdigest() == each.sha256
    told = _deeds(eva)
    assert (told["list closed"], told["printed"]) == (1, 2)


async def test_a_worker_killed_before_it_is_kept_and_another_before_that_is_noted_leave_one_printing(
    eva: Campaign, tmp_path: Path
) -> None:
    await _endorsed(eva)
    first = eva.database.write_now(actions.close_list, eva.letter.slug, "Eva Sample", clock.now())
    content, log = first.content, tmp_path / "log"
    with running(eva, log, "work") as worker:
        wait_until(lambda: _is_claimed(eva, content), lambda: worker.said)
        worker.kill()
    assert not _file(eva, content).exists(), "killed between claiming and keeping it"
    _lapse(eva)
    with running(eva, log, "work") as worker:
        wait_until(lambda: _is_claimed(eva, content), lambda: worker.said)
        with _nobody_else_writes(eva):
            wait_until(_file(eva, content).exists, lambda: worker.said)
            worker.kill()
    kept = _file(eva, content).read_bytes()
    assert _state(eva, content) == "claimed", "killed between keeping it and noting that"
    _lapse(eva)
    with running(eva, log, "work") as worker:
        wait_until(lambda: _state(eva, content) == "set", lambda: worker.said)
    assert _file(eva, content).read_bytes() == kept
    [found] = eva.database.read_now(records.all_printings, eva.letter.id)
    assert (found.sha256, found.undersigned) == (sha256(kept).hexdigest(), 2)
    assert [path for path in _file(eva, content).parent.iterdir() if path.suffix == ".part"] == []
    assert _deeds(eva)["printed"] == 1


def _is_claimed(eva: Campaign, content: str) -> bool:
    """By somebody whose lease runs."""

    def look(connection: Connection) -> bool:
        claimed = select(pdfs.c.due_at).where(pdfs.c.content == content, pdfs.c.state == "claimed")
        due_at = connection.execute(claimed).scalar()
        return due_at is not None and due_at > clock.now()

    return eva.database.read_now(look)


def _lapse(eva: Campaign) -> None:
    """The lease of whoever was killed runs out."""

    def lapse(connection: Connection) -> None:
        of = select(printings.c.content)
        connection.execute(update(pdfs).where(pdfs.c.content.in_(of)).values(due_at=clock.now()))

    eva.database.write_now(lapse)


@contextmanager
def _nobody_else_writes(eva: Campaign) -> Iterator[None]:
    """Holds the writers' turn, so that a worker that has kept its PDF waits to note it."""
    with eva.database.engine.execution_options(coalition_write=True).connect() as connection, connection.begin():
        yield
