"""Changing the text of an open letter: writing the next version, seeing what it changes, publishing it as one of two
kinds; and the versions there were."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.base.database import NotSaved
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.endorsements import revising
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions import taking
from coalition.letters import next_version, rules
from coalition.letters import records as letters
from coalition.letters.differences import differences
from coalition.letters.rules import Letter
from coalition.letters.text import tidied
from coalition.printings import actions as printing_actions
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, whole_number
from coalition.web.forms.letters import PublishForm, TextForm, text_form
from coalition.web.site import letter_html


@at_desk
async def text(visit: Visit) -> Response:
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if letter.state == "draft":
        return visit.back("/draft")
    if rules.state(letter, visit.now) != "open":
        return visit.back("/preview")
    return _text_page(visit, letter, text_form(letter))


@at_desk
async def save(visit: Visit) -> Response:
    """Keeps what was typed; the button that was pressed says what to show then."""
    data = await posted(visit.request)
    form = TextForm(data)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if not form.validate():
        return _text_page(visit, letter, form, 422)
    seen = whole_number(form.revision.data) or 0
    try:
        await visit.database.write(next_version.save_next, visit.slug, seen, form.text(), visit.now)
    except Refused as refusal:
        if isinstance(refusal, Overtaken):
            form.revision.data = str(letter.next_revision)
        return _text_page(visit, letter, form, refusal.status, str(refusal))
    except NotSaved:
        return _text_page(visit, letter, form, 503, NOT_SAVED)
    return visit.back("/text/publish" if data.get("then") == "publish" else "/text", "saved")


def _text_page(visit: Visit, letter: Letter, form: TextForm, status: int = 200, problem: str = "") -> Response:
    return visit.page(
        "text.html",
        status,
        letter=letter,
        form=form,
        html=letter_html(visit.site, tidied(form.text())),
        problem=problem,
        done=visit.done,
    )


@at_desk
async def discard(visit: Visit) -> Response:
    data = await posted(visit.request)
    seen = whole_number(data.get("revision")) or 0
    try:
        await visit.database.write(taking.discard_next, visit.slug, seen, visit.now)
    except Overtaken as refusal:
        letter = await visit.database.read(letters.letter_by_slug, visit.slug)
        return _text_page(visit, letter, text_form(letter), refusal.status, str(refusal))
    return visit.back("/preview", "discarded")


@at_desk
async def compare(visit: Visit) -> Response:
    """What would change by word, and what each of the two kinds would do, to whom. Publishes nothing."""
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if letter.next_text is None:
        return visit.back("/text")
    return await _compare(visit, PublishForm())


async def _compare(visit: Visit, form: PublishForm, status: int = 200, problem: str = "") -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        try:
            next_version.check_next(letter)
            missing = ""
        except Refused as refusal:
            missing = str(refusal)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "parts": differences(letter.text, letter.next_text or letter.text),
            "effects": revising.effects(connection, letter.id),
            "taken": suggestions.pending(connection, letter.id),
            "out_of_reach": revising.out_of_reach(connection, letter.id),
            "missing": missing,
        }

    values = await visit.database.read(look)
    form.revision.data = values["letter"].next_revision
    return visit.page("publish.html", status, form=form, problem=problem, done=visit.done, **values)


@at_desk
async def publish(visit: Visit) -> Response:
    """Publishes exactly what was compared, as the kind whose button was pressed."""
    form = PublishForm(await posted(visit.request))
    if not form.validate():
        return await _compare(visit, form, 422)
    seen, kind, why = whole_number(form.revision.data) or 0, form.kind.data or "", form.why.data or ""
    try:
        await visit.database.write(
            printing_actions.publish,
            visit.slug,
            seen,
            kind,  # type: ignore[arg-type]  # the action refuses what is none
            why,
            visit.me.called,
            visit.now,
        )
    except Refused as refusal:
        return await _compare(visit, form, refusal.status, str(refusal))
    except NotSaved:
        return await _compare(visit, form, 503, NOT_SAVED)
    return visit.back("/preview", "published")


@at_desk
async def version(visit: Visit) -> Response:
    """One version as it was read, and what is different now."""
    number = visit.request.path_params["number"]

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        if not letter.version:
            raise NotFound("There is no such version of this letter.")
        shown = letters.version(connection, letter.id, number)
        return {
            "letter": letter,
            "version": shown,
            "editions": letters.editions(connection, letter.id),
            "html": letter_html(visit.site, shown.text),
            "parts": differences(shown.text, letter.text),
        }

    return visit.page("version.html", **await visit.database.read(look))
