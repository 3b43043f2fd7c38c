"""Refusals as pages: what happened, what was kept, what to do next, with the right status. Mapped once, here."""

import logging
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from coalition.base.database import NotSaved
from coalition.base.refused import Refused, TooMany
from coalition.web.site import Site, site_of

log = logging.getLogger("coalition.web")

NOT_SAVED = (
    "It could not be saved just now, so nothing was changed. What you typed is still on this page. "
    "Please try again in a few minutes."
)
TITLES = {
    400: "That could not be read",
    403: "That is not allowed",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "That cannot be done now",
    410: "This link no longer works",
    413: "That is too large",
    422: "That cannot be done",
    429: "Please wait a little",
    500: "Something went wrong here",
    503: "The site cannot save anything just now",
}
SENTENCES = {
    400: "Your browser sent something this page could not read. Nothing was changed. Go back and try again.",
    404: "There is no page at this address. If you followed a link, a part of it may be missing.",
    405: "This address does not take that kind of request. Nothing was changed.",
    413: "What was sent is larger than this page takes. Nothing was changed. Go back and send less.",
    500: "It is our fault, not yours, and it has been noted. What was saved before is safe. Please try again.",
    503: "What was saved before is safe; this last step was not saved. Please go back and try again in a few minutes.",
}


async def on_refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, Refused) else 422
    headers = {"Retry-After": str(error.after)} if isinstance(error, TooMany) else None
    return error_page(request, status, str(error), headers)


async def on_not_saved(request: Request, error: Exception) -> Response:
    return error_page(request, 503, headers={"Retry-After": "60"})


async def on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return error_page(request, status, headers=getattr(error, "headers", None))


async def on_crash(request: Request, error: Exception) -> Response:
    log.error("a handler failed", exc_info=error)
    return error_page(request, 500)


def error_page(
    request: Request, status: int, sentence: str = "", headers: Mapping[str, str] | None = None, **values: Any
) -> Response:
    sentence = sentence or SENTENCES.get(status, SENTENCES[400])
    title = TITLES.get(status, TITLES[400])
    sent = dict(headers or {})
    if request.url.path.endswith((".json", ".csv", ".pdf")) and "text/html" not in request.headers.get("accept", ""):
        if request.url.path.endswith(".json"):
            return JSONResponse({"error": sentence}, status, {"Access-Control-Allow-Origin": "*", **sent})
        return PlainTextResponse(sentence + "\n", status, sent)
    return site_of(request).page("error.html", status, sent, title=title, sentence=sentence, steps=(), **values)


def too_large(site: Site) -> ASGIApp:
    """The page for what is larger than any page takes. Starlette would answer it in two words."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        page = site.page("error.html", 413, title=TITLES[413], sentence=SENTENCES[413], steps=())
        await page(scope, receive, send)

    return answer


HANDLERS: dict[Any, Any] = {
    Refused: on_refused,
    NotSaved: on_not_saved,
    HTTPException: on_http,
    Exception: on_crash,
}
