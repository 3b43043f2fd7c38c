"""What each row of a list would become, kept as long as it is looked through: a page of it is one walk of an index."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from coalition.organisations.spreadsheets.cells import Values
from coalition.organisations.spreadsheets.sorting_out import Match, Row
from coalition.tables import import_rows

SHOWS: Final = {  # what can be picked out of a list: the verdicts that are shown
    "error": ("error",),
    "likely": ("likely",),
    "new": ("new",),
    "known": ("known", "contact"),
}
_RANKS: Final = {"error": 0, "likely": 1}


@dataclass(frozen=True)
class ListedRow:
    """A row with its place in the list, and what a person chose."""

    place: int
    row: Row
    choice: str
    same_as: int | None
    organisation_id: int | None = None

    @property
    def is_taken(self) -> bool:
        return self.row.verdict != "error" and self.choice != "leave"

    @property
    def known_as(self) -> int | None:
        """The organisation of the directory that it is the same as, by a person's choice or as was proposed."""
        if self.choice == "new":
            return None
        return self.same_as or (self.row.match.organisation if self.row.match else None)


_columns: tuple[ColumnElement[Any], ...] = (
    import_rows.c.place,
    import_rows.c.data,
    import_rows.c.choice,
    import_rows.c.same_as,
    import_rows.c.organisation_id,
)
_insert = insert(import_rows)
_from = (
    select(*_columns)
    .where(import_rows.c.import_id == bindparam("id"), import_rows.c.place >= bindparam("first"))
    .order_by(import_rows.c.place)
    .limit(bindparam("most"))
)
_page = select(*_columns).where(import_rows.c.import_id == bindparam("id"))
_tally = (
    select(import_rows.c.verdict, func.count())
    .where(import_rows.c.import_id == bindparam("id"))
    .group_by(import_rows.c.verdict)
)
_organisations = select(func.count()).where(
    import_rows.c.import_id == bindparam("id"), import_rows.c.is_organisation, import_rows.c.choice != "leave"
)
_became = (
    update(import_rows)
    .where(import_rows.c.import_id == bindparam("of"), import_rows.c.place == bindparam("at"))
    .values(organisation_id=bindparam("became"))
)
_chosen = (
    update(import_rows)
    .where(import_rows.c.import_id == bindparam("of"), import_rows.c.place == bindparam("at"))
    .values(choice=bindparam("new_choice"), same_as=bindparam("new_same_as"))
)


def add(connection: Connection, id: int, first: int, rows: Sequence[tuple[Row, str, int | None]]) -> None:
    """Rows with the choice a person has made for them, from place `first` on."""
    written = [
        {
            "import_id": id,
            "place": place,
            "number": row.number,
            "rank": _RANKS.get(row.verdict, 2),
            "verdict": row.verdict,
            "is_organisation": row.is_organisation,
            "choice": choice,
            "same_as": same_as,
            "data": _as_data(row),
        }
        for place, (row, choice, same_as) in enumerate(rows, first)
    ]
    if written:
        connection.execute(_insert, written)


def page(connection: Connection, id: int, show: str, first: int, most: int) -> list[ListedRow]:
    """What needs a person's eyes first; or of those verdicts, as they stand in the file."""
    wanted = _page.limit(most).offset(first)
    if show in SHOWS:
        wanted = wanted.where(import_rows.c.verdict.in_(SHOWS[show])).order_by(import_rows.c.place)
    else:
        wanted = wanted.order_by(import_rows.c.rank, import_rows.c.place)
    return [_listed(*row) for row in connection.execute(wanted, {"id": id})]


def named(connection: Connection, id: int, places: Sequence[int]) -> list[ListedRow]:
    wanted = _page.where(import_rows.c.place.in_(places)).order_by(import_rows.c.place)
    return [_listed(*row) for row in connection.execute(wanted, {"id": id})]


def some(connection: Connection, id: int, first: int, most: int) -> list[ListedRow]:
    """As they stand in the file, from place `first` on."""
    return [_listed(*row) for row in connection.execute(_from, {"id": id, "first": first, "most": most})]


def tally(connection: Connection, id: int) -> dict[str, int]:
    """How many rows of each verdict."""
    none = dict.fromkeys(("new", "known", "contact", "likely", "error"), 0)
    return none | {verdict: count for verdict, count in connection.execute(_tally, {"id": id})}


def organisations(connection: Connection, id: int) -> int:
    """How many organisations would be put on the letter's list, as far as can be told before."""
    return int(connection.execute(_organisations, {"id": id}).scalar_one())


def choose(connection: Connection, id: int, choices: Sequence[tuple[int, str, int | None]]) -> None:
    """Place, choice and whom it is the same as."""
    if choices:
        rows = [{"of": id, "at": place, "new_choice": choice, "new_same_as": as_} for place, choice, as_ in choices]
        connection.execute(_chosen, rows)


def became(connection: Connection, id: int, organisations: Sequence[tuple[int, int]]) -> None:
    """What rows, by their place, have become."""
    if organisations:
        rows = [{"of": id, "at": place, "became": organisation} for place, organisation in organisations]
        connection.execute(_became, rows)


def organisations_of(connection: Connection, id: int, numbers: Sequence[int]) -> dict[int, int]:
    """What the rows of these numbers in the file have become; of several the first."""
    wanted = select(import_rows.c.number, import_rows.c.organisation_id).where(
        import_rows.c.import_id == id,
        import_rows.c.number.in_(numbers),
        import_rows.c.organisation_id.is_not(None),
    )
    found = connection.execute(wanted.order_by(import_rows.c.place.desc()))
    return {number: organisation for number, organisation in found}


def forget(connection: Connection, id: int, most: int = 2000) -> bool:
    """Takes out some rows of a list. False when there is none left."""
    last = select(import_rows.c.place).where(import_rows.c.import_id == id).order_by(import_rows.c.place).limit(most)
    places = [place for (place,) in connection.execute(last)]
    if places:
        connection.execute(delete(import_rows).where(import_rows.c.import_id == id, import_rows.c.place <= places[-1]))
    return bool(places)


def _as_data(row: Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "values": {name: value for name, value in vars(row.values).items() if value},
        "errors": row.errors,
        "warnings": row.warnings,
        "verdict": row.verdict,
        "match": asdict(row.match) if row.match else None,
        "why": row.why,
        "nth": row.nth,
        "typed": dict(row.typed) if row.typed else None,
    }


def _listed(place: int, data: dict[str, Any], choice: str, same_as: int | None, became: int | None) -> ListedRow:
    row = Row(
        number=data["number"],
        values=Values(**data["values"]),
        errors=tuple(data["errors"]),
        warnings=tuple(data["warnings"]),
        verdict=data["verdict"],
        match=Match(**data["match"]) if data["match"] else None,
        why=data["why"],
        nth=data["nth"],
        typed=data["typed"],
    )
    return ListedRow(place, row, choice, same_as, became)
