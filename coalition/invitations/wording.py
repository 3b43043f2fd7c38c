"""A mail's words as a coordinator writes them: plain paragraphs with named placeholders; checked, and filled in.

An empty line parts two paragraphs, and lines that begin with "- " make a list. {link} stands in a paragraph of its own
and becomes the button; {letter} and {ask}, each in a paragraph of its own, are set off as the letter's. A paragraph
whose placeholder has nothing to say is left out. A value is text: neither a placeholder nor a line of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

# Every placeholder, and what it becomes; shown beside the words while they are written.
PLACEHOLDERS: dict[str, str] = {
    "contact": "the contact’s name; “colleagues” where none is known",
    "organisation": "the name of the organisation that is asked",
    "coordinator": "the name of the letter’s coordinator",
    "letter": "the letter’s subject",
    "ask": "what the letter asks for",
    "addressee": "whom the letter is addressed to",
    "leads": "the lead organisations; a paragraph with it is left out where there are none",
    "deadline": "the day and hour the list closes, with its time zone",
    "answer by": "the day you ask for an answer by; where none is set, the day and hour the list closes",
    "days left": "how long is left until that day: “7 days are left”, “today is the last day”",
    "link": "the button that opens the letter; needed once, in a paragraph of its own",
}
# What people write for them, where the spelling alone would not tell.
_MEANT = {
    "name": "contact",
    "first name": "contact",
    "charity": "organisation",
    "url": "link",
    "button": "link",
    "subject": "letter",
    "title": "letter",
    "sender": "coordinator",
    "date": "deadline",
    "closes": "deadline",
    "soft deadline": "answer by",
    "by": "answer by",
    "recipient": "addressee",
}
LONGEST_SUBJECT = 200
LONGEST_BODY = 6000

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_ITEM = re.compile(r"[-*•]\s+")


@dataclass(frozen=True)
class Wording:
    subject: str
    body: str

    def or_else(self, proposed: "Wording") -> "Wording":
        """These words; the proposed ones where there are none."""
        return Wording(self.subject.strip() or proposed.subject, self.body.strip() or proposed.body)


# What we propose for the invitation.
INVITATION = Wording(
    "Will {organisation} endorse our letter? {letter}",
    """Dear {contact},

{coordinator} asks {organisation} to endorse a joint letter to {addressee}, by {deadline}.

{letter}

{ask}

The letter is led by {leads}.

One page has the whole letter and the forms to endorse or decline. You need no account, and reading it decides nothing.

{link}

Questions? Just reply to this mail: it reaches {coordinator}.""",
)

# And for a reminder.
REMINDER = Wording(
    "Reminder: will {organisation} endorse our letter? {letter}",
    """Dear {contact},

This is a reminder. {coordinator} asked {organisation} to endorse a joint letter to {addressee}, and has no answer yet.

{letter}

{ask}

We hope for your answer by {answer by}: {days left}. The list closes on {deadline}.

Either answer helps: the page has a form to endorse and one to decline, and you need no account.

If it is a no, “Decline” tells us so, and you will not be reminded again.

{link}

Thank you. Questions? Just reply to this mail: it reaches {coordinator}.""",
)


@dataclass(frozen=True)
class Block:
    """One paragraph, filled in. A letter's has its subject as `title`; the link itself is known to who sends it."""

    kind: Literal["text", "list", "letter", "link"]
    lines: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Filled:
    subject: str
    blocks: tuple[Block, ...]
    heading: str = ""  # the letter's subject, where no block has it as one: it goes before the link


def check(subject: str, body: str) -> dict[str, str]:
    """What is wrong with the words, for "subject" and for "body", in sentences. Empty words are the proposed ones."""
    return {part: " ".join(sentences) for part, sentences in problems(subject, body).items() if sentences}


def problems(subject: str, body: str) -> dict[str, list[str]]:
    """The same, sentence by sentence."""
    return {
        "subject": [*_unknown(subject), *_lone_braces(subject), *_link_in_subject(subject)],
        "body": [*_unknown(body), *_lone_braces(body), *_link_in_body(body)] if body.strip() else [],
    }


def _unknown(text: str) -> list[str]:
    typed = dict.fromkeys(found[1] for found in _PLACEHOLDER.finditer(text) if _named(found[1]) not in PLACEHOLDERS)
    return [_not_ours(name) for name in typed][:5]


def _not_ours(typed: str) -> str:
    if not typed.strip():
        return "The braces {} have no name between them. Write one of the placeholders, such as {contact}."
    shown = typed if len(typed) <= 40 else f"{typed[:40]}…"
    meant = _near(typed)
    if meant:
        return f"There is no placeholder {{{shown}}}. Did you mean {{{meant}}}?"
    return f"There is no placeholder {{{shown}}}. Use one of the list, or leave out its braces."


def _near(typed: str) -> str:
    name = _named(typed)
    near = get_close_matches(name, [*PLACEHOLDERS, *_MEANT], n=1, cutoff=0.7)
    return _MEANT.get(near[0], near[0]) if near else ""


def _named(typed: str) -> str:
    """The name however it is spaced and capitalised: {Answer_By} is {answer by}."""
    return " ".join(re.sub("[_-]", " ", typed).split()).casefold()


def _lone_braces(text: str) -> list[str]:
    """Braces that hold no name between them; each is shown with the words that follow it, or stand before it."""
    hidden = _PLACEHOLDER.sub(lambda found: " " * len(found[0]), text)
    lone = []
    for found in re.finditer("[{}]", hidden):
        at, brace = found.start(), found[0]
        near = text[at : at + 25].split("\n")[0] if brace == "{" else text[max(at - 24, 0) : at + 1].split("\n")[-1]
        lone.append(f"There is a single {brace} at “{near.strip()}”. Write both braces, as in {{contact}}, or none.")
    return lone[:3]


def _link_in_subject(subject: str) -> list[str]:
    if "link" in _names(subject):
        return ["A subject can hold no {link}. It stands in the mail itself."]
    return []


def _link_in_body(body: str) -> list[str]:
    names = _names(body)
    if names.count("link") > 1:
        return ["{link} is there more than once. Keep one: a mail has one button."]
    if "link" in names:
        alone = any(_is_only(line, "link") for block in _blocks(body) for line in block if len(block) == 1)
        return [] if alone else ["Put {link} in a paragraph of its own, with an empty line above and below it."]
    if any(_near(found[1]) == "link" for found in _PLACEHOLDER.finditer(body)):  # that has been said
        return []
    return ["There is no {link}. Put it in a paragraph of its own: it becomes the button that opens the letter."]


def _names(text: str) -> list[str]:
    return [_named(found[1]) for found in _PLACEHOLDER.finditer(text)]


def fill(words: Wording, values: Mapping[str, str]) -> Filled:
    """The words with a value for each placeholder but {link}. What is no placeholder stays as it was typed."""
    blocks = [block for pattern in _patterns(words.body) if (block := _with_values(pattern, values))]
    if not any(block.kind == "link" for block in blocks):  # never a mail that cannot be answered
        blocks.append(Block("link"))
    heading = "" if any(block.title for block in blocks) else values.get("letter", "")
    return Filled(_value(words.subject, values), tuple(_joined(blocks)), heading)


@lru_cache(maxsize=64)
def _patterns(body: str) -> tuple[Block, ...]:
    return tuple(pattern for lines in _blocks(body) for pattern in _taken_apart(lines))


def _blocks(body: str) -> list[list[str]]:
    """The paragraphs, each as its lines."""
    paragraphs = re.split(r"\n\s*\n", body.replace("\r\n", "\n").replace("\r", "\n").strip())
    return [[line.strip() for line in one.split("\n")] for one in paragraphs if one.strip()]


def _taken_apart(lines: list[str]) -> list[Block]:
    if len(lines) == 1 and _is_only(lines[0], "link"):
        return [Block("link")]
    if len(lines) == 1 and _is_only(lines[0], "letter"):
        return [Block("letter", title=lines[0])]
    if len(lines) == 1 and _is_only(lines[0], "ask"):
        return [Block("letter", (lines[0],))]
    found: list[Block] = []
    for line in lines:
        item = _ITEM.match(line)
        kind: Literal["list", "text"] = "list" if item else "text"
        said = line[item.end() :] if item else line
        if found and found[-1].kind == kind:
            found[-1] = replace(found[-1], lines=(*found[-1].lines, said))
        else:
            found.append(Block(kind, (said,)))
    return found


def _is_only(line: str, name: str) -> bool:
    found = _PLACEHOLDER.fullmatch(line)
    return found is not None and _named(found[1]) == name


def _with_values(pattern: Block, values: Mapping[str, str]) -> Block | None:
    """None where there is nothing to say."""
    if pattern.kind == "link":
        return pattern
    if pattern.kind == "text" and not all(_says(line, values) for line in pattern.lines):
        return None
    lines = tuple(_value(line, values) for line in pattern.lines if _says(line, values))
    title = _value(pattern.title, values)
    return replace(pattern, lines=lines, title=title) if lines or title else None


def _says(line: str, values: Mapping[str, str]) -> bool:
    return all(values.get(name, "-") for name in _names(line))


def _value(line: str, values: Mapping[str, str]) -> str:
    """In one pass: what a value holds is not looked at again. A value keeps to its line."""
    return _PLACEHOLDER.sub(lambda found: " ".join(values.get(_named(found[1]), found[0]).split()), line)


def _joined(blocks: list[Block]) -> list[Block]:
    """The letter's subject and what it asks are one block where they follow each other."""
    joined: list[Block] = []
    for block in blocks:
        if joined and block.kind == joined[-1].kind == "letter" and not block.title and not joined[-1].lines:
            joined[-1] = replace(joined[-1], lines=block.lines)
        else:
            joined.append(block)
    return joined
