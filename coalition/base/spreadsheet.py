"""Tables for a spreadsheet, CSV and XLSX, in which text stays text."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from coalition.base.clock import iso

Write = Callable[[Sequence[str], Iterable[Sequence[object]]], bytes]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a header row (RFC 4180); moments as ISO 8601 in UTC; nothing that a spreadsheet would calculate."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    text = "" if value is None else str(value)
    # OWASP's advice on CSV injection: an apostrophe makes a spreadsheet show the cell as it was written.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet. Text is text, whatever it begins with; days and moments are dates, moments in UTC,
    but for `answered_at`, which is ISO 8601 as in the CSV.
    """
    import xlsxwriter  # only an export needs it

    out = io.BytesIO()
    # constant_memory: a row is written and forgotten; its strings stand where they are used.
    with xlsxwriter.Workbook(out, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(header) - 1, 18)
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
        text = {column for column, name in enumerate(header) if name == "answered_at"}
        for row, values in enumerate(rows, 1):
            for column, value in enumerate(values):
                _write(sheet, row, column, value, day, column in text)
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, value: object, day: Any, as_text: bool) -> None:
    if isinstance(value, datetime) and not as_text:
        sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None))
    elif isinstance(value, date) and not as_text:
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value is not None and value != "":
        text = iso(value) if isinstance(value, datetime) else str(value)
        sheet.write_string(row, column, text[:32_767])  # as much as a cell holds
