"""The invitation: its words, how each organisation will see it, a test to oneself, and sending it now or at an hour."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from coalition.base import clock, mailed
from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused, TooMany
from coalition.base.text import fold
from coalition.invitations import actions, preparing
from coalition.invitations import records as invitations
from coalition.invitations.mail import preview
from coalition.invitations.rules import Invitation
from coalition.invitations.wording import INVITATION, PLACEHOLDERS, Wording
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.people import records as people
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.dev import in_a_frame
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.asking import HourForm, InvitationForm
from coalition.web.forms.fields import posted, put, whole_number

FOUND = 10  # organisations that a search for one to look as shows
SAID = ("queued", "stopped", "moved")  # numbers that the address of the page carries after a deed


@at_desk
async def page(visit: Visit) -> Response:
    return await _page(visit)


async def _page(
    visit: Visit,
    status: int = 200,
    *,
    form: InvitationForm | None = None,
    hour: HourForm | None = None,
    problem: str = "",
    given: FormData | None = None,
) -> Response:
    """`given` is what was posted, when a post is answered by this page; else the page's address says what to show."""
    asked = given or visit.request.query_params
    picked = sorted(_picked(asked.getlist("pick")))
    proposed = asked.get("words") == "proposed"  # shown in the form, and saved only by its button
    search = str(asked.get("q", "")).replace("\0", "")[:100]

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        waiting, first = invitations.to_ask(connection, letter.id, picked or None)
        one = _seen_as(connection, letter, str(asked.get("as", "")), first)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "coordinator": people.coordinator(connection, letter.coordinator_id),
            "place": clock.place(letter.time_zone),
            "waiting": waiting,
            "one": one,
            "mail": preview(connection, letter, one, visit.now),
            "found": invitations.found(connection, letter.id, fold(search), FOUND + 1) if search else [],
            "timed": mailed.timed(connection, letter.id, "invitation", visit.now),
            "form": form or _form(letter, proposed=proposed),
            "is_proposed": not (letter.invitation_subject or letter.invitation_body),
            "proposed": proposed,
        }

    values = await visit.database.read(look)
    return visit.page(
        "invitation.html",
        status,
        hour=hour or HourForm(),
        problem=problem,
        picked=picked,
        search=search,
        most_found=FOUND,
        placeholders=PLACEHOLDERS,
        done="" if given else visit.done,
        said={name: whole_number(visit.request.query_params.get(name)) or 0 for name in SAID},
        **values,
    )


def _picked(values: list[Any]) -> set[int]:
    return {id for value in values if (id := whole_number(value)) is not None}


def _seen_as(connection: Connection, letter: Letter, given: str, first: int | None) -> Invitation | None:
    """The organisation that was chosen to look as; else the first to be asked, else the first on the list."""
    id = whole_number(given)
    if id is not None:
        return invitations.invitation(connection, id, letter.id)
    if first is not None:
        return invitations.invitation(connection, first)
    return next(iter(invitations.found(connection, letter.id, "", 1)), None)


def _form(letter: Letter, *, proposed: bool) -> InvitationForm:
    own = Wording(letter.invitation_subject, letter.invitation_body)
    words = INVITATION if proposed else own.or_else(INVITATION)
    return InvitationForm(data={**vars(words), "revision": letter.revision})


@at_desk
async def mail(visit: Visit) -> Response:
    """The HTML part of the invitation as one organisation will get it, for the frame of its page."""

    def look(connection: Connection) -> str:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = _seen_as(connection, letter, visit.request.query_params.get("as", ""), None)
        return preview(connection, letter, one, visit.now).html

    return in_a_frame(await visit.database.read(look))


@at_desk
async def write(visit: Visit) -> Response:
    data = await posted(visit.request)
    form = InvitationForm(data)
    if not form.validate():
        return await _page(visit, 422, form=form, given=data)
    try:
        seen = whole_number(form.revision.data) or 0
        await visit.database.write(preparing.write, visit.slug, seen, form.words(), visit.me, visit.now)
    except Refused as refusal:
        if isinstance(refusal, Overtaken):
            letter = await visit.database.read(letters.letter_by_slug, visit.slug)
            form.revision.data = str(letter.revision)
        return await _page(visit, refusal.status, form=form, problem=str(refusal), given=data)
    except NotSaved:
        return await _page(visit, 503, form=form, problem=NOT_SAVED, given=data)
    return _back(visit, data, "saved")


@at_desk
async def test(visit: Visit) -> Response:
    """One mail to the coordinator who asks for it."""
    data = await posted(visit.request)
    seen_by = whole_number(data.get("as"))
    try:
        await visit.database.write(preparing.send_test, visit.slug, seen_by, visit.me, visit.now)
    except TooMany as refusal:
        answer = await _page(visit, refusal.status, problem=str(refusal), given=data)
        answer.headers["Retry-After"] = str(refusal.after)
        return answer
    except NotSaved:
        return await _page(visit, 503, problem=NOT_SAVED, given=data)
    return _back(visit, data, "tested")


@at_desk
async def ask(visit: Visit) -> Response:
    """Sends the invitation, now or at an hour: to those ticked in the tracker, or to everyone not asked yet."""
    data = await posted(visit.request, fields=2100)
    ids = None if data.get("to") == "all" else _picked(data.getlist("pick"))
    later = data.get("when") == "later"
    hour = HourForm(data) if later else None
    if hour and not hour.validate():
        hour.leaves_at.errors = ["Choose a day and a time."]
        return await _page(visit, 422, hour=hour, given=data)
    try:
        leaves_at = await _hour(visit, hour) if hour else None
        asked = await visit.database.write(
            actions.ask, visit.slug, ids, visit.me.called, visit.now, leaves_at=leaves_at
        )
    except Refused as refusal:
        if hour and refusal.status == 422:
            put(hour, {"leaves_at": str(refusal)})
            return await _page(visit, 422, hour=hour, given=data)
        return await _page(visit, refusal.status, problem=str(refusal), given=data)
    except NotSaved:
        return await _page(visit, 503, hour=hour, problem=NOT_SAVED, given=data)
    where, done = ("/invitation", "timed") if later else ("", "asked")
    query = f"done={done}&queued={asked.queued}&stopped={len(asked.stopped)}"
    return RedirectResponse(f"/desk/letters/{visit.slug}{where}?{query}", 303)


async def _hour(visit: Visit, form: HourForm) -> datetime:
    """What was typed, by the clocks of the letter's time zone."""
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if form.leaves_at.data is None:
        raise Refused("Choose a day and a time.")
    return clock.moment(form.leaves_at.data, letter.time_zone)


@at_desk
async def cancel(visit: Visit) -> Response:
    """What waits for an hour does not leave."""
    return await _waiting(visit, preparing.cancel, "cancelled")


@at_desk
async def send_now(visit: Visit) -> Response:
    """What waits for an hour leaves now."""
    return await _waiting(visit, preparing.send_now, "hastened")


async def _waiting(visit: Visit, deed: Any, done: str) -> Response:
    """Of one hour as the page showed it, or of one organisation."""
    data = await posted(visit.request)
    leaves_at, ids = _moment(str(data.get("leaves_at", ""))), _picked(data.getlist("pick"))
    if leaves_at is None and not ids:
        return await _page(visit, 422, problem="Choose again which invitations you mean.", given=data)
    try:
        moved = await visit.database.write(deed, visit.slug, visit.me, visit.now, leaves_at=leaves_at, ids=ids or None)
    except Refused as refusal:
        return await _page(visit, refusal.status, problem=str(refusal), given=data)
    except NotSaved:
        return await _page(visit, 503, problem=NOT_SAVED, given=data)
    if len(ids) == 1:
        return visit.back(f"/organisations/{next(iter(ids))}", done if moved else "left")
    query = f"done={done if moved else 'left'}&moved={moved}"
    return RedirectResponse(f"/desk/letters/{visit.slug}/invitation?{query}", 303)


def _moment(given: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(given)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):  # the first and last days of the calendar
        return None


def _back(visit: Visit, data: FormData, done: str) -> Response:
    """To the page, seen as the same organisation."""
    seen_by = whole_number(data.get("as"))
    query = urlencode({"as": seen_by, "done": done} if seen_by else {"done": done})
    return RedirectResponse(f"/desk/letters/{visit.slug}/invitation?{query}", 303)
