"""Reads workbooks: the child process of `workbooks`, and the only place that knows calamine."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from coalition.base import apart
from coalition.base.apart import Failed
from coalition.organisations.spreadsheets.reading import MOST_CELL, MOST_COLUMNS, MOST_ROWS, title_row
from coalition.organisations.spreadsheets.workbook_marks import Marks, marks

MOST_UNPACKED: Final = 300 * 2**20  # bytes; 50,000 rows of 60 cells unpack to 150 MB
MOST_SHEETS: Final = 40  # that are looked into for the first that is a list
_BLANK_ROWS: Final = 200_000  # a sheet may have been scrolled through or formatted to its end

Records = list[tuple[int, list[str]]]


def main() -> None:
    apart.serve(_warm, "Reading this workbook")


def _warm() -> Callable[[bytes], bytes]:
    import python_calamine as calamine

    def read(job: bytes) -> bytes:
        size = int.from_bytes(job[:4], "big")
        wanted, data = json.loads(job[4 : 4 + size])["sheet"], job[4 + size :]
        _check(data)
        try:
            return json.dumps(_read(calamine, data, wanted)).encode()
        except calamine.PasswordError:
            raise Failed(_PROTECTED) from None
        except (calamine.CalamineError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            raise Failed(_DAMAGED) from None
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # how Rust says that it met what it did not foresee
                raise Failed(_DAMAGED) from None
            raise

    return read


def _check(data: bytes) -> None:
    """What can be seen before anything is unpacked."""
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            manifest = next((one for one in entries if one.filename == "META-INF/manifest.xml"), None)
            if sum(one.file_size for one in entries) > MOST_UNPACKED or len(entries) > 5_000:
                raise Failed(
                    f"This workbook unpacks to more than {MOST_UNPACKED // 2**20} MB. Copy the rows that matter into "
                    "a new workbook, and give us that."
                )
            if manifest and manifest.file_size < 2**20 and b"encryption-data" in archive.read(manifest):
                raise Failed(_PROTECTED)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        raise Failed(_DAMAGED) from None


def _read(calamine: Any, data: bytes, wanted: str) -> dict[str, Any]:
    with calamine.load_workbook(io.BytesIO(data)) as workbook:
        names = [
            one.name
            for one in workbook.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet and one.visible == calamine.SheetVisibleEnum.Visible
        ]
        if not names:
            raise Failed("This workbook has no sheet that can be seen. Show the one with the list, and save it again.")
        best: tuple[int, str, Records] = (-1, names[0], [])
        for name in [wanted] if wanted in names else names[:MOST_SHEETS]:
            records = _records(workbook.get_sheet_by_name(name), marks(data, name))
            looks = _looks_like_a_list(records)
            if looks > best[0]:
                best = (looks, name, records)
            if looks == 2:
                break
    if not best[2]:
        raise Failed("There is nothing in this workbook yet. Give us one with an organisation in each row.")
    return {"sheet": best[1], "sheets": names[:200], "rows": best[2]}


def _looks_like_a_list(records: Records) -> int:
    """0: has no rows to speak of; 1: has some; 2: has some under titles that we know."""
    if len(records) < 2:
        return int(bool(records))
    return 2 if title_row(records) is not None else 1


def _records(sheet: Any, found: Marks) -> Records:
    if sheet.start is None:
        return []
    top, left = sheet.start
    if sheet.total_height > MOST_ROWS + _BLANK_ROWS and sheet.height > MOST_ROWS + _BLANK_ROWS:
        raise Failed(f"This sheet has {sheet.height:,} rows; {MOST_ROWS:,} at a time can be read. Split it.")
    rows = {top + place: [_text(value) for value in row] for place, row in enumerate(sheet.iter_rows())}
    for (row, column), text in found.texts.items():
        cells = rows.get(row, [])
        if 0 <= column - left < len(cells):
            cells[column - left] = cells[column - left] or text
    for first, last in [*(sheet.merged_cell_ranges or ()), *found.merged]:
        _fill_down(rows, left, first, last)
    records = [(row + 1, [""] * min(left, MOST_COLUMNS) + cells) for row, cells in rows.items() if any(cells)]
    _check_size(records)
    return records


def _fill_down(rows: dict[int, list[str]], left: int, first: Sequence[int], last: Sequence[int]) -> None:
    """A cell merged over several rows stands beside each of them, as a person sees it. Captions stay where they are."""
    if first[1] != last[1] or last[0] - first[0] > 1000:
        return
    column = first[1] - left
    top = rows.get(first[0], [])
    text = top[column] if 0 <= column < len(top) else ""
    for row in range(first[0] + 1, last[0] + 1):
        cells = rows.get(row, [])
        if column < len(cells) and any(cells):  # nothing else in the row: it is no row of its own
            cells[column] = cells[column] or text


def _check_size(records: Records) -> None:
    if len(records) > MOST_ROWS + 100:  # captions and titles are not counted
        raise Failed(f"This sheet has {len(records):,} rows; {MOST_ROWS:,} at a time can be read. Split it.")
    for number, cells in records:
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise Failed(
                f"Row {number} of this sheet has {len(cells):,} columns; {MOST_COLUMNS} can be read. "
                "Leave out those that are not needed."
            )
        if max(map(len, cells)) > MOST_CELL:
            raise Failed(f"Row {number} has a cell of more than {MOST_CELL:,} characters. Shorten it.")


def _text(value: Any) -> str:
    """What a person sees in the cell, as near as can be told without its number format."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.15g}" if value != int(value) or abs(value) >= 1e15 else str(int(value))
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return _day(value) if midnight else f"{_day(value)}, {value:%H:%M}"
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


_PROTECTED: Final = (
    "This workbook is protected with a password. Save a copy without one, and give us that; or paste the cells."
)
_DAMAGED: Final = (
    "This workbook cannot be read: it is damaged, cut short, or no spreadsheet. Open it in a spreadsheet program, "
    "save it again, and give us that; or paste the cells."
)

if __name__ == "__main__":
    main()
