"""Other words for a passage, suggested through a signed link."""

from starlette.requests import Request
from starlette.responses import Response

from coalition.endorsements.suggestions import suggesting
from coalition.letters.passages import paragraphs
from coalition.web.answer.answers import answered, refused
from coalition.web.answer.look import Look
from coalition.web.forms.fields import posted, whole_number
from coalition.web.forms.suggesting import SuggestForm


def quoted(request: Request, look: Look) -> SuggestForm | None:
    """The form with the paragraph in it that was chosen, where nothing could be selected. Choosing changes nothing."""
    number = whole_number(request.query_params.get("paragraph"))
    there = paragraphs(look.version.text)
    if not number or number > len(there):
        return None
    words = there[number - 1]
    return SuggestForm(data={"passage": words, "replacement": words})


async def suggest(request: Request) -> Response:
    data = await posted(request)
    form = SuggestForm(data)
    if not form.validate():
        return await refused(request, 422, suggest=form)
    passage, words, reason = form.passage.data or "", form.replacement.data or "", form.reason.data or ""
    version = whole_number(data.get("version"))
    return await answered(
        request,
        lambda connection, nonce, now: suggesting.suggest_by_link(
            connection, nonce, passage, words, reason, version, now
        ),
        lambda: {"suggest": form},
    )


async def take_back(request: Request) -> Response:
    id = whole_number((await posted(request)).get("suggestion")) or 0
    return await answered(request, lambda connection, nonce, now: suggesting.take_back(connection, nonce, id, now))
