"""The PDF: a letter’s first, against WeasyPrint alone, and what the site feels of it; the same again from memory."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from tests.bench.figures import Figure, Row, range_of
from tests.bench.press import Press, press, under
from tests.bench.processes import get, load, rival
from tests.bench.rivals.setting import alone

TIMES = 3
UNDERSIGNED = 100
EACH = 3  # PDFs a time
SECONDS = 3
PAUSE_S = 0.01  # between two requests of the one who reads meanwhile


def rows(folder: Path) -> Iterator[Row]:
    with press(folder, UNDERSIGNED) as ours:
        yield _first(folder, ours)
        kept = next((ours.campaign.data_dir / "pdf").rglob(f"{ours.content}.pdf"))
        shutil.copy(kept, folder / "kept.pdf")
        with rival("hello", str(folder)) as files:
            yield _again(ours, files.port)


def _first(folder: Path, press: Press) -> Row:
    sheets = (under(press.printed, UNDERSIGNED, number) for number in range(10_000))
    ours, theirs, idle, busy = [], [], [], []
    page = get(press.campaign.paths()[0])
    press.set(next(sheets))
    with alone("weasyprint_alone", folder, press.printed) as bare:
        for _ in range(TIMES):
            pairs = [(bare(sheet).seconds, press.set(sheet)) for sheet in (next(sheets) for _ in range(EACH))]
            theirs.append(sum(pair[0] for pair in pairs) / EACH)
            ours.append(sum(pair[1] for pair in pairs) / EACH)
            idle.append(load(press.server.port, [page], at_once=1, seconds=SECONDS, pause=PAUSE_S)["p99"])
            until = time.monotonic() + SECONDS

            def keep_setting(until: float = until) -> None:
                while time.monotonic() < until:
                    press.set(next(sheets))

            setting = Thread(target=keep_setting)
            setting.start()
            busy.append(load(press.server.port, [page], at_once=1, seconds=SECONDS, pause=PAUSE_S)["p99"])
            setting.join()
    each = range(TIMES)
    return Row(
        f"First PDF, {UNDERSIGNED} undersigned, warm, sealed, from asking to having it",
        (
            Figure("WeasyPrint on the same HTML", [ours[n] / theirs[n] for n in each], most=1.3, unit=" times"),
            Figure("the site’s p99 meanwhile, idle", [busy[n] / idle[n] for n in each], most=1.5, unit=" times"),
        ),
        f"{range_of(ours, ' s')}, WeasyPrint {range_of(theirs, ' s')}; a signed link’s page, p99 "
        f"{range_of(busy, ' ms')} while PDFs are set, {range_of(idle, ' ms')} while none is",
    )


def _again(press: Press, theirs: int) -> Row:
    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(TIMES):
        for name, port, path in (
            ("theirs", theirs, "/files/kept.pdf"),
            ("ours", press.server.port, f"/letters/{press.campaign.letter.slug}.pdf"),
        ):
            rates[name].append(load(port, [get(path)], at_once=16, seconds=SECONDS)["rate"])
    ratios = [rates["ours"][n] / rates["theirs"][n] for n in range(TIMES)]
    return Row(
        "PDF again",
        (Figure("Starlette’s StaticFiles", ratios, least=5, unit=" times"),),
        f"{range_of(rates['ours'])} a second, StaticFiles {range_of(rates['theirs'])}",
    )
