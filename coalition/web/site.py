"""What every handler needs: settings, database, links, the kept PDFs, and how a page is made of a template."""

import asyncio
import hashlib
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from coalition.base import clock
from coalition.base.database import Database
from coalition.base.limits import Limit
from coalition.base.links import Links
from coalition.base.mail.words import a_run
from coalition.base.settings import TEMPLATES, Settings
from coalition.dispatch.telling import sentence
from coalition.endorsements.joins import rules as join_rules
from coalition.letters import embargo, rules
from coalition.letters.phrases import phrases
from coalition.letters.text import LetterText, body_html
from coalition.organisations.registers.register import Register
from coalition.printings.sealing.verifying import Verifier
from coalition.printings.store import Store
from coalition.web.static_files import address

NAME = "Coalition"


class Site:
    """One running site. Lives as long as the app; `close()` finishes what was being written."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.links = Links(settings.secret_keys)
        self.store = Store(settings.data_dir / "pdf")
        self.logos = Store(settings.data_dir / "logos", suffix=".png")
        self.proofs = Store(settings.data_dir / "proofs", suffix="")
        self.decoding = asyncio.Lock()  # one picture at a time
        self.logo_limit = Limit(20, 600)  # of one link
        self.verifier = Verifier()
        self.verify_limit = Limit(30, 600)  # of one source's files
        self.sign_in_limit = Limit(20, 600)
        self.join_limit = Limit(10, 3600)  # of one source's requests to join
        self.register = Register(settings.register_url) if settings.register_url else None
        self.register_limit = Limit(60, 60)  # of a coordinator's look-ups: the register is somebody else's
        self.templates = _environment(settings)

    def page(
        self, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
    ) -> HTMLResponse:
        return HTMLResponse(self.templates.get_template(template).render(values), status, headers)

    def close(self) -> None:
        self.verifier.close()
        self.database.close()


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _environment(settings: Settings) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        static=address,
        site={"name": NAME, "base_url": settings.base_url},
        demo=settings.demo,
        has_register=bool(settings.register_url),
        body_html=body_html,
        phrases=phrases,
        now=clock.now,
        is_public=lambda letter: rules.is_public(letter, clock.now()),
        sentence=sentence,
        embargo_ends=lambda letter: embargo.ends(letter, clock.now()),
        may_join=lambda letter: join_rules.may_join(letter, clock.now()),
    )
    environment.filters.update(
        moment=datetime.fromisoformat,  # as the history keeps one
        moment_words=clock.moment_words,
        day_words=clock.day_words,
        date_words=date_words,
        iso=clock.iso,
        short_moment=short_moment,
        short_day=short_day,
        a_run=a_run,
    )
    return environment


@lru_cache(maxsize=64)
def _letter_html(environment: Environment, text: LetterText) -> Markup:
    html = environment.get_template("partials/letter.html").render(text=text, body=body_html(text.body))
    return Markup(html)  # noqa: S704 (rendered with autoescape, the body by body_html)


def letter_html(site: Site, text: LetterText) -> Markup:
    """The letter as page and PDF show it; made once per text."""
    return _letter_html(site.templates, text)


def short_moment(moment: datetime, time_zone: str = "Europe/London") -> str:
    """For tables: 26 Oct 2009, 09:00."""
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{there.day} {there:%b %Y, %H:%M}"


def date_words(day: date) -> str:
    """In a sentence, where the day of the week says nothing: 26 October 2009."""
    return f"{day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """For tables and drawings: 26 Oct 2009."""
    return f"{day.day} {day:%b %Y}"


def etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
