"""What the desk does with a suggestion: taking it into the next version's text, or answering without; and what becomes
of it when that text is published, or thrown away.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from coalition.base import outbox
from coalition.base.refused import Overtaken, Refused
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions.records import Suggestion
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import holders
from coalition.letters import next_version, passages
from coalition.letters import records as letters
from coalition.letters.passages import Span
from coalition.letters.records import Version
from coalition.letters.replacing import replaced
from coalition.letters.rules import Letter
from coalition.letters.text import LetterText

ANSWER_LONGEST = 1_000

Outcome = Literal["taken", "answered", "same"]


def take(connection: Connection, slug: str, id: int, seen: int, who: str, now: datetime) -> Outcome:
    """Puts the words into what the next version is to say; `seen` is the revision of it that the page showed.

    Raises Closed, Overtaken, NotFound, or Refused where the passage is not there any more, or twice.
    """
    letter = letters.letter_by_slug(connection, slug)
    one = _of(connection, letter, id)
    if one.state == "accepted":
        return "same"
    if one.state != "open":
        raise Overtaken(f"{one.organisation} took it back, or it was answered meanwhile. Nothing was changed.")
    draft = letter.next_text or letter.text
    next_version.save_next(connection, slug, seen, replaced(draft, stands(draft, one), one.replacement), now)
    suggestions.move(connection, id, "open", "accepted", decided_at=now, decided_by=who)
    add_history(connection, letter.id, now, Deed("suggestion taken", who, one.invitation_id, {"suggestion": id}))
    return "taken"


def stands(text: LetterText, one: Suggestion) -> Span:
    """Where a suggestion's passage stands in a text. Raises Refused where it does not, or more than once."""
    there = passages.spans(text, one.passage)
    there = [span for span in there if span.place == one.place] or there
    if not there:
        raise Refused("The text does not say these words any more, so nothing was changed. The suggestion stays open.")
    if len(there) > 1:
        raise Refused(
            "These words stand in the text more than once by now, so nothing was changed. The suggestion stays open: "
            "change the text by hand, then answer it."
        )
    return there[0]


def answer(connection: Connection, slug: str, id: int, words: str, who: str, now: datetime) -> Outcome:
    """Answers without taking it. Who made it is mailed the words."""
    letter = letters.letter_by_slug(connection, slug)
    one = _of(connection, letter, id)
    if one.state == "answered" and one.answer == words:
        return "same"
    if not words:
        raise Incomplete({"answer": f"Write a few words to {one.organisation}."})
    if len(words) > ANSWER_LONGEST:
        raise Incomplete({"answer": f"This is longer than {ANSWER_LONGEST:,} characters. Please shorten it."})
    if not suggestions.move(connection, id, "open", "answered", decided_at=now, decided_by=who, answer=words):
        raise Overtaken("It was taken, answered or taken back meanwhile. What you typed is kept, and was not sent.")
    add_history(connection, letter.id, now, Deed("suggestion answered", who, one.invitation_id, {"suggestion": id}))
    _mail_proposer(connection, "suggestion_answered", one, now)
    return "answered"


def _of(connection: Connection, letter: Letter, id: int) -> Suggestion:
    one = suggestions.suggestion(connection, id)
    if one.letter_id != letter.id:
        return suggestions.suggestion(connection, 0)
    return one


def _mail_proposer(connection: Connection, message: str, one: Suggestion, now: datetime) -> None:
    held = holders.holder(connection, one.invitation_id, one.contact_id)
    email = held.email if held else ""
    if email:
        data = {"suggestion": one.id, "contact": one.contact_id}
        outbox.queue(connection, message, email, now, letter_id=one.letter_id, subject_id=one.invitation_id, data=data)


# What becomes of the text that they were taken into.


def published(connection: Connection, version: Version, now: datetime) -> list[int]:
    """Those that the new version says are told so; those that it does not say after all are open again. Returns the
    ids of those it says.
    """
    said: list[int] = []
    for one in suggestions.pending(connection, version.letter_id):
        if not _says(version.text, one):
            _open_again(connection, one, now)
            continue
        suggestions.say_published(connection, one.id, version.number)
        deed = Deed("suggestion published", one.decided_by, one.invitation_id, {"version": version.number})
        add_history(connection, one.letter_id, now, deed)
        _mail_proposer(connection, "suggestion_taken", one, now)
        said.append(one.id)
    return said


def _says(text: LetterText, one: Suggestion) -> bool:
    return bool(passages.spans(text, one.replacement)) if one.replacement else not passages.spans(text, one.passage)


def discard_next(connection: Connection, slug: str, seen: int, now: datetime) -> Letter:
    """Throws the next version's text away, and what was taken into it is open again. Raises Overtaken."""
    letter = next_version.discard_next(connection, slug, seen)
    for one in suggestions.pending(connection, letter.id):
        _open_again(connection, one, now)
    return letter


def _open_again(connection: Connection, one: Suggestion, now: datetime) -> None:
    if suggestions.open_again(connection, one.id):
        deed = Deed("suggestion open again", "Coalition", one.invitation_id, {"suggestion": one.id})
        add_history(connection, one.letter_id, now, deed)
