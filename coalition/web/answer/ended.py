"""Links that open nothing any more, and mail that is wanted no more: why, and what to do next."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.refused import Gone, NotFound, Refused, TooMany
from coalition.invitations import actions as invitations
from coalition.invitations import linking
from coalition.invitations.rules import Expired
from coalition.letters import rules as letter_rules
from coalition.web.answer.look import nonce_of
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted
from coalition.web.site import site_of


async def link_page(
    request: Request,
    refusal: Refused,
    status: int = 0,
    *,
    problem: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """Why a link does not open, and what to do next. Expired, revoked and unknown are different pages."""
    site = site_of(request)
    nonce = nonce_of(request, site)
    held = await site.database.read(invitations.held, nonce)
    kind = "expired" if isinstance(refusal, Expired) else "revoked" if isinstance(refusal, Gone) else "unknown"
    # An embargoed or private letter is named to nobody whose link does not hold.
    public = held is not None and letter_rules.is_public(held.letter, clock.now())
    return site.page(
        "answer/link.html",
        status or refusal.status,
        headers,
        kind=kind,
        reason=held.link.reason if held else "",
        sentence=str(refusal),
        letter=held.letter if held and public else None,
        coordinator=held.coordinator if held else None,
        newer=held.newer if held else None,
        zone=held.letter.time_zone if held else "",
        again=f"/e/{request.path_params['token']}/again",
        problem=problem,
        done=request.query_params.get("done", ""),
    )


async def again(request: Request) -> Response:
    """A link that was replaced: its holder has the newer one mailed once more, to the address on record."""
    site, nonce = site_of(request), nonce_of(request, site_of(request))
    await posted(request)
    try:
        await site.database.write(linking.mail_newer, nonce, clock.now())
    except NotFound as refusal:
        return await link_page(request, refusal)
    except Refused as refusal:
        headers = {"Retry-After": str(refusal.after)} if isinstance(refusal, TooMany) else None
        gone = Gone(str(refusal))
        return await link_page(request, gone, refusal.status, problem=str(refusal), headers=headers)
    except NotSaved:
        return await link_page(request, Gone(NOT_SAVED), 503, problem=NOT_SAVED)
    return RedirectResponse(f"/e/{request.path_params['token']}?done=again", 303)


async def unsubscribe(request: Request) -> Response:
    """GET asks, POST does. Mail programs post by themselves when a person presses their button (RFC 8058)."""
    site = site_of(request)
    nonce = site.links.nonce("unsubscribe", request.path_params["token"])
    if request.method == "POST":
        await posted(request)
        address = await site.database.write(invitations.stop_mail, nonce, clock.now())
        return site.page("answer/unsubscribe.html", address=address, done=True)
    address = await site.database.read(invitations.mailed_to, nonce)
    return site.page("answer/unsubscribe.html", address=address, done=False)
