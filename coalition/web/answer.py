"""What a signed link opens: the letter, the answer forms, the answers. Reading changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from coalition.base import clock
from coalition.base.database import NotSaved
from coalition.base.links import Link
from coalition.base.refused import Gone, NotFound, Refused, TooMany
from coalition.endorsements import actions, deciding, rules
from coalition.endorsements import records as endorsements
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.rules import Endorsement
from coalition.endorsements.undersigned import Group, grouped, line
from coalition.invitations import actions as invitations
from coalition.invitations import calendar, forwarding, linking
from coalition.invitations.rules import MOVES, Expired, Invitation, check_answer, closes, may_answer
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.letters.differences import Part, differences
from coalition.letters.records import Edition, Version
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.people.records import Coordinator
from coalition.printings import records as printings
from coalition.printings.actions import version_sheet
from coalition.printings.layout import content_hash
from coalition.web.errors import NOT_SAVED, error_page
from coalition.web.forms import (
    DeclineForm,
    EndorseForm,
    ForwardForm,
    LaterForm,
    endorse_answer,
    one_line,
    options,
    posted,
    put,
    seen,
    whole_number,
)
from coalition.web.pdf import pdf_response
from coalition.web.site import Site, letter_html, site_of


@dataclass(frozen=True)
class Look:
    """All that the page of one link shows."""

    letter: Letter
    invitation: Invitation
    link: Link
    email: str  # of whoever holds the link
    unmailed: str  # why nothing is mailed there any more, not even a receipt; empty: it is
    open: bool  # may this organisation answer
    closes: datetime  # or closed: the organisation's own moment
    version: Version
    endorsement: Endorsement | None
    groups: tuple[Group, ...]
    undersigned: int
    coordinator: Coordinator
    since: int  # the version they read or agreed to, where that is not the newest; else 0
    parts: tuple[Part, ...]  # what is different in the newest
    editions: list[Edition]


async def page(request: Request) -> Response:
    site = site_of(request)
    try:
        look = await site.database.read(_look, _nonce(request, site), clock.now())
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    _note_fetch(request, look)
    return _show(request, look, done=request.query_params.get("done", ""))


def _note_fetch(request: Request, look: Look) -> None:
    """The one thing that loading a page may change: that its link was loaded once. It waits for nothing, and where it
    cannot be kept nobody is worse off."""
    if request.method != "GET" or look.invitation.status not in MOVES["fetch"][0]:
        return
    try:
        site_of(request).database.write_soon(invitations.mark_fetched, look.invitation.id, clock.now())
    except NotSaved:  # the site is ending
        pass


def _nonce(request: Request, site: Site) -> str | None:
    return site.links.nonce("invitation", request.path_params["token"])


def _look(connection: Connection, nonce: str | None, now: datetime, read: int | None = None) -> Look:
    """`read` is the version that a form was opened on."""
    found = invitations.opened(connection, nonce, now)
    letter, invitation = found.letter, found.invitation
    groups: tuple[Group, ...] = ()
    if letter.show_undersigned:
        groups = grouped(endorsements.standing(connection, letter.id), letter)
    version = letters.version(connection, letter.id, letter.version)
    endorsement = endorsements.of_organisation(connection, letter.id, invitation.organisation_id)
    since = _read_before(letter, endorsement, read)
    before = letters.version(connection, letter.id, since).text if since else version.text
    email = invitations.mailed_to(connection, nonce)
    stop = organisations.mail_stop(connection, email)
    return Look(
        letter,
        invitation,
        found.link,
        email,
        stop.words(email) if stop and stop.is_final else "",
        may_answer(invitation, letter, now),
        closes(invitation, letter) or now,
        version,
        endorsement,
        groups,
        sum(len(group.lines) for group in groups),
        people.coordinator(connection, letter.coordinator_id),
        since,
        differences(before, version.text),
        letters.editions(connection, letter.id),
    )


def _read_before(letter: Letter, endorsement: Endorsement | None, read: int | None) -> int:
    """The version to compare the newest with: the one their form was opened on, or the one they endorsed."""
    if read and 0 < read < letter.version:
        return read
    given = endorsement.given_version if endorsement and endorsement.withdrawn_at is None else 0
    return given if 0 < given < letter.version else 0


def _show(
    request: Request,
    look: Look,
    status: int = 200,
    *,
    endorse: EndorseForm | None = None,
    decline: DeclineForm | None = None,
    later: LaterForm | None = None,
    forward: ForwardForm | None = None,
    headers: dict[str, str] | None = None,
    problem: str = "",
    done: str = "",
) -> Response:
    site = site_of(request)
    stands = rules.stands(look.endorsement, look.letter)
    form = endorse or _prefilled(look)
    form.group.choices = options({name: name for name in look.letter.groups})
    return site.page(
        "answer/letter.html",
        status,
        headers,
        look=look,
        letter=look.letter,
        html=letter_html(site, look.version.text),
        stands=stands,
        line=line(look.endorsement, look.letter.version) if look.endorsement else None,
        form=form,
        shown=line(form.answer()),
        decline=decline or DeclineForm(data={"reason": look.invitation.reason}),
        later=later or LaterForm(data={"until": look.invitation.deciding_until}),
        forward=forward or ForwardForm(),
        base=f"/e/{request.path_params['token']}",
        problem=problem,
        done=done,
    )


def _prefilled(look: Look) -> EndorseForm:
    """From their last answer, or from what the directory knows."""
    known = look.endorsement
    groups = look.letter.groups
    if known:
        return EndorseForm(data={**vars(known.answer), "version": look.letter.version})
    return EndorseForm(
        data={
            "version": look.letter.version,
            "name": look.invitation.organisation,
            "group": look.invitation.group if look.invitation.group in groups else next(iter(groups), ""),
            "signatory": look.invitation.contact,
            "show_signatory": True,
        }
    )


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
    nonce = _nonce(request, site)
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


async def letter_pdf(request: Request) -> Response:
    site = site_of(request)

    def look(connection: Connection) -> tuple[str, printings.Pdf | None]:
        found = invitations.opened(connection, _nonce(request, site), clock.now())
        version = letters.version(connection, found.letter.id, found.letter.version)
        return found.letter.slug, printings.pdf(connection, content_hash(version_sheet(version)))

    try:
        slug, pdf = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    return pdf_response(request, pdf, f"{slug}.pdf")


async def deadline_entry(request: Request) -> Response:
    """The deadlines for the holder's calendar. Fetching them changes nothing."""
    site, now = site_of(request), clock.now()

    def look(connection: Connection) -> tuple[str, bytes]:
        found = invitations.opened(connection, _nonce(request, site), now)
        letter, one = found.letter, found.invitation
        check_answer(one, letter, now)
        coordinator = people.coordinator(connection, letter.coordinator_id)
        return letter.slug, calendar.entry(letter, one, closes(one, letter) or now, coordinator, _host(site), now)

    try:
        slug, entry = await site.database.read(look)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    except Refused as refusal:
        return error_page(request, refusal.status, str(refusal))
    headers = {"Content-Disposition": f'attachment; filename="{slug}-deadline.ics"'}
    return Response(entry, media_type="text/calendar; charset=utf-8; method=PUBLISH", headers=headers)


def _host(site: Site) -> str:
    return urlsplit(site.settings.base_url).hostname or "localhost"


async def endorse(request: Request) -> Response:
    data = await posted(request)
    before, answer = seen(data), endorse_answer(data)
    if answer is None:
        form = EndorseForm(data)
        if not form.validate():
            return await _refused(request, 422, endorse=form)
        answer = form.answer()
    return await _answer(
        request,
        lambda connection, nonce, now: actions.endorse(connection, nonce, answer, before, now),
        lambda: {"endorse": EndorseForm(data)},
    )


async def decline(request: Request) -> Response:
    data = await posted(request)
    form = DeclineForm(data)
    if not form.validate():
        return await _refused(request, 422, decline=form)
    reason, before = form.reason.data or "", seen(data)
    return await _answer(
        request,
        lambda connection, nonce, now: actions.decline(connection, nonce, reason, before, now),
        lambda: {"decline": form},
    )


async def later(request: Request) -> Response:
    data = await posted(request)
    form = LaterForm(data)
    if not form.validate():
        return await _refused(request, 422, later=form)
    until, before = form.until.data or date.min, seen(data)
    return await _answer(
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
        return await _refused(request, 422, forward=form)
    return await _answer(
        request,
        lambda connection, nonce, now: forwarding.forward(connection, nonce, email, name, way, now),
        lambda: {"forward": form},
    )


def _both(data: FormData) -> FormData:
    """A script that does not say who answers leaves it at that both may."""
    return FormData([*data.multi_items(), ("way", "both")])


async def withdraw(request: Request) -> Response:
    before = seen(await posted(request))
    return await _answer(request, lambda connection, nonce, now: actions.withdraw(connection, nonce, before, now))


async def _answer(
    request: Request,
    deed: Callable[[Connection, str | None, datetime], str],
    typed: Callable[[], dict[str, Any]] = dict,
) -> Response:
    """Does the deed and sends the browser back to the letter; refused, the same page with what was typed."""
    site = site_of(request)
    try:
        outcome = await site.database.write(deed, _nonce(request, site), clock.now())
    except Incomplete as incomplete:
        forms = typed()
        for form in forms.values():
            put(form, incomplete.problems)
        return await _refused(request, 422, **forms)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    except Refused as refusal:
        headers = {"Retry-After": str(refusal.after)} if isinstance(refusal, TooMany) else None
        return await _refused(request, refusal.status, problem=str(refusal), headers=headers, **typed())
    except NotSaved:
        return await _refused(request, 503, problem=NOT_SAVED, **typed())
    return RedirectResponse(f"/e/{request.path_params['token']}?done={outcome}", 303)


async def _refused(request: Request, status: int, *, problem: str = "", **forms: Any) -> Response:
    site = site_of(request)
    try:
        read = whole_number((await posted(request)).get("version"))
        look = await site.database.read(_look, _nonce(request, site), clock.now(), read)
    except (Gone, NotFound) as refusal:
        return await link_page(request, refusal)
    return _show(request, look, status, problem=problem, **forms)


async def read(request: Request) -> Response:
    """A person has touched the page. Told by its script after a real tap, key or click; never by loading it."""
    site = site_of(request)
    await posted(request)
    try:
        await site.database.write(invitations.mark_read, _nonce(request, site), clock.now())
    except Refused as refusal:
        return error_page(request, refusal.status, str(refusal))
    return Response(status_code=204)


async def again(request: Request) -> Response:
    """A link that was replaced: its holder has the newer one mailed once more, to the address on record."""
    site, nonce = site_of(request), _nonce(request, site_of(request))
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
