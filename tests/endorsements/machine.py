"""What the state machines of answering share: a letter that is open, on a database of each run's own."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Connection, select

from coalition.base import outbox as mail
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.endorsements import revising
from coalition.invitations import records as invitation_records
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.tables import invitations, links, outbox
from tests import cast


class Machine(RuleBasedStateMachine):
    template: Path
    now: datetime
    number = 0
    refusals: ClassVar[tuple[type[Exception], ...]] = (Refused,)

    def __init__(self) -> None:
        super().__init__()
        type(self).number += 1
        path = self.template.with_name(f"{self.number}.db")
        shutil.copyfile(self.template, path)
        self.database = Database(f"sqlite:///{path}")
        self.write: Any = self.database.write_now
        self.at = self.now

    def teardown(self) -> None:
        self.database.close()

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, cast.SLUG)

    def do(self, fn: Any, *values: Any) -> Any:
        """The deed, or None where it was refused: old forms, links that ended or only look, a closed list."""
        self.at += timedelta(minutes=1)
        try:
            return self.write(fn, *values, self.at)
        except self.refusals:
            return None

    def invitation_of(self, nonce: str) -> Invitation:
        def look(connection: Connection) -> Invitation:
            id = connection.execute(select(links.c.subject_id).where(links.c.nonce == nonce)).scalar_one()
            return invitation_records.invitation(connection, id)

        return self.database.read_now(look)

    def end_a_mail(self, which: int, ending: str) -> None:
        """One about a new version, of those that wait."""

        def end(connection: Connection, at: datetime) -> None:
            about = outbox.c.message.in_(("corrected", "asked_again")), outbox.c.state == "waiting"
            ids = connection.execute(select(outbox.c.id).where(*about).order_by(outbox.c.id)).scalars().all()
            owed = mail.find(connection, ids[which % len(ids)]) if ids else None
            if owed:
                mail.end(connection, owed.id, ending, at, "words")
                revising.mail_ended(connection, owed, ending, "words", at)

        self.do(end)


def told(connection: Connection, id: int, version: int) -> bool:
    """Is the mail about this version on its way, or did it leave?"""
    wanted = select(outbox.c.data).where(
        outbox.c.message == "corrected", outbox.c.subject_id == id, outbox.c.state.in_(("waiting", "sent"))
    )
    return any(data["version"] == version for data in connection.execute(wanted).scalars())


def play(
    machine: type[Machine], empty: Path, folder: Path, now: datetime, *, runs: int, steps: int, sent: bool = True
) -> None:
    """Lets it run, each time from a letter that is open and, where `sent`, whose invitations have left."""
    begun = folder / "begun.db"
    shutil.copyfile(empty, begun)
    with closing(Database(f"sqlite:///{begun}")) as database:
        database.write_now(cast.begin, now)
        if sent:
            database.write_now(_all_left)
    with closing(sqlite3.connect(begun)) as connection:  # what is still in the log would not be copied
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    machine.template, machine.now = begun, now
    modest = settings(
        max_examples=runs, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=modest)


def _all_left(connection: Connection) -> None:
    connection.execute(outbox.update().values(state="sent"))
    connection.execute(invitations.update().where(invitations.c.nonce.is_not(None)).values(status="sent"))
