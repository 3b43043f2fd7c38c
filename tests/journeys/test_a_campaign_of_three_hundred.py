"""Eva runs a whole campaign from the desk: a messy spreadsheet, four weeks in London across a clock change, a printing.

The site runs under a clock that can be moved (faketime), so that everything that waits for a day waits for it here too.
Every answer is posted as a browser without scripts posts it; every mail lies in the mailbox as it was sent.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page
from sqlalchemy import Connection, select

from coalition.base.settings import ROOT
from coalition.demo import sample
from coalition.letters import actions as letters
from coalition.people import records as people
from coalition.printings import actions as printings
from coalition.tables import contacts, invitations, organisations, outbox
from tests.journeys.people import EVA, LETTER, eva_at_desk, said, sign_in
from tests.organisations.messy.assemble import HERE
from tests.running import Running, command, served, until

BEGINS = datetime(2026, 3, 16, 10, 0, tzinfo=UTC)  # a Monday; the clocks change on Sunday 29 March
LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/opt/homebrew/lib/faketime/libfaketime.1.dylib")
ENDORSE, DECLINE, LATER, BOUNCE, FORWARD = 120, 40, 25, 15, 10
APART = timedelta(hours=48)
A_MOMENT = timedelta(minutes=1)
LONDON = ZoneInfo("Europe/London")
DAYS = (1, 2, 3, 6, 8, 10, 13, 14, 17, 20, 21, 23)  # on which somebody answers; the 29th of March is day 13
REPORT = """\
From: MAILER-DAEMON@mail.coalition.test
To: <{sender}>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

I could not deliver your message.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.coalition.test

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such mailbox here

--part--
"""


class Clock:
    """The time of the processes that are told of `file`; moved by hand, and it goes on from there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(BEGINS)

    def set(self, moment: datetime) -> None:
        aside = self.file.with_suffix(".new")
        aside.write_text(f"{int(moment.timestamp() - time.time()):+d}\n")
        aside.replace(self.file)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + int(self.file.read_text()), UTC)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # waiting for a second takes a second
        }


def _library() -> str:
    found = next((str(path) for one in LIBRARIES for path in Path("/").glob(one.lstrip("/"))), None)
    assert found, "faketime is missing: apt-get install faketime"
    return found


@dataclass
class Post:
    """What one organisation was mailed."""

    id: int
    name: str
    group: str
    email: str
    link: str
    sender: str  # of the envelope


@dataclass
class Campaign:
    """A running site under a clock of its own."""

    site: Running
    clock: Clock
    asked: list[Post] = field(default_factory=list)

    async def answer(self, one: Post, what: str, **form: str) -> None:
        """Opens the link, looks at the page as a person does, and posts one of its forms."""
        async with httpx.AsyncClient(base_url=self.site.url) as charity:
            assert (await charity.get(one.link)).status_code == 200
            await charity.post(f"{one.link}/read")
            given = await charity.post(f"{one.link}/{what}", data={"version": "1", **form})
            assert given.status_code == 303, given.text

    def bounce(self, one: Post) -> None:
        """As the mail server hands a report over: on standard input."""
        report = REPORT.format(sender=one.sender, recipient=one.email)
        environ = {**os.environ, "COALITION_DATA_DIR": str(self.site.settings.data_dir), **self.clock.environ}
        done = subprocess.run(
            [sys.executable, "-m", "coalition", "bounce"], input=report, text=True, cwd=ROOT, env=environ, check=False
        )
        assert done.returncode == 0

    def statuses(self) -> Counter[str]:
        def count(connection: Connection) -> Counter[str]:
            return Counter(connection.execute(select(invitations.c.status)).scalars())

        return self.site.database.read_now(count)


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    clock = Clock(tmp_path / "clock")
    with served(tmp_path / "data", filled=False, **clock.environ) as site:
        command("coordinator", EVA, "--name", "Eva Sample", data_dir=tmp_path / "data", **clock.environ)
        site.database.write_now(_open_a_letter, clock.now)
        yield Campaign(site, clock)


def _open_a_letter(connection: Connection, now: datetime) -> None:
    """The sample letter, to be answered in three weeks and closed four days later."""
    eva = people.coordinator_by_email(connection, EVA)
    assert eva
    closes = datetime.combine((now + timedelta(days=25)).date(), datetime.min.time(), LONDON) + timedelta(hours=17)
    plan = replace(sample.plan(now), soft_deadline=(now + timedelta(days=21)).date(), hard_deadline=closes)
    letter = letters.start(connection, sample.TEXT.subject, eva, now)
    letter = letters.save_draft(connection, letter.slug, letter.revision, sample.TEXT, sample.GROUPS, plan, now)
    printings.open_letter(connection, letter.slug, letter.revision, eva, now)


async def test_three_hundred_organisations_are_asked_chased_and_counted(campaign: Campaign, browser: Browser) -> None:
    page = await eva_at_desk(browser, campaign.site, viewport={"width": 1280, "height": 900})
    clicks = await _from_file_to_sent(page, campaign.site)
    assert clicks <= 8, f"{clicks} clicks from the file to “sent”"
    campaign.asked = until(lambda: _all_sent(campaign), "every invitation to leave")
    assert len(campaign.asked) >= ENDORSE + DECLINE + LATER + BOUNCE + FORWARD
    await _switch_reminders_on(page, campaign.site)
    expected = await _three_weeks(campaign)
    _nobody_was_chased_too_often(campaign)
    _everybody_is_counted(campaign, expected)
    await _the_tracker_says_so(page, campaign, expected)


async def _from_file_to_sent(page: Page, site: Running) -> int:
    """Every press of the mouse counts, choosing the file too."""
    clicks = 0

    async def click(there: Locator) -> None:
        nonlocal clicks
        clicks += 1
        await there.first.click()

    await page.goto(f"{site.url}{LETTER}")
    await click(page.get_by_role("link", name="Import a list"))
    clicks += 1
    await page.locator("input[type=file]").set_input_files(HERE / "campaign.xlsx")
    await click(page.get_by_role("button", name="Look it through"))
    await click(page.get_by_role("button", name=re.compile("^Import")))
    await said(page, "The list is imported")
    await click(page.get_by_role("link", name="Read the invitation and send it"))
    await click(page.get_by_role("button", name=re.compile("^Send it to")))
    await said(page, "invitations are on their way")
    return clicks


def _all_sent(campaign: Campaign) -> list[Post]:
    if set(campaign.statuses()) & {"queued"}:
        return []
    return campaign.site.database.read_now(_posts, campaign.site)


def _posts(connection: Connection, site: Running) -> list[Post]:
    mails = {}
    for file in sorted((site.settings.data_dir / "mailbox" / "new").glob("*")):
        mail = message_from_bytes(file.read_bytes(), policy=default)
        part = mail.get_body(("plain",))
        found = re.search(r"https?://\S+?(/e/[^\s>]+)", str(part.get_content()) if part else "")
        if found:
            mails[str(mail["Delivered-To"]).strip("<>")] = (found[1], str(mail["Return-Path"]).strip("<>"))
    rows = connection.execute(
        select(invitations.c.id, organisations.c.name, invitations.c.group, contacts.c.email)
        .select_from(invitations.join(organisations).join(contacts, contacts.c.id == invitations.c.contact_id))
        .where(invitations.c.status == "sent")
        .order_by(invitations.c.id)
    )
    return [Post(*row, *mails[row[3]]) for row in rows]


async def _switch_reminders_on(page: Page, site: Running) -> None:
    await page.goto(f"{site.url}{LETTER}/reminders")
    await page.get_by_role("button", name="Switch reminders on").click()


async def _three_weeks(campaign: Campaign) -> Counter[str]:
    """Everybody does what they do on one of the days; the site is left to itself in between."""
    some = iter(campaign.asked)
    deeds: list[tuple[str, Post]] = []
    for what, many in (("endorse", ENDORSE), ("decline", DECLINE), ("later", LATER), ("forward", FORWARD)):
        deeds += [(what, next(some)) for _ in range(many)]
    for _ in range(BOUNCE):
        campaign.bounce(next(some))
    for one in some:  # a scanner opens some links, and nobody reads them
        if one.id % 3 == 0:
            async with httpx.AsyncClient(base_url=campaign.site.url) as scanner:
                await scanner.get(one.link)
    for number, day in enumerate(DAYS):
        campaign.clock.set(BEGINS + timedelta(days=day, hours=number % 5))
        for place in range(number, len(deeds), len(DAYS)):
            await _do(campaign, *deeds[place])
        await _settled(campaign)
    return Counter(endorsed=ENDORSE, declined=DECLINE, deciding=LATER, bounced=BOUNCE)


async def _do(campaign: Campaign, what: str, one: Post) -> None:
    match what:
        case "endorse":
            form = {"name": one.name, "group": one.group, "signatory": f"Sample Signatory {one.id}"}
            form |= {"role": "Chief Executive", "authority": "chief-executive", "show_signatory": "y"}
            await campaign.answer(one, "endorse", **form)
        case "decline":
            await campaign.answer(one, "decline", reason="Our trustees do not sign letters of others.")
        case "later":
            until_day = (campaign.clock.now + timedelta(days=30)).date()
            last = (BEGINS + timedelta(days=25)).date()
            await campaign.answer(one, "later", until=min(until_day, last).isoformat())
        case "forward":
            email = f"colleague{one.id}@{one.email.partition('@')[2]}"
            await campaign.answer(one, "forward", email=email, name=f"Sample Colleague {one.id}", keep="view")


async def _settled(campaign: Campaign) -> None:
    """Until the worker has looked at its hours once more and has nothing left to send."""
    await asyncio.sleep(6)
    until(lambda: not campaign.site.database.read_now(_waiting, campaign.clock.now), "the outbox to be empty")


def _waiting(connection: Connection, now: datetime) -> int:
    due = select(outbox.c.id).where(outbox.c.state.in_(("waiting", "claimed")), outbox.c.due_at <= now)
    return len(connection.execute(due).all())


def _nobody_was_chased_too_often(campaign: Campaign) -> None:
    """By what lies in the outbox: never two within 48 hours, never at night, never after an answer."""

    def look(connection: Connection) -> tuple[Sequence[tuple[int, datetime]], dict[int, datetime]]:
        chased = select(outbox.c.subject_id, outbox.c.ended_at).where(
            outbox.c.message.in_(("invitation", "reminder")), outbox.c.state == "sent"
        )
        answered = select(invitations.c.id, invitations.c.answered_at).where(invitations.c.answered_at.is_not(None))
        return (
            [(id, at) for id, at in connection.execute(chased)],
            {id: at for id, at in connection.execute(answered)},
        )

    mails, answered = campaign.site.database.read_now(look)
    reminders = [(id, at) for id, at in mails if at > BEGINS + timedelta(days=1)]
    assert len(reminders) > 150, "reminders went out"
    of_one: dict[int, list[datetime]] = {}
    for id, at in mails:
        of_one.setdefault(id, []).append(at)
    for times in of_one.values():
        times.sort()
        assert all(later - earlier >= APART for earlier, later in pairwise(times)), times
    for id, at in reminders:
        # An answer that comes while the mail is on its way finds it sent a moment later; days lie between all else.
        assert id not in answered or at <= answered[id] + A_MOMENT, (id, at, answered[id])
        assert 8 <= at.astimezone(LONDON).hour < 20
    bounced = {one.id for one in campaign.asked[ENDORSE + DECLINE + LATER + FORWARD :][:BOUNCE]}
    assert not bounced & {id for id, _ in reminders}


def _everybody_is_counted(campaign: Campaign, expected: Counter[str]) -> None:
    found = campaign.statuses()
    assert {status: found[status] for status in expected} == dict(expected)


async def _the_tracker_says_so(page: Page, campaign: Campaign, expected: Counter[str]) -> None:
    await sign_in(page, campaign.site)  # nobody stays signed in for three weeks
    await page.goto(f"{campaign.site.url}{LETTER}")
    main = page.locator("main")
    await main.get_by_role("heading", name="What needs you now").wait_for()
    for name in ("Endorsed", "Declined", "Deciding", "Bounced"):
        await main.get_by_role("link", name=f"{name} {expected[name.lower()]}", exact=True).wait_for()
    if folder := os.environ.get("COALITION_PICTURES"):
        await page.set_viewport_size({"width": 1280, "height": 1640})
        await page.screenshot(path=Path(folder) / "tracker.png")
