"""A printing by its own link: what a mail carries where the PDF would be too large. It opens that printing only."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from coalition.base import clock
from coalition.base.refused import NotFound
from coalition.dispatch import records
from coalition.letters import records as letters
from coalition.letters.rules import embargo_over
from coalition.printings import records as printings
from coalition.web.pdf import pdf_response
from coalition.web.site import site_of


async def by_link(request: Request) -> Response:
    site = site_of(request)
    nonce = site.links.nonce("printing", request.path_params["token"])

    def look(connection: Connection) -> tuple[str, printings.Pdf | None]:
        letter_id, number = records.linked_printing(connection, nonce)
        letter = letters.letter(connection, letter_id)
        if not embargo_over(letter, clock.now()):
            raise NotFound("What this link opens may not be seen yet. Try again later.")
        printing = printings.printing(connection, letter_id, number)
        return f"{letter.slug}-printing-{number}.pdf", printings.pdf(connection, printing.content)

    filename, found = await site.database.read(look)
    return pdf_response(request, found, filename)
