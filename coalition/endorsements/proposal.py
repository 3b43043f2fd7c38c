"""What the endorse form is filled in with before anybody has typed: from the last letter, or from the directory.

Whoever holds the link is written for themselves: the person who signed last time is proposed only where the link is not
known to be somebody else's, so that one tap never puts another person's name under a letter.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, bindparam, select

from coalition.base.text import fold
from coalition.endorsements.joins.rules import Join
from coalition.endorsements.rules import Answer, Endorsement
from coalition.invitations.actions import Opened
from coalition.letters.rules import Letter
from coalition.organisations import directory
from coalition.organisations.rules import Organisation
from coalition.tables import contacts, endorsements

Source = Literal["nothing", "answer", "letter", "directory", "request"]


@dataclass(frozen=True)
class Proposal:
    answer: Answer
    source: Source = "nothing"
    on: date | None = None  # of the answer, or of the last letter


@dataclass(frozen=True)
class Last:
    """What it said to the letter that it endorsed last."""

    signatory: str
    role: str
    authority: str
    authority_detail: str
    show_signatory: bool
    logo: str | None
    show_logo: bool
    endorsed_at: datetime


_columns: tuple[ColumnElement[Any], ...] = tuple(endorsements.c[name] for name in Last.__dataclass_fields__)
_last = (
    select(*_columns)
    .where(
        endorsements.c.organisation_id == bindparam("organisation_id"),
        endorsements.c.letter_id != bindparam("letter_id"),
        endorsements.c.withdrawn_at.is_(None),
        endorsements.c.held_since.is_(None),
    )
    .order_by(endorsements.c.endorsed_at.desc(), endorsements.c.id.desc())
    .limit(1)
)
_contact = select(contacts.c.name, contacts.c.role).where(contacts.c.id == bindparam("id"))


def proposal(connection: Connection, found: Opened, given: Endorsement | None) -> Proposal:
    """`given` is their answer to this letter, if there is one: then it is that, and nothing else is looked for."""
    letter, one = found.letter, found.invitation
    if given:
        return Proposal(replace(given.answer, version=letter.version), "answer", _day(given.endorsed_at, letter))
    row = connection.execute(_last, {"organisation_id": one.organisation_id, "letter_id": letter.id}).first()
    holder = connection.execute(_contact, {"id": found.link.contact_id or one.contact_id or 0}).first()
    name, role = tuple(holder) if holder else ("", "")
    last = Last(*row) if row else None
    group = one.group if one.group in letter.groups else next(iter(letter.groups), "")
    answer = Answer(letter.version, one.organisation, group, name, role, "", "", True)
    answer = _with_logo(answer, last, directory.organisation(connection, one.organisation_id))
    if last:
        return Proposal(_as_last(answer, last), "letter", _day(last.endorsed_at, letter))
    return Proposal(answer, "directory" if name or role or answer.logo else "nothing")


def as_asked(join: Join, letter: Letter) -> Proposal:
    """What they typed when they asked to join, where the text was changed before that was approved."""
    return Proposal(replace(join.endorsement, version=letter.version), "request", _day(join.asked_at, letter))


def _as_last(answer: Answer, last: Last) -> Answer:
    answer = replace(answer, show_signatory=last.show_signatory)
    if answer.signatory and fold(answer.signatory) != fold(last.signatory):
        return answer
    answer = replace(answer, signatory=last.signatory, role=last.role)
    if last.authority != "delegated":  # any other was for that letter alone
        return answer
    return replace(answer, authority=last.authority, authority_detail=last.authority_detail)


def _with_logo(answer: Answer, last: Last | None, known: Organisation) -> Answer:
    """The one they let be printed last, or the directory's if it may be printed and is newer or the only one."""
    theirs = known.logo if known.logo_permission else None
    if (
        last
        and last.logo
        and not (theirs and known.logo_permitted_on and known.logo_permitted_on > last.endorsed_at.date())
    ):
        return replace(answer, logo=last.logo, show_logo=last.show_logo)
    # Who endorsed without one before is offered the directory's, and says themselves whether it is printed.
    return replace(answer, logo=theirs, show_logo=theirs is not None and (last is None or last.show_logo))


def _day(at: datetime, letter: Letter) -> date:
    return at.astimezone(ZoneInfo(letter.time_zone)).date()
