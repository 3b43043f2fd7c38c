"""The press as the site has it: sheets asked for in the web's transaction, set by the worker; letters of any length."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from coalition.base import clock
from coalition.base.database import Database
from coalition.demo.sample import GROUPS
from coalition.endorsements.undersigned import Group, Line
from coalition.printings import actions, records
from coalition.printings.press.layout import Sheet
from tests.bench.campaigns import PLACES, WORK, Campaign, begin
from tests.bench.processes import Running, site

LIMIT_S = 180
PRINTED = ("organisation", "signatory", "role", "note")
_APART = 100_000  # between the numbers of two letters' names: no name of one is in another


@dataclass(frozen=True)
class Press:
    database: Database
    campaign: Campaign
    server: Running
    printed: Sheet  # the first printing of a letter under a few names: all that follow are made like it
    content: str  # its content hash

    def set(self, sheet: Sheet) -> float:
        """Seconds from asking, in the web's transaction, to the PDF that can be served."""
        begun = time.perf_counter()
        _wait_until_set(self.database, self.database.write_now(records.ask_to_set, sheet, clock.now()))
        return time.perf_counter() - begun


@contextmanager
def press(folder: Path, undersigned: int) -> Iterator[Press]:
    """The site and its worker, whose press is warm: it has set the first printing."""
    campaign = begin(folder / "data", asked=undersigned, endorsed=undersigned)
    with campaign.database() as database, site(campaign.data_dir, worker=True) as server:
        printing = database.write_now(actions.close_list, campaign.letter.slug, "Eva", clock.now())
        _wait_until_set(database, printing.content)
        printed = database.read_now(records.printed_sheet, printing.content)
        yield Press(database, campaign, server, printed, printing.content)


def _wait_until_set(database: Database, content: str) -> None:
    until = time.monotonic() + LIMIT_S
    while (found := database.read_now(records.pdf, content)) is None or found.state != "set":
        if time.monotonic() > until or (found and found.problem):
            raise RuntimeError(f"the PDF was not set: {found}")
        time.sleep(0.002)


def under(sheet: Sheet, count: int, number: int) -> Sheet:
    """The sheet under `count` other names; `number` says which, and no two have a name in common."""
    first = number * _APART
    each = -(-count // len(GROUPS))
    lines = [_line(first + n) for n in range(count)]
    groups = (Group(name, tuple(lines[at * each : (at + 1) * each])) for at, name in enumerate(GROUPS))
    return _carrying(replace(sheet, groups=tuple(groups), undersigned=count))


def _carrying(sheet: Sheet) -> Sheet:
    """With evidence of the same size as a real one's: an entry for each name."""
    evidence = json.loads(sheet.evidence or '{"endorsements": [{}]}')
    entry = evidence["endorsements"][0]
    evidence["endorsements"] = [
        {**entry, "group": group.name, "printed": {key: vars(line)[key] for key in PRINTED}}
        for group in sheet.groups
        for line in group.lines
    ]
    return replace(sheet, evidence=json.dumps(evidence, ensure_ascii=False, indent=1))


def _line(number: int) -> Line:
    place, work = PLACES[number % len(PLACES)], WORK[number // len(PLACES) % len(WORK)]
    name = f"{'The ' if number % 3 == 0 else ''}{place} {work} {number}"
    return Line(name, f"Sample Signatory {number}", "Director")


def one_changed(sheet: Sheet) -> Sheet:
    """The sheet with another name in the middle."""
    middle = len(sheet.groups) // 2
    lines = list(sheet.groups[middle].lines)
    lines[len(lines) // 2] = replace(lines[len(lines) // 2], signatory="Sample Successor")
    groups = list(sheet.groups)
    groups[middle] = Group(groups[middle].name, tuple(lines))
    return _carrying(replace(sheet, groups=tuple(groups)))
