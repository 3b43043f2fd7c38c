"""What the addressee answered: noted, corrected, taken back, with its file."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.dispatch import replies
from coalition.dispatch.noting import Unclear
from coalition.dispatch.replies import Reply
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.web.desk.dispatch import proofs
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, put, whole_number
from coalition.web.forms.replies import ReplyForm, reply_form


@at_desk
async def write(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, status: int = 200, problem: str = "", form: ReplyForm | None = None) -> Response:
    """The form for a new one, or for the one that the address names."""
    id = visit.request.path_params.get("id")

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = replies.reply(connection, id, letter.id) if id is not None else None
        return {"letter": letter, "state": letter_rules.state(letter, visit.now), "one": one}

    values = await visit.database.read(look)
    one = values["one"]
    form = form or (reply_form(one) if one else ReplyForm())
    form.kept_proof.data = proofs.signed(visit.site, visit.slug, form.kept)
    return visit.page("reply.html", status, problem=problem, form=form, **values)


@at_desk
async def note(visit: Visit) -> Response:
    """A new one, or a correction of the one that the address names."""
    id = visit.request.path_params.get("id")
    data = await posted(visit.request, files=1)
    form = ReplyForm(data)
    try:
        await proofs.look_through(visit.site, visit.slug, form, data)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form)
    if any(field.errors for field in form):
        return await _page(visit, 422, form=form)
    try:
        seen, who = whole_number(form.revision.data) or 0, visit.me.called
        if id is not None:
            done = await visit.database.write(replies.correct, visit.slug, id, form.said(), seen, who, visit.now)
        else:
            done = await visit.database.write(replies.note, visit.slug, form.said(), who, visit.now)
    except Unclear as unclear:
        put(form, unclear.problems)
        return await _page(visit, 422, form=form)
    except NotFound:
        raise
    except Refused as refusal:
        if id is not None and isinstance(refusal, Overtaken):
            form.revision.data = str((await visit.database.read(_named, visit)).revision)
        return await _page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form)
    return visit.back("/replies", "corrected" if done[1] == "corrected" else "noted")


@at_desk
async def take_back(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(replies.take_back, visit.slug, id, visit.me.called, visit.now)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED)
    return visit.back("/replies", "undone")


@at_desk
async def file(visit: Visit) -> Response:
    return proofs.answer(visit.site, (await visit.database.read(_named, visit)).file)


def _named(connection: Connection, visit: Visit) -> Reply:
    letter = letters.letter_by_slug(connection, visit.slug)
    return replies.reply(connection, visit.request.path_params["id"], letter.id)
