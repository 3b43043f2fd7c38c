"""The directory: all organisations, and the page of each with its contacts, logo and what it was asked before."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.endorsements import before, unmerging
from coalition.history import records as history
from coalition.invitations import renaming
from coalition.invitations.rules import STATUSES
from coalition.organisations import actions, directory
from coalition.organisations.directory import PAGE, Filter
from coalition.organisations.rules import APPROVERS, preferred
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.directory import ContactForm, PermissionForm
from coalition.web.forms.fields import posted, whole_number

HOME = "/desk/directory"


@at_desk
async def everyone(visit: Visit) -> Response:
    wanted = _filter(visit)

    def look(connection: Connection) -> dict[str, Any]:
        other = Filter(archived=not wanted.archived)
        return {
            "rows": directory.listed(connection, wanted),
            "total": directory.count(connection, wanted),
            "in_use": directory.count(connection, Filter()),
            "archived": directory.count(connection, Filter(archived=True)),
            "elsewhere": directory.count(connection, Filter(wanted.search, other.archived)) if wanted.search else 0,
        }

    return visit.page(
        "directory.html",
        section="directory",
        **await visit.database.read(look),
        wanted=wanted,
        first=(wanted.page - 1) * PAGE + 1,
        address=lambda **changes: _address(wanted, **changes),
    )


def _filter(visit: Visit) -> Filter:
    given = visit.request.query_params
    return Filter(
        search=given.get("q", "").replace("\0", "")[:100],
        archived=given.get("show") == "archived",
        sort="-name" if given.get("sort") == "-name" else "name",
        page=whole_number(given.get("page"), 100_000) or 1,
    )


def _address(wanted: Filter, **changes: object) -> str:
    """This list with some parts of its address changed; another filter or order begins at page 1."""
    parts: dict[str, object] = {
        "show": "archived" if wanted.archived else "",
        "q": wanted.search,
        "sort": "" if wanted.sort == "name" else wanted.sort,
    }
    parts |= changes
    query = urlencode({name: value for name, value in parts.items() if value and (name, value) != ("page", 1)})
    return HOME + (f"?{query}" if query else "")


# One organisation.


def id_of(visit: Visit) -> int:
    id: int = visit.request.path_params["id"]
    return id


def back(id: int, done: str = "") -> Response:
    """To the organisation's page, after a deed; `done` picks the sentence that is shown there."""
    return RedirectResponse(f"{HOME}/{id}" + (f"?done={done}" if done else ""), 303)


@at_desk
async def organisation(visit: Visit) -> Response:
    return await organisation_page(visit)


async def organisation_page(
    visit: Visit,
    status: int = 200,
    problem: str = "",
    contact: ContactForm | None = None,
    permission: PermissionForm | None = None,
) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        one = directory.organisation(connection, id_of(visit))
        people = directory.people(connection, one.id)
        asked = before.asked_before(connection, one.id)
        merged = unmerging.standing(connection, one.id)
        return {
            "one": one,
            "into": directory.organisation(connection, one.merged_into) if one.merged_into else None,
            "people": people,
            "preferred": preferred(people),
            "asked": asked,
            "last_asked": before.last_asked(asked),
            "alike": directory.alike(connection, one) if one.in_use else [],
            "merged": [(merge, unmerging.in_the_way(connection, merge)) for merge in merged],
            "entries": history.about(connection, history.SITE, one.id),
        }

    values = await visit.database.read_long(look)  # it is compared with the whole directory
    return visit.page(
        "directory_organisation.html",
        status,
        section="directory",
        approvers=APPROVERS,
        statuses=STATUSES,
        problem=problem,
        contact=contact or ContactForm(),
        permission=permission or PermissionForm(data={"on": visit.now.date(), "logo": values["one"].logo}),
        done=visit.done,
        **values,
    )


@at_desk
async def archive(visit: Visit) -> Response:
    await posted(visit.request)
    return await _done(visit, actions.archive, "archived")


@at_desk
async def bring_back(visit: Visit) -> Response:
    await posted(visit.request)
    return await _done(visit, actions.bring_back, "back")


async def _done(visit: Visit, deed: Any, done: str, *values: Any) -> Response:
    """One deed on an organisation, with its refusal on the organisation's own page."""
    try:
        await visit.database.write(lambda connection: deed(connection, id_of(visit), *values, visit.me, visit.now))
    except NotFound:
        raise
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal))
    return back(id_of(visit), done)


# Contacts.


@at_desk
async def add_contact(visit: Visit) -> Response:
    form = ContactForm(await posted(visit.request))
    if not form.validate():
        return await organisation_page(visit, 422, contact=form)
    typed = (form.email.data or "", form.contact_name.data or "", form.contact_role.data or "")
    try:
        await visit.database.write(actions.add_person, id_of(visit), *typed, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED, form)
    return back(id_of(visit), "contact")


def _contact_id(visit: Visit) -> int:
    id: int = visit.request.path_params["contact"]
    return id


@at_desk
async def contact_page(visit: Visit) -> Response:
    person = await visit.database.read(directory.person, id_of(visit), _contact_id(visit))
    form = ContactForm(data={"contact_name": person.name, "email": person.email, "contact_role": person.role})
    return await _contact_page(visit, form, person.seen)


async def _contact_page(visit: Visit, form: ContactForm, seen: str, status: int = 200, problem: str = "") -> Response:
    one = await visit.database.read(directory.organisation, id_of(visit))
    person = await visit.database.read(directory.person, one.id, _contact_id(visit))
    return visit.page(
        "directory_contact.html",
        status,
        section="directory",
        one=one,
        person=person,
        form=form,
        seen=seen,
        problem=problem,
    )


@at_desk
async def edit_contact(visit: Visit) -> Response:
    data = await posted(visit.request)
    form, seen = ContactForm(data), str(data.get("seen", ""))
    if not form.validate():
        return await _contact_page(visit, form, seen, 422)
    typed = (form.email.data or "", form.contact_name.data or "", form.contact_role.data or "")
    ids = (id_of(visit), _contact_id(visit))
    try:
        await visit.database.write(renaming.edit_person, *ids, seen, *typed, visit.me, visit.now)
    except NotFound:
        raise
    except Overtaken as refusal:
        person = await visit.database.read(directory.person, *ids)
        return await _contact_page(visit, form, person.seen, refusal.status, str(refusal))
    except Refused as refusal:
        return await _contact_page(visit, form, seen, refusal.status, str(refusal))
    except NotSaved:
        return await _contact_page(visit, form, seen, 503, NOT_SAVED)
    return back(id_of(visit), "contact")


@at_desk
async def contact_left(visit: Visit) -> Response:
    await posted(visit.request)
    return await _done(visit, actions.person_left, "left", _contact_id(visit))


@at_desk
async def contact_back(visit: Visit) -> Response:
    await posted(visit.request)
    return await _done(visit, actions.person_back, "contact", _contact_id(visit))


@at_desk
async def prefer_contact(visit: Visit) -> Response:
    await posted(visit.request)
    return await _done(visit, actions.prefer, "preferred", _contact_id(visit))
