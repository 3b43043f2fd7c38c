"""Searching: what a keyboard has finds what a name is written with."""

import pytest

from coalition.base.text import fold


@pytest.mark.parametrize(
    "written, typed",
    [
        ("Łódź", "lodz"),
        ("Tŷ Gobaith", "ty gobaith"),
        ("Ørsted & Þór", "orsted & thor"),
        ("STRASSE", "straße"),
        ("Brackenmoor Women’s Centre", "women's"),
        ("ʼAmal", "'amal"),
        ("Ελληνική ΣΤΈΓΗΣ", "ελληνικη στεγης"),
        ("Cafe\u0301", "café"),
        ("ﬁnance", "finance"),
        ("İstanbul", "istanbul"),
    ],
)
def test_a_name_is_found_without_its_accents(written: str, typed: str) -> None:
    assert fold(typed) in fold(written)
