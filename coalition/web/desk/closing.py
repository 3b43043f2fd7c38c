"""Dates, who may see the letter, closing the list, its printings and its history."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.endorsements import records as endorsements
from coalition.endorsements.arranging import arrange
from coalition.endorsements.freshness import records as freshness
from coalition.history import records as history
from coalition.invitations import holders
from coalition.invitations import records as invitations
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.printings import actions as printing_actions
from coalition.printings import coverage
from coalition.printings import records as printings
from coalition.printings.actions import TooLong
from coalition.printings.changes import in_short, proposed_reason
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import one_line, posted, put, whole_number
from coalition.web.forms.letters import DatesForm, PrintForm
from coalition.web.pdf import pdf_response


@at_desk
async def dates(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if letter.state == "draft":
        return visit.back("/draft")
    form = DatesForm(data={"revision": letter.revision, "tell": True})
    form.show(letter)
    return _dates_page(visit, letter, form)


@at_desk
async def change_dates(visit: Visit) -> Response:
    form = DatesForm(await posted(visit.request))
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if form.validate():
        put(form, rules.check_arrangements(form.arrangements()))
    if form.errors or any(field.errors for field in form):
        return _dates_page(visit, letter, form, 422)
    seen = whole_number(form.revision.data) or 0
    try:
        plan, tell = form.arrangements(), form.tell.data
        after = await visit.database.write(arrange, visit.slug, seen, plan, tell, visit.me.called, visit.now)
    except Refused as refusal:
        if isinstance(refusal, Overtaken):
            form.revision.data = str(letter.revision)
        return _dates_page(visit, letter, form, refusal.status, str(refusal))
    except NotSaved:
        return _dates_page(visit, letter, form, 503, NOT_SAVED)
    if after.dispatch_moved_at != letter.dispatch_moved_at:
        return visit.back("/freshness", "moved")
    return visit.back("", "dates")


def _dates_page(visit: Visit, letter: Letter, form: DatesForm, status: int = 200, problem: str = "") -> Response:
    return visit.page(
        "dates.html", status, letter=letter, state=rules.state(letter, visit.now), form=form, problem=problem
    )


@at_desk
async def closing(visit: Visit) -> Response:
    """The printings there are; or what closing will do, with its button."""
    return await closing_page(visit)


async def closing_page(visit: Visit, status: int = 200, problem: str = "", form: PrintForm | None = None) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "printings": printings.all_printings(connection, letter.id),
            "changes": printings.all_changes(connection, letter.id),
            "next": printing_actions.what_next(connection, letter, visit.now),
            "undersigned": endorsements.count(connection, letter.id),
            "stale": freshness.stale_count(connection, letter, visit.now),
            "uncovered": coverage.of_letter(connection, letter),
        }

    values = await visit.database.read_long(look)  # it compares the whole list with the last printing
    proposed = proposed_reason(values["next"]) if values["next"] else ""
    form = form or PrintForm(data={"reason": proposed})
    return visit.page("closing.html", status, problem=problem, done=visit.done, form=form, in_short=in_short, **values)


@at_desk
async def close_list(visit: Visit) -> Response:
    await posted(visit.request)
    try:
        await visit.database.write(printing_actions.close_list, visit.slug, visit.me.called, visit.now)
    except Refused as refusal:
        return await closing_page(visit, refusal.status, str(refusal))
    except NotSaved:
        return await closing_page(visit, 503, NOT_SAVED)
    return visit.back("/printings", "closed")


@at_desk
async def print_again(visit: Visit) -> Response:
    form = PrintForm(await posted(visit.request))
    reason, who = one_line(form.reason.data), visit.me.called
    try:
        await visit.database.write(printing_actions.print_again, visit.slug, who, visit.now, reason)
    except TooLong as refusal:
        put(form, {"reason": str(refusal)})
        return await closing_page(visit, refusal.status, form=form)
    except Refused as refusal:
        return await closing_page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await closing_page(visit, 503, NOT_SAVED, form)
    return visit.back("/printings", "printed")


@at_desk
async def printing_pdf(visit: Visit) -> Response:
    """A printing as the desk may see it, public or not."""
    number = visit.request.path_params["number"]

    def look(connection: Connection) -> printings.Pdf | None:
        letter = letters.letter_by_slug(connection, visit.slug)
        return printings.pdf(connection, printings.printing(connection, letter.id, number).content)

    found = await visit.database.read(look)
    return pdf_response(visit.request, found, f"{visit.slug}-printing-{number}.pdf")


@at_desk
async def timeline(visit: Visit) -> Response:
    """What happened to the letter, newest first, a hundred entries a page."""
    before = whole_number(visit.request.query_params.get("before"))

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        entries = history.entries(connection, letter.id, before=before)
        names = invitations.names(connection, {entry.subject_id for entry in entries if entry.subject_id})
        people = holders.people_of(connection, entries)
        state = rules.state(letter, visit.now)
        return {"letter": letter, "state": state, "entries": entries, "names": names, "people": people}

    return visit.page("history.html", **await visit.database.read(look))
