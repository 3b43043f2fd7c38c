"""Reminders: to those who have not answered, each step once, never two within 48 hours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from coalition.base.database import Database
from coalition.base.refused import Closed, Overtaken, Refused
from coalition.demo import sample
from coalition.history import records as history
from coalition.invitations import records
from coalition.invitations.reminders import candidates, reminding
from coalition.invitations.reminders.reminding import Reminded
from coalition.invitations.reminders.schedule import Schedule
from coalition.invitations.rules import Status
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.tables import invitations, outbox
from coalition.tables import letters as letters_table
from coalition.work import hours
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, begin

ASKED = datetime(2009, 10, 19, 9, tzinfo=UTC)  # a Monday
SOFT = date(2009, 11, 10)  # a Tuesday
NINE = 9  # in London, and in UTC once summer time has ended
PLAN = Schedule(days=(-7, -2, 0, 1), hour=NINE, cap=3, quiet_from=20, quiet_until=8, quiet_weekends=False, on=True)
FIRST = datetime(2009, 11, 3, NINE, tzinfo=UTC)


@pytest.fixture
def letter(database: Database) -> Letter:
    """Eva's letter, everybody asked and reached on 19 October, the schedule switched on."""

    def start(connection: Connection) -> Letter:
        eva, letter = begin(connection, ASKED)
        closes = datetime(2009, 11, 13, 17, tzinfo=UTC)
        plan = replace(sample.plan(ASKED), soft_deadline=SOFT, hard_deadline=closes)
        letters.save(connection, letter, seen=letter.revision, arrangements=plan)
        connection.execute(update(outbox).values(state="sent", ended_at=ASKED))
        connection.execute(update(invitations).where(invitations.c.status == "queued").values(status="sent"))
        letter = letters.letter_by_slug(connection, letter.slug)
        return reminding.arrange(connection, letter.slug, letter.revision, PLAN, eva.called, ASKED)

    return database.write_now(start)


@pytest.fixture
def put(database: Database, letter: Letter) -> Callable[..., int]:
    """Sets what an invitation's row holds; returns its id."""

    def put(organisation: str, **values: Any) -> int:
        id = _id(database, letter, organisation)
        if values:
            database.write_now(lambda c: c.execute(update(invitations).where(invitations.c.id == id).values(**values)))
        return id

    return put


def another(database: Database) -> Letter:
    """Another letter that asked the same organisations, all of them reached on 19 October."""

    def start(connection: Connection) -> Letter:
        _, other = begin(connection, ASKED)
        closes = datetime(2009, 11, 13, 17, tzinfo=UTC)
        connection.execute(_moved(other).values(soft_deadline=None, hard_deadline=closes))
        connection.execute(update(outbox).values(state="sent", ended_at=ASKED))
        connection.execute(update(invitations).where(invitations.c.status == "queued").values(status="sent"))
        return letters.letter_by_slug(connection, other.slug)

    return database.write_now(start)


def _id(database: Database, letter: Letter, organisation: str) -> int:
    def look(connection: Connection) -> int:
        ids = connection.execute(select(invitations.c.id).where(invitations.c.letter_id == letter.id)).scalars()
        return next(id for id, name in records.names(connection, list(ids)).items() if name == organisation)

    return database.read_now(look)


def _reminded(database: Database) -> dict[int, list[datetime]]:
    """Every reminder in the outbox, by invitation."""

    def look(connection: Connection) -> dict[int, list[datetime]]:
        found: dict[int, list[datetime]] = {}
        rows = (
            select(outbox.c.subject_id, outbox.c.queued_at).where(outbox.c.message == "reminder").order_by(outbox.c.id)
        )
        for id, at in connection.execute(rows):
            found.setdefault(id, []).append(at)
        return found

    return database.read_now(look)


def _by_hand(database: Database, letter: Letter, *ids: int, now: datetime = FIRST, forced: bool = False) -> Reminded:
    return database.write_now(reminding.remind, letter.slug, ids, "Eva", now, forced=forced)


def _sent(database: Database, now: datetime) -> None:
    """What was waiting has left."""
    rows = update(outbox).where(outbox.c.state == "waiting", outbox.c.due_at <= now)
    database.write_now(lambda c: c.execute(rows.values(state="sent", ended_at=now)))


def test_a_step_reminds_everyone_once_however_often_it_is_asked(database: Database, letter: Letter) -> None:
    hours.do_what_is_due(database, FIRST - timedelta(seconds=1))
    assert _reminded(database) == {}
    for minutes in (0, 0, 1, 60, 23 * 60):
        hours.do_what_is_due(database, FIRST + timedelta(minutes=minutes))
    found = _reminded(database)
    assert len(found) > 20
    assert {tuple(times) for times in found.values()} == {(FIRST,)}


def test_two_workers_with_the_same_list_remind_nobody_twice(
    database: Database, database_url: str, letter: Letter
) -> None:
    other = Database(database_url)
    try:
        [mine] = database.read_now(reminding.due, FIRST)
        [theirs] = other.read_now(reminding.due, FIRST)
        assert mine == theirs
        queued = [
            one.write_soon(reminding.remind_at_step, letter.id, mine.step, piece, FIRST)
            for piece in candidates.pieces(mine.ids, 7)
            for one in (database, other)
        ]
        assert sum(one.result() for one in queued) == len(mine.ids)
    finally:
        other.close()
    assert all(len(times) == 1 for times in _reminded(database).values())


def test_a_worker_killed_between_two_pieces_leaves_the_rest_to_the_next(database: Database, letter: Letter) -> None:
    [due] = database.read_now(reminding.due, FIRST)
    database.write_now(reminding.remind_at_step, letter.id, due.step, due.ids[:5], FIRST)
    hours.do_what_is_due(database, FIRST + timedelta(minutes=1))
    found = _reminded(database)
    assert len(found) == len(due.ids)
    assert all(len(times) == 1 for times in found.values())


STOPPED: list[tuple[str, dict[str, Any]]] = [
    *(("answered", {"status": status}) for status in ("endorsed", "declined", "withdrawn")),
    *(("unasked", {"status": status}) for status in ("added", "queued", "failed")),
    ("bounced", {"status": "bounced"}),
    ("address", {"contact_id": None}),
    ("link", {"nonce": None}),
    ("deciding", {"status": "deciding", "deciding_until": date(2009, 11, 3)}),
    ("extended", {"extended_until": datetime(2009, 11, 30, tzinfo=UTC)}),
    ("cap", {"reminders": 3}),
    ("lately", {"reminded_at": FIRST - timedelta(hours=47)}),
]


@pytest.mark.parametrize("why, values", STOPPED, ids=lambda value: str(value)[:40])
def test_a_reminder_stops_for_each_reason_and_the_list_shown_before_says_which(
    why: str, values: dict[str, Any], database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    id = put(NSPCC, **values)
    foreseen = database.read_now(reminding.foresee, letter, FIRST - timedelta(days=3))
    now = database.read_now(reminding.foresee, letter, FIRST)
    assert foreseen
    assert now
    # What waits will have left by then, and who had a mail 47 hours before gets the reminder an hour late.
    by_then = {} if values.get("status") == "queued" or why == "lately" else {why: 1}
    assert foreseen.left_out == by_then
    assert now.left_out == {why: 1}
    assert [one.id for one in database.read_now(candidates.listed, now.asked, why, 1)] == [id]
    hours.do_what_is_due(database, FIRST)
    assert id not in _reminded(database)
    assert len(_reminded(database)) == now.count


def test_who_wants_no_more_mail_is_left_alone(database: Database, letter: Letter, put: Callable[..., int]) -> None:
    id = put(NSPCC)
    email = database.read_now(records.invitation, id).email
    database.write_now(organisations.stop_mail, email, "unsubscribed", ASKED)
    found = database.read_now(reminding.foresee, letter, FIRST)
    assert found
    assert found.left_out == {"stopped": 1}
    hours.do_what_is_due(database, FIRST)
    assert id not in _reminded(database)
    assert _by_hand(database, letter, id, forced=True).queued == 0


def test_an_invitation_counts_in_the_48_hours(database: Database, letter: Letter, put: Callable[..., int]) -> None:
    id = put(NSPCC)
    database.write_now(
        lambda c: c.execute(
            update(outbox).where(outbox.c.subject_id == id).values(ended_at=FIRST - timedelta(hours=30))
        )
    )
    hours.do_what_is_due(database, FIRST)
    assert id not in _reminded(database)
    hours.do_what_is_due(database, FIRST + timedelta(hours=19))  # 4 in the morning: quiet
    assert id not in _reminded(database)
    hours.do_what_is_due(database, FIRST + timedelta(hours=23, minutes=30))
    assert _reminded(database)[id] == [FIRST + timedelta(hours=23, minutes=30)]


def test_mail_that_still_waits_to_leave_counts_too(database: Database, letter: Letter, put: Callable[..., int]) -> None:
    id = put(NSPCC)
    database.write_now(lambda c: c.execute(update(outbox).where(outbox.c.subject_id == id).values(state="waiting")))
    hours.do_what_is_due(database, FIRST)
    assert id not in _reminded(database)


def test_a_reminder_of_another_letter_counts_unless_forced(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    other = another(database)
    id, theirs, before = put(NSPCC), _id(database, other, NSPCC), FIRST - timedelta(hours=40)
    assert _by_hand(database, other, theirs, now=before).queued == 1
    foreseen = database.read_now(reminding.foresee, letter, before)  # it has not left yet, and will have by then
    assert foreseen
    assert foreseen.left_out == {}
    assert _by_hand(database, letter, id, now=before).queued == 0  # not while the other waits, either
    _sent(database, before)
    found = database.read_now(reminding.foresee, letter, FIRST)
    assert found
    assert found.left_out == {"elsewhere": 1}
    [row] = database.read_now(candidates.listed, found.asked, "elsewhere", 1)
    assert (row.id, row.elsewhere_at) == (id, before)
    hours.do_what_is_due(database, FIRST)
    assert id not in _reminded(database)
    [held] = _by_hand(database, letter, id).held
    assert held.why == "was reminded of another letter on Sunday 1 November 2009"
    hours.do_what_is_due(database, FIRST + timedelta(hours=8, seconds=1))
    assert id in _reminded(database)
    assert _by_hand(database, other, theirs, now=FIRST + timedelta(hours=9)).queued == 0
    assert _by_hand(database, other, theirs, now=FIRST + timedelta(hours=9), forced=True).queued == 1


def test_deciding_is_left_alone_until_its_day_has_passed(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    later = put(NSPCC, status="deciding", deciding_until=date(2009, 11, 3))
    passed = put(AMNESTY, status="deciding", deciding_until=date(2009, 10, 31))
    hours.do_what_is_due(database, FIRST - timedelta(hours=60))  # the mail of its own day
    _sent(database, FIRST - timedelta(hours=60))
    hours.do_what_is_due(database, FIRST)
    assert later not in _reminded(database)
    assert passed in _reminded(database)


def test_over_the_whole_campaign_nobody_gets_two_within_48_hours_nor_more_than_the_cap(
    database: Database, letter: Letter
) -> None:
    now = ASKED
    while now < datetime(2009, 11, 16, tzinfo=UTC):
        hours.do_what_is_due(database, now)
        _sent(database, now)
        now += timedelta(minutes=20)
    days = {tuple(f"{at:%d %H:%M}" for at in times) for times in _reminded(database).values()}
    # Two days before is exactly 48 hours before the day; the day after is too soon for who got that.
    assert days == {("03 09:00", "08 09:00", "10 09:00")}


def test_a_site_that_was_away_sends_no_burst(database: Database, letter: Letter) -> None:
    hours.do_what_is_due(database, datetime(2009, 11, 9, 12, tzinfo=UTC))  # the 3rd and the 8th are long past
    assert _reminded(database) == {}
    hours.do_what_is_due(database, datetime(2009, 11, 11, 8, 30, tzinfo=UTC))  # the 10th is not a day past
    assert {len(times) for times in _reminded(database).values()} == {1}


def test_moving_the_day_moves_the_steps_to_come_and_repeats_none(database: Database, letter: Letter) -> None:
    hours.do_what_is_due(database, FIRST)
    _sent(database, FIRST)
    later = {"soft_deadline": date(2009, 11, 20), "hard_deadline": datetime(2009, 11, 27, 17, tzinfo=UTC)}
    database.write_now(lambda c: c.execute(_moved(letter).values(**later)))
    for day in range(4, 21):
        hours.do_what_is_due(database, datetime(2009, 11, day, NINE, tzinfo=UTC))
        _sent(database, datetime(2009, 11, day, NINE, tzinfo=UTC))
    assert {tuple(at.day for at in times) for times in _reminded(database).values()} == {(3, 18, 20)}


def _moved(letter: Letter) -> Any:
    return update(letters_table).where(letters_table.c.id == letter.id)


@pytest.mark.parametrize("forced", [False, True])
def test_by_hand_is_held_within_48_hours_unless_forced(
    forced: bool, database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    nspcc, poppy, amnesty = put(NSPCC), put(POPPY, reminded_at=FIRST - timedelta(hours=3)), put(AMNESTY, reminders=3)
    found = _by_hand(database, letter, nspcc, poppy, amnesty, forced=forced)
    assert found.queued == (3 if forced else 1)
    held = {} if forced else {POPPY: candidates.HELD["lately"], AMNESTY: candidates.HELD["cap"]}
    assert {one.organisation: one.why for one in found.held} == held
    assert _reminded(database)[nspcc] == [FIRST]


@pytest.mark.parametrize("forced", [False, True])
def test_a_second_press_reminds_nobody_again(
    forced: bool, database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    id = put(NSPCC)
    presses = [
        database.write_soon(reminding.remind, letter.slug, [id], "Eva", FIRST + timedelta(seconds=n), forced=forced)
        for n in range(5)
    ]
    assert [one.result().queued for one in presses] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("status", ["endorsed", "declined", "withdrawn", "bounced", "added"])
def test_force_reminds_nobody_who_has_answered_or_cannot_be_reached(
    status: Status, database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    found = _by_hand(database, letter, put(NSPCC, status=status), forced=True)
    assert (found.queued, len(found.held)) == (0, 1)


def test_by_hand_reaches_those_with_more_time_and_counts_as_one(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    id = put(NSPCC, extended_until=datetime(2009, 11, 30, tzinfo=UTC))
    assert _by_hand(database, letter, id, now=FIRST - timedelta(hours=30)).queued == 1
    other = put(AMNESTY)
    assert _by_hand(database, letter, other, now=FIRST - timedelta(hours=30)).queued == 1
    _sent(database, FIRST - timedelta(hours=30))
    hours.do_what_is_due(database, FIRST)
    assert other in _reminded(database)
    assert len(_reminded(database)[other]) == 1


def test_by_hand_in_the_quiet_hours_waits_until_they_end(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    found = _by_hand(database, letter, put(NSPCC), now=datetime(2009, 11, 3, 21, tzinfo=UTC))
    assert found.leaves_at == datetime(2009, 11, 4, 8, tzinfo=UTC)
    due = select(outbox.c.due_at).where(outbox.c.message == "reminder")
    assert database.read_now(lambda c: c.execute(due).scalar_one()) == found.leaves_at


def test_another_letters_organisations_cannot_be_named(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    _, other = database.write_now(lambda c: begin(c, ASKED))
    assert _by_hand(database, other, put(NSPCC), now=ASKED) == Reminded(0, (), ASKED)


def test_nobody_is_reminded_once_the_list_is_closed(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    id = put(NSPCC)
    database.write_now(lambda c: letters.close(c, letter.id, ASKED))
    hours.do_what_is_due(database, FIRST)
    assert _reminded(database) == {}
    with pytest.raises(Closed):
        _by_hand(database, letter, id)


def test_what_was_done_stands_in_the_history_of_each(
    database: Database, letter: Letter, put: Callable[..., int]
) -> None:
    id = put(NSPCC)
    _by_hand(database, letter, id, now=FIRST - timedelta(days=5))
    _sent(database, FIRST - timedelta(days=5))
    hours.do_what_is_due(database, FIRST)
    entries = database.read_now(history.about, letter.id, id)
    told = [(entry.who, entry.data) for entry in entries if entry.deed == "reminded"]
    assert told == [("Eva", {}), ("the schedule", {"days": -7})]
    row = select(invitations.c.reminders, invitations.c.reminded_at).where(invitations.c.id == id)
    assert database.read_now(lambda c: c.execute(row).one()) == (2, FIRST)
    assert database.read_now(history.check)[1] == []


def test_a_schedule_is_kept_once_and_not_over_anothers(database: Database, letter: Letter) -> None:
    plan = replace(PLAN, days=(0, -3, -3), on=False)
    after = database.write_now(reminding.arrange, letter.slug, letter.revision, plan, "Eva", ASKED)
    assert reminding.plan_of(after) == replace(plan, days=(-3, 0))
    again = database.write_now(reminding.arrange, letter.slug, letter.revision, plan, "Eva", ASKED)
    assert again.revision == after.revision
    with pytest.raises(Overtaken):
        database.write_now(reminding.arrange, letter.slug, letter.revision, PLAN, "Eva", ASKED)
    with pytest.raises(Refused, match="at least one day"):
        database.write_now(reminding.arrange, letter.slug, after.revision, replace(PLAN, days=()), "Eva", ASKED)
    deeds = [entry.deed for entry in database.read_now(history.entries, letter.id)]
    assert deeds[:2] == ["reminders switched off", "reminders switched on"]


async def test_words_are_kept_without_characters_that_no_database_and_no_mail_can_hold(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        page = f"/desk/letters/{eva.letter.slug}/reminders"
        revision = eva.database.read_now(letters.letter_by_slug, eva.letter.slug).revision
        form = {"subject": "A \0word", "body": "Please\x01 answer.\n\n{link}", "revision": str(revision)}
        answer = await desk.post(f"{page}/words", data=form)
        assert answer.status_code == 303, answer.text
    letter = eva.database.read_now(letters.letter_by_slug, eva.letter.slug)
    assert (letter.reminder_subject, letter.reminder_body) == ("A word", "Please answer.\n\n{link}")
