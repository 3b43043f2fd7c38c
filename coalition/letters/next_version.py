"""Writing the next version of a letter that is open: kept while it is written, compared, frozen in one go."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.base.refused import Overtaken, Refused
from coalition.letters import records, rules
from coalition.letters.records import Version
from coalition.letters.rules import Kind, Letter
from coalition.letters.text import LetterText, canonical, fingerprint, tidied

WHY_LONGEST = 600
KINDS: dict[Kind, str] = {
    "first": "The text that was opened for endorsement",
    "correction": "A correction",
    "substance": "A change of substance",
}


def save_next(connection: Connection, slug: str, seen: int, text: LetterText, now: datetime) -> Letter:
    """Keeps what the next version is to say. Nobody who is asked sees it yet.

    Raises Closed, Refused, or Overtaken when it was saved elsewhere after revision `seen`.
    """
    letter = records.letter_by_slug(connection, slug)
    rules.check(letter, "revise", now)
    if not records.save_next(connection, letter.id, seen=seen, text=tidied(text)):
        raise Overtaken(
            "The next version was saved, thrown away or published in another window after you opened it here. What you "
            "typed is kept below and not saved yet: look at it in a new window, compare, then save here again."
        )
    return records.letter_by_slug(connection, slug)


def discard_next(connection: Connection, slug: str, seen: int) -> Letter:
    """Throws away what the next version was to say. A second click finds it gone. Raises Overtaken."""
    letter = records.letter_by_slug(connection, slug)
    if letter.next_text is None:
        return letter
    if not records.save_next(connection, letter.id, seen=seen, text=None):
        raise Overtaken("The next version was changed in another window meanwhile, so it was not thrown away.")
    return records.letter_by_slug(connection, slug)


def check_next(letter: Letter) -> LetterText:
    """What the next version would say. Raises Refused when it would be none."""
    text = letter.next_text
    if text is None:
        raise Refused("There is no next version to publish: it was published or thrown away. Change the text first.")
    missing = rules.not_a_text(text)
    if missing:
        raise Refused(" ".join(missing.values()))
    if canonical(text) == canonical(letter.text):
        raise Refused(f"This is word for word version {letter.version}, so there is nothing to publish.")
    return text


def freeze_next(
    connection: Connection, slug: str, seen: int, kind: Kind, why: str, now: datetime
) -> tuple[Letter, Version]:
    """The letter as it was, and its new version. Raises Closed, Refused, or Overtaken when what was read is not what
    is kept any more.
    """
    letter = records.letter_by_slug(connection, slug)
    rules.check(letter, "revise", now)
    if kind not in ("correction", "substance"):
        raise Refused("Choose what kind of change it is.")
    if len(why) > WHY_LONGEST:
        raise Refused(f"The reason is longer than {WHY_LONGEST} characters. Please shorten it.")
    text = check_next(letter)
    number = letter.version + 1
    base = letter.base if kind == "correction" else number
    if not records.revise(connection, letter.id, seen=seen, number=number, base=base, text=text):
        raise Overtaken(
            "The next version was changed in another window after you opened this page, so nothing was published. "
            "What it says now is shown below."
        )
    version = Version(letter.id, number, text, canonical(text), fingerprint(text), now, kind, why)
    records.freeze(connection, version)
    return letter, version
