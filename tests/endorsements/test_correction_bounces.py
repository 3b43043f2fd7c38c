"""The mail that tells of a correction comes back: what was given stands again under the version that was read."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from coalition.base import clock
from coalition.endorsements import records
from coalition.letters import next_version
from coalition.printings import actions as printings
from coalition.tables import outbox
from tests.cast import NSPCC, Campaign, endorse_form
from tests.test_cli_bounce import bounce

REPORT = (
    "From: MAILER-DAEMON@relay.example\nTo: bounce+{mark}@coalition.test\nMessage-ID: <1@relay.example>\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\n\nThis is the mail system.\n\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; relay.example\n\n"
    "Final-Recipient: rfc822; {email}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 Unknown\n\n"
    "--b--\n"
)


@pytest.mark.parametrize("door", ["the mail server's command", "the mail provider's webhook"])
async def test_it_stands_under_the_version_it_read(eva: Campaign, door: str) -> None:
    async with eva.browser() as browser:
        assert (await browser.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())).status_code == 303
        text = replace(eva.letter.text, body=f"{eva.letter.text.body}\n\nWith kind regards.")
        letter = eva.database.write_now(next_version.save_next, eva.letter.slug, 0, text, clock.now())
        eva.database.write_now(
            printings.publish, letter.slug, letter.next_revision, "correction", "A courtesy.", "Eva", clock.now()
        )
        eva.send_mail()
        assert _stands_under(eva) == 2
        id, email = eva.database.read_now(_told)
        mark = eva.site.links.mark(id)
        if door == "the mail server's command":
            assert bounce(eva, REPORT.format(mark=mark, email=email).encode()).returncode == 0
        else:
            notice = {"RecordType": "Bounce", "ID": 7, "Type": "HardBounce", "Email": email, "Metadata": {"mark": mark}}
            address = f"/hooks/postmark/{eva.site.links.token('webhook', 'postmark')}"
            assert (await browser.post(address, json=notice)).status_code == 200
    assert _stands_under(eva) == 1


def _stands_under(eva: Campaign) -> int:
    [one] = eva.database.read_now(records.standing, eva.letter.id)
    return one.version


def _told(connection: Connection) -> tuple[int, str]:
    found = connection.execute(select(outbox.c.id, outbox.c.recipient).where(outbox.c.message == "corrected")).one()
    return found[0], found[1]
