"""What the desk does with the links of one organisation: taken back, replaced, open for longer."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.invitations import linking
from coalition.invitations import records as invitations
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.web.desk.organisation.page import is_first, organisation_page
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.asking import ExtendForm
from coalition.web.forms.fields import posted


@at_desk
async def revoke(visit: Visit) -> Response:
    await posted(visit.request)

    def deed(connection: Connection, letter: Letter, id: int, now: datetime) -> None:
        linking.revoke(connection, letter.slug, [id], visit.me.called, now)

    return await _done(visit, deed, "revoked")


@at_desk
async def rotate(visit: Visit) -> Response:
    data = await posted(visit.request)

    def deed(connection: Connection, letter: Letter, id: int, now: datetime) -> None:
        if is_first(connection, visit, data) and not linking.rotate(
            connection, letter.slug, [id], visit.me.called, now
        ):
            raise Refused(
                "Nothing was replaced: there is no link, the list is closed for them, or their address takes no mail."
            )

    return await _done(visit, deed, "replaced")


@at_desk
async def extend(visit: Visit) -> Response:
    form = ExtendForm(await posted(visit.request))
    if not form.validate():
        return await organisation_page(visit, 422, extend=form)

    def deed(connection: Connection, letter: Letter, id: int, now: datetime) -> None:
        linking.extend(connection, letter.slug, [id], form.moment(letter.time_zone), visit.me.called, now)

    return await _done(visit, deed, "extended", form)


async def _done(
    visit: Visit,
    deed: Callable[[Connection, Letter, int, datetime], None],
    done: str,
    form: ExtendForm | None = None,
) -> Response:
    id = visit.request.path_params["id"]

    def do(connection: Connection) -> None:
        letter = letters.letter_by_slug(connection, visit.slug)
        invitations.invitation(connection, id, letter.id)
        deed(connection, letter, id, visit.now)

    try:
        await visit.database.write(do)
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return await organisation_page(visit, refusal.status, str(refusal), extend=form)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED, extend=form)
    return visit.back(f"/organisations/{id}", done)
