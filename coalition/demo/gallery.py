"""/dev/gallery: every page in every state, each mail and each PDF, as the real site answers. Only the demo has it.

Made on the first visit, in a thread of its own, from a scratch site that is played through and thrown away.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from coalition.base.settings import Settings
from coalition.web.site import site_of

if TYPE_CHECKING:
    from coalition.demo.scenes import Chapter, Scene

Build = Callable[[Settings], ASGIApp]

log = logging.getLogger("coalition.gallery")


class Gallery:
    """The scenes of one running site: none until somebody asks for them, then the same for as long as it runs."""

    def __init__(self, build: Build, base_url: str) -> None:
        self._build, self._base_url = build, base_url
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._chapters: list[Chapter] = []

    def chapters(self) -> "list[Chapter]":
        """All scenes; none while they are being made, which the first call begins. One that failed is begun again."""
        with self._starting:
            if not self._chapters and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._make, name="gallery", daemon=True)
                self._thread.start()
        return self._chapters

    def _make(self) -> None:
        # What plays the scenes is needed by nobody else: a site without a gallery never loads it.
        from coalition.demo.scenes import play

        try:
            self._chapters = play(self._build, self._base_url)
        except Exception:
            log.exception("the gallery could not be made")


async def index(request: Request) -> Response:
    chapters = _chapters(request)
    listed = [(chapter.title, [(one, f"/dev/gallery/{one.name}") for one in chapter.listed]) for chapter in chapters]
    page = site_of(request).page("dev/gallery.html", 200 if chapters else 202, chapters=listed)
    if not chapters:
        page.headers["Refresh"] = "1"
    return page


async def scene(request: Request) -> Response:
    """What the scratch site answered, byte for byte, so that one can look at it; only the status is always 200."""
    chapters = _chapters(request)
    if not chapters:
        return await index(request)
    name = request.path_params["name"]
    for chapter in chapters:
        for one in chapter.scenes:
            if one.name == name:
                return _as_answered(one)
    raise HTTPException(404)


def _as_answered(one: "Scene") -> Response:
    response = Response(one.body, headers={"Content-Type": one.kind})
    if one.csp:  # a mail brings its own style, and is let do nothing else
        response.headers["Content-Security-Policy"] = one.csp
    return response


def _chapters(request: Request) -> "list[Chapter]":
    if not site_of(request).settings.demo:
        raise HTTPException(404)
    gallery: Gallery = request.app.state.gallery
    return gallery.chapters()
