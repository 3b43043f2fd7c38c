"""The PDF of a letter under 10,000 names: against WeasyPrint alone, Chromium, Typst and reportlab on the same content;
one name changed; memory; growth; and what the site feels of it.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from threading import Thread

from tests.bench.figures import Figure, Row, range_of
from tests.bench.press import Press, one_changed, press, under
from tests.bench.processes import get, load
from tests.bench.rivals.setting import Setting, alone
from tests.bench.watching import watching

TIMES = 3
FEW, MANY = 100, 10_000
SHORT, LONG = 1_000, 20_000
SECONDS = 4  # that the site is asked while nothing is set
PAUSE_S = 0.01
RIVALS = {  # their words in the table, the room of each, how often
    "Chromium’s print of the same page": ("chromium_print", 2),
    "WeasyPrint with a table": ("weasyprint_table", 1),
    "Typst": ("typst_letter", 2),
    "reportlab": ("reportlab_letter", 2),
}


def rows(folder: Path) -> Iterator[Row]:
    with press(folder, FEW) as ours, watching(ours.server.process.pid) as memory:
        # Before anything else, so that what the others leave behind is not counted.
        found = _against_weasyprint(folder, ours)
        peak = memory.peak_mb
        yield Row(
            f"First PDF, {MANY:,} undersigned, sealed, from asking to having it",
            (
                Figure(
                    "WeasyPrint on the same HTML, one process", _ratios(found.ours, found.bare), most=0.7, unit=" times"
                ),
                Figure("the same with one name changed", _ratios(found.changed, found.bare), most=0.2, unit=" times"),
                Figure("the most memory that any process took", [peak], most=400, unit=" MB"),
            ),
            f"{range_of(found.ours, ' s')}, one name changed {range_of(found.changed, ' s')}, WeasyPrint "
            f"{range_of(found.bare, ' s')} and {found.bare_mb:.0f} MB",
        )
        yield from _beside(folder, ours, found.ours)
        yield _growth(ours)
        yield _meanwhile(ours, median(found.ours))


class _Found:
    def __init__(self) -> None:
        self.ours, self.bare, self.changed = list[float](), list[float](), list[float]()
        self.bare_mb = 0.0


def _against_weasyprint(folder: Path, press: Press) -> _Found:
    found = _Found()
    with alone("weasyprint_alone", folder, press.printed) as bare:
        for number in range(1, TIMES + 1):
            sheet = under(press.printed, MANY, number)
            theirs = bare(sheet)
            found.bare.append(theirs.seconds)
            found.bare_mb = theirs.megabytes
            found.ours.append(press.set(sheet))
            found.changed.append(press.set(one_changed(sheet)))
    return found


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def _beside(folder: Path, press: Press, ours: list[float]) -> Iterator[Row]:
    figures, notes = [], [f"ours {range_of(ours, ' s')}"]
    for words, (room, times) in RIVALS.items():
        settings: list[Setting] = []
        with alone(room, folder, press.printed) as rival:
            settings.extend(rival(under(press.printed, MANY, number)) for number in range(1, times + 1))
        seconds = [one.seconds for one in settings]
        most = 1 if room == "chromium_print" else None
        figures.append(Figure(words, [median(ours) / one for one in seconds], most=most, unit=" times"))
        notes.append(f"{words} {range_of(seconds, ' s')}, {settings[-1].megabytes:.0f} MB, {settings[-1].kept}")
    yield Row(f"The same {MANY:,}, beside others", figures, "; ".join(notes))


def _growth(press: Press) -> Row:
    ratios, short, long = [], [], []
    for time in range(2):
        few = [press.set(under(press.printed, SHORT, 100 + 10 * time + n)) for n in range(TIMES)]
        short.append(median(few) / SHORT * 1000)
        long.append(press.set(under(press.printed, LONG, 200 + time)) / LONG * 1000)
        ratios.append(long[-1] / short[-1])
    return Row(
        f"Growth, {LONG:,} undersigned",
        (Figure(f"time for each of {SHORT:,}", ratios, most=1.3, unit=" times"),),
        f"{range_of(long, ' ms')} a name, of {SHORT:,} {range_of(short, ' ms')}",
    )


def _meanwhile(press: Press, seconds: float) -> Row:
    page = get(press.campaign.paths()[0])
    found: dict[str, list[dict[str, float]]] = {"idle": [], "busy": []}
    for number in range(2):
        found["idle"].append(load(press.server.port, [page], at_once=1, seconds=SECONDS, pause=PAUSE_S))
        setting = Thread(target=press.set, args=(under(press.printed, MANY, 300 + number),))
        setting.start()
        found["busy"].append(load(press.server.port, [page], at_once=1, seconds=0.8 * seconds, pause=PAUSE_S))
        setting.join()

    def felt(name: str) -> list[float]:
        return [busy[name] / idle[name] for busy, idle in zip(found["busy"], found["idle"], strict=True)]

    return Row(
        f"A signed link’s page while {MANY:,} names are set",
        (
            Figure("idle, the median", felt("p50"), most=1.5, unit=" times"),
            Figure("idle, p99", felt("p99"), most=1.5, unit=" times"),
        ),
        "; ".join(
            f"{when}: median {range_of([one['p50'] for one in every], ' ms')}, "
            f"p99 {range_of([one['p99'] for one in every], ' ms')}"
            for when, every in found.items()
        ),
    )
