"""The letter's text: nothing in it can pass for something else, and nothing in it can do harm."""

import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.letters.text import (
    Addressee,
    LetterText,
    as_data,
    body_html,
    canonical,
    fingerprint,
    from_data,
    tidied,
)

LETTER = LetterText(
    subject="Keep the trafficking unit",
    addressees=(
        Addressee("Sir Paul Stephenson", "Commissioner", ("New Scotland Yard", "London SW1H 0BG"), "paul@met.example"),
    ),
    cc=("Chair of the Metropolitan Police Authority",),
    leads=("Amnesty International UK", "NSPCC"),
    date_line="London, 20 October 2009",
    ask="Keep the dedicated unit open.",
    body="Dear Sir Paul,\n\nWe write *together*.",
    enclosures=("Briefing",),
)

# Pieces that could imitate a line of the canonical text, and characters that Unicode folds, joins or breaks lines at.
TRICKS = [
    "\n",
    "\r\n",
    "\u2028",
    "\x85",
    "\x00",
    "\x1c",
    "Subject: ",
    "To: ",
    "Copy: x",
    "Body:",
    "Ask:",
    "a",
    "e",
    "\u0301",
    "é",
    " ",
]
words = st.one_of(st.lists(st.sampled_from(TRICKS), max_size=6).map("".join), st.text(max_size=8))
several = st.lists(words, max_size=3).map(tuple)
addressees = st.builds(Addressee, name=words, office=words, postal=several, email=words)
letters = st.builds(
    LetterText,
    subject=words,
    addressees=st.lists(addressees, max_size=2).map(tuple),
    cc=several,
    leads=several,
    date_line=words,
    ask=words,
    body=words,
    enclosures=several,
    language=words,
)


def _without_email(text: LetterText) -> LetterText:
    silent = tuple(replace(a, email="") for a in tidied(text).addressees)
    return replace(tidied(text), addressees=silent)


def test_the_canonical_text_can_be_read() -> None:
    assert canonical(LETTER) == (
        "Coalition letter, canonical text 1\n"
        "Language: en-GB\n"
        "From: Amnesty International UK\n"
        "From: NSPCC\n"
        "Date: London, 20 October 2009\n"
        "To: Sir Paul Stephenson\n"
        "Office: Commissioner\n"
        "Postal: New Scotland Yard\n"
        "Postal: London SW1H 0BG\n"
        "Copy: Chair of the Metropolitan Police Authority\n"
        "Subject: Keep the trafficking unit\n"
        "Ask: Keep the dedicated unit open.\n"
        "Enclosure: Briefing\n"
        "Body:\n"
        "Dear Sir Paul,\n\nWe write *together*.\n"
    )


def test_the_fingerprint_is_sixty_four_hexadecimal_digits_and_does_not_move() -> None:
    assert fingerprint(LETTER) == "1900a459bc765234bc4acf274d5cb09c124e81c575d749d22d3fdfd38861b8df"


@given(letters, letters)
def test_two_different_letters_never_have_the_same_canonical_text(one: LetterText, other: LetterText) -> None:
    assert (canonical(one) == canonical(other)) == (_without_email(one) == _without_email(other))


@given(letters, st.sampled_from(["subject", "date_line", "ask", "body", "language"]), words)
def test_changing_any_one_field_changes_the_canonical_text(text: LetterText, field: str, value: str) -> None:
    changed = from_data({**as_data(text), field: value})
    assert (canonical(text) == canonical(changed)) == (_without_email(text) == _without_email(changed))


@given(letters)
def test_a_tidied_letter_has_the_same_fingerprint_and_is_tidy(text: LetterText) -> None:
    assert fingerprint(tidied(text)) == fingerprint(text)
    assert tidied(tidied(text)) == tidied(text)


@given(letters)
def test_the_canonical_text_is_nfc_with_plain_line_ends_whatever_was_typed(text: LetterText) -> None:
    plain = canonical(text)
    assert unicodedata.normalize("NFC", plain) == plain
    assert not re.search("[\r\v\f\x00\x85\u2028\u2029]", plain)
    plain.encode()


@given(letters)
def test_a_letter_survives_the_way_through_json(text: LetterText) -> None:
    assert from_data(json.loads(json.dumps(as_data(text)))) == text


def test_an_addressees_email_address_is_not_part_of_the_letter() -> None:
    elsewhere = replace(LETTER, addressees=(replace(LETTER.addressees[0], email="other@met.example"),))
    assert fingerprint(elsewhere) == fingerprint(LETTER)
    assert "@" not in canonical(LETTER)


def test_an_addressee_of_whom_only_the_address_is_known_is_not_in_the_letter_either() -> None:
    more = replace(LETTER, addressees=(*LETTER.addressees, Addressee("", email="somebody@met.example")))
    assert fingerprint(more) == fingerprint(LETTER)


def test_letters_composed_in_two_ways_have_one_fingerprint() -> None:
    assert fingerprint(replace(LETTER, subject="Cafe\u0301")) == fingerprint(replace(LETTER, subject="Café"))


def test_a_field_with_a_line_break_cannot_imitate_the_next_field() -> None:
    imitation = replace(LETTER, subject="Keep\nAsk: Close it", ask="")
    assert "Subject: Keep Ask: Close it\n" in canonical(imitation)


def test_the_body_keeps_its_own_line_breaks_and_indents() -> None:
    assert canonical(replace(LETTER, body="\r\n- one\r\n  - two\r\n")).endswith("Body:\n- one\n  - two\n")


def test_headings_begin_one_below_the_subject() -> None:
    assert body_html("# One\n\n## Two\n\n# Three") == "<h2>One</h2>\n<h3>Two</h3>\n<h2>Three</h2>\n"


def test_headings_leave_no_level_out() -> None:
    assert body_html("## One\n\n## Two\n\n##### Three") == "<h2>One</h2>\n<h2>Two</h2>\n<h3>Three</h3>\n"
    deep = "\n\n".join(f"{'#' * level} x" for level in range(1, 7))
    assert re.findall(r"<h(\d)>", body_html(deep)) == ["2", "3", "4", "5", "6", "6"]


def test_quotes_and_dashes_are_set_as_in_print() -> None:
    assert body_html('"It\'s" -- so...') == "<p>“It’s” – so…</p>\n"


def test_links_lead_to_the_web_or_to_mail_and_lend_no_reputation() -> None:
    html = body_html("[report](https://report.example/a?b=1&c=2) <mailto:desk@ngo.example>")
    assert 'href="https://report.example/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">report</a>' in html
    assert 'href="mailto:desk@ngo.example"' in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://ftp.example/",
        "//evil.example/",
        "/desk/letters",
        "#fn99x",
        "vbscript:x",
        "https:///etc",
    ],
)
def test_other_links_are_shown_as_text(address: str) -> None:
    for markdown in (f"[press]({address})", f"[press][1]\n\n[1]: {address}", f"<{address}>"):
        assert "href" not in body_html(markdown)
        assert "<a" not in body_html(markdown)


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<img src=http://evil.example/x.png onerror=alert(1)>",
        "<style>@import url(http://evil.example/)</style>",
        '<a href="javascript:alert(1)">x</a>',
        "<link rel=attachment href=file:///etc/passwd>",
        "<iframe src=//evil.example></iframe>",
        "<svg><use href='http://evil.example/#x'/></svg>",
        "text <b onclick=x>bold</b>",
        "<!-- a comment -->",
    ],
)
def test_html_in_the_body_is_shown_as_the_text_it_was_typed_as(markup: str) -> None:
    html = body_html(markup)
    assert re.findall(r"<[^>]*>", html) == ["<p>", "</p>"]
    assert "&lt;" in html


def test_images_code_and_tables_are_shown_as_text() -> None:
    assert "<img" not in body_html("![x](http://evil.example/x.png)")
    assert "<code" not in body_html("`x`\n\n    indented\n\n```\nfenced\n```")
    assert "<table" not in body_html("a|b\n-|-\n1|2")


def test_footnotes_lead_there_and_back() -> None:
    html = body_html("Text[^a] and[^b].\n\n[^a]: First.\n\n[^b]: Second.")
    assert 'href="#fn1" id="fnref1"' in html
    assert 'id="fn1" class="footnote-item"' in html
    assert 'href="#fnref2" class="footnote-backref"' in html


@given(st.text(alphabet=st.sampled_from("<>[]()!#*_^:&;\"'/ \nahrefjvscipt=:x`|-1"), max_size=60))
def test_no_markdown_makes_a_tag_or_attribute_beyond_the_letters_own(markdown: str) -> None:
    for tag in re.findall(r"<[^>]*>", body_html(markdown)):
        assert re.fullmatch(
            r"</?(p|strong|em|ul|ol|li|blockquote|h[2-6]|sup|section|a)>|<(br|hr)>"
            r'|<ol( start="\d+")?( class="footnotes-list")?>|<li id="fn\d+" class="footnote-item">'
            r'|<sup class="footnote-ref">|<section class="footnotes">'
            r'|<a href="(https?://|mailto:|#fn)[^"]*"( id="fnref[\d:]+"| class="footnote-backref" aria-label="[\w ]+")?'
            r' rel="nofollow noopener noreferrer">',
            tag,
        ), tag
