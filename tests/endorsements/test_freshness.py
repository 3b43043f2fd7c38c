"""Before the letter goes: an old yes is asked once more, by one button; the desk decides where nothing is heard."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from coalition.base import clock, outbox
from coalition.base.database import Database
from coalition.base.mail.office import NotWanted
from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.endorsements import actions as answers
from coalition.endorsements import arranging, requests
from coalition.endorsements import records as endorsements
from coalition.endorsements.freshness import actions, mail, records
from coalition.endorsements.rules import Answer, Endorsement, TextChanged
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Dispatched, Letter
from coalition.organisations import records as organisations
from coalition.printings import actions as printings
from coalition.printings import records as printing_records
from coalition.printings.changes import Left
from coalition.tables import endorsements as endorsements_table
from coalition.tables import letters as letters_table
from coalition.tables import outbox as outbox_table
from tests import cast
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, endorse_form

ANSWER = Answer(1, NSPCC, "National charities", "Sample Signatory", "Chief Executive", "chief-executive", "", True)
WHO = "Eva Sample"
MONTH = timedelta(days=31)


@dataclass
class Old:
    """Three endorsed a month ago; Amnesty has said so again since. The list is closed and printed."""

    database: Database
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

    def invitation(self, name: str = NSPCC) -> Invitation:
        return self.database.read_now(asking.opened, self.nonces[name], self.at).invitation

    def given(self, name: str = NSPCC) -> Endorsement:
        of = self.invitation(name).organisation_id
        found = self.database.read_now(endorsements.of_organisation, self.letter.id, of)
        assert found
        return found

    def tally(self) -> dict[str, int]:
        found = self.database.read_now(records.tally, self.letter, self.at)
        return {one: count for one, count in found.items() if count}

    def still(self, name: str = NSPCC) -> str:
        return str(self.do(actions.still, self.nonces[name], 1))

    def decide(self, what: str, *names: str) -> int:
        return int(self.do(actions.decide, self.slug, what, [self.invitation(one).id for one in names], WHO))

    def deeds(self) -> Counter[str]:
        return Counter(one.deed for one in self.database.read_now(history.entries, self.letter.id, most=1000))

    def mails(self, message: str) -> list[str]:
        def look(connection: Connection) -> list[str]:
            wanted = select(outbox_table.c.recipient).where(outbox_table.c.message == message)
            return list(connection.execute(wanted).scalars())

        return self.database.read_now(look)

    def set(self, **settings: object) -> None:
        def put(connection: Connection) -> None:
            connection.execute(update(letters_table).where(letters_table.c.slug == self.slug).values(**settings))

        self.database.write_now(put)


@pytest.fixture
def old(database: Database, now: datetime) -> Iterator[Old]:
    _, letter = database.write_now(cast.begin, now)
    nonces = {name: nonce for name, (nonce, _) in database.read_now(sample.nonces, letter).items()}
    found = Old(database, letter.slug, nonces, now)
    for name in (NSPCC, POPPY, AMNESTY):
        assert found.do(answers.endorse, nonces[name], replace(ANSWER, name=name), 0) == "endorsed"
    found.do(printings.close_list, letter.slug, WHO)
    found.at += MONTH
    found.do(answers.endorse, nonces[AMNESTY], replace(ANSWER, name=AMNESTY, role="Director"), 1)
    yield found
    assert database.read_now(history.check)[1] == []


def test_whose_yes_is_older_than_the_limit_is_asked_once(old: Old) -> None:
    assert old.tally() == {"to ask": 2}
    assert old.database.read_now(records.stale_count, old.letter, old.at) == 2
    assert [old.do(actions.ask_some, old.slug, WHO) for _ in range(3)] == [2, 0, 0]
    assert (old.tally(), sorted(old.mails("still_happy"))) == (
        {"silent": 2},
        sorted(old.invitation(one).email for one in (NSPCC, POPPY)),
    )
    assert old.deeds()["asked whether still happy"] == 2


def test_one_button_says_that_they_are_still_happy_and_a_second_click_says_no_more(old: Old) -> None:
    assert old.still() == "same", "nobody has asked"
    old.do(actions.ask_some, old.slug, WHO)
    before = old.given()
    assert [old.still(), old.still()] == ["still", "same"]
    assert old.given() == replace(before, fresh_at=old.at - timedelta(minutes=1))
    assert (old.tally(), old.deeds()["still happy"]) == ({"silent": 1}, 1)
    old.at += timedelta(days=29)
    assert old.tally() == {"silent": 1}, "it is fresh for as long as an endorsement"
    old.at += MONTH
    assert old.tally() == {"to ask": 2, "silent": 1}


def test_who_said_yes_before_the_day_was_put_off_is_asked_and_a_nearer_day_asks_nobody(old: Old) -> None:
    def move(days: int) -> None:
        letter = old.letter
        plan = {name: getattr(letter, name) for name in Arrangements.__dataclass_fields__}
        assert letter.dispatch_on
        plan["dispatch_on"] = letter.dispatch_on + timedelta(days=days)
        old.do(arranging.arrange, old.slug, letter.revision, Arrangements(**plan), False, WHO)

    old.do(actions.ask_some, old.slug, WHO)
    old.still()
    move(-1)
    assert (old.tally(), old.letter.dispatch_moved_at) == ({"silent": 1}, None)
    move(7)
    assert old.tally() == {"to ask": 3}, "also who was asked before, and who has said yes since"
    assert (old.letter.dispatch_moved_at, old.deeds()["dispatch moved"]) == (old.at, 1)
    assert old.do(actions.ask_some, old.slug, WHO) == 3
    old.still(AMNESTY)
    assert old.tally() == {"silent": 2}


def test_a_correction_that_carries_an_endorsement_over_does_not_make_it_fresh(old: Old) -> None:
    def carry(connection: Connection) -> None:
        connection.execute(update(endorsements_table).values(version=2, told_at=old.at))

    old.database.write_now(carry)
    assert old.tally() == {"to ask": 2}


def test_the_button_of_a_page_with_another_text_confirms_nothing(old: Old) -> None:
    old.do(actions.ask_some, old.slug, WHO)
    with pytest.raises(TextChanged):
        old.do(actions.still, old.nonces[NSPCC], 2)
    assert old.given().fresh_at is None


def test_who_says_nothing_is_left_out_by_the_desk_and_in_again_by_one_click(old: Old) -> None:
    assert old.decide("leave out", NSPCC) == 0, "nobody has asked them"
    old.do(actions.ask_some, old.slug, WHO)
    assert [old.decide("leave out", NSPCC), old.decide("leave out", NSPCC)] == [1, 0]
    assert old.decide("keep", POPPY) == 1
    assert old.tally() == {"left out": 1, "kept": 1}
    assert old.database.read_now(records.stale_count, old.letter, old.at) == 0
    assert (old.invitation().status, old.mails("left_out")) == ("unconfirmed", [old.invitation().email])
    second = old.do(printings.print_again, old.slug, WHO)
    assert second.undersigned == 2
    assert old.database.read_now(printing_records.all_changes, old.letter.id)[2].left == (Left(NSPCC, "left out"),)
    assert old.still() == "still"
    assert (old.invitation().status, old.given().left_out_at) == ("endorsed", None)
    assert old.do(printings.print_again, old.slug, WHO).undersigned == 3
    assert (old.deeds()["left out"], old.deeds()["printed all the same"], old.deeds()["still happy"]) == (1, 1, 1)


def test_the_desk_takes_in_again_and_what_they_answer_themselves_counts_more(old: Old) -> None:
    old.do(actions.ask_some, old.slug, WHO)
    assert old.decide("leave out", NSPCC, POPPY) == 2
    assert old.decide("take in", NSPCC) == 1
    assert (old.tally(), old.invitation().status) == ({"left out": 1, "kept": 1}, "endorsed")
    old.do(answers.endorse, old.nonces[POPPY], replace(ANSWER, name=POPPY, role="Director"), 1)
    assert (old.invitation(POPPY).status, old.given(POPPY).left_out_at) == ("endorsed", None)
    old.decide("leave out", NSPCC)
    old.do(answers.withdraw, old.nonces[NSPCC], 1)
    assert (old.invitation().status, old.tally()) == ("withdrawn", {})


def test_after_delivery_nobody_is_asked_and_no_button_works(old: Old) -> None:
    old.do(actions.ask_some, old.slug, WHO)
    old.set(dispatched_at=old.at)
    for deed, *arguments in (
        (actions.ask_some, old.slug, WHO),
        (actions.decide, old.slug, "leave out", [old.invitation().id], WHO),
        (actions.still, old.nonces[NSPCC], 1),
    ):
        with pytest.raises(Dispatched):
            old.do(deed, *arguments)
    assert issubclass(Dispatched, Refused)


def test_who_was_left_out_and_asks_for_a_change_after_delivery_is_in_again(old: Old) -> None:
    old.do(actions.ask_some, old.slug, WHO)
    old.decide("leave out", NSPCC)
    old.set(dispatched_at=old.at)
    line = requests.Line("NSPCC, London", "Sample Signatory", "Chief Executive", show_signatory=True)
    old.do(requests.ask, old.nonces[NSPCC], "change", "", line, 1)
    one = old.invitation()
    asked = old.database.read_now(requests.latest, one.id)
    assert asked
    old.do(requests.done, old.slug, one.id, asked.id, WHO)
    assert (old.invitation().status, old.given().left_out_at) == ("endorsed", None)


def test_who_cannot_be_mailed_is_not_asked_and_the_desk_decides(old: Old) -> None:
    old.do(organisations.stop_mail, old.invitation().email, "unsubscribed")
    assert old.tally() == {"to ask": 1, "unreachable": 1}
    assert old.do(actions.ask_some, old.slug, WHO) == 1
    assert old.decide("keep", NSPCC) == 1


def test_the_mail_is_not_sent_to_who_answered_or_left_meanwhile_and_one_that_fails_has_asked_nobody(old: Old) -> None:
    old.do(actions.ask_some, old.slug, WHO)
    [first, second] = old.database.write_now(outbox.claim, old.at, 100)[-2:]
    assert {first.message, second.message} == {"still_happy"}
    by_id = {old.invitation(name).id: name for name in (NSPCC, POPPY)}
    old.still(by_id[first.subject_id or 0])
    office: Any = None
    for owed, why in ((first, "answered"), (second, "withdrawn")):
        if owed is second:
            old.do(answers.withdraw, old.nonces[by_id[second.subject_id or 0]], 1)
        with pytest.raises(NotWanted, match=why):
            old.database.read_now(mail.still_happy, owed, office, old.at)
    old.do(actions.mail_ended, second, "failed", "No such mailbox")
    assert old.given(by_id[second.subject_id or 0]).fresh_asked_at is None


def test_asking_a_piece_takes_the_same_number_of_statements_however_many(old: Old) -> None:
    def count(connection: Connection, most: int) -> int:
        seen: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        actions.ask_some(connection, old.slug, WHO, old.at, most)
        return len(seen)

    assert old.database.write_now(count, 1) == old.database.write_now(count, 2) <= 9


async def test_from_the_desk_to_the_mail_to_the_button_and_back(eva: Campaign) -> None:
    """As people see it, and reading changes nothing."""
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())

    def grow_old(connection: Connection) -> None:
        connection.execute(update(endorsements_table).values(endorsed_at=clock.now() - MONTH))

    eva.database.write_now(grow_old)
    here = f"/desk/letters/{eva.letter.slug}/freshness"
    eva.send_mail()
    async with eva.at_desk() as desk, eva.browser() as charity:
        assert "Ask the one that was not asked" in (await desk.get(here)).text
        assert (await desk.post(f"{here}/ask")).headers["location"] == f"{here}?done=asked&n=1&show=silent"
        before = len(eva.mails())
        eva.send_mail()
        [sent] = [one for one in eva.mails()[-(len(eva.mails()) - before) :] if b"Still happy" in one.read_bytes()]
        text = message_from_bytes(sent.read_bytes(), policy=default).get_body(("plain",))
        link = re.search(r"http://coalition.test(/e/\S+)", text.get_content() if text else "")
        assert link
        page = (await charity.get(link[1])).text
        assert "Yes, we are still happy" in page
        said = await charity.post(f"{link[1]}/still", data={"version": "1", "seen": "1"})
        assert said.headers["location"].endswith("?done=still")
        again = (await charity.get(said.headers["location"])).text
        assert "It is recorded that you are still happy" in again
        assert "Yes, we are still happy" not in again
        assert "Every yes is fresh" in (await desk.get(here)).text
        organisation = await desk.get(f"/desk/letters/{eva.letter.slug}/history")
        assert "<bdi>NSPCC</bdi> said that it is still happy." in unescape(organisation.text)


async def test_deciding_of_all_needs_the_number_that_was_seen(eva: Campaign) -> None:
    async with eva.browser() as charity:
        for name in (NSPCC, POPPY):
            await charity.post(f"{eva.link(name)}/endorse", data=endorse_form(name))

    def grow_old(connection: Connection) -> None:
        old, asked = clock.now() - MONTH, clock.now() - timedelta(days=2)
        connection.execute(update(endorsements_table).values(endorsed_at=old, fresh_asked_at=asked))

    eva.database.write_now(grow_old)
    here = f"/desk/letters/{eva.letter.slug}/freshness"
    async with eva.at_desk() as desk:
        form = {"do": "leave out:silent", "seen": "1"}
        assert (await desk.post(f"{here}/decide", data=form)).status_code == 409
        assert (await desk.post(f"{here}/decide", data={"do": "burn:silent"})).status_code == 422
        for _ in range(2):
            answer = await desk.post(f"{here}/decide", data=form | {"seen": "2"})
            assert answer.status_code == 303
        assert "One organisation is printed" not in (await desk.get(answer.headers["location"])).text
        assert eva.database.read_now(endorsements.count, eva.letter.id) == 0
