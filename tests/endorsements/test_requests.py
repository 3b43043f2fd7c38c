"""Change or withdraw until dispatch; after it, a request that the desk handles and that shows in the next printing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest

from coalition.base.database import Database
from coalition.base.refused import Refused, TooMany
from coalition.demo import sample
from coalition.endorsements import actions, records, requests
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.requests import Line, Request
from coalition.endorsements.rules import Answer, Endorsement, Stale
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations.rules import Invitation, ViewOnly
from coalition.letters.rules import Dispatched, Letter
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.printings import records as printing_records
from coalition.tables import outbox
from tests import cast
from tests.cast import AMNESTY, NSPCC, POPPY

ANSWER = Answer(1, NSPCC, "National charities", "Sample Signatory", "Chief Executive", "chief-executive", "", True)
NEW = Line("NSPCC, London", "Another Signatory", "Chair", True)
HOW = "Handed over at their office"


@dataclass(frozen=True)
class Closed:
    """Two have endorsed, the list is closed and printed once."""

    database: Database
    eva: Coordinator
    letter: Letter
    nonces: dict[str, str]
    at: datetime

    def do(self, fn, *args):
        return self.database.write_now(fn, *args)

    @property
    def slug(self) -> str:
        return self.letter.slug

    def deliver(self, on: date | None = None, how: str = HOW) -> str:
        return self.do(cast.deliver, self.slug, on or self.at.date(), how, "Eva", self.at)

    @property
    def invitation(self) -> Invitation:
        return self.database.read_now(asking.opened, self.nonces[NSPCC], self.at).invitation

    @property
    def given(self) -> Endorsement | None:
        return self.database.read_now(records.of_organisation, self.letter.id, self.invitation.organisation_id)

    def ask(self, wish: str = "change", words: str = "", line: Line = NEW, seen: int | None = 1) -> str:
        return self.do(requests.ask, self.nonces[NSPCC], wish, words, line, seen, self.at)

    @property
    def asked(self) -> Request:
        found = self.database.read_now(requests.latest, self.invitation.id)
        assert found
        return found

    def mails(self, *names: str) -> list[tuple[str, str]]:
        def look(connection):
            rows = connection.execute(outbox.select().order_by(outbox.c.id))
            return [(row.message, row.recipient) for row in rows if row.message in names]

        return self.database.read_now(look)

    def deeds(self) -> Counter[str]:
        entries = self.database.read_now(history.entries, self.letter.id, most=1000)
        return Counter(entry.deed for entry in entries)

    def printed(self) -> list[str]:
        """Who is in the next printing, as printed."""
        printing = self.do(printings.print_again, self.slug, "Eva", self.at)
        sheet = self.database.read_now(printing_records.printed_sheet, printing.content)
        return [f"{line.organisation} ({line.signatory})" for group in sheet.groups for line in group.lines]


@pytest.fixture
def closed(database: Database, now: datetime) -> Iterator[Closed]:
    eva, letter = database.write_now(cast.begin, now)
    nonces = {name: nonce for name, (nonce, _) in database.read_now(sample.nonces, letter).items()}
    for name in (NSPCC, POPPY):
        database.write_now(actions.endorse, nonces[name], replace(ANSWER, name=name), 0, now)
    database.write_now(printings.close_list, letter.slug, "Eva", now)
    yield Closed(database, eva, letter, nonces, now + timedelta(hours=1))
    assert database.read_now(history.check)[1] == []


def test_until_the_letter_is_delivered_a_change_shows_in_the_next_printing(closed: Closed) -> None:
    changed = replace(ANSWER, name="NSPCC, London", signatory="Another Signatory")
    assert closed.do(actions.endorse, closed.nonces[NSPCC], changed, 1, closed.at) == "changed"
    assert closed.printed() == ["NSPCC, London (Another Signatory)", "The Poppy Project (Sample Signatory)"]
    assert closed.do(actions.withdraw, closed.nonces[POPPY], 1, closed.at) == "withdrawn"
    assert closed.printed() == ["NSPCC, London (Another Signatory)"]


def test_once_it_is_delivered_nobody_changes_or_withdraws_by_themselves(closed: Closed) -> None:
    closed.deliver()
    for deed, *arguments in (
        (actions.endorse, replace(ANSWER, role="Chair")),
        (actions.withdraw,),
    ):
        with pytest.raises(Dispatched, match="has been delivered"):
            closed.do(deed, closed.nonces[NSPCC], *arguments, 1, closed.at)
    assert closed.do(actions.endorse, closed.nonces[NSPCC], ANSWER, 1, closed.at) == "same"  # a late click
    assert closed.given == closed.given
    assert closed.invitation.status == "endorsed"


def test_who_waits_on_a_condition_is_taken_off_by_asking_too(database: Database, now: datetime) -> None:
    eva, letter = database.write_now(cast.begin, now)
    nonces = {name: nonce for name, (nonce, _) in database.read_now(sample.nonces, letter).items()}
    database.write_now(actions.endorse, nonces[POPPY], replace(ANSWER, name=POPPY), 0, now)
    waits = replace(ANSWER, condition="organisation", condition_organisation=AMNESTY)
    assert database.write_now(actions.endorse, nonces[NSPCC], waits, 0, now) == "held"
    database.write_now(printings.close_list, letter.slug, "Eva", now)
    closed = Closed(database, eva, letter, nonces, now + timedelta(hours=1))
    closed.deliver()
    assert closed.ask("withdraw") == "requested"
    assert closed.do(requests.done, closed.slug, closed.invitation.id, closed.asked.id, "Eva", closed.at)
    assert closed.invitation.status == "withdrawn"


def test_before_it_is_delivered_there_is_nothing_to_ask_for(closed: Closed) -> None:
    with pytest.raises(Refused, match="yourself"):
        closed.ask()


def test_a_change_that_is_done_shows_in_the_next_printing_and_they_are_told(closed: Closed) -> None:
    closed.deliver()
    assert (closed.ask(words="Our chair signs now."), closed.ask(words="Our chair signs now.")) == ("requested", "same")
    assert closed.mails("request") == [("request", closed.eva.email)]
    assert closed.database.read_now(requests.count_waiting, closed.letter.id) == 1
    with pytest.raises(Refused, match="Nothing has changed"):
        closed.printed()
    id = closed.asked.id
    assert closed.do(requests.done, closed.slug, closed.invitation.id, id, "Eva", closed.at) is True
    assert closed.do(requests.done, closed.slug, closed.invitation.id, id, "Eva", closed.at) is False
    assert closed.printed() == ["NSPCC, London (Another Signatory)", "The Poppy Project (Sample Signatory)"]
    assert len(closed.mails("request_answered")) == 1
    assert closed.deeds()["request done"] == 1
    given = closed.given
    assert given
    assert (given.version, given.authority) == (1, "chief-executive")
    assert closed.invitation.answers == 2
    assert "Our chair" not in repr(closed.database.read_now(history.entries, closed.letter.id, most=1000))


def test_to_be_taken_off_is_done_by_one_button(closed: Closed) -> None:
    closed.deliver()
    closed.ask("withdraw", "Our board decided otherwise.")
    closed.do(requests.done, closed.slug, closed.invitation.id, closed.asked.id, "Eva", closed.at)
    assert closed.invitation.status == "withdrawn"
    assert closed.printed() == ["The Poppy Project (Sample Signatory)"]
    with pytest.raises(Refused, match="does not stand"):
        closed.ask(seen=2)


def test_a_request_is_turned_down_with_a_word_and_changes_nothing(closed: Closed) -> None:
    closed.deliver()
    closed.ask()
    about = (closed.slug, closed.invitation.id, closed.asked.id)
    with pytest.raises(Incomplete):
        closed.do(requests.turn_down, *about, "", "Eva", closed.at)
    before = closed.given
    assert closed.do(requests.turn_down, *about, "It has gone to print.", "Eva", closed.at) is True
    assert closed.do(requests.turn_down, *about, "Twice", "Eva", closed.at) is False
    assert closed.do(requests.done, *about, "Eva", closed.at) is False
    assert (closed.given, closed.asked.said) == (before, "It has gone to print.")
    assert len(closed.mails("request_answered")) == 1


def test_who_asks_otherwise_has_one_request_waiting_and_one_who_asks_too_often_waits(closed: Closed) -> None:
    closed.deliver()
    for number in range(requests.A_DAY_MOST):
        closed.ask(words=f"No, {number}")
    assert closed.database.read_now(requests.count_waiting, closed.letter.id) == 1
    with pytest.raises(TooMany):
        closed.ask(words="And again")


@pytest.mark.parametrize(
    "field, wish, words, line",
    [
        ("wish", "sing", "", NEW),
        ("name", "change", "", replace(NEW, name="")),
        ("role", "change", "", replace(NEW, role="x" * 201)),
        ("words", "change", "x" * 1001, NEW),
        ("words", "change", "", Line(NSPCC, "Sample Signatory", "Chief Executive", True)),
    ],
)
def test_a_request_that_lacks_something_is_told_what(
    field: str, wish: str, words: str, line: Line, closed: Closed
) -> None:
    closed.deliver()
    with pytest.raises(Incomplete) as incomplete:
        closed.ask(wish, words, line)
    assert list(incomplete.value.problems) == [field]


def test_a_request_from_a_page_that_is_out_of_date_is_not_recorded(closed: Closed) -> None:
    closed.deliver()
    with pytest.raises(Stale):
        closed.ask(seen=0)


def test_a_link_that_only_looks_asks_for_nothing(closed: Closed) -> None:
    from coalition.invitations import holders, looking

    closed.deliver()
    closed.do(looking.let_look, closed.nonces[NSPCC], "board@nspcc.example", "", closed.at)
    [look] = [one for one in closed.database.read_now(holders.holders, closed.invitation.id) if one.only_looks]
    with pytest.raises(ViewOnly):
        closed.do(requests.ask, look.nonce, "change", "", NEW, None, closed.at)
