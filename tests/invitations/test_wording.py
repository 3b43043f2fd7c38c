"""The words of a mail: what is refused when they are saved, and what they become when they are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.invitations.wording import INVITATION, PLACEHOLDERS, Block, Wording, check, fill

VALUES = {
    "contact": "Anna Johansson",
    "organisation": "The Poppy Project",
    "coordinator": "Eva Sample",
    "letter": "Keep the Met’s human-trafficking unit",
    "ask": "Keep the unit.",
    "addressee": "Sir Paul Stephenson",
    "leads": "ECPAT UK and NSPCC",
    "deadline": "Friday 13 November 2009 at 17:00, London time",
    "answer by": "Wednesday 11 November 2009",
    "days left": "7 days are left",
}
LINK = "Dear {contact},\n\n{link}\n\n"


def test_there_is_nothing_wrong_with_what_we_propose_and_it_has_a_value_for_every_placeholder() -> None:
    assert check(INVITATION.subject, INVITATION.body) == {}
    assert {*VALUES, "link"} == set(PLACEHOLDERS)
    filled = fill(INVITATION, VALUES)
    assert filled.subject == "Will The Poppy Project endorse our letter? Keep the Met’s human-trafficking unit"
    assert filled.blocks[0] == Block("text", ("Dear Anna Johansson,",))
    assert filled.blocks[2] == Block("letter", ("Keep the unit.",), VALUES["letter"])
    assert [block.kind for block in filled.blocks] == ["text", "text", "letter", "text", "text", "link", "text"]


def test_empty_words_are_the_proposed_ones() -> None:
    assert check("", "  \n") == {}
    assert Wording(" ", "\n").or_else(INVITATION) == INVITATION
    assert Wording("Ours", "").or_else(INVITATION) == Wording("Ours", INVITATION.body)


@pytest.mark.parametrize(
    "subject, body, part, sentence",
    [
        ("", LINK + "{organization}", "body", "no placeholder {organization}. Did you mean {organisation}?"),
        ("", LINK + "{Contakt}", "body", "Did you mean {contact}?"),
        ("", LINK + "{name}", "body", "Did you mean {contact}?"),
        ("", LINK + "{answerby}", "body", "Did you mean {answer by}?"),
        ("", LINK + "{weather}", "body", "There is no placeholder {weather}. Use one of the list"),
        ("", LINK + "{}", "body", "no name between them"),
        ("", LINK + "Dear {contact, we ask", "body", "There is a single { at “{contact, we ask”."),
        ("", LINK + "{{contact}}", "body", "There is a single {"),
        ("", LINK + "as agreed} on Monday", "body", "There is a single } at “as agreed}”."),
        ("", "Dear {contact},\n\nplease sign.", "body", "There is no {link}."),
        ("", "Dear {contact},\n\n{lnik}", "body", "no placeholder {lnik}. Did you mean {link}?"),
        ("", "Read it here: {link}", "body", "in a paragraph of its own"),
        ("", "Read it here:\n{link}", "body", "in a paragraph of its own"),
        ("", "{link}\n\n{link}", "body", "more than once"),
        ("Sign {link}", "", "subject", "A subject can hold no {link}."),
        ("For {organisaton}", "", "subject", "Did you mean {organisation}?"),
        ("For {organisation", "", "subject", "There is a single {"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_by_name(subject: str, body: str, part: str, sentence: str) -> None:
    wrong = check(subject, body)
    assert set(wrong) == {part}
    assert sentence in wrong[part]


def test_a_misspelt_link_is_told_once() -> None:
    assert check("", "{lnik}")["body"].count("{link}") == 1


def test_a_placeholder_may_be_written_with_capitals_and_other_blanks() -> None:
    body = "{Contact} {ANSWER_BY} { answer  by }\n\n{Link}"
    assert check("{Letter}", body) == {}
    assert fill(Wording("{Letter}", body), VALUES).blocks[0].lines == (
        "Anna Johansson Wednesday 11 November 2009 Wednesday 11 November 2009",
    )


def test_a_paragraph_with_nothing_to_say_is_left_out_with_its_placeholder() -> None:
    filled = fill(INVITATION, VALUES | {"leads": ""})
    assert not any("led by" in line for block in filled.blocks for line in block.lines)
    listed = fill(Wording("", "- {leads}\n- {ask}\n\n{link}"), VALUES | {"leads": ""})
    assert listed.blocks[0] == Block("list", ("Keep the unit.",))


def test_lines_stay_lines_and_dashes_make_a_list() -> None:
    body = "Three things:\n- one\n* two\n• {ask}\nThank you,\nEva\r\n\r\n{link}"
    assert fill(Wording("", body), VALUES).blocks == (
        Block("text", ("Three things:",)),
        Block("list", ("one", "two", "Keep the unit.")),
        Block("text", ("Thank you,", "Eva")),
        Block("link"),
    )


def test_a_value_is_text_and_never_a_placeholder_a_list_or_a_line() -> None:
    evil = "{link}\n\n- {coordinator}\r\n\r\n{ask}"
    filled = fill(Wording("{organisation}", "{organisation}\n\n{link}"), VALUES | {"organisation": evil})
    assert filled.blocks == (Block("text", ("{link} - {coordinator} {ask}",)), Block("link"))
    assert filled.subject == "{link} - {coordinator} {ask}"


def test_a_mail_without_a_link_gets_one_all_the_same() -> None:
    assert fill(Wording("", "Only {weather}"), VALUES).blocks == (Block("text", ("Only {weather}",)), Block("link"))


@given(st.text(alphabet="{}lin k\n\r-x_", max_size=60), st.text(alphabet="{}ask \n", max_size=20))
def test_every_text_is_refused_in_words_or_filled_with_one_link(body: str, subject: str) -> None:
    wrong = check(subject, body)
    assert set(wrong) <= {"subject", "body"}
    filled = fill(Wording(subject, body).or_else(INVITATION), VALUES)
    if not wrong:
        assert [block.kind for block in filled.blocks].count("link") == 1
        assert "{" not in filled.subject
        assert not any("{" in line or "}" in line for block in filled.blocks for line in (*block.lines, block.title))
