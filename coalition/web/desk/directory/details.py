"""What the directory says of an organisation, as a form: to add one, and to edit it."""

from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.invitations import renaming
from coalition.organisations import actions, directory
from coalition.organisations.actions import Known
from coalition.organisations.rules import APPROVERS
from coalition.web.desk.directory.everyone import back, id_of
from coalition.web.desk.lists.register import LookUp, looked_up, no_look_up
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.directory import DetailsForm, NewForm
from coalition.web.forms.fields import posted, whole_number


@at_desk
async def add_page(visit: Visit) -> Response:
    return _add_page(visit, NewForm(), no_look_up(visit))


def _add_page(
    visit: Visit, form: NewForm, look_up: LookUp, status: int = 200, problem: str = "", known: int | None = None
) -> Response:
    return visit.page(
        "directory_add.html",
        status,
        section="directory",
        form=form,
        look_up=look_up,
        problem=problem,
        known=known,
    )


@at_desk
async def add(visit: Visit) -> Response:
    data = await posted(visit.request)
    form, off = NewForm(data), no_look_up(visit)
    if found := await looked_up(visit, form, data):
        return _add_page(visit, form, found)
    if not form.validate():
        return _add_page(visit, form, off, 422)
    try:
        id = await visit.database.write(actions.add, form.details(), form.contact(), visit.me, visit.now)
    except Known as refusal:
        return _add_page(visit, form, off, refusal.status, str(refusal), refusal.id)
    except NotSaved:
        return _add_page(visit, form, off, 503, NOT_SAVED)
    return back(id, "added")


@at_desk
async def edit_page(visit: Visit) -> Response:
    one = await visit.database.read(directory.organisation, id_of(visit))
    if one.merged_into is not None:
        return back(one.id)
    form = DetailsForm(data={**vars(one.details), "revision": one.revision})
    return await _edit_page(visit, form, no_look_up(visit))


async def _edit_page(
    visit: Visit, form: DetailsForm, look_up: LookUp, status: int = 200, problem: str = ""
) -> Response:
    one = await visit.database.read(directory.organisation, id_of(visit))
    return visit.page(
        "directory_edit.html",
        status,
        section="directory",
        one=one,
        form=form,
        look_up=look_up,
        problem=problem,
        approvers=APPROVERS,
        overtaken=status == Overtaken.status,
    )


@at_desk
async def edit(visit: Visit) -> Response:
    data = await posted(visit.request)
    form, off = DetailsForm(data), no_look_up(visit)
    if found := await looked_up(visit, form, data):
        return await _edit_page(visit, form, found)
    if not form.validate():
        return await _edit_page(visit, form, off, 422)
    try:
        seen = whole_number(form.revision.data) or 0
        await visit.database.write(renaming.edit, id_of(visit), seen, form.details(), visit.me, visit.now)
    except NotFound:
        raise
    except Overtaken as refusal:
        one = await visit.database.read(directory.organisation, id_of(visit))
        form.revision.data = str(one.revision)
        return await _edit_page(visit, form, off, refusal.status, str(refusal))
    except Refused as refusal:
        return await _edit_page(visit, form, off, refusal.status, str(refusal))
    except NotSaved:
        return await _edit_page(visit, form, off, 503, NOT_SAVED)
    return back(id_of(visit), "saved")
