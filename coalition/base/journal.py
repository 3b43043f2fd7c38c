"""A deed that can be undone: each row it changes, removes or adds is written down as JSON, and can be put back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, insert, select, update
from sqlalchemy.types import Date, LargeBinary

from coalition.tables import Moment, metadata

Step = dict[str, Any]  # {"table", "key", "before", "after"}: a row that was added has no before, one removed no after
Row = dict[str, Any]


@dataclass
class Journal:
    """Does what it is told and writes it down. `steps` is plain JSON."""

    connection: Connection
    steps: list[Step] = field(default_factory=list)

    def change(self, table: Table, key: Mapping[str, Any], **values: Any) -> None:
        """Only what is another value than before is written down."""
        before = row(self.connection, table, key)
        if before is None:
            raise LookupError(f"there is no {table.name} {dict(key)}")
        values = {name: value for name, value in values.items() if before[name] != value}
        if values:
            self.connection.execute(update(table).where(_is(table, key)).values(values))
            self._note(table, key, {name: before[name] for name in values}, values)

    def remove(self, table: Table, key: Mapping[str, Any]) -> None:
        before = row(self.connection, table, key)
        if before is not None:
            self.connection.execute(delete(table).where(_is(table, key)))
            self._note(table, key, before, None)

    def add(self, table: Table, key: Mapping[str, Any], **values: Any) -> None:
        self.connection.execute(insert(table).values({**key, **values}))
        self._note(table, key, None, {**key, **values})

    def _note(self, table: Table, key: Mapping[str, Any], before: Row | None, after: Row | None) -> None:
        step = {"table": table.name, "key": dict(key), "before": _plain(before), "after": _plain(after)}
        self.steps.append(step)


def undo(connection: Connection, steps: Iterable[Step]) -> None:
    """Puts every row back, the last step first. Ask `changed_since` before: it does not look again."""
    for step in reversed(list(steps)):
        table, key = metadata.tables[step["table"]], step["key"]
        before = _values(table, step["before"])
        if before is None:
            connection.execute(delete(table).where(_is(table, key)))
        elif step["after"] is None:
            connection.execute(insert(table).values(before))
        else:
            connection.execute(update(table).where(_is(table, key)).values(before))


def changed_since(connection: Connection, steps: Iterable[Step], but: Iterable[str] = ()) -> Step | None:
    """The first step whose row is no longer as the deed left it, without looking at some columns; None when all are."""
    left: dict[tuple[str, str], tuple[Step, Row | None]] = {}
    for step in steps:
        place = (step["table"], repr(step["key"]))
        _, earlier = left.get(place, (step, {}))
        after = None if step["after"] is None else (earlier or {}) | step["after"]
        left[place] = (step, after)
    for step, wanted in left.values():
        table = metadata.tables[step["table"]]
        there = _plain(row(connection, table, step["key"]))
        if wanted is None or there is None:
            if (wanted is None) != (there is None):
                return step
        elif any(there[name] != value for name, value in wanted.items() if name not in but):
            return step
    return None


def row(connection: Connection, table: Table, key: Mapping[str, Any]) -> Row | None:
    found = connection.execute(select(table).where(_is(table, key))).first()
    return None if found is None else dict(found._mapping)


def _is(table: Table, key: Mapping[str, Any]) -> Any:
    return and_(*(table.c[name] == value for name, value in key.items()))


def _plain(values: Row | None) -> Row | None:
    return None if values is None else {name: plain(value) for name, value in values.items()}


def _values(table: Table, values: Row | None) -> Row | None:
    if values is None:
        return None
    return {name: back(table.c[name].type, value) for name, value in values.items()}


def plain(value: Any) -> Any:
    """A column's value as JSON can hold it."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value


def back(kind: Any, value: Any) -> Any:
    """The same as a column of this type holds it."""
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
