"""Whatever is answered, withdrawn, published, merged or closed, in whatever order: those who count are the largest set
in which every condition holds, found here by trying every set; and nobody counts under a text it did not read and was
not told of."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import Connection, select

from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.endorsements import actions, merging, records, unmerging
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.conditions import for_a_change
from coalition.endorsements.rules import Answer
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions import taking
from coalition.invitations.rules import Invitation
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Kind
from coalition.organisations import records as organisations
from coalition.printings import actions as printings
from coalition.tables import endorsements, invitations
from coalition.tables import organisations as organisations_table
from coalition.tables import suggestions as suggestions_table
from tests import cast
from tests.endorsements.machine import Machine, play, told

FEW = 5  # organisations that do anything


class Settling(Machine):
    refusals = (Refused, Incomplete)

    def __init__(self) -> None:
        super().__init__()
        known = sorted(self.database.read_now(sample.nonces, self.letter).items())[:FEW]
        self.names = [name for name, _ in known]
        self.nonces = [nonce for _, (nonce, _) in known]
        self.read: dict[int, set[int]] = defaultdict(set)  # invitation -> versions it agreed to
        self.merges: list[int] = []
        self.printed = frozenset[int]()  # who counted when the list was closed

    def invitation(self, who: int) -> Invitation:
        return self.invitation_of(self.nonces[who])

    def endorse(self, who: int, words: tuple[str, str] = ("", ""), **condition: Any) -> None:
        version = self.letter.version
        group, name = "National charities", self.names[who]
        answer = Answer(version, name, group, "S. Sample", "Chair", "delegated", "", True, **condition)
        outcome = self.do(for_a_change.endorse, self.nonces[who], answer, *words, None)
        if outcome in ("endorsed", "changed", "held"):
            self.read[self.invitation(who).id].add(version)
        if outcome == "held":  # its own later answer takes it out of the next printing
            self.printed -= {self.invitation(who).organisation_id}

    @rule(who=st.integers(0, FEW - 1))
    def plainly(self, who: int) -> None:
        self.endorse(who)

    @rule(who=st.integers(0, FEW - 1), count=st.integers(2, FEW))
    def if_enough(self, who: int, count: int) -> None:
        self.endorse(who, condition="count", condition_count=count)

    @rule(who=st.integers(0, FEW - 1), other=st.integers(0, FEW - 1))
    def if_another(self, who: int, other: int) -> None:
        self.endorse(who, condition="organisation", condition_organisation=self.names[other])

    @rule(who=st.integers(0, FEW - 1))
    def if_changed(self, who: int) -> None:
        passage = self.letter.text.body.split(". ")[0]
        self.endorse(who, (passage, f"Words of {who} in version {self.letter.version}"), condition="text")

    @rule(who=st.integers(0, FEW - 1))
    def give_up_the_condition(self, who: int) -> None:
        version = self.letter.version
        if self.do(actions.give_up_condition, self.nonces[who], version, None) in ("endorsed", "changed"):
            self.read[self.invitation(who).id].add(version)

    @rule(who=st.integers(0, FEW - 1))
    def withdraw(self, who: int) -> None:
        self.do(actions.withdraw, self.nonces[who], None)

    @rule(who=st.integers(0, FEW - 1))
    def want_no_more_mail(self, who: int) -> None:
        self.do(organisations.stop_mail, self.invitation(who).email, "unsubscribed")

    @rule(kind=st.sampled_from(("correction", "correction", "substance")), take=st.booleans())
    def publish(self, kind: Kind, take: bool) -> None:
        letter = self.letter
        waiting = self.database.read_now(suggestions.of_letter, letter.id, "open")
        if take and waiting:
            self.do(taking.take, cast.SLUG, waiting[0].id, letter.next_revision, "Eva")
        else:
            text = replace(letter.text, body=f"{letter.text.body}\n\nVersion {letter.version + 1}.")
            self.do(next_version.save_next, cast.SLUG, letter.next_revision, text)
        self.do(printings.publish, cast.SLUG, self.letter.next_revision, kind, "", "Eva")

    @rule(which=st.integers(0, 5), ending=st.sampled_from(("sent", "failed", "dropped")))
    def mail_ends(self, which: int, ending: str) -> None:
        self.end_a_mail(which, ending)

    @rule(one=st.integers(0, FEW - 1), other=st.integers(0, FEW - 1))
    def merge(self, one: int, other: int) -> None:
        kept, gone = self.invitation(one).organisation_id, self.invitation(other).organisation_id
        if kept != gone:
            planned = self.database.read_now(merging.plan, kept, gone)
            if made := self.do(merging.merge, kept, gone, planned.digest, "Eva"):
                self.merges.append(made)

    @rule()
    def undo_a_merge(self) -> None:
        if self.merges and self.do(unmerging.undo, self.merges[-1], "Eva"):
            self.merges.pop()

    @rule()
    def close_the_list(self) -> None:
        if self.letter.version > 2 and self.letter.state == "open":
            self.do(printings.close_list, cast.SLUG, "Eva")
            self.printed = self.counting()

    def counting(self) -> frozenset[int]:
        found = self.database.read_now(records.standing, self.letter.id)
        return frozenset(one.organisation_id for one in found)

    @invariant()
    def those_who_count_are_the_largest_set_in_which_every_condition_holds(self) -> None:
        letter = self.letter
        standing = self.database.read_now(_standing, letter.id)
        fixed = self.printed & standing.keys() if letter.state == "closed" else frozenset()
        fits = [some for some in _subsets(standing) if _fits(some, standing, fixed)]
        largest = max(fits, key=len)
        assert all(some <= largest for some in fits)
        assert self.counting() == largest

    @invariant()
    def nobody_counts_under_what_it_neither_read_nor_was_told_of(self) -> None:
        letter = self.letter
        for one in self.database.read_now(records.standing, letter.id):
            assert letter.base <= one.given_version <= one.version <= letter.version
            assert one.given_version in self.read[one.invitation_id]
            if one.version != one.given_version:
                assert one.told_at is not None
                assert self.database.read_now(told, one.invitation_id, one.version)

    @invariant()
    def the_tracker_says_the_same(self) -> None:
        assert len(self.counting()) == self.database.read_now(_with_status, "endorsed")
        held = self.database.read_now(_standing, self.letter.id).keys() - self.counting()
        assert len(held) == self.database.read_now(_with_status, "held")


Said = dict[int, tuple[str, Any]]  # organisation -> what it waits for


def _standing(connection: Connection, letter_id: int) -> Said:
    """All that stand, counted or not, and what each waits for: told by the rows, not by what is to be proved."""
    e = endorsements.c
    base = letters.letter(connection, letter_id).base
    asked = (e.condition, e.condition_count, e.condition_organisation, suggestions_table.c.accepted_in)
    rows = connection.execute(
        select(e.organisation_id, *asked, e.version)
        .outerjoin(suggestions_table, suggestions_table.c.id == e.condition_suggestion_id)
        .where(e.letter_id == letter_id, e.withdrawn_at.is_(None), e.version >= base)
    ).all()
    by_name = {
        name: into or id
        for id, name, into in connection.execute(
            select(organisations_table.c.id, organisations_table.c.name, organisations_table.c.merged_into)
        )
    }
    found: Said = {}
    for id, kind, count, name, accepted, version in rows:
        target = by_name.get(name, 0)
        while (into := _into(connection, target)) is not None:
            target = into
        known = {"count": count, "organisation": target, "text": accepted is not None and accepted <= version}
        found[id] = (kind, known.get(kind))
    return found


def _into(connection: Connection, id: int) -> int | None:
    o = organisations_table.c
    return connection.execute(select(o.merged_into).where(o.id == id)).scalar()


def _subsets(standing: Said) -> Iterator[frozenset[int]]:
    ids = list(standing)
    return map(frozenset, chain.from_iterable(combinations(ids, size) for size in range(len(ids) + 1)))


def _fits(some: frozenset[int], standing: Said, fixed: frozenset[int]) -> bool:
    if not fixed <= some or not {id for id, (kind, _) in standing.items() if not kind} <= some:
        return False
    return all(id in fixed or _holds(*standing[id], some) for id in some)


def _holds(kind: str, value: Any, some: frozenset[int]) -> bool:
    if kind == "count":
        return len(some) >= value
    return value in some if kind == "organisation" else not kind or bool(value)


def _with_status(connection: Connection, status: str) -> int:
    return len(connection.execute(select(invitations.c.id).where(invitations.c.status == status)).all())


def test_those_who_count_are_always_the_largest_set_in_which_every_condition_holds(
    sqlite_template: Path, tmp_path: Path, now: datetime
) -> None:
    play(Settling, sqlite_template, tmp_path, now, runs=15, steps=25)
