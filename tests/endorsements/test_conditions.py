"""Endorsements on a condition: the largest set in which every condition holds, whoever waits for whom."""

from collections.abc import Mapping
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from coalition.endorsements.conditions.rules import Condition, counted, holds

PLAIN = frozenset({100, 101})


def if_(organisation: int) -> Condition:
    return Condition("organisation", organisation=organisation)


def at_least(count: int) -> Condition:
    return Condition("count", count=count)


def test_two_that_wait_for_each_other_both_join():
    assert counted((), {1: if_(2), 2: if_(1)}) == {1, 2}


def test_one_that_waits_for_somebody_who_has_not_endorsed_does_not_join_nor_does_who_waits_for_it():
    assert counted(PLAIN, {1: if_(7), 2: if_(1), 3: if_(100)}) == {3}


def test_a_number_counts_the_organisation_itself_and_others_on_a_condition():
    assert counted(PLAIN, {1: at_least(3)}) == {1}
    assert counted(PLAIN, {1: at_least(4)}) == frozenset()
    assert counted(PLAIN, {1: at_least(4), 2: at_least(4)}) == {1, 2}


def test_who_cannot_join_takes_those_with_it_who_needed_the_number():
    assert counted(PLAIN, {1: at_least(4), 2: if_(7)}) == frozenset()


def test_a_passage_holds_once_it_was_changed():
    assert counted((), {1: Condition("text"), 2: if_(1)}) == frozenset()
    assert counted((), {1: Condition("text", met=True), 2: if_(1)}) == {1, 2}


conditions = st.one_of(
    st.builds(at_least, st.integers(0, 9)),
    st.builds(if_, st.integers(0, 8)),
    st.builds(Condition, st.just("text"), met=st.booleans()),
)
letters = st.dictionaries(st.integers(0, 6), conditions, max_size=6)


@given(letters)
def test_every_condition_of_those_who_count_holds(conditional: Mapping[int, Condition]):
    found = counted(PLAIN, conditional)
    assert all(holds(conditional[id], found | PLAIN) for id in found)


@given(letters)
def test_no_larger_set_would_do(conditional: Mapping[int, Condition]):
    found = counted(PLAIN, conditional)
    for size in range(len(conditional) + 1):
        for some in map(frozenset, combinations(conditional, size)):
            if all(holds(conditional[id], some | PLAIN) for id in some):
                assert some <= found, "every consistent set is within the one that was found"


@given(letters, st.integers(0, 6))
def test_one_more_without_a_condition_never_takes_anybody_out(conditional: Mapping[int, Condition], more: int):
    without = {id: condition for id, condition in conditional.items() if id != more}
    assert counted(PLAIN, without) <= counted(PLAIN | {more}, without)


def test_ten_thousand_that_wait_for_each_other_in_one_chain_are_resolved():
    chain = {id: if_(id + 1) for id in range(10_000)}
    assert counted((), chain) == frozenset()
    assert len(counted((10_000,), chain)) == 10_000
    assert counted((), {id: at_least(id + 2) for id in range(10_000)}) == frozenset()
