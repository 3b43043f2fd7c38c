"""The page of a signed link: why it does not open, what is kept when an answer is refused, what others may read."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from coalition.base import clock
from coalition.endorsements import records as endorsements
from coalition.invitations import actions, linking
from coalition.letters.rules import LINKS_KEPT
from coalition.printings import actions as printings
from coalition.tables import letters
from tests.cast import AMNESTY, NSPCC, Campaign, endorse_form, hidden


def _move_deadline(eva: Campaign, ago: timedelta) -> None:
    moved = update(letters).values(hard_deadline=clock.now() - ago, soft_deadline=None)
    eva.database.write_now(lambda connection: connection.execute(moved))


def _revoke(eva: Campaign, organisation: str) -> None:
    one = eva.database.read_now(actions.opened, eva.nonce(organisation), clock.now()).invitation
    eva.database.write_now(linking.revoke, eva.letter.slug, [one.id], eva.eva.called, clock.now())


async def test_expired_and_revoked_and_unknown_are_three_pages_each_with_a_next_step(eva: Campaign) -> None:
    expired, revoked = eva.link(NSPCC), eva.link(AMNESTY)
    _revoke(eva, AMNESTY)
    async with eva.browser() as charity:
        pages = {"revoked": await charity.get(revoked), "unknown": await charity.get("/e/no-such-link")}
        _move_deadline(eva, LINKS_KEPT)
        pages["expired"] = await charity.get(expired)
        for method, path in (("GET", "/letter.pdf"), ("POST", "/endorse"), ("POST", "/decline"), ("POST", "/withdraw")):
            for link, status in ((expired, 410), (revoked, 410), ("/e/no-such-link", 404)):
                answer = await charity.request(method, link + path, data=endorse_form() if method == "POST" else None)
                assert answer.status_code == status, f"{method} {path} of {link}"
                assert "<h1>" in answer.text
    assert {name: page.status_code for name, page in pages.items()} == {"revoked": 410, "unknown": 404, "expired": 410}
    assert "has expired" in pages["expired"].text
    assert "was taken back" in pages["revoked"].text
    for name in ("expired", "revoked"):
        assert eva.eva.email in pages[name].text  # whom to write to
    assert eva.eva.email not in pages["unknown"].text
    assert "What you can do" in pages["unknown"].text


async def test_a_revoked_link_that_is_old_too_was_still_revoked(eva: Campaign) -> None:
    link = eva.link(AMNESTY)
    _revoke(eva, AMNESTY)
    _move_deadline(eva, LINKS_KEPT + timedelta(days=9))
    async with eva.browser() as charity:
        assert "was taken back" in (await charity.get(link)).text


async def test_a_link_works_again_when_the_deadline_is_moved(eva: Campaign) -> None:
    async with eva.browser() as charity:
        _move_deadline(eva, LINKS_KEPT)
        assert (await charity.get(eva.link(NSPCC))).status_code == 410
        _move_deadline(eva, timedelta(days=-1))
        assert (await charity.get(eva.link(NSPCC))).status_code == 200


async def test_on_a_closed_list_the_answer_is_409_and_what_was_typed_is_kept(eva: Campaign) -> None:
    eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    assert answer.status_code == 409
    assert "The list is closed" in answer.text


@pytest.mark.parametrize(
    "field, typed",
    [
        ("signatory", ""),
        ("name", "N" * 201),
        ("role", ""),
        ("group", "Of our own"),
        ("authority", "because"),
        ("version", "one"),
        ("version", ""),
    ],
)
async def test_a_refused_endorsement_is_the_same_page_with_what_was_typed(
    field: str, typed: str, eva: Campaign
) -> None:
    form = endorse_form(authority_detail="Some words of detail") | {field: typed}
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=form)
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.text
    for kept in ("Some words of detail", *(value for name, value in form.items() if name in ("signatory", "role"))):
        assert kept in answer.text
    assert eva.letter.subject in answer.text
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 0


async def test_an_answer_to_another_version_is_409_with_the_form_filled_in(eva: Campaign) -> None:
    async with eva.browser() as charity:
        answer = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form(version="7"))
    assert answer.status_code == 409
    assert "Sample Signatory" in answer.text
    assert hidden(answer.text, "version") == "1"


async def test_a_second_tab_is_told_what_the_first_one_did(eva: Campaign) -> None:
    async with eva.browser() as charity:
        page = (await charity.get(eva.link(NSPCC))).text
        seen = hidden(page, "seen")
        first = await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form() | {"seen": seen})
        second = await charity.post(f"{eva.link(NSPCC)}/decline", data={"reason": "Typed at length", "seen": seen})
    assert (first.status_code, second.status_code) == (303, 409)
    assert "has endorsed this letter" in second.text
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 1


async def test_one_organisation_never_reads_what_another_said_in_private(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(AMNESTY)}/decline", data={"reason": "Our private reason"})
        await charity.post(
            f"{eva.link(NSPCC)}/endorse",
            data={name: value for name, value in endorse_form().items() if name != "show_signatory"},
        )
        pages = [
            await charity.get(path) for path in (eva.link("The Poppy Project"), f"/letters/{eva.letter.slug}", "/")
        ]
    for page in pages:
        for private in ("Our private reason", "Sample Signatory", eva.link(NSPCC), eva.nonce(AMNESTY), "@nspcc"):
            assert private not in page.text


async def test_who_has_endorsed_is_shown_only_if_the_letter_says_so(eva: Campaign) -> None:
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        assert "NSPCC" in (await charity.get(eva.link(AMNESTY))).text
        quiet = update(letters).values(show_undersigned=False)
        eva.database.write_now(lambda connection: connection.execute(quiet))
        assert "NSPCC" not in (await charity.get(eva.link(AMNESTY))).text


async def test_what_a_successful_post_answers_leads_back_to_the_letter(eva: Campaign) -> None:
    async with eva.browser() as charity:
        for path, form, done in (
            ("endorse", endorse_form(), "endorsed"),
            ("endorse", endorse_form(), "same"),
            ("endorse", endorse_form(role="Chair"), "changed"),
            ("withdraw", {}, "withdrawn"),
            ("decline", {"reason": "After all"}, "declined"),
        ):
            answer = await charity.post(f"{eva.link(NSPCC)}/{path}", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, f"{eva.link(NSPCC)}?done={done}")
            assert (await charity.get(answer.headers["location"])).status_code == 200


async def test_unsubscribing_with_a_revoked_link_still_works(eva: Campaign) -> None:
    token = eva.site.links.token("unsubscribe", eva.nonce(NSPCC))
    _revoke(eva, NSPCC)
    async with eva.browser() as provider:
        assert (await provider.post(f"/unsubscribe/{token}")).status_code == 200
