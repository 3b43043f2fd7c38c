"""The versions of a letter, each at an address of its own: in public, and for whoever holds a link."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from coalition.base import clock
from coalition.base.refused import Gone, NotFound
from coalition.invitations import actions as invitations
from coalition.letters import records as letters
from coalition.letters.differences import differences
from coalition.letters.rules import Letter
from coalition.web.answer.ended import link_page
from coalition.web.public import public_letter
from coalition.web.site import Site, letter_html, site_of


def shown(connection: Connection, site: Site, letter: Letter, number: int) -> dict[str, Any]:
    """One version, and what is different in the newest. Raises NotFound."""
    version = letters.version(connection, letter.id, number)
    return {
        "letter": letter,
        "version": version,
        "editions": letters.editions(connection, letter.id),
        "html": letter_html(site, version.text),
        "parts": differences(version.text, letter.text),
    }


async def in_public(request: Request) -> Response:
    site, number = site_of(request), request.path_params["number"]

    def look(connection: Connection) -> dict[str, Any]:
        return shown(connection, site, public_letter(connection, request.path_params["slug"]), number)

    values = await site.database.read(look)
    up = f"/letters/{values['letter'].slug}"
    return site.page("public/version.html", up=up, versions=f"{up}/versions", **values)


async def by_link(request: Request) -> Response:
    site, number = site_of(request), request.path_params["number"]
    nonce = site.links.nonce("invitation", request.path_params["token"])

    def look(connection: Connection) -> dict[str, Any]:
        letter = invitations.opened(connection, nonce, clock.now()).letter
        letters.version(connection, letter.id, number)
        return shown(connection, site, letter, number)

    try:
        values = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        if "version" in str(refusal):
            raise
        return await link_page(request, refusal)
    up = f"/e/{request.path_params['token']}"
    return site.page("public/version.html", up=up, versions=f"{up}/versions", **values)
