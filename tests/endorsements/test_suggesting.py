"""Suggesting other words for a passage: to the coordinator, into the next version, and back to who proposed it."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from coalition.base import outbox as mail
from coalition.base.database import Database
from coalition.base.refused import Closed, Overtaken, Refused, TooMany
from coalition.demo import sample
from coalition.endorsements import actions
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.conditions.for_a_change import endorse as endorse_for_a_change
from coalition.endorsements.rules import TextChanged
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions import suggesting, taking
from coalition.endorsements.suggestions.records import Suggestion
from coalition.history import records as history
from coalition.invitations import linking
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.printings import actions as printings
from coalition.tables import invitations, outbox
from tests import cast
from tests.cast import NSPCC, POPPY

PASSAGE, WORDS = "for three years", "for five years"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Opened:
    database: Database
    slug: str
    now: datetime

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    def nonce(self, organisation: str) -> str:
        return self.database.read_now(sample.nonces, self.letter)[organisation][0]

    def suggest(
        self,
        organisation: str = NSPCC,
        passage: str = PASSAGE,
        words: str = WORDS,
        reason: str = "",
        version: int | None = 1,
        at: datetime | None = None,
    ) -> str:
        return self.database.write_now(
            suggesting.suggest_by_link, self.nonce(organisation), passage, words, reason, version, at or self.now
        )

    def take(self, id: int, seen: int | None = None) -> str:
        revision = self.letter.next_revision if seen is None else seen
        return self.database.write_now(taking.take, self.slug, id, revision, "Eva", self.now)

    def answer(self, id: int, words: str = "It is the Authority’s own figure.") -> str:
        return self.database.write_now(taking.answer, self.slug, id, words, "Eva", self.now)

    def publish(self) -> None:
        seen = self.letter.next_revision
        self.database.write_now(printings.publish, self.slug, seen, "correction", "", "Eva", self.now)

    def write(self, body: str) -> None:
        letter = self.letter
        text = replace(letter.next_text or letter.text, body=body)
        self.database.write_now(next_version.save_next, self.slug, letter.next_revision, text, self.now)

    def all(self) -> list[Suggestion]:
        def look(connection: Connection) -> list[Suggestion]:
            states: tuple[suggestions.State, ...] = ("open", "accepted", "answered", "withdrawn")
            found = [one for state in states for one in suggestions.of_letter(connection, self.letter.id, state)]
            return sorted(found, key=lambda one: one.id)

        return self.database.read_now(look)

    def owed(self, message: str) -> list[mail.Owed]:
        def look(connection: Connection) -> list[mail.Owed]:
            ids = connection.execute(select(outbox.c.id).where(outbox.c.message == message).order_by(outbox.c.id))
            return [one for id in ids.scalars().all() if (one := mail.find(connection, id))]

        return self.database.read_now(look)

    def deeds(self) -> list[str]:
        return [one.deed for one in self.database.read_now(history.entries, self.letter.id) if "suggestion" in one.deed]


@pytest.fixture
def opened(database: Database, now: datetime) -> Iterator[Opened]:
    _, letter = database.write_now(cast.begin, now)

    def all_sent(connection: Connection) -> None:
        connection.execute(outbox.update().values(state="sent"))
        connection.execute(invitations.update().where(invitations.c.nonce.is_not(None)).values(status="sent"))

    database.write_now(all_sent)
    yield Opened(database, letter.slug, now)
    assert database.read_now(history.check)[1] == []


def test_a_suggestion_keeps_the_words_as_the_letter_has_them_and_both_sides_hear_of_it(opened: Opened) -> None:
    assert opened.suggest(passage="the  force's\nbudget", words="the Authority’s budget", reason="It is theirs.") == (
        "suggested"
    )
    [one] = opened.all()
    assert (one.passage, one.replacement, one.reason) == (
        "the force’s budget",
        "the Authority’s budget",
        "It is theirs.",
    )
    assert (one.place, one.version, one.state, one.organisation) == ("body", 1, "open", NSPCC)
    [receipt] = opened.owed("suggestion")
    assert receipt.recipient.endswith("@nspcc.example")
    [digest] = opened.owed("suggestions")
    assert digest.recipient == sample.COORDINATOR[0]
    assert opened.deeds() == ["suggestion made"]


def test_the_same_click_again_is_one_suggestion(opened: Opened) -> None:
    assert (opened.suggest(), opened.suggest()) == ("suggested", "same")
    assert len(opened.all()) == len(opened.owed("suggestion")) == 1
    assert opened.suggest(words="for ten years") == "suggested"


@pytest.mark.parametrize(
    "passage, words, field",
    [
        ("", "Something", "passage"),
        ("words that stand nowhere", "Something", "passage"),
        ("the unit", "the team", "passage"),  # it stands there more than once
        (PASSAGE, PASSAGE, "replacement"),
        (PASSAGE, " For three  years ".replace("F", "f"), "replacement"),
        (PASSAGE, "x" * 6_000, "replacement"),
    ],
)
def test_what_cannot_be_a_suggestion_is_refused_with_what_to_do(
    opened: Opened, passage: str, words: str, field: str
) -> None:
    with pytest.raises(Incomplete) as refused:
        opened.suggest(passage=passage, words=words)
    assert list(refused.value.problems) == [field]
    assert opened.all() == []


def test_a_passage_may_be_left_out(opened: Opened) -> None:
    assert opened.suggest(words="") == "suggested"
    opened.take(1)
    assert "Please keep the unit as it is, and publish" in (opened.letter.next_text or opened.letter.text).body


def test_words_of_a_version_that_was_replaced_are_taken_as_long_as_they_still_stand(opened: Opened) -> None:
    opened.write(opened.letter.text.body.replace("London", "Greater London"))
    opened.publish()
    assert opened.suggest(version=1) == "suggested"
    with pytest.raises(TextChanged, match="read what changed"):
        opened.suggest(passage="held in London", version=1)
    with pytest.raises(Incomplete):
        opened.suggest(passage="held in Greater London", version=1)
    with pytest.raises(Refused, match="which version"):
        opened.suggest(version=3)


def test_one_organisation_has_twenty_open_at_the_most_and_sixty_a_day(opened: Opened) -> None:
    for number in range(suggesting.OPEN_MOST):
        opened.suggest(words=f"for {number} years")
    with pytest.raises(Refused, match="20 suggestions"):
        opened.suggest(words="for 100 years")
    assert opened.suggest(POPPY) == "suggested"
    for one in range(1, 21):
        opened.database.write_now(suggesting.take_back, opened.nonce(NSPCC), one, opened.now)
    assert opened.suggest(words="for 100 years") == "suggested"

    def many(connection: Connection) -> None:
        [one] = [
            one for one in suggestions.of_letter(connection, opened.letter.id, "open") if one.organisation == NSPCC
        ]
        names = ("letter_id", "organisation_id", "invitation_id", "version", "place", "made_at")
        for _ in range(suggesting.A_DAY_MOST):
            suggestions.add(connection, **{name: getattr(one, name) for name in names}, state="answered")

    opened.database.write_now(many)
    with pytest.raises(TooMany):
        opened.suggest(words="for 101 years")


def test_the_coordinator_gets_one_mail_an_hour_at_the_most(opened: Opened) -> None:
    def sent(connection: Connection) -> None:
        connection.execute(outbox.update().values(state="sent", ended_at=opened.now))

    opened.suggest()
    opened.suggest(POPPY)
    assert len(opened.owed("suggestions")) == 1
    opened.database.write_now(sent)
    opened.suggest(words="for ten years", at=opened.now + HOUR / 4)
    opened.suggest(words="for twelve years", at=opened.now + HOUR / 3)

    def due(connection: Connection) -> list[datetime]:
        wanted = select(outbox.c.due_at).where(outbox.c.message == "suggestions", outbox.c.state == "waiting")
        return list(connection.execute(wanted).scalars())

    assert opened.database.read_now(due) == [opened.now + HOUR]


def test_taken_into_the_text_it_changes_the_next_version_and_who_made_it_is_told_when_that_is_published(
    opened: Opened,
) -> None:
    opened.suggest()
    [one] = opened.all()
    before = opened.letter.text.body
    assert opened.take(one.id) == "taken"
    assert opened.letter.next_text
    assert opened.letter.next_text.body == before.replace(PASSAGE, WORDS)
    assert opened.letter.text.body == before
    assert (opened.all()[0].state, opened.all()[0].accepted_in) == ("accepted", None)
    assert opened.owed("suggestion_taken") == []
    opened.publish()
    assert (opened.all()[0].state, opened.all()[0].accepted_in) == ("accepted", 2)
    assert opened.database.read_now(suggestions.accepted_in, [one.id]) == {one.id: 2}
    [told] = opened.owed("suggestion_taken")
    assert told.recipient.endswith("@nspcc.example")
    assert opened.deeds() == ["suggestion published", "suggestion taken", "suggestion made"]


def test_two_clicks_take_it_once_and_an_old_page_takes_nothing(opened: Opened) -> None:
    opened.suggest()
    opened.suggest(POPPY, passage="We should be glad to meet you", words="We ask to meet you")
    first, second = opened.all()
    assert opened.take(first.id, seen=0) == "taken"
    assert opened.take(first.id, seen=0) == "same"
    with pytest.raises(Overtaken):
        opened.take(second.id, seen=0)
    assert [one.state for one in opened.all()] == ["accepted", "open"]
    assert opened.take(second.id) == "taken"
    assert opened.letter.next_text
    assert WORDS in opened.letter.next_text.body
    assert "We ask to meet you" in opened.letter.next_text.body


@pytest.mark.parametrize(
    "body, says", [("Other words stand here.", "any more"), (f"{PASSAGE} and {PASSAGE}", "more than once")]
)
def test_a_passage_that_is_gone_or_stands_twice_leaves_the_suggestion_open(
    opened: Opened, body: str, says: str
) -> None:
    opened.suggest()
    opened.write(body)
    with pytest.raises(Refused, match=says):
        opened.take(1)
    assert opened.all()[0].state == "open"
    assert opened.letter.next_text
    assert opened.letter.next_text.body == body


def test_throwing_the_next_text_away_opens_again_what_was_taken_into_it(opened: Opened) -> None:
    opened.suggest()
    opened.take(1)
    opened.database.write_now(taking.discard_next, opened.slug, opened.letter.next_revision, opened.now)
    assert opened.letter.next_text is None
    assert (opened.all()[0].state, opened.all()[0].decided_at) == ("open", None)
    opened.database.write_now(taking.discard_next, opened.slug, opened.letter.next_revision, opened.now)
    assert opened.deeds() == ["suggestion open again", "suggestion taken", "suggestion made"]


def test_words_that_were_written_over_before_the_version_came_out_are_not_called_accepted(opened: Opened) -> None:
    opened.suggest()
    opened.take(1)
    opened.write("Something else altogether.")
    opened.publish()
    assert (opened.all()[0].state, opened.all()[0].accepted_in) == ("open", None)
    assert opened.owed("suggestion_taken") == []


def test_an_answer_goes_to_who_made_it_at_once_and_once(opened: Opened) -> None:
    opened.suggest()
    with pytest.raises(Incomplete):
        opened.answer(1, "")
    assert (opened.answer(1), opened.answer(1)) == ("answered", "same")
    with pytest.raises(Overtaken):
        opened.answer(1, "Other words.")
    with pytest.raises(Overtaken):
        opened.take(1)
    assert len(opened.owed("suggestion_answered")) == 1
    assert opened.all()[0].answer == "It is the Authority’s own figure."


def test_who_made_it_takes_it_back_while_it_is_open_and_nobody_else_does(opened: Opened) -> None:
    opened.suggest()
    opened.suggest(POPPY)
    back = suggesting.take_back
    with pytest.raises(Refused, match="no such suggestion"):
        opened.database.write_now(back, opened.nonce(POPPY), 1, opened.now)
    assert opened.database.write_now(back, opened.nonce(NSPCC), 1, opened.now) == "taken-back"
    assert opened.database.write_now(back, opened.nonce(NSPCC), 1, opened.now) == "same"
    opened.take(2)
    with pytest.raises(Refused, match="taken or answered"):
        opened.database.write_now(back, opened.nonce(POPPY), 2, opened.now)
    with pytest.raises(Overtaken):
        opened.take(1)


async def test_of_two_coordinators_who_take_at_once_one_finds_the_text_changed(opened: Opened) -> None:
    """Whoever comes second has not seen what the text says by now: on two servers, with a writer each."""
    opened.suggest()
    opened.suggest(POPPY, passage="We should be glad to meet you", words="We ask to meet you")
    seen = opened.letter.next_revision
    with closing(Database(opened.database.url)) as other:
        outcomes = await asyncio.gather(
            opened.database.write(taking.take, opened.slug, 1, seen, "Eva", opened.now),
            other.write(taking.take, opened.slug, 2, seen, "Ben", opened.now),
            opened.database.write(taking.take, opened.slug, 1, seen, "Eva", opened.now),
            return_exceptions=True,
        )
    assert sorted(type(one).__name__ for one in outcomes) in (
        ["Overtaken", "str", "str"],
        ["Overtaken", "Overtaken", "str"],
    )
    states = {one.state for one in opened.all()}
    assert states == {"accepted", "open"}
    taken = next(one for one in opened.all() if one.state == "accepted")
    assert opened.letter.next_text
    assert taken.replacement in opened.letter.next_text.body
    assert opened.deeds().count("suggestion taken") == 1


def test_words_that_an_endorsement_waits_for_are_not_taken_back_under_it(opened: Opened) -> None:
    nonce = opened.nonce(NSPCC)
    answer = replace(sample.answer(NSPCC, "National charities", 1), condition="text")
    opened.database.write_now(endorse_for_a_change, nonce, answer, PASSAGE, WORDS, None, opened.now)
    [one] = opened.all()
    with pytest.raises(Refused, match="waits for these words"):
        opened.database.write_now(suggesting.take_back, nonce, one.id, opened.now)
    opened.answer(one.id)
    assert opened.database.read_now(suggestions.waited_for, opened.letter.id) == {one.id}
    opened.database.write_now(actions.withdraw, nonce, None, opened.now)
    assert opened.database.read_now(suggestions.waited_for, opened.letter.id) == set()


def test_nothing_is_suggested_once_the_list_is_closed(opened: Opened) -> None:
    opened.suggest()
    opened.database.write_now(printings.close_list, opened.slug, "Eva", opened.now)
    with pytest.raises(Closed):
        opened.suggest(POPPY)
    [late] = [one.invitation_id for one in opened.all()]
    until = (opened.letter.hard_deadline or opened.now) + 30 * 24 * HOUR
    opened.database.write_now(linking.extend, opened.slug, [late], until, "Eva", opened.now)
    with pytest.raises(Closed):  # their time to answer is longer, but the text does not change any more
        opened.suggest(words="for ten years")
    with pytest.raises(Closed):
        opened.take(1)
