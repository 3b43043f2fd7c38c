"""Giving up the condition of an endorsement, by one button."""

from starlette.requests import Request
from starlette.responses import Response

from coalition.endorsements import actions
from coalition.web.answer.answers import answered
from coalition.web.forms.fields import posted, seen, whole_number


async def unconditional(request: Request) -> Response:
    """The endorsement as it was given, of the version that was read, and counted at once."""
    data = await posted(request)
    before, version = seen(data), whole_number(data.get("version")) or 0
    return await answered(
        request, lambda connection, nonce, now: actions.give_up_condition(connection, nonce, version, before, now)
    )
