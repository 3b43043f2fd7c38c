"""An organisation's logo: sent, looked at, permitted, taken away."""

import asyncio
import hashlib
import threading

from starlette.datastructures import UploadFile
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Refused
from coalition.organisations import actions, directory, logos
from coalition.web.desk.directory import back, id_of, organisation_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.directory import PermissionForm
from coalition.web.forms.fields import posted, put

_DECODING = threading.Lock()  # one at a time: a picture takes a hundred megabytes while it is decoded


@at_desk
async def picture(visit: Visit) -> Response:
    one = await visit.database.read(directory.organisation, id_of(visit))
    png = visit.site.logos.get(one.logo) if one.logo else None
    if png is None:
        raise NotFound("There is no logo of this organisation.")
    headers = {"ETag": f'"{one.logo}"'}
    if visit.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(png, media_type="image/png", headers=headers)


@at_desk
async def send(visit: Visit) -> Response:
    data = await posted(visit.request, files=1)
    file = data.get("logo")
    content = await file.read(logos.LARGEST_FILE + 1) if isinstance(file, UploadFile) else b""
    await data.close()
    await visit.database.read(directory.organisation, id_of(visit))  # there is one to keep it for
    try:
        sha256 = await asyncio.to_thread(_keep, visit, content)
        await visit.database.write(actions.keep_logo, id_of(visit), sha256, visit.me, visit.now)
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal))
    except (NotSaved, OSError):
        return await organisation_page(visit, 503, NOT_SAVED)
    return back(id_of(visit), "logo")


def _keep(visit: Visit, content: bytes) -> str:
    with _DECODING:
        png = logos.reencoded(content)
    sha256 = hashlib.sha256(png).hexdigest()
    visit.site.logos.put(sha256, png)
    return sha256


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
