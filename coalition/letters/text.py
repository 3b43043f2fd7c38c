"""The letter's text as a value: its canonical form and fingerprint, its JSON, its body as safe HTML."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from mdit_py_plugins.footnote import footnote_plugin

CANONICAL_FORM = "Coalition letter, canonical text 1"


@dataclass(frozen=True)
class Addressee:
    name: str
    office: str = ""
    postal: tuple[str, ...] = ()
    email: str = ""


@dataclass(frozen=True)
class LetterText:
    """What an organisation agrees to. Every field but `body` (Markdown) is plain text of one line."""

    subject: str
    addressees: tuple[Addressee, ...]
    cc: tuple[str, ...]
    leads: tuple[str, ...]
    date_line: str
    ask: str
    body: str
    enclosures: tuple[str, ...]
    language: str = "en-GB"


@lru_cache(maxsize=64)  # each of a letter's mails says it
def fingerprint(text: LetterText) -> str:
    """SHA-256 of the canonical text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(text).encode()).hexdigest()


def canonical(text: LetterText) -> str:
    """The text as one readable plain text (NFC, LF) that is the same on every machine, without addressees' e-mail.

    Each field stands on a line of its own after its label, and the body comes last: so no field can imitate another,
    and two letters have the same canonical text only when `tidied` makes them the same letter.
    """
    return "\n".join(_canonical_lines(tidied(text))) + "\n"


def _canonical_lines(text: LetterText) -> Iterator[str]:
    yield CANONICAL_FORM
    yield f"Language: {text.language}"
    yield from (f"From: {lead}" for lead in text.leads)
    yield f"Date: {text.date_line}"
    for addressee in text.addressees:
        yield f"To: {addressee.name}"
        yield f"Office: {addressee.office}"
        yield from (f"Postal: {line}" for line in addressee.postal)
    yield from (f"Copy: {name}" for name in text.cc)
    yield f"Subject: {text.subject}"
    yield f"Ask: {text.ask}"
    yield from (f"Enclosure: {enclosure}" for enclosure in text.enclosures)
    yield "Body:"
    yield text.body


def tidied(text: LetterText) -> LetterText:
    """The same letter without what no reader sees: runs of spaces, control characters, empty lines and entries.

    An addressee of whom only an e-mail address is known is an empty entry.
    """
    addressees = (_tidied_addressee(addressee) for addressee in text.addressees)
    return LetterText(
        subject=one_line(text.subject),
        addressees=tuple(a for a in addressees if a.name or a.office or a.postal),
        cc=_lines(text.cc),
        leads=_lines(text.leads),
        date_line=one_line(text.date_line),
        ask=one_line(text.ask),
        body=_block(text.body),
        enclosures=_lines(text.enclosures),
        language=one_line(text.language),
    )


def _tidied_addressee(addressee: Addressee) -> Addressee:
    return Addressee(
        name=one_line(addressee.name),
        office=one_line(addressee.office),
        postal=_lines(addressee.postal),
        email=one_line(addressee.email),
    )


def _lines(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in map(one_line, values) if line)


def one_line(value: str) -> str:
    """`value` in NFC and on one line, without characters that no page can show: as every printed line is."""
    return " ".join(_readable(value).split())


def _block(value: str) -> str:
    return _readable(re.sub("\r\n|[\r\v\f\x1c-\x1f\x85\u2028\u2029]", "\n", value)).strip("\n").rstrip()


# What no page can show: control characters other than white space, and halves of surrogate pairs.
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _readable(value: str) -> str:
    # NFC last: what stood on the two sides of a removed character may compose.
    return unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", _UNREADABLE.sub("", value)))


def as_data(text: LetterText) -> dict[str, Any]:
    """The text as JSON can hold it; `from_data` gives the same text back."""
    return asdict(text)


def from_data(data: Mapping[str, Any]) -> LetterText:
    """The text that `as_data` wrote, from tuples or from the lists that JSON makes of them.

    Raises KeyError or TypeError when fields are missing or unknown.
    """
    addressees = tuple(Addressee(**{**a, "postal": tuple(a["postal"])}) for a in data["addressees"])
    text = LetterText(**{**data, "addressees": addressees})
    return replace(text, cc=tuple(text.cc), leads=tuple(text.leads), enclosures=tuple(text.enclosures))


@lru_cache(maxsize=256)
def body_html(markdown: str) -> Markup:
    """The body's Markdown as HTML that is safe on our pages and in the PDF.

    Headings begin at h2 (the subject is the page's h1) and leave no level out; links go to http, https and mailto
    addresses only; anything else that Markdown or HTML could bring in is shown as the text it was typed as.
    """
    html = _MARKDOWN.render(_block(markdown))
    # Nothing hostile should come out of Markdown above; nh3 keeps that true when the parser changes.
    return Markup(_CLEANER.clean(html))  # noqa: S704


def _letter_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True})
    markdown.enable(["replacements", "smartquotes"])
    markdown.disable(["image", "code", "fence", "backticks", "html_block", "html_inline"])
    markdown.use(footnote_plugin)
    markdown.core.ruler.push("shift_headings", _shift_headings)
    markdown.validateLink = _is_web_or_mail  # type: ignore[method-assign]
    markdown.add_render_rule("footnote_block_open", _footnotes_open)
    markdown.add_render_rule("footnote_caption", _footnote_number)
    markdown.add_render_rule("footnote_anchor", _footnote_way_back)
    return markdown


def _shift_headings(state: StateCore) -> None:
    # A level that was left out is closed up: who listens to a page finds their way by its levels.
    above: list[str] = []
    for token in state.tokens:
        if token.type == "heading_open":
            above = [*(tag for tag in above if tag < token.tag), token.tag]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(len(above) + 1, 6)}"


def _is_web_or_mail(url: str) -> bool:
    return re.match(r"(https?://[^/]|mailto:.)", url, re.IGNORECASE) is not None


def _footnotes_open(_: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return '<section class="footnotes">\n<ol class="footnotes-list">\n'


def _footnote_number(_: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return str(int(tokens[at].meta["id"]) + 1)


def _footnote_way_back(
    _: RendererProtocol, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    number, again = int(tokens[at].meta["id"]) + 1, int(tokens[at].meta["subId"])
    target = f"fnref{number}:{again}" if again else f"fnref{number}"
    return f' <a href="#{target}" class="footnote-backref" aria-label="Back to note {number} in the text">↑</a>'


_KEPT_VALUES = {
    ("a", "href"): re.compile(r"(?i:https?://[^/]|mailto:.)|#fn(ref)?\d+(:\d+)?\Z"),
    ("a", "id"): re.compile(r"fnref\d+(:\d+)?\Z"),
    ("a", "class"): re.compile(r"footnote-backref\Z"),
    ("a", "aria-label"): re.compile(r"Back to note \d+ in the text\Z"),
    ("li", "id"): re.compile(r"fn\d+\Z"),
    ("li", "class"): re.compile(r"footnote-item\Z"),
    ("sup", "class"): re.compile(r"footnote-ref\Z"),
    ("section", "class"): re.compile(r"footnotes\Z"),
    ("ol", "class"): re.compile(r"footnotes-list\Z"),
    ("ol", "start"): re.compile(r"\d{1,9}\Z"),
}


def _kept_value(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("a", "rel"):
        return value  # nh3's own
    kept = _KEPT_VALUES.get((tag, attribute))
    return value if kept and kept.match(value) else None


_TEXT_TAGS = {"p", "br", "hr", "strong", "em", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "h5", "h6"}
_MARKDOWN = _letter_markdown()
_CLEANER = nh3.Cleaner(
    tags=_TEXT_TAGS | {"a", "sup", "section"},
    attributes={tag: {a for t, a in _KEPT_VALUES if t == tag} for tag, _ in _KEPT_VALUES},
    attribute_filter=_kept_value,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener noreferrer",
)
