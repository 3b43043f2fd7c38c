"""Organisations that ask to join: who they are, who they may be, and deciding it."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.joins import actions, records
from coalition.endorsements.joins import rules as join_rules
from coalition.endorsements.joins.rules import JOIN_RULE, Join
from coalition.endorsements.rules import decision_sentence
from coalition.endorsements.undersigned import line
from coalition.invitations import records as invitations
from coalition.invitations.rules import STATUSES
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.organisations import directory
from coalition.organisations.actions import Known
from coalition.organisations.directory import Filter
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import one_line, posted, put
from coalition.web.forms.joining import TurnDownForm

SHOWN = 20


@at_desk
async def everybody(visit: Visit) -> Response:
    """All requests that were confirmed: those to decide first."""

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        found = records.at_desk(connection, letter.id)
        return {
            "letter": letter,
            "waiting": [one for one in found if one.state == "confirmed"],
            "decided": [one for one in reversed(found) if one.state != "confirmed"],
        }

    return visit.page("joins.html", states=join_rules.STATES, **await visit.database.read(look))


@at_desk
async def one(visit: Visit) -> Response:
    return await _page(visit)


async def _page(
    visit: Visit, status: int = 200, problem: str = "", form: TurnDownForm | None = None, known: int | None = None
) -> Response:
    search = visit.request.query_params.get("q", "").replace("\0", "")[:100].strip()

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        asked = _join(connection, visit, letter.id)
        to_decide = asked.state == "confirmed"
        likely = actions.likely(connection, asked) if to_decide else []
        places = {known.id: invitations.of_organisation(connection, letter.id, known.id) for known in likely}
        return {
            "letter": letter,
            "join": asked,
            "open": rules.state(letter, visit.now) == "open",
            "to_decide": to_decide,
            "plan": actions.plan(connection, letter, asked, None),
            "likely": likely,
            "places": {id: place for id, place in places.items() if place},
            "found": directory.listed(connection, Filter(search), most=SHOWN) if search and to_decide else [],
            "hints": join_rules.hints(asked) if to_decide else [],
        }

    values = await visit.database.read_long(look)
    return visit.page(
        "join.html",
        status,
        problem=problem,
        known=known,
        form=form or TurnDownForm(),
        search=search,
        most=SHOWN,
        statuses=STATUSES,
        states=join_rules.STATES,
        line=line(values["join"].endorsement),
        authority=decision_sentence(values["join"].authority, values["join"].authority_detail),
        done=visit.done,
        **values,
    )


def _join(connection: Connection, visit: Visit, letter_id: int) -> Join:
    """Raises NotFound, also for one that nobody has confirmed: the desk does not hear of it before."""
    asked = records.join(connection, visit.request.path_params["id"], letter_id)
    if asked.state == "asked":
        raise NotFound("There is no such request to join this letter.")
    return asked


@at_desk
async def look_as(visit: Visit) -> Response:
    """What approving it as a known organisation would do."""
    return await _plan_page(visit)


async def _plan_page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    other = visit.request.path_params["other"]

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        asked = _join(connection, visit, letter.id)
        values = {"letter": letter, "join": asked, "other": directory.organisation(connection, other), "why_not": None}
        try:
            join_rules.check_waiting(asked)
            planned = actions.plan(connection, letter, asked, other)
        except Refused as refusal:
            return values | {"plan": None, "why_not": refusal, "given": None}
        return values | {"plan": planned, "given": line(planned.endorsement) if planned.endorsement else None}

    values = await visit.database.read(look)
    if values["why_not"]:
        status, problem = values["why_not"].status, str(values["why_not"])
    return visit.page(
        "join_as.html",
        status,
        problem=problem,
        rule=JOIN_RULE,
        statuses=STATUSES,
        line=line(values["join"].endorsement),
        **values,
    )


@at_desk
async def approve_as(visit: Visit) -> Response:
    return await _approve(visit, visit.request.path_params["other"])


@at_desk
async def approve_new(visit: Visit) -> Response:
    return await _approve(visit, None)


async def _approve(visit: Visit, other: int | None) -> Response:
    """As a known organisation or, without one, as new; refused, the page that the button stands on."""
    page = _page if other is None else _plan_page
    seen = str((await posted(visit.request)).get("plan", ""))
    try:
        await visit.database.write(actions.approve, visit.slug, _id(visit), other, seen, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        if other is None and isinstance(refusal, Known):
            return await _page(visit, refusal.status, str(refusal), known=refusal.id)
        return await page(visit, refusal.status, str(refusal))
    except Incomplete as incomplete:
        return await page(visit, 422, " ".join(incomplete.problems.values()))
    except NotSaved:
        return await page(visit, 503, NOT_SAVED)
    return visit.back(f"/joins/{_id(visit)}", "approved")


@at_desk
async def turn_down(visit: Visit) -> Response:
    form = TurnDownForm(await posted(visit.request))
    if not form.validate():
        return await _page(visit, 422, form=form)
    word = one_line(form.word.data)
    try:
        await visit.database.write(actions.turn_down, visit.slug, _id(visit), word, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal), form)
    except Incomplete as incomplete:
        put(form, incomplete.problems)
        return await _page(visit, 422, form=form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form)
    return visit.back(f"/joins/{_id(visit)}", "turned-down")


def _id(visit: Visit) -> int:
    id: int = visit.request.path_params["id"]
    return id
