"""Letters and their frozen versions."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, insert, null, select, update

from coalition.base.refused import NotFound
from coalition.letters.rules import Arrangements, Kind, Letter
from coalition.letters.text import LetterText, as_data, from_data
from coalition.tables import letters, versions

# The text as it is stored: of the few letters that are asked for again and again it is taken apart once.
_TEXTS = frozenset({letters.c.text, letters.c.next_text})
_columns = tuple(cast(one, Text).label(one.name) if one in _TEXTS else one for one in letters.c)
_by_slug = select(*_columns).where(letters.c.slug == bindparam("slug"))
_by_id = select(*_columns).where(letters.c.id == bindparam("id"))


def letter(connection: Connection, id: int) -> Letter:
    return _letter(connection.execute(_by_id, {"id": id}).one())


def letter_by_slug(connection: Connection, slug: str) -> Letter:
    """Raises NotFound."""
    row = connection.execute(_by_slug, {"slug": slug}).first()
    if row is None:
        raise NotFound("There is no letter at this address.")
    return _letter(row)


def _letter(row: Any) -> Letter:
    values = row._asdict()
    values["text"] = _text(values["text"])
    # JSON's null, where a text was written and taken back, is text too.
    values["next_text"] = _text(values["next_text"]) if values["next_text"] not in (None, "null") else None
    values["groups"] = tuple(values["groups"])
    return Letter(**values)


@lru_cache(maxsize=64)
def _text(stored: str) -> LetterText:
    return from_data(json.loads(stored))


def all_letters(connection: Connection, most: int = 200) -> list[Letter]:
    """Newest first."""
    rows = connection.execute(select(*_columns).order_by(letters.c.id.desc()).limit(most))
    return [_letter(row) for row in rows]


def any_at_all(connection: Connection) -> bool:
    """Asks the database the least that shows it answers."""
    return connection.execute(select(letters.c.id).limit(1)).first() is not None


def slugs_like(connection: Connection, start: str) -> set[str]:
    rows = connection.execute(select(letters.c.slug).where(letters.c.slug.startswith(start, autoescape=True)))
    return {slug for (slug,) in rows}


def add(connection: Connection, values: dict[str, Any]) -> Letter:
    connection.execute(insert(letters).values(values))
    return letter_by_slug(connection, values["slug"])


def save(
    connection: Connection,
    letter: Letter,
    *,
    seen: int,
    arrangements: Arrangements | None = None,
    text: LetterText | None = None,
    groups: tuple[str, ...] | None = None,
    **changes: Any,
) -> bool:
    """Saves over the revision that was seen. False when another has come in between: nothing is saved then."""
    values: dict[str, Any] = dict(changes)
    if arrangements is not None:
        values |= asdict(arrangements)
    if text is not None:
        values["text"] = as_data(text)
    if groups is not None:
        values["groups"] = list(groups)
    done = connection.execute(
        update(letters).where(letters.c.id == letter.id, letters.c.revision == seen).values(**values, revision=seen + 1)
    )
    return done.rowcount == 1


def save_next(connection: Connection, id: int, *, seen: int, text: LetterText | None) -> bool:
    """Keeps what the next version is to be, or None for no such thing; False when it was saved elsewhere meanwhile."""
    done = connection.execute(
        update(letters)
        .where(letters.c.id == id, letters.c.next_revision == seen)
        .values(next_text=null() if text is None else as_data(text), next_revision=seen + 1)
    )
    return done.rowcount == 1


def revise(connection: Connection, id: int, *, seen: int, number: int, base: int, text: LetterText) -> bool:
    """The next version becomes the letter's text. False when another has come in between.

    The revision stays: a page on which somebody changes dates has not become an old one by this.
    """
    done = connection.execute(
        update(letters)
        .where(letters.c.id == id, letters.c.next_revision == seen, letters.c.version == number - 1)
        .values(text=as_data(text), next_text=null(), next_revision=seen + 1, version=number, base=base)
    )
    return done.rowcount == 1


def close(connection: Connection, id: int, now: datetime) -> bool:
    """False when the list has been closed already."""
    done = connection.execute(
        update(letters)
        .where(letters.c.id == id, letters.c.state == "open")
        .values(state="closed", closed_at=now, revision=letters.c.revision + 1)
    )
    return done.rowcount == 1


def due_to_close(connection: Connection, now: datetime) -> list[str]:
    """Letters whose hard deadline has passed and whose list nobody has closed yet."""
    rows = connection.execute(select(letters.c.slug).where(letters.c.state == "open", letters.c.hard_deadline <= now))
    return [slug for (slug,) in rows]


@dataclass(frozen=True)
class Version:
    letter_id: int
    number: int
    text: LetterText
    canonical: str
    fingerprint: str
    frozen_at: datetime
    kind: Kind = "first"
    why: str = ""


_version = select(
    versions.c.letter_id,
    versions.c.number,
    cast(versions.c.text, Text),
    versions.c.canonical,
    versions.c.fingerprint,
    versions.c.frozen_at,
    versions.c.kind,
    versions.c.why,
).where(versions.c.letter_id == bindparam("letter_id"), versions.c.number == bindparam("number"))


def version(connection: Connection, letter_id: int, number: int) -> Version:
    """Raises NotFound."""
    row = connection.execute(_version, {"letter_id": letter_id, "number": number}).first()
    if row is None:
        raise NotFound("There is no such version of this letter.")
    return Version(row[0], row[1], _text(row[2]), *row[3:])


@dataclass(frozen=True)
class Edition:
    """A version as lists of them show it, without its text."""

    number: int
    kind: Kind
    why: str
    fingerprint: str
    frozen_at: datetime


_editions = (
    select(versions.c.number, versions.c.kind, versions.c.why, versions.c.fingerprint, versions.c.frozen_at)
    .where(versions.c.letter_id == bindparam("letter_id"))
    .order_by(versions.c.number.desc())
)


def editions(connection: Connection, letter_id: int) -> list[Edition]:
    """All versions, newest first."""
    return [Edition(*row) for row in connection.execute(_editions, {"letter_id": letter_id})]


_fingerprint = select(versions.c.fingerprint).where(
    versions.c.letter_id == bindparam("letter_id"), versions.c.number == bindparam("number")
)


def fingerprint(connection: Connection, letter_id: int, number: int) -> str:
    """Of a version, without reading its text."""
    found: str = connection.execute(_fingerprint, {"letter_id": letter_id, "number": number}).scalar_one()
    return found


def freeze(connection: Connection, version: Version) -> None:
    values = {**vars(version), "text": as_data(version.text)}
    connection.execute(insert(versions).values(values))
