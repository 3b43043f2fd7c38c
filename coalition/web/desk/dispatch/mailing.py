"""A printing sent by mail: its words and recipients, what it will look like, sending it, stopping it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.dispatch import before, mail, records, sending
from coalition.dispatch.noting import Unclear
from coalition.dispatch.rules import Dispatch, Draft, Person
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.letters.rules import Letter
from coalition.people import records as people
from coalition.printings import records as printings
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.dev import in_a_frame
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.dispatch import AddressForm, MailForm
from coalition.web.forms.fields import posted, put, whole_number

LOOK_AGAIN_S = 20  # a waiting mail's page loads itself anew, so that it counts down without scripts too


@at_desk
async def write(visit: Visit) -> Response:
    return await _write_page(visit)


async def _write_page(visit: Visit, status: int = 200, problem: str = "", form: MailForm | None = None) -> Response:
    """The form of a new mail, as we propose it; or of the one that the address names, as it was written."""
    id = visit.request.path_params.get("id")
    asked = whole_number(visit.request.query_params.get("printing"))

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = _mail(connection, letter, id) if id is not None else None
        made = printings.all_printings(connection, letter.id)
        if one:
            shown = MailForm.of(_draft(connection, one), one.revision)
        else:
            number = printings.printing(connection, letter.id, asked).number  # raises NotFound
            shown = MailForm.of(sending.proposed(connection, letter, number))
        return {
            "letter": letter,
            "state": letter_rules.state(letter, visit.now),
            "one": one,
            "shown": shown,
            "made": made,
        }

    values = await visit.database.read(look)
    form = form or values["shown"]
    form.offer([printing.number for printing in values["made"]])
    return visit.page("dispatch_write.html", status, problem=problem, form=form, **values)


def _mail(connection: Connection, letter: Letter, id: int) -> Dispatch:
    one = records.dispatch(connection, id, letter.id)
    if one.way != "mail":
        raise NotFound("There is no such mail of this letter.")
    return one


def _draft(connection: Connection, one: Dispatch) -> Draft:
    found = records.recipients(connection, one.id)
    to, cc = (tuple(Person(who.email, who.name) for who in found if who.kind == kind) for kind in ("to", "cc"))
    to_self = any(who.kind == "self" for who in found)
    return Draft(one.printing, one.whom, one.subject, one.body, to, cc, to_self)


@at_desk
async def save(visit: Visit) -> Response:
    """Keeps it, and shows how it will look; nothing is sent by that."""
    id = visit.request.path_params.get("id")
    form = MailForm(await posted(visit.request))
    form.validate()
    draft, wrong = form.draft()
    put(form, wrong)
    if any(field.errors for field in form):
        return await _write_page(visit, 422, form=form)
    try:
        seen = whole_number(form.revision.data) or 0
        kept = await visit.database.write(sending.write, visit.slug, id, draft, seen, visit.me, visit.now)
    except Unclear as unclear:
        put(form, unclear.problems)
        return await _write_page(visit, 422, form=form)
    except NotFound:
        raise
    except Refused as refusal:
        if id is not None and isinstance(refusal, Overtaken):
            now_there = await visit.database.read(_revision, visit.slug, id)
            form.revision.data = str(now_there)
        return await _write_page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await _write_page(visit, 503, NOT_SAVED, form)
    return visit.back(f"/dispatch/{kept}")


def _revision(connection: Connection, slug: str, id: int) -> int:
    return _mail(connection, letters.letter_by_slug(connection, slug), id).revision


@at_desk
async def look(visit: Visit) -> Response:
    return await _page(visit)


async def _page(
    visit: Visit, status: int = 200, problem: str = "", wrong: AddressForm | None = None, of: int = 0
) -> Response:
    """`wrong` is an address that was typed for recipient `of` and is none."""
    id = visit.request.path_params["id"]

    def read(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = records.dispatch(connection, id, letter.id)
        if one.way != "mail":
            return {"letter": letter, "one": one}
        size = _size(visit, printings.printing(connection, letter.id, one.printing).content)
        return {
            "letter": letter,
            "state": letter_rules.state(letter, visit.now),
            "one": one,
            "before": before.before(connection, letter, one.printing, visit.now),
            "recipients": records.recipients(connection, one.id),
            "fates": records.fates(connection, one.id),
            "waits": sending.waits_for(connection, one, letter, visit.now) if one.state == "waiting" else "",
            "others": sending.others(connection, letter.id),
            "coordinator": people.coordinator(connection, letter.coordinator_id),
            "mail": mail.preview(connection, letter, one, size, visit.site.settings.base_url),
        }

    values = await visit.database.read(read)
    one: Dispatch = values["one"]
    if one.way != "mail":
        return visit.back(f"/dispatch/{one.id}/note")
    answer = visit.page(
        "dispatch_mail.html",
        status,
        problem=problem,
        done=visit.done,
        wrong=wrong,
        wrong_of=of,
        left=_left(one.undo_until, visit.now),
        **values,
    )
    if one.state == "waiting" and status == 200:
        answer.headers["Refresh"] = str(LOOK_AGAIN_S)
    return answer


def _size(visit: Visit, content: str) -> int | None:
    pdf = visit.site.store.get(content)
    return len(pdf) if pdf is not None else None


def _left(until: datetime | None, now: datetime) -> str:
    """How long it can still be stopped, in words."""
    left = until - now if until else timedelta(0)
    if left <= timedelta(0):
        return "at any moment"
    minutes = round(left / timedelta(minutes=1))
    if left < timedelta(seconds=50):
        return "in less than a minute"
    return "in about a minute" if minutes <= 1 else f"in about {minutes} minutes"


@at_desk
async def frame(visit: Visit) -> Response:
    """The HTML part as the first recipient gets it, for the frame of its page."""

    def read(connection: Connection) -> str:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = _mail(connection, letter, visit.request.path_params["id"])
        size = _size(visit, printings.printing(connection, letter.id, one.printing).content)
        return mail.preview(connection, letter, one, size, visit.site.settings.base_url).html

    return in_a_frame(await visit.database.read(read))


@at_desk
async def send(visit: Visit) -> Response:
    data = await posted(visit.request)
    seen, others = (whole_number(data.get(name)) or 0 for name in ("revision", "others"))
    return await _do(visit, sending.send, seen, others, visit.me, visit.now, done="sent")


@at_desk
async def stop(visit: Visit) -> Response:
    await posted(visit.request)
    return await _do(visit, sending.stop, visit.me, visit.now, done="stopped")


async def _do(visit: Visit, deed: Any, *values: Any, done: str) -> Response:
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(deed, visit.slug, id, *values)
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED)
    return visit.back(f"/dispatch/{id}", done)


@at_desk
async def discard(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(sending.discard, visit.slug, id)
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED)
    return visit.back("/dispatch", "discarded")


@at_desk
async def send_again(visit: Visit) -> Response:
    """To a corrected address, when the mail to one recipient came back."""
    form = AddressForm(await posted(visit.request))
    id, of = visit.request.path_params["id"], visit.request.path_params["recipient"]
    if not form.validate():
        return await _page(visit, 422, wrong=form, of=of)
    try:
        email = form.email.data or ""
        await visit.database.write(sending.send_again, visit.slug, id, of, email, visit.me, visit.now)
    except NotFound:
        raise
    except Refused as refusal:
        put(form, {"email": str(refusal)})
        return await _page(visit, refusal.status, wrong=form, of=of)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, wrong=form, of=of)
    return RedirectResponse(f"/desk/letters/{visit.slug}/dispatch/{id}?done=again#recipients", 303)
