"""What an organisation goes by (name, addresses, register number), made fit for sorting and for comparing."""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

_ARTICLES: Final = {
    "en": ("the",),
    "cy": ("the", "y", "yr"),
    "fr": ("the", "le", "la", "les", "l"),
    "es": ("the", "el", "la", "los", "las"),
    "de": ("the", "der", "die", "das"),
}
_AND: Final = {"cy": " a ", "fr": " et ", "es": " y ", "de": " und "}

# Every mark that people and keyboards use for an apostrophe; some of them fall apart under NFKD, so they go first.
_APOSTROPHES: Final = re.compile("['`´‘’‚‛′ʹʻʼʽʾʿˈꞌ＇]")
_INITIALS: Final = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?")
_NOT_WORDS: Final = re.compile(r"[^\w\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f]+|_+")
_LETTERS: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ـ": None}
)
# Arabic hands write these two ways; they are one for finding duplicates, not for sorting.
_ARABIC_VARIANTS: Final = str.maketrans({"ى": "ي", "ة": "ه"})
_LEGAL_FORMS: Final = (
    "a company limited by guarantee", "company limited by guarantee", "charitable incorporated organisation",
    "scottish charitable incorporated organisation", "community interest company", "public limited company",
    "limited liability partnership", "cwmni buddiannau cymunedol", "sefydliad corfforedig elusennol",
    "cwmni cyfyngedig cyhoeddus", "cwmni cyfyngedig drwy warant", "limited", "ltd", "cyfyngedig", "cyf", "ccc",
    "plc", "cio", "scio", "cic", "cbc", "llp", "inc", "incorporated", "clg",
    "gemeinnutzige gmbh", "gmbh", "ggmbh", "g gmbh", "gug", "ug haftungsbeschrankt", "ug", "ev", "e v", "eg",
    "eingetragener verein", "association sans but lucratif", "asbl", "vzw", "aisbl", "ivzw", "sarl", "sas", "scop",
    "scic", "sl", "sa", "slu", "sociedad limitada", "sociedad anonima", "s coop",
)  # fmt: skip
_LEGAL_SUFFIX: Final = re.compile(r"(?<=\S)(?: (?:" + "|".join(sorted(_LEGAL_FORMS, key=len, reverse=True)) + r"))+$")

_PUBLIC_PROVIDERS: Final = frozenset(
    """gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.co.uk hotmail.fr live.com live.co.uk msn.com
    yahoo.com yahoo.co.uk yahoo.fr yahoo.de ymail.com rocketmail.com aol.com aol.co.uk icloud.com me.com mac.com
    btinternet.com btopenworld.com bt.com virginmedia.com virgin.net ntlworld.com blueyonder.co.uk sky.com talktalk.net
    tiscali.co.uk plusnet.com plus.com o2.co.uk orange.fr wanadoo.fr free.fr laposte.net sfr.fr gmx.com gmx.net gmx.de
    web.de t-online.de freenet.de mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com pm.me tutanota.com
    tuta.com zoho.com fastmail.com fastmail.fm riseup.net posteo.de mailbox.org hey.com wp.pl onet.pl interia.pl
    libero.it nhs.net cjsm.net
    facebook.com fb.com m.facebook.com twitter.com x.com instagram.com linkedin.com uk.linkedin.com youtube.com
    tiktok.com linktr.ee justgiving.com sites.google.com docs.google.com forms.gle bit.ly tinyurl.com""".split()
)
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_MAILTO: Final = re.compile(r"^mailto:", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9])", re.IGNORECASE)
_AMPERSAND: Final = re.compile(r"&|\s\+\s")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


# The commonest shapes, for which the long way would find the same: lists have them by the ten thousand.
_PLAIN_WORDS: Final = re.compile(r"[A-Za-z0-9 ]*")
_PLAIN_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\.){1,3}[a-z]{2,20}"
_PLAIN_ADDRESS: Final = re.compile(rf"[A-Za-z0-9_+-]{{1,30}}(?:\.[A-Za-z0-9_+-]{{1,30}})?@({_PLAIN_HOST})")
_PLAIN_WEBSITE: Final = re.compile(rf"https?://({_PLAIN_HOST})(?:/[A-Za-z0-9/_-]{{0,200}})?")
_PLAIN_CHARITY: Final = re.compile(r"[1-9][0-9]{5,6}")

_ORG_ID: Final = re.compile(
    r"(?<![A-Z0-9-])([A-Z]{2})\s*-\s*([A-Z][A-Z0-9_]{1,15})\s*-\s*((?=[A-Z0-9./_-]*[0-9])[A-Z0-9][A-Z0-9./_-]{0,39})"
)
_REGISTERS: Final = {  # of org-id.guide: what a number looks like once spaces and dots are out
    "GB-CHC": re.compile(r"[1-9][0-9]{5,6}"),
    "GB-SC": re.compile(r"SC[0-9]{6}"),
    "GB-NIC": re.compile(r"1[0-9]{5}"),
    "GB-COH": re.compile(r"[0-9]{8}|[A-Z]{2}[0-9]{6}|R[0-9]{7}|IP[0-9]{5}R"),
}
_NUMBER_IN_TEXT: Final = re.compile(r"(?<![A-Z0-9])([A-Z]{0,3}) ?([0-9]{3,9})(?:\.0+)?(?![A-Z0-9])")


@lru_cache(maxsize=20_000)
def sort_key(name: str, language: str = "en") -> str:
    """The text to order names by, code point by code point (in PostgreSQL: COLLATE "C").

    Leading articles of the letter's language are ignored (in English "The" alone: "A Rocha" stays under A), and so are
    case, accents and punctuation. The name itself follows a tab, so that two names never compare equal by accident.
    """
    tidied = " ".join(_visible(name).split())
    tongue = language[:2].lower()
    apart = re.sub(r"^[Ll]['’]", "L ", tidied) if tongue == "fr" else tidied  # L'Arche
    words = _folded(apart, _AND.get(tongue, " and "))
    return f"{_without_article(words, _ARTICLES.get(tongue, ('the',)))}\t{unicodedata.normalize('NFC', tidied)}"


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """The name as it is compared: two spellings of one organisation's name give one key, which is empty for no name.

    Case, accents, apostrophes, punctuation, "The", "&" for "and" and legal forms (Ltd, CIO...) make no difference.
    Places do: "Amnesty International UK" and "Amnesty International" are two organisations.
    """
    words = _folded(name, " and ").translate(_ARABIC_VARIANTS)
    words = _without_article(words, ("the",)).removesuffix(" the")  # "Poppy Project, The"
    return _LEGAL_SUFFIX.sub("", words) or " ".join(_visible(name).casefold().split())


def email_key(address: str) -> str:
    """The address as it is compared: trimmed, in lower case, its domain in ASCII. Never fails; checks nothing."""
    if _PLAIN_ADDRESS.fullmatch(address):
        return address.lower()
    local, at, host = _visible(address).strip().lower().rpartition("@")
    return f"{local}{at}{_ascii_host(host) or host}"


def check_email(text: str) -> str:
    """The address ready for sending (domain in ASCII and lower case), or ValueError with a sentence for a person.

    Syntax only (RFC 5321 lengths, RFC 5322 dot-atom); nothing is looked up. Quoted local parts, addresses without a
    dot in the domain and letters beyond ASCII before the @ are refused: too few mail servers take them.
    """
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    if not text.isprintable() and any(unicodedata.category(letter) == "Cc" for letter in text.strip()):
        raise ValueError("The e-mail address contains a line break or another invisible character.")
    address = _visible(text).strip()
    address = _MAILTO.sub("", address).strip().removeprefix("<").removesuffix(">")
    if not address:
        raise ValueError("There is no e-mail address.")
    if address.count("@") > 1 or "," in address or ";" in address:
        raise ValueError("This looks like several e-mail addresses, or has an @ sign too many. Please give one.")
    if re.search(r"\s", address):
        raise ValueError("The e-mail address contains a space.")
    local, at, host = address.rpartition("@")
    if not at:
        raise ValueError("The e-mail address has no @ sign.")
    if not local or not host:
        raise ValueError(f"Something is missing {'before' if not local else 'after'} the @ sign.")
    if not local.isascii():
        raise ValueError("The part before the @ sign has letters that most mail servers do not accept.")
    if not _LOCAL_PART.fullmatch(local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise ValueError("The part before the @ sign has a dot or a sign in a place where it cannot be.")
    if "." not in host:
        raise ValueError("The part after the @ sign has no dot, as in “charity.example”.")
    ascii_host = _ascii_host(host)
    if not ascii_host:
        raise ValueError("The part after the @ sign is not the name of a mail domain, such as “charity.example”.")
    if len(local) > 64 or len(local) + 1 + len(ascii_host) > 254:
        raise ValueError("The e-mail address is too long: 254 characters at most, 64 of them before the @ sign.")
    return f"{local}@{ascii_host}"


def website(text: str) -> str:
    """The address of a website, complete with https://, or ValueError with a sentence for a person. Syntax only."""
    if _PLAIN_WEBSITE.fullmatch(text):
        return text
    address = _visible(text).strip().strip("<>")
    if not _SCHEME.match(address):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and "." in _ascii_host(parts.hostname or "") and not parts.username
    except ValueError:
        good = False
    if not good or re.search(r"\s", address) or len(address) > 500:
        raise ValueError(f"“{_shown(text)}” is not the address of a website, such as https://charity.example.")
    return address


@lru_cache(maxsize=20_000)
def domain(website_or_email: str) -> str:
    """The domain that tells an organisation from others, without "www."; empty if there is none.

    Mail providers and platforms that anyone can use (gmail.com, facebook.com) tell nothing and give the empty text.
    """
    if plain := _PLAIN_ADDRESS.fullmatch(website_or_email) or _PLAIN_WEBSITE.fullmatch(website_or_email):
        host = plain[1].removeprefix("www.")
        return host if "." in host and host not in _PUBLIC_PROVIDERS else ""
    words = _visible(website_or_email).lower().split()
    text = next((word for word in words if "." in word), "").strip("<>()[],;\"'")
    text = text.removeprefix("mailto:")
    if "://" not in text:
        text = f"//{text.rpartition('@')[2]}" if "/" not in text.partition("@")[0] else f"//{text}"
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:  # brackets that are no IPv6 address, and the like
        return ""
    host = _ascii_host(host.rstrip(".")).removeprefix("www.")
    return host if "." in host and host not in _PUBLIC_PROVIDERS else ""


def register_id(text: str, register: str = "GB-CHC") -> str:
    """The organisation's number as an org-id such as GB-CHC-202918, or ValueError with a sentence for a person.

    `register` is the org-id list (org-id.guide) meant by a number that does not say so itself: GB-CHC for a column of
    charity numbers, GB-COH for company numbers. Of several numbers in one cell, the first that fits counts.
    """
    if register == "GB-CHC" and _PLAIN_CHARITY.fullmatch(text):
        return f"GB-CHC-{text}"
    written = " ".join(unicodedata.normalize("NFKC", _visible(text)).upper().split())
    written = re.sub("[\u2010-\u2015\u2212]", "-", written)
    if not written:
        raise ValueError("There is no register number.")
    if found := _ORG_ID.search(written):
        country, code, number = found.groups()
        return _numbered(f"{country}-{code}", number.rstrip("./-"), text)
    for letters, digits in _NUMBER_IN_TEXT.findall(re.sub(r"(?<=[0-9])[ ,](?=[0-9]{3}\b)", "", written)):
        guessed = _register_of(letters, digits, register, written)
        if guessed:
            return _numbered(*guessed, text)
    raise ValueError(f"“{_shown(text)}” is not a charity or company number that we know, such as 202918 or SC012345.")


def _register_of(letters: str, digits: str, register: str, written: str) -> tuple[str, str] | None:
    """Which register a number belongs to, and the number as that register writes it."""
    company = register == "GB-COH" or "COMPAN" in written
    if letters in ("NIC", "NI") and not (company and letters == "NI") and re.fullmatch(r"1[0-9]{5}", digits):
        return "GB-NIC", digits
    if letters == "SC" and len(digits) <= 6:  # Scottish charities and Scottish companies share the prefix
        return "GB-COH" if company else "GB-SC", f"SC{digits:0>6}"
    if len(letters) == 2 and letters not in ("NO", "NR") and len(digits) == 6:
        return "GB-COH", f"{letters}{digits}"
    if letters not in ("", "NO", "NR"):
        return None
    if len(digits) == 8 or (company and len(digits) >= 4):  # spreadsheets eat the noughts in front
        return "GB-COH", f"{digits:0>8}"
    return (register, digits) if register != "GB-CHC" or len(digits) in (6, 7) else None


def _numbered(register: str, number: str, text: str) -> str:
    """The org-id, if the number can be one of that register."""
    if register == "GB-NIC":
        number = number.removeprefix("NIC")
    if register == "GB-SC" and number.isdigit():
        number = f"SC{number:0>6}"
    if register == "GB-COH" and number.isdigit():
        number = f"{number:0>8}"
    shape = _REGISTERS.get(register)
    if not number or (shape and not shape.fullmatch(number)):
        raise ValueError(f"“{_shown(text)}” does not look like a number of the register {register}.")
    return f"{register}-{number}"


def _folded(text: str, ampersand: str) -> str:
    """Words in lower case without accents, apostrophes or punctuation; initials with dots become one word."""
    if _PLAIN_WORDS.fullmatch(text):  # most names, and they come by the ten thousand
        return " ".join(text.lower().split())
    text = _APOSTROPHES.sub("", _visible(text))
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(letter for letter in text if not _is_accent(letter)).translate(_LETTERS)
    text = _AMPERSAND.sub(ampersand, unicodedata.normalize("NFC", text))
    text = _INITIALS.sub(lambda initials: initials.group().replace(".", ""), text)
    return " ".join(_NOT_WORDS.sub(" ", text).split())


def _is_accent(letter: str) -> bool:
    """Marks that only colour a letter (Latin, Greek, Hebrew, Arabic); the vowel signs of Hindi or Thai are letters."""
    order = unicodedata.combining(letter)
    return 10 <= order <= 36 or order >= 200


def _without_article(words: str, articles: tuple[str, ...]) -> str:
    first, _, rest = words.partition(" ")
    return rest if rest and first in articles else words


def _visible(text: str) -> str:
    """Without marks that cannot be seen (direction, joiners, byte order) and with control characters as spaces."""
    if text.isascii() and text.isprintable():
        return text
    kinds = ((letter, unicodedata.category(letter)) for letter in text)
    return "".join(" " if kind == "Cc" else letter for letter, kind in kinds if kind not in ("Cf", "Cs"))


@lru_cache(maxsize=10_000)
def _ascii_host(host: str) -> str:
    """The host name in lower-case ASCII (IDNA 2008), or empty when it cannot be one. Numbers alone are no name."""
    import idna

    host = host.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            return ""
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return ""
    return host


def _shown(text: str) -> str:
    text = " ".join(_visible(text).split())
    return text if len(text) <= 40 else f"{text[:39]}…"
