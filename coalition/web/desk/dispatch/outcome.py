"""Replies and what came of the letter, on one page: noted, told to the endorsers, and when to be reminded of it."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.dispatch import nudges, records, replies
from coalition.dispatch import outcome as outcomes
from coalition.dispatch.noting import Unclear
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, put, whole_number
from coalition.web.forms.replies import NudgeForm, OutcomeForm


@at_desk
async def page(visit: Visit) -> Response:
    return await _page(visit)


async def _page(
    visit: Visit,
    status: int = 200,
    problem: str = "",
    outcome: OutcomeForm | None = None,
    nudge: NudgeForm | None = None,
) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        first = records.first(connection, letter.id)
        return {
            "letter": letter,
            "state": letter_rules.state(letter, visit.now),
            "first": first,
            "expected_by": nudges.expected_by(letter, first) if first else None,
            "overdue": nudges.overdue(connection, letter, visit.now),
            "replies": replies.all_replies(connection, letter.id),
            "to_tell": outcomes.to_tell(connection, letter),
        }

    values = await visit.database.read(look)
    letter = values["letter"]
    came = outcomes.came_of(letter)
    form = outcome or OutcomeForm(data=vars(came) | {"revision": letter.revision})
    days = nudge or NudgeForm(data={"days": str(letter.nudge_days), "revision": letter.revision})
    if problem:  # what was typed is compared with what is there now, and saved over it
        form.revision.data = days.revision.data = str(letter.revision)
    told = whole_number(visit.request.query_params.get("told"))
    return visit.page(
        "outcome.html", status, problem=problem, form=form, nudge=days, done=visit.done, told=told, **values
    )


@at_desk
async def record(visit: Visit) -> Response:
    form = OutcomeForm(await posted(visit.request))
    if not form.validate():
        return await _page(visit, 422, outcome=form)
    seen = whole_number(form.revision.data) or 0
    try:
        await visit.database.write(outcomes.record, visit.slug, form.said(), seen, visit.me.called, visit.now)
    except Unclear as unclear:
        put(form, unclear.problems)
        return await _page(visit, 422, outcome=form)
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal), outcome=form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, outcome=form)
    return visit.back("/replies", "outcome")


@at_desk
async def tell(visit: Visit) -> Response:
    """Mails the endorsers, whose number stands on the button."""
    outcome = (await posted(visit.request)).get("outcome")
    try:
        told = await visit.database.write(outcomes.tell, visit.slug, str(outcome or ""), visit.me.called, visit.now)
    except Overtaken as refusal:
        return await _page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED)
    return RedirectResponse(f"/desk/letters/{visit.slug}/replies?done=told&told={told}", 303)


@at_desk
async def wait(visit: Visit) -> Response:
    """After how many days without a reply the coordinator is mailed."""
    form = NudgeForm(await posted(visit.request))
    if not form.validate():
        return await _page(visit, 422, nudge=form)
    days, seen = whole_number(form.days.data) or 0, whole_number(form.revision.data) or 0
    try:
        await visit.database.write(nudges.wait, visit.slug, days, seen, visit.me.called, visit.now)
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal), nudge=form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, nudge=form)
    return visit.back("/replies", "days")
