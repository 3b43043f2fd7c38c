"""What came back, as kept: delivery reports and complaints, each once."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from coalition.base.mail.reports import Verdict
from coalition.base.outbox import Owed, find
from coalition.tables import outbox, reports


def keep(
    connection: Connection, digest: str, outbox_id: int | None, email: str, verdict: Verdict, now: datetime
) -> bool:
    """False when the same report was kept before."""
    values = {
        "digest": digest,
        "outbox_id": outbox_id,
        "email": email,
        "kind": verdict.kind,
        "code": verdict.code,
        "said": verdict.said,
        "received_at": now,
    }
    on_conflict = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(reports)
    kept = on_conflict.values(values).on_conflict_do_nothing().returning(reports.c.id)
    return connection.execute(kept).first() is not None


def held_up(connection: Connection, email: str, since: Iterable[datetime | None]) -> int:
    """How many temporary reports on an address there are since a mail to it arrived, and after the moments `since`."""
    of_address = reports.c.email == email
    arrived = select(func.max(reports.c.id)).where(of_address, reports.c.kind == "arrived").scalar_subquery()
    counted = (
        select(func.count())
        .select_from(reports)
        .where(
            of_address,
            reports.c.kind == "temporary",
            reports.c.id > func.coalesce(arrived, 0),
            *(reports.c.received_at > moment for moment in since if moment),
        )
    )
    return connection.execute(counted).scalar_one()


def last_mail(connection: Connection, email: str) -> Owed | None:
    """The newest message that left for an address."""
    newest = select(func.max(outbox.c.id)).where(
        outbox.c.recipient.in_((email, email.lower())), outbox.c.state == "sent"
    )
    id = connection.execute(newest).scalar()
    return find(connection, id) if id else None
