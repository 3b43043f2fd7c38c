"""At the link: the receipt, the day to decide, a change of mind; at the desk: delivery and what is asked for then."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from coalition.base import clock
from coalition.endorsements import records as endorsements
from coalition.endorsements import requests
from coalition.invitations import actions as asking
from coalition.invitations.rules import Invitation
from coalition.printings import actions as printings
from coalition.work import pdfs
from tests.cast import NSPCC, Campaign, endorse_form
from tests.rows import all_rows


def _invitation(eva: Campaign) -> Invitation:
    return eva.database.read_now(asking.opened, eva.nonce(NSPCC), clock.now()).invitation


async def _endorsed(eva: Campaign, charity: httpx.AsyncClient, **changes: str) -> None:
    assert (await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(**changes))).status_code == 303


async def test_the_link_says_what_was_endorsed_and_gives_it_as_a_pdf(eva: Campaign) -> None:
    async with eva.browser() as charity:
        none = await charity.get(f"{eva.link(NSPCC)}/receipt.pdf")
        assert none.status_code == 404
        await _endorsed(eva, charity, authority="trustees", authority_detail="2009-10-12")
        page = (await charity.get(eva.link(NSPCC))).text
        for said in (
            "Version 1",
            "The trustees decided it on Monday 12 October 2009.",
            "Sample Signatory",
            "time</dd>",
        ):
            assert said in page, said
        fingerprint = eva.database.read_now(lambda c: c.exec_driver_sql("SELECT fingerprint FROM versions").scalar())
        assert str(fingerprint) in page
        assert (await charity.get(f"{eva.link(NSPCC)}/receipt.pdf")).status_code == 202
        assert pdfs.ask_for_receipts(eva.database, eva.settings.base_url)
        assert not pdfs.ask_for_receipts(eva.database, eva.settings.base_url)
        eva.set_pdfs()
        before = eva.database.read_now(all_rows)
        pdf = await charity.get(f"{eva.link(NSPCC)}/receipt.pdf")
        assert eva.database.read_now(all_rows) == before
    assert pdf.content.startswith(b"%PDF-1.7")
    assert (pdf.headers["cache-control"], pdf.headers["content-type"]) == ("no-store", "application/pdf")


async def test_the_receipt_mail_leads_to_it(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await _endorsed(eva, charity)
        eva.send_mail()
        sent = [mail.read_text(errors="replace") for mail in eva.mails()]
        [receipt] = [mail for mail in sent if "receipt.pdf" in mail]
        found = re.search(r"http://coalition\.test(/e/[^\s\"<]+?/receipt\.pdf)", receipt.replace("=\n", ""))
        assert found
        assert (await charity.get(found[1])).status_code == 202


async def test_the_day_to_decide_is_a_calendar_entry_without_a_link(eva: Campaign) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    async with eva.browser() as charity:
        assert (await charity.get(f"{eva.link(NSPCC)}/later.ics")).status_code == 404
        said = await charity.post(
            f"{eva.link(NSPCC)}/later", data={"until": day.isoformat(), "seen": "0"}, follow_redirects=True
        )
        assert "/later.ics" in said.text
        entry = await charity.get(f"{eva.link(NSPCC)}/later.ics")
        assert entry.headers["content-type"].startswith("text/calendar")
        read: Any = Calendar.from_ical(entry.content)
        [event] = read.walk("VEVENT")
        assert event.decoded("dtstart") == day
        assert event.decoded("sequence") == 1
        assert b"http" not in entry.content
        other = day + timedelta(days=1)
        await charity.post(f"{eva.link(NSPCC)}/later", data={"until": other.isoformat(), "seen": "1"})
        again: Any = Calendar.from_ical((await charity.get(f"{eva.link(NSPCC)}/later.ics")).content)
        [moved] = again.walk("VEVENT")
        assert (moved["uid"], moved.decoded("dtstart"), moved.decoded("sequence")) == (event["uid"], other, 2)
    eva.send_mail()
    assert any("later.ics" in mail.read_text(errors="replace") for mail in eva.mails())


# Declining and a change of mind


async def test_who_declined_changes_the_reason_and_then_endorses_after_all(eva: Campaign) -> None:
    link = eva.link(NSPCC)
    async with eva.browser() as charity:
        await charity.post(f"{link}/decline", data={"reason": "Not our field", "seen": "0"})
        page = (await charity.get(link)).text
        assert "has declined" in page
        assert "You can change your mind until" in page
        assert "Change the reason" in page
        assert "Endorse after all" in page
        await charity.post(f"{link}/decline", data={"reason": "No time", "seen": "1"})
        assert _invitation(eva).reason == "No time"
        done = await charity.post(f"{link}/endorse", data=endorse_form(seen="2"))
        assert done.status_code == 303
    assert (_invitation(eva).status, _invitation(eva).reason) == ("endorsed", "")
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 1


@pytest.mark.parametrize("answer, form", [("decline", {"reason": "No"}), ("later", {"until": "2999-01-01"})])
async def test_who_endorsed_is_told_to_withdraw_first_and_then_may_decline(
    answer: str, form: dict[str, str], eva: Campaign
) -> None:
    link = eva.link(NSPCC)
    async with eva.browser() as charity:
        await _endorsed(eva, charity)
        refused = await charity.post(f"{link}/{answer}", data=form | {"seen": "1"})
        assert refused.status_code == 422
        assert "To take that back, use “Withdraw”." in refused.text
        assert f'action="{link}/withdraw"' in refused.text, "and the button is on that page"
        assert eva.database.read_now(endorsements.count, eva.letter.id) == 1
        await charity.post(f"{link}/withdraw", data={"seen": "1"})
        assert (await charity.post(f"{link}/decline", data={"reason": "No", "seen": "2"})).status_code == 303
    assert _invitation(eva).status == "declined"


async def test_after_the_list_has_closed_a_change_of_mind_is_told_whom_to_write_to(eva: Campaign) -> None:
    link = eva.link(NSPCC)
    async with eva.browser() as charity:
        await charity.post(f"{link}/decline", data={"reason": "No", "seen": "0"})
        eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
        late = await charity.post(f"{link}/endorse", data=endorse_form(seen="1"))
    assert late.status_code == 409
    assert "The list is closed" in late.text
    assert eva.eva.email in late.text


# Delivery, and what is asked for after it


async def test_after_delivery_a_change_is_asked_for_answered_at_the_desk_and_told(eva: Campaign) -> None:
    link, slug = eva.link(NSPCC), eva.letter.slug
    async with eva.browser() as charity, eva.at_desk() as desk:
        await _endorsed(eva, charity)
        eva.database.write_now(printings.close_list, slug, "Eva", clock.now())
        changed = await charity.post(f"{link}/endorse", data=endorse_form(role="Director", seen="1"))
        assert changed.status_code == 303, "until it is delivered they change it themselves"
        note = f"/desk/letters/{slug}/dispatch/note"
        wrong = await desk.post(note, data={"day": "", "words": "Posted, and kept"})
        assert wrong.status_code == 422
        assert "Posted, and kept" in wrong.text
        form = {"printing": "1", "way": "handed", "whom": "The Commissioner", "day": clock.now().date().isoformat()}
        assert (await desk.post(note, data=form)).status_code == 303
        late = await charity.post(f"{link}/withdraw", data={"seen": "2"})
        assert late.status_code == 409
        assert "Ask for a change or to be taken off" in late.text
        assert f'action="{link}/withdraw"' not in late.text

        typed = {"wish": "change", "name": NSPCC, "signatory": "Sample Successor", "role": "", "seen": "2"}
        refused = await charity.post(f"{link}/request", data=typed)
        assert refused.status_code == 422
        assert "Sample Successor" in refused.text
        asked = await charity.post(f"{link}/request", data=typed | {"role": "Chair"}, follow_redirects=True)
        assert "Your request is with" in asked.text

        assert "asks for something after the letter was delivered" in (await desk.get(f"/desk/letters/{slug}")).text
        place = f"/desk/letters/{slug}/organisations/{_invitation(eva).id}"
        panel = (await desk.get(place)).text
        assert "They ask for a change" in panel
        assert "Sample Successor" not in panel, "it is not to be printed: the box was not ticked"
        found = eva.database.read_now(requests.latest, _invitation(eva).id)
        assert found
        no = await desk.post(f"{place}/requests/{found.id}/turn-down", data={"said": ""})
        assert no.status_code == 422
        assert (await desk.post(f"{place}/requests/{found.id}/done")).status_code == 303
        assert "asks for something" not in (await desk.get(f"/desk/letters/{slug}")).text
        assert "Done as you asked" in (await charity.get(link)).text
    eva.send_mail()
    sent = [mail.read_text(errors="replace") for mail in eva.mails()]
    assert any("Done as you asked" in mail for mail in sent)


async def test_a_request_of_another_organisation_is_not_found(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        place = f"/desk/letters/{eva.letter.slug}/organisations/{_invitation(eva).id}"
        for deed in ("done", "turn-down"):
            answer = await desk.post(f"{place}/requests/999/{deed}", data={"said": "No"})
            assert answer.status_code == 404
