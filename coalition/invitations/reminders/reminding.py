"""Reminding those who have not answered: when the schedule says so, or by hand; never twice within 48 hours."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from coalition.base import outbox
from coalition.base.outbox import Owed
from coalition.base.refused import Overtaken, Refused
from coalition.base.text import without_addresses
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations.reminders import candidates, schedule
from coalition.invitations.reminders.candidates import HELD, Named, Question
from coalition.invitations.reminders.schedule import APART, PROPOSED, Dates, Schedule, Step
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.rules import check as check_letter

A_MOMENT = timedelta(minutes=5)  # forced or not, a second press of the button is not a second reminder
BY_THE_SCHEDULE = "the schedule"


@dataclass(frozen=True)
class Due:
    """A step whose hour has come, and those who get it."""

    letter_id: int
    step: str
    ids: list[int]


def due(connection: Connection, now: datetime) -> list[Due]:
    """What the clock asks for now. Changes nothing; `remind_at_step` looks at each again before it is done."""
    found = []
    for letter in candidates.open_letters(connection, now):
        asked = _at_step(letter, now)
        if asked and (ids := candidates.due(connection, asked)):
            found.append(Due(letter.letter_id, asked.step, ids))
    return found


def remind_at_step(connection: Connection, letter_id: int, step: str, ids: Collection[int], now: datetime) -> int:
    """Queues the reminder of those named who are still to get it at this step: whoever comes second finds nobody."""
    letter = candidates.open_letter(connection, letter_id, now)
    asked = _at_step(letter, now) if letter else None
    if asked is None or asked.step != step:
        return 0
    some = [one for one in candidates.named(connection, asked, ids) if not one.why]
    _queue(connection, letter_id, some, step, BY_THE_SCHEDULE, now, now, forced=False)
    return len(some)


def _at_step(letter: candidates.Scheduled, now: datetime) -> Question | None:
    plan = schedule.from_data(letter.reminders)
    when = schedule.dates(letter.soft_deadline, letter.hard_deadline, letter.time_zone)
    step = schedule.due_now(plan, when, now) if plan and when else None
    if plan is None or when is None or step is None:
        return None
    return candidates.at_step(letter.letter_id, plan, when, step.name, now)


@dataclass(frozen=True)
class Held:
    id: int
    organisation: str
    why: str  # in words, as the end of a sentence that begins with the organisation


@dataclass(frozen=True)
class Reminded:
    queued: int
    held: tuple[Held, ...]
    leaves_at: datetime  # now, or when the quiet hours end that the coordinator set


def remind(
    connection: Connection, slug: str, ids: Collection[int], who: str, now: datetime, *, forced: bool = False
) -> Reminded:
    """Reminds a selection by hand. `forced` sets the 48 hours and the cap aside, and nothing else.

    Raises NotFound, Closed or Refused. For more than candidates.PIECE of them, call it a piece at a time.
    """
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "ask", now)
    leaves_at = leaves(letter, now)
    found = candidates.named(connection, by_hand(letter, now, forced=forced), ids)
    some = [one for one in found if not one.why]
    _queue(connection, letter.id, some, f"by hand {now:%Y-%m-%dT%H:%M:%S}", who, now, leaves_at, forced=forced)
    held = tuple(Held(one.id, one.organisation, one.words(letter.time_zone)) for one in found if one.why)
    return Reminded(len(some), held, leaves_at)


def by_hand(letter: Letter, now: datetime, *, forced: bool) -> Question:
    """The question that `remind` asks, for a page that shows its answer first."""
    cap = (schedule.from_data(letter.reminders) or PROPOSED).cap
    return candidates.by_hand(
        letter.id, letter.time_zone, candidates.ANY_NUMBER if forced else cap, now, lately=A_MOMENT if forced else APART
    )


def leaves(letter: Letter, now: datetime) -> datetime:
    """When a reminder by hand leaves: at once, or at the end of the quiet hours that somebody has set."""
    plan = schedule.from_data(letter.reminders)
    return schedule.leaves(plan, letter.time_zone, now) if plan else now


def _queue(
    connection: Connection,
    letter_id: int,
    some: list[Named],
    step: str,
    who: str,
    now: datetime,
    due_at: datetime,
    *,
    forced: bool,
) -> None:
    if not some:
        return
    candidates.note(connection, [one.id for one in some], step, now)
    rows = [
        {
            "message": "reminder",
            "recipient": one.email,
            "letter_id": letter_id,
            "subject_id": one.id,
            "data": {"forced": True} if forced else {} if who != BY_THE_SCHEDULE else {"step": step},
            "due_at": due_at,
        }
        for one in some
    ]
    outbox.queue_many(connection, rows, now)
    data = {"forced": True} if forced else {} if who != BY_THE_SCHEDULE else {"days": int(step)}
    add_history(connection, letter_id, now, *(Deed("reminded", who, one.id, data) for one in some))


def mail_ended(connection: Connection, owed: Owed, ending: str, words: str, now: datetime) -> None:
    """What became of a reminder's mail, where it did not leave after all."""
    if ending in ("failed", "dropped") and owed.letter_id and owed.subject_id:
        deed, who = ("mail failed", "the mail server") if ending == "failed" else ("mail dropped", "Coalition")
        add_history(
            connection, owed.letter_id, now, Deed(deed, who, owed.subject_id, {"said": without_addresses(words)})
        )


# The schedule, and the reminder's words.


def arrange(connection: Connection, slug: str, seen: int, plan: Schedule, who: str, now: datetime) -> Letter:
    """Keeps a schedule, switched on or off. Raises Refused, or Overtaken when it was changed elsewhere meanwhile."""
    letter = letters.letter_by_slug(connection, slug)
    wrong = schedule.check(plan)
    if wrong:
        raise Refused(" ".join(wrong.values()))
    plan = replace(plan, days=tuple(sorted(set(plan.days))))
    before = schedule.from_data(letter.reminders)
    if plan == before:  # the same click again
        return letter
    if not letters.save(connection, letter, seen=seen, reminders=schedule.as_data(plan)):
        raise _overtaken()
    switched = plan.on != (before.on if before else False)
    deed = ("reminders switched on" if plan.on else "reminders switched off") if switched else "reminders changed"
    add_history(connection, letter.id, now, Deed(deed, who, data={"days": list(plan.days), "cap": plan.cap}))
    return letters.letter_by_slug(connection, slug)


def write_words(connection: Connection, slug: str, seen: int, subject: str, body: str, who: str, now: datetime) -> None:
    """Keeps the reminder's words; empty ones are those we propose. They are checked before, by wording.check."""
    letter = letters.letter_by_slug(connection, slug)
    if (letter.reminder_subject, letter.reminder_body) == (subject, body):
        return
    if not letters.save(connection, letter, seen=seen, reminder_subject=subject, reminder_body=body):
        raise _overtaken()
    add_history(connection, letter.id, now, Deed("reminder written", who))


def _overtaken() -> Overtaken:
    return Overtaken("This was changed in another window meanwhile. What you typed is below, not saved yet.")


# What the page shows before anything goes.


@dataclass(frozen=True)
class Foreseen:
    """The next step, and who would get it as things stand."""

    step: Step
    asked: Question
    tally: dict[str, int]

    @property
    def count(self) -> int:
        return self.tally.get("", 0)

    @property
    def left_out(self) -> dict[str, int]:
        return {why: self.tally[why] for why in HELD if self.tally.get(why)}


def plan_of(letter: Letter) -> Schedule:
    """The letter's schedule; the proposed one, switched off, where nobody has set one."""
    return schedule.from_data(letter.reminders) or PROPOSED


def dates_of(letter: Letter) -> Dates | None:
    return schedule.dates(letter.soft_deadline, letter.hard_deadline, letter.time_zone)


def foresee(connection: Connection, letter: Letter, now: datetime) -> Foreseen | None:
    """Whom the next reminder goes to, by the same question that sending it asks. None when there is none to come."""
    plan, when = plan_of(letter), dates_of(letter)
    step = schedule.next_step(plan, when, now) if when else None
    if when is None or step is None:
        return None
    if step.due <= now:
        asked = candidates.at_step(letter.id, plan, when, step.name, now)
    else:
        asked = candidates.foreseen(letter.id, plan, when, step, now)
    return Foreseen(step, asked, candidates.tally(connection, asked))
