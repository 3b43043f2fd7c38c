"""From a file's bytes to text: which encoding a spreadsheet program wrote, and what is no text at all."""

import codecs
import unicodedata
from typing import Final

from coalition.base.refused import Refused

LARGEST: Final = 20_000_000  # bytes, of a file that anything is read from

_SAVE_AS: Final = "Save the list as a workbook (.xlsx or .ods) or as CSV and give us that, or paste the cells."
_KINDS: Final = (  # how a file begins, what must stand near its beginning, what to say
    (b"PK\x03\x04", b"Index/", f"This is a Numbers document. {_SAVE_AS}"),
    (b"PK\x03\x04", b"word/", f"This is a Word document. {_SAVE_AS}"),
    (b"PK\x03\x04", b"ppt/", f"These are slides. {_SAVE_AS}"),
    (b"PK\x03\x04", b"", "This is a zip archive. Unpack it and give us the spreadsheet inside."),
    (b"PK\x05\x06", b"", "This is an empty zip archive. Give us a spreadsheet, or paste the names."),
    (b"%PDF", b"", "This is a PDF, which has no rows. Give us the spreadsheet it came from, or paste the names."),
    (b"{\\rtf", b"", f"This is a text document with formatting (RTF). {_SAVE_AS}"),
    (b"\x1f\x8b", b"", "This is a compressed file. Unpack it and give us the spreadsheet inside."),
    (b"\x89PNG", b"", "This is a picture. Give us a spreadsheet, or paste the names."),
    (b"\xff\xd8\xff", b"", "This is a picture. Give us a spreadsheet, or paste the names."),
    (b"<!doctype html", b"", "This is a web page. Give us a spreadsheet, or paste the names."),
    (b"<html", b"", "This is a web page. Give us a spreadsheet, or paste the names."),
)  # fmt: skip
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# One byte a letter: the encodings spreadsheets write, the likeliest first, each with the letters beyond ASCII that its
# languages use most. On lists of names this was right where charset-normalizer 3.5 was not (it read "Women’s Aid" in
# cp1252 as cp1250, cp775 or cp932): a list is too short and too full of names for its statistics.
_ONE_BYTE: Final = {
    "cp1252": "éèêëàâçôöüäßñáíóúîïûùœæøåÉÖÜÄÅØ",
    "mac_roman": "éèêëàâçôöüäßñáíóúîïûùœæøåÉÖÜÄÅØ",
    "cp1250": "ąćęłńóśźżčďěňřšťůžáéíýúôőűäöüßŁŚŻČŠŽ",
    "iso8859_2": "ąćęłńóśźżčďěňřšťůžáéíýúôőűäöüßŁŚŻČŠŽ",
    "cp1253": "αοιετσνηυρπκςωάέίόύή",
    "cp1251": "оеаинтслрвкпмудяыь",
    "cp1256": "اليمنترودهسعبةفح",
}
_TYPOGRAPHY: Final = frozenset("‘’“”„–—…£€§®«»•\u00a0")


class Unreadable(Refused):
    """A file that no list can be read from. `str()` is the sentence the person reads."""


def text_of(data: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding as Python calls it.

    Raises Unreadable for more than 20 MB, for Word documents, PDFs, archives and pictures, and for what is no text.
    Bytes that fit no encoding become U+FFFD; nothing else fails.
    """
    check_kind(data)
    text, encoding = _decoded(data)
    text = text.replace("\0", "").removeprefix("\ufeff")
    if not any(map(str.isalnum, text)):
        raise Unreadable("There is nothing in it yet. Give us one organisation per line, or a spreadsheet.")
    sample = text[:50_000]
    strange = sum(letter == "\ufffd" or (letter < " " and letter not in "\t\n\r\v\f") for letter in sample)
    if strange * 20 > len(sample):
        raise Unreadable("This is not a text file. Give us a spreadsheet, or paste the names.")
    return text, encoding


def check_kind(data: bytes) -> None:
    """Raises Unreadable for what is seen to be no text without reading it through."""
    if len(data) > LARGEST:
        raise Unreadable("This file is larger than 20 MB. Split it, or leave out the columns that are not needed.")
    beginning = data[:100].lstrip().lower()
    for mark, inside, sentence in _KINDS:
        if beginning.startswith(mark.lower()) and (inside in data[:4_000] or inside in data[-4_000:]):
            raise Unreadable(sentence)


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding
    if encoding := _unmarked(data):
        return data.decode(encoding, "replace"), encoding
    data = data.replace(b"\0", b"")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _mended(data) or _one_byte_a_letter(data)


def _unmarked(data: bytes) -> str:
    """UTF-16 without its mark, told by every ASCII letter having a zero byte on the same side; else empty."""
    first, second = data[0::2].count(0), data[1::2].count(0)
    if max(first, second) * 25 < len(data) or min(first, second) * 10 > max(first, second):
        return ""
    return "utf-16-be" if first > second else "utf-16-le"


def _mended(data: bytes) -> tuple[str, str] | None:
    """UTF-8 into which a few cells were pasted from elsewhere: those bytes are read as cp1252."""
    text = data.decode("utf-8", "surrogateescape")
    strays = sum("\udc80" <= letter <= "\udcff" for letter in text)
    whole = sum(letter > "\x7f" for letter in text) - strays
    if whole <= strays:
        return None
    stray = {0xDC00 + byte: bytes((byte,)).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
    return text.translate(stray), "utf-8"


def _one_byte_a_letter(data: bytes) -> tuple[str, str]:
    """Judged by the lines that tell encodings apart; the rest of a large file is not looked at."""
    telling = b"\n".join(line for line in data.splitlines() if not line.isascii())[:40_000]
    encoding = max(_ONE_BYTE, key=lambda name: _plausibility(telling, name))  # the first of equals
    return data.decode(encoding, "replace"), encoding


def _plausibility(telling: bytes, encoding: str) -> float:
    """How much like words the text looks in this encoding."""
    text = f" {telling.decode(encoding, 'replace')} "
    usual = _ONE_BYTE[encoding]
    return sum(
        _fit(before, letter, after, usual)
        for before, letter, after in zip(text, text[1:], text[2:], strict=False)
        if letter > "\x7f"
    )


def _fit(before: str, letter: str, after: str, usual: str) -> float:
    """Accents stand among plain letters, scripts do not mix within a word, no capital follows a small letter."""
    within = before.isalpha() + after.isalpha()
    if letter == "\ufffd" or unicodedata.category(letter) == "Cc":
        return -3
    if letter in _TYPOGRAPHY:
        return 1 if letter == "’" and within == 2 else 0.3
    if not letter.isalpha():
        return 0  # wherever it stands: "St Mungo´s" is as likely as any
    plain = sum(side.isalpha() and side.isascii() for side in (before, after))
    latin = letter < "\u0250"
    if not within or (plain and not latin) or (letter.isupper() and before.islower()):
        return -2
    if latin and within == 2 and not plain:
        return -0.5
    return 1 if letter in usual else 0.3
