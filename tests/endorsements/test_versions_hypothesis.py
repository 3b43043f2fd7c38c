"""Whatever happens in whatever order: nobody is counted or printed under a text it neither read nor was told of."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import Connection, func, select

from coalition.demo import sample
from coalition.endorsements import actions, deciding, merging, records
from coalition.endorsements.rules import Answer
from coalition.endorsements.undersigned import grouped
from coalition.letters import next_version
from coalition.letters.rules import Kind
from coalition.organisations import records as organisations
from coalition.printings import actions as printings
from coalition.tables import invitations
from tests import cast
from tests.endorsements.machine import Machine, play, told

FEW = 4  # organisations that do anything


class Versions(Machine):
    def __init__(self) -> None:
        super().__init__()
        self.nonces = sorted(nonce for nonce, _ in self.database.read_now(sample.nonces, self.letter).values())[:FEW]
        self.read: dict[int, set[int]] = defaultdict(set)  # invitation -> versions it agreed to

    @rule(who=st.integers(0, FEW - 1), behind=st.integers(0, 2))
    def endorse(self, who: int, behind: int) -> None:
        """On the form of the newest version, or on an old one that is posted late."""
        version = max(1, self.letter.version - behind)
        answer = Answer(version, f"Number {who}", "National charities", "S. Sample", "Chair", "delegated", "", True)
        if self.do(actions.endorse, self.nonces[who], answer, None) in ("endorsed", "changed"):
            self.read[self.invitation_of(self.nonces[who]).id].add(version)

    @rule(who=st.integers(0, FEW - 1))
    def withdraw(self, who: int) -> None:
        self.do(actions.withdraw, self.nonces[who], None)

    @rule(who=st.integers(0, FEW - 1))
    def decline(self, who: int) -> None:
        self.do(actions.decline, self.nonces[who], "", None)

    @rule(who=st.integers(0, FEW - 1))
    def decide_later(self, who: int) -> None:
        self.do(deciding.later, self.nonces[who], (self.now + timedelta(days=3)).date(), None)

    @rule(who=st.integers(0, FEW - 1))
    def want_no_more_mail(self, who: int) -> None:
        email = self.invitation_of(self.nonces[who]).email
        self.do(organisations.stop_mail, email, "unsubscribed")

    @rule(kind=st.sampled_from(("correction", "correction", "substance")))
    def publish(self, kind: Kind) -> None:
        letter = self.letter
        text = replace(letter.text, body=f"{letter.text.body}\n\nVersion {letter.version + 1}.")
        self.do(next_version.save_next, cast.SLUG, letter.next_revision, text)
        assert self.do(printings.publish, cast.SLUG, letter.next_revision + 1, kind, "", "Eva")

    @rule(which=st.integers(0, 5), ending=st.sampled_from(("sent", "failed", "dropped")))
    def mail_ends(self, which: int, ending: str) -> None:
        self.end_a_mail(which, ending)

    @rule(one=st.integers(0, FEW - 1), other=st.integers(0, FEW - 1))
    def merge(self, one: int, other: int) -> None:
        kept = self.invitation_of(self.nonces[one]).organisation_id
        gone = self.invitation_of(self.nonces[other]).organisation_id
        if kept == gone:
            return
        planned = self.database.read_now(merging.plan, kept, gone)
        self.do(merging.merge, kept, gone, planned.digest, "Eva")

    @invariant()
    def nobody_stands_under_what_it_neither_read_nor_was_told_of(self) -> None:
        letter = self.letter
        standing = self.database.read_now(records.standing, letter.id)
        for one in standing:
            assert letter.base <= one.given_version <= one.version <= letter.version
            assert one.given_version in self.read[one.invitation_id]
            if one.version != one.given_version:
                assert one.told_at is not None
                assert self.database.read_now(told, one.invitation_id, one.version)
        lines = [line for group in grouped(standing, letter) for line in group.lines]
        behind = [f"under version {one.version}" for one in standing if one.version != letter.version]
        assert sorted(line.note for line in lines if line.note) == sorted(behind)
        assert len(lines) == self.database.read_now(records.count, letter.id) == self.database.read_now(_endorsed)


def _endorsed(connection: Connection) -> int:
    wanted = select(func.count()).select_from(invitations).where(invitations.c.status == "endorsed")
    return connection.execute(wanted).scalar_one()


def test_nobody_stands_under_a_text_it_neither_read_nor_was_told_of(
    sqlite_template: Path, tmp_path: Path, now: datetime
) -> None:
    play(Versions, sqlite_template, tmp_path, now, runs=20, steps=25)
