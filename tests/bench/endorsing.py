"""POST endorse, durable, 64 at once: against bare transactions in a loop, and the same job in Django."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from coalition.base.settings import ROOT
from tests.bench.campaigns import Campaign, begin
from tests.bench.figures import Figure, Row, range_of
from tests.bench.processes import Running, free_port, load, post, running, site
from tests.cast import endorse_form

AT_ONCE = 64
TIMES = 3
OURS, LOOP, DJANGO = 2500, 800, 500  # endorsements a time: a few seconds each


def rows(folder: Path) -> Iterator[Row]:
    campaign = begin(folder / "ours", asked=OURS * TIMES)
    bare, copied = folder / "bare.db", folder / "django.db"
    for copy in (bare, copied):
        _copy(folder / "ours" / "coalition.db", copy)
    ours, theirs = _requests(campaign.paths()), _requests(_django_paths(campaign))
    rates: dict[str, list[float]] = {"ours": [], "loop": [], "django": []}
    slowest, share = [], []
    with site(campaign.data_dir) as server, _django(copied) as django:
        for time in range(TIMES):
            rates["loop"].append(_loop(bare, time * LOOP))
            found = load(server.port, ours[time * OURS :][:OURS], at_once=AT_ONCE, once=True, status="303")
            rates["ours"].append(found["rate"])
            slowest.append(found["p99"])
            share.append(found["share"])
            found = load(django.port, theirs[time * DJANGO :][:DJANGO], at_once=AT_ONCE, once=True, status="303")
            rates["django"].append(found["rate"])
    _check(campaign)
    each = range(TIMES)
    yield Row(
        "POST endorse, durable, 64 at once, SQLite",
        (
            Figure("bare transactions in a loop", [rates["ours"][n] / rates["loop"][n] for n in each], least=0.3),
            Figure("Django, gunicorn", [rates["ours"][n] / rates["django"][n] for n in each], least=4),
            Figure("p99", slowest, most=60, unit=" ms"),
        ),
        f"{range_of(rates['ours'])} a second; the loop {range_of(rates['loop'])}, Django {range_of(rates['django'])}; "
        f"the driver took {max(share):.0%} of a core",
    )


def _requests(paths: list[str]) -> list[str]:
    return [post(f"{path}/endorse", _form(number)) for number, path in enumerate(paths)]


def _form(number: int) -> str:
    return urlencode({**endorse_form(f"Organisation {number}"), "seen": "0"})


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:  # what is still in the log would not be copied
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    shutil.copy(source, target)


def _loop(database: Path, first: int) -> float:
    command = [sys.executable, "-m", "tests.bench.rivals.bare_transactions", str(database), str(first), str(LOOP)]
    return float(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def _django_paths(campaign: Campaign) -> list[str]:
    from tests.bench.rivals.django_site import paths

    return paths(campaign.nonces)


@contextmanager
def _django(database: Path) -> Iterator[Running]:
    """gunicorn with two workers of four threads; other numbers were no faster (BENCH_GUNICORN tries them)."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "error"),
        *os.environ.get("BENCH_GUNICORN", "--workers 2 --worker-class gthread --threads 4 --keep-alive 60").split(),
        "tests.bench.rivals.django_site:application",
    ]
    with running(command, port, {"DATABASE": str(database)}, "/") as server:
        yield server


def _check(campaign: Campaign) -> None:
    """Nothing is fast that was not done."""
    with closing(sqlite3.connect(campaign.data_dir / "coalition.db")) as connection:
        [count] = connection.execute("SELECT count(*) FROM endorsements").fetchone()
    if count != OURS * TIMES:
        raise RuntimeError(f"{count} endorsements of {OURS * TIMES} are there")
