"""What came of a letter: won, partly won, lost, or no reply; changed as often as the world does, and told once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from coalition.base import outbox
from coalition.base.refused import Overtaken, Refused
from coalition.dispatch.noting import Unclear
from coalition.endorsements.records import COUNTED
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.tables import contacts, endorsements, invitations, mail_stops
from coalition.tables import letters as letters_table

OUTCOMES = {
    "won": "Won",
    "partly won": "Partly won",
    "lost": "Lost",
    "no reply": "No reply",
}
LONGEST_WORDS = 1200

Done = Literal["recorded", "same"]


@dataclass(frozen=True)
class CameOfIt:
    """What a coordinator says came of the letter. Without an outcome it is not known yet."""

    outcome: str
    on: date | None = None
    words: str = ""


def record(connection: Connection, slug: str, said: CameOfIt, seen: int, who: str, now: datetime) -> Done:
    """Records what came of it, or that it is open again. `seen` is the letter's revision on the page.

    Raises Unclear, Overtaken, Refused.
    """
    letter = letters.letter_by_slug(connection, slug)
    if letter.state == "draft":
        raise Refused("The letter is still a draft, so nothing has come of it yet.")
    if not said.outcome:
        said = CameOfIt("")
    wrong = problems(said, letter, now)
    if wrong:
        raise Unclear(wrong)
    if came_of(letter) == said:
        return "same"
    if not letters.save(
        connection, letter, seen=seen, outcome=said.outcome, outcome_on=said.on, outcome_words=said.words
    ):
        raise Overtaken(
            "Somebody else changed this letter after you opened this page. What you typed is kept below and not saved "
            "yet: compare it with what is recorded now, then save again."
        )
    data = {"outcome": said.outcome, "on": said.on.isoformat() if said.on else "", "words": said.words}
    add_history(
        connection, letter.id, now, Deed("outcome recorded" if said.outcome else "outcome open", who, data=data)
    )
    return "recorded"


def came_of(letter: Letter) -> CameOfIt:
    return CameOfIt(letter.outcome, letter.outcome_on, letter.outcome_words)


def problems(said: CameOfIt, letter: Letter, now: datetime) -> dict[str, str]:
    """What is missing or wrong: field -> what to do. Empty when nothing."""
    wrong: dict[str, str] = {}
    zone = ZoneInfo(letter.time_zone)
    if said.outcome and said.outcome not in OUTCOMES:
        wrong["outcome"] = "Choose what came of it."
    if said.outcome and said.on is None:
        wrong["on"] = "Give the day on which that was known."
    elif said.on and said.on > now.astimezone(zone).date():
        wrong["on"] = "That day is still to come. Record the outcome when it is known."
    elif said.on and said.on < (letter.opened_at or letter.created_at).astimezone(zone).date():
        wrong["on"] = "The letter was not open for endorsement yet on that day. Choose a later one."
    if len(said.words) > LONGEST_WORDS:
        wrong["words"] = f"This is longer than {LONGEST_WORDS:,} characters. Please shorten it."
    return wrong


# Everybody who stands under the letter and can be reached: whoever is asked there now.
_endorsers = (
    select(invitations.c.id, contacts.c.email)
    .join_from(endorsements, invitations, endorsements.c.invitation_id == invitations.c.id)
    .join(contacts, invitations.c.contact_id == contacts.c.id)
    .where(
        *COUNTED,
        invitations.c.nonce.is_not(None),
        contacts.c.email != "",
        contacts.c.email.not_in(select(mail_stops.c.email)),
    )
    .order_by(invitations.c.id)
)
_count = select(func.count()).select_from(_endorsers.order_by(None).subquery())


def to_tell(connection: Connection, letter: Letter) -> int:
    """How many endorsers would be mailed. 0 when nothing came of it yet, or they were told just this."""
    if not letter.outcome or letter.outcome_told == letter.outcome:
        return 0
    return connection.execute(_count, {"of_letter": letter.id}).scalar_one()


def tell(connection: Connection, slug: str, outcome: str, who: str, now: datetime) -> int:
    """Mails each endorser what came of it, once; another outcome, later, once more. `outcome` is the one on the page.

    Returns how many are mailed: 0 when they were told. Raises Overtaken when it is another one by now.
    """
    letter = letters.letter_by_slug(connection, slug)
    if not letter.outcome or letter.outcome != outcome:
        raise Overtaken("What came of it was changed after you opened this page. Read it again, then tell them.")
    done = connection.execute(
        update(letters_table)
        .where(letters_table.c.id == letter.id, letters_table.c.outcome_told != letter.outcome)
        .values(outcome_told=letter.outcome)
    )
    if done.rowcount == 0:
        return 0
    found = connection.execute(_endorsers, {"of_letter": letter.id}).all()
    outbox.queue_many(
        connection,
        [
            {
                "message": "outcome",
                "recipient": email,
                "letter_id": letter.id,
                "subject_id": id,
                "data": {"outcome": letter.outcome},
            }
            for id, email in found
        ],
        now,
    )
    data = {"outcome": letter.outcome, "endorsers": len(found)}
    add_history(connection, letter.id, now, Deed("endorsers told of the outcome", who, data=data))
    return len(found)
