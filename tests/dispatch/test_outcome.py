"""After delivery: replies, what came of the letter, the one mail when nothing did, and telling the endorsers once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from coalition.base.database import Database
from coalition.base.links import Links
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office
from coalition.base.outbox import find
from coalition.base.refused import NotFound, Overtaken
from coalition.demo import sample
from coalition.dispatch import noting, nudges, outcome, replies
from coalition.dispatch.noting import Unclear
from coalition.dispatch.outcome import CameOfIt
from coalition.dispatch.replies import Replied
from coalition.dispatch.rules import Noted, Proof
from coalition.endorsements import actions
from coalition.endorsements.rules import Answer
from coalition.history import records as history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.printings import actions as printings
from coalition.tables import outbox
from coalition.work import hours, post
from tests import cast
from tests.cast import AMNESTY, NSPCC, POPPY

OFFICE = Office(Links(["k" * 32]), "https://coalition.example", "letters@coalition.example")
FILE = Proof("ab" * 32, "pdf", "reply.pdf")


@dataclass(frozen=True)
class Delivered:
    """Two have endorsed, a third has withdrawn; the letter was handed over at noon."""

    database: Database
    slug: str
    at: datetime

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    def do(self, deed: Callable[..., Any], *args: Any, at: datetime | None = None) -> Any:
        return self.database.write_now(deed, self.slug, *args, "Eva", at or self.at)

    def record(self, said: CameOfIt) -> Any:
        return self.do(outcome.record, said, self.letter.revision)

    def mails(self, message: str) -> list[int]:
        def look(connection: Connection) -> list[int]:
            return list(connection.execute(select(outbox.c.id).where(outbox.c.message == message)).scalars())

        return self.database.read_now(look)

    def deeds(self) -> list[str]:
        return [entry.deed for entry in self.database.read_now(history.entries, self.letter.id, most=1000)]

    @property
    def reply(self) -> Replied:
        return Replied("The Commissioner", self.at.date(), "The unit’s work will go on.", FILE, True, False)

    @property
    def lost(self) -> CameOfIt:
        return CameOfIt("lost", self.at.date(), "The unit closed.")


@pytest.fixture
def delivered(database: Database, now: datetime) -> Iterator[Delivered]:
    _, letter = database.write_now(cast.begin, now)
    found = database.read_now(sample.nonces, letter)
    for name in (NSPCC, AMNESTY, POPPY):
        answer = Answer(1, name, "National charities", "Sample Signatory", "Chair", "chief-executive", "", True)
        database.write_now(actions.endorse, found[name][0], answer, 0, now)
    database.write_now(actions.withdraw, found[POPPY][0], 1, now)
    database.write_now(printings.close_list, letter.slug, "Eva", now)
    noon = now + timedelta(hours=3)
    handed = Noted(1, "handed", "the Metropolitan Police Authority, which decides", noon.date(), "City Hall")
    database.write_now(noting.note, letter.slug, handed, "Eva", noon)
    yield Delivered(database, letter.slug, noon)
    assert database.read_now(history.check)[1] == []


def test_a_reply_is_noted_once_corrected_and_taken_back_and_its_file_stays(delivered: Delivered) -> None:
    id, first = delivered.do(replies.note, delivered.reply)
    assert (first, delivered.do(replies.note, delivered.reply)) == ("noted", (id, "same"))
    other = replace(delivered.reply, whom="The Authority")
    delivered.do(replies.note, other)
    later = replace(delivered.reply, quote="It will not.", proof=None)
    assert delivered.do(replies.correct, id, later, 0) == (id, "corrected")
    with pytest.raises(Overtaken):
        delivered.do(replies.correct, id, delivered.reply, 0)
    one, two = delivered.database.read_now(replies.all_replies, delivered.letter.id)
    assert (one.whom, one.quote, one.file, two.whom) == ("The Commissioner", "It will not.", FILE, "The Authority")
    assert [delivered.do(replies.take_back, id) for _ in range(2)] == [True, False]
    with pytest.raises(NotFound):
        delivered.do(replies.correct, id, delivered.reply, 1)
    assert [one.whom for one in delivered.database.read_now(replies.all_replies, delivered.letter.id)] == [other.whom]
    counted = [deed for deed in reversed(delivered.deeds()) if deed.startswith("reply")]
    assert counted == ["reply noted", "reply noted", "reply corrected", "reply taken back"]


def test_of_a_reply_only_that_is_public_which_there_is_leave_to_show(delivered: Delivered) -> None:
    database, letter = delivered.database, delivered.letter
    id, _ = delivered.do(replies.note, delivered.reply)
    [one] = [one.in_public for one in database.read_now(replies.all_replies, letter.id)]
    assert (one.quote, one.proof, one.proof_name, one.who) == (delivered.reply.quote, None, "", "")
    with pytest.raises(NotFound):
        database.read_now(replies.public_file, id, letter.id)
    shown = replace(delivered.reply, show_quote=False, show_proof=True)
    delivered.do(replies.correct, id, shown, 0)
    [one] = [one.in_public for one in database.read_now(replies.all_replies, letter.id)]
    assert (one.quote, one.proof, one.proof_name) == ("", FILE.sha256, "")
    assert database.read_now(replies.public_file, id, letter.id).sha256 == FILE.sha256
    delivered.do(replies.take_back, id)
    with pytest.raises(NotFound):
        database.read_now(replies.public_file, id, letter.id)


def test_a_reply_needs_a_sender_a_day_and_what_is_to_be_shown(delivered: Delivered) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("whom", {"whom": ""}),
        ("day", {"day": None}),
        ("day", {"day": date(2009, 10, 27)}),
        ("quote", {"quote": "a" * 1201}),
        ("quote", {"quote": ""}),
        ("proof", {"proof": None, "show_proof": True}),
    ]
    for field, values in wrong:
        found = replies.problems(replace(delivered.reply, **values), delivered.letter, delivered.at)
        assert list(found) == [field], values


def test_what_came_of_it_is_recorded_changed_and_open_again_each_in_the_history(delivered: Delivered) -> None:
    seen = delivered.letter.revision
    assert delivered.record(delivered.lost) == "recorded"
    assert delivered.record(delivered.lost) == "same"
    with pytest.raises(Overtaken):
        delivered.do(outcome.record, CameOfIt("won", delivered.at.date()), seen)
    with pytest.raises(Unclear, match="still to come"):
        delivered.record(CameOfIt("won", date(2010, 4, 1)))
    with pytest.raises(Unclear, match="Give the day"):
        delivered.record(CameOfIt("won"))
    assert delivered.record(replace(delivered.lost, outcome="partly won")) == "recorded"
    assert delivered.record(CameOfIt("", delivered.at.date(), "left over")) == "recorded"
    assert outcome.came_of(delivered.letter) == CameOfIt("")
    assert delivered.deeds()[:3] == ["outcome open", "outcome recorded", "outcome recorded"]


def test_the_endorsers_are_told_of_an_outcome_once_and_of_another_one_once_more(delivered: Delivered) -> None:
    database = delivered.database
    assert database.read_now(outcome.to_tell, delivered.letter) == 0, "nothing came of it yet"
    delivered.record(delivered.lost)
    assert database.read_now(outcome.to_tell, delivered.letter) == 2
    with pytest.raises(Overtaken):
        delivered.do(outcome.tell, "won")
    assert [delivered.do(outcome.tell, "lost") for _ in range(2)] == [2, 0], "a double click"
    assert database.read_now(outcome.to_tell, delivered.letter) == 0
    one, two = delivered.mails("outcome")
    mail = _written(delivered, one)
    assert mail.subject == "Lost: Keep the Met’s human-trafficking unit"
    assert "What it asked for was not won, as was known on Monday 26 October 2009." in " ".join(mail.text.split())
    assert "The unit closed." in mail.text
    delivered.record(replace(delivered.lost, outcome="won", words=""))
    with pytest.raises(NotWanted, match="changed before"):
        _written(delivered, two)
    assert delivered.do(outcome.tell, "won") == 2


def test_without_a_reply_the_coordinator_is_mailed_once_on_the_morning_when_two_weeks_are_over(
    delivered: Delivered,
) -> None:
    due = datetime(2009, 11, 9, 9, 0, tzinfo=delivered.at.tzinfo)  # nine in London, which is on winter time by then
    hours.do_what_is_due(delivered.database, due - timedelta(seconds=1))
    assert delivered.mails("nudge") == []
    for _ in range(2):  # two workers, or one that comes again
        hours.do_what_is_due(delivered.database, due)
    assert delivered.database.write_now(nudges.nudge, delivered.letter.id, due) is False
    [one] = delivered.mails("nudge")
    mail = _written(delivered, one, due)
    assert mail.to == sample.COORDINATOR[0]
    assert "handed to the Metropolitan Police Authority, which decides, on Monday 26 October 2009" in mail.text
    assert mail.text.count("/desk/letters/keep-the-mets-human-trafficking-unit/replies") == 1
    delivered.do(replies.note, delivered.reply)
    with pytest.raises(NotWanted):
        _written(delivered, one, due)


def test_nobody_is_mailed_where_there_is_no_need(delivered: Delivered) -> None:
    at = delivered.at + timedelta(days=14)

    def due(days: int = 0) -> bool:
        found = delivered.database.read_now(nudges.due, at + timedelta(days=days)) == [delivered.letter.id]
        overdue = delivered.database.read_now(nudges.overdue, delivered.letter, at + timedelta(days=days))
        assert overdue == found, "the desk says the same"
        return found

    assert due()
    delivered.do(nudges.wait, 15, delivered.letter.revision)
    assert (due(), due(1)) == (False, True)
    delivered.do(nudges.wait, 0, delivered.letter.revision)
    assert not due(300)
    delivered.do(nudges.wait, 14, delivered.letter.revision)
    id, _ = delivered.do(replies.note, delivered.reply)
    assert not due()
    delivered.do(replies.take_back, id)
    assert due()
    delivered.record(CameOfIt("no reply", delivered.at.date()))
    assert not due()
    delivered.record(CameOfIt(""))
    assert due()
    delivered.do(noting.take_back, 1)
    assert not due()


def _written(delivered: Delivered, id: int, at: datetime | None = None) -> Mail:
    """The mail, as the worker writes it when it leaves."""
    at = at or delivered.at

    def write(connection: Connection) -> Mail:
        owed = find(connection, id)
        assert owed
        return post.MESSAGES[owed.message](connection, owed, OFFICE, at)

    return delivered.database.read_now(write)
