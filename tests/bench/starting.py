"""From start to the first answer, against bare Starlette with the same server; what the web process takes at rest."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from coalition.base.settings import ROOT
from tests.bench.campaigns import begin
from tests.bench.figures import Figure, Row, range_of
from tests.bench.processes import end, free_port, get, load, memory_mb, site, site_environment, wait_for_answer

TIMES = 5
REST_S = 2


def rows(folder: Path) -> Iterator[Row]:
    campaign = begin(folder / "data", asked=40, endorsed=20)
    ours, theirs = [], []
    for _ in range(TIMES):
        port = free_port()
        theirs.append(_start(["-m", "tests.bench.rivals.hello", str(port)], port, {}))
        port = free_port()
        command = ["-m", "coalition", "serve", "--no-worker", "--port", str(port)]
        ours.append(_start(command, port, site_environment(campaign.data_dir, port)))
    yield Row(
        "Start to first answer, `serve --no-worker`",
        (
            Figure(
                "bare Starlette with the same server",
                [ours[n] / theirs[n] for n in range(TIMES)],
                most=3,
                unit=" times",
            ),
        ),
        f"{range_of(ours, ' s')}, bare {range_of(theirs, ' s')}",
    )
    with site(campaign.data_dir) as server:
        started = memory_mb(server.process.pid)
        slug = campaign.letter.slug
        for path in ("/", f"/letters/{slug}", f"/letters/{slug}.json", campaign.paths()[0], campaign.paths()[30]):
            load(server.port, [get(path)] * 20, at_once=4, once=True)
        time.sleep(REST_S)
        resting = memory_mb(server.process.pid)
    yield Row(
        "Web process at rest, pages served before",
        (Figure("", [resting], most=70, unit=" MB"),),
        f"{started:.1f} MB just started",
    )


def _start(arguments: Sequence[str], port: int, environment: Mapping[str, str]) -> float:
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=os.environ | environment)
    try:
        wait_for_answer(port, "/", process)
        return time.perf_counter() - begun
    finally:
        end(process)
