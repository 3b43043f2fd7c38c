"""Small things about written text that more than one room needs."""

import unicodedata


def fold(text: str) -> str:
    """Lower case without accents, for searching: what is typed finds what is written, however it is accented."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
