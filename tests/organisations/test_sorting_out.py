"""What each row of a list would become."""

from dataclasses import dataclass

import pytest

from coalition.organisations import names
from coalition.organisations.spreadsheets.columns import guess
from coalition.organisations.spreadsheets.reading import read_rows
from coalition.organisations.spreadsheets.sorting_out import Match, Row, rows

GROUPS = ("National charities", "Trade unions", "Faith organisations")


@dataclass(frozen=True)
class Listed:
    """An organisation of the directory."""

    id: int
    name: str
    register_id: str | None = None
    domain: str = ""

    @property
    def name_key(self) -> str:
        return names.name_key(self.name)


AMNESTY = Listed(1, "Amnesty International UK", None, "amnesty-uk.example")
NSPCC = Listed(2, "NSPCC", "GB-CHC-216401", "nspcc.example")


def sorted_out(
    *lines: str, known=(AMNESTY, NSPCC), titles="Name;Charity no;Email;Contact;Type;Group;Website"
) -> list[Row]:
    table = read_rows("\n".join([titles, *lines]).encode(), header=True)
    return list(rows(table, guess(table), known, GROUPS))


def verdict(*lines: str, **others) -> tuple[str, str]:
    last = sorted_out(*lines, **others)[-1]
    return last.verdict, last.why


def test_a_new_organisation_is_new_with_its_values_tidied():
    (row,) = sorted_out(
        " The  Poppy Project ;;JO@poppy.EXAMPLE;Sample Contact;charity;national charity;www.poppy.example"
    )
    assert (row.number, row.verdict, row.errors, row.warnings, row.match) == (2, "new", (), (), None)
    assert row.values.name == "The Poppy Project"
    assert row.values.email == "JO@poppy.example"
    assert row.values.group == "National charities"
    assert row.values.website == "https://www.poppy.example"


@pytest.mark.parametrize(
    "line, due",
    [
        ("Prevention of Cruelty;216401;x@y.example", ("known", "same charity number")),
        ("N.S.P.C.C. Ltd;;x@y.example", ("known", "same name")),
        ("NSPCC;999999;x@y.example", ("likely", "same name, another register number")),
        ("Childline;;x@nspcc.example", ("likely", "same e-mail domain")),
        ("Childline;;;;;;https://www.nspcc.example/childline", ("likely", "same website")),
        ("Amnesty Internatonal UK;;x@y.example", ("likely", "near name")),
        ("Amnesty International;;x@y.example", ("likely", "near name")),
        ("National Society for the Prevention of Cruelty to Children;;x@y.example", ("likely", "near name")),
        ("National Society for the Prevention of Cruelty to Children;888888;x@y.example", ("new", "")),
        ("Action for Children;;x@gmail.com", ("new", "")),
    ],
)
def test_the_directory_is_searched_for_doubles(line, due):
    assert verdict(line) == due


def test_a_match_names_the_organisation_and_a_known_one_by_another_name_is_pointed_out():
    (row,) = sorted_out("Prevention of Cruelty;216401;x@y.example")
    assert row.match == Match("NSPCC", organisation=2)
    assert row.warnings == ("The directory calls it “NSPCC”.",)


def test_a_second_contact_of_an_earlier_row_is_a_contact_and_no_second_organisation():
    first, second, third = sorted_out("Mind;;a@mind.example", "MIND Ltd;;b@mind.example", "Mind;;A@mind.example")
    assert (first.verdict, second.verdict, third.verdict) == ("new", "contact", "known")
    assert second.match == third.match == Match("Mind", row=2)


def test_a_contact_of_a_known_organisations_row_carries_both_numbers():
    first, second = sorted_out("NSPCC;;a@nspcc.example", "N.S.P.C.C.;;b@nspcc.example")
    assert (first.verdict, first.match) == ("known", Match("NSPCC", organisation=2))
    assert (second.verdict, second.match) == ("contact", Match("NSPCC", organisation=2, row=2))


def test_a_number_learned_from_a_later_row_is_used_further_down():
    assert verdict("Mind;;a@x.example", "Mind;219830;", "Mental Health People;219830;") == (
        "known",
        "same charity number",
    )


def test_an_address_shared_by_two_organisations_is_a_contact_of_each():
    assert verdict("Mind;;a@gmail.com", "Scope;;b@scope.example", "Scope;;a@gmail.com") == ("contact", "same name")
    assert verdict("Mind;;a@gmail.com", "Scope;;a@gmail.com") == ("likely", "same e-mail address")


def test_two_contacts_in_one_row_become_two_rows_of_one_number():
    titles = "Name;First name;Surname;Email;Email 2"
    first, second = sorted_out("Mind;Sample;Contact;a@mind.example;b@mind.example", titles=titles)
    assert (first.number, first.verdict, first.values.contact_name) == (2, "new", "Sample Contact")
    assert (second.number, second.verdict, second.values.email) == (2, "contact", "b@mind.example")
    assert second.match == Match("Mind", row=2)


def test_surnames_may_stand_before_first_names_and_contacts_beside_each_other():
    (row,) = sorted_out("Mind;Contact;Sample;a@mind.example", titles="Name;Surname;First name;Email")
    assert row.values.contact_name == "Sample Contact"
    both = sorted_out("Mind;One;a@m.example;Two;b@m.example", titles="Name;Contact;Email;Second contact;Second email")
    assert [(row.values.contact_name, row.values.email) for row in both] == [
        ("One", "a@m.example"),
        ("Two", "b@m.example"),
    ]


@pytest.mark.parametrize(
    "cell, addresses",
    [
        ("a@mind.example, b@mind.example", ["a@mind.example", "b@mind.example"]),
        ("a@mind.example b@mind.example", ["a@mind.example", "b@mind.example"]),
        ("One <a@mind.example>, Two <b@mind.example>", ["a@mind.example", "b@mind.example"]),
        ("'a@mind.example'", ["a@mind.example"]),
    ],
)
def test_several_addresses_in_one_cell_are_several_contacts(cell, addresses):
    assert [row.values.email for row in sorted_out(f"Mind;;{cell}")] == addresses


def test_a_name_written_around_the_address_is_the_contacts():
    (row,) = sorted_out("Mind;;Sample Contact <a@mind.example>")
    assert (row.values.contact_name, row.values.email) == ("Sample Contact", "a@mind.example")


def test_one_broken_address_of_two_spoils_only_its_own_row():
    first, second = sorted_out("Mind;broken;a@mind.example", titles="Name;Email;Email 2")
    assert (first.verdict, first.values.email) == ("new", "a@mind.example")
    assert (second.verdict, second.errors) == ("error", ("The e-mail address has no @ sign.",))


@pytest.mark.parametrize("cell", ["", "n/a", "none", "TBC", "?", "-", "not known"])
def test_a_missing_address_is_a_warning(cell):
    (row,) = sorted_out(f"Mind;;{cell}")
    assert (row.verdict, row.errors) == ("new", ())
    assert row.warnings == ("There is no e-mail address: it can be added, but not asked yet.",)


@pytest.mark.parametrize(
    "line, says",
    [
        (";;a@x.example", "There is no name."),
        ("n/a;;a@x.example", "There is no name."),
        ('=HYPERLINK("x");;a@x.example', "The name is a formula, which a list cannot carry."),
        ("#REF!;;a@x.example", "The name is a formula, which a list cannot carry."),
        ("info@x.example;;", "This is an address, not a name."),
        ("https://x.example;;", "This is an address, not a name."),
        ("Total: 12;;", "This looks like a total, not an organisation."),
        ("Grand total;;99", "This looks like a total, not an organisation."),
        ("37 organisations in total;;", "This looks like a total, not an organisation."),
        ("***;;a@x.example", "The name has no letters."),
        ("x" * 201 + ";;", "The name is longer than 200 characters."),
        ("Mind;;=A1", "There is a formula where the e-mail address should be."),
        ("Mind;;jo smith@x.example", "The e-mail address contains a space."),
        ("Mind;;info@x", "The part after the @ sign has no dot, as in “charity.example”."),
    ],
)
def test_what_cannot_be_added_is_an_error_with_a_sentence(line, says):
    (row,) = sorted_out(line)
    assert row.verdict == "error"
    assert says in row.errors


@pytest.mark.parametrize("name", ["Total Voice", "38 Degrees", "1625 Independent People", "Summe der Teile", "+Acumen"])
def test_names_that_only_begin_like_a_total_or_a_number_are_names(name):
    assert sorted_out(f"{name};;a@x.example")[0].verdict == "new"


@pytest.mark.parametrize(
    "line, says, field",
    [
        ("Mind;12;", "“12” is not a charity or company number", "register_id"),
        ("Mind;;;;;;javascript:alert(1)", "not the address of a website", "website"),
        ("Mind;;;;;Churches;", "The letter has no group “Churches”. It is left out.", "group"),
        ("Mind;;;;=B2;;", "There is a formula in the cell", "kind"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_a_warning(line, says, field):
    (row,) = sorted_out(line)
    assert row.verdict == "new"
    assert getattr(row.values, field) == ""
    assert any(says in warning for warning in row.warnings)


def test_the_kind_says_the_group_where_no_group_is_given():
    assert sorted_out("GMB;;a@x.example;;Trade union;;")[0].values.group == "Trade unions"


def test_a_garbled_name_and_cells_beyond_the_titles_are_pointed_out():
    garbled, shifted = sorted_out("Womenâ€™s Aid;a@x.example", "Eaves;b@y.example;oops", titles="Name;Email")
    assert "garbled" in garbled.warnings[0]
    assert "missing its quotation marks" in shifted.warnings[0]


def test_a_row_with_an_error_is_nobodys_double():
    assert verdict("Mind;;broken", "Mind;;a@mind.example") == ("new", "")


def test_a_column_of_company_numbers_gives_company_numbers():
    titles = "Name;Company number"
    assert sorted_out("Mind;424348", titles=titles)[0].values.register_id == "GB-COH-00424348"
    assert verdict("Mind;424348", "Mental People;00424348", titles=titles) == ("known", "same register number")
