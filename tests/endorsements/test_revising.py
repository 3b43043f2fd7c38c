"""A new version: a correction carries endorsements over, a change of substance asks everybody again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import pytest
from sqlalchemy import Connection, select

from coalition.base import outbox as mail
from coalition.base.database import Database
from coalition.base.refused import Closed, Overtaken, Refused
from coalition.demo import sample
from coalition.endorsements import actions, records, revising
from coalition.endorsements.rules import Answer, TextChanged
from coalition.endorsements.undersigned import grouped
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations.tracker import counting
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.tables import invitations, outbox
from tests import cast
from tests.cast import AMNESTY, NSPCC, POPPY

Kind = Literal["correction", "substance"]


@dataclass(frozen=True)
class Opened:
    database: Database
    eva: Coordinator
    slug: str
    now: datetime

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    def nonce(self, organisation: str) -> str:
        return self.database.read_now(sample.nonces, self.letter)[organisation][0]

    def endorse(self, organisation: str, version: int = 1) -> str:
        return self.database.write_now(
            actions.endorse, self.nonce(organisation), answer(organisation, version), None, self.now
        )

    def write(self, more: str) -> Letter:
        letter = self.letter
        text = replace(letter.text, body=f"{letter.text.body}\n\n{more}")
        return self.database.write_now(next_version.save_next, self.slug, letter.next_revision, text, self.now)

    def publish(self, kind: Kind, more: str = "A sentence more.") -> revising.Published:
        seen = self.write(more).next_revision
        return self.database.write_now(printings.publish, self.slug, seen, kind, "Why not.", "Eva", self.now)

    def standing(self) -> dict[str, int]:
        return {one.name: one.version for one in self.database.read_now(records.standing, self.letter.id)}

    def status(self, organisation: str) -> str:
        def look(connection: Connection) -> str:
            wanted = select(invitations.c.status).where(invitations.c.nonce == self.nonce(organisation))
            return str(connection.execute(wanted).scalar_one())

        return self.database.read_now(look)

    def owed(self, message: str) -> list[mail.Owed]:
        def look(connection: Connection) -> list[mail.Owed]:
            ids = connection.execute(select(outbox.c.id).where(outbox.c.message == message).order_by(outbox.c.id))
            return [one for id in ids.scalars().all() if (one := mail.find(connection, id))]

        return self.database.read_now(look)


def answer(organisation: str, version: int = 1) -> Answer:
    group = "National charities"
    return Answer(version, organisation, group, "Sample Signatory", "Chief Executive", "chief-executive", "", True)


@pytest.fixture
def opened(database: Database, now: datetime) -> Iterator[Opened]:
    eva, letter = database.write_now(cast.begin, now)

    def all_sent(connection: Connection) -> None:
        connection.execute(outbox.update().values(state="sent"))
        connection.execute(invitations.update().where(invitations.c.nonce.is_not(None)).values(status="sent"))

    database.write_now(all_sent)
    yield Opened(database, eva, letter.slug, now)
    assert database.read_now(history.check)[1] == []


def test_a_correction_carries_endorsements_over_and_mails_each_the_difference(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.endorse(POPPY)
    opened.publish("correction")
    assert opened.letter.version == 2
    assert opened.standing() == {NSPCC: 2, POPPY: 2}
    assert len(opened.owed("corrected")) == 2
    [one] = [one for one in opened.database.read_now(records.standing, opened.letter.id) if one.name == NSPCC]
    assert (one.given_version, one.told_at) == (1, opened.now)
    assert opened.status(NSPCC) == "endorsed"


def test_who_cannot_be_told_stays_under_the_version_it_read_and_the_list_says_so(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.endorse(POPPY)
    [address] = [one.recipient for one in opened.owed("receipt") if one.recipient.endswith("nspcc.example")][:1]
    opened.database.write_now(organisations.stop_mail, address, "unsubscribed", opened.now)
    before = opened.database.read_now(revising.effects, opened.letter.id)
    assert (before.endorsed, before.told, before.untold) == (2, 1, 1)
    assert opened.database.read_now(revising.out_of_reach, opened.letter.id) == [NSPCC]
    opened.publish("correction")
    assert opened.standing() == {NSPCC: 1, POPPY: 2}
    groups = grouped(opened.database.read_now(records.standing, opened.letter.id), opened.letter)
    assert {line.organisation: line.note for group in groups for line in group.lines} == {
        NSPCC: "under version 1",
        POPPY: "",
    }


@pytest.mark.parametrize("ending", ["failed", "dropped"])
def test_a_correction_that_does_not_arrive_leaves_the_endorsement_where_it_was_given(
    opened: Opened, ending: str
) -> None:
    opened.endorse(NSPCC)
    opened.publish("correction")
    [owed] = opened.owed("corrected")
    opened.database.write_now(revising.mail_ended, owed, ending, "No such mailbox", opened.now)
    assert opened.standing() == {NSPCC: 1}
    assert "correction not told" in _deeds(opened)


def test_old_news_of_a_first_correction_changes_nothing_of_the_second(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.publish("correction")
    opened.publish("correction", "And another.")
    first, second = opened.owed("corrected")
    opened.database.write_now(revising.mail_ended, first, "dropped", "", opened.now)
    assert opened.standing() == {NSPCC: 3}
    opened.database.write_now(revising.mail_ended, second, "failed", "", opened.now)
    assert opened.standing() == {NSPCC: 1}


def test_a_change_of_substance_carries_nothing_over_and_asks_everybody_again(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.database.write_now(actions.decline, opened.nonce(POPPY), "", None, opened.now)
    published = opened.publish("substance")
    assert opened.standing() == {}
    assert opened.database.read_now(records.count, opened.letter.id) == 0
    assert (opened.status(NSPCC), opened.status(POPPY)) == ("again", "declined")
    asked = len(opened.database.read_now(sample.nonces, opened.letter))
    assert published.mailed == len(opened.owed("asked_again")) <= asked
    assert "endorsed" not in opened.database.read_now(counting.counts, opened.letter.id)
    assert opened.endorse(NSPCC, 2) == "endorsed"
    assert opened.standing() == {NSPCC: 2}
    assert opened.status(NSPCC) == "endorsed"


def test_whoever_wants_no_mail_is_not_asked_again(opened: Opened) -> None:
    opened.endorse(NSPCC)
    address = opened.owed("receipt")[0].recipient
    opened.database.write_now(organisations.stop_mail, address, "unsubscribed", opened.now)
    opened.publish("substance")
    assert address not in {one.recipient for one in opened.owed("asked_again")}
    assert opened.status(NSPCC) == "again"


def test_an_answer_to_the_text_before_is_not_recorded_and_a_withdrawal_always_is(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.publish("substance")
    with pytest.raises(TextChanged):
        opened.endorse(POPPY)
    assert opened.database.write_now(actions.withdraw, opened.nonce(NSPCC), None, opened.now) == "withdrawn"
    assert opened.status(NSPCC) == "withdrawn"
    assert opened.standing() == {}


def test_the_same_form_that_comes_late_after_a_correction_is_what_stands_already(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.publish("correction")
    assert opened.endorse(NSPCC) == "same"
    assert opened.standing() == {NSPCC: 2}


def test_the_same_text_is_no_new_version(opened: Opened) -> None:
    letter = opened.letter
    text = replace(letter.text, body=letter.text.body + "\n\n")
    seen = opened.database.write_now(next_version.save_next, opened.slug, 0, text, opened.now).next_revision
    with pytest.raises(Refused, match="word for word"):
        opened.database.write_now(printings.publish, opened.slug, seen, "correction", "", "Eva", opened.now)
    assert opened.letter.version == 1


def test_two_windows_do_not_overwrite_each_other(opened: Opened) -> None:
    opened.write("From one window.")
    with pytest.raises(Overtaken):
        opened.database.write_now(next_version.save_next, opened.slug, 0, opened.letter.text, opened.now)
    with pytest.raises(Overtaken):
        opened.database.write_now(printings.publish, opened.slug, 0, "correction", "", "Eva", opened.now)
    assert opened.letter.version == 1


def test_a_text_can_only_be_changed_while_the_letter_is_open(opened: Opened) -> None:
    seen = opened.write("Too late.").next_revision
    late = opened.now + timedelta(days=365)
    with pytest.raises(Closed):
        opened.database.write_now(printings.publish, opened.slug, seen, "correction", "", "Eva", late)
    with pytest.raises(Closed):
        opened.database.write_now(next_version.save_next, opened.slug, seen, opened.letter.text, late)


@pytest.mark.parametrize("kind", ["correction", "substance"])
async def test_published_once_while_others_endorse_nobody_stands_under_what_it_did_not_read(
    opened: Opened, kind: Kind
) -> None:
    seen = opened.write("In the race.").next_revision
    names = [AMNESTY, NSPCC, POPPY]
    nonces = {name: opened.nonce(name) for name in names}
    deeds: list[Awaitable[object]] = []
    for name in names:
        publish = opened.database.write(printings.publish, opened.slug, seen, kind, "", "Eva", opened.now)
        deeds.append(opened.database.write(actions.endorse, nonces[name], answer(name), None, opened.now))
        deeds.append(publish)
        deeds.append(opened.database.write(actions.endorse, nonces[name], answer(name, 2), None, opened.now))
    results = await asyncio.gather(*deeds, return_exceptions=True)
    assert sum(isinstance(one, revising.Published) for one in results) == 1
    assert opened.letter.version == 2
    told = {one.subject_id for one in opened.owed("corrected")}
    for one in opened.database.read_now(records.standing, opened.letter.id):
        assert one.version == 2
        assert one.given_version == 2 or (kind == "correction" and one.invitation_id in told)


def test_opened_by_hand_the_effects_say_what_publishing_then_does(opened: Opened) -> None:
    opened.endorse(NSPCC)
    expected = opened.database.read_now(revising.effects, opened.letter.id)
    published = opened.publish("substance")
    assert published.mailed == expected.told + expected.others


def test_undoing_a_contact_change_is_no_way_around_being_told(opened: Opened) -> None:
    opened.endorse(NSPCC)
    opened.publish("correction")
    [owed] = opened.owed("corrected")
    opened.database.write_now(
        asking.change_contact, opened.slug, owed.subject_id or 0, "new@nspcc.example", "", "", opened.eva, opened.now
    )
    opened.database.write_now(revising.mail_ended, owed, "dropped", "Another contact was chosen", opened.now)
    assert opened.standing() == {NSPCC: 1}


def _deeds(opened: Opened) -> Counter[str]:
    entries = opened.database.read_now(history.entries, opened.letter.id, most=1000)
    return Counter(entry.deed for entry in entries)
