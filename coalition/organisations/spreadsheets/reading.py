"""From a file or pasted text to a table of cells, whatever a spreadsheet program or a person made of it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from coalition.organisations.spreadsheets import workbooks
from coalition.organisations.spreadsheets.encodings import LARGEST, Unreadable, text_of
from coalition.organisations.spreadsheets.titles import field_of

__all__ = [
    "MOST_CELL",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "Table",
    "Unreadable",
    "name_and_address",
    "read_rows",
    "title_row",
]

MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 60
MOST_CELL: Final = 2_000  # characters

_DELIMITERS: Final = ";\t,|"  # the first of equals: a comma is the likeliest to stand inside a name
_SEP_LINE: Final = re.compile(r'\A\s*"?sep=([;,|:\t^~])"?[ \t;,|]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_ADDRESS_LETTERS: Final = re.compile(r"""[^\s<>()\[\],;:"']+""")
_CUT_CELLS: Final = re.compile(r'"[,;|\t]|[,;|\t]"|\t')
_BULLET: Final = re.compile(r"(?:[•·▪‣●○*–-]|[0-9]{1,4}[.)])\s+(?=\S)")
_FORMULA_TEXT: Final = re.compile(r'="([^"]*)"')  # how some exports keep the noughts of ="00123456"
_END: Final = "\ue000end"  # a record of our own after the last: where it is not found, a quotation mark swallowed it

csv.field_size_limit(2 * LARGEST)  # ours is per cell and has a sentence; the module's own would be an exception

Record = tuple[int, list[str]]  # its row in the file, as a spreadsheet counts, and its cells


@dataclass(frozen=True)
class Table:
    """Cells, all rows as wide as the widest; nothing in them is interpreted yet."""

    header: tuple[str, ...]  # empty texts if there is none
    rows: tuple[tuple[str, ...], ...]  # without blank ones
    numbers: tuple[int, ...]  # for each row, its number in the file as a spreadsheet shows it, the first being 1
    encoding: str
    delimiter: str  # empty for one cell a line
    had_header: bool
    sheet: str = ""  # of a workbook
    sheets: tuple[str, ...] = ()  # that could be chosen instead


def read_rows(data: bytes, header: bool | None = None, sheet: str = "") -> Table:
    """Reads workbooks, CSV of any usual delimiter and encoding, cells copied from a spreadsheet, and plain lists.

    `header` says whether the first row holds titles; None guesses. `sheet` is the one to read of a workbook; without
    it, the first that looks like a list. Raises Unreadable with a sentence for files that are neither text nor a
    workbook, over 20 MB, 50,000 rows, 60 columns or 2,000 characters in a cell. No other exception leaves.
    """
    if len(data) <= LARGEST and workbooks.is_workbook(data):
        found = workbooks.read_sheet(data, sheet)
        tidied = [(number, [_tidy(cell) for cell in cells]) for number, cells in found.rows]
        table = _table([record for record in tidied if any(record[1])], header)
        return replace(table, sheet=found.name, sheets=found.names)
    text, encoding = text_of(data)
    delimiter = ""
    if line := _SEP_LINE.match(text):
        delimiter, text = line.group(1), text[line.end() :]
    records, delimiter = _records(text, delimiter)
    if not delimiter:
        records = _without_bullets(records)
    return replace(_table(records, header), encoding=encoding, delimiter=delimiter)


def _table(records: list[Record], header: bool | None) -> Table:
    if not records:
        raise Unreadable("There is nothing in it yet. Give us one organisation per line, or a spreadsheet.")
    titles = None if header is False else title_row(records)
    titles = 0 if header and titles is None else titles
    columns = _columns(records)
    names = records[titles][1] if titles is not None else []
    rest = records[titles + 1 :] if titles is not None else records
    rest = [record for record in rest if record[1] != names]  # exports glued together repeat their titles
    if len(rest) > MOST_ROWS:
        raise Unreadable(f"This list has {len(rest):,} rows; {MOST_ROWS:,} at a time can be read. Split it.")
    return Table(
        header=_padded(names, columns),
        rows=tuple(_padded(cells, columns) for _, cells in rest),
        numbers=tuple(number for number, _ in rest),
        encoding="",
        delimiter="",
        had_header=titles is not None,
    )


def _records(text: str, delimiter: str) -> tuple[list[Record], str]:
    """The records that are not blank, and the delimiter that was used."""
    if not delimiter:
        if people := _people(text):
            return people, ""
        delimiter = _guessed_delimiter(text)
    records: list[Record] = []
    for number, cells in enumerate(_parsed(text, delimiter), 1):
        if cells == [_END]:
            return records, delimiter
        tidy = [_tidy(cell) for cell in cells]
        if any(tidy):
            if max(map(len, tidy)) > MOST_CELL and _END not in tidy[-1]:
                raise Unreadable(f"Row {number} has a cell of more than {MOST_CELL:,} characters. Shorten it.")
            records.append((number, tidy))
    number = records[-1][0] if records else 1
    if not delimiter or all(len(cells) == 1 for _, cells in records[:-1]):  # a plain list: a quotation mark is a letter
        lines = enumerate(_LINE_END.split(text), 1)
        return [(number, [_tidy(line)[:MOST_CELL]]) for number, line in lines if _tidy(line)], ""
    raise Unreadable(f"In row {number} a quotation mark opens and is never closed. Close it, or take it out.")


def _parsed(text: str, delimiter: str) -> Iterator[list[str]]:
    lines = io.StringIO(f"{text}\n{_END}\n", newline="")  # "" keeps line ends inside quoted cells, of every kind
    return csv.reader(lines, delimiter=delimiter or "\x1f", skipinitialspace=delimiter == ",")


def _people(text: str) -> list[Record]:
    """Lines of "Name <mail@x.example>" or "Name, mail@x.example", or many on one line as mail programs copy them.

    Nothing if the text is not like that, or has columns beside those two.
    """
    lines = [(number, line.strip()) for number, line in enumerate(_LINE_END.split(text), 1) if line.strip()]
    if text.count("@") * 2 < len(lines) or _CUT_CELLS.search(text):
        return []
    if text.count("<") > len(lines):
        lines = [(number, part) for number, line in lines for part in re.split(r"(?<=>)\s*[;,]\s*", line) if part]
    if len(lines) > MOST_ROWS or max(len(line) for _, line in lines) > MOST_CELL:
        return []
    found = [name_and_address(line) for _, line in lines]
    named = [cells[0] for cells in found if len(cells) == 2]
    if len(named) * 2 < len(found) or sum(bool(re.search("[,;|]", name)) for name in named) * 2 > len(named):
        return []
    if "@" not in lines[0][1] and re.search(r"[;|]|,\S", lines[0][1]):
        return []  # a row of titles: this is CSV
    return [(number, cells) for (number, _), cells in zip(lines, found, strict=True)]


def name_and_address(line: str) -> list[str]:
    """The two cells of a line that ends with its only address; else the line as one cell."""
    before, at, after = line.partition("@")
    local = _ADDRESS_LETTERS.match(before[::-1])  # from the @ backwards, so that no line is slow
    host = _ADDRESS_LETTERS.match(after)
    if not at or not local or not host or after[host.end() :].strip(" >)],;."):
        return [_tidy(line)]
    name = before[: len(before) - local.end()].strip(" \t<([,:;–—-").removesuffix("mailto")
    name = name.strip(" \t<([,:;–—-").strip("\"'")
    return [_tidy(name), f"{local.group()[::-1]}@{host.group().rstrip('.')}"] if name else [_tidy(line)]


def _without_bullets(records: list[Record]) -> list[Record]:
    """A list copied from a letter: "- Mind", "2. NSPCC". Left alone unless most lines begin so ("38 Degrees")."""
    if sum(bool(_BULLET.match(cells[0])) for _, cells in records) * 2 <= len(records):
        return records
    return [(number, [_BULLET.sub("", cells[0], count=1), *cells[1:]]) for number, cells in records]


def _guessed_delimiter(text: str) -> str:
    """The one that cuts most rows, and most evenly; empty when none cuts half of them."""
    sample = text[:60_000]
    if len(text) > len(sample):
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"), 1_000)]

    def evenness(delimiter: str) -> tuple[float, int]:
        rows = [cells for cells in _parsed(sample, delimiter) if any(cells)][:-1][:500]
        widths = Counter(len(cells) for cells in rows)
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        cut = sum(number for width, number in widths.items() if width > 1)
        if cut * 2 < len(rows) or not cut:
            return 0.0, 0
        known = max(sum(field_of(cell.strip()) is not None for cell in cells) for cells in rows[:10])
        return (known > 1) + cut / len(rows) * (0.5 + times / len(rows)), width

    best = max(_DELIMITERS, key=evenness)
    return best if evenness(best)[0] else ""


def title_row(records: list[Record]) -> int | None:
    """Which of the first records holds the titles. Above it only captions may stand: rows of a single cell."""
    for place, (_, cells) in enumerate(records[:10]):
        filled = [cell for cell in cells if cell]
        known = {field_of(cell) for cell in filled} - {None}
        titled = len(known) > 1 or (place == 0 and field_of(filled[0]) and max(map(len, filled)) <= 60)
        if titled and not any(_is_address(cell) or re.search(r"[0-9]{4}", cell) for cell in filled):
            return place
        if len(filled) > 1:
            break
    return 0 if _stands_above_addresses(records) else None


def _stands_above_addresses(records: list[Record]) -> bool:
    """Titles in words we do not know: a first row of short texts, without an address where all others have one."""
    first, others = records[0][1], [cells for _, cells in records[1:50]]
    if len(others) < 2 or len(first) < 2 or not all(0 < len(cell) <= 40 for cell in first):
        return False
    if any(map(_is_address, first)) or len(set(first)) < len(first):
        return False
    return any(
        sum(len(cells) > column and _is_address(cells[column]) for cells in others) * 10 >= len(others) * 9
        for column in range(len(first))
    )


def _is_address(cell: str) -> bool:
    return "@" in cell or "://" in cell or cell.lower().startswith("www.")


def _columns(records: Iterable[Record]) -> int:
    """How wide the table is once empty columns at its right are left out. Raises Unreadable."""
    widest = max(len(cells) - next((n for n, cell in enumerate(reversed(cells)) if cell), 0) for _, cells in records)
    if widest > MOST_COLUMNS:
        raise Unreadable(
            f"This list has {widest} columns; {MOST_COLUMNS} can be read. Leave out those that are not needed."
        )
    return widest


def _padded(cells: list[str], columns: int) -> tuple[str, ...]:
    return tuple(cells[:columns]) + ("",) * (columns - len(cells))


def _tidy(cell: str) -> str:
    """Without spaces around it and invisible controls in it; line ends as \\n, exports' ="text" as text."""
    if not cell.isprintable():
        cell = re.sub(r"\r\n?", "\n", cell)
        cell = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\ufeff]", "", cell)
    cell = cell.strip(" \t\n\u00a0\u2007\u202f\u200b")
    formula = _FORMULA_TEXT.fullmatch(cell) if cell.startswith("=") else None
    return formula[1] if formula else cell
