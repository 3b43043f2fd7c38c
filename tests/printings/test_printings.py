"""Printings: each with its number, its reason and what changed since the last; none is ever altered or removed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.endorsements import actions as answers
from coalition.endorsements import arranging, merging, requests
from coalition.endorsements.rules import Answer
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations import linking
from coalition.invitations.rules import Invitation
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Letter
from coalition.people.records import Coordinator
from coalition.printings import actions, records
from coalition.printings.changes import Changes, Left, Reworded, Setting, in_short, proposed_reason
from coalition.printings.press.setting import Setter
from coalition.tables import letters as letters_table
from coalition.tables import pdfs, printings
from tests import cast
from tests.cast import AMNESTY, NSPCC, POPPY

ANSWER = Answer(1, NSPCC, "National charities", "Sample Signatory", "Chief Executive", "chief-executive", "", True)
WHO = "Eva Sample"


@dataclass
class Printed:
    """NSPCC and Poppy have endorsed, the list was closed by hand and printed."""

    database: Database
    eva: Coordinator
    slug: str
    nonces: dict[str, str]
    at: datetime

    def do(self, fn: Any, *args: Any) -> Any:
        self.at += timedelta(minutes=1)
        write: Any = self.database.write_now
        return write(fn, *args, self.at)

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    def invitation(self, name: str) -> Invitation:
        return self.database.read_now(asking.opened, self.nonces[name], self.at).invitation

    def endorse(self, name: str, seen: int, **changed: Any) -> str:
        return str(self.do(answers.endorse, self.nonces[name], replace(ANSWER, name=name, **changed), seen))

    def endorse_late(self, name: str) -> None:
        until = self.at + timedelta(days=60)
        self.do(linking.extend, self.slug, [self.invitation(name).id], until, WHO)
        assert self.endorse(name, 0) == "endorsed"

    def set(self, **settings: object) -> None:
        def put(connection: Connection) -> None:
            connection.execute(update(letters_table).where(letters_table.c.slug == self.slug).values(**settings))

        self.database.write_now(put)

    def print(self) -> records.Printing:
        at = self.at = self.at + timedelta(minutes=1)
        return self.database.write_now(actions.print_again, self.slug, WHO, at)

    def changes(self, number: int) -> Changes:
        return self.database.read_now(records.all_changes, self.letter.id)[number]


@pytest.fixture
def printed(database: Database, now: datetime) -> Iterator[Printed]:
    eva, letter = database.write_now(cast.begin, now)
    nonces = {name: nonce for name, (nonce, _) in database.read_now(sample.nonces, letter).items()}
    found = Printed(database, eva, letter.slug, nonces, now)
    for name in (NSPCC, POPPY):
        found.endorse(name, 0)
    found.do(actions.close_list, letter.slug, WHO)
    yield found
    assert database.read_now(history.check)[1] == []


def test_a_printing_says_why_it_was_made_and_what_is_other_than_in_the_last(printed: Printed) -> None:
    printed.endorse_late(AMNESTY)
    printed.endorse(NSPCC, 1, signatory="Another Signatory")
    printed.do(answers.withdraw, printed.nonces[POPPY], 1)
    foreseen = printed.database.read_now(actions.what_next, printed.letter, printed.at)
    second = printed.print()
    found = printed.changes(2)
    assert (
        found
        == foreseen
        == Changes(
            (AMNESTY,),
            (Left(POPPY, "withdrew"),),
            (
                Reworded(
                    "National charities: NSPCC, Sample Signatory, Chief Executive",
                    "National charities: NSPCC, Another Signatory, Chief Executive",
                ),
            ),
        )
    )
    assert in_short(found) == "1 more organisation, 1 withdrawn, 1 printed differently"
    assert second.reason == "A late signer, a withdrawal and changes in how organisations are printed"
    first = printed.database.read_now(records.printing, printed.letter.id, 1)
    assert (first.reason, first.undersigned, second.undersigned) == ("The list was closed", 2, 2)
    told = printed.database.read_now(history.entries, printed.letter.id)[0]
    assert told.data["reason"] == second.reason


def test_the_coordinator_may_say_otherwise_why(printed: Printed) -> None:
    printed.endorse_late(AMNESTY)
    with pytest.raises(actions.TooLong):
        printed.database.write_now(actions.print_again, printed.slug, WHO, printed.at, "x" * 201)
    again = printed.database.write_now(actions.print_again, printed.slug, WHO, printed.at, "For the hearing")
    assert (again.number, again.reason) == (2, "For the hearing")


def test_a_list_that_its_deadline_closes_says_so(database: Database, now: datetime) -> None:
    _, letter = database.write_now(cast.begin, now)
    after = (letter.hard_deadline or now) + timedelta(minutes=1)
    first = database.write_now(actions.close_list, letter.slug, "the deadline", after)
    assert first.reason == "The list closed at its deadline"


def test_who_asked_to_be_taken_off_after_delivery_has_left_in_the_next_printing(printed: Printed) -> None:
    printed.set(dispatched_at=printed.at)
    line = requests.Line(POPPY, "Sample Signatory", "Chief Executive", show_signatory=True)
    printed.do(requests.ask, printed.nonces[POPPY], "withdraw", "", line, 1)
    one = printed.invitation(POPPY)
    asked = printed.database.read_now(requests.latest, one.id)
    assert asked
    printed.do(requests.done, printed.slug, one.id, asked.id, WHO)
    printed.print()
    found = printed.changes(2)
    assert found.left == (Left(POPPY, "withdrew later"),)
    assert (in_short(found), proposed_reason(found)) == ("1 withdrawn", "A withdrawal")


def test_the_page_and_the_order_count_as_a_change_and_without_any_nothing_is_printed(printed: Printed) -> None:
    with pytest.raises(Refused, match="Nothing has changed since printing 1"):
        printed.print()
    printed.set(paper="letter")
    printed.print()
    assert printed.changes(2) == Changes(settings=(Setting("Paper", "A4", "US Letter"),))
    assert in_short(printed.changes(2)) == "set differently"
    printed.set(leads_first=True, by_hand=True)

    def turn(connection: Connection) -> None:
        connection.execute(text("UPDATE endorsements SET place = -id"))

    printed.database.write_now(turn)
    printed.print()
    assert printed.changes(3) == Changes(reordered=True)
    with pytest.raises(Refused, match="Nothing has changed since printing 3"):
        printed.print()


def test_the_database_refuses_to_alter_or_remove_a_printing(printed: Printed) -> None:
    database = printed.database

    def set_(connection: Connection) -> None:
        content = connection.execute(select(printings.c.content)).scalar_one()
        records.was_set(connection, content, "a" * 64, printed.at)

    def rows(connection: Connection) -> list[Any]:
        return [connection.execute(select(one)).all() for one in (printings, pdfs)]

    database.write_now(set_)
    before = database.read_now(rows)
    for deed in (
        "UPDATE printings SET undersigned = 3",
        "DELETE FROM printings",
        "UPDATE pdfs SET sheet = '{}'",
        "UPDATE pdfs SET sha256 = ''",
        "UPDATE pdfs SET state = 'waiting'",
        "DELETE FROM pdfs",
    ):
        with pytest.raises(DBAPIError):
            database.write_now(Connection.exec_driver_sql, deed)
    assert database.read_now(rows) == before


def test_a_worker_that_comes_late_changes_nothing_of_what_another_has_set(printed: Printed) -> None:
    """Its lease had run out, and somebody else took its work over."""
    database, first = printed.database, printed.at
    content = database.read_now(records.printing, printed.letter.id).content
    while (taken_over := database.write_now(records.claim, first)) and taken_over.content != content:
        database.write_now(records.was_set, taken_over.content, "0" * 64, first)
    assert taken_over
    second = first + records.LEASE
    again = database.write_now(records.claim, second)
    assert again == taken_over
    database.write_now(records.was_set, content, "a" * 64, second)
    database.write_now(records.was_not_set, taken_over, "It took too long.", second)
    database.write_now(records.was_set, content, "b" * 64, second)
    kept = database.read_now(records.pdf, content)
    assert kept
    assert (kept.state, kept.sha256) == ("set", "a" * 64)


def test_a_printing_that_failed_is_the_same_one_again_though_sheets_are_written_otherwise_by_now(
    printed: Printed,
) -> None:
    """Its row keeps the name that its sheet had when it was made, by an older Coalition."""

    def grow_old(connection: Connection) -> None:
        row = connection.execute(select(pdfs).join(printings)).one()
        connection.execute(pdfs.insert().values({**row._asdict(), "content": "0" * 64, "state": "failed"}))
        of_first = connection.execute(select(printings)).one()._asdict()
        connection.execute(printings.insert().values({**of_first, "id": 2, "number": 2, "content": "0" * 64}))

    printed.database.write_now(grow_old)
    again = printed.print()
    assert (again.number, again.content, again.state) == (2, "0" * 64, "waiting")


def test_nothing_that_changes_later_alters_a_printing_or_what_was_set_of_it(printed: Printed) -> None:
    """Names, signatories, settings, order, groups, the text, the directory, a merge, a list that opens again."""
    database, first = printed.database, printed.database.read_now(records.printing, printed.letter.id)
    with Setter() as setter:
        before = setter.set(database.read_now(records.sheet, first.content))

        def rows(connection: Connection) -> list[Any]:
            row = select(pdfs.c.content, pdfs.c.sheet).where(pdfs.c.content == first.content)
            kept = select(printings).where(printings.c.letter_id == printed.letter.id, printings.c.number == 1)
            return [connection.execute(one).all() for one in (kept, row)]

        kept = database.read_now(rows)
        printed.endorse_late(AMNESTY)
        printed.endorse(NSPCC, 1, signatory="Another Signatory")
        printed.set(paper="letter", density="compact", leads_first=False, by_hand=True, groups=["Another group"])
        _merge(printed, NSPCC, POPPY)
        _correct(printed)
        printed.do(actions.close_list, printed.slug, WHO)
        assert database.read_now(records.printing, printed.letter.id).number == 2
        assert database.read_now(rows) == kept
        assert setter.set(database.read_now(records.sheet, first.content)) == before
    found = printed.changes(2)
    assert (found.added, found.left, found.versions) == ((AMNESTY,), (Left(POPPY, "merged"),), (1, 2))
    assert len(found.reworded) == 1
    assert len(found.settings) == 2


def _merge(printed: Printed, kept: str, gone: str) -> None:
    ours, theirs = (printed.invitation(name).organisation_id for name in (kept, gone))
    seen = printed.database.read_now(merging.plan, ours, theirs).digest
    printed.do(merging.merge, ours, theirs, seen, WHO)


def _correct(printed: Printed) -> None:
    """The list is opened again, and a correction published."""
    letter = printed.letter
    plan = {name: getattr(letter, name) for name in Arrangements.__dataclass_fields__}
    plan |= {"hard_deadline": printed.at + timedelta(days=30)}
    printed.do(arranging.arrange, printed.slug, letter.revision, Arrangements(**plan), False, WHO)
    text = replace(letter.text, subject="Another subject", date_line="London, today")
    printed.do(next_version.save_next, printed.slug, letter.next_revision, text)
    printed.do(actions.publish, printed.slug, letter.next_revision + 1, "correction", "", WHO)
