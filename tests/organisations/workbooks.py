"""Workbooks as spreadsheet programs write them: XLSX by openpyxl, OpenDocument by odfpy, from the same rows."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl import Workbook

Rows = Sequence[Sequence[Any]]
Merged = Sequence[tuple[int, int, int, int]]  # first row and column, last row and column, counted from 1


def xlsx(sheets: Mapping[str, Rows], merged: Merged = (), hidden: Sequence[str] = ()) -> bytes:
    """The merged cells are those of the first sheet."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
        if name in hidden:
            sheet.sheet_state = "hidden"
    for first, left, last, right in merged:
        book.worksheets[0].merge_cells(start_row=first, start_column=left, end_row=last, end_column=right)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(sheets: Mapping[str, Rows], merged: Merged = ()) -> bytes:
    """The merged cells are those of the first sheet."""
    document = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for number, row in enumerate(rows, 1):
            line = TableRow()
            for column, cell in enumerate(row, 1):
                line.addElement(_cell(cell, number, column, merged if name == next(iter(sheets)) else ()))
            table.addElement(line)
        document.spreadsheet.addElement(table)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _cell(value: Any, row: int, column: int, merged: Merged) -> Any:
    given: dict[str, Any] = {}
    for first, left, last, right in merged:
        if (row, column) == (first, left):
            given = {"numberrowsspanned": last - first + 1, "numbercolumnsspanned": right - left + 1}
        elif first <= row <= last and left <= column <= right:
            return CoveredTableCell()
    if value == "" or value is None:
        return TableCell(**given)
    if isinstance(value, str) and value.startswith("="):
        return TableCell(formula=f"of:{value}", **given)
    if isinstance(value, int | float):
        cell = TableCell(valuetype="float", value=str(value), **given)
    else:
        cell = TableCell(valuetype="string", **given)
    for line in str(value).split("\n"):
        cell.addElement(P(text=line))
    return cell
