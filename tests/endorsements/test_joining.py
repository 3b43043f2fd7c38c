"""Joining: nobody hears of it before it is confirmed; the desk decides once; one organisation has one endorsement."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from coalition.base.database import Database
from coalition.base.links import newest
from coalition.base.refused import Closed, NotFound, Overtaken, Refused, TooMany
from coalition.demo import sample
from coalition.endorsements import actions as answers
from coalition.endorsements import merging, records, revising, rules, unmerging
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.joins import actions
from coalition.endorsements.joins import records as joins
from coalition.endorsements.joins import rules as join_rules
from coalition.endorsements.joins.rules import Asked, Expired, Join, NotJoined, Plan
from coalition.endorsements.rules import Answer, TextChanged
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations import holders
from coalition.invitations import records as invitations
from coalition.invitations.rules import Invitation
from coalition.letters import actions as letter_actions
from coalition.letters import next_version
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Kind, Letter
from coalition.organisations import actions as organisations
from coalition.organisations import directory
from coalition.organisations import records as organisation_records
from coalition.organisations.rules import Details
from coalition.organisations.spreadsheets import traces
from coalition.organisations.spreadsheets.cells import Values
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.tables import joins as joins_table
from coalition.tables import outbox
from coalition.work import hours
from tests import cast
from tests.cast import NSPCC
from tests.rows import all_rows

ANSWER = Answer(1, "The Sample Pier Trust", "National charities", "Sample Person", "Director", "delegated", "", True)
ASKED = Asked(ANSWER, "office@pier.example", "https://pier.example", None, "We shelter forty people a year.")


@dataclass
class Public:
    """Eva's public letter, everyone asked, and what can be done about requests to join it."""

    database: Database
    eva: Coordinator
    letter: Letter
    now: datetime

    def ask(self, asked: Asked = ASKED, key: str = "", at: datetime | None = None) -> int:
        id = self.database.write_now(actions.ask, self.letter.slug, asked, key, at or self.now)
        assert id
        return id

    def nonce(self, id: int) -> str:
        return self.database.read_now(newest, "join", id) or ""

    def confirmed(self, asked: Asked = ASKED, at: datetime | None = None) -> int:
        id = self.ask(asked, at=at)
        self.database.write_now(actions.confirm, self.nonce(id), None, at or self.now)
        return id

    def join(self, id: int) -> Join:
        return self.database.read_now(joins.join, id)

    def plan(self, id: int, organisation: int | None = None) -> Plan:
        def look(connection: Connection) -> Plan:
            letter = letters.letter(connection, self.letter.id)
            return actions.plan(connection, letter, joins.join(connection, id), organisation)

        return self.database.read_now(look)

    def approve(self, id: int, organisation: int | None = None, at: datetime | None = None) -> actions.Approved:
        seen = self.plan(id, organisation).digest
        slug, at = self.letter.slug, at or self.now
        return self.database.write_now(actions.approve, slug, id, organisation, seen, self.eva, at)

    def turn_down(self, id: int, at: datetime | None = None) -> bool:
        slug, at = self.letter.slug, at or self.now
        return self.database.write_now(actions.turn_down, slug, id, "Not this time.", self.eva, at)

    def place(self, name: str) -> Invitation:
        nonce = self.database.read_now(sample.nonces, self.letter)[name][0]
        return self.database.read_now(asking.opened, nonce, self.now).invitation

    def standing(self) -> list[rules.Endorsement]:
        return self.database.read_now(records.standing, self.letter.id)

    def deeds(self) -> Counter[str]:
        return Counter(one.deed for one in self.database.read_now(history.entries, self.letter.id, most=1000))

    def mails(self, message: str) -> list[tuple[str, str]]:
        def look(connection: Connection) -> list[tuple[str, str]]:
            wanted = select(outbox.c.recipient, outbox.c.state).where(outbox.c.message == message)
            return [(to, state) for to, state in connection.execute(wanted.order_by(outbox.c.id))]

        return self.database.read_now(look)

    def arranged(self, **changes: object) -> None:
        letter = self.database.read_now(letters.letter_by_slug, self.letter.slug)
        plan = Arrangements(**{name: getattr(letter, name) for name in Arrangements.__dataclass_fields__} | changes)
        self.database.write_now(letter_actions.arrange, letter.slug, letter.revision, plan, "Eva", self.now)

    def revise(self, kind: Kind) -> None:
        def publish(connection: Connection) -> None:
            letter = letters.letter_by_slug(connection, self.letter.slug)
            text = replace(letter.text, ask=f"{letter.text.ask} Please.")
            letter = next_version.save_next(connection, letter.slug, letter.next_revision, text, self.now)
            revising.publish(connection, letter.slug, letter.next_revision, kind, "", "Eva", self.now)

        self.database.write_now(publish)


@pytest.fixture
def public(database: Database, now: datetime) -> Iterator[Public]:
    eva, letter = database.write_now(cast.begin, now)
    yield Public(database, eva, letter, now)
    assert database.read_now(history.check)[1] == []


# Asking and confirming.


def test_a_request_is_nobodys_business_before_it_is_confirmed(public: Public) -> None:
    before = public.deeds()
    id = public.ask()
    assert public.deeds() == before
    assert public.database.read_now(joins.at_desk, public.letter.id) == []
    assert public.mails("join_confirm") == [("office@pier.example", "waiting")]
    assert public.mails("join_waiting") == []
    with pytest.raises(NotFound):
        public.approve(id)
    with pytest.raises(NotFound):
        public.turn_down(id)


async def test_confirming_twice_at_once_is_one_decision_and_one_entry(public: Public, now: datetime) -> None:
    nonce = public.nonce(public.ask())
    other = Database(public.database.url)
    try:
        clicks = (one.write(actions.confirm, nonce, 1, now) for one in (public.database, other) * 5)
        assert Counter(await asyncio.gather(*clicks)) == {"confirmed": 1, "same": 9}
    finally:
        other.close()
    assert public.deeds()["asked to join"] == 1
    assert public.mails("join_waiting") == [(public.eva.email, "waiting")]


def test_a_form_that_is_sent_twice_is_one_request(public: Public) -> None:
    public.ask(key="a-key-of-the-form-0")
    assert public.database.write_now(actions.ask, public.letter.slug, ASKED, "a-key-of-the-form-0", public.now) is None
    assert len(public.mails("join_confirm")) == 1


def test_an_unconfirmed_request_is_dropped_after_a_week_with_all_that_was_typed(public: Public) -> None:
    kept, dropped = public.confirmed(replace(ASKED, email="kept@pier.example")), public.ask()
    nonce, late = public.nonce(dropped), public.now + timedelta(days=7, seconds=-1)
    hours.do_what_is_due(public.database, late)
    assert public.join(dropped).note == ASKED.note
    late += timedelta(seconds=1)
    with pytest.raises(Expired):
        public.database.write_now(actions.confirm, nonce, 1, late)
    hours.do_what_is_due(public.database, late)
    with pytest.raises(NotFound):
        public.join(dropped)
    assert "office@pier.example" not in repr(public.database.read_now(all_rows))
    assert "Sample Person" in repr(public.database.read_now(all_rows)["joins"]), "one that was confirmed stays"
    assert public.join(kept).state == "confirmed"
    with pytest.raises(Expired):
        public.database.read_now(actions.opened, nonce, late)


def test_an_address_gets_three_mails_an_hour_however_it_is_written(public: Public) -> None:
    for email in ("office@pier.example", "Office@Pier.example", "office+1@pier.example"):
        public.ask(replace(ASKED, email=email))
    with pytest.raises(TooMany) as refusal:
        public.ask(replace(ASKED, email="OFFICE+x@pier.example"))
    assert refusal.value.after == 3600
    assert "still here" in str(refusal.value)
    public.ask(replace(ASKED, email="other@pier.example"))
    public.ask(at=public.now + timedelta(hours=1))


def test_there_is_a_limit_for_a_letter_and_in_all(public: Public) -> None:
    join_rules.check_how_many(0, 99, 299)
    for counts in ((0, 100, 100), (0, 0, 300)):
        with pytest.raises(TooMany):
            join_rules.check_how_many(*counts)
    public.ask()
    found = public.database.read_now(
        joins.asked_lately, public.letter.id, "x@y.example", public.now - timedelta(hours=1)
    )
    assert found == (0, 1, 1)


def test_a_letter_that_is_not_public_is_not_revealed(public: Public) -> None:
    id = public.ask()
    for changes, error in (
        ({"visibility": "private"}, NotFound),
        ({"visibility": "public", "embargo_until": public.now + timedelta(days=1)}, NotFound),
        ({"visibility": "link", "embargo_until": None}, NotJoined),
        ({"visibility": "public", "joinable": False}, NotJoined),
    ):
        public.arranged(**changes)
        for deed, values in (
            (actions.ask, (public.letter.slug, ASKED, "", public.now)),
            (actions.confirm, (public.nonce(id), 1, public.now)),
        ):
            with pytest.raises(error):
                public.database.write_now(deed, *values)


def test_nobody_joins_a_closed_list(public: Public) -> None:
    waiting, unconfirmed = public.confirmed(), public.ask(replace(ASKED, email="two@pier.example"))
    public.revise("correction")  # so that approving records no answer, which would be refused anyhow
    public.database.write_now(printings.close_list, public.letter.slug, "Eva", public.now)
    with pytest.raises(Closed):
        public.ask()
    with pytest.raises(Closed):
        public.database.write_now(actions.confirm, public.nonce(unconfirmed), 1, public.now)
    with pytest.raises(Closed):
        public.approve(waiting)
    assert public.turn_down(waiting)


SMUGGLED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("name", {"name": "Buy at www.pills.example"}),
    ("name", {"name": "…"}),
    ("signatory", {"signatory": "me@pills.example"}),
    ("authority", {"authority": "because"}),
    ("group", {"group": "A group of their own"}),
)


def test_what_is_missing_or_smuggled_is_said(public: Public) -> None:
    for field, changes in SMUGGLED:
        with pytest.raises(Incomplete) as incomplete:
            public.ask(replace(ASKED, answer=replace(ANSWER, **changes)))
        assert list(incomplete.value.problems) == [field]
    assert public.mails("join_confirm") == []


def test_of_one_address_for_one_organisation_the_last_request_is_decided(public: Public) -> None:
    first = public.confirmed()
    second = public.confirmed(replace(ASKED, note="A better note."), at=public.now + timedelta(minutes=1))
    assert (public.join(first).state, public.join(second).state) == ("replaced", "confirmed")
    with pytest.raises(Overtaken):
        public.approve(first)
    other = public.confirmed(replace(ASKED, answer=replace(ANSWER, name="The Sample Quay Trust")))
    assert public.join(second).state == public.join(other).state == "confirmed"


def test_the_coordinator_hears_at_most_once_an_hour_and_of_everybody(public: Public) -> None:
    def sent() -> None:
        def deliver(connection: Connection) -> None:
            connection.execute(update(outbox).where(outbox.c.message == "join_waiting").values(state="sent"))

        public.database.write_now(deliver)

    def somebody(number: int, at: datetime) -> None:
        answer = replace(ANSWER, name=f"Pier {number}")
        public.confirmed(replace(ASKED, email=f"{number}@pier.example", answer=answer), at)

    for number in range(3):
        somebody(number, public.now)
    assert len(public.mails("join_waiting")) == 1
    sent()
    for number in range(3, 6):
        somebody(number, public.now + timedelta(minutes=20))

    def due(connection: Connection) -> datetime:
        wanted = select(outbox.c.due_at).where(outbox.c.message == "join_waiting", outbox.c.state == "waiting")
        return connection.execute(wanted).scalar_one()

    assert public.database.read_now(due) == public.now + timedelta(hours=1)


# The text changes meanwhile.


def test_a_text_that_was_changed_before_confirming_is_confirmed_under_the_newest_only_once_it_was_shown(
    public: Public,
) -> None:
    id = public.ask()
    public.revise("correction")
    for version in (None, 1):
        with pytest.raises(TextChanged):
            public.database.write_now(actions.confirm, public.nonce(id), version, public.now)
    with pytest.raises(TextChanged):
        public.ask(replace(ASKED, email="two@pier.example"))
    assert public.database.write_now(actions.confirm, public.nonce(id), 2, public.now) == "confirmed"
    public.approve(id)
    [one] = public.standing()
    assert (one.version, one.given_version) == (2, 2)


@pytest.mark.parametrize("kind", ["correction", "substance"])
def test_approving_after_the_text_was_changed_asks_them_about_the_newest(kind: Kind, public: Public) -> None:
    id = public.confirmed()
    public.revise(kind)
    done = public.approve(id)
    assert done.effect == "again"
    assert public.standing() == []
    assert public.mails("join_approved") == [("office@pier.example", "waiting")]
    assert public.mails("receipt") == []
    one = public.database.read_now(invitations.invitation, done.invitation_id)
    assert one.status == "queued"
    assert public.database.read_now(joins.to_ask_again, one.id, "office@pier.example") == public.join(id)
    assert public.database.read_now(joins.to_ask_again, one.id, "other@pier.example") is None
    answer = replace(public.join(id).endorsement, version=2)
    assert public.database.write_now(answers.endorse, one.nonce, answer, 0, public.now) == "endorsed"
    assert [one.version for one in public.standing()] == [2]


# Approving.


def test_approved_as_a_new_organisation_it_is_endorsed_and_has_a_link_of_its_own(public: Public) -> None:
    asked = replace(ASKED, register_id="GB-CHC-1234567")
    done = public.approve(public.confirmed(asked))
    assert done.effect == "endorse"
    [one] = public.standing()
    assert (one.name, one.signatory, one.version, one.given_version) == ("The Sample Pier Trust", "Sample Person", 1, 1)
    place = public.database.read_now(invitations.invitation, done.invitation_id)
    assert (place.status, place.email, place.register_id) == ("endorsed", "office@pier.example", "GB-CHC-1234567")
    assert public.mails("receipt") == [("office@pier.example", "waiting")]
    assert public.database.write_now(answers.withdraw, place.nonce, 1, public.now) == "withdrawn"


async def test_two_approvals_at_once_are_one_decision(public: Public, now: datetime) -> None:
    id, place = public.confirmed(), public.place(NSPCC)
    as_new, as_known = public.plan(id), public.plan(id, place.organisation_id)
    other = Database(public.database.url)

    def approve(door: Database, organisation: int | None, seen: str):
        return door.write(actions.approve, public.letter.slug, id, organisation, seen, public.eva, now)

    try:
        clicks = [approve(door, None, as_new.digest) for door in (public.database, other) * 3]
        clicks += [approve(other, place.organisation_id, as_known.digest)]
        done = await asyncio.gather(*clicks)
    finally:
        other.close()
    assert len({one.invitation_id for one in done}) == 1
    assert sum(not one.again for one in done) == 1
    assert (public.deeds()["join approved"], public.deeds()["endorsed"], len(public.standing())) == (1, 1, 1)
    assert len(public.mails("receipt")) == 1


async def test_approving_against_turning_down_at_once_is_one_decision(public: Public, now: datetime) -> None:
    id = public.confirmed()
    slug, seen = public.letter.slug, public.plan(id).digest
    done = await asyncio.gather(
        public.database.write(actions.turn_down, slug, id, "No.", public.eva, now),
        public.database.write(actions.approve, slug, id, None, seen, public.eva, now),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [bool, Overtaken]
    assert (public.deeds()["join approved"], public.deeds()["join turned down"]) == (0, 1)


@pytest.mark.parametrize("first", ["approve", "endorse"])
async def test_approving_against_the_invited_contacts_own_answer_is_one_endorsement(
    first: str, public: Public, now: datetime
) -> None:
    place, id = public.place(NSPCC), public.confirmed()
    own, seen = sample.answer(NSPCC, place.group, 1), public.plan(id, place.organisation_id).digest
    approve = public.database.write(
        actions.approve, public.letter.slug, id, place.organisation_id, seen, public.eva, now
    )
    endorse = public.database.write(answers.endorse, place.nonce, own, 0, now)
    both: list[Awaitable[object]] = [approve, endorse] if first == "approve" else [endorse, approve]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(done[1], Overtaken), "whoever comes second is told, and nothing is changed"
    assert len(public.standing()) == 1
    assert (public.place(NSPCC).answers, public.deeds()["endorsed"]) == (1, 1)


def test_a_known_organisation_gets_a_contact_and_whoever_was_asked_hears_of_the_answer(public: Public) -> None:
    place = public.place(NSPCC)
    public.database.write_now(asking.mail_ended, place.id, "sent", "", public.now)
    done = public.approve(public.confirmed(), place.organisation_id)
    assert (done.effect, done.invitation_id) == ("endorse", place.id)
    [one] = public.standing()
    assert (one.organisation_id, one.name) == (place.organisation_id, "The Sample Pier Trust")
    held = public.database.read_now(holders.holders, place.id)
    assert {one.email for one in held} == {place.email, "office@pier.example"}
    assert {to for to, _ in public.mails("receipt")} == {place.email, "office@pier.example"}
    assert public.place(NSPCC).contact_id == place.contact_id, "the letter still asks whom it asked"


def test_of_two_answers_the_one_given_last_counts_and_is_shown_before(public: Public) -> None:
    place, later = public.place(NSPCC), public.now + timedelta(minutes=1)
    earlier = public.confirmed(replace(ASKED, email="early@nspcc.example"))
    public.database.write_now(answers.decline, place.nonce, "No.", 0, later)
    assert public.plan(earlier, place.organisation_id).effect == "keep"
    assert public.approve(earlier, place.organisation_id, later).effect == "keep"
    assert public.place(NSPCC).status == "declined"
    assert public.mails("join_approved") == [("early@nspcc.example", "waiting")]
    last = later + timedelta(minutes=1)
    id = public.confirmed(replace(ASKED, email="late@nspcc.example", answer=replace(ANSWER, name="NSPCC")), last)
    assert public.plan(id, place.organisation_id).effect == "replace"
    assert public.approve(id, place.organisation_id, last).effect == "replace"
    assert [one.name for one in public.standing()] == ["NSPCC"]


def test_a_logo_that_was_given_stays_where_the_request_takes_the_place_of_the_answer(public: Public) -> None:
    place = public.place(NSPCC)
    own = replace(sample.answer(NSPCC, place.group, 1), logo="a" * 64, show_logo=True)
    public.database.write_now(answers.endorse, place.nonce, own, 0, public.now)
    at = public.now + timedelta(minutes=1)
    public.approve(public.confirmed(at=at), place.organisation_id, at)
    [one] = public.standing()
    assert (one.signatory, one.logo, one.show_logo) == ("Sample Person", "a" * 64, True)


def test_what_is_known_already_is_not_added_a_second_time(public: Public) -> None:
    id = public.confirmed(replace(ASKED, answer=replace(ANSWER, name="N.S.P.C.C.")))
    with pytest.raises(organisations.Known):
        public.approve(id)
    assert public.join(id).state == "confirmed"
    found = public.database.read_now(actions.likely, public.join(id))
    assert (found[0].id, found[0].why) == (public.place(NSPCC).organisation_id, "the same name")


def test_likely_ones_are_found_by_number_address_domain_and_near_name(public: Public) -> None:
    def add(name: str, number: str | None = None, email: str = "", website: str = "") -> int:
        details = Details(name, number, website, "", "")
        contact = Values(email=email, contact_name="Sample Contact")
        return public.database.write_now(organisations.add, details, contact, public.eva, public.now)

    number = add("Quite Another Name", "GB-CHC-7654321")
    address = add("A Third Name", email="office@pier.example", website="https://third.example")
    domain = add("A Fourth Name", website="https://www.pier.example/about")
    near = add("Sample Peir Trust")
    id = public.confirmed(replace(ASKED, register_id="GB-CHC-7654321"))
    found = public.database.read_now(actions.likely, public.join(id))
    assert [(one.id, one.why) for one in found] == [
        (number, "the same register number, GB-CHC-7654321"),
        (address, "a contact with the same e-mail address"),
        (domain, "the same domain, pier.example"),
        (near, "nearly the same name"),
    ]


def test_a_mail_domain_that_is_not_the_websites_is_a_hint(public: Public) -> None:
    join = public.join(public.confirmed())
    for email, website, hint in (
        ("office@pier.example", "https://www.pier.example", ""),
        ("office@mail.pier.example", "https://pier.example", ""),
        ("office@pier.example", "https://quay.example", "is it the same organisation"),
        ("office@gmail.com", "https://pier.example", "anyone can use"),
        ("office@pier.example", "", "no website"),
    ):
        found = join_rules.hints(replace(join, email=email, website=website))
        assert hint in " ".join(found) if hint else found == []


# Turning down.


def test_who_was_turned_down_is_told_and_may_ask_again_later_three_times_in_all(public: Public) -> None:
    at = public.now
    for _ in range(3):
        id = public.confirmed(at=at)
        assert public.turn_down(id, at)
        assert not public.turn_down(id, at), "a second click"
        with pytest.raises(Overtaken, match="turned down"):
            public.approve(id)
        again = public.ask(at=at + timedelta(days=6))
        with pytest.raises(Refused, match="turned down"):
            public.database.write_now(actions.confirm, public.nonce(again), 1, at + timedelta(days=6))
        at += timedelta(days=7)
        public.arranged(hard_deadline=at + timedelta(days=10))
    often = public.ask(at=at)
    with pytest.raises(Refused, match="several times"):
        public.database.write_now(actions.confirm, public.nonce(often), 1, at)
    assert public.mails("join_turned_down") == [("office@pier.example", "waiting")] * 3


def test_no_history_entry_holds_an_address_a_note_or_a_reason(public: Public) -> None:
    public.approve(public.confirmed())
    public.turn_down(public.confirmed(replace(ASKED, email="two@pier.example", note="Private note")))
    entries = repr(public.database.read_now(history.entries, public.letter.id, most=1000))
    entries += repr(public.database.read_now(history.entries, history.SITE, most=1000))
    for private in ("pier.example", "Private note", "forty people", "Not this time"):
        assert private not in entries


# With what else happens to organisations.


def test_merging_takes_a_request_along_and_undoing_brings_it_back(public: Public) -> None:
    done = public.approve(public.confirmed())
    joined = public.database.read_now(invitations.invitation, done.invitation_id)
    kept = public.place(NSPCC)
    public.database.write_now(
        answers.endorse, kept.nonce, sample.answer(NSPCC, kept.group, 1), 0, public.now + timedelta(1)
    )
    seen = public.database.read_now(merging.plan, kept.organisation_id, joined.organisation_id).digest
    both = kept.organisation_id, joined.organisation_id
    merge = public.database.write_now(merging.merge, *both, seen, "Eva", public.now + timedelta(2))
    assert [one.invitation_id for one in public.database.read_now(joins.at_desk, public.letter.id)] == [kept.id]
    assert len(public.standing()) == 1
    public.database.write_now(unmerging.undo, merge, "Eva", public.now + timedelta(3))
    assert [one.invitation_id for one in public.database.read_now(joins.at_desk, public.letter.id)] == [joined.id]


def test_a_request_to_be_one_that_was_merged_goes_to_the_one_it_became(public: Public) -> None:
    kept, gone = public.place(NSPCC), public.place("The Poppy Project")
    both = kept.organisation_id, gone.organisation_id
    seen = public.database.read_now(merging.plan, *both).digest
    public.database.write_now(merging.merge, *both, seen, "Eva", public.now)
    done = public.approve(public.confirmed(), gone.organisation_id)
    assert done.invitation_id == kept.id
    [one] = public.standing()
    assert one.organisation_id == kept.organisation_id
    assert public.database.read_now(organisation_records.root, gone.organisation_id) == kept.organisation_id
    archived = public.place("The Lantern Society").organisation_id
    public.database.write_now(organisations.archive, archived, public.eva, public.now)
    with pytest.raises(Refused, match="archived"):
        public.plan(public.confirmed(replace(ASKED, email="two@pier.example")), archived)


def test_what_a_request_became_stays_when_its_list_is_taken_back(public: Public) -> None:
    id = public.confirmed()
    public.revise("correction")
    place = public.approve(id).invitation_id
    somebody = ("other@pier.example", "Sample Other", "")
    public.database.write_now(asking.change_contact, public.letter.slug, place, *somebody, public.eva, public.now)
    assert public.database.read_now(invitations.invitation, place).status == "added", "and nobody holds a link"
    assert public.database.write_now(traces.take_off_list, [place]) == 0


def test_an_organisation_that_was_not_asked_yet_is_asked_through_whoever_joined(public: Public) -> None:
    values = Values(name="The Sample Quay Trust", email="first@quay.example")
    slug = public.letter.slug
    place = public.database.write_now(asking.add, slug, values, "", public.eva, public.now)
    public.approve(public.confirmed(), place.organisation_id)
    there = public.database.read_now(invitations.invitation, place.id)
    assert (there.status, there.email) == ("endorsed", "office@pier.example")
    people = public.database.read_now(directory.people, place.organisation_id)
    assert {one.email for one in people} == {"first@quay.example", "office@pier.example"}


def test_joins_is_the_only_table_that_keeps_what_was_typed(public: Public) -> None:
    public.ask()
    rows = public.database.read_now(all_rows)
    assert len(rows[joins_table.name]) == 1
    assert [name for name, found in rows.items() if ASKED.note in repr(found)] == ["joins"]
