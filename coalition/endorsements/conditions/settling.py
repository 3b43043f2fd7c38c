"""Settling: after whatever changes who stands, those whose condition holds are counted, and the others held apart.

Called in the transaction of every such deed, so that at no moment anybody counts whose condition does not hold. A
fixed number of statements, however many there are, and one where a letter has no condition; only what changes is
written.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, literal_column, select, update
from sqlalchemy.sql.elements import ColumnElement

from coalition.endorsements.conditions import mail as condition_mail
from coalition.endorsements.conditions.rules import Condition, settled, words
from coalition.endorsements.records import STANDING
from coalition.endorsements.rules import Endorsement
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations.rules import MOVES
from coalition.organisations.names import name_key
from coalition.tables import endorsements, invitations, letters, organisations, suggestions

WHO = "Coalition"  # in the history
e, i = endorsements.c, invitations.c
# Written out, not as a value: else SQLite does not see that the index of those with a condition will do.
_conditional = e.condition != literal_column("''")
_ids: Any = bindparam("ids", expanding=True, literal_execute=True)  # of ours; more than values may be
_any = select(exists().where(e.letter_id == bindparam("of_letter"), _conditional))


@dataclass(frozen=True)
class One:
    """An endorsement on a condition that stands, held apart or counted."""

    id: int
    organisation_id: int
    invitation_id: int
    name: str
    condition: str
    condition_count: int | None
    condition_organisation: str
    condition_organisation_id: int | None
    condition_suggestion_id: int | None
    version: int
    held: bool

    @property
    def once(self) -> str:
        return words(self)


@dataclass(frozen=True)
class Settled:
    """Who counts, and what of it is not so yet."""

    letter_id: int
    standing: frozenset[int] = frozenset()  # organisations whose condition holds
    hold: tuple[One, ...] = ()
    release: tuple[One, ...] = ()
    found: dict[int, int] = field(default_factory=dict)  # endorsement -> the organisation that it names


def settle(connection: Connection, letter_id: int, now: datetime, *, printing: bool = False) -> None:
    """`printing`: the list is about to be printed, and with it told who has endorsed."""
    carry_out(connection, look(connection, letter_id, now, printing=printing), now)


# Looking: nothing is changed.

_letter = select(letters.c.state, letters.c.show_undersigned).where(letters.c.id == bindparam("of_letter"))
_kept = [name for name in One.__dataclass_fields__ if name != "held"]
_columns: tuple[ColumnElement[Any], ...] = (*(e[name] for name in _kept), e.held_since.is_not(None))
# Who is left out because nothing was heard neither counts nor waits, whatever its condition.
_here = (*STANDING, e.left_out_at.is_(None))
_all = select(*_columns).where(*_here, _conditional)
_plain = (*_here, e.condition == literal_column("''"))
_how_many = select(func.count()).select_from(endorsements).where(*_plain)
_among = select(e.organisation_id).where(*_plain, e.organisation_id.in_(_ids))
_called = (
    select(organisations.c.name_key, func.min(e.organisation_id))
    .join_from(endorsements, organisations, organisations.c.id == e.organisation_id)
    .where(*STANDING, organisations.c.name_key.in_(bindparam("keys", expanding=True)))
    .group_by(organisations.c.name_key)
)
_formerly = select(organisations.c.name_key, organisations.c.id).where(
    organisations.c.name_key.in_(bindparam("keys", expanding=True)), organisations.c.merged_into.is_not(None)
)
_stand = select(e.organisation_id).where(*STANDING, e.organisation_id.in_(_ids))
_merged = select(organisations.c.id, organisations.c.merged_into).where(
    organisations.c.id.in_(_ids), organisations.c.merged_into.is_not(None)
)


def look(connection: Connection, letter_id: int, now: datetime, *, printing: bool = False) -> Settled:
    of = {"of_letter": letter_id}
    if not connection.execute(_any, of).scalar():
        return Settled(letter_id)
    state, shown = connection.execute(_letter, of).one()
    all_ = [One(*row) for row in connection.execute(_all, of)]
    found = _found(connection, letter_id, all_)
    named = _as_they_are(connection, {one.condition_organisation_id or found.get(one.id, 0) for one in all_})
    plain = set(connection.execute(_among, {**of, "ids": sorted(set(named.values()))}).scalars())
    total = connection.execute(_how_many, of).scalar_one() if any(one.condition == "count" for one in all_) else 0
    said = _said(connection, [one.condition_suggestion_id for one in all_ if one.condition_suggestion_id])
    asked = {
        one.organisation_id: Condition(
            one.condition,  # type: ignore[arg-type]  # what is none never holds
            count=one.condition_count or 0,
            organisation=named.get(one.condition_organisation_id or found.get(one.id, 0), 0),
            # Only under a version that says it: who could not be told of that stands under the one before.
            met=said.get(one.condition_suggestion_id or 0, one.version + 1) <= one.version,
        )
        for one in all_
    }
    waiting = {one.organisation_id: asked[one.organisation_id] for one in all_ if one.held}
    counting = {id: condition for id, condition in asked.items() if id not in waiting}
    standing = settled(
        plain,
        waiting,
        counting,
        others=max(total - len(plain), 0),
        printed=state == "closed",
        telling=shown or printing,
    )
    return Settled(
        letter_id,
        standing,
        tuple(one for one in all_ if not one.held and one.organisation_id not in standing),
        tuple(one for one in all_ if one.held and one.organisation_id in standing),
        found,
    )


def _found(connection: Connection, letter_id: int, all_: Iterable[One]) -> dict[int, int]:
    """Whose name was typed, where that was not known: among those that stand, for no other can make it hold."""
    keys = {
        one.id: name_key(one.condition_organisation)
        for one in all_
        if one.condition == "organisation" and one.condition_organisation_id is None
    }
    if not keys:
        return {}
    rows = connection.execute(_called, {"of_letter": letter_id, "keys": sorted(set(keys.values()))})
    known = {key: organisation for key, organisation in rows}
    if unknown := sorted(set(keys.values()) - known.keys()):
        known |= _merged_into_one(connection, letter_id, unknown)
    return {id: known[key] for id, key in keys.items() if key in known}


def _merged_into_one(connection: Connection, letter_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Which of these names belong to an organisation that became a part of one that stands."""
    former = {id: key for key, id in connection.execute(_formerly, {"keys": keys})}
    now = _as_they_are(connection, former)
    standing = set(connection.execute(_stand, {"of_letter": letter_id, "ids": sorted(set(now.values()))}).scalars())
    return {former[id]: id for id, into in now.items() if into in standing}


def _as_they_are(connection: Connection, named: Collection[int]) -> dict[int, int]:
    """Each of these organisations, or the one that it was merged into since."""
    now = {id: id for id in named if id}
    while now:
        into = {id: other for id, other in connection.execute(_merged, {"ids": sorted(set(now.values()))})}
        if not into:
            break
        now = {id: into.get(other, other) for id, other in now.items()}
    return now


_published = select(suggestions.c.id, suggestions.c.accepted_in).where(
    suggestions.c.id.in_(_ids), suggestions.c.accepted_in.is_not(None)
)


def _said(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Of these suggestions, those that were taken: since which version the letter says so."""
    return {id: number for id, number in connection.execute(_published, {"ids": sorted(ids)})} if ids else {}


_on_list = (
    select(invitations.c.id, organisations.c.name)
    .join_from(invitations, organisations, organisations.c.id == invitations.c.organisation_id)
    .where(invitations.c.letter_id == bindparam("of_letter"))
    .order_by(invitations.c.id)
    .limit(1)
)
_by_key = _on_list.where(organisations.c.name_key == bindparam("key"))
_by_id = _on_list.where(organisations.c.id == bindparam("id"))
_whose = select(e.condition_organisation_id).where(e.id == bindparam("id"))


def waits_for(connection: Connection, letter_id: int, endorsement: Endorsement) -> tuple[int, str] | None:
    """The invitation of the organisation that it waits for, and what that is called; None where none of the letter's
    list is called so. For the desk: who is on the list is told to nobody else.
    """
    if endorsement.condition != "organisation":
        return None
    known = connection.execute(_whose, {"id": endorsement.id}).scalar()
    if known:
        now = _as_they_are(connection, [known])[known]
        row = connection.execute(_by_id, {"of_letter": letter_id, "id": now}).first()
    else:
        key = name_key(endorsement.condition_organisation)
        row = connection.execute(_by_key, {"of_letter": letter_id, "key": key}).first()
    return tuple(row) if row else None


# Carrying out.

_held = update(endorsements).where(e.id.in_(_ids)).values(held_since=bindparam("since"))
_known = update(endorsements).where(e.id == bindparam("of")).values(condition_organisation_id=bindparam("whose"))


def carry_out(connection: Connection, found: Settled, now: datetime, *, by: int = 0) -> None:
    """Writes what changes; both sides are told, but not the invitation `by` whose own answer it is."""
    if found.found:
        connection.execute(_known, [{"of": id, "whose": whose} for id, whose in found.found.items()])
    entries = []
    for some, since, what in ((found.hold, now, "condition broken"), (found.release, None, "condition holds")):
        if some:
            connection.execute(_held, {"ids": [one.id for one in some], "since": since})
        others = [one for one in some if one.invitation_id != by]
        if others:
            before, after = MOVES[what]
            connection.execute(
                update(invitations)
                .where(i.id.in_([one.invitation_id for one in others]), i.status.in_(sorted(before)))
                .values(status=after, changed_at=now)
            )
            entries += [Deed(what, WHO, one.invitation_id, {"name": one.name, "once": one.once}) for one in others]
    if entries:
        condition_mail.queue(connection, found.letter_id, [one.subject_id for one in entries if one.subject_id], now)
        add_history(connection, found.letter_id, now, *entries)
