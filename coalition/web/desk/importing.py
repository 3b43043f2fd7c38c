"""Looking a list through before anything of it is kept, and bringing it in."""

import asyncio
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.invitations import importing
from coalition.invitations.importing import Choice
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.organisations import columns, reading, sorting_out
from coalition.organisations import records as organisations
from coalition.organisations.columns import FIELDS, Mapping
from coalition.organisations.encodings import Unreadable
from coalition.organisations.reading import Table
from coalition.organisations.records import Import
from coalition.organisations.sorting_out import Row
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms import ListForm, posted, whole_number

LARGEST_LIST = 5 * 1024 * 1024
ROWS_SHOWN = 100
LIKELY_SHOWN = 2000


@at_desk
async def import_page(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    return visit.page("import.html", letter=letter, form=ListForm(), problem="")


@at_desk
async def begin_import(visit: Visit) -> Response:
    """Keeps the list aside to be looked through. No organisation comes of it yet."""
    data = await posted(visit.request, files=1, longest=LARGEST_LIST)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    name, content = await _given(data)
    await data.close()  # a file that was sent lies on the disk until then
    try:
        table = await asyncio.to_thread(reading.read_rows, content)
        del table
        id = await visit.database.write(organisations.begin_import, letter.id, visit.me.id, name, content, visit.now)
    except Unreadable as refusal:
        return visit.page("import.html", 422, letter=letter, form=ListForm(data), problem=str(refusal))
    except NotSaved:
        return visit.page("import.html", 503, letter=letter, form=ListForm(data), problem=NOT_SAVED)
    return visit.back(f"/import/{id}")


async def _given(data: FormData) -> tuple[str, bytes]:
    file = data.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return file.filename[:200], await file.read(LARGEST_LIST + 1)
    return "what you pasted", str(data.get("paste") or "").encode()


@dataclass(frozen=True)
class Preview:
    letter: Letter
    listed: Import
    table: Table
    mapping: Mapping
    rows: tuple[Row, ...]
    problem: str

    def of(self, *verdicts: str) -> list[tuple[int, Row]]:
        return [(place, row) for place, row in enumerate(self.rows) if row.verdict in verdicts]


@at_desk
async def import_preview(visit: Visit) -> Response:
    return await _import_page(visit)


async def _import_page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    looked = await visit.database.read_long(_look_through, visit)
    if looked.listed.done_at:
        return visit.back("", "imported")
    page = whole_number(visit.request.query_params.get("page"), 1000) or 1
    plain = looked.of("new", "known", "contact")
    return visit.page(
        "import_preview.html",
        status,
        letter=looked.letter,
        listed=looked.listed,
        table=looked.table,
        mapping=looked.mapping,
        fields=FIELDS,
        wrong=looked.of("error")[:LIKELY_SHOWN],
        likely=looked.of("likely")[:LIKELY_SHOWN],
        plain=plain[(page - 1) * ROWS_SHOWN : page * ROWS_SHOWN],
        page=page,
        rows_shown=ROWS_SHOWN,
        plain_total=len(plain),
        tally={verdict: len(looked.of(verdict)) for verdict in ("new", "known", "contact", "likely", "error")},
        organisations=sum(map(_is_an_organisation, looked.rows)),
        problem=problem or looked.problem,
    )


def _is_an_organisation(row: Row) -> bool:
    """Not one more row, or one more contact, of an organisation that stands in an earlier row of the list."""
    return row.verdict in ("new", "likely") or (
        row.verdict == "known" and row.match is not None and row.match.row is None
    )


def _look_through(connection: Connection, visit: Visit) -> Preview:
    letter = letters.letter_by_slug(connection, visit.slug)
    listed = organisations.an_import(connection, letter.id, visit.request.path_params["id"])
    if listed.done_at:
        return Preview(letter, listed, Table((), (), (), "", "", False), {}, (), "")
    # Whether the first row holds titles is guessed, unless a person has said.
    table = reading.read_rows(listed.file, {"yes": True, "no": False}.get(listed.columns.get("titles", "")))
    mapping, problem = columns.guess(table), ""
    if any(column.isdigit() for column in listed.columns):
        mapping = {column: listed.columns.get(str(column), "") for column in mapping}
    try:
        columns.check(mapping)
    except Unreadable as refusal:
        return Preview(letter, listed, table, mapping, (), str(refusal))
    rows = sorting_out.rows(table, mapping, organisations.everyone(connection), letter.groups)
    return Preview(letter, listed, table, mapping, rows, problem)


@at_desk
async def correct_columns(visit: Visit) -> Response:
    data = await posted(visit.request)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    id = visit.request.path_params["id"]
    await visit.database.read(organisations.an_import, letter.id, id)
    chosen = {str(n): str(data.get(f"column-{n}", "")) for n in range(60) if f"column-{n}" in data}
    if data.get("titles") in ("yes", "no"):
        chosen["titles"] = str(data["titles"])
    await visit.database.write(organisations.correct_columns, id, chosen)
    return visit.back(f"/import/{id}")


@at_desk
async def finish_import(visit: Visit) -> Response:
    data = await posted(visit.request, fields=LIKELY_SHOWN + 50)
    looked = await visit.database.read_long(_look_through, visit)
    if looked.problem:
        return await _import_page(visit, 422)
    choices: dict[int, Choice] = {
        place: cast("Choice", data[f"row-{place}"])
        for place, _ in looked.of("likely")
        if data.get(f"row-{place}") in ("same", "new", "leave")
    }
    try:
        brought = await visit.database.write(
            importing.bring_in, visit.slug, looked.listed.id, looked.rows, choices, visit.me.called, visit.now
        )
    except NotSaved:
        return await _import_page(visit, 503, NOT_SAVED)
    except Refused:
        return visit.back("", "imported")
    query = "&".join(f"{name}={number}" for name, number in vars(brought).items())
    return RedirectResponse(f"/desk/letters/{visit.slug}?done=imported&{query}", 303)
