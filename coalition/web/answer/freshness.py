"""Saying before the letter goes that they are still happy, by one button."""

from starlette.requests import Request
from starlette.responses import Response

from coalition.endorsements.freshness import actions
from coalition.web.answer.answers import answered
from coalition.web.forms.fields import posted, whole_number


async def still(request: Request) -> Response:
    version = whole_number((await posted(request)).get("version")) or 0
    return await answered(request, lambda connection, nonce, now: actions.still(connection, nonce, version, now))
