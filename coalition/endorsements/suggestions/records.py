"""Suggestions as they are kept: other words that an organisation proposed for a passage."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, null, select, update

from coalition.base.refused import NotFound
from coalition.letters.differences import Run, between
from coalition.letters.passages import Place
from coalition.tables import contacts, endorsements, letters, organisations, suggestions

State = Literal["open", "accepted", "answered", "withdrawn"]
STATES: dict[State, str] = {
    "open": "Waits for an answer",
    "accepted": "Taken",
    "answered": "Answered",
    "withdrawn": "Taken back",
}
s = suggestions.c


@dataclass(frozen=True)
class Suggestion:
    """`accepted_in` is the version that says it; None as long as that one is not published."""

    id: int
    letter_id: int
    organisation_id: int
    invitation_id: int
    contact_id: int | None
    version: int
    place: Place
    passage: str
    replacement: str
    reason: str
    made_at: datetime
    state: State
    answer: str
    decided_at: datetime | None
    decided_by: str
    accepted_in: int | None
    organisation: str
    contact: str

    @property
    def runs(self) -> tuple[Run, ...]:
        """What they would change, word by word."""
        return between(self.passage, self.replacement)


_joined = suggestions.join(organisations, organisations.c.id == s.organisation_id).outerjoin(
    contacts, contacts.c.id == s.contact_id
)
_columns: tuple[ColumnElement[Any], ...] = (
    *s,
    organisations.c.name,
    func.coalesce(func.nullif(contacts.c.name, ""), contacts.c.email, ""),
)
_all = select(*_columns).select_from(_joined)
_one = _all.where(s.id == bindparam("id"))
_of_invitation = _all.where(s.invitation_id == bindparam("invitation_id")).order_by(s.id.desc())
_of_letter = (
    _all.where(s.letter_id == bindparam("letter_id"), s.state == bindparam("state"))
    .order_by(s.id)
    .limit(bindparam("most"))
)


def suggestion(connection: Connection, id: int) -> Suggestion:
    """Raises NotFound."""
    row = connection.execute(_one, {"id": id}).first()
    if row is None:
        raise NotFound("There is no such suggestion.")
    return Suggestion(*row)


def of_invitation(connection: Connection, invitation_id: int) -> list[Suggestion]:
    """The newest first."""
    return [Suggestion(*row) for row in connection.execute(_of_invitation, {"invitation_id": invitation_id})]


def of_letter(connection: Connection, letter_id: int, state: State, most: int = 10_000) -> list[Suggestion]:
    """The oldest first."""
    rows = connection.execute(_of_letter, {"letter_id": letter_id, "state": state, "most": most})
    return [Suggestion(*row) for row in rows]


_pending = _all.where(s.letter_id == bindparam("letter_id"), s.state == "accepted", s.accepted_in.is_(None)).order_by(
    s.id
)


def pending(connection: Connection, letter_id: int) -> list[Suggestion]:
    """Those that were taken into the next version, which is not published."""
    return [Suggestion(*row) for row in connection.execute(_pending, {"letter_id": letter_id})]


_accepted = select(s.id, s.accepted_in).where(
    s.id.in_(bindparam("ids", expanding=True)), s.state == "accepted", s.accepted_in.is_not(None)
)


def accepted_in(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Of those that a published version says, the version's number."""
    rows = connection.execute(_accepted, {"ids": list(ids)}) if ids else ()
    return {id: number for id, number in rows}


_counts = select(s.state, func.count()).where(s.letter_id == bindparam("letter_id")).group_by(s.state)


def counts(connection: Connection, letter_id: int) -> dict[str, int]:
    """How many of a letter are in each state that there is any in."""
    return {state: count for state, count in connection.execute(_counts, {"letter_id": letter_id})}


def how_many_open(connection: Connection, invitation_id: int) -> int:
    wanted = select(func.count()).where(s.invitation_id == invitation_id, s.state == "open")
    return connection.execute(wanted).scalar_one()


def how_many_since(connection: Connection, invitation_id: int, since: datetime) -> int:
    wanted = select(func.count()).where(s.invitation_id == invitation_id, s.made_at > since)
    return connection.execute(wanted).scalar_one()


_waiting = (
    select(s.letter_id, func.count())
    .select_from(suggestions.join(letters, letters.c.id == s.letter_id))
    .where(letters.c.coordinator_id == bindparam("coordinator_id"), s.state == "open")
    .group_by(s.letter_id)
    .order_by(s.letter_id)
)


def waiting_for(connection: Connection, coordinator_id: int) -> dict[int, int]:
    """How many are open, of each letter of a coordinator that there are any of."""
    rows = connection.execute(_waiting, {"coordinator_id": coordinator_id})
    return {letter_id: count for letter_id, count in rows}


_waited_for = select(endorsements.c.condition_suggestion_id).where(
    endorsements.c.letter_id == bindparam("letter_id"),
    endorsements.c.condition_suggestion_id.is_not(None),
    endorsements.c.withdrawn_at.is_(None),
    endorsements.c.held_since.is_not(None),
)


def waited_for(connection: Connection, letter_id: int) -> set[int]:
    """Those of a letter that an endorsement waits for: given on the condition that they are taken."""
    return set(connection.execute(_waited_for, {"letter_id": letter_id}).scalars())


def add(connection: Connection, **values: Any) -> int:
    id: int = connection.execute(insert(suggestions).values(values).returning(s.id)).scalar_one()
    return id


def move(connection: Connection, id: int, before: State, after: State, **values: Any) -> bool:
    """False when it is no longer in the state before."""
    done = connection.execute(update(suggestions).where(s.id == id, s.state == before).values(state=after, **values))
    return done.rowcount == 1


def open_again(connection: Connection, id: int) -> bool:
    """Taken, and then not published."""
    values = {"decided_at": null(), "decided_by": ""}
    done = connection.execute(
        update(suggestions)
        .where(s.id == id, s.state == "accepted", s.accepted_in.is_(None))
        .values(state="open", **values)
    )
    return done.rowcount == 1


def say_published(connection: Connection, id: int, number: int) -> None:
    connection.execute(update(suggestions).where(s.id == id, s.state == "accepted").values(accepted_in=number))
