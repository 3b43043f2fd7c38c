"""Is this PDF a printing of ours, and whole? Anybody may ask; nothing of what is sent is kept. And the certificate."""

import asyncio

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from coalition.base import clock
from coalition.base.limits import source
from coalition.base.refused import TooMany
from coalition.printings.sealing import keys, verdicts
from coalition.printings.sealing.verdicts import Verdict
from coalition.printings.sealing.verifying import LARGEST
from coalition.web.forms.fields import posted
from coalition.web.site import Site, etag, site_of

NO_FILE = "Choose the PDF first."
TOO_LARGE = (
    f"This file is larger than {LARGEST // 2**20} MB, so it was not looked at. The command line takes larger ones."
)


async def verify(request: Request) -> Response:
    """GET shows the form; POST says what the file is, and keeps nothing of it."""
    if request.method != "POST":
        return await _page(request)
    site = site_of(request)
    try:
        site.verify_limit.take(source(request.client.host if request.client else ""))
    except TooMany as refusal:
        return await _page(request, 429, problem=str(refusal), headers={"Retry-After": str(refusal.after)})
    data = await posted(request, files=1, fields=5)
    file = data.get("file")
    pdf = await file.read(LARGEST + 1) if isinstance(file, UploadFile) and file.filename else None
    await data.close()  # a file that was sent lies on the disk until then
    if pdf is None:
        return await _page(request, 422, problem=NO_FILE)
    if len(pdf) > LARGEST:
        return await _page(request, 413, problem=TOO_LARGE)
    certificates = await _certificates(site)
    verdict = await asyncio.to_thread(
        verdicts.verify, site.database, site.store, site.verifier, certificates, pdf, clock.now()
    )
    return await _page(request, verdict=verdict)


async def _page(
    request: Request,
    status: int = 200,
    *,
    verdict: Verdict | None = None,
    problem: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    site = site_of(request)
    prints = [keys.fingerprint(one) for one in await _certificates(site)]
    return site.page(
        "public/verify.html", status, headers, verdict=verdict, problem=problem, prints=prints, most=LARGEST
    )


async def certificate(request: Request) -> Response:
    """The certificates printings were sealed with, the present one first, at an address that stays."""
    body = "".join(await _certificates(site_of(request))).encode()
    headers = {"ETag": etag(body), "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(body, media_type="application/x-pem-file", headers=headers)


async def _certificates(site: Site) -> tuple[str, ...]:
    folder = keys.folder_of(site.settings)
    found = keys.published(folder)
    if not found:  # nothing was ever sealed: the key is made now, so that whoever asks can pin it
        await asyncio.to_thread(keys.key_of, site.settings, clock.now())
        found = keys.published(folder)
    return found
