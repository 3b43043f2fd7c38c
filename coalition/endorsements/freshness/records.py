"""Whose endorsement is stale, and how far asking them has got: one question, asked by every list, count and deed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, literal, or_, select

from coalition.endorsements.freshness import rules
from coalition.endorsements.freshness.rules import STANDINGS, UNDECIDED, Standing
from coalition.endorsements.records import STANDING
from coalition.letters.rules import Letter
from coalition.tables import Moment, contacts, endorsements, invitations, mail_stops, organisations

PAGE = 50

e, i = endorsements.c, invitations.c
_CUTOFF = bindparam("cutoff", type_=Moment)
_MOVED = bindparam("moved", type_=Moment)
_said_at = case((e.fresh_at > e.endorsed_at, e.fresh_at), else_=e.endorsed_at)
_stale = and_(e.endorsed_at < _CUTOFF, or_(e.fresh_at.is_(None), e.fresh_at < _CUTOFF))
_asked = and_(
    e.fresh_asked_at >= e.endorsed_at,
    or_(e.fresh_at.is_(None), e.fresh_asked_at >= e.fresh_at),
    e.fresh_asked_at >= _MOVED,
)
_stopped = exists().where(mail_stops.c.email == contacts.c.email)
_standing = case(
    (e.left_out_at.is_not(None), literal("left out")),
    (e.kept_at >= _CUTOFF, literal("kept")),
    (or_(i.nonce.is_(None), contacts.c.email.is_(None), _stopped), literal("unreachable")),
    (_asked, literal("silent")),
    else_=literal("to ask"),
)
_joined = (
    endorsements.join(invitations, i.id == e.invitation_id)
    .join(organisations, organisations.c.id == e.organisation_id)
    .outerjoin(contacts, contacts.c.id == i.contact_id)
)
_which = (*STANDING, e.held_since.is_(None), or_(e.left_out_at.is_not(None), _stale))
_tally = select(_standing.label("standing"), func.count()).select_from(_joined).where(*_which).group_by("standing")


def tally(connection: Connection, letter: Letter, now: datetime) -> dict[Standing, int]:
    """How many stand how, of those that are stale or left out; zero where none."""
    found = {standing: count for standing, count in connection.execute(_tally, _values(letter, now))}
    return {one: found.get(one, 0) for one in STANDINGS}


def stale_count(connection: Connection, letter: Letter, now: datetime) -> int:
    """How many of the undersigned are to be asked, or decided about, before the letter goes. One statement."""
    found = tally(connection, letter, now)
    return sum(found[one] for one in UNDECIDED)


@dataclass(frozen=True)
class Stale:
    """One endorsement that is stale, or was left out."""

    id: int
    invitation_id: int
    organisation: str
    name: str  # as printed
    email: str  # of the contact who is asked; empty: there is none
    endorsed_at: datetime
    said_at: datetime
    asked_at: datetime | None
    kept_at: datetime | None
    left_out_at: datetime | None
    standing: Standing


_columns: tuple[ColumnElement[Any], ...] = (
    e.id,
    e.invitation_id,
    organisations.c.name,
    e.name,
    func.coalesce(contacts.c.email, ""),
    e.endorsed_at,
    _said_at,
    case((_asked, e.fresh_asked_at)),
    e.kept_at,
    e.left_out_at,
    _standing,
)
_of_standing = (
    select(*_columns)
    .select_from(_joined)
    .where(*_which, _standing == bindparam("standing"))
    .order_by(e.sort_key, e.id)
    .limit(bindparam("most"))
    .offset(bindparam("begin"))
)
_named = select(*_columns).select_from(_joined).where(*_which, e.invitation_id.in_(bindparam("ids", expanding=True)))


def stale(
    connection: Connection, letter: Letter, now: datetime, standing: Standing, *, begin: int = 0, most: int = PAGE
) -> list[Stale]:
    """Those that stand so, by name."""
    values = _values(letter, now) | {"standing": standing, "begin": begin, "most": most}
    return [Stale(*row) for row in connection.execute(_of_standing, values)]


def named(connection: Connection, letter: Letter, now: datetime, invitation_ids: Collection[int]) -> list[Stale]:
    """Of these invitations, those that are stale or left out."""
    values = _values(letter, now) | {"ids": sorted(invitation_ids)}
    return [Stale(*row) for row in connection.execute(_named, values)]


def _values(letter: Letter, now: datetime) -> dict[str, Any]:
    moved = letter.dispatch_moved_at or rules.NEVER
    return {"of_letter": letter.id, "cutoff": rules.cutoff(letter, now), "moved": moved}
