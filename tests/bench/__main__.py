"""python -m tests.bench [ROOM ...]: measures, and prints the table as Markdown."""

import importlib
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Row, table

ROOMS = (
    "endorsing",
    "reading",
    "importing",
    "tracking",
    "conditions",
    "reminding",
    "printing",
    "printing_many",
    "mailing",
    "starting",
)


def main(wanted: list[str]) -> None:
    rows: list[Row] = []
    begun = time.monotonic()
    for room in wanted or ROOMS:
        with tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder:
            print(f"{room} ...", file=sys.stderr)
            rows.extend(importlib.import_module(f"tests.bench.{room}").rows(Path(folder)))
    print(table(rows))
    minutes = (time.monotonic() - begun) / 60
    python = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    print(f"\n`make bench`, {python}, {minutes:.1f} minutes; the middle of several tries, and their range.")


if __name__ == "__main__":
    main(sys.argv[1:])
