"""That a printing was handed over, posted, or delivered in another way: noted, corrected, taken back."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, exists, select

from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.dispatch import records
from coalition.dispatch.rules import UNDO, Dispatch, Noted, Proof, check, problems
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import check as check_letter
from coalition.printings import records as printings
from coalition.tables import endorsements, invitations, requests

Outcome = Literal["noted", "corrected", "same"]

OVERTAKEN = (
    "Somebody else changed this after you opened it here. What you typed is kept below and not saved yet: compare it "
    "with what is noted now, then save again to replace that."
)


class Unclear(Refused):
    """The form is not complete; `problems` says for each field what to do."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def note(connection: Connection, slug: str, noted: Noted, who: str, now: datetime) -> tuple[int, Outcome]:
    """Notes a delivery. Noted once more just as it is there, it is the same one. Raises Refused, Unclear."""
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "deliver", now)
    wrong = problems(noted, letter, now)
    if wrong:
        raise Unclear(wrong)
    printed(connection, letter.id, noted.printing)
    for one in records.happened(connection, letter.id):
        if one.state == "noted" and _as_noted(one) == noted:
            return one.id, "same"
    id = records.add(
        connection,
        letter.id,
        state="noted",
        **_values(noted),
        who=who,
        begun_at=now,
        undo_until=now + UNDO,
        happened_at=now,
    )
    records.note_on_letter(connection, letter.id)
    add_history(connection, letter.id, now, Deed("dispatch noted", who, data=_told(noted)))
    return id, "noted"


def printed(connection: Connection, letter_id: int, number: int) -> None:
    """Raises Refused when there is no such printing."""
    try:
        printings.printing(connection, letter_id, number)
    except NotFound:
        raise Refused("The letter has not been printed yet. Close the list; the first printing is made then.") from None


def correct(
    connection: Connection, slug: str, id: int, noted: Noted, seen: int, who: str, now: datetime
) -> tuple[int, Outcome]:
    """Other words for one that was noted; `seen` is its revision on the page. A proof stays unless there is a new one.

    Raises Refused, Overtaken, Unclear.
    """
    letter = letters.letter_by_slug(connection, slug)
    before = records.dispatch(connection, id, letter.id)
    state = check(before, "correct")
    noted = noted if noted.proof else replace(noted, proof=_as_noted(before).proof)
    wrong = problems(noted, letter, now)
    if wrong:
        raise Unclear(wrong)
    printed(connection, letter.id, noted.printing)
    if _as_noted(before) == noted:
        return id, "same"
    if seen != before.revision or not records.change(connection, before, state, **_values(noted)):
        raise Overtaken(OVERTAKEN)
    add_history(connection, letter.id, now, Deed("dispatch corrected", who, data=_told(noted)))
    return id, "corrected"


def take_back(connection: Connection, slug: str, id: int, who: str, now: datetime) -> bool:
    """It did not happen after all. False when that is so already; raises Refused once somebody has relied on it."""
    letter = letters.letter_by_slug(connection, slug)
    before = records.dispatch(connection, id, letter.id)
    if before.state == "undone":
        return False
    state = check(before, "take back")
    if len(records.happened(connection, letter.id)) == 1:
        if is_relied_on(connection, letter.id):
            raise Refused("An organisation has asked for a change since, so this stands. It can be corrected.")
        if is_told(connection, letter.id):
            raise Refused("The endorsers have been told since, so this stands. It can be corrected.")
    if not records.change(connection, before, state, ended_by=who):
        return False
    records.note_on_letter(connection, letter.id)
    add_history(connection, letter.id, now, Deed("dispatch taken back", who, data=_told(_as_noted(before))))
    return True


def is_relied_on(connection: Connection, letter_id: int) -> bool:
    """Has an organisation made a request, which it only can once the letter is delivered?"""
    asked = exists().where(requests.c.invitation_id == invitations.c.id, invitations.c.letter_id == letter_id)
    return bool(connection.execute(select(asked)).scalar())


def is_told(connection: Connection, letter_id: int) -> bool:
    """Has an endorser been sent the printing?"""
    told = exists().where(endorsements.c.letter_id == letter_id, endorsements.c.final_at.is_not(None))
    return bool(connection.execute(select(told)).scalar())


def _as_noted(one: Dispatch) -> Noted:
    proof = Proof(one.proof, one.proof_kind, one.proof_name) if one.proof else None
    return Noted(one.printing, one.way, one.whom, one.day, one.place, one.handed_by, one.taken_by, one.words, proof)


def _values(noted: Noted) -> dict[str, Any]:
    values = {name: value for name, value in vars(noted).items() if name != "proof"}
    if noted.proof:
        values |= {"proof": noted.proof.sha256, "proof_kind": noted.proof.kind, "proof_name": noted.proof.name}
    return values


def _told(noted: Noted) -> dict[str, Any]:
    """For the history, which outlives what we may know of people: no names of theirs."""
    on = noted.day.isoformat() if noted.day else ""
    return {
        "printing": noted.printing,
        "way": noted.way,
        "whom": noted.whom,
        "on": on,
        "place": noted.place,
        "proof": noted.proof.sha256 if noted.proof else "",
    }
