"""What the desk does with a request: done, for the next printing, or turned down with a word."""

from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.endorsements import requests
from coalition.endorsements.actions import Incomplete
from coalition.web.desk.organisation.page import organisation_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, put
from coalition.web.forms.requests import TurnDownForm


@at_desk
async def done(visit: Visit) -> Response:
    await posted(visit.request)
    id, asked = (visit.request.path_params[name] for name in ("id", "request"))
    try:
        await visit.database.write(requests.done, visit.slug, id, asked, visit.me.called, visit.now)
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return await organisation_page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED)
    return visit.back(f"/organisations/{id}", "request-done")


@at_desk
async def turn_down(visit: Visit) -> Response:
    form = TurnDownForm(await posted(visit.request))
    if not form.validate():
        return await organisation_page(visit, 422, turn_down=form)
    id, asked = (visit.request.path_params[name] for name in ("id", "request"))
    said = form.said.data or ""
    try:
        await visit.database.write(requests.turn_down, visit.slug, id, asked, said, visit.me.called, visit.now)
    except Incomplete as incomplete:
        put(form, incomplete.problems)
        return await organisation_page(visit, 422, turn_down=form)
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return await organisation_page(visit, refusal.status, str(refusal), turn_down=form)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED, turn_down=form)
    return visit.back(f"/organisations/{id}", "request-turned-down")
