"""What an organisation asks of the desk once the letter has been delivered."""

from starlette.requests import Request
from starlette.responses import Response

from coalition.endorsements import requests
from coalition.web.answer.answers import answered, refused
from coalition.web.forms.fields import posted, seen
from coalition.web.forms.requests import RequestForm


async def request(request: Request) -> Response:
    data = await posted(request)
    form = RequestForm(data)
    if not form.validate():
        return await refused(request, 422, request_form=form)
    wish, words, line, before = form.wish.data or "", form.words.data or "", form.line(), seen(data)
    return await answered(
        request,
        lambda connection, nonce, now: requests.ask(connection, nonce, wish, words, line, before, now),
        lambda: {"request_form": form},
    )
