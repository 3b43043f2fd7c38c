"""Mail that came back: the right address in one form with sending again, and a mailbox that works again."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.invitations import bounces
from coalition.invitations import records as invitations
from coalition.invitations.rules import may_answer
from coalition.letters import records as letters
from coalition.organisations import records as organisations
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.asking import CorrectionForm
from coalition.web.forms.fields import posted


@at_desk
async def correct(visit: Visit) -> Response:
    form = CorrectionForm(await posted(visit.request))
    if not form.validate():
        return await _page(visit, 422, form)
    id, email = visit.request.path_params["id"], form.corrected.data or ""
    try:
        await visit.database.write(bounces.correct, visit.slug, id, email, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        form.corrected.errors = [str(refusal)]
        return await _page(visit, refusal.status, form)
    except NotSaved:
        return await _page(visit, 503, form, NOT_SAVED)
    return visit.back(f"/organisations/{id}", "corrected")


@at_desk
async def release(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(bounces.release, visit.slug, id, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(visit, refusal.status, CorrectionForm(), str(refusal))
    return visit.back(f"/organisations/{id}", "released")


async def _page(visit: Visit, status: int, form: CorrectionForm, problem: str = "") -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = invitations.invitation(connection, visit.request.path_params["id"], letter.id)
        stop = organisations.mail_stop(connection, one.email)
        return {"letter": letter, "one": one, "stop": stop, "is_open": may_answer(one, letter, visit.now)}

    return visit.page("bounced.html", status, form=form, problem=problem, **await visit.database.read(look))
