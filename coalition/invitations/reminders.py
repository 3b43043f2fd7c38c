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
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from coalition.invitations.schedule import APART, LATE, Dates, Schedule, Step
from coalition.tables import Moment, contacts, invitations, letters, mail_stops, organisations, outbox, reminders

PAGE = 50
ANY_NUMBER = 1_000_000
PIECE = 200  # organisations in one write: the one writer is held for a few hundredths of a second
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


def at_step(letter_id: int, schedule: Schedule, when: Dates, step: str, now: datetime) -> Question:
    return Question(letter_id, now.astimezone(ZoneInfo(when.zone)), step, schedule.cap, now - APART, extended=False)


def foreseen(letter_id: int, schedule: Schedule, when: Dates, step: Step, now: datetime) -> Question:
    """The same, before its hour: whoever had a mail a little less than 48 hours before gets it a little later."""
    day, since = step.due.astimezone(ZoneInfo(when.zone)), step.due + LATE - APART
    return Question(letter_id, day, step.name, schedule.cap, since, extended=False, on_its_way=since <= now)


def by_hand(letter_id: int, zone: str, cap: int, now: datetime, lately: timedelta) -> Question:
    """At no step. With `lately` nought, nothing that was mailed before counts, nor what is on its way."""
    day = now.astimezone(ZoneInfo(zone))
    return Question(letter_id, day, "", cap, now - lately, extended=True, on_its_way=bool(lately))


_stopped = exists().where(mail_stops.c.email == contacts.c.email)
_had_step = exists().where(reminders.c.invitation_id == invitations.c.id, reminders.c.step == bindparam("step"))
# Waiting counts: it is about to arrive. What failed or was dropped never came.
_mailed_lately = exists().where(
    outbox.c.message.in_([literal(one) for one in CONTACTS]),
    outbox.c.subject_id == invitations.c.id,
    or_(
        and_(bindparam("on_its_way", type_=Integer) == 1, outbox.c.state.in_([literal("waiting"), literal("claimed")])),
        and_(outbox.c.state == literal("sent"), outbox.c.ended_at > bindparam("since", type_=Moment)),
    ),
)
_is_deciding = and_(
    invitations.c.status == literal("deciding"), invitations.c.deciding_until >= bindparam("today", type_=Date)
)


def _is(*statuses: str) -> ColumnElement[bool]:
    return invitations.c.status.in_([literal(one) for one in statuses])


# The first that holds is the reason; the cheap ones are asked first. Empty: gets it.
_reason: ColumnElement[str] = case(
    (_is("endorsed", "declined", "withdrawn"), literal("answered")),
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
    else_=literal("", String),
)
_joined = invitations.outerjoin(contacts, contacts.c.id == invitations.c.contact_id)
_of_letter = invitations.c.letter_id == bindparam("letter_id")
_gets_it = select(invitations.c.id).select_from(_joined).where(_of_letter, _reason == literal(""))
_due = _gets_it.order_by(invitations.c.id)
_named = (
    select(invitations.c.id, _reason, contacts.c.email, organisations.c.name)
    .select_from(_joined.join(organisations, organisations.c.id == invitations.c.organisation_id))
    .where(_of_letter, invitations.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(invitations.c.id)
)
_counted = select(_reason.label("why"), func.count()).select_from(_joined).where(_of_letter).group_by("why")
_listed = (
    select(
        invitations.c.id, organisations.c.name, func.coalesce(contacts.c.name, ""), func.coalesce(contacts.c.email, "")
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


_reached_since = (
    select(outbox.c.id)
    .where(
        outbox.c.message.in_([literal(one) for one in CONTACTS]),
        outbox.c.subject_id == bindparam("invitation_id"),
        outbox.c.state == literal("sent"),
        outbox.c.ended_at > bindparam("since"),
    )
    .limit(1)
)


def reached_since(connection: Connection, invitation_id: int, since: datetime) -> bool:
    """Has any mail that asks them left since then?"""
    found = connection.execute(_reached_since, {"invitation_id": invitation_id, "since": since})
    return found.first() is not None


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
