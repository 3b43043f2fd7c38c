"""Letting somebody at an organisation look at the letter, and ending one person's link."""

from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.invitations import forwarding, looking
from coalition.web.desk.organisation.page import organisation_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import one_line, posted, put
from coalition.web.forms.requests import LookForm


@at_desk
async def let_look(visit: Visit) -> Response:
    form = LookForm(await posted(visit.request))
    form.validate()
    email, name = form.email.data or "", one_line(form.name.data)
    wrong = {} if form.errors else forwarding.problems(email, name, "look")
    put(form, wrong)
    if wrong or form.errors:
        return await organisation_page(visit, 422, look=form)
    id = visit.request.path_params["id"]
    try:
        done = await visit.database.write(
            looking.let_look_from_desk, visit.slug, id, email, name, visit.me.called, visit.now
        )
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return await organisation_page(visit, refusal.status, str(refusal), look=form)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED, look=form)
    return visit.back(f"/organisations/{id}", {"shown": "look", "same": "look-same"}[done])


@at_desk
async def end_one(visit: Visit) -> Response:
    await posted(visit.request)
    id, contact = (visit.request.path_params[name] for name in ("id", "contact"))
    try:
        await visit.database.write(looking.end_one, visit.slug, id, contact, visit.me.called, visit.now)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED)
    return visit.back(f"/organisations/{id}", "one-revoked")
