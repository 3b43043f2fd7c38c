"""The order of the undersigned: chosen for the letter, and by hand."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import FormData, QueryParams
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.base.text import ordinal
from coalition.endorsements import ordering
from coalition.endorsements.ordering import Kind, Standing, To
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import one_line, posted, whole_number
from coalition.web.forms.printed import OrderForm, order_form

KINDS: dict[str, Kind] = {"before": "before", "after": "after", "place": "place"}
PAGE = 100  # rows; a letter with no more than that is shown whole


@dataclass(frozen=True)
class Part:
    """One group, or as much of it as a page shows. `first` is the place of the first row, counted from 1."""

    group: str
    rows: list[Standing]
    first: int
    of: int
    placed: int  # how many of the whole group were given a place


@dataclass(frozen=True)
class Where:
    """Which rows are looked at; in the address, and in every form of the page."""

    group: str
    page: int

    @property
    def query(self) -> str:
        return urlencode({"group": self.group, "page": self.page})


@dataclass(frozen=True)
class Problem:
    """Why nothing was saved, or moved: then `row` and `typed` are where the person typed what."""

    sentence: str
    row: int = 0
    typed: str = ""


@at_desk
async def page(visit: Visit) -> Response:
    return await _page(visit, _where(visit.request.query_params))


@at_desk
async def choose(visit: Visit) -> Response:
    form = OrderForm(await posted(visit.request))
    seen, order, who = whole_number(form.revision.data) or 0, form.order.data or "", visit.me.called
    try:
        await visit.database.write(ordering.choose, visit.slug, seen, order, who, visit.now)
    except Refused as refusal:
        fresh = isinstance(refusal, Overtaken)
        return await _page(visit, Where("", 1), refusal.status, Problem(str(refusal)), form, fresh=fresh)
    except NotSaved:
        return await _page(visit, Where("", 1), 503, Problem(NOT_SAVED), form)
    return visit.back("/order", "saved")


@at_desk
async def move(visit: Visit) -> Response:
    data = await posted(visit.request)
    id, where, typed = visit.request.path_params["id"], _where(data), one_line(str(data.get("place", "")))
    try:
        await visit.database.write(ordering.move, visit.slug, id, _to(data, typed), visit.me.called, visit.now)
    except Refused as refusal:
        return await _page(visit, where, refusal.status, Problem(str(refusal), id, typed))
    except NotSaved:
        return await _page(visit, where, 503, Problem(NOT_SAVED, id, typed))
    address = f"/desk/letters/{visit.slug}/order?{where.query}&moved={id}"
    return RedirectResponse(f"{address}#standing-{id}", 303)


def _to(data: FormData, typed: str) -> To:
    """What a button says of itself; the one beside the field takes what was typed there."""
    kind, _, number = str(data.get("to", f"place:{typed.replace(',', '')}")).partition(":")
    wanted = whole_number(number)
    if kind == "name":
        return To("name")
    if wanted is None or kind not in KINDS:
        raise Refused("Give the place as a number, such as 3.")
    return To(KINDS[kind], wanted)


def _where(given: QueryParams | FormData) -> Where:
    return Where(str(given.get("group", "")), max(whole_number(given.get("page")) or 1, 1))


async def _page(
    visit: Visit,
    where: Where,
    status: int = 200,
    problem: Problem | None = None,
    form: OrderForm | None = None,
    *,
    fresh: bool = False,
) -> Response:
    moved = whole_number(visit.request.query_params.get("moved"))

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        groups = ordering.standing(connection, letter) if letter.version else []
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "total": sum(len(rows) for _, rows in groups),
            "moved": _moved(groups, moved),
            **_parts(groups, where),
        }

    values = await visit.database.read_long(look)  # ten thousand rows, maybe
    form = form or order_form(values["letter"])
    if fresh:
        form.revision.data = str(values["letter"].revision)
    problem = problem or Problem("")
    return visit.page("order.html", status, form=form, problem=problem, done=visit.done, moved_id=moved, **values)


def _parts(groups: list[tuple[str, list[Standing]]], where: Where) -> dict[str, Any]:
    """All of a short list; of a long one the group that is looked at, a page of it."""
    sizes = [(name, len(rows)) for name, rows in groups]
    if sum(size for _, size in sizes) <= PAGE:
        return {
            "parts": [_part(name, rows, 1) for name, rows in groups],
            "sizes": [],
            "where": Where("", 1),
            "pages": 1,
        }
    name, rows = next((one for one in groups if one[0] == where.group), groups[0])
    pages = -(-len(rows) // PAGE)
    number = min(where.page, pages)
    return {"parts": [_part(name, rows, number)], "sizes": sizes, "where": Where(name, number), "pages": pages}


def _part(name: str, rows: list[Standing], number: int) -> Part:
    first = (number - 1) * PAGE
    placed = sum(1 for one in rows if one.place is not None)
    return Part(name, rows[first : first + PAGE], first + 1, len(rows), placed)


def _moved(groups: list[tuple[str, list[Standing]]], id: int | None) -> dict[str, Any] | None:
    """Where the one that was moved stands now, for the sentence that says so."""
    for group, rows in groups:
        for at, one in enumerate(rows, 1):
            if one.id == id:
                return {"name": one.name, "group": group, "place": ordinal(at), "of": len(rows), "page": -(-at // PAGE)}
    return None
