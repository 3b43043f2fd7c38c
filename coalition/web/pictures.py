"""Pictures that were sent: made ours in a thread, one at a time, and kept under the hash of what came of them."""

import asyncio
import hashlib

from starlette.datastructures import UploadFile
from starlette.responses import Response

from coalition.base.refused import NotFound
from coalition.organisations import logos
from coalition.web.site import Site


async def keep(site: Site, file: object) -> str:
    """Returns the SHA-256 under which it is kept. Raises Refused with a sentence, or OSError when the disk refuses."""
    content = await file.read(logos.LARGEST_FILE + 1) if isinstance(file, UploadFile) else b""
    # Decoding takes a hundred megabytes; those who wait their turn take no thread from what reads the database.
    async with site.decoding:
        return await asyncio.to_thread(_keep, site, content)


def _keep(site: Site, content: bytes) -> str:
    png = logos.reencoded(content)
    sha256 = hashlib.sha256(png).hexdigest()
    site.logos.put(sha256, png)
    return sha256


def picture(site: Site, sha256: str | None, if_none_match: str | None = None) -> Response:
    """A kept logo as an answer. Raises NotFound."""
    png = site.logos.get(sha256) if sha256 else None
    if png is None:
        raise NotFound("There is no logo here.")
    headers = {"ETag": f'"{sha256}"'}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(png, media_type="image/png", headers=headers)
