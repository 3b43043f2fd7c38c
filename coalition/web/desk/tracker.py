"""The tracker: one row per organisation, its page, and the export."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base import outbox
from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.base.spreadsheet import csv_bytes
from coalition.base.text import fold
from coalition.endorsements import records as endorsements
from coalition.endorsements.rules import AUTHORITIES
from coalition.endorsements.undersigned import line
from coalition.history import records as history
from coalition.invitations import actions, reports, tracking
from coalition.invitations import records as invitations
from coalition.invitations.rules import MOVES, STATUSES
from coalition.invitations.tracking import PAGE, SORTS, Filter
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.organisations import records as organisations
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms import ContactForm, CorrectionForm, posted, whole_number

COLUMNS = (
    *("organisation", "register_id", "group", "signatory", "role", "status", "version", "answered_at"),
    *("contact", "email", "reason"),
)
MAILS = ("invitation", "deadline_moved", "receipt", "withdrawn", "declined")


@at_desk
async def tracker(visit: Visit) -> Response:
    wanted = _filter(visit)

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        counts = tracking.counts(connection, letter.id)
        rows, total = tracking.tracker(connection, letter.id, _folded(wanted), counts)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "missing": rules.not_ready(letter, visit.now) if letter.state == "draft" else {},
            "counts": counts,
            "everyone": sum(counts.values()),
            "rows": rows,
            "total": total,
        }

    return visit.page(
        "tracker.html",
        **await visit.database.read(look),
        statuses=STATUSES,
        askable=MOVES["ask"][0],
        wanted=wanted,
        first=(wanted.page - 1) * PAGE + 1,
        page_size=PAGE,
        address=lambda **changes: _address(visit, wanted, **changes),
        done=visit.done,
        said={name: whole_number(value) for name, value in visit.request.query_params.items()},
    )


def _filter(visit: Visit) -> Filter:
    given = visit.request.query_params
    status, sort = given.get("status", ""), given.get("sort", "")
    return Filter(
        status=status if status in STATUSES else "",
        group=given.get("group", "")[:200],
        search=given.get("q", "").replace("\0", "")[:100],
        sort=sort if sort in SORTS else "name",
        page=whole_number(given.get("page"), 100_000) or 1,
    )


def _folded(wanted: Filter) -> Filter:
    return Filter(wanted.status, wanted.group, fold(wanted.search), wanted.sort, wanted.page)


def _address(visit: Visit, wanted: Filter, **changes: object) -> str:
    """This page with some parts of its address changed; another filter or order begins at page 1."""
    parts: dict[str, object] = {
        "status": wanted.status,
        "group": wanted.group,
        "q": wanted.search,
        "sort": "" if wanted.sort == "name" else wanted.sort,
    }
    parts |= changes
    query = urlencode({name: value for name, value in parts.items() if value and (name, value) != ("page", 1)})
    return f"/desk/letters/{visit.slug}" + (f"?{query}" if query else "")


@at_desk
async def export(visit: Visit) -> Response:
    """What the tracker shows, all pages of it, as CSV."""
    wanted = _folded(_filter(visit))

    def look(connection: Connection) -> bytes:
        letter = letters.letter_by_slug(connection, visit.slug)
        rows = tracking.export(connection, letter.id, wanted)
        return csv_bytes(COLUMNS, (tuple(vars(row).values()) for row in rows))

    body = await visit.database.read_long(look)
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{visit.slug}-endorsers.csv"'},
    )


@at_desk
async def organisation(visit: Visit) -> Response:
    return await _organisation(visit)


async def _organisation(
    visit: Visit, status: int = 200, problem: str = "", form: ContactForm | None = None
) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = invitations.invitation(connection, visit.request.path_params["id"], letter.id)
        ids = invitations.with_former(connection, one.id)
        endorsement = endorsements.of_organisation(connection, letter.id, one.organisation_id)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "one": one,
            "endorsement": endorsement,
            "line": line(endorsement) if endorsement else None,
            "contacts": organisations.contacts_of(connection, one.organisation_id),
            "stop": organisations.mail_stop(connection, one.email),
            "held_up": reports.held_up(connection, one.email, (one.read_at, one.answered_at)),
            "mails": outbox.about(connection, ids, MAILS),
            "entries": history.about(connection, letter.id, *ids),
        }

    values = await visit.database.read(look)
    return visit.page(
        "organisation.html",
        status,
        statuses=STATUSES,
        authorities=AUTHORITIES,
        problem=problem,
        form=form or ContactForm(),
        correction=CorrectionForm(corrected=values["one"].email),
        done=visit.done,
        **values,
    )


@at_desk
async def send_again(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(actions.send_again, visit.slug, id, visit.me, visit.now)
    except Refused as refusal:
        return await _organisation(visit, refusal.status, str(refusal))
    return visit.back(f"/organisations/{id}", "sent")


@at_desk
async def revoke(visit: Visit) -> Response:
    await posted(visit.request)
    id = visit.request.path_params["id"]
    await visit.database.write(actions.revoke, visit.slug, id, visit.me, visit.now)
    return visit.back(f"/organisations/{id}", "revoked")


@at_desk
async def change_contact(visit: Visit) -> Response:
    form = ContactForm(await posted(visit.request))
    if not form.validate():
        return await _organisation(visit, 422, form=form)
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(
            actions.change_contact,
            visit.slug,
            id,
            form.email.data or "",
            form.contact_name.data or "",
            form.contact_role.data or "",
            visit.me,
            visit.now,
        )
    except Refused as refusal:
        return await _organisation(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await _organisation(visit, 503, NOT_SAVED, form)
    return visit.back(f"/organisations/{id}", "contact")
