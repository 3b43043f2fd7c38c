"""The answers that a signed link can give."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.refused import Gone, NotFound, Refused, TooMany
from coalition.endorsements import actions, deciding
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.conditions import for_a_change
from coalition.invitations import forwarding
from coalition.web.answer import logo
from coalition.web.answer.ended import link_page
from coalition.web.answer.look import look_of, nonce_of, show
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.answers import DeclineForm, EndorseForm, ForwardForm, LaterForm, endorse_answer
from coalition.web.forms.fields import one_line, posted, put, seen, whole_number
from coalition.web.site import site_of


async def endorse(request: Request) -> Response:
    data = await posted(request, files=1)
    site = site_of(request)
    picture = logo.claimed(site, nonce_of(request, site), data.get("kept_logo"))

    def typed() -> dict[str, Any]:
        form = EndorseForm(data)
        form.picture = picture
        return {"endorse": form}

    try:
        picture = await logo.meant(site, nonce_of(request, site), data, picture)
    except (Incomplete, Refused, NotSaved) as refusal:
        return await turned_down(request, refusal, typed)
    finally:
        await data.close()
    before, answer = seen(data), endorse_answer(data, picture)
    passage = replacement = ""
    if answer is None:
        form = typed()["endorse"]
        if not form.validate():
            return await refused(request, 422, endorse=form)
        answer = form.answer()
        passage, replacement = form.condition_passage.data or "", form.condition_replacement.data or ""
    return await answered(
        request,
        lambda connection, nonce, now: for_a_change.endorse(
            connection, nonce, answer, passage, replacement, before, now
        ),
        typed,
    )


async def decline(request: Request) -> Response:
    data = await posted(request)
    form = DeclineForm(data)
    if not form.validate():
        return await refused(request, 422, decline=form)
    reason, before = form.reason.data or "", seen(data)
    return await answered(
        request,
        lambda connection, nonce, now: actions.decline(connection, nonce, reason, before, now),
        lambda: {"decline": form},
    )


async def later(request: Request) -> Response:
    data = await posted(request)
    form = LaterForm(data)
    if not form.validate():
        return await refused(request, 422, later=form)
    until, before = form.until.data or date.min, seen(data)
    return await answered(
        request,
        lambda connection, nonce, now: deciding.later(connection, nonce, until, before, now),
        lambda: {"later": form},
    )


async def forward(request: Request) -> Response:
    data = await posted(request)
    form = ForwardForm(data if "way" in data else _both(data))
    form.validate()
    email, name, way = form.email.data or "", one_line(form.name.data), form.way.data or ""
    wrong = {} if form.errors else forwarding.problems(email, name, way)
    put(form, wrong)
    if wrong or form.errors:
        return await refused(request, 422, forward=form)
    return await answered(
        request,
        lambda connection, nonce, now: forwarding.forward(connection, nonce, email, name, way, now),
        lambda: {"forward": form},
    )


def _both(data: FormData) -> FormData:
    """A script that does not say who answers leaves it at that both may."""
    return FormData([*data.multi_items(), ("way", "both")])


async def withdraw(request: Request) -> Response:
    before = seen(await posted(request))
    return await answered(request, lambda connection, nonce, now: actions.withdraw(connection, nonce, before, now))


async def answered(
    request: Request,
    deed: Callable[[Connection, str | None, datetime], str],
    typed: Callable[[], dict[str, Any]] = dict,
) -> Response:
    """Does the deed and sends the browser back to the letter; refused, the same page with what was typed."""
    site = site_of(request)
    try:
        outcome = await site.database.write(deed, nonce_of(request, site), clock.now())
    except (Incomplete, Refused, NotSaved) as refusal:
        return await turned_down(request, refusal, typed)
    return RedirectResponse(f"/e/{request.path_params['token']}?done={outcome}", 303)


async def turned_down(request: Request, refusal: Exception, typed: Callable[[], dict[str, Any]]) -> Response:
    """Why it was not done, with what was typed. Anything but Incomplete, Refused and NotSaved is raised again."""
    if isinstance(refusal, Incomplete):
        forms = typed()
        for form in forms.values():
            put(form, refusal.problems)
        return await refused(request, 422, **forms)
    if isinstance(refusal, (Gone, NotFound)):
        return await link_page(request, refusal)
    if isinstance(refusal, Refused):
        headers = {"Retry-After": str(refusal.after)} if isinstance(refusal, TooMany) else None
        return await refused(request, refusal.status, problem=str(refusal), headers=headers, **typed())
    if isinstance(refusal, NotSaved):
        return await refused(request, 503, problem=NOT_SAVED, **typed())
    raise refusal


async def refused(request: Request, status: int, *, problem: str = "", **forms: Any) -> Response:
    site = site_of(request)
    try:
        read = whole_number((await posted(request)).get("version"))
        look = await site.database.read(look_of, nonce_of(request, site), clock.now(), read)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    return show(request, look, status, problem=problem, **forms)
