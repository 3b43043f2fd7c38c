"""The orders that the tracker can show rows in, each ending with the id, so that no row is shown twice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, case
from sqlalchemy.sql.elements import ColumnElement

from coalition.tables import invitations

Order = tuple[ColumnElement[Any], ...]
i = invitations.c

# What is empty comes first going up: SQLite's own order, which its indexes have.
_UP: dict[str, Order] = {
    "name": (i.sort_key,),
    "contact": (i.contact_key,),
    "group": (i.group, i.sort_key),
    "status": (i.status, i.sort_key),
    "sent": (i.sent_at,),
    "fetched": (i.fetched_at,),
    "read": (i.read_at,),
    "answered": (i.answered_at,),
    "deciding": (i.deciding_until,),
    "reminded": (i.reminders, i.reminded_at),
    "problem": (i.problem, i.bounces),
    "when": (i.changed_at,),
}


def _up(one: ColumnElement[Any]) -> ColumnElement[Any]:
    return one.asc().nulls_first() if isinstance(one, Column) and one.nullable else one.asc()


def _down(one: ColumnElement[Any]) -> ColumnElement[Any]:
    return one.desc().nulls_last() if isinstance(one, Column) and one.nullable else one.desc()


SORTS: dict[str, Order] = {
    **{name: (*map(_up, columns), i.id.asc()) for name, columns in _UP.items()},
    **{f"-{name}": (*map(_down, columns), i.id.desc()) for name, columns in _UP.items()},
}
REVERSE = {name: name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in SORTS}
SECTIONED: dict[str, ColumnElement[str]] = {"group": i.group, "status": i.status}


def ordered(sort: str, by: str, keys: Sequence[str]) -> Order:
    """The order of rows in sections that follow one another as their keys do."""
    if not keys:
        return SORTS[sort]
    rank = case({key: place for place, key in enumerate(keys)}, value=SECTIONED[by])
    return (rank, *SORTS[sort])
