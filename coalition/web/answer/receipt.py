"""What a signed link gives to keep: the receipt of what was endorsed, the day to decide for a calendar."""

from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from coalition.base import clock
from coalition.base.refused import Gone, NotFound, Refused
from coalition.endorsements import records as endorsements
from coalition.endorsements import rules
from coalition.invitations import actions as invitations
from coalition.invitations import calendar
from coalition.invitations.rules import check_answer
from coalition.people import records as people
from coalition.printings import receipts, records
from coalition.web.answer.ended import link_page
from coalition.web.answer.look import nonce_of
from coalition.web.errors import error_page
from coalition.web.pdf import pdf_response
from coalition.web.site import site_of


async def receipt_pdf(request: Request) -> Response:
    """One page for their files. Fetching it changes nothing: it was asked for when the endorsement was recorded."""
    site = site_of(request)

    def look(connection: Connection) -> tuple[str, records.Pdf | None]:
        found = invitations.opened(connection, nonce_of(request, site), clock.now())
        letter, one = found.letter, found.invitation
        given = endorsements.of_organisation(connection, letter.id, one.organisation_id)
        if found.link.only_looks:
            raise Refused("This link shows the letter. Its receipt is with whoever answers for the organisation.")
        if given is None or not rules.stands(given, letter) or rules.held(given, letter):
            raise Refused("There is no receipt, because no endorsement by this organisation stands.")
        return letter.slug, receipts.pdf(connection, given.id)

    try:
        slug, pdf = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    except Refused as refusal:
        return error_page(request, 404, str(refusal))
    return pdf_response(request, pdf, f"{slug}-receipt.pdf")


async def later_entry(request: Request) -> Response:
    """The day by which they decide, for the holder's calendar."""
    site, now = site_of(request), clock.now()

    def look(connection: Connection) -> tuple[str, bytes]:
        found = invitations.opened(connection, nonce_of(request, site), now)
        letter, one = found.letter, found.invitation
        check_answer(one, letter, now)
        coordinator = people.coordinator(connection, letter.coordinator_id)
        host = urlsplit(site.settings.base_url).hostname or "localhost"
        return letter.slug, calendar.deciding_entry(letter, one, coordinator, host, now)

    try:
        slug, entry = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    except Refused as refusal:
        return error_page(request, 404, str(refusal))
    headers = {"Content-Disposition": f'attachment; filename="{slug}-decision.ics"'}
    return Response(entry, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)
