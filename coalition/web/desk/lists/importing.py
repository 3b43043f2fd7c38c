"""Looking a list through before anything of it is kept, bringing it in, and taking it back."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.invitations import importing, undoing
from coalition.invitations.importing import Made
from coalition.letters import records as letters
from coalition.organisations.spreadsheets import (
    encodings,
    listed_rows,
    lists,
    looking_through,
    reading,
    traces,
    workbooks,
)
from coalition.organisations.spreadsheets.columns import FIELDS
from coalition.organisations.spreadsheets.encodings import Unreadable
from coalition.organisations.spreadsheets.listed_rows import SHOWS
from coalition.organisations.spreadsheets.lists import Claim, Import
from coalition.organisations.spreadsheets.reading import Table
from coalition.web.desk.lists.listed import changes_in, shown
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.asking import ListForm
from coalition.web.forms.fields import clean, posted, whole_number

LARGEST_LIST = encodings.LARGEST
QUICK_BYTES, QUICK_ROWS = 400_000, 2_000  # what is read and brought in while the person waits; the worker does the rest
ROWS_SHOWN = 50
FIELDS_MOST = 1_500  # of a page's rows, all of them open to be changed
LOOK_AGAIN_S = 2


@at_desk
async def import_page(visit: Visit) -> Response:
    return await _import_page(visit)


async def _import_page(visit: Visit, status: int = 200, problem: str = "", form: ListForm | None = None) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        before = lists.imported(connection, letter.id)
        return {"letter": letter, "before": [(one, undoing.may_undo(connection, one)) for one in before]}

    values = await visit.database.read(look)
    return visit.page("import.html", status, form=form or ListForm(), problem=problem, done=visit.done, **values)


@at_desk
async def begin_import(visit: Visit) -> Response:
    """Keeps the list aside to be looked through. No organisation comes of it yet."""
    data = await posted(visit.request, files=1, longest=LARGEST_LIST)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    name, content = await _given(data)
    await data.close()  # a file that was sent lies on the disk until then
    try:
        table = await asyncio.to_thread(_read_if_quick, content)
        hold = table is not None and len(table.rows) <= QUICK_ROWS
        id = await visit.database.write(lists.begin_import, letter.id, visit.me.id, name, content, visit.now, hold=hold)
    except Unreadable as refusal:
        return await _import_page(visit, 422, str(refusal), ListForm(data))
    except NotSaved:
        return await _import_page(visit, 503, NOT_SAVED, ListForm(data))
    if hold:
        await _look_through(visit, Claim(id, 1, "given"), table)
    return visit.back(f"/import/{id}")


async def _given(data: FormData) -> tuple[str, bytes]:
    file = data.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return clean(file.filename)[:200], await file.read(LARGEST_LIST + 1)
    return "what you pasted", str(data.get("paste") or "").encode()


def _read_if_quick(content: bytes) -> Table | None:
    """The table, or None when the worker is to read it. Raises Unreadable, for a large one as far as can be told."""
    if len(content) <= QUICK_BYTES:
        return reading.read_rows(content)
    if len(content) > encodings.LARGEST or not workbooks.is_workbook(content):
        encodings.check_kind(content)
    return None


async def _look_through(visit: Visit, claim: Claim, table: Table | None = None) -> None:
    try:
        await asyncio.to_thread(looking_through.look_through, visit.database, claim, clock.now, table)
    except (lists.TakenOver, NotSaved):
        pass  # the worker goes on with it, and the page says so


@at_desk
async def import_preview(visit: Visit) -> Response:
    return await _preview(visit)


async def _preview(visit: Visit, status: int = 200, problem: str = "", typed: FormData | None = None) -> Response:
    asked: Any = typed if typed is not None else visit.request.query_params
    show = asked.get("show", "") if asked.get("show", "") in SHOWS else ""
    page = whole_number(asked.get("page"), 10_000) or 1

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        listed = lists.an_import(connection, letter.id, visit.request.path_params["id"])
        if listed.state != "ready":
            return {"letter": letter, "listed": listed}
        rows = listed_rows.page(connection, listed.id, show, (page - 1) * ROWS_SHOWN, ROWS_SHOWN)
        tally = listed_rows.tally(connection, listed.id)
        named = {(id, row.row.values.email): row.place for row in rows if (id := row.known_as)}
        return {
            "letter": letter,
            "listed": listed,
            "rows": [shown(row, typed) for row in rows],
            "called": traces.names(connection, {row.same_as for row in rows if row.same_as}),
            "left": {named[pair] for pair in traces.gone(connection, named)},
            "tally": tally,
            "total": sum(tally[verdict] for verdict in SHOWS.get(show, tally)),
            "organisations": listed_rows.organisations(connection, listed.id),
        }

    found = await visit.database.read(look)
    listed: Import = found["listed"]
    if listed.state == "failed":
        return await _import_page(visit, 200 if status == 200 else status, listed.problem)
    if listed.state in ("done", "undoing", "undone"):
        return _was_imported(visit, listed)
    if listed.state != "ready":
        headers = {"Retry-After": str(LOOK_AGAIN_S), "Refresh": str(LOOK_AGAIN_S)}
        return visit.page("import_progress.html", status, headers=headers, **found)
    return visit.page(
        "import_preview.html",
        status,
        fields=FIELDS,
        show=show,
        page=page,
        rows_shown=ROWS_SHOWN,
        problem=problem or listed.problem,
        done=visit.done,
        **found,
    )


def _was_imported(visit: Visit, listed: Import) -> Response:
    if listed.state != "done":
        return visit.back("/import", "undone" if listed.state == "undone" else "")
    return _imported(visit, listed.id, Made(**listed.made) if listed.made else Made())


def _imported(visit: Visit, id: int, made: Made) -> Response:
    query = urlencode({"done": "imported", "list": id, **made.numbers})
    return RedirectResponse(f"/desk/letters/{visit.slug}?{query}", 303)


@at_desk
async def correct_columns(visit: Visit) -> Response:
    data = await posted(visit.request)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    id = visit.request.path_params["id"]
    listed = await visit.database.read(lists.an_import, letter.id, id)
    chosen = {str(n): str(data.get(f"column-{n}", "")) for n in range(60) if f"column-{n}" in data}
    if data.get("titles") in ("yes", "no"):
        chosen["titles"] = str(data["titles"])
    if sheet := str(data.get("sheet", ""))[:200]:
        chosen["sheet"] = sheet
        if listed.found and listed.found["sheet"] != sheet:  # its columns are others
            chosen = {"sheet": sheet}
    try:
        claim = await visit.database.write(lists.correct_columns, id, chosen, visit.now)
    except lists.TakenOver:
        return visit.back(f"/import/{id}")
    await sort_out_again(visit, listed, claim)
    return visit.back(f"/import/{id}")


async def sort_out_again(visit: Visit, listed: Import, claim: Claim) -> None:
    """At once when it is short; else the worker does."""
    if listed.steps <= QUICK_ROWS and await visit.database.read(lists.size_of, listed.id) <= QUICK_BYTES:
        await _look_through(visit, claim)
    else:
        await visit.database.write(lists.leave, claim, visit.now)


@at_desk
async def change_rows(visit: Visit) -> Response:
    """Keeps what was changed on one page of the list, and goes on to another."""
    data = await posted(visit.request, fields=FIELDS_MOST)
    try:
        await _keep(visit, data)
    except NotFound:
        raise
    except lists.TakenOver:
        return visit.back(f"/import/{visit.request.path_params['id']}")
    except Refused as refusal:
        return await _preview(visit, 422, str(refusal), data)
    except NotSaved:
        return await _preview(visit, 503, NOT_SAVED, data)
    page, show, then = whole_number(data.get("page"), 10_000) or 1, str(data.get("show", "")), str(data.get("then", ""))
    if then.startswith("show:"):
        page, show = 1, then.removeprefix("show:")
    page += {"later": 1, "earlier": -1}.get(then, 0)
    parts = {"show": show if show in SHOWS else "", "page": page if page > 1 else "", "done": "" if then else "saved"}
    query = urlencode({name: value for name, value in parts.items() if value})
    path = f"/desk/letters/{visit.slug}/import/{visit.request.path_params['id']}"
    return RedirectResponse(f"{path}?{query}" if query else path, 303)


async def _keep(visit: Visit, data: FormData) -> list[int]:
    """Keeps what the form says of rows, and gives the places of those whose words were changed."""
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    listed = await visit.database.read(lists.an_import, letter.id, visit.request.path_params["id"])
    changes = await visit.database.read(changes_in, listed.id, data)
    if not changes:
        return []
    claim = await visit.database.write(looking_through.change, listed.id, changes, visit.now)
    if claim:
        await sort_out_again(visit, listed, claim)
    return [place for place, change in changes.items() if change.texts]


@at_desk
async def finish_import(visit: Visit) -> Response:
    data = await posted(visit.request, fields=FIELDS_MOST)
    id = visit.request.path_params["id"]
    try:
        changed = await _keep(visit, data)
        if changed and (wrong := await visit.database.read(_wrong, id, changed)):
            return await _preview(visit, 422, wrong)
        claim = await visit.database.write(importing.begin, visit.slug, id, visit.me.called, visit.now)
        listed = await visit.database.read(lists.held, claim)
        if listed.steps > QUICK_ROWS:
            await visit.database.write(lists.leave, claim, visit.now)
            return visit.back(f"/import/{id}")
        made = await asyncio.to_thread(importing.bring_in, visit.database, claim, clock.now)
    except lists.TakenOver:
        return visit.back(f"/import/{id}")
    except NotSaved:
        return await _preview(visit, 503, NOT_SAVED, data)
    except NotFound:
        raise
    except Refused as refusal:
        return await _preview(visit, 422, str(refusal), data)
    return _imported(visit, id, made)


def _wrong(connection: Connection, id: int, places: list[int]) -> str:
    """Rows that somebody has just changed and that still cannot be read: they may not be left out unseen."""
    wrong = [str(one.row.number) for one in listed_rows.named(connection, id, places) if one.row.errors]
    if not wrong:
        return ""
    rows = f"Row {wrong[0]}" if len(wrong) == 1 else f"Rows {', '.join(wrong[:10])}"
    return f"{rows} cannot be read as changed. Put it right, or leave it out; nothing is imported yet."


@at_desk
async def undo_import(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["id"]
    try:
        claim = await visit.database.write(undoing.begin, visit.slug, id, visit.me.called, visit.now)
        listed = await visit.database.read(lists.held, claim)
        if listed.steps > QUICK_ROWS:
            await visit.database.write(lists.leave, claim, visit.now)
        else:
            await asyncio.to_thread(undoing.take_back, visit.database, claim, clock.now)
    except lists.TakenOver:
        pass
    except NotFound:
        raise
    except Refused as refusal:
        return await _import_page(visit, 409, str(refusal))
    except NotSaved:
        return await _import_page(visit, 503, NOT_SAVED)
    return visit.back("/import", "undone")
