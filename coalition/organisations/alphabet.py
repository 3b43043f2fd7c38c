"""The alphabet: in which order names are printed, by the Unicode Collation Algorithm as the letter's language has it.

The desk's long lists are ordered by names.sort_key, which a database can keep; what is printed, and read in public, is
ordered by this. ICU does the work: in Welsh "Ll" follows "Lz", in Swedish "Å" follows "Z", in Spanish "Ñ" is a letter.
"""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import icu

_ARTICLES: Final = {
    "en": re.compile(r"the ", re.IGNORECASE),
    "cy": re.compile(r"(?:the|yr?) ", re.IGNORECASE),
    "fr": re.compile(r"(?:the |l[ea] |les |l')", re.IGNORECASE),
    "es": re.compile(r"(?:the|el|las?|los) ", re.IGNORECASE),
    "de": re.compile(r"(?:the|de[rn]|die|das) ", re.IGNORECASE),
    "ar": re.compile(r"(?:the |ال(?=\w\w))", re.IGNORECASE),  # it is one word with the name
}
_AND: Final = {"cy": " a ", "fr": " et ", "es": " y ", "de": " und ", "ar": " و "}
_APOSTROPHES: Final = re.compile("[`´‘’‚‛′ʹʻʼʽʾʿˈꞌ＇]")
_INITIALS: Final = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?")
_NOT_LETTERS: Final = re.compile(r"[^\w\s]|_")

Key = tuple[bytes, str]


@lru_cache(maxsize=40_000)
def alphabetical(name: str, language: str) -> Key:
    """What to sort names by, in a letter in `language` (BCP 47; one that ICU does not know has the root order).

    A leading article of that language is ignored (in English "The" alone: "A Rocha" stays under A), and so is
    punctuation; accents and capitals decide between names that are the same otherwise; numbers are ordered by size.
    What is equal even so stands in the order of its code points.
    """
    tongue = language[:2].lower()
    plain = unicodedata.normalize("NFC", name)
    words = _APOSTROPHES.sub("'", plain).lstrip("'\"“”«»„ ")
    words = _without_article(words, _ARTICLES.get(tongue, _ARTICLES["en"]))
    words = words.replace("'", "").replace("&", _AND.get(tongue, " and "))
    words = _INITIALS.sub(lambda initials: initials.group().replace(".", ""), words)
    words = " ".join(_NOT_LETTERS.sub(_kept, words).split())
    return bytes(_collator(tongue).getSortKey(words)), plain


def _kept(character: "re.Match[str]") -> str:
    """Accents and vowel signs stay with their letter, what cannot be seen goes, punctuation parts words."""
    kind = unicodedata.category(character[0])
    return character[0] if kind[0] == "M" else "" if kind == "Cf" else " "


def _without_article(words: str, article: "re.Pattern[str]") -> str:
    found = article.match(words)
    return words[found.end() :].lstrip() or words if found else words


@lru_cache(maxsize=16)
def _collator(tongue: str) -> "icu.Collator":
    import icu  # 12 MB, which the worker and the commands can mostly do without

    collator = icu.Collator.createInstance(icu.Locale(tongue))
    collator.setAttribute(icu.UCollAttribute.NUMERIC_COLLATION, icu.UCollAttributeValue.ON)
    return collator
