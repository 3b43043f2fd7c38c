"""What those who are asked would say otherwise: beside the text that is being written, to be taken or answered."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions import taking
from coalition.endorsements.suggestions.beside import beside
from coalition.endorsements.suggestions.records import STATES
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, put, whole_number
from coalition.web.forms.suggesting import AnswerForm

SHOWN = 200  # at once; the others follow when these are answered


@at_desk
async def page(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    return visit.back("/preview") if letter.state == "draft" else await _page(visit)


async def _page(
    visit: Visit, status: int = 200, problem: str = "", typed: AnswerForm | None = None, about: int = 0
) -> Response:
    """`typed` is an answer that was not recorded, `about` the suggestion that it, or the problem, is about."""

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        waiting = suggestions.of_letter(connection, letter.id, "open", SHOWN)
        decided = [
            *suggestions.of_letter(connection, letter.id, "accepted"),
            *suggestions.of_letter(connection, letter.id, "answered"),
            *suggestions.of_letter(connection, letter.id, "withdrawn"),
        ]
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "waiting": suggestions.counts(connection, letter.id).get("open", 0),
            "found": beside(letter.next_text or letter.text, waiting),
            "waited_for": suggestions.waited_for(connection, letter.id),
            "taken": suggestions.pending(connection, letter.id),
            "decided": sorted(
                (one for one in decided if one.state != "accepted" or one.accepted_in is not None),
                key=lambda one: one.decided_at or one.made_at,
                reverse=True,
            ),
        }

    values = await visit.database.read_long(look)
    open_ones = [one for spot in values["found"].spots for one in spot.suggestions]
    open_ones += [one for one, _ in values["found"].astray]
    forms = {one.id: AnswerForm(prefix=f"{one.id}-") for one in open_ones}
    if typed and about in forms:
        forms[about] = typed
    return visit.page(
        "suggestions.html",
        status,
        problem=problem,
        about=about,
        forms=forms,
        unsent=typed.answer.data if typed and about not in forms else "",
        states=STATES,
        shown=SHOWN,
        done=visit.done,
        **values,
    )


@at_desk
async def take(visit: Visit) -> Response:
    """Into the next version's text, as it was when the page was opened."""
    seen = whole_number((await posted(visit.request)).get("revision")) or 0
    id = visit.request.path_params["id"]
    try:
        done = await visit.database.write(taking.take, visit.slug, id, seen, visit.me.called, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal), about=id)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, about=id)
    return visit.back("/suggestions", done)


@at_desk
async def answer(visit: Visit) -> Response:
    id = visit.request.path_params["id"]
    form = AnswerForm(await posted(visit.request), prefix=f"{id}-")
    if not form.validate():
        return await _page(visit, 422, typed=form, about=id)
    words = form.answer.data or ""
    try:
        done = await visit.database.write(taking.answer, visit.slug, id, words, visit.me.called, visit.now)
    except NotFound:
        raise
    except Incomplete as incomplete:
        put(form, incomplete.problems)
        return await _page(visit, 422, typed=form, about=id)
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal), form, id)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form, id)
    return visit.back("/suggestions", done)
