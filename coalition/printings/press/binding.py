"""Words that stay on one line: the last two or three of a paragraph, and the word before the number of a footnote."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

_BLOCKS = {"p", "ul", "ol", "blockquote"}
_PARAGRAPHS = {"p", "li", "h1", "h2", "h3", "h4", "h5", "h6"}
_FEW, _MANY = 9, 28  # characters: as few would still be a lonely line; as many make one themselves


def bind_words(letter: Any) -> None:
    """Binds them in an element that holds a letter's text, in place; the text stays as it was."""
    parents = {child: parent for parent in letter.iter() for child in parent}
    for paragraph in [element for element in letter.iter() if element.tag in _PARAGRAPHS]:
        _bind_the_last(paragraph)
    for number in [element for element in letter.iter("sup") if element.get("class") == "footnote-ref"]:
        _bind_before(parents[number], number)


def _bind_the_last(paragraph: Any) -> None:
    children = list(paragraph)
    if any(child.tag in _BLOCKS for child in children):
        return
    text = (children[-1].tail if children else paragraph.text) or ""
    begin, last, final = _split(text, words=2)
    if len(last) < _FEW:
        begin, last, final = _split(text, words=3)
    if not begin or len(last) > _MANY:
        return
    bound = _bound(last + final)
    paragraph.append(bound)
    if children:
        children[-1].tail = begin
    else:
        paragraph.text = begin


def _bind_before(parent: Any, number: Any) -> None:
    at = list(parent).index(number)
    before = parent[at - 1] if at else None
    text = parent.text if before is None else before.tail
    begin, last, final = _split(text or "", words=1)
    if not last or final:
        return
    bound = _bound(last)
    bound.tail, number.tail = number.tail, None
    parent.remove(number)
    parent.insert(at, bound)
    bound.append(number)
    if before is None:
        parent.text = begin
    else:
        before.tail = begin


def _split(text: str, words: int) -> tuple[str, str, str]:
    """The text before its last words, these, and the white space behind them."""
    bare = text.rstrip()
    parts = bare.rsplit(maxsplit=words)
    begin = len(bare) - len(bare[len(parts[0]) :].lstrip()) if len(parts) > words else 0
    return bare[:begin], bare[begin:], text[len(bare) :]


def _bound(text: str) -> Any:
    bound = ElementTree.Element("span", {"class": "bound"})
    bound.text = text
    return bound
