"""Other words in the place of a passage of a letter, and nothing else changed.

A passage is quoted as it is read, and is written in Markdown. So what comes of a replacement is read again as the
letter's page shows it: every character outside of the passage must be the same, in the same type, or it is not done.
"""

import html
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from coalition.base.refused import Refused
from coalition.letters import passages
from coalition.letters.passages import Span
from coalition.letters.text import LetterText, body_html, one_line, tidied

Shown = tuple[str, tuple[str, ...]]  # one character, or the name of a block that begins or ends; the type it is set in

BY_HAND = (
    "These words begin or end inside a heading, a list or words in bold or italics, so they could not be exchanged "
    "without touching others. Change the text by hand, then answer the suggestion."
)


def replaced(text: LetterText, span: Span, words: str) -> LetterText:
    """The text with `words` in place of the span, or without it for no words. Raises Refused where that would change
    anything else.
    """
    if span.place != "body":
        written: str = getattr(text, span.place)
        new = _put(written[: span.start], one_line(words), written[span.end :])
        return tidied(replace(text, **{span.place: new}))  # type: ignore[arg-type]
    body = _in_body(text.body, span, words)
    if body is None:
        raise Refused(BY_HAND)
    return tidied(replace(text, body=body))


def _put(before: str, words: str, after: str, notes: str = "") -> str:
    """Of two spaces that meet where words were left out one is enough, and none before a full stop."""
    if not words and (after[:1] in (" ", "") or after[:1] in ".,;:!?)" or notes):
        before = before.rstrip(" ")
    if not words and not notes and before[-1:] in ("", "\n"):
        after = after.lstrip(" ")
    return before + words + notes + after


def _in_body(body: str, span: Span, words: str) -> str | None:
    there = _parted(body, span)
    if there is None:
        return None
    before, after = there
    lines = re.split(r"\n\s*\n", words.strip()) if _is_plain(body, span) else [words]
    wanted = [one for one in map(one_line, lines) if one]
    said = _read_plain("\n\n".join(wanted))
    for candidate in _candidates(body, span, _written(wanted, starts=_starts_line(body, span))):
        if _changes_only(_shown(tidied_body(candidate)), before, said, after):
            return candidate
    return None


def tidied_body(body: str) -> str:
    return body.strip("\n").rstrip()


def _is_plain(body: str, span: Span) -> bool:
    """In a plain paragraph: only there a new paragraph begins by an empty line."""
    begins = body.rfind("\n\n", 0, span.start) + 2 if "\n\n" in body[: span.start] else 0
    return re.match(r"[^\W_]|[\"“‘'(*_]", body[begins:]) is not None and not re.match(r"\d+[.)]\s|\*\s", body[begins:])


def _starts_line(body: str, span: Span) -> bool:
    return re.fullmatch(rf"{_LINE_MARKS}[*_]*", body[: span.start].rpartition("\n")[2]) is not None


_LINE_MARKS = r"[ \t]*(?:(?:>|(?:[-+*]|\d{1,9}[.)])(?=\s|$)|\[\^[^\]\s]+\]:)[ \t]*)*(?:#{1,6}(?=\s|$))?[ \t]*"


def _written(paragraphs: Sequence[str], *, starts: bool) -> str:
    """Plain words as Markdown that reads the same."""
    written = [re.sub(r"([\\*_\[\]])|(<)(?=[a-zA-Z])|(&)(?=#?\w+;)", r"\\\g<0>", one) for one in paragraphs]
    begin = 0 if starts else 1
    for at, one in enumerate(written):
        if at >= begin:
            written[at] = re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^[#>+=-]", r"\\\g<0>", one))
    return "\n\n".join(written)


def _candidates(body: str, span: Span, words: str) -> Iterator[str]:
    """Ways to write it: with the marks around the passage left, taken along, or moved to where words stay."""
    inside = body[span.start : span.end]
    notes = "".join(re.findall(r"(?<!\\)\[\^[^\]\s]+\](?!:)", inside))
    wider_start = span.start - len(re.search(r"(?:[*_]|\[)*$", body[: span.start])[0])  # type: ignore[index]
    found = re.match(r"[*_]*(?:\]\([^()]*\)[*_]*)?", body[span.end :])
    wider_end = span.end + (len(found[0]) if found else 0)
    for start, end in itertools.product(sorted({span.start, wider_start}, reverse=True), sorted({span.end, wider_end})):
        yield _without_empty_lines(_put(body[:start], words, body[end:], notes), start)
    before, after = body[: span.start], body[span.end :]
    for mark in dict.fromkeys(re.findall(r"[*_]+", inside)):
        kept, rest = before.rstrip(" \n"), after.lstrip(" \n")
        yield kept + mark + before[len(kept) :] + words + notes + after
        yield before + words + notes + after[: len(after) - len(rest)] + mark + rest


def _without_empty_lines(body: str, at: int) -> str:
    """Where a whole paragraph was left out, one empty line is enough; and no mark of a list stands for nothing."""
    begins = body.rfind("\n", 0, at) + 1
    ends = body.find("\n", at)
    ends = len(body) if ends < 0 else ends
    line = body[begins:ends]
    if line and re.fullmatch(_LINE_MARKS, line):
        body = body[:begins] + body[ends + 1 :]
    before, after = body[:begins], body[begins:]
    if before.endswith("\n\n") and after.startswith("\n"):
        return before + after.lstrip("\n")
    return body


# Reading it as its page shows it.

_BLOCK = re.compile(r"</?(?:p|h[1-6]|li|ul|ol|blockquote|section|hr|br)\b")
_PARTED: Shown = ("</p>", ())  # one paragraph ends and another begins
_TAG = re.compile(r"(<[^>]*>)")
_NUMBERS = re.compile(r'<sup class="footnote-ref">.*?</sup>|<a [^>]*class="footnote-backref"[^>]*>.*?</a>', re.DOTALL)


def _shown(body: str) -> list[Shown]:
    """The body's characters as they are compared, each with the type it is set in; and where blocks begin and end."""
    shown: list[Shown] = []
    style: list[str] = []
    for part in _TAG.split(_NUMBERS.sub("", str(body_html(body)))):
        if not part.startswith("<"):
            shown += ((sign.read, tuple(style)) for sign in passages.read(html.unescape(part), marks=True))
            # `read` drops a space at its beginning; between two words in different type it is one.
            if part[:1].isspace() and part.strip():
                shown.insert(len(shown) - len(passages.read(html.unescape(part), marks=True)), (" ", tuple(style)))
            elif part and not part.strip():
                shown.append((" ", tuple(style)))
        elif _BLOCK.match(part):
            shown.append((re.sub(r"[ /]*>$| .*", ">", part), ()))
        elif part.startswith("</"):
            style.pop()
        else:
            style.append(part)
    return _joined(shown)


def _joined(shown: list[Shown]) -> list[Shown]:
    """Without spaces beside blocks, and without paragraphs where another block begins or ends anyhow."""
    joined: list[Shown] = []
    for is_gap, run in itertools.groupby(shown, key=lambda one: one[0] == " " or len(one[0]) > 1):
        signs = list(run)
        blocks = [one for one in signs if len(one[0]) > 1]
        others = [one for one in blocks if one[0] not in ("<p>", "</p>")]
        if not is_gap:
            joined += signs
        elif blocks:
            joined += others or [_PARTED]
        else:
            joined.append((" ", ()))
    while joined and joined[0] in (_PARTED, (" ", ())):
        joined.pop(0)
    while joined and joined[-1] in (_PARTED, (" ", ())):
        joined.pop()
    return joined


def _parted(body: str, span: Span) -> tuple[list[Shown], list[Shown]] | None:
    """What is shown before and after a span; None where that cannot be told."""
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in body)
    first, last = next(free), next(free)
    marked = _shown(body[: span.start] + first + body[span.start : span.end] + last + body[span.end :])
    at, to = (next((n for n, one in enumerate(marked) if one[0] == sign), -1) for sign in (first, last))
    if not 0 <= at < to:
        return None
    whole = marked[:at] + marked[at + 1 : to] + marked[to + 1 :]
    return (marked[:at], marked[to + 1 :]) if whole == _shown(body) else None


def _read_plain(words: str) -> list[str]:
    """Words as they are to be shown, with paragraphs."""
    parts = ["".join(sign.read for sign in passages.read(one, marks=True)) for one in words.split("\n\n")]
    signs: list[str] = []
    for part in parts:
        signs += [*([_PARTED[0]] if signs else []), *part.strip()]
    return signs


def _changes_only(shown: list[Shown], before: list[Shown], said: list[str], after: list[Shown]) -> bool:
    """Is everything before and after as it was, and between them what was to be said?"""
    if not said:
        return _leaves_out_only(shown, before, after)
    end = len(shown) - len(after)
    if end < len(before) or shown[: len(before)] != before or shown[end:] != after:
        return False
    return [sign for sign, _ in shown[len(before) : end]] == said


def _leaves_out_only(shown: list[Shown], before: list[Shown], after: list[Shown]) -> bool:
    """The same where nothing comes in its place: spaces, and blocks that held nothing else, may go with it."""
    first = len(before)
    while first and _is_gap(before[first - 1]):
        first -= 1
    last = 0
    while last < len(after) and _is_gap(after[last]):
        last += 1
    kept, rest = before[:first], after[last:]
    end = len(shown) - len(rest)
    if end < len(kept) or shown[: len(kept)] != kept or shown[end:] != rest:
        return False
    between = shown[len(kept) : end]
    parted = [one for one in (*before[first:], *after[:last]) if len(one[0]) > 1]
    needs_block = bool(parted and kept and rest)
    if not all(_is_gap(one) for one in between) or (needs_block and not any(len(one[0]) > 1 for one in between)):
        return False
    gone = [*before[first:], *after[:last]]
    return bool(between) or not gone or not (kept and rest) or not _is_word(kept[-1], rest[0])


def _is_gap(one: Shown) -> bool:
    return one[0] == " " or len(one[0]) > 1


def _is_word(one: Shown, other: Shown) -> bool:
    return one[0].isalnum() and other[0].isalnum()
