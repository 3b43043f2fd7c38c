"""A rival's side of `tests.bench.rivals.setting`: sets what it is told, and says how long it took."""

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def answer(
    name: str,
    set_pdf: Callable[[Path], bytes],
    lacks: str = "",
    memory_mb: Callable[[], float] = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
) -> None:
    print("ready", flush=True)
    gc.freeze()
    gc.disable()  # as ours do while they set
    for line in sys.stdin:
        folder = Path(line.strip())
        begun = time.perf_counter()
        pdf = set_pdf(folder)
        took = time.perf_counter() - begun
        (folder / f"{name}.pdf").write_bytes(pdf)
        print(json.dumps([took, memory_mb(), lacks]), flush=True)
        gc.collect()
