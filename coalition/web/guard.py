"""What holds for every address: where a post may come from, what a browser may do with the page, what our log says."""

import logging
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("coalition.web")

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _CSP.format(ancestors="'none'").encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# The demo's mailbox and gallery show pages and mails in frames of their own site.
_FRAMED = tuple(
    (name, _CSP.format(ancestors="'self'").encode() if name == b"content-security-policy" else b"SAMEORIGIN")
    if name in (b"content-security-policy", b"x-frame-options")
    else (name, value)
    for name, value in HEADERS
)
_OPEN = tuple(
    (name, b"cross-origin") if name == b"cross-origin-resource-policy" else (name, value) for name, value in HEADERS
)
HSTS = (b"strict-transport-security", b"max-age=31536000")


class Guard:
    """Refuses posts from other sites and posts too large for any page, adds the headers that keep a page to itself,
    and logs the route by its name.
    """

    def __init__(self, app: ASGIApp, base_url: str, largest: int, too_large: ASGIApp) -> None:
        """`too_large` answers a request that announces more than `largest` bytes."""
        self.app = app
        self.largest, self.too_large = largest, too_large
        self.origin = base_url
        self.host = urlsplit(base_url).netloc
        self.extra = (HSTS,) if base_url.startswith("https://") else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 500

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *self._headers(scope, message["headers"])]
            await send(message)

        try:
            if scope["method"] == "POST" and not self._is_ours(scope):
                await PlainTextResponse(_FOREIGN, 403)(scope, receive, guarded)
            elif _announced(scope) > self.largest:
                await self.too_large(scope, receive, guarded)
            else:
                await self.app(scope, receive, guarded)
        finally:
            # The route, never the address: that may carry a token.
            route = getattr(scope.get("route"), "path", "-")
            log.info("%s %s %d %.1f ms", scope["method"], route, status, (time.perf_counter() - begun) * 1000)

    def _is_ours(self, scope: Scope) -> bool:
        """Browsers say where a post comes from. One-click unsubscribing (RFC 8058) is posted by mail servers."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _SAY_WHENCE}
        if scope["path"].startswith("/unsubscribe/"):
            return True
        whence = headers.get(b"sec-fetch-site")
        if whence is not None:
            return whence in ("same-origin", "none")
        origin = headers.get(b"origin")
        return origin is None or origin == self.origin or urlsplit(origin).netloc == headers.get(b"host")

    def _headers(self, scope: Scope, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name for name, _ in given}
        path = scope["path"]
        ours = _FRAMED if path.startswith("/dev/") else _OPEN if b"access-control-allow-origin" in names else HEADERS
        added = [pair for pair in (*ours, *self.extra) if pair[0] not in names]
        if b"cache-control" not in names:  # whatever is not meant for everybody
            added += [(b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex")]
        return added


def _announced(scope: Scope) -> int:
    """Bytes that the body is said to have. One that is sent without saying is cut off by the app."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


_SAY_WHENCE = frozenset({b"sec-fetch-site", b"origin", b"host"})
_FOREIGN = (
    "This form was sent from another website, so it was refused and nothing was changed. "
    "Open the page on this site and send it from there.\n"
)
