"""A link that shows the letter and answers nothing: on its own, in the history, ended one by one, and never more."""

from collections.abc import Callable
from typing import Any

import pytest

from coalition.base import clock
from coalition.base.refused import NotFound, Refused, TooMany
from coalition.demo import sample
from coalition.demo.scenes import words
from coalition.endorsements import actions, deciding
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations import forwarding, holders, linking, looking
from coalition.invitations.holders import Holder
from coalition.invitations.rules import Revoked, ViewOnly
from coalition.printings import actions as printings
from tests.cast import NSPCC, Campaign

TRUSTEE = "trustee@nspcc.example"


def _let_look(eva: Campaign, email: str = TRUSTEE, name: str = "") -> str:
    return eva.database.write_now(looking.let_look, eva.nonce(NSPCC), email, name, clock.now())


def _do(eva: Campaign, deed: Callable[..., Any], *arguments: Any) -> Any:
    return eva.database.write_now(deed, *arguments)


def _id(eva: Campaign) -> int:
    return eva.database.read_now(asking.opened, eva.nonce(NSPCC), clock.now()).invitation.id


def _holder(eva: Campaign, email: str = TRUSTEE) -> Holder:
    return next(one for one in eva.database.read_now(holders.holders, _id(eva)) if one.email == email)


def _deeds(eva: Campaign) -> list[str]:
    return [entry.deed for entry in eva.database.read_now(history.about, eva.letter.id, _id(eva))]


def test_it_shows_the_letter_and_answers_nothing_and_the_first_link_goes_on_answering(eva: Campaign) -> None:
    assert (_let_look(eva), _let_look(eva)) == ("shown", "same")
    held, now = _holder(eva), clock.now()
    assert (held.only_looks, held.is_main) == (True, False)
    assert eva.database.read_now(asking.opened, held.nonce, now).letter.id == eva.letter.id
    answer = sample.answer(NSPCC, "National charities", 1)
    deeds: tuple[tuple[Any, ...], ...] = (
        (actions.endorse, answer, None),
        (actions.decline, "", None),
        (actions.withdraw, None),
        (deciding.later, now.date(), None),
        (forwarding.forward, "next@nspcc.example", "", "both"),
        (forwarding.forward, "next@nspcc.example", "", "look"),
    )
    for deed, *rest in deeds:
        with pytest.raises(ViewOnly, match="answers nothing"):
            _do(eva, deed, held.nonce, *rest, now)
    assert eva.database.write_now(actions.endorse, eva.nonce(NSPCC), answer, 0, now) == "endorsed"
    assert _deeds(eva).count("let look") == 1


async def test_whoever_only_looks_has_not_read_it_for_the_organisation(eva: Campaign) -> None:
    eva.send_mail()
    eva.database.write_now(looking.let_look_from_desk, eva.letter.slug, _id(eva), TRUSTEE, "", "Eva", clock.now())
    look = f"/e/{eva.site.links.token('invitation', _holder(eva).nonce)}"
    async with eva.browser() as trustee:
        page = await trustee.get(look)
        assert "A joint letter, to look at" in page.text
        assert "<form" not in page.text
        assert (await trustee.post(f"{look}/read")).status_code == 204
        assert (await trustee.post(f"{look}/endorse", data={"version": "1"})).status_code in (403, 422)
    eva.database.write_now(lambda _: None)
    assert eva.database.read_now(asking.opened, eva.nonce(NSPCC), clock.now()).invitation.status == "sent"
    assert "letter read" not in _deeds(eva)


def test_its_mail_says_who_asked_and_that_nothing_is_to_be_decided(eva: Campaign) -> None:
    eva.send_mail()
    before = set(eva.mails())
    _let_look(eva, name="Sample Trustee")
    eva.send_mail()
    [mail] = [one for one in eva.mails() if one not in before and TRUSTEE in one.read_text(errors="replace")]
    said = words(mail)
    assert "asked us to show you this joint letter" in said
    assert "answers nothing" in said
    assert eva.site.links.token("invitation", _holder(eva).nonce) in said
    assert eva.link(NSPCC).removeprefix("/e/") not in said


def test_it_is_made_after_the_list_has_closed_too(eva: Campaign) -> None:
    eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
    assert _let_look(eva) == "shown"
    with pytest.raises(Refused):
        eva.database.write_now(forwarding.forward, eva.nonce(NSPCC), "x@nspcc.example", "", "both", clock.now())


def test_one_link_is_ended_and_the_others_go_on(eva: Campaign) -> None:
    _let_look(eva)
    _let_look(eva, "other@nspcc.example")
    held = _holder(eva)
    about = (eva.letter.slug, _id(eva), held.contact_id)
    assert eva.database.write_now(looking.end_one, *about, "Eva", clock.now()) is True  # type: ignore[arg-type]
    assert eva.database.write_now(looking.end_one, *about, "Eva", clock.now()) is False  # type: ignore[arg-type]
    with pytest.raises(Revoked):
        eva.database.read_now(asking.opened, held.nonce, clock.now())
    for nonce in (eva.nonce(NSPCC), _holder(eva, "other@nspcc.example").nonce):
        eva.database.read_now(asking.opened, nonce, clock.now())
    with pytest.raises(NotFound):
        eva.database.write_now(looking.end_one, eva.letter.slug, _id(eva), 987_654, "Eva", clock.now())
    main = _holder(eva, eva.database.read_now(asking.mailed_to, eva.nonce(NSPCC)))
    assert main.contact_id
    kept = (eva.letter.slug, _id(eva), main.contact_id)
    assert eva.database.write_now(looking.end_one, *kept, "Eva", clock.now()) is False


async def test_when_all_links_are_renewed_whoever_looked_is_told_it_was_taken_back(eva: Campaign) -> None:
    _let_look(eva)
    look = f"/e/{eva.site.links.token('invitation', _holder(eva).nonce)}"
    eva.database.write_now(linking.rotate, eva.letter.slug, [_id(eva)], "Eva", clock.now())
    async with eva.browser() as trustee:
        page = await trustee.get(look)
    assert page.status_code == 410
    assert "This link was taken back" in page.text
    assert "passed this letter" not in page.text


def test_who_looked_may_be_given_a_link_that_answers(eva: Campaign) -> None:
    _let_look(eva)
    eva.database.write_now(forwarding.forward, eva.nonce(NSPCC), TRUSTEE, "", "both", clock.now())
    answering = [
        one
        for one in eva.database.read_now(holders.holders, _id(eva))
        if one.email == TRUSTEE and not one.view_only_since
    ]
    assert len(answering) == 1
    answer = sample.answer(NSPCC, "National charities", 1)
    assert eva.database.write_now(actions.endorse, answering[0].nonce, answer, None, clock.now()) == "endorsed"


def test_an_organisation_and_an_address_are_limited(eva: Campaign) -> None:
    for number in range(looking.A_DAY_MOST):
        _let_look(eva, f"person-{number}@nspcc.example")
    with pytest.raises(TooMany):
        _let_look(eva, "one-more@nspcc.example")
    assert eva.nonce(NSPCC)
    with pytest.raises(Refused, match="your own"):
        _let_look(eva, eva.database.read_now(asking.mailed_to, eva.nonce(NSPCC)))
