"""What a mail provider posts is taken once, at an address that only it was told, and never falls over."""

import json

import pytest

from coalition.base import clock
from coalition.invitations import actions, records
from coalition.invitations.rules import Invitation
from coalition.organisations import records as organisations
from coalition.web.hooks import LARGEST
from tests.cast import NSPCC, Campaign
from tests.rows import all_rows


def _address(eva: Campaign) -> str:
    return f"/hooks/postmark/{eva.site.links.token('webhook', 'postmark')}"


def _one(eva: Campaign) -> Invitation:
    return eva.database.read_now(actions.opened, eva.nonce(NSPCC), clock.now()).invitation


async def test_a_bounce_and_then_a_complaint_are_taken_and_200_when_posted_again(eva: Campaign) -> None:
    eva.send_mail()
    one = _one(eva)
    bounce = {"RecordType": "Bounce", "ID": 1, "Type": "HardBounce", "Email": one.email, "Details": "550 5.1.1 Unknown"}
    complaint = {"RecordType": "SpamComplaint", "ID": 2, "Type": "SpamComplaint", "Email": one.email}
    async with eva.browser() as provider:
        assert (await provider.post(_address(eva), json=bounce)).status_code == 200
        assert eva.database.read_now(records.invitation, one.id).status == "bounced"
        assert eva.database.read_now(records.invitation, one.id).problem == "550 5.1.1 Unknown"
        before = eva.database.read_now(all_rows)
        again = await provider.post(_address(eva), json=bounce)
        assert again.status_code == 200
        assert "taken before" in again.json()["done"]
        assert eva.database.read_now(all_rows) == before
        assert (await provider.post(_address(eva), json=complaint)).status_code == 200
    stop = eva.database.read_now(organisations.mail_stop, one.email)
    assert stop
    assert stop.reason == "complained"


@pytest.mark.parametrize(
    "body, status",
    [
        (b"", 422),
        (b"not json", 422),
        (b"[]", 422),
        (b"\xff\xfe", 422),
        (b"[" * 100_000, 422),
        (b'{"RecordType": 7}', 422),
        (b'{"RecordType": "Bounce", "Type": "HardBounce"}', 422),
        (b'{"RecordType": "Bounce", "Type": "HardBounce", "Email": "\\ud800@\\u0000x.example"}', 200),
        (b'{"RecordType": "Open"}', 200),
        (json.dumps({"RecordType": "Bounce", "Content": "x" * LARGEST}).encode(), 413),
    ],
    ids=["empty", "words", "list", "bytes", "deep", "number", "nobody", "strange", "opened", "large"],
)
async def test_what_is_no_notice_of_ours_is_refused_and_changes_nothing(
    eva: Campaign, body: bytes, status: int
) -> None:
    before = eva.database.read_now(all_rows)
    async with eva.browser() as provider:
        answer = await provider.post(_address(eva), content=body)
    assert answer.status_code == status
    assert eva.database.read_now(all_rows) == before


async def test_at_another_address_nothing_is_taken(eva: Campaign) -> None:
    eva.send_mail()
    bounce = {"RecordType": "Bounce", "ID": 1, "Type": "HardBounce", "Email": _one(eva).email}
    links, right = eva.site.links, _address(eva)
    before = eva.database.read_now(all_rows)
    async with eva.browser() as stranger:
        for token in ("postmark", right.rpartition("/")[2][:-1], links.token("webhook", "another")):
            assert (await stranger.post(f"/hooks/postmark/{token}", json=bounce)).status_code == 404
    assert eva.database.read_now(all_rows) == before
