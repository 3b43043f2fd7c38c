"""What each row of a list would become: a new organisation, a known one, a likely double, a contact, an error."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as TextOf
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from coalition.organisations import names
from coalition.organisations.near_names import NearNames
from coalition.organisations.spreadsheets import cells
from coalition.organisations.spreadsheets.cells import Values
from coalition.organisations.spreadsheets.columns import Mapping
from coalition.organisations.spreadsheets.reading import Table

__all__ = ["Known", "Match", "Row", "Values", "Verdict", "each", "row_key", "rows"]

Texts = TextOf[str, str]
Changes = TextOf[str, Texts]

Verdict = Literal["new", "known", "likely", "contact", "error"]


class Known(Protocol):
    """An organisation of the directory; its `name_key` and `domain` as coalition.organisations.names makes them."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def name_key(self) -> str: ...
    @property
    def register_id(self) -> str | None: ...
    @property
    def domain(self) -> str: ...


@dataclass(frozen=True)
class Match:
    """What a row is, or may be, the same as. An earlier row of a known organisation has both numbers."""

    name: str
    organisation: int | None = None  # its id in the directory
    row: int | None = None  # number of the earlier row in this file


@dataclass(frozen=True)
class Row:
    number: int  # in the file, as a spreadsheet shows it; a second contact in one row has the row's number too
    values: Values
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    verdict: Verdict
    match: Match | None = None
    why: str = ""  # same charity number, same register number, same name, near name, same e-mail domain, ...
    nth: int = 0  # contact in its row of the file; 0 is the first
    typed: Texts | None = None  # what a person wrote in its place, by field

    @property
    def key(self) -> str:
        """What its changes are kept under."""
        return row_key(self.number, self.nth)

    @property
    def is_organisation(self) -> bool:
        """Not one more row, or one more contact, of an organisation that stands in an earlier row of the list."""
        return self.verdict in ("new", "likely") or (
            self.verdict == "known" and self.match is not None and self.match.row is None
        )


def row_key(number: int, nth: int) -> str:
    return f"{number}/{nth}" if nth else str(number)


def rows(table: Table, mapping: Mapping, known: Iterable[Known], groups: Sequence[str]) -> tuple[Row, ...]:
    """All of what `each` gives, of a list in which nobody has changed a row."""
    return tuple(each(table, mapping, known, groups, {}))


def each(
    table: Table, mapping: Mapping, known: Iterable[Known], groups: Sequence[str], changes: Changes
) -> Iterator[Row]:
    """Every row of the list with its verdict, in the file's order, one after the other. Changes nothing.

    "known" is the same organisation as one in the directory or in an earlier row, beyond doubt; "likely" is for a
    person to decide; "contact" brings another address for the organisation of an earlier row. `groups` are the
    letter's; `changes` what a person wrote in place of a row, by `row_key`. Time grows with rows plus organisations.
    """
    directory, file = _Index(), _Index()
    for organisation in known:
        directory.add(
            Match(organisation.name, organisation=organisation.id),
            organisation.name_key,
            organisation.register_id or "",
            organisation.domain,
        )
    reader = cells.Reader(table.header, mapping, groups)
    for number, row in zip(table.numbers, table.rows, strict=True):
        first, *further = reader.entries(row)
        typed = changes.get(row_key(number, 0))
        entry = cells.rewritten(typed, groups) if typed else first
        main = _sorted_out(number, entry, directory, file)
        yield replace(main, typed=typed) if typed else main
        for nth, entry in enumerate(further, 1):
            typed = changes.get(row_key(number, nth))
            if typed:
                entry = cells.rewritten({**vars(main.values), **typed}, groups)
            yield replace(_further(main, entry, file), nth=nth, typed=typed)


@dataclass
class _Index:
    """What has been met so far, by everything that tells one organisation from another."""

    by_register: dict[str, Match] = field(default_factory=dict)
    by_name: dict[str, Match] = field(default_factory=dict)
    by_domain: dict[str, Match] = field(default_factory=dict)
    by_email: dict[str, Match] = field(default_factory=dict)
    contacts: set[tuple[Match, str]] = field(default_factory=set)
    registers: dict[Match, str] = field(default_factory=dict)
    near: NearNames = field(default_factory=NearNames)
    matches: list[Match] = field(default_factory=list)

    def add(self, match: Match, name_key: str, register_id: str, domain: str) -> None:
        self.by_name.setdefault(name_key, match)
        if register_id:
            self.by_register.setdefault(register_id, match)
            self.registers[match] = register_id
        if domain:
            self.by_domain.setdefault(domain, match)
        self.near.add(match.name, len(self.matches))
        self.matches.append(match)

    def same(self, values: Values, name_key: str) -> tuple[Match | None, str]:
        """Beyond doubt: the same number, or the same name without two different numbers."""
        if found := self.by_register.get(values.register_id):
            return found, "same register number" if "-COH-" in values.register_id else "same charity number"
        found = self.by_name.get(name_key)
        return (found, "same name") if found and not self._another_number(found, values) else (None, "")

    def like(self, values: Values, name_key: str) -> tuple[Match | None, str]:
        """For a person to decide."""
        if found := self.by_name.get(name_key):
            return found, "same name, another register number"
        if found := self.by_email.get(names.email_key(values.email)) if values.email else None:
            return found, "same e-mail address"
        for address, why in ((values.email, "same e-mail domain"), (values.website, "same website")):
            if found := self.by_domain.get(names.domain(address)):
                return found, why
        number = self.near.find(values.name)
        found = None if number is None else self.matches[number]
        return (found, "near name") if found and not self._another_number(found, values) else (None, "")

    def _another_number(self, match: Match, values: Values) -> bool:
        """Two numbers of one register are two organisations; a charity number and a company number may be one."""
        other = self.registers.get(match, "")
        return (
            bool(values.register_id)
            and other != values.register_id
            and other.rpartition("-")[0] == values.register_id.rpartition("-")[0]
        )


def _sorted_out(number: int, entry: cells.Entry, directory: _Index, file: _Index) -> Row:
    values, errors, warnings = entry.values, entry.errors, entry.warnings
    if errors:
        return Row(number, values, errors, warnings, "error")
    name_key = names.name_key(values.name)
    earlier, why = file.same(values, name_key)
    if earlier:
        fresh = _is_fresh(file, earlier, values)
        _learn(file, earlier, values)
        return Row(number, values, (), warnings, "contact" if fresh else "known", earlier, why)
    verdict: Verdict = "known"
    match, why = directory.same(values, name_key)
    here = Match(values.name, match.organisation if match else None, number)
    if not match:
        match, why = directory.like(values, name_key)
        match, why = (match, why) if match else file.like(values, name_key)
        verdict = "likely" if match else "new"
    elif names.name_key(match.name) != name_key:
        warnings = (*warnings, f"The directory calls it “{match.name}”.")
    file.add(here, name_key, values.register_id, _domain(values))
    _learn(file, here, values)
    return Row(number, values, (), warnings, verdict, match, why)


def _is_fresh(file: _Index, match: Match, values: Values) -> bool:
    """Does the row bring an address that the organisation does not have yet?"""
    return bool(values.email) and (match, names.email_key(values.email)) not in file.contacts


def _learn(file: _Index, match: Match, values: Values) -> None:
    if values.email:
        file.by_email.setdefault(names.email_key(values.email), match)
        file.contacts.add((match, names.email_key(values.email)))
    if values.register_id:
        file.by_register.setdefault(values.register_id, match)
        file.registers.setdefault(match, values.register_id)


def _further(main: Row, entry: cells.Entry, file: _Index) -> Row:
    """A second contact in the same row of the file. It goes where the row's organisation goes."""
    values = replace(main.values, **entry.contact)
    if entry.errors or main.errors:
        return Row(main.number, values, entry.errors or main.errors, (), "error")
    here = file.same(values, names.name_key(values.name))[0] or Match(values.name, row=main.number)
    fresh = _is_fresh(file, here, values)
    _learn(file, here, values)
    return Row(main.number, values, (), (), "contact" if fresh else "known", here, "same row")


def _domain(values: Values) -> str:
    return names.domain(values.website) or names.domain(values.email)
