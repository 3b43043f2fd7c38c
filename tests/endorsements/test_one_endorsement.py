"""One organisation, one endorsement, over contacts, links, hand-overs, renewals and merges, all at the same moment.

Each side of a race is a thread with a writer of its own, as every process of a site has one; and once, processes.
"""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from coalition.base.database import Database
from coalition.base.refused import Overtaken, Refused
from coalition.endorsements import actions, deciding, merging, requests
from coalition.endorsements.requests import Line
from coalition.endorsements.rules import Answer
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations import forwarding, holders, linking
from coalition.invitations import records as invitations_records
from coalition.letters.rules import Letter
from coalition.organisations.spreadsheets.cells import Values
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.tables import endorsements, invitations, outbox
from tests import cast

ANSWER = Answer(1, "The Kiln", "National charities", "Sample Signatory", "Director", "chief-executive", "", True)
OTHER = replace(ANSWER, signatory="Another Signatory", role="Chair")
ROUNDS = range(4)
DECISIONS = ("endorsed", "endorsement changed", "declined", "withdrew", "deciding", "request done")
CONFIRMED = ("receipt", "declined", "withdrawn", "later", "request_answered")


@dataclass(frozen=True)
class Place:
    """One organisation on the letter, and the link of its first contact."""

    id: int
    organisation_id: int
    nonce: str


@dataclass(frozen=True)
class Field:
    database: Database
    eva: Coordinator
    letter: Letter
    now: datetime

    def do(self, fn, *args, **kwargs) -> Any:
        return self.database.write_now(fn, *args, **kwargs)

    def ask(self, name: str) -> Place:
        """One more organisation, which is asked."""
        email = f"first@{name.lower().replace(' ', '-')}.example"
        one = self.do(asking.add, self.letter.slug, Values(name=name, email=email), "", self.eva, self.now)
        self.do(asking.ask, self.letter.slug, [one.id], "Eva", self.now)
        asked = self.database.read_now(invitations_records.invitation, one.id)
        return Place(one.id, asked.organisation_id, asked.nonce or "")

    def second(self, place: Place, way: str = "both") -> str:
        """The link of a colleague whom the letter was passed on to."""
        email = f"second@{place.id}.example"
        self.do(forwarding.forward, place.nonce, email, "", way, self.now)
        [held] = [one for one in self.database.read_now(holders.holders, place.id) if one.email == email]
        return held.nonce

    def race(self, *deeds: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[str]:
        """What became of each, all begun at the same moment, each through a writer of its own."""
        ready = threading.Barrier(len(deeds))
        outcomes = [""] * len(deeds)

        def run(at: int, deed: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
            with closing(Database(self.database.url)) as own:
                own.write_now(lambda connection: None)  # its connection is there
                ready.wait()
                try:
                    done = own.write_now(deed, *arguments)
                    outcomes[at] = done if isinstance(done, str) else "done"
                except Refused as refusal:
                    outcomes[at] = type(refusal).__name__

        threads = [threading.Thread(target=run, args=(at, *deed)) for at, deed in enumerate(deeds)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert all(outcomes), outcomes
        return outcomes

    def endorse(self, nonce: str, answer: Answer = ANSWER, seen: int | None = 0) -> tuple[Callable[..., Any], Any]:
        return actions.endorse, (nonce, answer, seen, self.now)


def inconsistent(connection: Connection, letter_id: int, only: int | None = None) -> list[str]:
    """What does not fit together, of any organisation: endorsement, status, decisions, and mail that confirms them."""
    wrong = []
    given: dict[int, list[Any]] = {}
    for row in connection.execute(select(endorsements).where(endorsements.c.letter_id == letter_id)):
        given.setdefault(row.invitation_id, []).append(row)
    asked = select(invitations).where(invitations.c.letter_id == letter_id)
    for one in connection.execute(asked if only is None else asked.where(invitations.c.id == only)):
        rows = given.pop(one.id, [])
        if len(rows) > 1 or any(row.organisation_id != one.organisation_id for row in rows):
            wrong.append(f"{one.id}: {len(rows)} endorsements")
        stands = any(row.withdrawn_at is None for row in rows)
        if stands != (one.status == "endorsed"):
            wrong.append(f"{one.id}: {one.status}, though an endorsement {'stands' if stands else 'does not stand'}")
        if one.status == "withdrawn" and not rows:
            wrong.append(f"{one.id}: withdrawn from nothing")
        entries = [e for e in history.about(connection, letter_id, one.id) if e.deed in DECISIONS]
        if len(entries) != one.answers:
            wrong.append(f"{one.id}: {one.answers} answers, {len(entries)} decisions in the history")
        mails = connection.execute(
            select(outbox.c.message).where(outbox.c.subject_id == one.id, outbox.c.message.in_(CONFIRMED))
        ).all()
        if len(mails) != len(entries):
            wrong.append(f"{one.id}: {len(entries)} decisions, {len(mails)} mails that confirm one")
    wrong += [f"{id}: endorsed without an invitation" for id in given]
    return wrong


@pytest.fixture
def field(database: Database, now: datetime) -> Iterator[Field]:
    eva, letter = database.write_now(cast.begin, now)
    yield Field(database, eva, letter, now + timedelta(minutes=5))
    assert database.read_now(inconsistent, letter.id) == []
    assert database.read_now(history.check)[1] == []


def test_two_contacts_with_two_answers_are_one_decision(field: Field) -> None:
    for n in ROUNDS:
        place = field.ask(f"Kiln {n}")
        outcomes = field.race(field.endorse(place.nonce), field.endorse(field.second(place), OTHER))
        assert sorted(outcomes) == ["Stale", "endorsed"]


def test_two_contacts_with_the_same_answer_are_one_decision(field: Field) -> None:
    for n in ROUNDS:
        place = field.ask(f"Kiln {n}")
        outcomes = field.race(field.endorse(place.nonce), field.endorse(field.second(place)))
        assert sorted(outcomes) == ["endorsed", "same"]


def test_endorse_against_withdraw_over_two_links_is_one_decision(field: Field) -> None:
    for n in ROUNDS:
        place = field.ask(f"Kiln {n}")
        second = field.second(place)
        field.do(*_flat(field.endorse(place.nonce)))
        outcomes = field.race(field.endorse(second, OTHER, seen=1), (actions.withdraw, (place.nonce, 1, field.now)))
        assert sorted(outcomes) in (["Stale", "changed"], ["Stale", "withdrawn"])


def test_endorse_against_decline_against_later_is_one_decision(field: Field) -> None:
    day = field.now.date() + timedelta(days=2)
    for n in ROUNDS:
        place = field.ask(f"Kiln {n}")
        second = field.second(place)
        outcomes = field.race(
            field.endorse(second),
            (actions.decline, (place.nonce, "No", 0, field.now)),
            (deciding.later, (place.nonce, day, 0, field.now)),
        )
        assert sorted(outcomes)[:2] == ["Stale", "Stale"], outcomes


def test_handing_over_against_endorsing_leaves_one_who_answers(field: Field) -> None:
    for n in ROUNDS:
        place = field.ask(f"Kiln {n}")
        hand_over = (forwarding.forward, (place.nonce, f"next@{place.id}.example", "", "pass", field.now))
        endorsed, passed = field.race(field.endorse(place.nonce), hand_over)
        assert (endorsed, passed) in (("endorsed", "passed"), ("ViewOnly", "passed"))
        answering = [one for one in field.database.read_now(holders.holders, place.id) if not one.view_only_since]
        assert [one.email for one in answering] == [f"next@{place.id}.example"]


def test_renewing_links_or_choosing_another_contact_against_endorsing(field: Field) -> None:
    for n in ROUNDS:
        place = field.ask(f"Kiln {n}")
        deed = (
            (linking.rotate, (field.letter.slug, [place.id], "Eva", field.now))
            if n % 2
            else (
                asking.change_contact,
                (field.letter.slug, place.id, f"next@{place.id}.example", "", "", field.eva, field.now),
            )
        )
        endorsed, done = field.race(field.endorse(place.nonce), deed)
        assert done == "done"
        assert endorsed in ("endorsed", "Revoked")


def test_endorsing_against_merging_two_that_are_one_leaves_one_endorsement(field: Field) -> None:
    for n in ROUNDS:
        kept, merged = field.ask(f"Kiln {n}"), field.ask(f"The Kiln Trust {n}")
        planned = field.database.read_now(merging.plan, kept.organisation_id, merged.organisation_id)
        merge = (
            merging.merge,
            (kept.organisation_id, merged.organisation_id, planned.digest, "Eva", field.now),
        )
        later = (actions.endorse, (merged.nonce, OTHER, 0, field.now + timedelta(seconds=n % 2)))
        one, other, became = field.race(field.endorse(kept.nonce), later, merge)
        assert became in ("done", "Overtaken")
        if became == "Overtaken":  # somebody was quicker than the button: they look again, and merge what is there now
            planned = field.database.read_now(merging.plan, kept.organisation_id, merged.organisation_id)
            field.do(merging.merge, kept.organisation_id, merged.organisation_id, planned.digest, "Eva", field.now)
        assert {one, other} <= {"endorsed", "Revoked", "Stale"}
        assert "endorsed" in (one, other)
        standing = field.database.read_now(_standing, field.letter.id, kept.organisation_id, merged.organisation_id)
        assert standing == [kept.organisation_id]


def test_a_request_done_twice_against_taken_off_and_changed_is_one_decision(field: Field) -> None:
    places = [field.ask(f"Kiln {n}") for n in ROUNDS]
    for place in places:
        field.do(*_flat(field.endorse(place.nonce)))
    field.do(printings.close_list, field.letter.slug, "Eva", field.now)
    for n, place in enumerate(places):
        # Whoever presses first: the desk's note that it was delivered, or the organisation's button.
        noted, withdrawn = field.race(
            (cast.deliver, (field.letter.slug, field.now.date(), f"Posted {n}", "Eva", field.now)),
            (actions.withdraw, (place.nonce, 1, field.now)),
        )
        assert noted in ("noted", "corrected")
        if withdrawn == "withdrawn":
            continue
        assert withdrawn == "Dispatched"
        line = Line("The Kiln", "Another Signatory", "Chair", True)
        field.do(requests.ask, place.nonce, "change", "", line, 1, field.now)
        asked: Any = field.database.read_now(requests.latest, place.id)
        deed = (requests.done, (field.letter.slug, place.id, asked.id, "Eva", field.now))
        no = (requests.turn_down, (field.letter.slug, place.id, asked.id, "No", "Ben", field.now))
        assert field.race(deed, deed, no) == ["done"] * 3
        found: Any = field.database.read_now(requests.latest, place.id)
        assert found.outcome in ("done", "turned down")
        if found.outcome == "turned down":  # that is no decision of theirs, but it is confirmed by mail
            field.do(_drop_answers, place.id)


def _endorse_in_a_process(url: str, nonce: str, answer: Answer, now: datetime) -> str:
    with closing(Database(url)) as own:
        try:
            return own.write_now(actions.endorse, nonce, answer, 0, now)
        except Overtaken as overtaken:
            return type(overtaken).__name__


def test_processes_of_their_own_record_one_endorsement(field: Field) -> None:
    place = field.ask("The Kiln")
    links = [place.nonce, field.second(place)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        waiting = [
            pool.submit(_endorse_in_a_process, field.database.url, links[n % 2], (ANSWER, OTHER)[n % 2], field.now)
            for n in range(8)
        ]
        outcomes = [one.result(60) for one in waiting]
    assert outcomes.count("endorsed") == 1
    assert set(outcomes) <= {"endorsed", "same", "Stale"}


def _flat(deed: tuple[Callable[..., Any], Any]) -> list[Any]:
    return [deed[0], *deed[1]]


def _drop_answers(connection: Connection, id: int) -> None:
    connection.execute(outbox.delete().where(outbox.c.subject_id == id, outbox.c.message == "request_answered"))


def _standing(connection: Connection, letter_id: int, *organisations: int) -> list[int]:
    wanted = select(endorsements.c.organisation_id).where(
        endorsements.c.letter_id == letter_id,
        endorsements.c.organisation_id.in_(organisations),
        endorsements.c.withdrawn_at.is_(None),
    )
    return list(connection.execute(wanted).scalars())
