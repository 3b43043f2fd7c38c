"""The reminder as it leaves: looked at again, its days counted then, and never in quiet hours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from coalition.base import outbox
from coalition.base.database import Database
from coalition.base.links import Links
from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, NotYet, Office
from coalition.invitations.reminders import reminding
from coalition.letters.rules import Letter
from coalition.tables import invitations
from coalition.tables import outbox as outbox_table
from coalition.work import hours, post
from tests.cast import NSPCC
from tests.invitations.test_reminding import FIRST, PLAN, another, letter, put

__all__ = ["letter", "put"]
OFFICE = Office(Links(["k" * 32]), "https://coalition.example", "letters@coalition.example")


@pytest.fixture
def leave(database: Database, letter: Letter, put: Callable[..., int]) -> Callable[..., Mail]:
    """The scheduled reminder of NSPCC leaves at a moment, its row having been changed meanwhile."""

    def leave(at: datetime = FIRST, **values: Any) -> Mail:
        id = put(NSPCC)
        hours.do_what_is_due(database, FIRST)
        put(NSPCC, **values)
        claimed = database.write_now(outbox.claim, FIRST, 1000)
        [owed] = [one for one in claimed if (one.message, one.subject_id) == ("reminder", id)]
        return database.read_now(post.MESSAGES["reminder"], owed, OFFICE, at)

    return leave


def test_it_says_that_it_is_a_reminder_how_long_is_left_how_to_say_no_and_how_to_stop(
    leave: Callable[..., Mail],
) -> None:
    mail = leave()
    assert mail.subject.startswith("Reminder: ")
    for words in ("This is a reminder.", "Tuesday 10 November 2009: 7 days are left.", "“Decline”", "/e/"):
        assert words in mail.text
    assert mail.unsubscribe_url
    assert mail.unsubscribe_url in mail.text


def test_its_days_are_counted_when_it_leaves(leave: Callable[..., Mail]) -> None:
    assert "6 days are left" in leave(FIRST + timedelta(days=1)).text


@pytest.mark.parametrize(
    "values",
    [
        {"status": "endorsed"},
        {"status": "bounced"},
        {"status": "deciding", "deciding_until": date(2009, 11, 5)},
        {"nonce": None},
        {"contact_id": None},
    ],
    ids=str,
)
def test_it_is_not_sent_to_whom_something_happened_meanwhile(
    values: dict[str, Any], leave: Callable[..., Mail]
) -> None:
    with pytest.raises(NotWanted):
        leave(**values)


def test_in_quiet_hours_it_waits_until_they_end(leave: Callable[..., Mail]) -> None:
    with pytest.raises(NotYet) as wait:
        leave(datetime(2009, 11, 3, 21, tzinfo=UTC))
    assert wait.value.until == datetime(2009, 11, 4, 8, tzinfo=UTC)


def test_it_is_not_sent_once_reminders_are_switched_off(
    database: Database, letter: Letter, leave: Callable[..., Mail]
) -> None:
    hours.do_what_is_due(database, FIRST)
    off = replace(PLAN, on=False)
    database.write_now(reminding.arrange, letter.slug, letter.revision, off, "Eva", FIRST)
    with pytest.raises(NotWanted, match="switched off"):
        leave()


def test_it_is_not_sent_within_48_hours_of_another_mail_that_left_late(
    database: Database, letter: Letter, put: Callable[..., int], leave: Callable[..., Mail]
) -> None:
    id = put(NSPCC)
    hours.do_what_is_due(database, FIRST)
    late = update(outbox_table).where(outbox_table.c.subject_id == id, outbox_table.c.message == "invitation")
    database.write_now(lambda c: c.execute(late.values(state="sent", ended_at=FIRST - timedelta(hours=1))))
    with pytest.raises(NotWanted, match="48 hours"):
        leave()


def test_it_is_not_sent_within_48_hours_of_another_letters(
    database: Database, letter: Letter, put: Callable[..., int], leave: Callable[..., Mail]
) -> None:
    other = another(database)
    organisation = select(invitations.c.organisation_id).where(invitations.c.id == put(NSPCC)).scalar_subquery()
    theirs = select(invitations.c.id).where(
        invitations.c.letter_id == other.id, invitations.c.organisation_id == organisation
    )
    id = database.read_now(lambda c: c.execute(theirs).scalar_one())
    hours.do_what_is_due(database, FIRST)
    database.write_now(reminding.remind, other.slug, [id], "Eva", FIRST, forced=True)
    left = update(outbox_table).where(outbox_table.c.subject_id == id, outbox_table.c.message == "reminder")
    database.write_now(lambda c: c.execute(left.values(state="sent", ended_at=FIRST)))
    with pytest.raises(NotWanted, match="another letter"):
        leave()


def test_what_waits_for_the_quiet_hours_is_put_back_and_no_attempt_is_counted(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    hours.do_what_is_due(database, FIRST)
    [one, *_] = database.write_now(outbox.claim, FIRST, 1000)
    until = FIRST + timedelta(hours=23)
    database.write_now(outbox.postpone, one.id, until)
    row = select(outbox_table.c.state, outbox_table.c.due_at, outbox_table.c.attempts)
    found = database.read_now(lambda c: c.execute(row.where(outbox_table.c.id == one.id)).one())
    assert tuple(found) == ("waiting", until, 0)
