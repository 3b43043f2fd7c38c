"""An organisation's logo: sent, looked at, permitted, taken away."""

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.endorsements import records as endorsements
from coalition.invitations import records as invitations
from coalition.letters import records as letters
from coalition.organisations import actions, directory
from coalition.web import pictures
from coalition.web.desk.directory.everyone import back, id_of, organisation_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.directory import PermissionForm
from coalition.web.forms.fields import posted, put


@at_desk
async def picture(visit: Visit) -> Response:
    one = await visit.database.read(directory.organisation, id_of(visit))
    return pictures.picture(visit.site, one.logo, visit.request.headers.get("if-none-match"))


@at_desk
async def of_endorsement(visit: Visit) -> Response:
    """The picture that came with an organisation's endorsement of one letter."""

    def look(connection: Connection) -> str | None:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = invitations.invitation(connection, id_of(visit), letter.id)
        given = endorsements.of_organisation(connection, letter.id, one.organisation_id)
        return given.logo if given else None

    sha256 = await visit.database.read(look)
    return pictures.picture(visit.site, sha256, visit.request.headers.get("if-none-match"))


@at_desk
async def send(visit: Visit) -> Response:
    data = await posted(visit.request, files=1)
    await visit.database.read(directory.organisation, id_of(visit))  # there is one to keep it for
    try:
        sha256 = await pictures.keep(visit.site, data.get("logo"))
        await visit.database.write(actions.keep_logo, id_of(visit), sha256, visit.me, visit.now)
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal))
    except (NotSaved, OSError):
        return await organisation_page(visit, 503, NOT_SAVED)
    finally:
        await data.close()
    return back(id_of(visit), "logo")


@at_desk
async def permit(visit: Visit) -> Response:
    form = PermissionForm(await posted(visit.request))
    on = form.on.data if form.validate() else None
    if on is None:
        one = await visit.database.read(directory.organisation, id_of(visit))
        problem = "" if one.logo else "There is no logo that could be printed. Send one first."
        return await organisation_page(visit, 422, problem, permission=form)
    if on > visit.now.date():
        put(form, {"on": "The day has not come yet. Give the day on which the permission was given."})
        return await organisation_page(visit, 422, permission=form)
    given = (form.logo.data or "", form.by.data or "", on)
    try:
        await visit.database.write(actions.permit_logo, id_of(visit), *given, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal), permission=form)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED, permission=form)
    return back(id_of(visit), "permitted")


@at_desk
async def remove(visit: Visit) -> Response:
    await posted(visit.request)
    try:
        await visit.database.write(actions.remove_logo, id_of(visit), visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal))
    return back(id_of(visit), "unlogo")
