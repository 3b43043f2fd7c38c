"""Passages as people quote them: found in what was written, and other words put in their place."""

import html
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from coalition.base.refused import Refused
from coalition.demo import sample
from coalition.letters import passages
from coalition.letters.passages import Span
from coalition.letters.replacing import replaced
from coalition.letters.text import LetterText, body_html


def letter(body: str) -> LetterText:
    return replace(sample.TEXT, subject="A subject", ask="Something is asked.", date_line="London", body=body)


def exchanged(body: str, passage: str, words: str) -> str:
    text = letter(body)
    [span] = passages.spans(text, passage)
    return replaced(text, span, words).body


@pytest.mark.parametrize(
    "written, quoted",
    [
        ('He said: "don\'t -- ever"...', "“don’t – ever”…"),
        ("two\nlines", "two lines"),
        ("One.\n\n- **Two** is\n- three", "One. Two is three"),
        ("see [the report](https://x.example/a_b) now[^1]\n\n[^1]: A note.", "the report now"),
        ("Smith &amp; Sons \\*here\\*", "Smith & Sons *here*"),
        ("a soft\u00adhyphen", "softhyphen"),
        ("## A heading\n\nMore", "A heading More"),
    ],
)
def test_a_passage_is_found_as_it_is_read_on_the_page(written: str, quoted: str) -> None:
    assert len(passages.spans(letter(written), quoted)) == 1


def test_words_that_stand_twice_are_found_twice_and_whole_words_come_before_parts_of_others() -> None:
    assert len(passages.spans(letter("The unit is a unit."), "unit")) == 2
    [span] = passages.spans(letter("The community has a unit."), "unit")
    assert span == Span("body", 20, 24)
    assert passages.spans(letter("The unit."), "team") == []


def test_the_subject_the_request_and_the_date_can_be_quoted_too() -> None:
    assert {passages.spans(letter("x"), words)[0].place for words in ("A subject", "is asked", "London")} == {
        "subject",
        "ask",
        "date_line",
    }


@pytest.mark.parametrize(
    "written, passage, words, after",
    [
        ("We ask **the unit** to stay.", "the unit", "this team", "We ask **this team** to stay."),
        ("We ask **the** unit to stay.", "the unit", "this team", "We ask this team to stay."),
        ("We ask **the unit to** stay.", "unit to stay", "team", "We ask **the** team."),
        ("We *quite* like it, quite.", "like it", "", "We *quite*, quite."),
        ("We *very* much like it.", "very", "", "We much like it."),
        ("One.\n\nTwo.\n\nThree.", "Two.", "", "One.\n\nThree."),
        ("- one\n- two\n- three", "two", "", "- one\n- three"),
        ("- one\n- two\n- three", "two", "1. a *b*", "- one\n- 1\\. a \\*b\\*\n- three"),
        ("One.\n\nTwo.", "Two.", "Two.\n\n# Three", "One.\n\nTwo.\n\n\\# Three"),
        ("So much[^1]. Yes.\n\n[^1]: A note.", "much.", "little.", "So little.[^1] Yes.\n\n[^1]: A note."),
        ("One. Two.\n\nThree. Four.", "Two. Three.", "x", "One. x Four."),
    ],
)
def test_other_words_stand_in_its_place_in_the_same_type(written: str, passage: str, words: str, after: str) -> None:
    assert exchanged(written, passage, words) == after


def test_what_cannot_be_exchanged_without_touching_other_words_is_refused() -> None:
    with pytest.raises(Refused, match="by hand"):
        exchanged("# A heading\n\nA paragraph.", "heading A paragraph", "x\n\ny\n\nz")
    text = letter("We **ask.**\n\n- One")
    [span] = passages.spans(text, "ask. One")
    with pytest.raises(Refused, match="by hand"):
        replaced(text, span, "x")


WORDS = (
    "unit",
    "team",
    "keeps",
    "the",
    "“quoted”",
    "don't",
    "--",
    "1.",
    "£5",
    "a*b",
    "x_y",
    "[sic]",
    "&c",
    "<now>",
    "بيت",
)
WORD = st.sampled_from(WORDS)
STYLED = st.tuples(st.sampled_from(("{}", "{}", "{}", "**{}**", "*{}*", "[{}](https://x.example/a_b)")), WORD)
LINE = st.lists(STYLED.map(lambda pair: pair[0].format(pair[1])), min_size=1, max_size=8).map(" ".join)
BLOCK = st.tuples(st.sampled_from(("", "", "- ", "> ", "## ", "1. ")), LINE).map("".join)
BODY = st.lists(BLOCK, min_size=1, max_size=5).map("\n\n".join)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODY, st.data())
def test_taking_a_suggestion_into_any_text_changes_exactly_that_passage_and_nothing_else(
    body: str, data: st.DataObject
) -> None:
    text = letter(body)
    shown = plainly(text.body).split(" ")
    begin = data.draw(st.integers(0, len(shown) - 1))
    end = data.draw(st.integers(begin + 1, min(len(shown), begin + 4)))
    passage = " ".join(shown[begin:end])
    words = data.draw(st.one_of(st.just(""), st.lists(WORD, min_size=1, max_size=4).map(" ".join)))
    there = [span for span in passages.spans(text, passage) if span.place == "body"]
    assume(len(there) == 1)
    assume(" ".join(shown).count(passage) == 1)
    try:
        after = replaced(text, there[0], words)
    except Refused:
        return
    assert replace(after, body="") == replace(passages_tidied(text), body="")
    before, _, rest = " ".join(shown).partition(passage)
    assert squeezed(plainly(after.body)) == squeezed(before + alike(words) + rest)


def passages_tidied(text: LetterText) -> LetterText:
    from coalition.letters.text import tidied

    return tidied(text)


def plainly(body: str) -> str:
    """What a reader sees, in plain characters, without where blocks begin and end: read from the page itself."""
    blocks = re.sub(r"</?(?:p|h\d|li|ul|ol|blockquote|br)[^>]*>", " ", str(body_html(body)))
    return alike(" ".join(html.unescape(re.sub(r"<[^>]+>", "", blocks)).split()))


def alike(words: str) -> str:
    for one, other in (("“", '"'), ("”", '"'), ("’", "'"), ("‘", "'"), ("--", "-"), ("–", "-")):
        words = words.replace(one, other)
    return words


def squeezed(words: str) -> str:
    """Of the spaces that meet where words were left out one is enough, and none before a full stop."""
    return re.sub(r" (?=[.,;:!?)])", "", " ".join(words.split()))
