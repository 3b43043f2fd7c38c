"""What should be known before a printing goes out. The coordinator may go on all the same."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from coalition.endorsements.freshness.records import stale_count
from coalition.letters.rules import Letter
from coalition.printings import records as printings
from coalition.printings.actions import printed_now, what_changed
from coalition.printings.records import Printing


@dataclass(frozen=True)
class Before:
    printing: Printing
    newest: int  # number of the last printing there is
    changed: bool  # one more printing would be another than the newest
    stale: int  # how many said so long ago that they are to be asked once more

    @property
    def nothing(self) -> bool:
        older, waits = self.printing.number < self.newest, self.printing.state != "set"
        return not (older or waits or self.changed or self.stale)


def before(connection: Connection, letter: Letter, number: int, now: datetime) -> Before:
    """Raises NotFound when there is no such printing."""
    printing = printings.printing(connection, letter.id, number)
    newest = printings.printing(connection, letter.id).number
    changed = bool(what_changed(connection, letter, printed_now(connection, letter, newest + 1, now)))
    return Before(printing, newest, changed, stale_count(connection, letter, now))
