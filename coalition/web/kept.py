"""Public answers kept for one second: a storm of readers costs one page a second, and no page is older than that.

Outermost, before routing: only whole answers to plain GETs of public addresses, which are the same for everyone.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = 1.0
LARGEST = 8 * 1024 * 1024  # bytes of one answer
MOST = 64 * 1024 * 1024  # bytes of all


@dataclass(frozen=True)
class _Answer:
    until: float
    etag: bytes
    start: Message
    body: Message
    unchanged: Message
    size: int


class Kept:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._answers: dict[str, _Answer] = {}
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _may_be_kept(scope):
            await self.app(scope, receive, send)
            return
        answer = self._answers.get(scope["path"])
        if answer is None or answer.until <= time.monotonic():
            answer = await self._ask(scope, receive, send)
            if answer is None:
                return
        if answer.etag and _asked_for(scope, answer.etag):
            await send(answer.unchanged)
            await send(_NOTHING)
        else:
            await send(answer.start)
            await send(answer.body)

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> _Answer | None:
        """The app's answer, kept if it may be; one that is not whole goes straight out."""
        held: list[Message] = []
        begun = time.monotonic()  # a page is as old as the reading of what it shows, not as its last byte

        async def hold(message: Message) -> None:
            held.append(message)
            # Answers in parts are not ours to keep: let what is held go, and the rest after it.
            if message["type"] == "http.response.body" and (message.get("more_body") or len(held) > 2):
                for part in held:
                    await send(part)
                held.clear()

        await self.app(scope, receive, hold)
        if len(held) != 2:
            for message in held:
                await send(message)
            return None
        start, body = held
        return self._keep(scope["path"], start, body, begun + SECONDS)

    def _keep(self, path: str, start: Message, body: Message, until: float) -> _Answer:
        headers = start["headers"]
        etag = next((value for name, value in headers if name == b"etag"), b"")
        size = len(body.get("body", b""))
        answer = _Answer(
            until,
            etag,
            start,
            body,
            {
                "type": "http.response.start",
                "status": 304,
                "headers": [pair for pair in headers if pair[0] not in (b"content-length", b"content-type")],
            },
            size,
        )
        if start["status"] == 200 and etag and size <= LARGEST and not _is_for_one(headers):
            before = self._answers.get(path)
            self._size += size - (before.size if before else 0)
            self._answers[path] = answer
            if self._size > MOST:
                self._answers.clear()
                self._size = 0
        return answer


_NOTHING: Message = {"type": "http.response.body", "body": b""}


def _is_for_one(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether an answer is meant for one reader only, whatever its address."""
    return any(
        name == b"set-cookie" or (name == b"cache-control" and (b"no-store" in value or b"private" in value))
        for name, value in headers
    )


def _may_be_kept(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
        return False
    path: str = scope["path"]
    return path == "/" or path.startswith("/letters/")


def _asked_for(scope: Scope, etag: bytes) -> bool:
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return value == b"*" or etag in [tag.strip().removeprefix(b"W/") for tag in value.split(b",")]
    return False
