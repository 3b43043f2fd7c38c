"""How a letter is printed: paper, setting, signatories, letterhead."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.letters import printed, rules
from coalition.letters import records as letters
from coalition.printings import actions as printing_actions
from coalition.printings import logos
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, put, whole_number
from coalition.web.forms.printed import PageForm, page_form


@at_desk
async def page(visit: Visit) -> Response:
    return await _page(visit)


@at_desk
async def save(visit: Visit) -> Response:
    form = PageForm(await posted(visit.request))
    put(form, printed.problems(form.chosen()))
    if form.errors or any(field.errors for field in form):
        return await _page(visit, form, 422)
    seen = whole_number(form.revision.data) or 0
    try:
        chosen, who = form.chosen(), visit.me.called
        await visit.database.write(printing_actions.choose_page, visit.slug, seen, chosen, who, visit.now)
    except Refused as refusal:
        return await _page(visit, form, refusal.status, str(refusal), fresh=isinstance(refusal, Overtaken))
    except NotSaved:
        return await _page(visit, form, 503, NOT_SAVED)
    return visit.back("/page", "saved")


async def _page(
    visit: Visit, form: PageForm | None = None, status: int = 200, problem: str = "", *, fresh: bool = False
) -> Response:
    """`fresh`: what was chosen is kept, over the revision of now."""

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "leads": logos.of_leads(connection, letter.text.leads),
        }

    values = await visit.database.read(look)
    form = form or page_form(values["letter"])
    if fresh:
        form.revision.data = str(values["letter"].revision)
    return visit.page("printed.html", status, form=form, problem=problem, done=visit.done, **values)
