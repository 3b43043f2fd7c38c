"""What mail providers post: bounces and complaints, to an address that only they were told."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from coalition.base import clock
from coalition.base.mail import webhook
from coalition.base.refused import NotFound
from coalition.endorsements.revising import not_told
from coalition.invitations import bounces
from coalition.web.site import site_of

LARGEST = 1024 * 1024  # bytes of one notice, a returned mail with it


async def postmark(request: Request) -> Response:
    """Taken once: 200 again for what was taken before, so that it is not posted for ever."""
    site = site_of(request)
    if site.links.nonce("webhook", request.path_params["token"]) != "postmark":
        raise NotFound("There is nothing at this address. `python -m coalition bounce --webhook` prints the right one.")
    try:
        notice = webhook.read(await _body(request))
    except webhook.NotANotice as problem:
        return JSONResponse({"error": str(problem)}, 422)
    if notice.verdict is None:
        return JSONResponse({"done": "It changes nothing here."})
    done = await site.database.write(bounces.take_notice, notice, site.links, clock.now(), not_told)
    return JSONResponse({"done": done})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise HTTPException(413)
    return bytes(body)
