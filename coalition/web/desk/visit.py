"""Who is at the desk. Every desk handler goes through `at_desk`, so none can forget to ask."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from coalition.base import clock
from coalition.base.database import Database
from coalition.people import records as people
from coalition.people.records import Coordinator
from coalition.web.forms.fields import posted
from coalition.web.sign_in import session_nonce
from coalition.web.site import Site, site_of

# What is kept when a session has ended: the most that any page of the desk takes, a pasted list among it.
MOST_TYPED = 2100
LONGEST_TYPED = 5 * 1024 * 1024


@dataclass(frozen=True)
class Visit:
    """One request of a coordinator who is signed in."""

    request: Request
    site: Site
    me: Coordinator
    now: datetime

    @property
    def database(self) -> Database:
        return self.site.database

    @property
    def slug(self) -> str:
        slug: str = self.request.path_params["slug"]
        return slug

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        shown: dict[str, Any] = {"me": self.me, "section": "letters"} | values
        return self.site.page(f"desk/{template}", status, **shown)

    def back(self, path: str = "", done: str = "") -> Response:
        """To another page of this letter's desk, after a deed; `done` picks the sentence that is shown there."""
        query = f"?done={done}" if done else ""
        return RedirectResponse(f"/desk/letters/{self.slug}{path}{query}", 303)

    @property
    def done(self) -> str:
        return self.request.query_params.get("done", "")


Handler = Callable[[Visit], Awaitable[Response]]


def at_desk(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    @wraps(handler)
    async def guarded(request: Request) -> Response:
        site = site_of(request)
        now = clock.now()
        nonce = session_nonce(request, site)
        me = await site.database.read(people.signed_in, nonce, now) if nonce else None
        if me is not None:
            return await handler(Visit(request, site, me, now))
        if request.method == "POST":
            return await _signed_out(request, site)
        if "text/event-stream" in request.headers.get("accept", ""):
            return Response(status_code=204)  # a stream that is told so does not come back
        return RedirectResponse("/sign-in", 303)

    return guarded


async def _signed_out(request: Request, site: Site) -> Response:
    """What was typed is kept on the page, to be sent again after signing in beside it."""
    data = await posted(request, files=1, fields=MOST_TYPED, longest=LONGEST_TYPED)
    typed = [(name, value) for name, value in data.multi_items() if _is_text(value)]
    await data.close()
    return site.page("sign_in/lost.html", 401, action=request.url.path, typed=typed)


def _is_text(value: str | UploadFile) -> bool:
    return isinstance(value, str)
