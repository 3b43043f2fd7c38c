"""Who is asked: adding organisations, the invitation's words, and sending it."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.invitations import actions
from coalition.invitations import records as invitations
from coalition.invitations.mail import preview
from coalition.letters import actions as letter_actions
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.dev import in_a_frame
from coalition.web.errors import NOT_SAVED
from coalition.web.forms import NoteForm, OrganisationForm, options, posted, whole_number


@at_desk
async def add_page(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    return _add_page(visit, letter, OrganisationForm())


@at_desk
async def add(visit: Visit) -> Response:
    form = OrganisationForm(await posted(visit.request))
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    form.group.choices = options({name: name for name in letter.groups})
    if not form.validate():
        return _add_page(visit, letter, form, 422)
    try:
        await visit.database.write(actions.add, visit.slug, form.values(), form.group.data or "", visit.me, visit.now)
    except Refused as refusal:
        return _add_page(visit, letter, form, refusal.status, str(refusal))
    except NotSaved:
        return _add_page(visit, letter, form, 503, NOT_SAVED)
    return visit.back("/add", "added")


def _add_page(visit: Visit, letter: Letter, form: OrganisationForm, status: int = 200, problem: str = "") -> Response:
    form.group.choices = options({name: name for name in letter.groups})
    return visit.page("add.html", status, letter=letter, form=form, problem=problem, done=visit.done)


@at_desk
async def invitation_page(visit: Visit) -> Response:
    return await _invitation_page(visit)


async def _invitation_page(
    visit: Visit, status: int = 200, form: NoteForm | None = None, problem: str = ""
) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        waiting = invitations.not_asked(connection, letter.id)
        note = form.note.data or "" if form else letter.note
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "waiting": waiting,
            "mail": preview(connection, letter, waiting[0] if waiting else None, note),
            "form": form or NoteForm(data={"note": letter.note, "revision": letter.revision}),
        }

    values = await visit.database.read(look)
    return visit.page("invitation.html", status, problem=problem, done=visit.done, **values)


@at_desk
async def save_note(visit: Visit) -> Response:
    form = NoteForm(await posted(visit.request))
    if not form.validate():
        return await _invitation_page(visit, 422, form)
    try:
        seen = whole_number(form.revision.data) or 0
        await visit.database.write(letter_actions.write_note, visit.slug, seen, form.note.data or "", visit.now)
    except Refused as refusal:
        if isinstance(refusal, Overtaken):
            letter = await visit.database.read(letters.letter_by_slug, visit.slug)
            form.revision.data = str(letter.revision)
        return await _invitation_page(visit, refusal.status, form, str(refusal))
    except NotSaved:
        return await _invitation_page(visit, 503, form, NOT_SAVED)
    return visit.back("/invitation", "saved")


@at_desk
async def ask(visit: Visit) -> Response:
    """Sends the invitation: to those ticked in the tracker, or to everyone not asked yet."""
    data = await posted(visit.request)
    ids = None
    if data.get("to") != "all":
        ids = {id for value in data.getlist("pick") if (id := whole_number(value)) is not None}
    try:
        asked = await visit.database.write(actions.ask, visit.slug, ids, visit.me.called, visit.now)
    except Refused as refusal:
        return await _invitation_page(visit, refusal.status, problem=str(refusal))
    return RedirectResponse(
        f"/desk/letters/{visit.slug}?done=asked&queued={asked.queued}&stopped={len(asked.stopped)}", 303
    )


@at_desk
async def invitation_mail(visit: Visit) -> Response:
    """The HTML part of the invitation as it will go, for the frame of its page."""

    def look(connection: Connection) -> str:
        letter = letters.letter_by_slug(connection, visit.slug)
        waiting = invitations.not_asked(connection, letter.id)
        return preview(connection, letter, waiting[0] if waiting else None, letter.note).html

    return in_a_frame(await visit.database.read(look))
