"""Noting that a printing was delivered."""

from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.printings import delivering
from coalition.printings.delivering import Unclear
from coalition.web.desk.closing import closing_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import one_line, posted, put
from coalition.web.forms.requests import DeliveryForm


@at_desk
async def note(visit: Visit) -> Response:
    form = DeliveryForm(await posted(visit.request))
    if not form.validate():
        return await closing_page(visit, 422, delivery=form)
    on, how, who = form.on.data, one_line(form.how.data), visit.me.called
    try:
        done = await visit.database.write(delivering.note, visit.slug, on, how, who, visit.now)
    except Unclear as unclear:
        put(form, unclear.problems)
        return await closing_page(visit, 422, delivery=form)
    except Refused as refusal:
        return await closing_page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await closing_page(visit, 503, NOT_SAVED, form)
    return visit.back("/printings", {"noted": "delivered", "corrected": "delivery-corrected"}.get(done, "delivered"))


@at_desk
async def take_back(visit: Visit) -> Response:
    await posted(visit.request)
    try:
        await visit.database.write(delivering.take_back, visit.slug, visit.me.called, visit.now)
    except Refused as refusal:
        return await closing_page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await closing_page(visit, 503, NOT_SAVED)
    return visit.back("/printings", "undelivered")
