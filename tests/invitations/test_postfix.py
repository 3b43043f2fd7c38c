"""A real Postfix on loopback refuses, defers and accepts; what it reports comes back through its own alias, as README
tells operators to connect it.
"""

import os
import smtplib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, select

from coalition.base import clock
from coalition.base.settings import ROOT
from coalition.history import records as history
from coalition.invitations import actions, records
from coalition.invitations.rules import Invitation
from coalition.organisations import records as organisations
from coalition.tables import invitations, outbox, reports
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign
from tests.faults.processes import running, wait_until
from tests.mailserver import mail_server
from tests.postfix import postfix
from tests.rows import all_rows

GONE = "550 5.1.1 <{0}>: Recipient address rejected: User unknown"
FULL = "452 4.2.2 The mailbox is full"


async def test_a_real_postfix_refuses_defers_and_accepts_and_the_tracker_tells_which(
    eva: Campaign, tmp_path: Path
) -> None:
    gone, full, fine = (_one(eva, name) for name in (NSPCC, AMNESTY, POPPY))
    said: list[str] = []
    with mail_server() as far:
        far.recipient_answers = {gone.email: GONE.format(gone.email), full.email: FULL}
        with (
            postfix(far.port, _command(eva, said)) as relay,
            running(eva, tmp_path / "log", "work", COALITION_MAIL_URL=relay.url) as worker,
        ):
            wait_until(lambda: _again(eva, gone).status == "bounced", lambda: (worker.said, said, relay.log[-3000:]))
            wait_until(lambda: _again(eva, full).problem != "", lambda: (worker.said, said, relay.log[-3000:]))
            wait_until(lambda: _again(eva, fine).status == "sent", lambda: worker.said)
            wait_until(lambda: any(fine.email in one.recipients for one in far.arrived), lambda: relay.log[-3000:])

            _wants_to_hear_of_success(eva, relay.url, fine)
            relay.report(fine.email)
            assert eva.database.read_now(all_rows)[reports.name][2:] == []

    refused = _again(eva, gone)
    assert refused.problem == GONE.format(gone.email)
    stop = eva.database.read_now(organisations.mail_stop, gone.email)
    assert stop
    assert (stop.reason, stop.said) == ("bounced", refused.problem)
    deed = eva.database.read_now(history.about, eva.letter.id, gone.id)[-1]
    assert (deed.deed, deed.data) == ("mail bounced", {"said": refused.problem})
    late = _again(eva, full)
    assert (late.status, late.problem) == ("sent", f"Not arrived so far. {FULL}")
    assert eva.database.read_now(_bounces, full) == 1
    assert not eva.database.read_now(organisations.mail_is_stopped, full.email)
    assert said.count(f"No more mail goes to {gone.email}.") == 1
    async with eva.at_desk() as desk:
        tracker = (await desk.get(f"/desk/letters/{eva.letter.slug}?status=bounced")).text
        page = (await desk.get(f"/desk/letters/{eva.letter.slug}/organisations/{gone.id}")).text
    assert NSPCC in tracker
    assert "User unknown" in page


def _one(eva: Campaign, organisation: str) -> Invitation:
    return eva.database.read_now(actions.opened, eva.nonce(organisation), clock.now()).invitation


def _again(eva: Campaign, one: Invitation) -> Invitation:
    return eva.database.read_now(records.invitation, one.id)


def _bounces(connection: Connection, one: Invitation) -> int:
    return connection.execute(select(invitations.c.bounces).where(invitations.c.id == one.id)).scalar_one()


def _command(eva: Campaign, said: list[str]) -> Callable[[str, bytes], int]:
    """`python -m coalition bounce` in a process of its own, with what Postfix tells its commands."""
    environ = {
        "COALITION_DATABASE_URL": eva.settings.database_url,
        "COALITION_DATA_DIR": str(eva.settings.data_dir),
        "COALITION_BASE_URL": eva.settings.base_url,
    }

    def run(to: str, raw: bytes) -> int:
        done = subprocess.run(
            [sys.executable, "-m", "coalition", "bounce"],
            cwd=ROOT,
            env=os.environ | environ | {"ORIGINAL_RECIPIENT": to},
            input=raw,
            capture_output=True,
        )
        said.append((done.stdout + done.stderr).decode().strip())
        return done.returncode

    return run


def _wants_to_hear_of_success(eva: Campaign, url: str, one: Invitation) -> None:
    """A mail of ours whose sender asked for a report of success (RFC 3461), as relays on the way may."""

    def look(connection: Connection) -> int:
        return connection.execute(select(outbox.c.id).where(outbox.c.subject_id == one.id)).scalars().first() or 0

    sender = f"bounce+{eva.site.links.mark(eva.database.read_now(look))}@coalition.test"
    host, _, port = url.removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as server:
        server.sendmail(sender, [one.email], "Subject: Ours\r\n\r\nOurs\r\n", rcpt_options=["NOTIFY=SUCCESS"])
