"""The directory's pages: lists of organisations, each with its contacts, and what may be the same twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, insert, or_, select, update

from coalition.base.refused import NotFound
from coalition.base.text import fold
from coalition.organisations import rules
from coalition.organisations.rules import Organisation, Person
from coalition.tables import contacts, organisations

PAGE = 50
NEAR = 88  # of 100, as rapidfuzz counts: a letter or two off, or words in another order

_columns: tuple[ColumnElement[Any], ...] = tuple(organisations.c[name] for name in Organisation.__dataclass_fields__)
_people_columns: tuple[ColumnElement[Any], ...] = tuple(contacts.c[name] for name in Person.__dataclass_fields__)
_by_id = select(*_columns).where(organisations.c.id == bindparam("id"))
_people = select(*_people_columns).where(contacts.c.organisation_id == bindparam("organisation_id"))
_in_use = organisations.c.archived_at.is_(None), organisations.c.merged_into.is_(None)


def organisation(connection: Connection, id: int) -> Organisation:
    """Also one that is archived or merged. Raises NotFound."""
    row = connection.execute(_by_id, {"id": id}).first()
    if row is None:
        raise NotFound("There is no such organisation in the directory.")
    return Organisation(*row)


def people(connection: Connection, organisation_id: int) -> list[Person]:
    """All contacts, those who have left among them, in the order they came."""
    rows = connection.execute(_people.order_by(contacts.c.id), {"organisation_id": organisation_id})
    return [Person(*row) for row in rows]


def person(connection: Connection, organisation_id: int, id: int) -> Person:
    """Raises NotFound, also when it is somebody at another organisation."""
    row = connection.execute(_people.where(contacts.c.id == id), {"organisation_id": organisation_id}).first()
    if row is None:
        raise NotFound("There is no such contact at this organisation.")
    return Person(*row)


def archived(connection: Connection, name_key: str, register_id: str | None) -> Organisation | None:
    """One that is archived, of the same number, or of the same name unless both have numbers."""
    number = organisations.c.register_id
    same_name = organisations.c.name_key == name_key
    same = or_(number == register_id, same_name & number.is_(None)) if register_id else same_name
    wanted = select(*_columns).where(organisations.c.archived_at.is_not(None), organisations.c.merged_into.is_(None))
    row = connection.execute(wanted.where(same).order_by(organisations.c.id)).first()
    return Organisation(*row) if row else None


# Lists.

Sort = Literal["name", "-name"]


@dataclass(frozen=True)
class Filter:
    """What the list shows; every part sits in the page's address."""

    search: str = ""
    archived: bool = False
    sort: Sort = "name"
    page: int = 1


@dataclass(frozen=True)
class Row:
    id: int
    name: str
    register_id: str | None
    kind: str
    people: int
    logo: bool


_SORTS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    "name": (organisations.c.sort_key, organisations.c.id),
    "-name": (organisations.c.sort_key.desc(), organisations.c.id.desc()),
}
_count_people = (
    select(func.count())
    .where(contacts.c.organisation_id == organisations.c.id, contacts.c.left_at.is_(None))
    .scalar_subquery()
)
_row_columns: tuple[ColumnElement[Any], ...] = (
    organisations.c.id,
    organisations.c.name,
    organisations.c.register_id,
    organisations.c.kind,
    _count_people,
    organisations.c.logo.is_not(None),
)


def listed(connection: Connection, wanted: Filter, *, most: int = PAGE, but: int | None = None) -> list[Row]:
    """One page of the list, without one organisation if that is named."""
    rows = _filtered(select(*_row_columns), wanted).order_by(*_SORTS[wanted.sort])
    if but is not None:
        rows = rows.where(organisations.c.id != but)
    rows = rows.limit(most).offset((wanted.page - 1) * most)
    return [Row(*row) for row in connection.execute(rows)]


def count(connection: Connection, wanted: Filter) -> int:
    total = _filtered(select(func.count()).select_from(organisations), wanted)
    found: int = connection.execute(total).scalar_one()
    return found


def _filtered(select_: Select[Any], wanted: Filter) -> Select[Any]:
    archived = organisations.c.archived_at
    select_ = select_.where(organisations.c.merged_into.is_(None))
    select_ = select_.where(archived.is_not(None) if wanted.archived else archived.is_(None))
    for word in fold(wanted.search).split():
        at_contact = select(contacts.c.organisation_id).where(
            or_(contacts.c.email.contains(word, autoescape=True), contacts.c.name.icontains(word, autoescape=True))
        )
        found = organisations.c.search_key.contains(word, autoescape=True)
        select_ = select_.where(or_(found, organisations.c.id.in_(at_contact)))
    return select_


# What may be the same.


@dataclass(frozen=True)
class Alike:
    id: int
    name: str
    register_id: str | None
    why: str


def alike(connection: Connection, one: Organisation, most: int = 5) -> list[Alike]:
    """Others in use that may be the same organisation, the surest first. Compares with the whole directory: takes
    some hundredths of a second for 10,000.
    """
    return alike_to(connection, one.name_key, [one.domain], most, but=one.id)


def alike_to(
    connection: Connection, name_key: str, domains: Sequence[str], most: int = 5, *, but: int | None = None
) -> list[Alike]:
    """The same for one that is not in the directory, by its name's key and its domains."""
    from rapidfuzz import fuzz, process

    rows = connection.execute(
        select(
            organisations.c.id,
            organisations.c.name,
            organisations.c.register_id,
            organisations.c.name_key,
            organisations.c.domain,
        )
        .where(*_in_use, organisations.c.id != (but or 0))
        .order_by(organisations.c.id)
    ).all()
    near = process.extract(
        name_key, [row.name_key for row in rows], scorer=fuzz.token_sort_ratio, score_cutoff=NEAR, limit=most
    )
    found = [(row, "the same name") for row in rows if row.name_key == name_key]
    found += [(row, f"the same domain, {row.domain}") for row in rows if row.domain and row.domain in domains]
    found += [
        (rows[at], "nearly the same name") for _, _, at in near if _digits(rows[at].name_key) == _digits(name_key)
    ]
    once = {row.id: Alike(row.id, row.name, row.register_id, why) for row, why in reversed(found)}
    return list(reversed(once.values()))[:most]


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())  # "Unit 4" is not "Unit 5"


# Writes.


def save(connection: Connection, id: int, seen: int, values: Mapping[str, Any]) -> bool:
    """False when somebody has saved since the page with revision `seen` was opened."""
    done = connection.execute(
        update(organisations)
        .where(organisations.c.id == id, organisations.c.revision == seen)
        .values(**values, revision=organisations.c.revision + 1)
    )
    return done.rowcount == 1


def refresh_search_key(connection: Connection, id: int) -> None:
    """What a search finds it by: also by the names of those that were merged into it."""
    one = organisation(connection, id)
    own = rules.search_key(one.name, one.register_id, one.domain)
    former = select(organisations.c.search_key).where(organisations.c.merged_into == id).order_by(organisations.c.id)
    keys = [own, *connection.execute(former).scalars()]
    connection.execute(update(organisations).where(organisations.c.id == id).values(search_key=" ".join(keys)))


def holder_of(connection: Connection, register_id: str | None, but: int) -> str | None:
    """The name of another organisation in use that has this number."""
    if register_id is None:
        return None
    wanted = select(organisations.c.name).where(
        *_in_use, organisations.c.register_id == register_id, organisations.c.id != but
    )
    return connection.execute(wanted).scalar()


def add_person(connection: Connection, organisation_id: int, values: Mapping[str, Any]) -> int:
    id: int = connection.execute(
        insert(contacts).values(organisation_id=organisation_id, **values).returning(contacts.c.id)
    ).scalar_one()
    return id


def change_person(connection: Connection, id: int, **values: Any) -> None:
    connection.execute(update(contacts).where(contacts.c.id == id).values(**values))


def prefer(connection: Connection, organisation_id: int, id: int) -> None:
    """Exactly this one of the organisation's contacts."""
    connection.execute(
        update(contacts).where(contacts.c.organisation_id == organisation_id).values(preferred=contacts.c.id == id)
    )


def archive(connection: Connection, id: int, now: datetime | None) -> bool:
    """Archives, or brings back when `now` is None. False when it was so already."""
    before = organisations.c.archived_at.is_(None) if now else organisations.c.archived_at.is_not(None)
    done = connection.execute(
        update(organisations)
        .where(organisations.c.id == id, before, organisations.c.merged_into.is_(None))
        .values(archived_at=now, revision=organisations.c.revision + 1)
    )
    return done.rowcount == 1
