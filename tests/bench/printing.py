"""The PDF: a letter’s first, against WeasyPrint alone, and what the site feels of it; the same again from memory."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

from coalition.base import clock
from coalition.base.database import Database
from coalition.base.settings import ROOT
from coalition.printings import actions, records
from coalition.printings.press.layout import Sheet, html
from tests.bench.campaigns import Campaign, begin
from tests.bench.figures import Figure, Row, range_of
from tests.bench.processes import get, load, rival, site

TIMES = 3
UNDERSIGNED = 100
EACH = 3  # PDFs a time
SECONDS = 3
PAUSE_S = 0.01  # between two requests of the one who reads meanwhile
LIMIT_S = 60


def rows(folder: Path) -> Iterator[Row]:
    campaign = begin(folder / "data", asked=UNDERSIGNED, endorsed=UNDERSIGNED)
    with campaign.database() as database, site(campaign.data_dir, worker=True) as server:
        sheet = _closed(database, campaign)
        sheets = (replace(sheet, made_at=f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z") for n in range(3600))
        with _alone(folder, sheet) as alone:
            yield _first(database, campaign, sheets, alone, server.port)
        shutil.copy(next((campaign.data_dir / "pdf").rglob(f"{_content(database, campaign)}.pdf")), folder / "kept.pdf")
        with rival("hello", str(folder)) as files:
            yield _again(campaign, server.port, files.port)


def _closed(database: Database, campaign: Campaign) -> Sheet:
    """Closes the list, and waits until the worker is warm: its first PDF is set."""
    printing = database.write_now(actions.close_list, campaign.letter.slug, "Eva", clock.now())
    _wait_until_set(database, printing.content)
    return database.read_now(records.printed_sheet, printing.content)


def _content(database: Database, campaign: Campaign) -> str:
    return database.read_now(records.printing, campaign.letter.id).content


def _wait_until_set(database: Database, content: str) -> None:
    until = time.monotonic() + LIMIT_S
    while (found := database.read_now(records.pdf, content)) is None or found.state != "set":
        if time.monotonic() > until:
            raise RuntimeError(f"the PDF was not set: {found}")
        time.sleep(0.002)


@contextmanager
def _alone(folder: Path, sheet: Sheet) -> Iterator[Callable[[], float]]:
    page = folder / "page.html"
    page.write_text(html(sheet))
    command = [sys.executable, "-m", "tests.bench.rivals.weasyprint_alone"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        asked, answers = process.stdin, process.stdout
        answers.readline()

        def once() -> float:
            asked.write(f"{page}\n")
            asked.flush()
            return float(answers.readline())

        once()
        yield once
        asked.close()


def _first(
    database: Database, campaign: Campaign, sheets: Iterator[Sheet], alone: Callable[[], float], port: int
) -> Row:
    def set_one() -> float:
        """From asking, in the web's transaction, to the PDF that can be served."""
        begun = time.perf_counter()
        content = database.write_now(records.ask_to_set, next(sheets), clock.now())
        _wait_until_set(database, content)
        return time.perf_counter() - begun

    ours, theirs, idle, busy = [], [], [], []
    page = get(campaign.paths()[0])
    set_one()
    for _ in range(TIMES):
        theirs.append(sum(alone() for _ in range(EACH)) / EACH)
        ours.append(sum(set_one() for _ in range(EACH)) / EACH)
        idle.append(load(port, [page], at_once=1, seconds=SECONDS, pause=PAUSE_S)["p99"])
        until = time.monotonic() + SECONDS

        def keep_setting(until: float = until) -> None:
            while time.monotonic() < until:
                set_one()

        setting = Thread(target=keep_setting)
        setting.start()
        busy.append(load(port, [page], at_once=1, seconds=SECONDS, pause=PAUSE_S)["p99"])
        setting.join()
    each = range(TIMES)
    return Row(
        f"First PDF, {UNDERSIGNED} undersigned, warm, from asking to having it",
        (
            Figure("WeasyPrint on the same HTML", [ours[n] / theirs[n] for n in each], most=1.3, unit=" times"),
            Figure("the site’s p99 meanwhile, idle", [busy[n] / idle[n] for n in each], most=2, unit=" times"),
        ),
        f"{range_of(ours, ' s')}, WeasyPrint {range_of(theirs, ' s')}; a signed link’s page, p99 "
        f"{range_of(busy, ' ms')} while PDFs are set, {range_of(idle, ' ms')} while none is",
    )


def _again(campaign: Campaign, ours: int, theirs: int) -> Row:
    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(TIMES):
        for name, port, path in (
            ("theirs", theirs, "/files/kept.pdf"),
            ("ours", ours, f"/letters/{campaign.letter.slug}.pdf"),
        ):
            rates[name].append(load(port, [get(path)], at_once=16, seconds=SECONDS)["rate"])
    ratios = [rates["ours"][n] / rates["theirs"][n] for n in range(TIMES)]
    return Row(
        "PDF again",
        (Figure("Starlette’s StaticFiles", ratios, least=5, unit=" times"),),
        f"{range_of(rates['ours'])} a second, StaticFiles {range_of(rates['theirs'])}",
    )
