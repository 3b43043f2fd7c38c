"""Small things about written text that more than one room needs."""

import re
import unicodedata

# Letters that do not fall apart into a plain one and an accent; apostrophes as keyboards and typographers have them.
_LETTERS = {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
_PLAIN = str.maketrans(_LETTERS | dict.fromkeys("‘’‛ʼʹ′´`", "'"))

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'“”]+@[^\s<>()\[\],;:\"'“”]+")


def without_addresses(words: str) -> str:
    """What a mail server said, fit for the history: that can never be changed, and people's addresses can."""
    return _ADDRESS.sub("(address)", words)


def fold(text: str) -> str:
    """Lower case without accents, for searching: what is typed finds what is written, however it is accented."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def ordinal(number: int) -> str:
    """For people: 1st, 2nd, 3rd, 11th, 1,021st."""
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{last}"
