"""Names that are nearly the same."""

import pytest

from coalition.organisations.near_names import NearNames


def near(one: str, other: str) -> bool:
    names = NearNames()
    names.add(one, 7)
    return names.find(other) == 7


@pytest.mark.parametrize(
    "one, other",
    [
        ("Anti-Slavery International", "Anti Slavery Internatonal"),  # a letter left out
        ("Refugee Council", "Refugee Counciil"),  # one too many
        ("Refugee Council", "Refugee Coumcil"),  # another
        ("Refugee Council", "Refugee Cuoncil"),  # two changed places
        ("Antislavery International", "Anti-Slavery International"),
        ("Oxfam GB", "Oxfam"),
        ("Amnesty International UK", "Amnesty International"),
        ("Slavery Watch", "Watch Slavery"),
        ("NSPCC", "National Society for the Prevention of Cruelty to Children"),
        ("NSPCC", "National Society for the Prevention of Cruelty to Children (NSPCC)"),
        ("Poppy Project", "Eaves (Poppy Project)"),
        ("Ελληνικό Συμβούλιο", "Ελληνικο Συμβουλο"),
    ],
)
def test_names_that_are_near_are_found_both_ways(one, other):
    assert near(one, other)
    assert near(other, one)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Mind", "Mint"),
        ("Citizens Advice Manchester", "Citizens Advice Winchester"),
        ("Refugee Council", "Scottish Refugee Council"),
        ("Age UK Essex", "Age UK Sussex"),
        ("Shelter Unit 4", "Shelter Unit 5"),
        ("Save the Children", "Action for Children"),
        ("GMB", "GMC"),
        ("Mill Bridge Night Shelter", "Moor Brook North Shelter"),  # the same initials, and both are long names
        ("", ""),
    ],
)
def test_names_that_are_not_near_are_not_found(one, other):
    assert not near(one, other)


def test_the_first_of_several_is_found():
    names = NearNames()
    for number, name in enumerate(("Refugee Councill", "Refugee Councin", "Refugee Council")):
        names.add(name, number)
    assert names.find("Refugee Council") == 2  # the very words
    assert names.find("Refugee Counci") == 1


def test_a_name_two_slips_away_does_not_hide_one_that_is_near():
    names = NearNames()
    names.add("Efugee Councilz", 1)
    names.add("Xefugee Council", 2)
    assert names.find("Refugee Council") == 2
