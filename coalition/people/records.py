"""Coordinators: the people at the desk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, select

from coalition.tables import coordinators, links


@dataclass(frozen=True)
class Coordinator:
    id: int
    email: str
    name: str

    @property
    def called(self) -> str:
        """What to call them where a name is wanted."""
        return self.name or self.email


_columns: tuple[ColumnElement[Any], ...] = (coordinators.c.id, coordinators.c.email, coordinators.c.name)
_by_email = select(*_columns).where(coordinators.c.email == bindparam("email"))
_by_id = select(*_columns).where(coordinators.c.id == bindparam("id"))
_by_session = (
    select(*_columns)
    .join(links, and_(links.c.subject_id == coordinators.c.id, links.c.purpose == "session"))
    .where(
        links.c.nonce == bindparam("nonce"),
        links.c.revoked_at.is_(None),
        links.c.expires_at > bindparam("now"),
    )
)


def coordinator(connection: Connection, id: int) -> Coordinator:
    return Coordinator(*connection.execute(_by_id, {"id": id}).one())


def coordinator_by_email(connection: Connection, email: str) -> Coordinator | None:
    row = connection.execute(_by_email, {"email": email}).first()
    return Coordinator(*row) if row else None


def signed_in(connection: Connection, nonce: str, now: datetime) -> Coordinator | None:
    """Whose session this is, while it lasts."""
    row = connection.execute(_by_session, {"nonce": nonce, "now": now}).first()
    return Coordinator(*row) if row else None


def add(connection: Connection, email: str, name: str, now: datetime) -> Coordinator:
    connection.execute(insert(coordinators).values(email=email, name=name, added_at=now))
    found = coordinator_by_email(connection, email)
    if found is None:
        raise LookupError(email)
    return found
