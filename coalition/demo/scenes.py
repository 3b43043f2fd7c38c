"""The stage of the gallery: a scratch site with its cast, and how an answer of it becomes a scene."""

import asyncio
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx
from sqlalchemy import Connection
from starlette.types import ASGIApp

from coalition import migrations
from coalition.base.clock import now
from coalition.base.database import Database
from coalition.base.links import Links, Purpose
from coalition.base.settings import Settings, from_environment
from coalition.demo import sample
from coalition.demo.outside import Fussy
from coalition.endorsements import actions as answers
from coalition.invitations import actions as invitations
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.letters import actions as letter_actions
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.text import LetterText
from coalition.people import actions as people
from coalition.printings import actions as printings
from coalition.printings import logos
from coalition.printings import records as printing_records
from coalition.printings.press.layout import content_hash
from coalition.printings.press.setting import Setter
from coalition.printings.sealing import evidence
from coalition.printings.sealing.keys import key_of
from coalition.printings.sealing.sealing import Sealer
from coalition.printings.store import Store
from coalition.work import post

P = ParamSpec("P")
T = TypeVar("T")

INSIDE = re.compile(r'<(iframe|img)[^>]*\ssrc="(/[^"]+)"')  # frames, and logos


@dataclass(frozen=True)
class Scene:
    """One answer of the site. `about` is empty for what stands inside of another, which is not listed."""

    name: str
    about: str
    status: int
    kind: str
    body: bytes
    csp: str = ""


@dataclass
class Chapter:
    title: str
    scenes: list[Scene] = field(default_factory=list)

    @property
    def listed(self) -> list[Scene]:
        return [scene for scene in self.scenes if scene.about]


def play(build: Callable[[Settings], ASGIApp], base_url: str) -> list[Chapter]:
    """Builds a scratch site, plays the cast through it, and answers with all that was seen. Takes some seconds."""
    with tempfile.TemporaryDirectory(prefix="coalition-gallery-") as folder:
        # Nothing of the running site's settings: the scratch site has a database, a mailbox and keys of its own.
        environ = {"COALITION_DATA_DIR": folder, "COALITION_BASE_URL": base_url}
        environ["COALITION_MAIL_FROM"] = "letters@coalition.example"
        environ["COALITION_REGISTER_URL"] = "https://register.example/reconcile"  # made up; nobody asks it
        settings = from_environment(environ, demo=True)
        migrations.upgrade(settings.database_url)
        return asyncio.run(_play(build(settings), settings))


async def _play(app: ASGIApp, settings: Settings) -> list[Chapter]:
    from coalition.demo import (
        scenes_answer,
        scenes_asking,
        scenes_bounces,
        scenes_closing,
        scenes_conditions,
        scenes_directory,
        scenes_dispatch,
        scenes_draft,
        scenes_end,
        scenes_freshness,
        scenes_joining,
        scenes_kept,
        scenes_links,
        scenes_logo,
        scenes_outcome,
        scenes_printed,
        scenes_public,
        scenes_suggestions,
        scenes_verifying,
        scenes_versions,
    )

    stage = Stage(app, settings)
    try:
        await scenes_public.beginning(stage)
        await scenes_directory.beginning(stage)
        await scenes_draft.scenes(stage)
        await scenes_asking.scenes(stage)
        await scenes_answer.scenes(stage)
        await scenes_logo.scenes(stage)
        await scenes_links.scenes(stage)
        await scenes_versions.scenes(stage)
        await scenes_conditions.scenes(stage)
        await scenes_kept.scenes(stage)
        await scenes_outcome.scenes(stage)
        await scenes_suggestions.scenes(stage)
        await scenes_printed.scenes(stage)
        await scenes_closing.scenes(stage)
        await scenes_freshness.scenes(stage)
        await scenes_public.scenes(stage)
        await scenes_verifying.scenes(stage)
        await scenes_dispatch.scenes(stage)
        await scenes_bounces.scenes(stage)  # addresses that others need no more get no mail from here
        await scenes_directory.scenes(stage)
        await scenes_joining.scenes(stage)
        await scenes_end.scenes(stage)
    finally:
        await stage.close()
    return stage.chapters


class Stage:
    """The scratch site: `visitor` holds a link or reads, `eva` is signed in at the desk. Close it when done."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings, self.now = app, settings, now()
        self.database, self.links = Database(settings.database_url), Links(settings.secret_keys)
        self.store, self._setter = Store(settings.data_dir / "pdf"), Setter()
        self._sealer = Sealer(lambda: key_of(settings, self.now))
        self.logos = Store(settings.data_dir / "logos", suffix=".png")
        self.visitor, self.eva = self._browser(), self._browser()
        self.who = self.do(people.add_coordinator, *sample.COORDINATOR, self.now)
        self.chapters: list[Chapter] = []
        self.cast: dict[str, Letter] = {}  # letters that more than one chapter shows
        self._here = Chapter("")
        self._posted: set[Path] = set()

    def _browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url=self.settings.base_url,
            headers={"Accept": "text/html,*/*"},
            follow_redirects=True,
        )

    async def close(self) -> None:
        await self.visitor.aclose()
        await self.eva.aclose()
        self._setter.close()
        self._sealer.close()
        self.database.close()

    def chapter(self, title: str) -> None:
        """The scenes that follow belong there; a chapter may be gone on with later."""
        self._here = next((chapter for chapter in self.chapters if chapter.title == title), Chapter(title))
        if self._here not in self.chapters:
            self.chapters.append(self._here)

    async def show(
        self, name: str, about: str, path: str, form: dict[str, Any] | None = None, *, desk: bool = False, **more: Any
    ) -> httpx.Response:
        """Asks the site, or sends it a form, as Eva when `desk`; where that leads in the end is the scene."""
        who = self.eva if desk else self.visitor
        answer = await who.request("GET" if form is None and not more else "POST", path, data=form, **more)
        await self._keep(name, about, answer, who)
        return answer

    async def _keep(self, name: str, about: str, answer: httpx.Response, who: httpx.AsyncClient) -> None:
        body, kind, csp = answer.content, answer.headers["content-type"], answer.headers["content-security-policy"]
        for number, (_, path) in enumerate(INSIDE.findall(answer.text) if kind.startswith("text/html") else (), 1):
            inside = f"{name}-inside-{number}"
            await self._keep(inside, "", await who.get(unescape(path)), who)
            body = body.replace(f'src="{path}"'.encode(), f'src="/dev/gallery/{inside}"'.encode())
        self.put(Scene(name, about, answer.status_code, kind, body, csp if "sandbox" in csp else ""))  # a mail's

    async def mail(self, name: str, about: str, file: Path) -> None:
        """One mail that was sent, as programs show it, as text, and with its headers."""
        here, address = self._here, f"/dev/mailbox/{file.name}"
        self.chapter("Mail")
        await self.show(f"mail-{name}", about, f"{address}/html")
        text = Scene(f"mail-{name}-text", f"{about}, as text", 200, "text/plain; charset=utf-8", words(file).encode())
        self.put(text)
        await self.show(f"mail-{name}-headers", f"{about}, in the mailbox", address)
        self._here = here

    def put(self, scene: Scene) -> None:
        self._here.scenes.append(scene)

    def do(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A real action, straight on the scratch site's database."""
        return self.database.write_now(fn, *args, **kwargs)

    # The cast's letters. Each has an address of its own, so that no button in the gallery fits a letter of the demo.

    def draft(self, called: str, *, days: int = 0, text: LetterText = sample.TEXT, **changes: Any) -> Letter:
        """A complete draft, begun `days` ago."""
        at = self.now - timedelta(days=days)
        letter = self.do(letter_actions.start, f"gallery {called}", self.who, at)
        plan = replace(sample.plan(at), **changes)
        return self.do(letter_actions.save_draft, letter.slug, letter.revision, text, sample.GROUPS, plan, at)

    def opened(self, called: str, *, days: int = 0, asked: Iterable[str] | None = (), **more: Any) -> Letter:
        """An open letter with the demo's organisations on its list, those `asked` asked; None stands for all."""
        at = self.now - timedelta(days=days)
        letter = self.draft(called, days=days, **more)
        self.do(sample.bring_in, letter, at)
        self.do(printings.open_letter, letter.slug, letter.revision, self.who, at)
        ids = None if asked is None else {self.ids(letter)[name] for name in asked}
        self.do(invitations.ask, letter.slug, ids, self.who.called, at)
        return self.reread(letter)

    def reread(self, letter: Letter) -> Letter:
        return self.database.read_now(letters.letter_by_slug, letter.slug)

    def endorse(self, letter: Letter, names: Iterable[str], *, days: int = 0) -> None:
        known = self.database.read_now(sample.nonces, letter)
        at = self.now - timedelta(days=days)
        for number, name in enumerate(names, 1):
            nonce, group = known[name]
            self.do(answers.endorse, nonce, sample.answer(name, group, number), None, at)

    def asked(self, letter: Letter) -> list[str]:
        return [name for name, (nonce, _) in self.database.read_now(sample.nonces, letter).items() if nonce]

    def nonce(self, letter: Letter, organisation: str) -> str:
        return self.database.read_now(sample.nonces, letter)[organisation][0]

    def link(self, letter: Letter, organisation: str, purpose: Purpose = "invitation") -> str:
        """The path of the link that this organisation was mailed."""
        folder = "unsubscribe" if purpose == "unsubscribe" else "e"
        return f"/{folder}/{self.links.token(purpose, self.nonce(letter, organisation))}"

    def place(self, letter: Letter, organisation: str) -> str:
        """The path of the organisation's page at the desk."""
        return f"/desk/letters/{letter.slug}/organisations/{self.ids(letter)[organisation]}"

    def ids(self, letter: Letter) -> dict[str, int]:
        rows, _ = self.database.read_now(tracking.tracker, letter.id, Filter(page=1))
        return {row.organisation: row.id for row in rows}

    # The worker's part.

    def send_mail(self) -> list[Path]:
        """Sends what is due. Returns the mails that arrived, oldest first; one address does not exist any more."""
        pump = post.pump(self.settings, self.database)
        open_transport = pump.open_transport
        pump.open_transport = lambda: Fussy(open_transport())
        pump.run_once()
        arrived = sorted(set((self.settings.data_dir / "mailbox" / "new").iterdir()) - self._posted)
        self._posted.update(arrived)
        return arrived

    def set_pdf(self, content: str) -> None:
        """Sets one PDF that was asked for. The worker would set all of them, and nobody looks at most."""
        asked = self.database.read_now(printing_records.sheet, content)
        sheet, pictures, said = logos.pictures(asked, self.logos)
        made = self._sealer.finish(sheet, self._setter.set(sheet, pictures, evidence.files(sheet)))
        kept = self.store.put(content, made.pdf)
        self.do(printing_records.was_set, content, kept, now(), said)

    def set_printing(self, letter: Letter) -> None:
        """Sets the letter's newest printing."""
        self.set_pdf(self.database.read_now(printing_records.printing, letter.id).content)

    def set_version(self, letter: Letter) -> None:
        """Sets the text alone, for those who are asked."""
        version = self.database.read_now(letters.version, letter.id, letter.version)
        self.set_pdf(content_hash(printings.version_sheet(version, letter.paper)))

    def spoil_pdfs(self) -> None:
        """What waits to be set fails for good, as it does when setting it takes too long three times."""
        for hour in range(1, 4):
            at = self.now + timedelta(hours=hour)
            while claimed := self.do(printing_records.claim, at):
                self.do(printing_records.was_not_set, claimed, "Setting this PDF took longer than 120 seconds.", at)


def words(mail: Path) -> str:
    """A mail's text part."""
    part = message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",))
    return str(part.get_content()) if part else ""
