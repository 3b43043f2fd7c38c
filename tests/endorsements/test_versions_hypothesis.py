"""Whatever happens in whatever order: nobody is counted or printed under a text it neither read nor was told of."""

import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, func, select

from coalition.base import outbox as mail
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.endorsements import actions, deciding, merging, records, revising
from coalition.endorsements.rules import Answer
from coalition.endorsements.undersigned import grouped
from coalition.invitations import records as invitation_records
from coalition.invitations.rules import Invitation
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Kind, Letter
from coalition.organisations import records as organisations
from coalition.printings import actions as printings
from coalition.tables import invitations, links, outbox
from tests import cast

FEW = 4  # organisations that do anything


class Versions(RuleBasedStateMachine):
    template: Path
    folder: Path
    now: datetime
    number = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).number += 1
        path = self.folder / f"{self.number}.db"
        shutil.copyfile(self.template, path)
        self.database = Database(f"sqlite:///{path}")
        self.write: Any = self.database.write_now
        self.slug = cast.SLUG
        self.nonces = sorted(nonce for nonce, _ in self.database.read_now(sample.nonces, self.letter).values())[:FEW]
        self.read: dict[int, set[int]] = defaultdict(set)  # invitation -> versions it agreed to
        self.at = self.now

    def teardown(self) -> None:
        self.database.close()

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    def do(self, fn: Any, *values: Any) -> Any:
        """The deed, or None where it was refused: old forms, revoked links."""
        self.at += timedelta(minutes=1)
        try:
            return self.write(fn, *values, self.at)
        except Refused:
            return None

    def invitation(self, nonce: str) -> Invitation:
        def look(connection: Connection) -> Invitation:
            id = connection.execute(select(links.c.subject_id).where(links.c.nonce == nonce)).scalar_one()
            return invitation_records.invitation(connection, id)

        return self.database.read_now(look)

    @rule(who=st.integers(0, FEW - 1), behind=st.integers(0, 2))
    def endorse(self, who: int, behind: int) -> None:
        """On the form of the newest version, or on an old one that is posted late."""
        version = max(1, self.letter.version - behind)
        answer = Answer(version, f"Number {who}", "National charities", "S. Sample", "Chair", "delegated", "", True)
        if self.do(actions.endorse, self.nonces[who], answer, None) in ("endorsed", "changed"):
            self.read[self.invitation(self.nonces[who]).id].add(version)

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
        email = self.invitation(self.nonces[who]).email
        self.do(organisations.stop_mail, email, "unsubscribed")

    @rule(kind=st.sampled_from(("correction", "correction", "substance")))
    def publish(self, kind: Kind) -> None:
        letter = self.letter
        text = replace(letter.text, body=f"{letter.text.body}\n\nVersion {letter.version + 1}.")
        self.do(next_version.save_next, self.slug, letter.next_revision, text)
        assert self.do(printings.publish, self.slug, letter.next_revision + 1, kind, "", "Eva")

    @rule(which=st.integers(0, 5), ending=st.sampled_from(("sent", "failed", "dropped")))
    def mail_ends(self, which: int, ending: str) -> None:
        def end(connection: Connection, at: datetime) -> None:
            about = outbox.c.message.in_(("corrected", "asked_again")), outbox.c.state == "waiting"
            ids = connection.execute(select(outbox.c.id).where(*about).order_by(outbox.c.id)).scalars().all()
            owed = mail.find(connection, ids[which % len(ids)]) if ids else None
            if owed:
                mail.end(connection, owed.id, ending, at, "words")
                revising.mail_ended(connection, owed, ending, "words", at)

        self.do(end)

    @rule(one=st.integers(0, FEW - 1), other=st.integers(0, FEW - 1))
    def merge(self, one: int, other: int) -> None:
        kept = self.invitation(self.nonces[one]).organisation_id
        gone = self.invitation(self.nonces[other]).organisation_id
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
                assert self.database.read_now(_told, one.invitation_id, one.version)
        lines = [line for group in grouped(standing, letter) for line in group.lines]
        behind = [f"under version {one.version}" for one in standing if one.version != letter.version]
        assert sorted(line.note for line in lines if line.note) == sorted(behind)
        assert len(lines) == self.database.read_now(records.count, letter.id) == self.database.read_now(_endorsed)


def _told(connection: Connection, id: int, version: int) -> bool:
    """Is the mail about this version on its way, or did it leave?"""
    wanted = select(outbox.c.data).where(
        outbox.c.message == "corrected", outbox.c.subject_id == id, outbox.c.state.in_(("waiting", "sent"))
    )
    return any(data["version"] == version for data in connection.execute(wanted).scalars())


def _endorsed(connection: Connection) -> int:
    wanted = select(func.count()).select_from(invitations).where(invitations.c.status == "endorsed")
    return connection.execute(wanted).scalar_one()


def test_nobody_stands_under_a_text_it_neither_read_nor_was_told_of(
    sqlite_template: Path, tmp_path: Path, now: datetime
) -> None:
    begun = tmp_path / "begun.db"
    shutil.copyfile(sqlite_template, begun)
    with closing(Database(f"sqlite:///{begun}")) as database:
        database.write_now(cast.begin, now)

        def all_sent(connection: Connection) -> None:
            connection.execute(outbox.update().values(state="sent"))
            connection.execute(invitations.update().where(invitations.c.nonce.is_not(None)).values(status="sent"))

        database.write_now(all_sent)
    with closing(sqlite3.connect(begun)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    Versions.template, Versions.folder, Versions.now = begun, tmp_path, now
    run_state_machine_as_test(
        Versions,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
