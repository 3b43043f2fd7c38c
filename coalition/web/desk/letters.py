"""The desk's letters: the list, drafting with its previews, opening for endorsement."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.endorsements import records as endorsements
from coalition.endorsements.undersigned import grouped
from coalition.letters import actions, rules
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.text import tidied
from coalition.printings import actions as printing_actions
from coalition.printings import coverage
from coalition.printings import records as printings
from coalition.printings.press.layout import content_hash
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, put, whole_number
from coalition.web.forms.letters import DraftForm, StartForm, draft_form
from coalition.web.pdf import pdf_response
from coalition.web.site import letter_html


@at_desk
async def all_letters(visit: Visit) -> Response:
    found = await visit.database.read(letters.all_letters)
    return visit.page("letters.html", letters=[(one, rules.state(one, visit.now)) for one in found], form=StartForm())


@at_desk
async def start(visit: Visit) -> Response:
    form = StartForm(await posted(visit.request))
    if not form.validate():
        return await _start_again(visit, form, 422)
    try:
        letter = await visit.database.write(actions.start, form.subject.data or "", visit.me, visit.now)
    except NotSaved:
        form.subject.errors = [NOT_SAVED]
        return await _start_again(visit, form, 503)
    return RedirectResponse(f"/desk/letters/{letter.slug}/draft", 303)


async def _start_again(visit: Visit, form: StartForm, status: int) -> Response:
    found = await visit.database.read(letters.all_letters)
    shown = [(one, rules.state(one, visit.now)) for one in found]
    return visit.page("letters.html", status, letters=shown, form=form)


@at_desk
async def draft(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if rules.state(letter, visit.now) != "draft":
        return visit.back("/preview")
    return _draft_page(visit, letter, draft_form(letter))


@at_desk
async def save_draft(visit: Visit) -> Response:
    """Saves the draft; the button that was pressed says what to show then."""
    data = await posted(visit.request)
    form = DraftForm(data)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    problems: dict[str, str] = {}
    if form.validate():
        problems = rules.check_arrangements(form.arrangements())
        put(form, problems)
    if form.errors or problems:
        return _draft_page(visit, letter, form, 422)
    try:
        await visit.database.write(
            actions.save_draft,
            visit.slug,
            whole_number(form.revision.data) or 0,
            form.text(),
            form.group_names(),
            form.arrangements(),
            visit.now,
        )
    except Refused as refusal:
        newest = letter.revision if isinstance(refusal, Overtaken) else None
        return _draft_page(visit, letter, form, refusal.status, problem=str(refusal), revision=newest)
    except NotSaved:
        return _draft_page(visit, letter, form, 503, problem=NOT_SAVED)
    if data.get("then") == "preview":
        return visit.back("/preview", "saved")
    return visit.back("/draft", "saved")


def _draft_page(
    visit: Visit, letter: Letter, form: DraftForm, status: int = 200, *, problem: str = "", revision: int | None = None
) -> Response:
    if revision is not None:
        form.revision.data = str(revision)
    return visit.page(
        "draft.html",
        status,
        letter=letter,
        form=form,
        html=letter_html(visit.site, tidied(form.text())),
        problem=problem,
        missing=rules.not_ready(letter, visit.now),
        done=visit.done,
    )


@at_desk
async def preview_part(visit: Visit) -> Response:
    """The sheet of what is typed but not saved, for the preview beside the form. Saves nothing."""
    form = DraftForm(await posted(visit.request))
    form.validate()
    return visit.page("preview_part.html", html=letter_html(visit.site, tidied(form.text())))


@at_desk
async def preview(visit: Visit) -> Response:
    """The page as it will be, with the undersigned as they are now."""
    return await _preview(visit)


async def _preview(visit: Visit, status: int = 200, problem: str = "") -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        groups = grouped(endorsements.standing(connection, letter.id), letter)
        draft = printings.pdf(connection, content_hash(printing_actions.draft_sheet(connection, letter)))
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "html": letter_html(visit.site, letter.text),
            "groups": groups,
            "undersigned": sum(len(group.lines) for group in groups),
            "missing": rules.not_ready(letter, visit.now) if letter.state == "draft" else {},
            "version": letters.version(connection, letter.id, letter.version) if letter.version else None,
            "editions": letters.editions(connection, letter.id),
            "pdf": draft,
            "uncovered": coverage.of_letter(connection, letter),
        }

    values = await visit.database.read(look)
    return visit.page("preview.html", status, problem=problem, done=visit.done, **values)


@at_desk
async def set_draft_pdf(visit: Visit) -> Response:
    await posted(visit.request)
    await visit.database.write(printing_actions.ask_for_draft, visit.slug, visit.now)
    return visit.back("/draft.pdf")


@at_desk
async def draft_pdf(visit: Visit) -> Response:
    def look(connection: Connection) -> printings.Pdf | None:
        letter = letters.letter_by_slug(connection, visit.slug)
        return printings.pdf(connection, content_hash(printing_actions.draft_sheet(connection, letter)))

    found = await visit.database.read(look)
    if found is None:  # the letter has changed since: reading sets nothing, the button on the preview does
        return visit.back("/preview")
    return pdf_response(visit.request, found, f"{visit.slug}-draft.pdf")


@at_desk
async def open_letter(visit: Visit) -> Response:
    """Freezes version 1 of what is on the page that has the button."""
    data = await posted(visit.request)
    seen = whole_number(data.get("revision")) or 0
    try:
        await visit.database.write(printing_actions.open_letter, visit.slug, seen, visit.me, visit.now)
    except Refused as refusal:
        return await _preview(visit, refusal.status, str(refusal))
    return visit.back("", "opened")
