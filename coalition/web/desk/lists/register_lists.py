"""A whole list's names in the register: looked up by the worker, the proposals chosen by a person, row by row."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound
from coalition.letters import records as letters
from coalition.organisations.registers import looking_up
from coalition.organisations.registers.register import Register
from coalition.organisations.spreadsheets import listed_rows, lists, looking_through
from coalition.organisations.spreadsheets.lists import Claim
from coalition.organisations.spreadsheets.looking_through import Change
from coalition.web.desk.lists.importing import sort_out_again
from coalition.web.desk.lists.listed import texts_of
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, whole_number

ROWS_SHOWN = 50
AT_ONCE = 500  # rows changed in one go
LOOK_AGAIN_S = 2


@at_desk
async def found(visit: Visit) -> Response:
    return await _found(visit)


async def _found(visit: Visit, status: int = 200, problem: str = "") -> Response:
    register = _register(visit)
    first = whole_number(visit.request.query_params.get("from"), 10**6) or 0

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        listed = lists.an_import(connection, letter.id, visit.request.path_params["id"])
        going = looking_up.looking_up(connection, listed.id)
        choices: looking_up.Choices = []
        onwards: int | None = None
        if going and going.state != "asking":
            choices, onwards = looking_up.found(connection, listed.id, register.url, first, ROWS_SHOWN, visit.now)
        return {
            "letter": letter,
            "listed": listed,
            "going": going,
            "rows": looking_up.rows(connection, listed.id),
            "choices": [(one, candidates, looking_up.sure_of(candidates)) for one, candidates in choices],
            "onwards": onwards,
        }

    values = await visit.database.read_long(look)
    if values["listed"].state not in ("given", "ready"):
        return visit.back(f"/import/{values['listed'].id}")
    waits = values["listed"].state != "ready" or (values["going"] and values["going"].state == "asking")
    headers = {"Refresh": str(LOOK_AGAIN_S)} if waits and status == 200 else None
    return visit.page(
        "import_register.html",
        status,
        headers=headers,
        host=register.host,
        first=first,
        problem=problem,
        done=visit.done,
        **values,
    )


@at_desk
async def begin(visit: Visit) -> Response:
    await posted(visit.request)
    _register(visit)
    id = visit.request.path_params["id"]
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    await visit.database.read(lists.an_import, letter.id, id)
    try:
        await visit.database.write(looking_up.begin, id, visit.now)
    except NotSaved:
        return await _found(visit, 503, NOT_SAVED)
    return visit.back(f"/import/{id}/register")


@at_desk
async def use(visit: Visit) -> Response:
    """Writes the chosen numbers into the list: those of one page, or all that the register is sure of."""
    data = await posted(visit.request)
    register, id = _register(visit), visit.request.path_params["id"]
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    listed = await visit.database.read(lists.an_import, letter.id, id)

    def numbers(connection: Connection) -> dict[int, Change]:
        if data.get("then") == "sure":
            choices, _ = looking_up.found(connection, id, register.url, 0, 10**6, visit.now, sure=True)
            return {one.place: _with(one, looking_up.sure_of(candidates)) for one, candidates in choices}
        first = whole_number(data.get("from"), 10**6) or 0
        choices, _ = looking_up.found(connection, id, register.url, first, ROWS_SHOWN, visit.now)
        return {
            one.place: _with(one, number)
            for one, candidates in choices
            if (number := str(data.get(f"number-{one.place}", "")))
            in {candidate.register_id for candidate in candidates}
        }

    try:
        changes = await visit.database.read_long(numbers)
        claim: Claim | None = None
        places = sorted(changes)
        for start in range(0, len(places), AT_ONCE):
            some = {place: changes[place] for place in places[start : start + AT_ONCE]}
            claim = await visit.database.write(looking_through.change, id, some, visit.now)
        if claim:
            await sort_out_again(visit, listed, claim)
    except lists.TakenOver:  # it was imported meanwhile
        return visit.back(f"/import/{id}")
    except NotSaved:
        return await _found(visit, 503, NOT_SAVED)
    onwards = whole_number(data.get("onwards"), 10**6)
    query = f"?from={onwards}&done=used" if onwards else "?done=used"
    return RedirectResponse(f"/desk/letters/{visit.slug}/import/{id}/register{query}", 303)


def _with(one: listed_rows.ListedRow, number: object) -> Change:
    return Change(texts={**texts_of(one.row), "register_id": str(number)})


def _register(visit: Visit) -> Register:
    if visit.site.register is None:
        raise NotFound
    return visit.site.register
