"""That a printing was delivered to its addressees, as the desk notes it. From then on what is printed is settled.

The day and how are in words: sending it from here, with proof, is another story.
"""

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, exists, select, update

from coalition.base.refused import Refused
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter, dispatched
from coalition.letters.rules import check as check_letter
from coalition.printings import records
from coalition.tables import invitations, requests
from coalition.tables import letters as letters_table

LONGEST = 200

Outcome = Literal["noted", "corrected", "same"]


class Unclear(Refused):
    """The form is not complete; `problems` says for each field what to do."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def note(connection: Connection, slug: str, on: date | None, how: str, who: str, now: datetime) -> Outcome:
    """Notes on which day the letter was delivered and how; or corrects what was noted. Raises Refused, Unclear."""
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "deliver", now)
    wrong = _problems(letter, on, how, now)
    if wrong:
        raise Unclear(wrong)
    if not records.all_printings(connection, letter.id):
        raise Refused("The letter has not been printed yet. Close the list first; the first printing is made then.")
    if (letter.delivered_on, letter.delivered_how) == (on, how):
        return "same"
    first = not dispatched(letter)
    at = now if first else letter.dispatched_at
    _put(connection, letter, dispatched_at=at, delivered_on=on, delivered_how=how)
    data = {"on": on.isoformat() if on else "", "how": how}
    deed = Deed("letter delivered" if first else "delivery corrected", who, data=data)
    add_history(connection, letter.id, now, deed)
    return "noted" if first else "corrected"


def _problems(letter: Letter, on: date | None, how: str, now: datetime) -> dict[str, str]:
    wrong: dict[str, str] = {}
    opened = (letter.opened_at or letter.created_at).astimezone(ZoneInfo(letter.time_zone)).date()
    if on is None:
        wrong["on"] = "Give the day on which it was delivered."
    elif on > now.astimezone(ZoneInfo(letter.time_zone)).date():
        wrong["on"] = "That day is still to come. Note it when the letter has been delivered."
    elif on < opened:
        wrong["on"] = "The letter was not open for endorsement yet on that day. Choose a later one."
    if not how:
        wrong["how"] = "Say in a few words how: handed over, posted, sent by mail."
    elif len(how) > LONGEST:
        wrong["how"] = f"This is longer than {LONGEST} characters. Please shorten it."
    return wrong


def take_back(connection: Connection, slug: str, who: str, now: datetime) -> bool:
    """It was not delivered after all. False when that is so already; raises Refused once somebody has relied on it."""
    letter = letters.letter_by_slug(connection, slug)
    if not dispatched(letter):
        return False
    if is_relied_on(connection, letter.id):
        raise Refused(
            "An organisation has asked for a change since, so this stands. The day and the words can be corrected."
        )
    _put(connection, letter, dispatched_at=None, delivered_on=None, delivered_how="")
    add_history(connection, letter.id, now, Deed("delivery taken back", who))
    return True


def is_relied_on(connection: Connection, letter_id: int) -> bool:
    """Has an organisation made a request, which it only can once the letter is delivered?"""
    asked = exists().where(requests.c.invitation_id == invitations.c.id, invitations.c.letter_id == letter_id)
    return bool(connection.execute(select(asked)).scalar())


def _put(connection: Connection, letter: Letter, **values: object) -> None:
    connection.execute(
        update(letters_table).where(letters_table.c.id == letter.id).values(**values, revision=letter.revision + 1)
    )
