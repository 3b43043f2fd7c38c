"""What an organisation was asked and answered before, over all letters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select

from coalition.invitations.rules import Status
from coalition.letters import records as letters
from coalition.tables import endorsements, invitations


@dataclass(frozen=True)
class Asked:
    """One letter it is or was on the list of."""

    invitation_id: int
    slug: str
    subject: str
    status: Status
    asked_at: datetime | None  # when the invitation left
    answered_at: datetime | None
    version: int | None  # of its endorsement
    printed_as: str
    contact_id: int | None


_columns: tuple[ColumnElement[Any], ...] = (
    invitations.c.id,
    invitations.c.letter_id,
    invitations.c.status,
    invitations.c.sent_at,
    invitations.c.answered_at,
    endorsements.c.version,
    endorsements.c.name,
    invitations.c.contact_id,
)
_before = (
    select(*_columns)
    .select_from(invitations.outerjoin(endorsements, endorsements.c.invitation_id == invitations.c.id))
    .where(invitations.c.organisation_id == bindparam("organisation_id"))
    .order_by(invitations.c.id.desc())
)


def asked_before(connection: Connection, organisation_id: int) -> list[Asked]:
    """The newest letter first."""
    found = []
    for id, letter_id, status, sent_at, answered_at, version, name, contact in connection.execute(
        _before, {"organisation_id": organisation_id}
    ):
        letter = letters.letter(connection, letter_id)
        found.append(Asked(id, letter.slug, letter.subject, status, sent_at, answered_at, version, name or "", contact))
    return found


def last_asked(before: list[Asked]) -> datetime | None:
    return max((one.asked_at for one in before if one.asked_at), default=None)
