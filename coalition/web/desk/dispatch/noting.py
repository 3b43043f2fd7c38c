"""A delivery that happened outside of here: noted, corrected, taken back, with its proof."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.dispatch import noting, records
from coalition.dispatch.noting import Unclear
from coalition.dispatch.rules import Dispatch, Proof
from coalition.dispatch.telling import addressees
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.printings import records as printings
from coalition.web.desk.dispatch import proofs
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.dispatch import NotedForm
from coalition.web.forms.fields import posted, put, whole_number


@at_desk
async def write(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, status: int = 200, problem: str = "", form: NotedForm | None = None) -> Response:
    """The form for a new one, or for the one that the address names, with what is noted of it."""
    id = visit.request.path_params.get("id")

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = records.dispatch(connection, id, letter.id) if id is not None else None
        return {
            "letter": letter,
            "state": letter_rules.state(letter, visit.now),
            "one": one,
            "printings": printings.all_printings(connection, letter.id),
            "relied_on": noting.is_relied_on(connection, letter.id) or noting.is_told(connection, letter.id),
        }

    values = await visit.database.read(look)
    letter, one = values["letter"], values["one"]
    if one and one.way == "mail":
        raise NotFound("There is no such delivery of this letter.")
    form = form or (_filled(one) if one else NotedForm(data={"whom": addressees(letter.text), "way": "handed"}))
    form.offer([printing.number for printing in values["printings"]])
    form.kept_proof.data = proofs.signed(visit.site, visit.slug, form.kept)
    return visit.page("dispatch_noted.html", status, problem=problem, form=form, done=visit.done, **values)


def _filled(one: Dispatch) -> NotedForm:
    form = NotedForm(data=vars(one) | {"printing": str(one.printing), "proof": None})
    form.kept = proof_of(one)
    return form


def proof_of(one: Dispatch) -> Proof | None:
    return Proof(one.proof, one.proof_kind, one.proof_name) if one.proof else None


@at_desk
async def note(visit: Visit) -> Response:
    """A new one, or a correction of the one that the address names."""
    id = visit.request.path_params.get("id")
    data = await posted(visit.request, files=1)
    form = NotedForm(data)
    try:
        await proofs.look_through(visit.site, visit.slug, form, data)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form)
    if any(field.errors for field in form):
        return await _page(visit, 422, form=form)
    try:
        seen, who = whole_number(form.revision.data) or 0, visit.me.called
        if id is not None:
            done = await visit.database.write(noting.correct, visit.slug, id, form.noted(), seen, who, visit.now)
        else:
            done = await visit.database.write(noting.note, visit.slug, form.noted(), who, visit.now)
    except Unclear as unclear:
        put(form, unclear.problems)
        return await _page(visit, 422, form=form)
    except Refused as refusal:
        if id is not None and isinstance(refusal, Overtaken):
            form.revision.data = str(await visit.database.read(_revision, visit.slug, id))
        return await _page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form)
    return visit.back("/dispatch", "corrected" if done[1] == "corrected" else "noted")


def _revision(connection: Connection, slug: str, id: int) -> int:
    return records.dispatch(connection, id, letters.letter_by_slug(connection, slug).id).revision


@at_desk
async def take_back(visit: Visit) -> Response:
    await posted(visit.request)
    try:
        id = visit.request.path_params["id"]
        await visit.database.write(noting.take_back, visit.slug, id, visit.me.called, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED)
    return visit.back("/dispatch", "undone")


@at_desk
async def proof(visit: Visit) -> Response:
    def look(connection: Connection) -> Dispatch:
        letter = letters.letter_by_slug(connection, visit.slug)
        return records.dispatch(connection, visit.request.path_params["id"], letter.id)

    return proofs.answer(visit.site, proof_of(await visit.database.read(look)))
