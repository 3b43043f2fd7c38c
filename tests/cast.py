"""The cast, also behind `make demo`: Eva who coordinates, her letter of 2009, the organisations she asks, a reader."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection

from app import build
from coalition.base import clock
from coalition.base.database import Database
from coalition.base.settings import Settings, from_environment
from coalition.demo import sample
from coalition.dispatch import noting
from coalition.dispatch.rules import Noted
from coalition.invitations import actions as invitations
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.people import actions as people
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.printings.press.setting import Setter
from coalition.printings.sealing.keys import key_of
from coalition.printings.sealing.sealing import Sealer
from coalition.web.site import Site
from coalition.work import pdfs, post
from tests import seals

AMNESTY = "Amnesty International UK"
NSPCC = "NSPCC"
POPPY = "The Poppy Project"
HOME = "http://coalition.test"
SLUG = "keep-the-mets-human-trafficking-unit"


@dataclass
class Campaign:
    """Eva's letter on a site of its own, open for endorsement, everyone asked. Time is real unless `at` says else."""

    settings: Settings
    app: Any
    site: Site
    eva: Coordinator
    letter: Letter

    @property
    def database(self) -> Database:
        return self.site.database

    def browser(self, **options: Any) -> httpx.AsyncClient:
        """Somebody without a session: a charity, a reader, a scanner."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=HOME, **options)

    def at_desk(self) -> httpx.AsyncClient:
        """Eva, signed in."""
        now = clock.now()
        nonce = self.database.write_now(people.new_link, self.eva, now)
        session = self.database.write_now(people.sign_in, nonce, now)
        return self.browser(cookies={"coalition": self.site.links.token("session", session)})

    def nonce(self, organisation: str) -> str:
        return self.database.read_now(sample.nonces, self.letter)[organisation][0]

    def link(self, organisation: str) -> str:
        """The path of the signed link that this organisation was mailed."""
        return f"/e/{self.site.links.token('invitation', self.nonce(organisation))}"

    def reread(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.letter.slug)

    def send_mail(self) -> int:
        """Sends all that is due, as the worker does. Returns how many messages were seen to."""
        return post.pump(self.settings, self.database).run_once()

    def mails(self) -> list[Path]:
        return sorted((self.settings.data_dir / "mailbox" / "new").glob("*"))

    def set_pdfs(self) -> None:
        """Sets every PDF that is asked for, as the worker does."""
        with Setter() as setter, Sealer(lambda: key_of(self.settings, clock.now())) as sealer:
            while pdfs.set_next(self.database, self.site.store, self.site.logos, setter, sealer):
                pass


def endorse_form(organisation: str = NSPCC, **changes: str) -> dict[str, str]:
    """What a charity types; plainly made up."""
    return {
        "version": "1",
        "name": organisation,
        "group": "National charities",
        "signatory": "Sample Signatory",
        "role": "Chief Executive",
        "authority": "chief-executive",
        "authority_detail": "",
        "show_signatory": "y",
        **changes,
    }


@asynccontextmanager
async def campaign(database_url: str, data_dir: Path, at: datetime | None = None) -> AsyncIterator[Campaign]:
    """Eva's campaign, begun at `at` (now, unless said), everyone asked, nothing sent or answered yet."""
    settings = from_environment(
        {
            "COALITION_DATABASE_URL": database_url,
            "COALITION_DATA_DIR": str(data_dir),
            "COALITION_BASE_URL": HOME,
            "COALITION_MAIL_FROM": "letters@coalition.test",
        },
        demo=True,
    )
    seals.install(data_dir)
    app = build(settings)
    site: Site = app.app.app.state.site  # type: ignore[attr-defined]
    eva, letter = site.database.write_now(begin, at or clock.now())
    try:
        yield Campaign(settings, app, site, eva, letter)
    finally:
        site.close()


def begin(connection: Connection, at: datetime) -> tuple[Coordinator, Letter]:
    eva = people.add_coordinator(connection, *sample.COORDINATOR, at)
    letter = sample.draft(connection, eva, at)
    sample.bring_in(connection, letter, at)
    letter = printings.open_letter(connection, letter.slug, letter.revision, eva, at)
    invitations.ask(connection, letter.slug, None, eva.called, at)
    return eva, letter


def deliver(connection: Connection, slug: str, day: date, how: str, who: str, now: datetime) -> str:
    """Notes at the desk that the first printing was delivered."""
    noted = Noted(1, "other", "Sir Paul Stephenson", day, words=how)
    return noting.note(connection, slug, noted, who, now)[1]


def hidden(page: str, name: str) -> str:
    """The value of a hidden field, as a browser would send it back."""
    found = re.search(rf'name="{name}" (?:type="hidden" )?value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return found[1]
