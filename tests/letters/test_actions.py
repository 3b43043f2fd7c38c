"""Drafting and opening: what was saved elsewhere is not overwritten, and version 1 is exactly what was seen."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from coalition.base.database import Database
from coalition.base.refused import Overtaken, Refused
from coalition.demo import sample
from coalition.demo.sample import GROUPS, TEXT, plan
from coalition.history import records as history
from coalition.letters import actions, records, rules
from coalition.letters.rules import Letter
from coalition.letters.text import canonical, fingerprint
from coalition.people.actions import add_coordinator
from coalition.people.records import Coordinator


@pytest.fixture
def eva(database: Database, now: datetime) -> Coordinator:
    return database.write_now(add_coordinator, *sample.COORDINATOR, now)


@pytest.fixture
def draft(database: Database, eva: Coordinator, now: datetime) -> Letter:
    return database.write_now(sample.draft, eva, now)


async def test_letters_of_one_subject_have_addresses_of_their_own(
    database: Database, eva: Coordinator, now: datetime
) -> None:
    found = await asyncio.gather(*(database.write(actions.start, "New", eva, now) for _ in range(5)))
    assert sorted(letter.slug for letter in found) == ["new-2", "new-3", "new-4", "new-5", "new-6"]


async def test_of_two_windows_that_save_one_draft_the_second_is_told(
    database: Database, draft: Letter, now: datetime
) -> None:
    saves = (
        database.write(
            actions.save_draft, draft.slug, draft.revision, replace(TEXT, ask=f"Ask {n}"), GROUPS, plan(now), now
        )
        for n in range(10)
    )
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert [type(one).__name__ for one in results] == ["Letter"] + ["Overtaken"] * 9
    saved = await database.read(records.letter_by_slug, draft.slug)
    assert (saved.text.ask, saved.revision) == ("Ask 0", draft.revision + 1)


async def test_opening_freezes_exactly_what_was_seen(
    database: Database, draft: Letter, eva: Coordinator, now: datetime
) -> None:
    letter = await database.write(actions.open_letter, draft.slug, draft.revision, eva, now)
    version = await database.read(records.version, letter.id, 1)
    assert version.text == draft.text
    assert version.canonical == canonical(draft.text)
    assert version.fingerprint == fingerprint(draft.text)


async def test_a_draft_that_was_saved_meanwhile_is_not_opened(
    database: Database, draft: Letter, eva: Coordinator, now: datetime
) -> None:
    await database.write(actions.save_draft, draft.slug, draft.revision, TEXT, GROUPS, plan(now), now)
    with pytest.raises(Overtaken):
        await database.write(actions.open_letter, draft.slug, draft.revision, eva, now)
    assert (await database.read(records.letter_by_slug, draft.slug)).state == "draft"


async def test_opened_twenty_times_at_once_it_is_opened_once(
    database: Database, draft: Letter, eva: Coordinator, now: datetime
) -> None:
    opens = (database.write(actions.open_letter, draft.slug, draft.revision, eva, now) for _ in range(20))
    results = await asyncio.gather(*opens, return_exceptions=True)
    assert sum(isinstance(one, Letter) for one in results) == 1
    assert all(isinstance(one, Letter | Refused) for one in results)
    entries = await database.read(history.entries, draft.id)
    assert [entry.deed for entry in entries].count("letter opened") == 1


async def test_the_text_of_an_open_letter_is_frozen(
    database: Database, draft: Letter, eva: Coordinator, now: datetime
) -> None:
    letter = await database.write(actions.open_letter, draft.slug, draft.revision, eva, now)
    with pytest.raises(Refused, match="frozen"):
        await database.write(actions.save_draft, draft.slug, letter.revision, TEXT, GROUPS, plan(now), now)


async def test_a_later_deadline_opens_a_closed_list_again_and_says_so(
    database: Database, draft: Letter, eva: Coordinator, now: datetime
) -> None:
    letter = await database.write(actions.open_letter, draft.slug, draft.revision, eva, now)
    await database.write(records.close, letter.id, now)
    closed = await database.read(records.letter_by_slug, letter.slug)
    later = replace(plan(now), hard_deadline=now + timedelta(days=30))
    await database.write(actions.arrange, letter.slug, closed.revision, later, eva.called, now)
    again = await database.read(records.letter_by_slug, letter.slug)
    assert (rules.state(again, now), again.closed_at) == ("open", None)
    assert (await database.read(history.entries, letter.id))[0].deed == "list reopened"


async def test_a_deadline_in_the_past_is_refused(
    database: Database, draft: Letter, eva: Coordinator, now: datetime
) -> None:
    letter = await database.write(actions.open_letter, draft.slug, draft.revision, eva, now)
    late = now + timedelta(days=20)
    with pytest.raises(Refused, match="future"):
        await database.write(
            actions.arrange,
            letter.slug,
            letter.revision,
            replace(plan(now), hard_deadline=now, soft_deadline=None),
            eva.called,
            late,
        )
