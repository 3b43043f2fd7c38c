"""Merging two organisations: choosing the other one, seeing what will happen, doing it, undoing it."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.endorsements import merging, unmerging
from coalition.endorsements.rules import MERGE_RULE
from coalition.invitations.rules import STATUSES
from coalition.organisations import directory
from coalition.organisations.directory import Filter
from coalition.web.desk.directory.everyone import back, id_of, organisation_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted

SHOWN = 20


@at_desk
async def choose(visit: Visit) -> Response:
    """The other one is looked for, or is among those that look alike."""
    search = visit.request.query_params.get("q", "").replace("\0", "")[:100].strip()

    def look(connection: Connection) -> dict[str, Any]:
        one = directory.organisation(connection, id_of(visit))
        found = directory.listed(connection, Filter(search), most=SHOWN, but=one.id) if search else []
        return {"one": one, "found": found, "alike": directory.alike(connection, one)}

    values = await visit.database.read_long(look)
    if values["one"].merged_into is not None:
        return back(values["one"].id)
    return visit.page("merge_choose.html", section="directory", search=search, most=SHOWN, **values)


@at_desk
async def look(visit: Visit) -> Response:
    return await _plan_page(visit)


async def _plan_page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    ids = (id_of(visit), visit.request.path_params["other"])

    def see(connection: Connection) -> dict[str, Any]:
        one, other = (directory.organisation(connection, id) for id in ids)
        try:
            return {"one": one, "other": other, "plan": merging.plan(connection, *ids), "why_not": None}
        except NotFound:
            raise
        except Refused as refusal:
            return {"one": one, "other": other, "plan": None, "why_not": refusal}

    values = await visit.database.read(see)
    if values["why_not"]:
        status, problem = values["why_not"].status, str(values["why_not"])
    return visit.page(
        "merge.html", status, section="directory", problem=problem, rule=MERGE_RULE, statuses=STATUSES, **values
    )


@at_desk
async def merge(visit: Visit) -> Response:
    data = await posted(visit.request)
    ids = (id_of(visit), visit.request.path_params["other"])
    try:
        await visit.database.write(merging.merge, *ids, str(data.get("plan", "")), visit.me.called, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await _plan_page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await _plan_page(visit, 503, NOT_SAVED)
    return back(ids[0], "merged")


@at_desk
async def undo(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["merge"]

    def unmerge(connection: Connection) -> unmerging.Merge:
        if unmerging.merge_of(connection, id).kept_id != id_of(visit):
            raise NotFound("There is no such merge of this organisation.")
        return unmerging.undo(connection, id, visit.me.called, visit.now)

    try:
        await visit.database.write(unmerge)
    except NotFound:
        raise
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal))
    return back(id_of(visit), "undone")
