"""The tracker with 10,000 invitations and 100,000 entries of history against the same with 100 and 1,000:
any page, any filter, any order; and what it takes to see whether anything has changed.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median

import httpx
from sqlalchemy import event

from app import build
from coalition.base import clock
from coalition.invitations.tracker.tracking import PAGE
from tests.bench.campaigns import Campaign, begin, remember, spread
from tests.bench.figures import Figure, Row
from tests.bench.processes import get, load, site

TIMES = 3
SECONDS = 0.4
FEW, MANY = 100, 10_000
# Of each list the same questions. The last page of the one is the second, of the other the two hundredth.
FILTERS = {
    "first page": "",
    "last page": "page={last}",
    "newest first, last page": "sort=-when&page={last}",
    "names backwards": "sort=-name",
    "a page in the middle": "page={middle}",
    "by contact": "sort=contact",
    "by contact, last page": "sort=contact&page={last}",
    "by problem, in the middle": "sort=problem&page={middle}",
    "by date of sending": "sort=-sent&cols=sent,read,answered,deciding,reminders,problem",
    "by reminders, last page": "sort=reminded&page={last}",
    "endorsed": "status=endorsed",
    "endorsed, last page": "status=endorsed&page={last_endorsed}",
    "several statuses": "status=sent&status=fetched&status=read&status=deciding",
    "several statuses, in the middle": "status=sent&status=fetched&status=read&status=deciding&page={quarter}",
    "a group": "group=Trade+unions",
    "a group, newest first": "group=Trade+unions&sort=-when",
    "needs attention": "needs=any",
    "not read": "needs=unread&days=3&sort=sent",
    "asked, reminded twice": "from={day}&reminded=2",
    "headings by group": "by=group",
    "headings by group, last page": "by=group&page={last}",
    "headings by status, newest first": "by=status&sort=-when",
    "headings by status, searched": "by=status&q=the&page=2",
    "search, many": "q=law+centre",
    "search, most": "q=example",
    "search, most, newest first": "q=example&sort=-when",
    "search, most, by reminders": "q=example&sort=reminded",
    "search, one": "q=%40ely-64.example",
    "search, none": "q=nobody+of+that+name",
    "all at once": "status=declined&group=Faith+organisations&q=the&sort=-when",
}


def rows(folder: Path) -> Iterator[Row]:
    campaigns = {size: begin(folder / str(size), asked=size, endorsed=size // 5) for size in (FEW, MANY)}
    times: dict[tuple[int, str], list[float]] = {}
    with ExitStack() as stack:
        ports = {}
        for size, campaign in campaigns.items():
            spread(campaign)
            remember(campaign, 10)
            ports[size] = stack.enter_context(site(campaign.data_dir)).port
        requests = {size: _requests(campaign, size) for size, campaign in campaigns.items()}
        for _ in range(TIMES):
            for name in FILTERS:
                for size in (FEW, MANY):
                    found = load(ports[size], [requests[size][name]], at_once=1, seconds=SECONDS)
                    times.setdefault((size, name), []).append(found["p50"])
    # The same page of the short list, or its first where that one has fewer rows to show than the long list's.
    page = {name: [max(times[FEW, name][n], times[FEW, "first page"][n]) for n in range(TIMES)] for name in FILTERS}
    slower = {name: [times[MANY, name][n] / page[name][n] for n in range(TIMES)] for name in FILTERS}
    worst = max(slower, key=lambda name: median(slower[name]))
    said = ", ".join(
        f"{name} {median(times[MANY, name]):.1f} ms against {median(times[FEW, name]):.1f}" for name in FILTERS
    )
    yield Row(
        f"Tracker, {MANY:,} invitations, {10 * MANY:,} entries of history, any page, any filter",
        (
            Figure(f"a page of {FEW} with as many rows; the worst, “{worst}”", slower[worst], most=2, unit=" times"),
            Figure("SQL statements", [_statements(campaigns[MANY])], most=8),
        ),
        said,
    )


def _requests(campaign: Campaign, size: int) -> dict[str, str]:
    cookie = f"Cookie: {campaign.session()}"
    last = _last(size)
    address = f"/desk/letters/{campaign.letter.slug}"
    return {name: get(f"{address}?{query.format(**last)}", cookie) for name, query in FILTERS.items()}


def _last(size: int) -> dict[str, object]:
    day = (clock.now() - timedelta(days=7)).date()
    pages = size // PAGE
    return {
        "last": pages,
        "middle": -(-pages // 2),
        "quarter": -(-pages // 4),
        "last_endorsed": -(-size // 8 // PAGE),
        "day": day,
    }


def _statements(campaign: Campaign) -> int:
    """The most statements that any of the pages takes, beginning and ending of transactions left out."""
    app = build(campaign.settings)
    site = app.app.app.state.site  # type: ignore[attr-defined]
    statements: list[str] = []
    name, _, value = campaign.session().partition("=")

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", count)

    async def ask() -> int:
        most = 0
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site", cookies={name: value}) as browser:
            for query in FILTERS.values():
                statements.clear()
                answer = await browser.get(f"/desk/letters/{campaign.letter.slug}?{query.format(**_last(MANY))}")
                answer.raise_for_status()
                most = max(most, len(statements))
        return most

    try:
        return asyncio.run(ask())
    finally:
        site.close()
