"""Who is asked: adding organisations one by one."""

from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.invitations import actions
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.web.desk.lists.register import LookUp, looked_up, no_look_up
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.asking import OrganisationForm
from coalition.web.forms.fields import options, posted


@at_desk
async def add_page(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    return _add_page(visit, letter, OrganisationForm(), no_look_up(visit))


@at_desk
async def add(visit: Visit) -> Response:
    data = await posted(visit.request)
    form = OrganisationForm(data)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    form.group.choices = options({name: name for name in letter.groups})
    if found := await looked_up(visit, form, data):
        return _add_page(visit, letter, form, found)
    off = no_look_up(visit)
    if not form.validate():
        return _add_page(visit, letter, form, off, 422)
    try:
        await visit.database.write(actions.add, visit.slug, form.values(), form.group.data or "", visit.me, visit.now)
    except Refused as refusal:
        return _add_page(visit, letter, form, off, refusal.status, str(refusal))
    except NotSaved:
        return _add_page(visit, letter, form, off, 503, NOT_SAVED)
    return visit.back("/add", "added")


def _add_page(
    visit: Visit, letter: Letter, form: OrganisationForm, look_up: LookUp, status: int = 200, problem: str = ""
) -> Response:
    form.group.choices = options({name: name for name in letter.groups})
    return visit.page("add.html", status, letter=letter, form=form, look_up=look_up, problem=problem, done=visit.done)
