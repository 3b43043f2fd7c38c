"""A letter's states: closed by the clock, public when it may be, and nothing that is not in the table of moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.base.refused import Closed, Refused
from coalition.demo.sample import TEXT, plan
from coalition.letters import rules
from coalition.letters.rules import MOVES, Arrangements, Letter, Move, State

NOW = datetime(2009, 10, 26, 9, tzinfo=UTC)
CLOSES = NOW + timedelta(days=14)
SECOND = timedelta(seconds=1)


def _letter(state: State = "open", **changes: object) -> Letter:
    letter = Letter(
        id=1,
        slug="keep-the-unit",
        coordinator_id=1,
        state=state,
        text=TEXT,
        groups=(),
        invitation_subject="",
        invitation_body="",
        reminder_subject="",
        reminder_body="",
        reminders=None,
        version=0 if state == "draft" else 1,
        base=0 if state == "draft" else 1,
        next_text=None,
        next_revision=0,
        revision=1,
        created_at=NOW,
        opened_at=None,
        closed_at=None,
        **(vars(plan(NOW)) | {"hard_deadline": CLOSES}),
    )
    return replace(letter, **changes)  # type: ignore[arg-type]


def test_a_list_closes_at_its_deadline_to_the_second() -> None:
    assert rules.state(_letter(), CLOSES - SECOND) == "open"
    assert rules.state(_letter(), CLOSES) == "closed"


def test_a_draft_never_closes_by_itself() -> None:
    assert rules.state(_letter("draft"), CLOSES + timedelta(days=9)) == "draft"


@pytest.mark.parametrize("move", get_args(Move))
@pytest.mark.parametrize("state", get_args(State))
def test_what_is_not_in_the_table_is_refused_with_a_sentence(state: State, move: Move) -> None:
    letter = _letter(state)
    if move in MOVES[state]:
        assert rules.check(letter, move, NOW) == MOVES[state][move]
        return
    with pytest.raises(Closed if state == "closed" else Refused) as refusal:
        rules.check(letter, move, NOW)
    assert str(refusal.value).endswith(".")
    assert "!" not in str(refusal.value)


def test_after_the_deadline_an_answer_is_refused_as_on_a_closed_list() -> None:
    with pytest.raises(Closed) as refusal:
        rules.check(_letter(), "answer", CLOSES)
    assert refusal.value.status == 409


@given(
    st.sampled_from(["draft", "open", "closed"]),
    st.sampled_from(["private", "link", "public"]),
    st.one_of(st.none(), st.integers(-5, 5)),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_letter_is_public_only_when_it_is_open_shown_and_past_its_embargo(
    state: State, visibility: str, embargo: int | None
) -> None:
    until = None if embargo is None else NOW + embargo * SECOND
    letter = _letter(state, visibility=visibility, embargo_until=until)
    shown = state != "draft" and visibility != "private" and (embargo is None or embargo <= 0)
    assert rules.is_public(letter, NOW) == shown
    assert rules.is_listed(letter, NOW) == (shown and visibility == "public")


def test_links_open_the_letter_for_some_time_after_the_deadline_and_move_with_it() -> None:
    expires = rules.links_expire(_letter())
    assert expires is not None
    assert expires > CLOSES
    later = rules.links_expire(_letter(hard_deadline=CLOSES + timedelta(days=7)))
    assert later == expires + timedelta(days=7)


@pytest.mark.parametrize(
    "field, changes",
    [
        ("addressees", {"text": replace(TEXT, addressees=())}),
        ("body", {"text": replace(TEXT, body=" \n ")}),
        ("ask", {"text": replace(TEXT, ask="")}),
        ("hard_deadline", {"hard_deadline": None}),
        ("hard_deadline", {"hard_deadline": NOW}),
    ],
)
def test_a_draft_says_what_it_lacks(field: str, changes: dict[str, object]) -> None:
    assert rules.not_ready(_letter("draft"), NOW) == {}
    assert list(rules.not_ready(_letter("draft", **changes), NOW)) == [field]


@pytest.mark.parametrize(
    "field, changes",
    [
        ("time_zone", {"time_zone": "Europe/Atlantis"}),
        ("time_zone", {"time_zone": "../../etc/passwd"}),
        ("visibility", {"visibility": "everybody"}),
        ("soft_deadline", {"soft_deadline": (CLOSES + timedelta(days=1)).date()}),
    ],
)
def test_arrangements_that_do_not_fit_together_are_told(field: str, changes: dict[str, object]) -> None:
    good = replace(plan(NOW), hard_deadline=CLOSES)
    assert rules.check_arrangements(good) == {}
    assert list(rules.check_arrangements(replace(good, **changes))) == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize("year", [1, 2, 1899, 2200, 9999])
@pytest.mark.parametrize("field", ["hard_deadline", "embargo_until", "soft_deadline", "dispatch_on", "decision_on"])
def test_a_date_that_no_calendar_of_ours_can_move_is_told(field: str, year: int) -> None:
    moment = datetime(year, 6, 1, 12, tzinfo=UTC)
    value = moment if field in ("hard_deadline", "embargo_until") else moment.date()
    wrong = rules.check_arrangements(replace(_blank(), **{field: value}))  # type: ignore[arg-type]
    assert list(wrong) == [field]


def _blank() -> Arrangements:
    return replace(plan(NOW), soft_deadline=None, hard_deadline=None, dispatch_on=None, decision_on=None)


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_every_subject_has_a_short_plain_address(subject: str) -> None:
    slug = rules.slug(subject)
    assert 1 <= len(slug) <= 60
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug.strip("-") == slug


@pytest.mark.parametrize(
    "subject, slug",
    [
        ("Keep the Met’s human-trafficking unit", "keep-the-mets-human-trafficking-unit"),
        ("Łódź & Café: now!", "odz-cafe-now"),
        ("قانون", "letter"),
    ],
)
def test_an_address_is_made_of_the_words(subject: str, slug: str) -> None:
    assert rules.slug(subject) == slug
