"""An organisation that nobody asked joins a public letter: the form, and the mailed link that confirms it."""

import secrets
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.limits import source
from coalition.base.refused import Gone, NotFound, Refused, TooMany
from coalition.endorsements import rules as endorsement_rules
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.joins import actions, rules
from coalition.endorsements.undersigned import line
from coalition.letters import records as letters
from coalition.letters.differences import differences
from coalition.letters.rules import is_public
from coalition.web.errors import NOT_SAVED, error_page
from coalition.web.forms.fields import clean, options, posted, put, whole_number
from coalition.web.forms.joining import JoinForm
from coalition.web.public import NOT_HERE, public_letter
from coalition.web.site import letter_html, site_of


async def join(request: Request) -> Response:
    """GET shows the letter and the form; POST asks. The answer is the same whoever asks."""
    if request.method == "POST":
        return await _ask(request)
    sent = request.query_params.get("sent") == "yes"
    return await _page(request, sent=sent)


async def _ask(request: Request) -> Response:
    site, slug = site_of(request), request.path_params["slug"]
    data = await posted(request)
    form = JoinForm(data)
    sent = RedirectResponse(f"/letters/{slug}/join?sent=yes", 303)
    if clean(form.nickname.data):  # no person sees this field
        await site.database.read(public_letter, slug)
        return sent
    if not form.validate():
        return await _page(request, 422, form)
    try:
        await site.database.read(public_letter, slug)
        site.join_limit.take(source(request.client.host if request.client else ""))
        await site.database.write(actions.ask, slug, form.asked(), form.key.data or "", clock.now())
    except Incomplete as incomplete:
        put(form, incomplete.problems)
        return await _page(request, 422, form)
    except TooMany as refusal:
        return await _page(request, 429, form, str(refusal), {"Retry-After": str(refusal.after)})
    except NotFound:
        raise
    except Refused as refusal:
        return await _page(request, refusal.status, form, str(refusal))
    except NotSaved:
        return await _page(request, 503, form, NOT_SAVED)
    return sent


async def _page(
    request: Request,
    status: int = 200,
    form: JoinForm | None = None,
    problem: str = "",
    headers: dict[str, str] | None = None,
    *,
    sent: bool = False,
) -> Response:
    site, now = site_of(request), clock.now()
    read = form.version.data if form else None

    def look(connection: Connection) -> dict[str, Any]:
        letter = public_letter(connection, request.path_params["slug"])
        version = letters.version(connection, letter.id, letter.version)
        since = read if read and 0 < read < version.number else 0
        before = letters.version(connection, letter.id, since).text if since else version.text
        parts = differences(before, version.text)
        return {"letter": letter, "version": version, "since": since, "parts": parts}

    values = await site.database.read(look)
    letter = values["letter"]
    try:
        rules.check_join(letter, now)
    except Refused as refusal:
        return site.page("public/not_joined.html", refusal.status, letter=letter, sentence=str(refusal))
    if sent:
        return site.page("public/join_sent.html", letter=letter)
    form = form or JoinForm(data={"show_signatory": True, "group": next(iter(letter.groups), "")})
    form.group.choices = options({name: name for name in letter.groups})
    return site.page(
        "public/join.html",
        status,
        headers,
        form=form,
        shown=line(form.answer()),
        key=form.key.data or secrets.token_urlsafe(16),
        html=letter_html(site, values["version"].text),
        problem=problem,
        **values,
    )


async def confirm(request: Request) -> Response:
    """GET shows what was asked and a button; pressing it confirms. A scanner that opens the link confirms nothing."""
    if request.method != "POST":
        return await _confirm_page(request, done=request.query_params.get("done", ""))
    site = site_of(request)
    version = whole_number((await posted(request)).get("version"))
    try:
        done = await site.database.write(actions.confirm, _nonce(request), version, clock.now())
    except (Gone, NotFound) as refusal:
        return _link_page(request, refusal)
    except Refused as refusal:
        return await _confirm_page(request, refusal.status, str(refusal))
    except NotSaved:
        return await _confirm_page(request, 503, NOT_SAVED)
    return RedirectResponse(f"/confirm/{request.path_params['token']}?done={done}", 303)


async def _confirm_page(request: Request, status: int = 200, problem: str = "", done: str = "") -> Response:
    site, now = site_of(request), clock.now()

    def look(connection: Connection) -> dict[str, Any]:
        found = actions.opened(connection, _nonce(request), now)
        letter, asked = found.letter, found.join
        if not is_public(letter, now):
            raise NotFound(NOT_HERE)
        newest = letters.version(connection, letter.id, letter.version)
        read = letters.version(connection, letter.id, asked.version)
        values = {"letter": letter, "join": asked, "parts": differences(read.text, newest.text), "why_not": ""}
        try:
            if asked.state == "asked":
                rules.check_join(letter, now)
                rules.check_again(*found.turned_down, letter, now)
        except Refused as refusal:
            values |= {"why_not": str(refusal), "refused": refusal.status}
        return values

    try:
        values = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return _link_page(request, refusal)
    status = values.pop("refused", status)
    return site.page(
        "public/confirm.html",
        status,
        line=line(values["join"].endorsement),
        authority=endorsement_rules.decision_sentence(values["join"].authority, values["join"].authority_detail),
        problem="" if problem == values["why_not"] else problem,
        done=done,
        **values,
    )


def _link_page(request: Request, refusal: Refused) -> Response:
    if isinstance(refusal, rules.Expired):
        return site_of(request).page("public/confirm_expired.html", refusal.status, sentence=str(refusal))
    return error_page(request, refusal.status, str(refusal))


def _nonce(request: Request) -> str | None:
    return site_of(request).links.nonce("join", request.path_params["token"])
