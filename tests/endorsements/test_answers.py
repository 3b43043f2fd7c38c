"""Answers: one organisation, one endorsement, one entry, one mail, whoever clicks how often at the same moment."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from coalition.base.database import Database
from coalition.base.refused import Closed, NotFound, Overtaken, Refused
from coalition.demo import sample
from coalition.endorsements import actions, records, rules
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.rules import Answer, Stale
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations import linking
from coalition.invitations import records as invitations
from coalition.invitations.rules import Expired, Invitation, Revoked
from coalition.letters import records as letters
from coalition.letters.rules import LINKS_KEPT, Letter
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.tables import outbox
from tests import cast
from tests.cast import AMNESTY, NSPCC


@dataclass(frozen=True)
class Asked:
    database: Database
    eva: Coordinator
    letter: Letter
    nonce: str  # of the NSPCC

    @property
    def invitation(self) -> Invitation:
        return self.database.read_now(asking.opened, self.nonce, self.letter.created_at).invitation

    def deeds(self) -> Counter[str]:
        entries = self.database.read_now(history.about, self.letter.id, self.invitation.id)
        return Counter(entry.deed for entry in entries)

    def mails(self) -> Counter[str]:
        def look(connection: Connection) -> list[str]:
            wanted = select(outbox.c.message).where(outbox.c.subject_id == self.invitation.id)
            return list(connection.execute(wanted).scalars())

        return Counter(one for one in self.database.read_now(look) if one != "invitation")


ANSWER = Answer(1, NSPCC, "National charities", "Sample Signatory", "Chief Executive", "chief-executive", "", True)


@pytest.fixture
def asked(database: Database, now: datetime) -> Iterator[Asked]:
    eva, letter = database.write_now(cast.begin, now)
    nonce = database.read_now(sample.nonces, letter)[NSPCC][0]
    yield Asked(database, eva, letter, nonce)
    assert database.read_now(history.check)[1] == []


async def _together(asked: Asked, *deeds: object) -> list[str]:
    """What became of each, all done at once."""
    results = await asyncio.gather(*deeds, return_exceptions=True)  # type: ignore[call-overload]
    return [one if isinstance(one, str) else type(one).__name__ for one in results]


async def test_twenty_clicks_at_once_are_one_endorsement(asked: Asked, now: datetime) -> None:
    clicks = (asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now) for _ in range(20))
    assert Counter(await _together(asked, *clicks)) == {"endorsed": 1, "same": 19}
    assert asked.database.read_now(records.count, asked.letter.id) == 1
    assert asked.deeds()["endorsed"] == 1
    assert asked.mails() == {"receipt": 1}
    assert asked.invitation.answers == 1


async def test_two_tabs_with_two_answers_are_one_decision(asked: Asked, now: datetime) -> None:
    other = replace(ANSWER, signatory="Another Signatory")
    tabs = (asked.database.write(actions.endorse, asked.nonce, one, 0, now) for one in (ANSWER, other))
    assert await _together(asked, *tabs) == ["endorsed", "Stale"]
    [kept] = asked.database.read_now(records.standing, asked.letter.id)
    assert kept.signatory == "Sample Signatory"
    assert asked.invitation.answers == 1


async def test_endorse_against_withdraw_is_one_decision_whoever_is_first(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    changed = replace(ANSWER, role="Director")
    outcomes = await _together(
        asked,
        asked.database.write(actions.endorse, asked.nonce, changed, 1, now),
        asked.database.write(actions.withdraw, asked.nonce, 1, now),
    )
    assert outcomes == ["changed", "Stale"]
    outcomes = await _together(
        asked,
        asked.database.write(actions.withdraw, asked.nonce, 2, now),
        asked.database.write(actions.endorse, asked.nonce, ANSWER, 2, now),
    )
    assert outcomes == ["withdrawn", "Stale"]
    assert asked.database.read_now(records.count, asked.letter.id) == 0
    assert asked.deeds()["withdrew"] == 1


async def test_endorse_against_decline_is_one_decision(asked: Asked, now: datetime) -> None:
    outcomes = await _together(
        asked,
        asked.database.write(actions.decline, asked.nonce, "Not our field", 0, now),
        asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now),
    )
    assert outcomes == ["declined", "Stale"]
    assert asked.mails() == {"declined": 1}


async def test_two_processes_in_effect_record_one_endorsement(asked: Asked, database_url: str, now: datetime) -> None:
    other = Database(database_url)
    try:
        clicks = [one.write(actions.endorse, asked.nonce, ANSWER, 0, now) for one in (asked.database, other) * 10]
        assert Counter(await _together(asked, *clicks)) == {"endorsed": 1, "same": 19}
    finally:
        other.close()
    assert asked.deeds()["endorsed"] == 1


async def test_two_contacts_of_one_organisation_have_one_endorsement(asked: Asked, now: datetime) -> None:
    """The first contact endorses; the link goes to a second one, who changes the answer: still one."""
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    id, letter = asked.invitation.id, asked.letter
    await asked.database.write(
        asking.change_contact, letter.slug, id, "second@charity.example", "Second", "", asked.eva, now
    )
    with pytest.raises(Revoked):
        await asked.database.write(actions.endorse, asked.nonce, replace(ANSWER, role="Chair"), None, now)
    with pytest.raises(Revoked):
        await asked.database.write(actions.withdraw, asked.nonce, None, now)
    await asked.database.write(asking.send_again, letter.slug, id, asked.eva, now)
    renewed = await asked.database.read(invitations.invitation, id)
    assert renewed.nonce not in (None, asked.nonce)
    await asked.database.write(actions.endorse, renewed.nonce, replace(ANSWER, role="Chair"), 1, now)
    [kept] = asked.database.read_now(records.standing, letter.id)
    assert kept.role == "Chair"


async def test_an_answer_to_a_version_that_was_not_read_is_not_recorded(asked: Asked, now: datetime) -> None:
    with pytest.raises(Overtaken, match="kept below"):
        await asked.database.write(actions.endorse, asked.nonce, replace(ANSWER, version=2), 0, now)
    assert asked.database.read_now(records.count, asked.letter.id) == 0


async def test_withdrawing_twice_is_withdrawing_once(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    clicks = (asked.database.write(actions.withdraw, asked.nonce, 1, now) for _ in range(5))
    assert Counter(await _together(asked, *clicks)) == {"withdrawn": 1, "same": 4}
    assert asked.deeds()["withdrew"] == 1
    assert asked.mails() == {"receipt": 1, "withdrawn": 1}


async def test_who_has_not_endorsed_has_nothing_to_withdraw(asked: Asked, now: datetime) -> None:
    with pytest.raises(Refused, match="nothing to withdraw"):
        await asked.database.write(actions.withdraw, asked.nonce, 0, now)


async def test_who_endorsed_cannot_decline_by_accident(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    with pytest.raises(Refused, match="Withdraw"):
        await asked.database.write(actions.decline, asked.nonce, "", 1, now)
    assert asked.database.read_now(records.count, asked.letter.id) == 1


async def test_after_withdrawing_one_may_endorse_again_and_is_printed_once(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    await asked.database.write(actions.withdraw, asked.nonce, 1, now)
    assert await asked.database.write(actions.endorse, asked.nonce, ANSWER, 2, now) == "endorsed"
    assert asked.database.read_now(records.count, asked.letter.id) == 1


async def test_the_reason_of_a_decline_is_in_no_history(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.decline, asked.nonce, "A private reason", 0, now)
    assert asked.invitation.reason == "A private reason"
    entries = asked.database.read_now(history.entries, asked.letter.id, most=1000)
    assert "private reason" not in repr(entries)


async def test_on_a_closed_list_nobody_answers_but_what_was_given_may_be_changed_or_withdrawn(
    asked: Asked, now: datetime
) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    after = asked.letter.hard_deadline
    assert after is not None
    other = asked.database.read_now(sample.nonces, asked.letter)[AMNESTY][0]
    for deed in (
        asked.database.write(actions.endorse, other, replace(ANSWER, name=AMNESTY), 0, after),
        asked.database.write(actions.decline, other, "", 0, after),
    ):
        with pytest.raises(Closed):
            await deed
    changed = replace(ANSWER, role="Chair")
    assert await asked.database.write(actions.endorse, asked.nonce, changed, 1, after) == "changed"
    assert await asked.database.write(actions.withdraw, asked.nonce, 2, after) == "withdrawn"
    with pytest.raises(Closed):  # who withdrew after the list closed stays off it
        await asked.database.write(actions.endorse, asked.nonce, ANSWER, 3, after)


async def test_a_click_repeated_after_the_deadline_is_told_that_it_was_recorded(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    after = asked.letter.hard_deadline
    assert after is not None
    assert await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, after) == "same"


async def test_revoked_and_expired_links_record_nothing_and_differ(asked: Asked, now: datetime) -> None:
    assert asked.letter.hard_deadline
    with pytest.raises(Expired):
        await asked.database.write(
            actions.endorse, asked.nonce, ANSWER, 0, asked.letter.hard_deadline + LINKS_KEPT + timedelta(seconds=1)
        )
    await asked.database.write(linking.revoke, asked.letter.slug, [asked.invitation.id], asked.eva.called, now)
    with pytest.raises(Revoked):
        await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    with pytest.raises(NotFound):
        await asked.database.write(actions.endorse, None, ANSWER, 0, now)
    assert asked.database.read_now(records.count, asked.letter.id) == 0


async def test_a_list_closed_twenty_times_at_once_is_printed_once(asked: Asked, now: datetime) -> None:
    await asked.database.write(actions.endorse, asked.nonce, ANSWER, 0, now)
    closes = (asked.database.write(printings.close_list, asked.letter.slug, "Eva", now) for _ in range(20))
    results = await asyncio.gather(*closes)
    assert {one.number for one in results} == {1}
    deeds = Counter(e.deed for e in asked.database.read_now(history.entries, asked.letter.id, most=1000))
    assert (deeds["list closed"], deeds["printed"]) == (1, 1)
    letter = asked.database.read_now(letters.letter_by_slug, asked.letter.slug)
    assert letter.state == "closed"


@pytest.mark.parametrize(
    "field, changes",
    [
        ("name", {"name": ""}),
        ("signatory", {"signatory": ""}),
        ("role", {"role": "x" * 201}),
        ("group", {"group": "A group of their own"}),
        ("authority", {"authority": ""}),
        ("authority", {"authority": "because"}),
        ("authority_detail", {"authority": "trustees", "authority_detail": "last Tuesday"}),
        ("authority_detail", {"authority": "trustees", "authority_detail": "2009-10-28"}),
        ("authority_detail", {"authority": "other"}),
        ("logo", {"show_logo": True}),
        ("authority_detail", {"authority_detail": "x" * 201}),
    ],
)
async def test_an_answer_that_lacks_something_is_told_what(
    field: str, changes: dict[str, str], asked: Asked, now: datetime
) -> None:
    assert rules.problems(ANSWER, asked.letter, now) == {}
    with pytest.raises(Incomplete) as incomplete:
        await asked.database.write(actions.endorse, asked.nonce, replace(ANSWER, **changes), 0, now)  # type: ignore[arg-type]
    assert list(incomplete.value.problems) == [field]


def test_an_answer_given_on_another_page_is_stale() -> None:
    assert issubclass(Stale, Overtaken)
    assert Stale.status == 409
