"""Characters that no font of ours has are found before printing, and named."""

import resource

import pytest

from coalition.printings.coverage import Place, uncovered
from tests.printings.sheets import NAMES

SUBJECT = Place("the subject")


@pytest.mark.parametrize(
    "words",
    [
        *(f"{line.organisation} {line.signatory} {line.role}" for line in NAMES),
        "Ŵŷ ǩ Ọ̀ṣun e\u0302\u0301 x\u0301 “№ 5 – ½ €” † →\tfi\n",
        "مُنَظَّمَة العَفو \u200fلا\u200d",
        "क्‍ष हिन्दी\u200d",
        "a\u00adb\ufe0f\u2060\ufeff\u3000c\u202f\u2009",
    ],
)
def test_what_our_fonts_have_is_not_flagged(words: str) -> None:
    assert uncovered([(SUBJECT, words)]) == ()


def test_a_character_that_no_font_has_is_named_with_where_it_stands() -> None:
    lines = [(Place(f"Trust {number} 中", True), f"Trust {number} 中") for number in range(7)]
    chinese, together, emoji = uncovered([*lines, (SUBJECT, "\u05e9\u05c1 中 😀\U0010ffff\u200d")])[:3]
    assert (chinese.written, chinese.names) == ("中", ("U+4E2D CJK UNIFIED IDEOGRAPH-4E2D",))
    assert (chinese.places, chinese.more) == (tuple(place for place, _ in lines[:5]), 3)
    assert together.names == ("U+05E9 HEBREW LETTER SHIN", "U+05C1 HEBREW POINT SHIN DOT")
    assert emoji.names == ("U+1F600 GRINNING FACE",)
    assert uncovered([(SUBJECT, "\U0010ffff")])[0].names == ("U+10FFFF",)


def test_a_letter_and_a_mark_that_only_two_fonts_have_together_are_flagged() -> None:
    [found] = uncovered([(SUBJECT, "بि ab")])  # an Arabic letter, a Hindi vowel sign
    assert len(found.names) == 2


def test_ten_thousand_names_are_looked_through_in_a_moment() -> None:
    parts = [
        (Place(f"{line.organisation} {number}", True), line.organisation) for number in range(1000) for line in NAMES
    ]
    uncovered(parts[:20])
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert uncovered(parts) == ()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - began < 0.5
