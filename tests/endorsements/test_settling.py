"""Endorsing on a condition: held apart until it holds, then counted; and both sides are told."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from coalition.base import outbox as mail
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.endorsements import actions, merging, records, revising, unmerging
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.arranging import arrange
from coalition.endorsements.conditions import for_a_change, settling
from coalition.endorsements.rules import Answer
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions import taking
from coalition.history import records as history
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Letter
from coalition.printings import actions as printings
from coalition.tables import endorsements, invitations, outbox
from coalition.tables import letters as letters_table
from tests import cast
from tests.cast import AMNESTY, NSPCC, POPPY

ALDER = "The Alder Children’s Fund"


@dataclass
class Opened:
    database: Database
    slug: str
    now: datetime
    nonces: dict[str, str]

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    def later(self, minutes: int = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def endorse(self, organisation: str, **condition: Any) -> str:
        answer = replace(plain(organisation, self.letter.version), **condition)
        return self.database.write_now(actions.endorse, self.nonces[organisation], answer, None, self.later())

    def withdraw(self, organisation: str) -> str:
        return self.database.write_now(actions.withdraw, self.nonces[organisation], None, self.later())

    def standing(self) -> set[str]:
        return {one.name for one in self.database.read_now(records.standing, self.letter.id)}

    def statuses(self) -> dict[str, str]:
        def look(connection: Connection) -> dict[str, str]:
            rows = connection.execute(select(invitations.c.nonce, invitations.c.status)).all()
            return {nonce: status for nonce, status in rows}

        found = self.database.read_now(look)
        return {name: found[nonce] for name, nonce in self.nonces.items()}

    def mails(self, message: str, state: str = "waiting") -> list[tuple[str, datetime]]:
        def look(connection: Connection) -> list[tuple[str, datetime]]:
            wanted = select(outbox.c.recipient, outbox.c.due_at).where(
                outbox.c.message == message, outbox.c.state == state
            )
            return [(to, due) for to, due in connection.execute(wanted.order_by(outbox.c.id))]

        return self.database.read_now(look)

    def all_leave(self) -> None:
        def leave(connection: Connection) -> None:
            connection.execute(
                update(outbox).where(outbox.c.state == "waiting").values(state="sent", ended_at=self.later())
            )

        self.database.write_now(leave)

    def set(self, **values: Any) -> None:
        self.database.write_now(lambda connection: connection.execute(update(letters_table).values(**values)))


def plain(organisation: str, version: int = 1) -> Answer:
    group = "National charities"
    return Answer(version, organisation, group, "Sample Signatory", "Chair", "chief-executive", "", True)


def if_(organisation: str) -> dict[str, Any]:
    return {"condition": "organisation", "condition_organisation": organisation}


def at_least(count: int) -> dict[str, Any]:
    return {"condition": "count", "condition_count": count}


@pytest.fixture
def opened(database: Database, now: datetime) -> Iterator[Opened]:
    _, letter = database.write_now(cast.begin, now)
    nonces = {name: nonce for name, (nonce, _) in database.read_now(sample.nonces, letter).items()}
    one = Opened(database, letter.slug, now, nonces)
    one.all_leave()
    yield one
    assert database.read_now(history.check)[1] == []
    counted = sorted(name for name, status in one.statuses().items() if status == "endorsed")
    assert len(counted) == len(one.standing()), "the tracker says of exactly those who count that they endorsed"


def test_it_is_held_apart_until_enough_have_endorsed_and_then_counts(opened: Opened) -> None:
    assert opened.endorse(NSPCC, **at_least(3)) == "held"
    assert opened.endorse(POPPY) == "endorsed"
    assert opened.standing() == {POPPY}
    assert opened.statuses()[NSPCC] == "held"
    opened.endorse(AMNESTY)
    assert opened.standing() == {NSPCC, POPPY, AMNESTY}, "its own counts with them"
    assert opened.statuses()[NSPCC] == "endorsed"


def test_two_that_wait_for_each_other_both_count_and_are_named_as_they_were_typed(opened: Opened) -> None:
    assert opened.endorse(NSPCC, **if_("the POPPY project")) == "held"
    assert opened.endorse(POPPY, **if_("NSPCC")) == "endorsed"
    assert opened.standing() == {NSPCC, POPPY}
    [[told, _]] = opened.mails("condition")
    assert told.endswith("@nspcc.example"), "the other's receipt says it"


def test_when_it_stops_holding_it_is_held_again_with_all_who_waited_for_it(opened: Opened) -> None:
    opened.endorse(ALDER, **if_(NSPCC))
    opened.endorse(NSPCC, **if_(POPPY))
    opened.endorse(POPPY)
    assert opened.standing() == {ALDER, NSPCC, POPPY}
    opened.withdraw(POPPY)
    assert opened.standing() == set()
    assert {opened.statuses()[name] for name in (ALDER, NSPCC)} == {"held"}
    opened.endorse(POPPY)
    assert opened.standing() == {ALDER, NSPCC, POPPY}


def test_both_sides_are_told_and_not_who_answered_itself(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    assert opened.mails("condition") == opened.mails("conditions") == []
    opened.endorse(POPPY)
    [[to, _]] = opened.mails("condition")
    assert to.endswith("@nspcc.example")
    [[eva, _]] = opened.mails("conditions")
    assert eva == sample.COORDINATOR[0]
    assert len(opened.mails("receipt")) == 2


def test_to_and_fro_before_a_mail_leaves_is_one_mail_about_how_it_is_then(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    for _ in range(3):
        opened.endorse(POPPY)
        opened.withdraw(POPPY)
    assert len(opened.mails("condition")) == len(opened.mails("conditions")) == 1


def test_nobody_is_told_twice_within_a_quarter_of_an_hour(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    opened.endorse(POPPY)
    opened.all_leave()
    left = opened.now
    opened.withdraw(POPPY)
    for message in ("condition", "conditions"):
        [[_, due]] = opened.mails(message)
        assert due == left + timedelta(minutes=15)


def test_giving_up_the_condition_counts_at_once(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_("Nobody we know"))
    assert opened.endorse(NSPCC) == "endorsed"
    assert opened.standing() == {NSPCC}
    assert opened.mails("condition") == []


def test_the_same_click_again_changes_nothing(opened: Opened) -> None:
    opened.endorse(NSPCC, **at_least(3))
    assert opened.endorse(NSPCC, **at_least(3)) == "same"
    assert opened.endorse(NSPCC, **at_least(4)) == "held"


def test_one_that_waits_can_withdraw_and_declines_only_by_that(opened: Opened) -> None:
    opened.endorse(NSPCC, **at_least(3))
    with pytest.raises(Refused, match="use “Withdraw”"):
        opened.database.write_now(actions.decline, opened.nonces[NSPCC], "", None, opened.later())
    assert opened.withdraw(NSPCC) == "withdrawn"
    opened.endorse(POPPY)
    opened.endorse(AMNESTY)
    assert opened.standing() == {POPPY, AMNESTY}


@pytest.mark.parametrize(
    "condition, field",
    [
        (at_least(1), "condition_count"),
        (at_least(100_001), "condition_count"),
        (if_(""), "condition_organisation"),
        (if_("N.S.P.C.C."), "condition_organisation"),
        ({"condition": "moon"}, "condition"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_to_do(opened: Opened, condition: dict[str, Any], field: str) -> None:
    with pytest.raises(Incomplete) as refused:
        opened.endorse(NSPCC, **condition)
    assert set(refused.value.problems) == {field}


def test_a_correction_carries_it_and_a_change_of_substance_asks_again(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    opened.endorse(ALDER, **if_(AMNESTY))
    opened.endorse(POPPY)
    publish(opened, "correction")
    assert opened.standing() == {NSPCC, POPPY}
    assert len(opened.mails("corrected")) == 3
    opened.endorse(AMNESTY)
    assert opened.standing() == {NSPCC, POPPY, ALDER, AMNESTY}
    publish(opened, "substance")
    assert opened.standing() == set()
    assert {opened.statuses()[name] for name in (NSPCC, ALDER)} == {"again"}
    opened.endorse(POPPY)
    assert opened.standing() == {POPPY}, "who waited for it has not read the new text"
    assert opened.endorse(NSPCC, **if_(POPPY)) == "endorsed"


def publish(opened: Opened, kind: Any) -> None:
    letter = opened.letter
    text = replace(letter.text, body=f"{letter.text.body}\n\nVersion {letter.version + 1}.")
    opened.database.write_now(next_version.save_next, opened.slug, letter.next_revision, text, opened.later())
    seen = opened.letter.next_revision
    opened.database.write_now(printings.publish, opened.slug, seen, kind, "", "Eva", opened.later())


def test_what_is_printed_counts_on_whoever_withdraws_later_and_a_late_one_may_still_join(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    opened.endorse(ALDER, **at_least(4))
    opened.endorse(POPPY)
    opened.endorse(AMNESTY)
    opened.withdraw(AMNESTY)
    opened.database.write_now(printings.close_list, opened.slug, "Eva", opened.later())
    assert opened.standing() == {NSPCC, POPPY}
    opened.withdraw(POPPY)
    assert opened.standing() == {NSPCC}, "it stands on paper, and is asked by nobody whether it still would"
    answer = replace(plain(NSPCC), **if_(POPPY), role="Director")
    assert opened.database.write_now(actions.endorse, opened.nonces[NSPCC], answer, None, opened.later()) == "changed"
    assert opened.standing() == {NSPCC}
    printed = opened.database.write_now(printings.print_again, opened.slug, "Eva", opened.later())
    assert (printed.number, printed.undersigned) == (2, 1)


def test_where_nobody_sees_who_has_endorsed_no_condition_tells_before_the_list_is_printed(opened: Opened) -> None:
    opened.set(show_undersigned=False)
    opened.endorse(POPPY)
    assert opened.endorse(NSPCC, **if_(POPPY)) == opened.endorse(ALDER, **if_("Nobody")) == "held"
    assert opened.endorse(AMNESTY, **at_least(2)) == "held", "nor how many"
    assert opened.mails("condition") == []
    printed = opened.database.write_now(printings.close_list, opened.slug, "Eva", opened.later())
    assert opened.standing() == {NSPCC, POPPY, AMNESTY}
    assert printed.undersigned == 3
    assert len(opened.mails("condition")) == 2


def test_once_the_letter_shows_who_has_endorsed_conditions_are_looked_at(opened: Opened) -> None:
    opened.set(show_undersigned=False)
    opened.endorse(POPPY)
    opened.endorse(NSPCC, **if_(POPPY))
    letter = opened.letter
    plan = Arrangements(**{name: getattr(letter, name) for name in Arrangements.__dataclass_fields__})
    shown = replace(plan, show_undersigned=True)
    opened.database.write_now(arrange, opened.slug, letter.revision, shown, False, "Eva", opened.later())
    assert opened.standing() == {NSPCC, POPPY}


def test_merging_keeps_what_waits_for_either_and_undoing_it_too(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    opened.endorse(POPPY)
    opened.endorse(ALDER)
    ids = {name: opened.database.read_now(_organisation, nonce) for name, nonce in opened.nonces.items()}
    planned = opened.database.read_now(merging.plan, ids[ALDER], ids[POPPY])
    merge = opened.database.write_now(merging.merge, ids[ALDER], ids[POPPY], planned.digest, "Eva", opened.later())
    assert opened.standing() == {NSPCC, ALDER}, "the one that Poppy became stands"
    opened.database.write_now(unmerging.undo, merge, "Eva", opened.later())
    assert opened.standing() == {NSPCC, POPPY, ALDER}
    opened.withdraw(POPPY)
    assert opened.standing() == {ALDER}


def test_a_merge_that_takes_out_an_answer_holds_apart_who_needed_it(opened: Opened) -> None:
    opened.endorse(NSPCC, **at_least(3))
    opened.endorse(POPPY)
    opened.endorse(ALDER)
    assert len(opened.standing()) == 3
    ids = {name: opened.database.read_now(_organisation, nonce) for name, nonce in opened.nonces.items()}
    planned = opened.database.read_now(merging.plan, ids[ALDER], ids[POPPY])
    merge = opened.database.write_now(merging.merge, ids[ALDER], ids[POPPY], planned.digest, "Eva", opened.later())
    assert opened.standing() == {ALDER}
    opened.database.write_now(unmerging.undo, merge, "Eva", opened.later())
    assert opened.standing() == {NSPCC, POPPY, ALDER}


def test_merged_with_the_one_that_it_waits_for_it_counts_and_apart_again_it_waits(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    ids = {name: opened.database.read_now(_organisation, nonce) for name, nonce in opened.nonces.items()}
    planned = opened.database.read_now(merging.plan, ids[NSPCC], ids[POPPY])
    merge = opened.database.write_now(merging.merge, ids[NSPCC], ids[POPPY], planned.digest, "Eva", opened.later())
    assert opened.standing() == {NSPCC}
    opened.database.write_now(unmerging.undo, merge, "Eva", opened.later())
    assert opened.standing() == set()
    opened.endorse(POPPY)
    assert opened.standing() == {NSPCC, POPPY}


def _organisation(connection: Connection, nonce: str) -> int:
    wanted = select(invitations.c.organisation_id).where(invitations.c.nonce == nonce)
    return int(connection.execute(wanted).scalar_one())


def if_changed(opened: Opened, organisation: str, words: str = "other words") -> str:
    letter = opened.letter
    answer = replace(plain(organisation, letter.version), condition="text")
    passage = letter.text.body.split(". ")[0]
    return opened.database.write_now(
        for_a_change.endorse, opened.nonces[organisation], answer, passage, words, None, opened.later()
    )


def take(opened: Opened, kind: Any) -> None:
    """Eva takes the newest suggestion and publishes it."""
    [one] = opened.database.read_now(suggestions.of_letter, opened.letter.id, "open")
    opened.database.write_now(taking.take, opened.slug, one.id, opened.letter.next_revision, "Eva", opened.later())
    seen = opened.letter.next_revision
    opened.database.write_now(printings.publish, opened.slug, seen, kind, "", "Eva", opened.later())


def test_a_changed_passage_counts_once_a_version_with_it_is_published_and_they_are_told(opened: Opened) -> None:
    assert if_changed(opened, NSPCC) == "held"
    assert if_changed(opened, NSPCC) == "same"
    opened.endorse(POPPY, **if_(NSPCC))
    publish(opened, "correction")
    assert opened.standing() == set(), "it was another change"
    take(opened, "correction")
    assert opened.standing() == {NSPCC, POPPY}
    [one] = [one for one in opened.database.read_now(records.standing, opened.letter.id) if one.name == NSPCC]
    assert (one.given_version, one.version, one.told_at) == (1, 3, opened.now)
    assert len(opened.mails("condition")) == 2


def test_who_was_not_told_of_the_change_it_asked_for_does_not_count(opened: Opened) -> None:
    if_changed(opened, NSPCC)
    take(opened, "correction")
    assert opened.standing() == {NSPCC}

    def fail(connection: Connection) -> None:
        [id] = connection.execute(select(outbox.c.id).where(outbox.c.message == "corrected")).scalars()
        owed = mail.find(connection, id)
        assert owed
        revising.mail_ended(connection, owed, "failed", "No such mailbox", opened.later())

    opened.database.write_now(fail)
    assert opened.standing() == set(), "it stands under the version without the change"
    assert opened.statuses()[NSPCC] == "held"


def test_a_change_of_substance_with_the_words_they_asked_for_asks_them_again(opened: Opened) -> None:
    if_changed(opened, NSPCC)
    take(opened, "substance")
    assert opened.standing() == set()
    assert opened.statuses()[NSPCC] == "again"
    assert opened.endorse(NSPCC) == "endorsed"


async def test_two_that_answer_at_the_same_moment_both_count(opened: Opened, database_url: str) -> None:
    other = Database(database_url)
    with closing(other):
        both = [(opened.database, NSPCC, POPPY), (other, POPPY, NSPCC), (opened.database, ALDER, AMNESTY)]
        both += [(other, AMNESTY, ALDER)]
        await asyncio.gather(
            *(
                database.write(
                    actions.endorse, opened.nonces[one], replace(plain(one), **if_(waits_for)), None, opened.now
                )
                for database, one, waits_for in both
            )
        )
    assert opened.standing() == {NSPCC, POPPY, ALDER, AMNESTY}


def test_a_letter_without_conditions_pays_one_look_into_an_index(opened: Opened) -> None:
    opened.endorse(POPPY)

    def look(connection: Connection) -> list[str]:
        said: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *given: said.append(str(given[2])))
        settling.settle(connection, opened.letter.id, opened.now)
        return said

    [statement] = opened.database.write_now(look)
    if opened.database.is_sqlite:
        plan = opened.database.read_now(lambda c: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,)).all())
        assert "ix_endorsements_conditional" in str(plan)


def test_how_many_statements_settling_takes_does_not_grow(opened: Opened) -> None:
    names = list(opened.nonces)
    counts = []
    for many in (3, 12):
        for name in names[:many]:
            if opened.statuses()[name] != "held":
                opened.endorse(name, **if_("Nobody we know") if name == names[0] else at_least(5_000))

        def look(connection: Connection) -> int:
            said: list[str] = []
            counting = update(endorsements).where(endorsements.c.condition == "count")
            connection.execute(counting.values(condition_count=2))
            event.listen(connection, "before_cursor_execute", lambda *given: said.append(str(given[2])))
            settling.settle(connection, opened.letter.id, opened.now)
            connection.execute(counting.values(condition_count=5_000))
            settling.settle(connection, opened.letter.id, opened.now)
            return len(said)

        counts.append(opened.database.write_now(look))
    assert counts[1] <= counts[0]


def test_the_history_says_when_it_counted_and_when_it_waited(opened: Opened) -> None:
    opened.endorse(NSPCC, **if_(POPPY))
    opened.endorse(POPPY)
    opened.withdraw(POPPY)
    entries = opened.database.read_now(history.entries, opened.letter.id)
    deeds = Counter(entry.deed for entry in entries if entry.who in (NSPCC, "Coalition"))
    assert deeds == {"endorsed on a condition": 1, "condition holds": 1, "condition broken": 1}
    assert entries[0].data == {"name": NSPCC, "once": "The Poppy Project has endorsed it"}
