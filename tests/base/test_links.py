"""Signed links: whatever is not letter for letter what we signed, for that purpose, opens nothing."""

import string
from datetime import datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.base import links
from coalition.base.database import Database
from coalition.base.links import Links, Purpose

PURPOSES = get_args(Purpose)
OURS = Links(["k" * 32])
NONCE = "a-nonce_of-the-usual-22"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_token_gives_back_its_nonce(purpose: Purpose) -> None:
    assert OURS.nonce(purpose, OURS.token(purpose, NONCE)) == NONCE


def test_a_token_with_any_one_character_altered_is_none_of_ours() -> None:
    token = OURS.token("invitation", NONCE)
    for place in range(len(token)):
        for other in set(string.ascii_letters + string.digits + "-_.=+/~ ") - {token[place]}:
            altered = token[:place] + other + token[place + 1 :]
            assert OURS.nonce("invitation", altered) is None, f"{altered} is taken for {token}"


def test_a_token_with_something_added_or_lost_is_none_of_ours() -> None:
    token = OURS.token("invitation", NONCE)
    changed = {token[:-1], token[1:], token + "=", token + "A", token + ".", "." + token, token + "\n", " " + token}
    changed |= {token[:place] for place in range(len(token))}
    assert [one for one in changed if OURS.nonce("invitation", one) is not None] == []


@pytest.mark.parametrize("made_for", PURPOSES)
@pytest.mark.parametrize("used_for", PURPOSES)
def test_a_token_for_one_purpose_is_noise_to_another(made_for: Purpose, used_for: Purpose) -> None:
    nonce = OURS.nonce(used_for, OURS.token(made_for, NONCE))
    assert nonce == (NONCE if made_for == used_for else None)


def test_a_new_key_reads_what_the_old_one_wrote_and_signs_by_itself() -> None:
    old, new = "o" * 32, "n" * 32
    written_before = Links([old]).token("invitation", NONCE)
    rotated = Links([new, old])
    assert rotated.nonce("invitation", written_before) == NONCE
    assert Links([new]).nonce("invitation", rotated.token("invitation", NONCE)) == NONCE


def test_a_key_that_was_taken_away_opens_nothing_any_more() -> None:
    assert Links(["n" * 32]).nonce("invitation", Links(["o" * 32]).token("invitation", NONCE)) is None


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_whatever_is_typed_for_a_token_is_refused_without_a_crash(token: str) -> None:
    assert OURS.nonce("invitation", token) is None


async def test_a_link_is_used_once(database: Database, now: datetime) -> None:
    nonce = await database.write(links.issue, "sign-in", 1, now)
    assert await database.write(links.use, nonce, now) is True
    assert await database.write(links.use, nonce, now) is False


async def test_a_revoked_link_cannot_be_used_nor_revoked_again(database: Database, now: datetime) -> None:
    nonce = await database.write(links.issue, "sign-in", 1, now)
    assert await database.write(links.revoke, nonce, now) is True
    assert await database.write(links.revoke, nonce, now) is False
    assert await database.write(links.use, nonce, now) is False


async def test_the_row_of_a_link_is_found_for_its_own_purpose_only(database: Database, now: datetime) -> None:
    nonce = await database.write(links.issue, "session", 1, now)
    assert await database.read(links.find, "sign-in", nonce) is None
    found = await database.read(links.find, "session", nonce)
    assert found is not None
    assert (found.subject_id, found.issued_at) == (1, now)
