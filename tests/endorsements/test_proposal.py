"""What the endorse form is filled in with: the last letter, the directory, and never another person's name."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from coalition.base import clock
from coalition.demo import sample
from coalition.endorsements import actions
from coalition.endorsements.proposal import Proposal, proposal
from coalition.endorsements.records import of_organisation
from coalition.endorsements.rules import Answer
from coalition.invitations import actions as invitations
from coalition.invitations.actions import opened
from coalition.organisations import actions as organisations
from coalition.printings import actions as printings
from coalition.tables import contacts
from tests.cast import NSPCC, Campaign

DIRECTOR = Answer(
    1, "N.S.P.C.C.", "National charities", "Sample Director", "Director", "delegated", "", False, "a" * 64, True
)


@pytest.fixture
def second(eva: Campaign) -> dict[str, str]:
    """The nonces of another letter that asks the same organisations."""
    at = clock.now()

    def ask(connection: Connection) -> dict[str, str]:
        letter = sample.draft(connection, eva.eva, at)
        sample.bring_in(connection, letter, at)
        letter = printings.open_letter(connection, letter.slug, letter.revision, eva.eva, at)
        invitations.ask(connection, letter.slug, None, eva.eva.called, at)
        return {name: nonce for name, (nonce, _) in sample.nonces(connection, letter).items()}

    return eva.database.write_now(ask)


def proposed(eva: Campaign, nonce: str) -> Proposal:
    found = eva.database.read_now(opened, nonce, clock.now())
    one = found.invitation
    given = eva.database.read_now(of_organisation, found.letter.id, one.organisation_id)
    return eva.database.read_now(proposal, found, given)


def endorse(eva: Campaign, answer: Answer = DIRECTOR, at: datetime | None = None) -> None:
    eva.database.write_now(actions.endorse, eva.nonce(NSPCC), answer, None, at or clock.now())


def called(eva: Campaign, name: str, role: str) -> None:
    """What the directory says of everybody's contact."""
    change = update(contacts).values(name=name, role=role)
    eva.database.write_now(lambda connection: connection.execute(change))


def with_directory_logo(eva: Campaign, permitted_on: date | None = None) -> None:
    id = eva.database.read_now(opened, eva.nonce(NSPCC), clock.now()).invitation.organisation_id
    eva.database.write_now(organisations.keep_logo, id, "d" * 64, eva.eva, clock.now())
    if permitted_on:
        given = ("d" * 64, "Sample Contact, Chair", permitted_on)
        eva.database.write_now(organisations.permit_logo, id, *given, eva.eva, clock.now())


def test_where_nothing_is_known_only_the_name_and_the_group_are_filled_in(eva: Campaign) -> None:
    called(eva, "", "")
    found = proposed(eva, eva.nonce(NSPCC))
    assert (found.source, found.on) == ("nothing", None)
    assert found.answer == Answer(1, NSPCC, "National charities", "", "", "", "", True)


def test_the_directory_gives_the_contact_and_a_logo_that_may_be_printed(eva: Campaign) -> None:
    called(eva, "Sample Contact", "Head of Policy")
    with_directory_logo(eva)
    assert proposed(eva, eva.nonce(NSPCC)).answer.logo is None, "nobody has permitted it"
    with_directory_logo(eva, clock.now().date())
    found = proposed(eva, eva.nonce(NSPCC))
    assert found.source == "directory"
    assert (found.answer.signatory, found.answer.role) == ("Sample Contact", "Head of Policy")
    assert (found.answer.logo, found.answer.show_logo) == ("d" * 64, True)


def test_the_last_letter_gives_who_signed_how_and_the_logo_but_the_name_is_the_directorys(
    eva: Campaign, second: dict[str, str]
) -> None:
    called(eva, "", "")
    endorse(eva)
    found = proposed(eva, second[NSPCC])
    assert found.source == "letter"
    assert found.on == clock.now().date()
    assert found.answer == replace(DIRECTOR, name=NSPCC)


@pytest.mark.parametrize("authority", ["chief-executive", "trustees", "other"])
def test_only_a_policy_that_is_delegated_holds_for_the_next_letter_too(
    authority: str, eva: Campaign, second: dict[str, str]
) -> None:
    called(eva, "", "")
    endorse(eva, replace(DIRECTOR, authority=authority, authority_detail="2009-10-12"))
    answer = proposed(eva, second[NSPCC]).answer
    assert (answer.authority, answer.authority_detail) == ("", "")
    assert answer.signatory == "Sample Director"


def test_who_holds_the_link_is_never_taken_for_who_signed_last_time(eva: Campaign, second: dict[str, str]) -> None:
    endorse(eva)
    called(eva, "Sample Colleague", "Policy Officer")
    answer = proposed(eva, second[NSPCC]).answer
    assert (answer.signatory, answer.role, answer.authority) == ("Sample Colleague", "Policy Officer", "")
    assert (answer.logo, answer.show_signatory) == ("a" * 64, False)
    called(eva, "SAMPLE DIRECTOR", "Acting Director")
    answer = proposed(eva, second[NSPCC]).answer
    assert (answer.signatory, answer.role, answer.authority) == ("Sample Director", "Director", "delegated")


def test_what_was_withdrawn_is_no_letter_they_signed(eva: Campaign, second: dict[str, str]) -> None:
    called(eva, "", "")
    endorse(eva)
    eva.database.write_now(actions.withdraw, eva.nonce(NSPCC), None, clock.now())
    assert proposed(eva, second[NSPCC]).source == "nothing"
    again = proposed(eva, eva.nonce(NSPCC))
    assert (again.source, again.answer) == ("answer", DIRECTOR), "of this letter it is their own answer"


def test_of_two_logos_the_one_permitted_last_is_proposed(eva: Campaign, second: dict[str, str]) -> None:
    now = clock.now()
    endorse(eva, at=now - timedelta(days=5))
    with_directory_logo(eva, now.date() - timedelta(days=9))
    assert proposed(eva, second[NSPCC]).answer.logo == "a" * 64
    with_directory_logo(eva, now.date() - timedelta(days=1))
    assert proposed(eva, second[NSPCC]).answer.logo == "d" * 64


def test_who_signed_without_a_logo_is_offered_the_directorys_and_has_to_say_that_it_may_be_printed(
    eva: Campaign, second: dict[str, str]
) -> None:
    endorse(eva, replace(DIRECTOR, logo=None, show_logo=False))
    with_directory_logo(eva, clock.now().date())
    answer = proposed(eva, second[NSPCC]).answer
    assert (answer.logo, answer.show_logo) == ("d" * 64, False)


async def test_the_page_says_in_one_line_where_it_was_filled_in_from(eva: Campaign, second: dict[str, str]) -> None:
    called(eva, "", "")
    endorse(eva)
    link = f"/e/{eva.site.links.token('invitation', second[NSPCC])}"
    today = clock.now().date()
    async with eva.browser() as charity:
        page = (await charity.get(link)).text
        assert f"the last letter you endorsed, of {today.day} {today:%B %Y}. Change what is different." in page
        refused = await charity.post(f"{link}/endorse", data={"version": "1"})
        assert "Filled in from" not in refused.text, "what was typed was not filled in by us"
        called(eva, "Sample Contact", "Chair")
        eva.database.write_now(actions.withdraw, eva.nonce(NSPCC), None, clock.now())
        assert "Filled in from our directory. Please check." in (await charity.get(link)).text
        assert f"Filled in from your answer of {today.day}" in (await charity.get(eva.link(NSPCC))).text
