"""Merging two organisations: one endorsement each, nothing lost, undone exactly or refused with the reason."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from coalition.base import clock, outbox
from coalition.base.database import Database
from coalition.base.mail.reports import Verdict
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.demo import sample
from coalition.endorsements import actions as answers
from coalition.endorsements import deciding, merging, records, unmerging
from coalition.endorsements.suggestions import suggesting
from coalition.history import records as history
from coalition.invitations import actions as invitations
from coalition.invitations import bounces, holders, linking
from coalition.invitations import records as invitation_records
from coalition.invitations.rules import Revoked
from coalition.letters.rules import Letter
from coalition.organisations import actions as organisations
from coalition.organisations import directory
from coalition.organisations import records as organisation_records
from coalition.organisations.spreadsheets.cells import Values
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.tables import contacts, endorsements, former_invitations, links, merges, metadata, suggestions
from coalition.tables import invitations as invitations_table
from coalition.tables import organisations as organisations_table
from coalition.tables import reminders as reminders_table
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, endorse_form
from tests.rows import Rows, all_rows

TWIN = "Nat. Society for the Prevention of Cruelty to Children"


@dataclass(frozen=True)
class Pair:
    """Eva's letter has the NSPCC twice: as NSPCC, and under its long name with another contact."""

    eva: Campaign
    kept: int  # ids of the organisations
    merged: int

    @property
    def database(self) -> Database:
        return self.eva.database

    def nonce(self, organisation: str) -> str:
        return self.eva.nonce(organisation)

    def plan(self) -> merging.Plan:
        return self.database.read_now(merging.plan, self.kept, self.merged)

    def merge(self, at: datetime | None = None) -> int:
        seen = self.plan().digest
        return self.database.write_now(merging.merge, self.kept, self.merged, seen, "Eva", at or clock.now())

    def undo(self, id: int) -> unmerging.Merge:
        return self.database.write_now(unmerging.undo, id, "Eva", clock.now())

    def why_not(self, id: int) -> str:
        def look(connection: Connection) -> str:
            return unmerging.in_the_way(connection, unmerging.merge_of(connection, id))

        return self.database.read_now(look)

    def endorse(self, nonce: str, name: str, at: datetime | None = None) -> str:
        answer = sample.answer(name, "National charities", 1)
        return self.database.write_now(answers.endorse, nonce, answer, None, at or clock.now())

    def rows(self) -> Rows:
        return self.database.read_now(all_rows)


@pytest.fixture
def pair(eva: Campaign) -> Pair:
    values = Values(name=TWIN, email="office@nspcc-twin.example", contact_name="Sample Contact 900")
    one = eva.database.write_now(invitations.add, eva.letter.slug, values, "", eva.eva, clock.now())
    eva.database.write_now(invitations.ask, eva.letter.slug, None, "Eva", clock.now())
    twin = eva.database.read_now(directory.organisation, one.organisation_id)
    details = replace(twin.details, approves="committee", notice_days=14)
    eva.database.write_now(organisations.edit, twin.id, twin.revision, details, eva.eva, clock.now())
    kept = eva.database.read_now(invitations.opened, eva.nonce(NSPCC), clock.now()).invitation.organisation_id
    return Pair(eva, kept, one.organisation_id)


def _standing(pair: Pair) -> list[tuple[int, str]]:
    found = pair.database.read_now(records.standing, pair.eva.letter.id)
    return [(one.organisation_id, one.name) for one in found]


def test_of_two_answers_the_one_given_last_counts_whichever_is_kept(pair: Pair) -> None:
    first, last = pair.nonce(NSPCC), pair.nonce(TWIN)
    pair.endorse(first, "The NSPCC")
    pair.endorse(last, "National Society", clock.now() + timedelta(seconds=5))
    assert pair.plan().shared[0].why == "later answer"
    pair.merge()
    assert _standing(pair) == [(pair.kept, "National Society")]
    opened = pair.database.read_now(invitations.opened, last, clock.now())
    assert opened.invitation.organisation == NSPCC, "the link of the answer that counts goes on working"
    with pytest.raises(Revoked):
        pair.database.read_now(invitations.opened, first, clock.now())


def test_a_later_no_counts_more_than_an_earlier_yes(pair: Pair) -> None:
    pair.endorse(pair.nonce(NSPCC), "The NSPCC")
    later = clock.now() + timedelta(seconds=5)
    pair.database.write_now(answers.decline, pair.nonce(TWIN), "Not now", None, later)
    pair.merge()
    assert _standing(pair) == []


def test_an_answer_counts_more_than_none(pair: Pair) -> None:
    pair.endorse(pair.nonce(TWIN), "National Society")
    pair.database.write_now(invitations.mark_read, pair.nonce(NSPCC), clock.now() + timedelta(seconds=5))
    assert pair.plan().shared[0].why == "only answer"
    pair.merge()
    assert _standing(pair) == [(pair.kept, "National Society")]


def test_of_no_answers_the_one_further_along_keeps_its_link(pair: Pair) -> None:
    read = pair.nonce(TWIN)
    pair.database.write_now(invitations.mark_read, read, clock.now())
    assert pair.plan().shared[0].why == "further along"
    pair.merge()
    assert pair.database.read_now(invitations.opened, read, clock.now()).invitation.status == "read"


def test_the_link_that_makes_way_leads_to_the_one_that_is_kept_and_says_so(pair: Pair) -> None:
    gone = pair.nonce(TWIN)
    pair.merge()
    with pair.database.engine.connect() as connection:
        row = connection.execute(select(links).where(links.c.nonce == gone)).one()
    assert row.reason == "merged"
    kept = pair.database.read_now(invitations.opened, pair.nonce(NSPCC), clock.now()).invitation
    assert row.subject_id == kept.id
    held = pair.database.read_now(invitations.held, gone)
    assert held
    assert held.letter.id == pair.eva.letter.id


def test_who_holds_the_link_that_made_way_stops_mail_to_themselves_alone(pair: Pair) -> None:
    pair.eva.send_mail()
    gone, kept = pair.nonce(TWIN), pair.nonce(NSPCC)
    pair.merge()
    _stops_mail_to(pair, gone, "office@nspcc-twin.example", but=kept)


def test_so_does_who_was_mailed_a_link_before_links_said_to_whom(pair: Pair) -> None:
    pair.eva.send_mail()
    gone, kept = pair.nonce(TWIN), pair.nonce(NSPCC)

    def forget(connection: Connection) -> None:
        connection.execute(update(links).values(contact_id=None))

    pair.database.write_now(forget)
    pair.merge()
    _stops_mail_to(pair, gone, "office@nspcc-twin.example", but=kept)


def _stops_mail_to(pair: Pair, nonce: str, email: str, but: str) -> None:
    spared = pair.database.read_now(invitations.mailed_to, but)
    assert pair.database.write_now(invitations.stop_mail, nonce, clock.now()) == email
    assert pair.database.read_now(organisation_records.mail_is_stopped, email)
    assert not pair.database.read_now(organisation_records.mail_is_stopped, spared)


def test_whose_link_it_is_and_who_decides_later_is_known_when_both_have_the_same_contact(pair: Pair) -> None:
    """The contact is there once by then: the link can be replaced, and the morning's mail has somebody to go to."""
    twin, slug, now = pair.nonce(TWIN), pair.eva.letter.slug, clock.now()
    shared = pair.database.read_now(invitations.mailed_to, pair.nonce(NSPCC))
    one = pair.database.read_now(invitations.opened, twin, now).invitation
    pair.database.write_now(invitations.change_contact, slug, one.id, shared, "", "", pair.eva.eva, now)
    pair.database.write_now(invitations.send_again, slug, one.id, pair.eva.eva, now)
    day = (now + timedelta(days=1)).date()
    pair.database.write_now(deciding.later, pair.nonce(TWIN), day, None, now)
    rows = pair.rows()
    merged = pair.merge()
    [held] = pair.database.read_now(holders.holders, one.id)
    assert (held.email, held.is_main) == (shared, True)
    assert pair.database.read_now(deciding.due, now + timedelta(days=2)) == [one.id]
    assert pair.why_not(merged) == ""
    pair.undo(merged)
    assert pair.rows()["links"] == rows["links"]
    pair.merge()
    assert pair.database.write_now(linking.rotate, slug, [one.id], "Eva", now) == 1


@pytest.mark.parametrize("same_person", [False, True])
def test_a_bounce_of_mail_from_before_stops_its_address_and_concerns_the_one_that_is_kept_if_it_is_asked_there(
    pair: Pair, same_person: bool
) -> None:
    pair.eva.send_mail()
    twin = "office@nspcc-twin.example"
    kept = pair.database.read_now(invitations.opened, pair.nonce(NSPCC), clock.now()).invitation
    table = metadata.tables["outbox"]
    with pair.database.engine.connect() as connection:
        mail = connection.execute(select(table.c.id).where(table.c.recipient == twin)).scalar_one()
    pair.merge()
    if same_person:
        pair.database.write_now(
            invitations.change_contact, pair.eva.letter.slug, kept.id, twin, "", "", pair.eva.eva, clock.now()
        )
        pair.database.write_now(invitations.send_again, pair.eva.letter.slug, kept.id, pair.eva.eva, clock.now())
    before = pair.database.read_now(invitation_records.invitation, kept.id)
    verdict = Verdict("permanent", (), "5.1.1", "User unknown")
    owed = pair.database.read_now(outbox.find, mail)
    assert owed
    pair.database.write_now(bounces._note, owed, verdict, "a digest", clock.now())
    assert pair.database.read_now(organisation_records.mail_is_stopped, twin)
    after = pair.database.read_now(invitation_records.invitation, kept.id)
    assert (after == before, after.status) == ((False, "bounced") if same_person else (True, "sent"))


def test_mail_that_waited_for_the_one_that_made_way_is_dropped_and_says_why(pair: Pair) -> None:
    pair.merge()
    pair.eva.send_mail()
    assert [path for path in pair.eva.mails() if "office@nspcc-twin.example" in path.read_text()] == []
    with pair.database.engine.connect() as connection:
        table = metadata.tables["outbox"]
        row = connection.execute(select(table).where(table.c.recipient == "office@nspcc-twin.example")).one()
    assert (row.state, row.said) == ("dropped", "What this mail was about is no longer on the list.")


def test_mail_that_is_sent_while_it_is_merged_ends_in_peace(pair: Pair) -> None:
    gone = pair.database.read_now(invitations.opened, pair.nonce(TWIN), clock.now()).invitation.id
    owed = pair.database.write_now(outbox.claim, clock.now(), 64)
    pair.merge()
    for ending in ("sent", "again", "failed", "dropped"):
        pair.database.write_now(invitations.mail_ended, gone, ending, "words", clock.now())
    assert any(one.subject_id == gone for one in owed)


def test_contacts_details_and_logo_come_along_and_one_address_is_not_there_twice(pair: Pair) -> None:
    same = "policy@both.example"
    for organisation, name in ((pair.kept, ""), (pair.merged, "Sample Contact 901")):
        pair.database.write_now(organisations.add_person, organisation, same, name, "", pair.eva.eva, clock.now())
    pair.database.write_now(organisations.keep_logo, pair.merged, "f" * 64, pair.eva.eva, clock.now())
    planned = pair.plan()
    assert [one.email for one in planned.moving] == ["office@nspcc-twin.example"]
    assert [one.email for one in planned.doubled] == [same]
    assert (planned.taken, planned.takes_logo) == (("who approves", "notice needed"), True)
    pair.merge()
    people = pair.database.read_now(directory.people, pair.kept)
    assert sorted(one.email for one in people if "both" in one.email or "twin" in one.email) == [
        "office@nspcc-twin.example",
        same,
    ]
    assert next(one.name for one in people if one.email == same) == "Sample Contact 901"
    assert sum(one.preferred for one in people) <= 1
    kept = pair.database.read_now(directory.organisation, pair.kept)
    assert (kept.approves, kept.logo) == ("committee", "f" * 64)
    assert pair.database.read_now(directory.people, pair.merged) == []


def test_what_was_merged_is_nowhere_proposed_and_is_found_under_its_old_name(pair: Pair) -> None:
    pair.merge()
    ids = {one.id for one in pair.database.read_now(organisation_records.everyone)}
    assert pair.merged not in ids
    found = pair.database.read_now(directory.listed, directory.Filter(search="cruelty"))
    assert [one.id for one in found] == [pair.kept]
    values = Values(name=TWIN.upper(), email="new@nspcc-twin.example")
    with pytest.raises(Refused, match="NSPCC is on this letter's list already"):
        pair.database.write_now(invitations.add, pair.eva.letter.slug, values, "", pair.eva.eva, clock.now())


def test_both_histories_are_on_the_page_of_the_one_that_is_kept(pair: Pair) -> None:
    pair.database.write_now(invitations.mark_read, pair.nonce(TWIN), clock.now())
    kept = pair.database.read_now(invitations.opened, pair.nonce(TWIN), clock.now()).invitation
    gone = pair.database.read_now(invitations.opened, pair.nonce(NSPCC), clock.now()).invitation
    pair.merge()

    def entries(connection: Connection) -> list[tuple[str, int | None]]:
        ids = invitation_records.with_former(connection, kept.id)
        return [(one.deed, one.subject_id) for one in history.about(connection, pair.eva.letter.id, *ids)]

    found = pair.database.read_now(entries)
    assert ("asked to endorse", gone.id) in found
    assert ("letter read", kept.id) in found
    assert found[-1] == ("organisations merged", kept.id)
    assert pair.database.read_now(invitation_records.names, {gone.id, kept.id}) == {gone.id: NSPCC, kept.id: NSPCC}
    assert pair.database.read_now(history.check)[1] == []


async def test_the_button_pressed_by_everybody_at_once_merges_once(pair: Pair, database_url: str) -> None:
    seen, other = pair.plan().digest, Database(database_url)
    try:
        presses = [
            one.write(merging.merge, pair.kept, pair.merged, seen, "Eva", clock.now())
            for one in (pair.database, other)
            for _ in range(5)
        ]
        assert len(set(await asyncio.gather(*presses))) == 1
    finally:
        other.close()
    assert len(pair.rows()["merges"]) == 1


async def test_of_a_into_b_and_b_into_a_at_once_one_wins(pair: Pair, database_url: str) -> None:
    other = Database(database_url)
    there, back = pair.plan().digest, pair.database.read_now(merging.plan, pair.merged, pair.kept).digest
    try:
        ended = await asyncio.gather(
            pair.database.write(merging.merge, pair.kept, pair.merged, there, "Eva", clock.now()),
            other.write(merging.merge, pair.merged, pair.kept, back, "Eva", clock.now()),
            return_exceptions=True,
        )
    finally:
        other.close()
    assert sorted(type(one).__name__ for one in ended) == ["Overtaken", "int"]
    assert len(pair.rows()["merges"]) == 1


@pytest.mark.parametrize("round", range(4))
async def test_an_answer_given_while_it_is_merged_leaves_one_endorsement(
    pair: Pair, database_url: str, round: int
) -> None:
    pair.endorse(pair.nonce(NSPCC), "The NSPCC")
    seen, nonce, other = pair.plan().digest, pair.nonce(TWIN), Database(database_url)
    answer = sample.answer("National Society", "National charities", 1)
    later = clock.now() + timedelta(seconds=5)
    deeds = [
        other.write(answers.endorse, nonce, answer, None, later),
        pair.database.write(merging.merge, pair.kept, pair.merged, seen, "Eva", clock.now()),
    ]
    try:
        ended = await asyncio.gather(*(deeds if round % 2 else reversed(deeds)), return_exceptions=True)
    finally:
        other.close()
    if any(isinstance(one, Overtaken) for one in ended):  # the answer was first: what was shown is not done
        assert len(_standing(pair)) == 2
        pair.merge()
        assert _standing(pair) == [(pair.kept, "National Society")]
    else:
        assert any(isinstance(one, Revoked) for one in ended), "the link had made way"
        assert _standing(pair) == [(pair.kept, "The NSPCC")]


def test_what_changed_since_it_was_shown_is_not_merged(pair: Pair) -> None:
    seen = pair.plan().digest
    pair.endorse(pair.nonce(TWIN), "National Society")
    before = pair.rows()
    with pytest.raises(Overtaken, match="changed since you opened this page"):
        pair.database.write_now(merging.merge, pair.kept, pair.merged, seen, "Eva", clock.now())
    assert pair.rows() == before


# Undoing.

NOT_PUT_BACK = ("history", "merges")


def _but(rows: Rows, *tables: str) -> dict[str, Any]:
    """All but what only grows; and an organisation's count of saves, which never goes back."""
    revision = list(organisations_table.c.keys()).index("revision")
    rows = dict(rows)
    rows["organisations"] = [row[:revision] + row[revision + 1 :] for row in rows["organisations"]]
    return {name: found for name, found in rows.items() if name not in (*NOT_PUT_BACK, *tables)}


def test_undoing_puts_every_row_back(pair: Pair) -> None:
    pair.endorse(pair.nonce(NSPCC), "The NSPCC")
    pair.endorse(pair.nonce(TWIN), "National Society", clock.now() + timedelta(seconds=5))
    before = pair.rows()
    id = pair.merge()
    assert pair.why_not(id) == ""
    pair.undo(id)
    assert _but(pair.rows()) == _but(before)
    again = pair.rows()
    pair.undo(id)
    assert pair.rows() == again, "a second click undoes nothing more"
    assert pair.database.read_now(history.check)[1] == []


def test_it_can_be_undone_after_mail_was_sent_and_read(pair: Pair) -> None:
    id = pair.merge()
    pair.eva.send_mail()
    pair.database.write_now(invitations.mark_read, pair.nonce(NSPCC), clock.now())
    pair.undo(id)
    found = pair.database.read_now(invitations.opened, pair.nonce(NSPCC), clock.now()).invitation
    assert (found.organisation, found.status) == (NSPCC, "read")
    assert pair.database.read_now(invitations.opened, pair.nonce(TWIN), clock.now()).invitation.organisation == TWIN


def _answer(pair: Pair) -> None:
    pair.endorse(pair.nonce(NSPCC), "The NSPCC")


def _another_contact(pair: Pair) -> None:
    one = pair.database.read_now(invitations.opened, pair.nonce(NSPCC), clock.now()).invitation
    letter, at = pair.eva.letter.slug, clock.now()
    pair.database.write_now(
        invitations.change_contact, letter, one.id, "office@nspcc-twin.example", "", "", pair.eva.eva, at
    )


def _another_merge(pair: Pair) -> None:
    one = pair.database.read_now(invitations.opened, pair.nonce(POPPY), clock.now()).invitation.organisation_id
    seen = pair.database.read_now(merging.plan, one, pair.kept).digest
    pair.database.write_now(merging.merge, one, pair.kept, seen, "Eva", clock.now())


def _suggestion(pair: Pair) -> None:
    words = ("for three years", "for five years", "", 1)
    pair.database.write_now(suggesting.suggest_by_link, pair.nonce(NSPCC), *words, clock.now())


def _other_details(pair: Pair) -> None:
    one = pair.database.read_now(directory.organisation, pair.kept)
    details = replace(one.details, approves="trustees")
    pair.database.write_now(organisations.edit, one.id, one.revision, details, pair.eva.eva, clock.now())


def _another_letter(pair: Pair) -> None:
    with pair.database.engine.execution_options(coalition_write=True).begin() as connection:
        letter = sample.draft(connection, pair.eva.eva, clock.now())
        person = next(one for one in directory.people(connection, pair.kept) if "twin" in one.email)
        contact = organisation_records.contact(connection, person.id)
        row = invitations.as_row(letter, pair.kept, NSPCC, contact, "", clock.now())
        invitation_records.add(connection, [row])


@pytest.mark.parametrize(
    "deed, reason",
    [
        (_answer, "An answer to “Keep the Met’s human-trafficking unit” was given since."),
        (_another_contact, "Another contact was chosen for “Keep the Met’s human-trafficking unit” since."),
        (_another_merge, "NSPCC was merged into The Poppy Project since. Undo that first."),
        (_suggestion, "A change to “Keep the Met’s human-trafficking unit” was suggested since."),
        (_other_details, "What the directory says of the organisation was changed since."),
        (_another_letter, "A contact that moved was chosen for another letter since"),
    ],
)
def test_what_was_built_on_is_not_undone_and_says_why(pair: Pair, deed: Any, reason: str) -> None:
    id = pair.merge()
    deed(pair)
    assert reason in pair.why_not(id)
    before = pair.rows()
    with pytest.raises(Refused) as refusal:
        pair.undo(id)
    assert reason in str(refusal.value)
    assert pair.rows() == before


def test_what_the_merged_one_was_called_is_nobodys_when_it_is_undone(pair: Pair) -> None:
    pair.undo(pair.merge())
    assert [one.id for one in pair.database.read_now(directory.listed, directory.Filter(search="cruelty"))] == [
        pair.merged
    ]


def test_a_merge_that_never_was_is_not_found(pair: Pair) -> None:
    with pytest.raises(NotFound):
        pair.undo(999)


def test_every_table_that_points_to_what_merging_takes_out_is_thought_of() -> None:
    """Add a table that refers to invitations, contacts or endorsements, and say in merging what becomes of it."""
    taken_out = {invitations_table, contacts, endorsements}
    pointing = {
        table.name for table in metadata.sorted_tables for key in table.foreign_keys if key.column.table in taken_out
    }
    assert pointing == {
        *("invitations", "endorsements", "reminders", "former_invitations", "suggestions", "requests", "joins"),
    }


# Whatever the two have done before: three organisations on two letters, merged in any order, and undone.

PEOPLE = ("a@charity.example", "b@charity.example", "c@charity.example")
DEEDS = ("add", "ask", "read", "endorse", "decline", "withdraw", "revoke", "suggest")
deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 2), st.integers(0, 1), st.sampled_from(PEOPLE)), max_size=14
)
pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def scratch(sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import shutil

    path = tmp_path_factory.mktemp("merging") / "coalition.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=deeds, merged=pairs)
@example(done=[("endorse", 0, 0, PEOPLE[0]), ("decline", 1, 0, PEOPLE[1])], merged=[(0, 1)])  # the later answer counts
@example(done=[("endorse", 1, 0, PEOPLE[0]), ("decline", 0, 0, PEOPLE[1])], merged=[(0, 1)])
def test_whatever_was_done_nothing_is_lost_and_everything_can_be_put_back(
    scratch: Database, now: datetime, done: list[tuple[str, int, int, str]], merged: list[tuple[int, int]]
) -> None:
    with scratch.engine.execution_options(coalition_write=True).connect() as connection:
        transaction = connection.begin()
        try:
            _play(connection, now, done, merged)
        finally:
            transaction.rollback()


def _play(
    connection: Connection, now: datetime, done: list[tuple[str, int, int, str]], merged: list[tuple[int, int]]
) -> None:
    from coalition.people import actions as people

    who = people.add_coordinator(connection, *sample.COORDINATOR, now)
    opened = []
    for _ in range(2):
        letter = sample.draft(connection, who, now)
        opened.append(printings.open_letter(connection, letter.slug, letter.revision, who, now))
    ids = organisation_records.add(connection, [organisations.as_row(Values(name=f"Charity {n}"), now) for n in "ABC"])
    for number, (what, organisation, place, email) in enumerate(done, 1):
        try:
            _do(connection, what, ids[organisation], opened[place], email, who, now + timedelta(minutes=number))
        except Refused:
            pass
    snapshots, standing = [], []
    for one, other in merged:
        before = all_rows(connection)
        try:
            seen = merging.plan(connection, ids[one], ids[other]).digest
        except Refused:  # itself, or merged already
            continue
        snapshots.append(before)
        standing.append(merging.merge(connection, ids[one], ids[other], seen, "Eva", now + timedelta(hours=1)))
        _nothing_is_lost(before, all_rows(connection), connection)
    for before, id in zip(reversed(snapshots), reversed(standing), strict=True):
        unmerging.undo(connection, id, "Eva", now + timedelta(hours=2))
        assert _but(all_rows(connection)) == _but(before)
    assert history.check(connection)[1] == []


def _do(
    connection: Connection, what: str, organisation: int, letter: Letter, email: str, who: Coordinator, at: datetime
) -> None:
    there = invitation_records.of_organisation(connection, letter.id, organisation)
    name = organisation_records.organisation(connection, organisation).name
    if there is None:
        there = invitations.add(connection, letter.slug, Values(name=name, email=email), "", who, at)
    if what in ("read", "endorse", "decline", "suggest") and there.nonce is None:
        invitations.ask(connection, letter.slug, {there.id}, "Eva", at)
        there = invitation_records.invitation(connection, there.id)
    if what == "add":
        return
    if what == "ask":
        invitations.ask(connection, letter.slug, {there.id}, "Eva", at)
        step = {"invitation_id": there.id, "step": str(at)}
        connection.execute(insert(reminders_table).values(**step, queued_at=at))
    elif what == "read":
        invitations.mark_read(connection, there.nonce, at)
    elif what == "endorse":
        answers.endorse(connection, there.nonce, sample.answer(name, letter.groups[0], 1), None, at)
    elif what == "decline":
        answers.decline(connection, there.nonce, "No", None, at)
    elif what == "suggest":
        suggesting.suggest_by_link(connection, there.nonce, "for three years", f"from {at} on", "", 1, at)
    elif what == "withdraw":
        answers.withdraw(connection, there.nonce, None, at)
    else:
        linking.revoke(connection, letter.slug, [there.id], who.called, at)


def _nothing_is_lost(before: Rows, after: Rows, connection: Connection) -> None:
    def rows(found: Rows, table: Any) -> list[dict[str, Any]]:
        return [dict(zip(table.c.keys(), row, strict=True)) for row in found[table.name]]

    def root(id: int) -> int:
        return organisation_records.root(connection, id)

    # One invitation and at most one endorsement for each organisation and letter; of the latest answer.
    places = rows(after, invitations_table)
    assert all(root(one["organisation_id"]) == one["organisation_id"] for one in places)
    was_on = {(one["letter_id"], root(one["organisation_id"])) for one in rows(before, invitations_table)}
    assert sorted((one["letter_id"], one["organisation_id"]) for one in places) == sorted(was_on)
    by_id = {one["id"]: one for one in places}
    for one in rows(after, endorsements):
        place = by_id[one["invitation_id"]]
        assert (place["letter_id"], place["organisation_id"]) == (one["letter_id"], one["organisation_id"])
        # Who has withdrawn may decline after that: what was endorsed is kept all the same.
        assert place["status"] in (("withdrawn", "declined") if one["withdrawn_at"] else ("endorsed",))
    # What was suggested is there, with the one that is kept.
    assert len(rows(after, suggestions)) == len(rows(before, suggestions))
    for one in rows(after, suggestions):
        place = by_id[one["invitation_id"]]
        assert (place["letter_id"], place["organisation_id"]) == (one["letter_id"], one["organisation_id"])
    answered = ("endorsed", "declined", "withdrawn")
    for one in rows(before, invitations_table):
        place = next(
            found
            for found in places
            if (found["letter_id"], found["organisation_id"]) == (one["letter_id"], root(one["organisation_id"]))
        )
        if one["status"] in answered:
            assert place["status"] in answered
            assert place["answered_at"] >= one["answered_at"]
    # Every invitation that was there is there, or leads to the one that is; and so does every link.
    former = {one["former_id"]: one["invitation_id"] for one in rows(after, former_invitations)}
    for one in rows(before, invitations_table):
        place = by_id[former.get(one["id"], one["id"])]
        assert place["letter_id"] == one["letter_id"]
    for one in rows(after, links):
        assert one["purpose"] != "invitation" or one["subject_id"] in by_id
    working = [one for one in rows(after, links) if one["purpose"] == "invitation" and one["revoked_at"] is None]
    assert {one["nonce"] for one in working} <= {one["nonce"] for one in places}
    # Every contact can be found at the organisation it belongs to now, with at most one that is preferred.
    people = rows(after, contacts)
    assert {(root(one["organisation_id"]), one["email"]) for one in rows(before, contacts)} == {
        (one["organisation_id"], one["email"]) for one in people
    }
    for organisation in {one["organisation_id"] for one in people}:
        assert sum(one["preferred"] for one in people if one["organisation_id"] == organisation) <= 1
    # What was taken out is kept whole.
    kept = [step for one in rows(after, merges) for step in one["moved"]["steps"] if step["after"] is None]
    for table in (invitations_table, endorsements, contacts, reminders_table):
        gone = {row[0] for row in before[table.name]} - {row[0] for row in after[table.name]}
        written = {next(iter(step["key"].values())) for step in kept if step["table"] == table.name}
        assert gone <= written
        assert all(set(step["before"]) == set(table.c.keys()) for step in kept if step["table"] == table.name)


async def test_an_answer_through_the_page_of_a_merged_link_is_told_so(pair: Pair) -> None:
    link = pair.eva.link(TWIN)
    pair.merge()
    async with pair.eva.browser() as charity:
        for answer in (await charity.get(link), await charity.post(f"{link}/endorse", data=endorse_form(AMNESTY))):
            assert answer.status_code == 410
    assert _standing(pair) == []
