"""A delivery outside of here: noted once, corrected, taken back until somebody relies on it; with its proof."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from coalition.base.database import Database
from coalition.base.refused import Overtaken, Refused
from coalition.demo import sample
from coalition.dispatch import noting, records
from coalition.dispatch.noting import Unclear
from coalition.dispatch.rules import Noted
from coalition.endorsements import actions, requests
from coalition.endorsements.requests import Line
from coalition.endorsements.rules import Answer
from coalition.history import records as history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.printings import actions as printings
from tests import cast
from tests.cast import NSPCC

ANSWER = Answer(1, NSPCC, "National charities", "Sample Signatory", "Chief Executive", "chief-executive", "", True)
AUTHORITY = "the Metropolitan Police Authority, which decides"


@dataclass(frozen=True)
class Printed:
    """One has endorsed, the list is closed and printed."""

    database: Database
    letter: Letter
    nonce: str
    at: datetime

    def do(self, deed: Callable[..., Any], *args: Any) -> Any:
        return self.database.write_now(deed, self.letter.slug, *args, "Eva", self.at)

    @property
    def handed(self) -> Noted:
        return Noted(1, "handed", AUTHORITY, self.at.date(), "City Hall", "Sample Bringer", "Sample Taker")

    @property
    def dispatched_at(self) -> datetime | None:
        return self.database.read_now(letters.letter_by_slug, self.letter.slug).dispatched_at

    def told(self) -> list[str]:
        return [one.state for one in self.database.read_now(records.all_dispatches, self.letter.id)]

    def deeds(self) -> Counter[str]:
        return Counter(entry.deed for entry in self.database.read_now(history.entries, self.letter.id, most=1000))


@pytest.fixture
def printed(database: Database, now: datetime) -> Iterator[Printed]:
    _, letter = database.write_now(cast.begin, now)
    nonce = database.read_now(sample.nonces, letter)[NSPCC][0]
    database.write_now(actions.endorse, nonce, ANSWER, 0, now)
    database.write_now(printings.close_list, letter.slug, "Eva", now)
    yield Printed(database, letter, nonce, now + timedelta(hours=1))
    assert database.read_now(history.check)[1] == []


def test_a_delivery_is_noted_once_corrected_and_taken_back_until_somebody_relies_on_it(printed: Printed) -> None:
    id, first = printed.do(noting.note, printed.handed)
    assert (first, printed.do(noting.note, printed.handed)) == ("noted", (id, "same"))
    assert printed.dispatched_at == printed.at
    assert printed.told() == ["noted"]
    posted = replace(printed.handed, way="posted")
    assert printed.do(noting.correct, id, posted, 0) == (id, "corrected")
    with pytest.raises(Overtaken):
        printed.do(noting.correct, id, printed.handed, 0)
    assert [printed.do(noting.take_back, id) for _ in range(2)] == [True, False]
    assert printed.told() == ["undone"]
    id, _ = printed.do(noting.note, printed.handed)
    line = Line("NSPCC, London", "Another Signatory", "Chair", True)
    printed.database.write_now(requests.ask, printed.nonce, "change", "", line, 1, printed.at)
    with pytest.raises(Refused, match="has asked"):
        printed.do(noting.take_back, id)
    other, _ = printed.do(noting.note, replace(printed.handed, whom="The Commissioner"))
    assert printed.do(noting.take_back, other) is True, "the first one still stands"
    assert printed.told() == ["undone", "noted", "undone"]
    assert printed.deeds() >= Counter({"dispatch noted": 3, "dispatch corrected": 1, "dispatch taken back": 2})


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("day", {"day": None}),
        ("day", {"day": date(2009, 10, 27)}),
        ("day", {"day": date(2009, 10, 25)}),
        ("whom", {"whom": ""}),
        ("way", {"way": "mail"}),
        ("words", {"way": "other"}),
        ("place", {"place": "a" * 201}),
    ],
)
def test_a_delivery_needs_a_day_that_can_be_and_words(field: str, wrong: dict[str, Any], printed: Printed) -> None:
    with pytest.raises(Unclear) as unclear:
        printed.do(noting.note, replace(printed.handed, **wrong))
    assert list(unclear.value.problems) == [field]


def test_an_open_list_was_not_delivered(database: Database, now: datetime) -> None:
    _, letter = database.write_now(cast.begin, now)
    with pytest.raises(Refused):
        database.write_now(cast.deliver, letter.slug, now.date(), "Posted", "Eva", now)
    assert database.read_now(letters.letter_by_slug, letter.slug).dispatched_at is None
