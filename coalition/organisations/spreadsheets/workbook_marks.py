"""What calamine does not tell of a sheet: formulas without a value, errors, and cells merged in OpenDocument."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree
from xml.parsers import expat

MOST_MARKS: Final = 100_000

Place = tuple[int, int]  # row and column, counted from 0

_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL: Final = re.compile(
    rb'<c\s[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>\s*<f\b[^>]*?(?:/>|>([^<]*)</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_WRONG: Final = re.compile(
    rb'<c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>(?:<f\b[^>]*?(?:/>|>[^<]*</f>))?<v>([^<]{1,20})</v>'
)
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


@dataclass
class Marks:
    texts: dict[Place, str] = field(default_factory=dict)  # for cells that calamine gives as empty
    merged: list[tuple[Place, Place]] = field(default_factory=list)


def marks(data: bytes, sheet: str) -> Marks:
    """Of the sheet of that name. Empty for older workbooks, and for what is not as it should be."""
    if not data.startswith(b"PK"):
        return Marks()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "content.xml" in names:
            return _of_opendocument(archive.read("content.xml"), sheet)
        part = _part(archive, names, sheet)
        return _of_excel(archive.read(part)) if part in names else Marks()


def _part(archive: zipfile.ZipFile, names: set[str], sheet: str) -> str:
    """Where in the archive the sheet of that name lies."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return ""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 (expat here expands no bombs)
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    except ElementTree.ParseError:
        return ""
    ids = {one.get("name"): one.get(_RELATION) for one in book.iter() if one.tag.endswith("}sheet")}
    targets = {one.get("Id"): one.get("Target") or "" for one in relations}
    target = targets.get(ids.get(sheet), "")
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _of_excel(xml: bytes) -> Marks:
    found = Marks()
    if b"<f" in xml:
        for match in _CELL.finditer(xml):
            found.texts[_place(match[1], match[2])] = "=" + (match[3] or b"").decode("utf-8", "replace")[:100]
    if b't="e"' in xml:
        for match in _WRONG.finditer(xml):
            found.texts[_place(match[1], match[2])] = match[3].decode("utf-8", "replace")
    return found


def _place(letters: bytes, digits: bytes) -> Place:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(digits) - 1, column - 1


def _of_opendocument(xml: bytes, sheet: str) -> Marks:
    if b"table:formula=" not in xml and b"covered-table-cell" not in xml:
        return Marks()
    walk = _Walk(sheet)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = walk.begin
    parser.EndElementHandler = walk.end
    parser.CharacterDataHandler = walk.text
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        return Marks()
    return walk.found


class _Walk:
    """Through the rows and cells of one table, with their repetitions."""

    def __init__(self, sheet: str) -> None:
        self.sheet, self.found = sheet, Marks()
        self._inside, self._row, self._column, self._repeated = False, 0, 0, 1
        self._wrong: Place | None = None  # the cell whose shown text is an error: #REF!, Err:508

    def begin(self, name: str, given: dict[str, Any]) -> None:
        if name == f"{_TABLE} table":
            self._inside, self._row = given.get(f"{_TABLE} name") == self.sheet, 0
        elif self._inside and name == f"{_TABLE} table-row":
            self._column, self._repeated = 0, _number(given.get(f"{_TABLE} number-rows-repeated"))
        elif self._inside and name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._cell(given)
            self._column += _number(given.get(f"{_TABLE} number-columns-repeated"))

    def _cell(self, given: dict[str, Any]) -> None:
        here = (self._row, self._column)
        formula = given.get(f"{_TABLE} formula", "")
        if formula and f"{_OFFICE} value-type" not in given and len(self.found.texts) < MOST_MARKS:
            self.found.texts[here] = "=" + formula.rpartition("=")[2][:100]
        elif formula and given.get(f"{_OFFICE} string-value") == "" and len(self.found.texts) < MOST_MARKS:
            self._wrong = here  # an empty value that shows something; calamine gives the value
        rows = _number(given.get(f"{_TABLE} number-rows-spanned"))
        columns = _number(given.get(f"{_TABLE} number-columns-spanned"))
        if rows > 1 and len(self.found.merged) < MOST_MARKS:
            self.found.merged.append((here, (self._row + rows - 1, self._column + columns - 1)))

    def text(self, said: str) -> None:
        if self._wrong and said.strip():
            self.found.texts[self._wrong] = (self.found.texts.get(self._wrong, "") + said)[:100]

    def end(self, name: str) -> None:
        if name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._wrong = None
        elif name == f"{_TABLE} table":
            self._inside = False
        elif self._inside and name == f"{_TABLE} table-row":
            self._row += self._repeated


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 9 else 1
