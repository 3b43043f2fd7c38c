"""What a signed link opens. Reading changes nothing."""

from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.refused import Gone, NotFound, Refused
from coalition.endorsements import records as endorsements
from coalition.invitations import actions as invitations
from coalition.invitations import calendar
from coalition.invitations.rules import MOVES, check_answer, closes
from coalition.letters import records as letters
from coalition.people import records as people
from coalition.printings import records as printings
from coalition.printings.actions import version_sheet
from coalition.printings.press.layout import content_hash
from coalition.web import pictures
from coalition.web.answer import logo
from coalition.web.answer.ended import link_page
from coalition.web.answer.look import Look, look_of, nonce_of, show
from coalition.web.answer.suggesting import quoted
from coalition.web.errors import error_page
from coalition.web.forms.fields import posted
from coalition.web.pdf import pdf_response
from coalition.web.site import Site, site_of


async def page(request: Request) -> Response:
    site = site_of(request)
    try:
        look = await site.database.read(look_of, nonce_of(request, site), clock.now())
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    _note_fetch(request, look)
    return show(request, look, suggest=quoted(request, look), done=request.query_params.get("done", ""))


def _note_fetch(request: Request, look: Look) -> None:
    """The one thing that loading a page may change: that its link was loaded once. It waits for nothing, and where it
    cannot be kept nobody is worse off."""
    if request.method != "GET" or look.link.only_looks or look.invitation.status not in MOVES["fetch"][0]:
        return
    try:
        site_of(request).database.write_soon(invitations.mark_fetched, look.invitation.id, clock.now())
    except NotSaved:  # the site is ending
        pass


async def letter_pdf(request: Request) -> Response:
    site = site_of(request)

    def look(connection: Connection) -> tuple[str, printings.Pdf | None]:
        found = invitations.opened(connection, nonce_of(request, site), clock.now())
        version = letters.version(connection, found.letter.id, found.letter.version)
        return found.letter.slug, printings.pdf(connection, content_hash(version_sheet(version, found.letter.paper)))

    try:
        slug, pdf = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    return pdf_response(request, pdf, f"{slug}.pdf")


async def picture(request: Request) -> Response:
    """The logo that this link's form names with `kept`, or else the one of its endorsement."""
    site = site_of(request)
    nonce = nonce_of(request, site)

    def look(connection: Connection) -> str | None:
        found = invitations.opened(connection, nonce, clock.now())
        if "kept" in request.query_params:
            return logo.claimed(site, nonce, request.query_params["kept"])
        given = endorsements.of_organisation(connection, found.letter.id, found.invitation.organisation_id)
        # Who only looks sees what everybody will see in print.
        return given.logo if given and (given.show_logo or not found.link.view_only_since) else None

    try:
        sha256 = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    return pictures.picture(site, sha256)


async def deadline_entry(request: Request) -> Response:
    """The deadlines for the holder's calendar. Fetching them changes nothing."""
    site, now = site_of(request), clock.now()

    def look(connection: Connection) -> tuple[str, bytes]:
        found = invitations.opened(connection, nonce_of(request, site), now)
        letter, one = found.letter, found.invitation
        check_answer(one, letter, now)
        coordinator = people.coordinator(connection, letter.coordinator_id)
        return letter.slug, calendar.entry(letter, one, closes(one, letter) or now, coordinator, _host(site), now)

    try:
        slug, entry = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    except Refused as refusal:
        return error_page(request, refusal.status, str(refusal))
    headers = {"Content-Disposition": f'attachment; filename="{slug}-deadline.ics"'}
    return Response(entry, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


def _host(site: Site) -> str:
    return urlsplit(site.settings.base_url).hostname or "localhost"


async def read(request: Request) -> Response:
    """A person has touched the page. Told by its script after a real tap, key or click; never by loading it."""
    site = site_of(request)
    await posted(request)
    try:
        await site.database.write(invitations.mark_read, nonce_of(request, site), clock.now())
    except Refused as refusal:
        return error_page(request, refusal.status, str(refusal))
    return Response(status_code=204)
