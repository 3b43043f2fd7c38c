"""Signing in and out: a mailed link, a button, a cookie that says nothing."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from wtforms import EmailField, Form
from wtforms.validators import InputRequired, Length

from coalition.base import clock
from coalition.base.refused import Gone, NotFound, TooMany
from coalition.people import actions
from coalition.web.forms.fields import address, clean, posted
from coalition.web.site import Site, site_of


class SignInForm(Form):
    email = EmailField(
        "Your e-mail address",
        [InputRequired("Write the e-mail address you sign in with."), Length(max=254), address],
        filters=[clean],
        render_kw={"autocomplete": "email"},
    )


async def sign_in(request: Request) -> Response:
    site = site_of(request)
    if request.method != "POST":
        return site.page("sign_in/ask.html", form=SignInForm(), sent=request.query_params.get("sent") == "yes")
    form = SignInForm(await posted(request))
    if not form.validate():
        return site.page("sign_in/ask.html", 422, form=form, sent=False)
    try:
        site.sign_in_limit.take(request.client.host if request.client else "")
    except TooMany as refusal:
        form.email.errors = [str(refusal)]
        return site.page("sign_in/ask.html", 429, {"Retry-After": str(refusal.after)}, form=form, sent=False)
    await site.database.write(actions.ask, (form.email.data or "").lower(), clock.now())
    # The same answer whoever asks: a stranger does not learn who coordinates.
    return RedirectResponse("/sign-in?sent=yes", 303)


async def use_link(request: Request) -> Response:
    """GET shows a button; pressing it signs in. A scanner that opens the link uses nothing up."""
    site = site_of(request)
    nonce = site.links.nonce("sign-in", request.path_params["token"])
    try:
        if request.method != "POST":  # GET, and HEAD, which scanners send first
            found = await site.database.read(actions.look_at, nonce, clock.now())
            return site.page("sign_in/use.html", coordinator=found.coordinator)
        await posted(request)
        session = await site.database.write(actions.sign_in, nonce, clock.now())
    except (Gone, NotFound) as refusal:
        return site.page("sign_in/link.html", refusal.status, sentence=str(refusal))
    response = RedirectResponse("/desk", 303)
    response.set_cookie(
        cookie(site),
        site.links.token("session", session),
        max_age=int(actions.SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=site.settings.is_https,
    )
    return response


async def sign_out(request: Request) -> Response:
    site = site_of(request)
    await posted(request)
    nonce = session_nonce(request, site)
    if nonce:
        await site.database.write(actions.sign_out, nonce, clock.now())
    response = RedirectResponse("/", 303)
    response.delete_cookie(cookie(site), httponly=True, samesite="lax", secure=site.settings.is_https)
    return response


def session_nonce(request: Request, site: Site) -> str | None:
    token = request.cookies.get(cookie(site))
    return site.links.nonce("session", token) if token else None


def cookie(site: Site) -> str:
    return "__Host-coalition" if site.settings.is_https else "coalition"
