"""Undoing a merge, while nothing builds on it; and why it can no longer be undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from coalition.base import journal
from coalition.base.refused import NotFound, Refused
from coalition.endorsements.conditions.settling import settle
from coalition.history.records import SITE, Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.organisations import directory
from coalition.tables import invitations as invitations_table
from coalition.tables import merges, organisations, suggestions

# Copied for the lists, counted, or put in order: what they say now is as good as what they said.
_DERIVED = ("sort_key", "search_key", "contact_key", "revision", "place")


@dataclass(frozen=True)
class Merge:
    id: int
    kept_id: int
    merged_id: int
    who: str
    moved: dict[str, Any]
    merged_at: datetime
    undone_at: datetime | None
    merged: str  # the name of the one that was merged


_columns = (*(merges.c[name] for name in list(Merge.__dataclass_fields__)[:-1]), organisations.c.name)
_merges = select(*_columns).join_from(merges, organisations, organisations.c.id == merges.c.merged_id)


def merge_of(connection: Connection, id: int) -> Merge:
    """Raises NotFound."""
    row = connection.execute(_merges.where(merges.c.id == id)).first()
    if row is None:
        raise NotFound("There is no such merge.")
    return Merge(*row)


def standing(connection: Connection, kept_id: int) -> list[Merge]:
    """What was merged into an organisation and not undone, the latest first."""
    wanted = _merges.where(merges.c.kept_id == kept_id, merges.c.undone_at.is_(None)).order_by(merges.c.id.desc())
    return [Merge(*row) for row in connection.execute(wanted)]


def in_the_way(connection: Connection, merge: Merge) -> str:
    """Why a merge can no longer be undone, as a sentence; empty when it can.

    It can while no later merge has to do with either, no letter that was concerned has had an answer, a
    suggestion or another contact since, and the rows that were moved are as the merge left them.
    """
    return (
        _later_merge(connection, merge)
        or next(filter(None, (_later_answer(connection, one) for one in merge.moved["letters"])), "")
        or _suggested_since(connection, merge)
        or _asked_since(connection, merge)
        or _number_taken(connection, merge)
        or _changed_row(connection, merge)
    )


def _later_merge(connection: Connection, merge: Merge) -> str:
    both = (merge.kept_id, merge.merged_id)
    later = connection.execute(
        _merges.where(
            merges.c.id > merge.id,
            merges.c.undone_at.is_(None),
            or_(merges.c.kept_id.in_(both), merges.c.merged_id.in_(both)),
        ).order_by(merges.c.id.desc())
    ).first()
    if later is None:
        return ""
    last = Merge(*later)
    into = directory.organisation(connection, last.kept_id).name
    return f"{last.merged} was merged into {into} since. Undo that first."


def _later_answer(connection: Connection, stood: dict[str, Any]) -> str:
    there = journal.row(connection, invitations_table, {"id": stood["invitation"]})
    if there is None:
        return f"It was taken off the list of “{stood['subject']}” since."
    letter_version = letters.letter(connection, stood["letter"]).version
    if there["answers"] != stood["answers"]:
        return f"An answer to “{stood['subject']}” was given since."
    if stood.get("version", letter_version) != letter_version:
        return f"The text of “{stood['subject']}” was changed since."
    if there["contact_id"] != stood["contact"]:
        return f"Another contact was chosen for “{stood['subject']}” since."
    return ""


def _suggested_since(connection: Connection, merge: Merge) -> str:
    """Whose of the two it would be cannot be told from their one link."""
    concerned = [one["invitation"] for one in merge.moved["letters"]]
    since = select(suggestions.c.letter_id).where(
        suggestions.c.invitation_id.in_(concerned), suggestions.c.made_at > merge.merged_at
    )
    letter_id = connection.execute(since.limit(1)).scalar()
    return f"A change to “{letters.letter(connection, letter_id).subject}” was suggested since." if letter_id else ""


def _asked_since(connection: Connection, merge: Merge) -> str:
    concerned = [one["invitation"] for one in merge.moved["letters"]]
    since = (
        select(invitations_table.c.letter_id)
        .where(invitations_table.c.contact_id.in_(merge.moved["contacts"]), invitations_table.c.id.not_in(concerned))
        .limit(1)
    )
    letter_id = connection.execute(since).scalar()
    if letter_id is None:
        return ""
    subject = letters.letter(connection, letter_id).subject
    return f"A contact that moved was chosen for another letter since, “{subject}”."


def _number_taken(connection: Connection, merge: Merge) -> str:
    merged = directory.organisation(connection, merge.merged_id)
    if merged.archived_at is not None or merged.register_id is None:
        return ""
    holder = connection.execute(
        select(organisations.c.name).where(
            organisations.c.register_id == merged.register_id,
            organisations.c.archived_at.is_(None),
            organisations.c.merged_into.is_(None),
            organisations.c.id != merge.kept_id,
        )
    ).scalar()
    return f"{holder} has the register number {merged.register_id} by now." if holder else ""


_WORDS = {
    "organisations": "What the directory says of the organisation was changed since.",
    "contacts": "The organisation’s contacts were changed since.",
}


def _changed_row(connection: Connection, merge: Merge) -> str:
    step = journal.changed_since(connection, merge.moved["steps"], _DERIVED)
    return _WORDS.get(step["table"], "What was merged has been changed since.") if step else ""


def undo(connection: Connection, id: int, who: str, now: datetime) -> Merge:
    """Puts every row back as it was. A second click finds it done. Raises NotFound, or Refused with the reason."""
    merge = merge_of(connection, id)
    if merge.undone_at is not None:
        return merge
    if reason := in_the_way(connection, merge):
        raise Refused(f"This merge can no longer be undone. {reason}")
    revision = directory.organisation(connection, merge.kept_id).revision
    journal.undo(connection, merge.moved["steps"])
    # A page that was opened before must not take this for what it showed.
    connection.execute(update(organisations).where(organisations.c.id == merge.kept_id).values(revision=revision + 1))
    connection.execute(update(merges).where(merges.c.id == id).values(undone_at=now))
    for one in (merge.kept_id, merge.merged_id):
        directory.refresh_search_key(connection, one)
    called = {"name": directory.organisation(connection, merge.kept_id).name, "merged": merge.merged}
    for stood in merge.moved["letters"]:
        add_history(connection, stood["letter"], now, Deed("merge undone", who, stood["invitation"], called))
        settle(connection, stood["letter"], now)
    add_history(connection, SITE, now, Deed("merge undone", who, merge.kept_id, {**called, "merge": id}))
    return merge_of(connection, id)
