"""Looking a name up in a register: while it is typed, by a script; and without scripts, by a button of its form."""

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response
from wtforms import Form

from coalition.base.refused import TooMany
from coalition.letters.text import one_line
from coalition.organisations.registers import register_answers
from coalition.organisations.registers.register import LONGEST_NAME, Away, Candidate
from coalition.web.desk.visit import Visit, at_desk

SHORTEST_NAME = 3
SWITCHED_OFF = "No register is set up here, so no name can be looked up."


@dataclass(frozen=True)
class LookUp:
    """What a page shows of a look-up; it is the same page without one."""

    is_on: bool
    name: str = ""  # that was looked up; empty: none was
    candidates: tuple[Candidate, ...] = ()
    problem: str = ""


async def look_up(visit: Visit, name: str) -> LookUp:
    register = visit.site.register
    name = one_line(name)[:LONGEST_NAME]
    if register is None:
        return LookUp(False, problem=SWITCHED_OFF)
    if len(name) < SHORTEST_NAME:
        return LookUp(True, problem="Write at least three letters of the name, then look it up.")
    try:
        visit.site.register_limit.take(str(visit.me.id))
        found = await register_answers.look_up(visit.database, register, [name], visit.now)
    except (Away, TooMany) as reason:
        return LookUp(True, name, problem=str(reason))
    return LookUp(True, name, found.get(name, ()))


async def looked_up(visit: Visit, form: Form, data: FormData) -> LookUp | None:
    """For a form with a name and a register number: takes over the candidate that was picked, and says what its
    “Look up” button found; None when that was not pressed, and the form means what it says.
    """
    if picked := data.get("pick"):
        form["register_id"].data = one_line(str(picked))[:64]
    return await look_up(visit, form["name"].data or "") if "look_up" in data else None


def no_look_up(visit: Visit) -> LookUp:
    """For a page on which nothing has been looked up yet."""
    return LookUp(visit.site.register is not None)


@at_desk
async def register(visit: Visit) -> Response:
    found = await look_up(visit, visit.request.query_params.get("name", ""))
    candidates = [
        {
            "id": one.id,
            "name": one.name,
            "score": round(one.score, 1),
            "match": one.match,
            "kind": one.kind,
            "link": one.link,
            "register_id": one.register_id,
        }
        for one in found.candidates
    ]
    return JSONResponse({"name": found.name, "candidates": candidates, "problem": found.problem})
