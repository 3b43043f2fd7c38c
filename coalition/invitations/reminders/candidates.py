"""Who can be reminded and who is left out, why: one question, asked by the list that is shown and by what sends."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Integer,
    String,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    update,
)

from coalition.base.clock import day_words
from coalition.invitations.reminders.schedule import APART, LATE, Dates, Schedule, Step
from coalition.invitations.rules import ANSWERED
from coalition.tables import Moment, contacts, invitations, letters, mail_stops, organisations, outbox, reminders

PAGE = 50
ANY_NUMBER = 1_000_000
PIECE = 32  # organisations in one write: the one writer is held for about a hundredth of a second
# Mail to an organisation that counts as having asked it: none of them is followed by a reminder within 48 hours.
CONTACTS = ("invitation", "reminder", "deadline_moved", "deciding_day")
HELD = {
    "answered": "has answered",
    "unasked": "has not been asked yet, or its mail could not be delivered",
    "bounced": "its mail bounced: correct the address first",
    "address": "has no contact with an e-mail address",
    "stopped": "the contact wants no more mail, or their address takes none",
    "link": "its link was taken back",
    "deciding": "is deciding until a later day",
    "extended": "was given more time of its own",
    "cap": "has had as many reminders as the schedule allows",
    "done": "has had this reminder",
    "lately": "had a mail from you less than 48 hours before",
    "elsewhere": "was reminded of another letter less than 48 hours before",
}


@dataclass(frozen=True)
class Question:
    """Who gets a reminder at a moment; `step` is that of the schedule, or "" by hand."""

    letter_id: int
    day: datetime  # the moment, in the letter's zone
    step: str
    cap: int
    since: datetime  # whoever had a mail after this is left alone
    extended: bool  # do those with more time of their own get it too
    on_its_way: bool = True  # mail that has not left yet counts; not for a list of days ahead, when it will have
    elsewhere: bool = True  # do reminders of other letters count


def at_step(letter_id: int, schedule: Schedule, when: Dates, step: str, now: datetime) -> Question:
    return Question(letter_id, now.astimezone(ZoneInfo(when.zone)), step, schedule.cap, now - APART, extended=False)


def foreseen(letter_id: int, schedule: Schedule, when: Dates, step: Step, now: datetime) -> Question:
    """The same, before its hour: whoever had a mail a little less than 48 hours before gets it a little later."""
    day, since = step.due.astimezone(ZoneInfo(when.zone)), step.due + LATE - APART
    return Question(letter_id, day, step.name, schedule.cap, since, extended=False, on_its_way=since <= now)


def by_hand(letter_id: int, zone: str, cap: int, now: datetime, lately: timedelta = APART) -> Question:
    """At no step. Other letters count only with the whole `lately`; nought: not even what is on its way does."""
    day, whole = now.astimezone(ZoneInfo(zone)), lately == APART
    return Question(letter_id, day, "", cap, now - lately, extended=True, on_its_way=bool(lately), elsewhere=whole)


_stopped = exists().where(mail_stops.c.email == contacts.c.email)
_had_step = exists().where(reminders.c.invitation_id == invitations.c.id, reminders.c.step == bindparam("step"))
# Waiting counts: it is about to arrive. What failed or was dropped never came.
# Not as "or": SQLite would then walk all mail of a state for each organisation instead of the few that are its own.
_counts: ColumnElement[bool] = case(
    (outbox.c.state == literal("sent"), outbox.c.ended_at > bindparam("since", type_=Moment)),
    (outbox.c.state.in_([literal("waiting"), literal("claimed")]), bindparam("on_its_way", type_=Integer) == 1),
    else_=false(),
)
_mailed_lately = exists().where(
    outbox.c.message.in_([literal(one) for one in CONTACTS]), outbox.c.subject_id == invitations.c.id, _counts
)
_others = invitations.alias("others")  # the organisation's invitations to other letters
_reminded_there = and_(
    _others.c.organisation_id == invitations.c.organisation_id,
    _others.c.id != invitations.c.id,
    _others.c.reminded_at.is_not(None),
)
# One "exists" inside the other, so that the few of the organisation are walked, and never all reminders there are.
_reminded_elsewhere = exists().where(
    _reminded_there,
    exists().where(outbox.c.message == literal("reminder"), outbox.c.subject_id == _others.c.id, _counts),
)
_elsewhere_at = select(func.max(_others.c.reminded_at)).where(_reminded_there).scalar_subquery()
_is_deciding = and_(
    invitations.c.status == literal("deciding"), invitations.c.deciding_until >= bindparam("today", type_=Date)
)


def _is(*statuses: str) -> ColumnElement[bool]:
    return invitations.c.status.in_([literal(one) for one in statuses])


# The first that holds is the reason; the cheap ones are asked first. Empty: gets it.
_reason: ColumnElement[str] = case(
    (_is(*sorted(ANSWERED)), literal("answered")),
    (_is("added", "failed"), literal("unasked")),
    (and_(_is("queued"), bindparam("on_its_way", type_=Integer) == 1), literal("unasked")),
    (_is("bounced"), literal("bounced")),
    (invitations.c.contact_id.is_(None), literal("address")),
    (invitations.c.nonce.is_(None), literal("link")),
    (_is_deciding, literal("deciding")),
    (
        and_(invitations.c.extended_until.is_not(None), bindparam("extended", type_=Integer) == 0),
        literal("extended"),
    ),
    (invitations.c.reminders >= bindparam("cap", type_=Integer), literal("cap")),
    (invitations.c.reminded_at > bindparam("since", type_=Moment), literal("lately")),
    (_stopped, literal("stopped")),
    (_had_step, literal("done")),
    (_mailed_lately, literal("lately")),
    (and_(bindparam("elsewhere", type_=Integer) == 1, _reminded_elsewhere), literal("elsewhere")),
    else_=literal("", String),
)
_joined = invitations.outerjoin(contacts, contacts.c.id == invitations.c.contact_id)
_of_letter = invitations.c.letter_id == bindparam("letter_id")
_gets_it = select(invitations.c.id).select_from(_joined).where(_of_letter, _reason == literal(""))
_due = _gets_it.order_by(invitations.c.id)
_named = (
    select(invitations.c.id, _reason, contacts.c.email, organisations.c.name, _elsewhere_at)
    .select_from(_joined.join(organisations, organisations.c.id == invitations.c.organisation_id))
    .where(_of_letter, invitations.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(invitations.c.id)
)
_counted = select(_reason.label("why"), func.count()).select_from(_joined).where(_of_letter).group_by("why")
_listed = (
    select(
        invitations.c.id,
        organisations.c.name,
        func.coalesce(contacts.c.name, ""),
        func.coalesce(contacts.c.email, ""),
        _elsewhere_at,
    )
    .select_from(_joined.join(organisations, organisations.c.id == invitations.c.organisation_id))
    .where(_of_letter, _reason == bindparam("why", type_=String))
    .order_by(invitations.c.sort_key, invitations.c.id)
    .limit(bindparam("most", type_=Integer))
    .offset(bindparam("before", type_=Integer))
)


def _values(asked: Question) -> dict[str, Any]:
    return {
        "letter_id": asked.letter_id,
        "today": asked.day.date(),
        "step": asked.step,
        "cap": asked.cap,
        "since": asked.since,
        "extended": int(asked.extended),
        "on_its_way": int(asked.on_its_way),
        "elsewhere": int(asked.elsewhere),
    }


def due(connection: Connection, asked: Question) -> list[int]:
    """The ids of all who get it."""
    return list(connection.execute(_due, _values(asked)).scalars())


@dataclass(frozen=True)
class Named:
    id: int
    why: str  # of HELD, or "" for one that gets it
    email: str | None
    organisation: str
    elsewhere_at: datetime | None  # when it was last reminded of another letter

    def words(self, zone: str) -> str:
        """Why it does not get it, as the end of a sentence that begins with the organisation."""
        return held_words(self.why, self.elsewhere_at, zone)


def held_words(why: str, elsewhere_at: datetime | None, zone: str) -> str:
    if why == "elsewhere" and elsewhere_at:
        return f"was reminded of another letter on {day_words(elsewhere_at.astimezone(ZoneInfo(zone)).date())}"
    return HELD[why]


def named(connection: Connection, asked: Question, ids: Collection[int]) -> list[Named]:
    """Of those named: who gets it, and why the others do not. Others' invitations are not among them."""
    found: list[Named] = []
    for piece in pieces(sorted(ids)):
        found.extend(Named(*row) for row in connection.execute(_named, _values(asked) | {"ids": piece}))
    return found


def pieces(ids: list[int], size: int = PIECE) -> Iterator[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def tally(connection: Connection, asked: Question) -> dict[str, int]:
    """How many get it (""), and how many are left out for each reason of HELD."""
    return {why: count for why, count in connection.execute(_counted, _values(asked))}


@dataclass(frozen=True)
class Listed:
    id: int
    organisation: str
    contact: str
    email: str
    elsewhere_at: datetime | None


def listed(connection: Connection, asked: Question, why: str, page: int) -> list[Listed]:
    """A page of those who get it (""), or of those left out for one reason."""
    values = _values(asked) | {"why": why, "most": PAGE, "before": (page - 1) * PAGE}
    return [Listed(*row) for row in connection.execute(_listed, values)]


_insert_step = insert(reminders)
_counted_up = (
    update(invitations)
    .where(invitations.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        reminders=invitations.c.reminders + 1,
        reminded_at=bindparam("now", type_=Moment),
        changed_at=bindparam("now", type_=Moment),
    )
)


def note(connection: Connection, ids: list[int], step: str, now: datetime) -> None:
    """That they have been reminded at a step: no step is done twice."""
    connection.execute(_insert_step, [{"invitation_id": id, "step": step, "queued_at": now} for id in ids])
    connection.execute(_counted_up, {"ids": ids, "now": now})


_reached_since = select(
    case((_mailed_lately, literal("lately")), (_reminded_elsewhere, literal("elsewhere")), else_=literal(""))
).where(invitations.c.id == bindparam("id"))


def reached_since(connection: Connection, invitation_id: int, since: datetime) -> str:
    """Whether mail that counts has left since then, as a reason of HELD; "" when none has."""
    values = {"id": invitation_id, "since": since, "on_its_way": 0}
    return connection.execute(_reached_since, values).scalar() or ""


@dataclass(frozen=True)
class Scheduled:
    letter_id: int
    soft_deadline: date | None
    hard_deadline: datetime | None
    time_zone: str
    reminders: dict[str, Any] | None


_scheduled = select(
    letters.c.id, letters.c.soft_deadline, letters.c.hard_deadline, letters.c.time_zone, letters.c.reminders
).where(letters.c.state == literal("open"), letters.c.hard_deadline > bindparam("now"))


def open_letters(connection: Connection, now: datetime) -> list[Scheduled]:
    """The dates and schedules of letters whose list is open, without their texts."""
    return [Scheduled(*row) for row in connection.execute(_scheduled, {"now": now})]


_one = _scheduled.where(letters.c.id == bindparam("id"))


def open_letter(connection: Connection, id: int, now: datetime) -> Scheduled | None:
    row = connection.execute(_one, {"id": id, "now": now}).first()
    return Scheduled(*row) if row else None
