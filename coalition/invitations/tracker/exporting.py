"""The tracker as a table of its own: what is shown, in its order, without pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from coalition.invitations.records import joined
from coalition.invitations.tracker.ordering import ordered
from coalition.invitations.tracker.tracking import Filter, Section, filtered
from coalition.tables import contacts, endorsements, invitations, organisations

# The first eight are the contract's; what comes after them may grow.
COLUMNS = (
    *("organisation", "register_id", "group", "signatory", "role", "status", "version", "answered_at"),
    *("contact", "email", "reason", "sent_at", "fetched_at", "read_at", "deciding_until", "reminders", "reminded_at"),
    *("bounces", "problem", "changed_at"),
)


@dataclass(frozen=True)
class ExportRow:
    organisation: str
    register_id: str | None
    group: str
    signatory: str
    role: str
    status: str
    version: int | None
    answered_at: datetime | None
    contact: str
    email: str
    reason: str
    sent_at: datetime | None
    fetched_at: datetime | None
    read_at: datetime | None
    deciding_until: date | None
    reminders: int
    reminded_at: datetime | None
    bounces: int
    problem: str
    changed_at: datetime


def export(connection: Connection, letter_id: int, wanted: Filter, sections: Sequence[Section] = ()) -> list[ExportRow]:
    """The organisation as printed, where it has endorsed."""
    i = invitations.c
    rows = select(
        func.coalesce(endorsements.c.name, organisations.c.name),
        organisations.c.register_id,
        func.coalesce(endorsements.c.group, i.group),
        func.coalesce(endorsements.c.signatory, ""),
        func.coalesce(endorsements.c.role, ""),
        i.status,
        endorsements.c.version,
        i.answered_at,
        func.coalesce(contacts.c.name, ""),
        func.coalesce(contacts.c.email, ""),
        *(i.reason, i.sent_at, i.fetched_at, i.read_at, i.deciding_until),
        *(i.reminders, i.reminded_at, i.bounces, i.problem, i.changed_at),
    ).select_from(joined.outerjoin(endorsements, endorsements.c.invitation_id == i.id))
    rows = filtered(rows, letter_id, wanted).order_by(*ordered(wanted.sort, wanted.by, [one.key for one in sections]))
    return [ExportRow(*row) for row in connection.execute(rows)]
