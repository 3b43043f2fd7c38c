"""Pages that are read: a letter's, kept for a second, against bare Starlette; a signed link's, against its template."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from coalition.base.settings import ROOT
from tests.bench.campaigns import Campaign, begin
from tests.bench.figures import Figure, Row, range_of
from tests.bench.processes import get, load, rival, site, site_environment

TIMES = 3
SECONDS = 2
ENDORSED = 100
AT_ONCE = 16


def rows(folder: Path) -> Iterator[Row]:
    campaign = begin(folder / "data", asked=2 * ENDORSED, endorsed=ENDORSED)
    with site(campaign.data_dir) as server, rival("hello") as hello:
        yield _kept(campaign, server.port, hello.port)
        yield _not_kept(campaign, server.port)


def _kept(campaign: Campaign, ours: int, theirs: int) -> Row:
    page = get(f"/letters/{campaign.letter.slug}")
    unchanged = get(f"/letters/{campaign.letter.slug}", f"If-None-Match: {_etag(ours, page)}")
    rates: dict[str, list[float]] = {"page": [], "304": [], "hello": []}
    share = []
    for _ in range(TIMES):
        for name, port, request, status in (
            ("hello", theirs, get("/"), "200"),
            ("page", ours, page, "200"),
            # An ETag holds while the page does not change, and nobody endorses meanwhile.
            ("304", ours, unchanged, "304"),
        ):
            found = load(port, [request], at_once=AT_ONCE, seconds=SECONDS, status=status)
            rates[name].append(found["rate"])
            share.append(found["share"])
    each = range(TIMES)
    return Row(
        f"GET letter page, {ENDORSED} endorsers, kept for a second",
        (
            Figure("bare Starlette “hello”", [rates["page"][n] / rates["hello"][n] for n in each], least=0.7),
            Figure("the same, 304", [rates["304"][n] / rates["hello"][n] for n in each], least=0.8),
        ),
        f"page {range_of(rates['page'])} a second, 304 {range_of(rates['304'])}, hello {range_of(rates['hello'])}; "
        f"the driver took up to {max(share):.0%} of a core",
    )


def _not_kept(campaign: Campaign, port: int) -> Row:
    # Those who have not answered yet: their page shows the form.
    paths = campaign.paths()[ENDORSED:]
    rates: dict[str, list[float]] = {"page": [], "template": []}
    for _ in range(TIMES):
        rates["template"].append(_render(campaign, paths[0]))
        rates["page"].append(load(port, [get(path) for path in paths], at_once=AT_ONCE, seconds=SECONDS)["rate"])
    return Row(
        f"Signed link’s page, {ENDORSED} endorsers, not kept",
        (
            Figure(
                "its template rendered alone in a loop",
                [rates["page"][n] / rates["template"][n] for n in range(TIMES)],
                least=0.5,
            ),
        ),
        f"{range_of(rates['page'])} a second; the template alone {range_of(rates['template'])}",
    )


def _render(campaign: Campaign, path: str) -> float:
    command = [sys.executable, "-m", "tests.bench.rivals.rendering", path.removeprefix("/e/"), str(SECONDS)]
    environment = os.environ | site_environment(campaign.data_dir, 8000)
    return float(subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def _etag(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), 5) as asking:
        asking.sendall(request.encode())
        head = asking.recv(1 << 16).decode("latin-1")
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("etag:"))
