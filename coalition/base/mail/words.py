"""Renders a message's three files, templates/mail/MESSAGE/{subject.txt,body.txt,body.html}, into words to send."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined, select_autoescape
from jinja2.ext import Extension
from markupsafe import Markup, escape

from coalition.base.mail.message import one_line
from coalition.base.settings import TEMPLATES

MAIL = TEMPLATES / "mail"
RULE = re.compile(r"([a-z0-9.]+) \{(.*?)\}", re.DOTALL)
OPENING_TAG = re.compile(r'<([a-z][a-z0-9]*)( class="([a-z]+)")?(?=[\s>])')


def render(message: str, **values: Any) -> tuple[str, str, str]:
    """Subject (one line), text and HTML. Raises jinja2.UndefinedError when a value is missing.

    Each value is set on one line, so that no name can look like lines of ours; only `|paragraphs` keeps lines.
    """
    subject = one_line(_words.get_template(f"{message}/subject.txt").render(values))
    text = _words.get_template(f"{message}/body.txt").render(values)
    html = _words.get_template(f"{message}/body.html").render(values, subject=subject)
    return subject, text.strip() + "\n", html


def paragraphs(text: str) -> list[list[str]]:
    """What a person typed, as paragraphs of lines."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return [block.split("\n") for block in blocks if block.strip()]


def a_run(text: str) -> Markup:
    """Words out of the middle of a sentence: on one line, with the blanks at their ends."""
    return escape(re.sub(r"\s+", " ", text))


def listed(names: list[str] | tuple[str, ...]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


class InlineStyles(Extension):
    """Writes inline.css into the tags of our HTML as it is loaded: many mail programs drop style sheets.

    It sees the templates only, never what is filled into them.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return OPENING_TAG.sub(_styled, source) if name and name.endswith(".html") else source


def _styled(tag: re.Match[str]) -> str:
    rules = _rules()
    style = "; ".join(filter(None, (rules.get(tag[1]), rules.get(f"{tag[1]}.{tag[3]}"))))
    return f'{tag[0]} style="{style}"' if style else tag[0]


@cache
def _rules() -> dict[str, str]:
    """tag or tag.class -> declarations, on one line."""
    css = (MAIL / "inline.css").read_text(encoding="utf-8")
    return {selector: "; ".join(filter(None, map(str.strip, body.split(";")))) for selector, body in RULE.findall(css)}


def _value(value: Any) -> Any:
    return value if isinstance(value, Markup | Undefined) else one_line(str(value))


_words = Environment(
    loader=FileSystemLoader([MAIL, TEMPLATES]),  # what pages show too is a partial of theirs
    auto_reload=False,
    undefined=StrictUndefined,
    autoescape=select_autoescape(["html"]),
    extensions=[InlineStyles],
    finalize=_value,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_words.filters.update(paragraphs=paragraphs, listed=listed, a_run=a_run)
