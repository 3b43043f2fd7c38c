"""What happened, append-only: each entry carries the hash of the one before, so that a changed past shows."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select

from coalition.base.clock import iso
from coalition.tables import history

SITE = 0  # the chain of what belongs to no letter
START = "0" * 64


@dataclass(frozen=True)
class Entry:
    chain: int
    number: int
    at: datetime
    who: str
    deed: str
    subject_id: int | None
    data: dict[str, Any]
    previous: str
    hash: str


_columns: tuple[ColumnElement[Any], ...] = (
    history.c.chain,
    history.c.number,
    history.c.at,
    history.c.who,
    history.c.deed,
    history.c.subject_id,
    history.c.data,
    history.c.previous,
    history.c.hash,
)
_head = (
    select(history.c.number, history.c.hash)
    .where(history.c.chain == bindparam("chain"))
    .order_by(history.c.number.desc())
    .limit(1)
)
_insert = insert(history)


@dataclass(frozen=True)
class Deed:
    """One thing that happened, before it has its place in the chain. `who` is a person in words, `data` plain JSON."""

    deed: str
    who: str
    subject_id: int | None = None
    data: dict[str, Any] | None = None


def add(connection: Connection, chain: int, at: datetime, *deeds: Deed) -> None:
    """Appends in order. Only ever called inside the one write transaction, so the head cannot move meanwhile."""
    number, previous = head(connection, chain)
    rows = []
    for deed in deeds:
        number += 1
        row = {
            "chain": chain,
            "number": number,
            "at": at.replace(microsecond=0),  # hashed to the second, so kept to the second
            "who": deed.who,
            "deed": deed.deed,
            "subject_id": deed.subject_id,
            "data": deed.data or {},
            "previous": previous,
        }
        previous = row["hash"] = _hash(row)
        rows.append(row)
    if rows:
        connection.execute(_insert, rows)


def head(connection: Connection, chain: int) -> tuple[int, str]:
    """How many entries a chain has, and the hash of the last."""
    found = connection.execute(_head, {"chain": chain}).first()
    return (found.number, found.hash) if found else (0, START)


def _hash(row: dict[str, Any]) -> str:
    fields = [row[name] for name in ("chain", "number", "who", "deed", "subject_id", "data", "previous")]
    written = json.dumps([iso(row["at"]), *fields], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(written.encode()).hexdigest()


def entries(connection: Connection, chain: int, *, before: int | None = None, most: int = 100) -> list[Entry]:
    """Newest first."""
    wanted = select(*_columns).where(history.c.chain == chain).order_by(history.c.number.desc()).limit(most)
    if before:
        wanted = wanted.where(history.c.number < before)
    return [Entry(*row) for row in connection.execute(wanted)]


def about(connection: Connection, chain: int, *subject_ids: int) -> list[Entry]:
    """All that happened to one subject of a chain, oldest first; or to several that are one by now."""
    wanted = select(*_columns).where(history.c.chain == chain, history.c.subject_id.in_(subject_ids))
    wanted = wanted.order_by(history.c.number)
    return [Entry(*row) for row in connection.execute(wanted)]


@dataclass(frozen=True)
class Broken:
    chain: int
    number: int
    why: str


def check(connection: Connection) -> tuple[int, list[Broken]]:
    """Walks every chain from its start. Returns how many entries were read and the first break of each chain."""
    broken: dict[int, Broken] = {}
    count, chain, number, previous = 0, None, 0, START
    for row in connection.execute(select(*_columns).order_by(history.c.chain, history.c.number)):
        entry = Entry(*row)
        count += 1
        if entry.chain != chain:
            chain, number, previous = entry.chain, 0, START
        number += 1
        why = (
            f"entry {number} is missing"
            if entry.number != number
            else "does not follow the entry before it"
            if entry.previous != previous
            else "was changed"
            if _hash(vars(entry)) != entry.hash
            else ""
        )
        if why:
            broken.setdefault(entry.chain, Broken(entry.chain, entry.number, why))
            number = entry.number
        previous = entry.hash
    return count, list(broken.values())
