"""The tracker moves by itself: server-sent events that say "something has happened", and in a few words what.

Each process asks the database once a second about each letter that somebody watches: the ends of two indexes. So it
works with any number of processes and workers, and what is shown is then fetched as the page it always was.
"""

import asyncio
import json
import logging
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import RedirectResponse, Response, StreamingResponse

from coalition.base import clock
from coalition.base.database import Database
from coalition.invitations import records as invitations
from coalition.invitations.tracker import watching
from coalition.letters import records as letters
from coalition.people import records as people
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.sign_in import session_nonce

POLL_S = 1.0
BEAT_S = 10.0  # between two signs of life; a session that has ended is noticed by then
MOST_EACH, MOST = 12, 300  # streams of one coordinator, and of all, in one process
SAID_MOST = 3  # things that are said at once; more are counted

# Deed of the history -> what is said of it to whoever watches.
WORDS = {
    "endorsed": "{} has endorsed",
    "endorsed on a condition": "{} has endorsed on a condition",
    "condition holds": "{} counts now: its condition holds",
    "condition broken": "{} waits again: its condition no longer holds",
    "endorsement changed": "{} has changed how it is printed",
    "declined": "{} has declined",
    "withdrew": "{} has withdrawn",
    "letter read": "{} has read the letter",
    "deciding": "{} will decide later",
    "request made": "{} asks for a change after delivery",
    "let look": "{} has let a colleague look at the letter",
    "passed on": "{} has passed the letter on to a colleague",
    "asked to join": "{} asks to join",
    "asked for no more mail": "{} wants no more mail",
    "mail complained of": "{} has called your mail unwanted",
    "link mailed again": "{} has asked for the link again",
    "correction not told": "{} could not be told of the correction",
    "mail failed": "The mail to {} could not be delivered",
    "mail bounced": "The mail to {} came back",
    "mail held up": "The mail to {} is held up",
}

log = logging.getLogger("coalition.live")


@dataclass
class Watched:
    """One letter that somebody watches: how it is now, and who waits for that to change."""

    sign: str
    said: list[str] = field(default_factory=list)  # what the newest change was
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    watchers: int = 0
    poller: "asyncio.Task[None] | None" = None

    def tell(self, sign: str, said: list[str]) -> None:
        self.sign, self.said = sign, said
        told, self.changed = self.changed, asyncio.Event()
        told.set()


class Live:
    """Who watches which letter in this process. Lives as long as the app; `close()` ends every stream."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._letters: dict[int, Watched] = {}
        self._streams: Counter[int] = Counter()  # by coordinator
        self._closing = threading.Event()

    def close(self) -> None:
        self._closing.set()
        for watched in self._letters.values():
            watched.changed.set()

    def closing(self) -> bool:
        return self._closing.is_set()

    def has_room(self, coordinator: int) -> bool:
        return not self.closing() and self._streams[coordinator] < MOST_EACH and self._streams.total() < MOST

    @contextmanager
    def watch(self, coordinator: int, letter_id: int, sign: str) -> Iterator[Watched]:
        """For as long as one stream lasts."""
        watched = self._letters.setdefault(letter_id, Watched(sign))
        self._streams[coordinator] += 1
        watched.watchers += 1
        if watched.poller is None:
            watched.poller = asyncio.create_task(self._poll(letter_id, watched))
        try:
            yield watched
        finally:
            self._streams[coordinator] -= 1
            watched.watchers -= 1
            if not watched.watchers and watched.poller:
                watched.poller.cancel()
                self._letters.pop(letter_id, None)

    async def _poll(self, letter_id: int, watched: Watched) -> None:
        while not self.closing():
            await asyncio.sleep(POLL_S)
            try:
                sign = await self.database.read(watching.changed, letter_id)
                if sign != watched.sign:
                    watched.tell(sign, await self.database.read(_news, letter_id, watched.sign))
            except SQLAlchemyError as error:  # it will be there again; those who watch lose nothing
                log.warning("a letter cannot be watched just now: %s", type(error).__name__)


def _news(connection: Connection, letter_id: int, seen: str) -> list[str]:
    """In a few words, what has happened since."""
    news = [one for one in watching.news(connection, letter_id, seen) if one.deed in WORDS]
    names = invitations.names(connection, {one.subject_id for one in news if one.subject_id})
    said = list(dict.fromkeys(WORDS[one.deed].format(names.get(one.subject_id or 0, one.who)) for one in news))
    more = len(said) - SAID_MOST
    return said[-SAID_MOST:] + ([f"and {more} more"] if more > 0 else [])


@at_desk
async def live(visit: Visit) -> Response:
    """The stream, for whoever asks for one. `seen`, or Last-Event-ID after a break, is the sign of the page shown."""
    request = visit.request
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    if "text/event-stream" not in request.headers.get("accept", ""):
        return RedirectResponse(f"/desk/letters/{visit.slug}", 303)
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    sign = await visit.database.read(watching.changed, letter.id)
    watch: Live = request.app.state.live
    if not watch.has_room(visit.me.id):  # a browser that is refused does not try again: the page is as good as before
        return Response("Too many windows are watching.", 429, {"Retry-After": "60"}, "text/plain")
    events = _events(visit, watch, letter.id, seen, sign)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(visit: Visit, watch: Live, letter_id: int, seen: str, sign: str) -> AsyncIterator[str]:
    nonce = session_nonce(visit.request, visit.site) or ""
    with watch.watch(visit.me.id, letter_id, sign) as watched:
        yield "retry: 3000\n\n"
        shown = seen or sign
        while not watch.closing():
            if watched.sign == shown:
                with suppress(TimeoutError):
                    await asyncio.wait_for(watched.changed.wait(), BEAT_S)
            if watch.closing():
                break
            if await visit.database.read(people.signed_in, nonce, clock.now()) is None:
                yield "event: end\ndata:\n\n"  # told so, the browser does not come back
                break
            if watched.sign == shown:
                yield ": still here\n\n"
            else:
                shown = watched.sign
                yield f"id: {shown}\nevent: changed\ndata: {json.dumps(watched.said)}\n\n"


def end_with_server(live: Live) -> None:
    """A server that is told to end waits for its answers, and these would not end. So they hear it too."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _then(live, before))


def _then(live: Live, before: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        live.close()
        before(number, frame)

    return handle
