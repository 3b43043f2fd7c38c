"""Whatever people do with their links, in whatever order: one endorsement at most, and all that tells of it fits."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.endorsements import actions, deciding, requests
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.requests import Line
from coalition.invitations import actions as asking
from coalition.invitations import forwarding, holders, linking, looking, records
from coalition.people import records as people
from coalition.printings import actions as printings
from tests import cast
from tests.cast import NSPCC
from tests.endorsements.machine import Machine, play
from tests.endorsements.test_one_endorsement import ANSWER, inconsistent

ways = st.sampled_from(list(forwarding.WAYS))
which = st.integers(0, 7)
roles = st.sampled_from(["Director", "Chair"])


class OneOrganisation(Machine):
    refusals = (Refused, Incomplete)

    def __init__(self) -> None:
        super().__init__()
        nonce = self.database.read_now(sample.nonces, self.letter)[NSPCC][0]
        self.id = self.database.read_now(asking.opened, nonce, self.at).invitation.id
        self.links = [nonce]
        self.people = 0

    @property
    def seen(self) -> int:
        return self.database.read_now(records.invitation, self.id).answers

    def do(self, fn: Any, *values: Any) -> Any:
        done = super().do(fn, *values)
        known = set(self.links)
        self.links += [one.nonce for one in self.database.read_now(holders.holders, self.id) if one.nonce not in known]
        return done

    def link(self, at: int) -> str:
        return self.links[at % len(self.links)]

    def address(self) -> str:
        self.people += 1
        return f"person-{self.people}@nspcc.example"

    @rule(at=which, role=roles, stale=st.booleans())
    def endorse(self, at: int, role: str, stale: bool) -> None:
        self.do(actions.endorse, self.link(at), replace(ANSWER, name=NSPCC, role=role), self.seen - stale)

    @rule(at=which)
    def withdraw(self, at: int) -> None:
        self.do(actions.withdraw, self.link(at), self.seen)

    @rule(at=which, reason=roles)
    def decline(self, at: int, reason: str) -> None:
        self.do(actions.decline, self.link(at), reason, self.seen)

    @rule(at=which, days=st.integers(1, 3))
    def later(self, at: int, days: int) -> None:
        self.do(deciding.later, self.link(at), self.at.date() + timedelta(days=days), self.seen)

    @rule(at=which, way=ways)
    def pass_on(self, at: int, way: str) -> None:
        self.do(forwarding.forward, self.link(at), self.address(), "", way)

    @rule(at=which)
    def end_one(self, at: int) -> None:
        held = self.database.read_now(holders.holders, self.id)
        if held and (contact := held[at % len(held)].contact_id):
            self.do(looking.end_one, cast.SLUG, self.id, contact, "Eva")

    @rule()
    def renew(self) -> None:
        self.do(linking.rotate, cast.SLUG, [self.id], "Eva")

    @rule()
    def ask_another_contact(self) -> None:
        who = self.coordinator
        if self.do(asking.change_contact, cast.SLUG, self.id, self.address(), "", "", who):
            self.do(asking.send_again, cast.SLUG, self.id, who)

    @property
    def coordinator(self) -> Any:
        return self.database.read_now(people.coordinator, self.letter.coordinator_id)

    @rule()
    def close(self) -> None:
        self.do(printings.close_list, cast.SLUG, "Eva")

    @precondition(lambda self: self.letter.state == "closed")
    @rule()
    def deliver(self) -> None:
        self.do(cast.deliver, cast.SLUG, self.at.date(), "Posted", "Eva")

    @precondition(lambda self: self.letter.dispatched_at is not None)
    @rule(at=which, wish=st.sampled_from(list(requests.WISHES)), role=roles)
    def request(self, at: int, wish: str, role: str) -> None:
        line = Line(NSPCC, "Sample Signatory", role, True)
        self.do(requests.ask, self.link(at), wish, "", line, self.seen)

    @precondition(lambda self: self.letter.dispatched_at is not None)
    @rule()
    def do_what_was_asked(self) -> None:
        if asked := self.database.read_now(requests.latest, self.id):
            self.do(requests.done, cast.SLUG, self.id, asked.id, "Eva")

    @invariant()
    def all_that_tells_of_it_agrees(self) -> None:
        assert self.database.read_now(inconsistent, self.letter.id, self.id) == []

    @invariant()
    def whoever_only_looks_answers_nothing_and_somebody_is_there_to_answer(self) -> None:
        held = self.database.read_now(holders.holders, self.id)
        assert sum(one.is_main for one in held) <= 1
        assert not any(one.is_main and one.only_looks for one in held)
        assert len({one.email for one in held if not one.view_only_since}) == len(
            [one for one in held if not one.view_only_since]
        )


def test_one_organisation_has_one_endorsement_whatever_its_people_do(
    sqlite_template: Path, tmp_path: Path, now: datetime
) -> None:
    play(OneOrganisation, sqlite_template, tmp_path, now, runs=12, steps=16, sent=False)
