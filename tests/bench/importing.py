"""A list of 10,000 rows looked through against a directory of 10,000: against calamine and rapidfuzz alone.

The rival reads the same workbook with calamine, folds each name once and compares it, by rapidfuzz, with those in the
same blocks: the directory's, and where none is near there, those of the rows before it, for a list's own doubles are
part of what a preview says. It checks no address, website or number and finds no double by them, and writes nothing.
"""

import io
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import python_calamine

from coalition.organisations import names, near_names
from coalition.organisations.near_names import blocks_of, blocks_to_search, forms_of, slip
from coalition.organisations.spreadsheets.columns import guess
from coalition.organisations.spreadsheets.reading import read_rows
from coalition.organisations.spreadsheets.sorting_out import rows as sorted_out
from tests.bench.figures import Figure, Row, range_of
from tests.organisations.workbooks import xlsx

ROWS = 10_000
TIMES = 5
PLACES = """ash oak elm birch mill bridge river stone wood hill park green north south east west upper lower old new
mary john paul peter fen marsh moor dale brook ford wick ham stead thorpe combe holt hurst mere cliff""".split()
WORK = (
    *("refugee forum", "law centre", "night shelter", "women council", "rights alliance", "justice network"),
    *("home visitors", "advice line", "food bank", "rape crisis", "trades council", "churches together"),
    *("housing action", "youth theatre", "credit union", "carers group"),
)


@dataclass(frozen=True)
class Known:
    id: int
    name: str
    name_key: str
    register_id: str | None
    domain: str


def rows(folder: Path) -> Iterator[Row]:
    called = _names(2 * ROWS)
    # Every third row is known, and of those every second with a slip.
    listed = [_with_a_slip(name) if n % 6 == 0 else name for n, name in enumerate(called[:ROWS])]
    directory = [name if n % 3 == 0 else called[ROWS + n] for n, name in enumerate(called[:ROWS])]
    known = [
        Known(n, name, names.name_key(name), f"GB-CHC-{1_000_000 + n}" if n % 2 else None, f"directory-{n}.example")
        for n, name in enumerate(directory)
    ]
    data = xlsx({"List": [("Name", "Charity number", "E-mail", "Contact", "Website"), *map(_row, range(ROWS), listed)]})
    ours, theirs, reading = [], [], []
    for _ in range(TIMES):
        _forget()
        theirs.append(_timed(lambda: _rival(data, directory)))
        _forget()
        ours.append(_timed(lambda: _ours(data, known)))
        reading.append(_timed(lambda: read_rows(data)))
    _forget()
    verdicts = _ours(data, known)
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    yield Row(
        f"Import preview of {ROWS:,} rows (XLSX) against a directory of {ROWS:,}",
        (Figure("calamine and rapidfuzz over the same blocks", ratios, most=2, unit=" times"),),
        f"ours {range_of(ours, ' s')}, of that {median(reading):.2f} s for reading in a process of its own; the rival "
        f"{range_of(theirs, ' s')}, {_rival(data, directory):,} near names; we found {verdicts}",
    )


def _ours(data: bytes, known: Sequence[Known]) -> str:
    table = read_rows(data)
    found = [row.verdict for row in sorted_out(table, guess(table), known, ("National charities",))]
    return ", ".join(f"{found.count(verdict):,} {verdict}" for verdict in ("new", "known", "likely"))


def _rival(data: bytes, directory: Sequence[str]) -> int:
    with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
        listed = [str(row[0]) for row in workbook.get_sheet_by_index(0).to_python()[1:]]
    known: dict[near_names.Block, dict[int, str]] = {}
    before: dict[near_names.Block, dict[int, str]] = {}
    for name in directory:
        _enter(known, forms_of(name)[0])
    near = 0
    for name in listed:
        form = forms_of(name)[0]
        near += _is_near(known, form) or _is_near(before, form)
        _enter(before, form)
    return near


def _enter(blocks: dict[near_names.Block, dict[int, str]], form: str) -> None:
    for block in blocks_of(form):
        others = blocks.setdefault(block, {})
        others[len(others)] = form


def _is_near(blocks: dict[near_names.Block, dict[int, str]], form: str) -> bool:
    return any(slip(form, blocks[block]) is not None for block in blocks_to_search(form) if block in blocks)


def _forget() -> None:
    for remembered in (names.name_key, names.domain, forms_of):
        remembered.cache_clear()


def _timed(what: object) -> float:
    begun = time.perf_counter()
    what()  # type: ignore[operator]
    return time.perf_counter() - begun


def _row(number: int, name: str) -> tuple[str | int, ...]:
    host = f"list-{number}.example"
    return (
        name,
        2_000_000 + number if number % 2 else "",
        f"office@{host}",
        f"Sample Contact {number}",
        f"https://{host}",
    )


def _names(many: int) -> list[str]:
    chance = random.Random(7)
    found: dict[str, None] = {}
    while len(found) < many:
        found[f"{' '.join(chance.sample(PLACES, 3))} {chance.choice(WORK)}".title()] = None
    return list(found)


def _with_a_slip(name: str) -> str:
    return name[:4] + name[5:]
