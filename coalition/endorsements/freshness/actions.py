"""Asking whether they are still happy, the answer by one button, and what the desk decides where nothing is heard."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, update

from coalition.base import outbox
from coalition.base.outbox import Owed
from coalition.base.refused import NotFound, Refused
from coalition.base.text import without_addresses
from coalition.endorsements import records as endorsements_records
from coalition.endorsements import rules as endorsement_rules
from coalition.endorsements.conditions.settling import settle
from coalition.endorsements.freshness import records, rules
from coalition.endorsements.freshness.records import Stale
from coalition.endorsements.freshness.rules import DECIDABLE, Standing
from coalition.endorsements.rules import TextChanged
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records as invitations_records
from coalition.invitations.actions import opened_to_answer
from coalition.invitations.rules import MOVES
from coalition.letters import records as letters
from coalition.letters.rules import Dispatched, Letter, dispatched
from coalition.letters.rules import check as check_letter
from coalition.tables import endorsements, invitations

PIECE = 100  # organisations in one write: the one writer is held for a few hundredths of a second

Decision = Literal["keep", "leave out", "take in"]
# What may be decided of whom: the status that they stand in, the history's word, what becomes of the invitation.
DECISIONS: dict[Decision, tuple[tuple[Standing, ...], str, str]] = {
    "keep": (DECIDABLE, "printed all the same", ""),
    "leave out": ((*DECIDABLE, "kept"), "left out", "leave out"),
    "take in": (("left out",), "taken in again", "take in"),
}

_ids: Any = bindparam("ids", expanding=True, literal_execute=True)
_touched = update(invitations).where(invitations.c.id.in_(_ids)).values(changed_at=bindparam("now"))
_asked = update(endorsements).where(endorsements.c.id.in_(_ids)).values(fresh_asked_at=bindparam("now"))


def ask_some(connection: Connection, slug: str, who: str, now: datetime, most: int = PIECE) -> int:
    """Asks the next of those who were not asked yet. Returns how many; nobody is left when that is none.

    Raises Refused once the letter was delivered.
    """
    letter = _before_dispatch(connection, slug, now)
    some = records.stale(connection, letter, now, "to ask", most=most)
    if some:
        values = {"ids": [one.id for one in some], "now": now}
        connection.execute(_asked, values)
        connection.execute(_touched, {**values, "ids": [one.invitation_id for one in some]})
        rows = [
            {"message": "still_happy", "recipient": one.email, "letter_id": letter.id, "subject_id": one.invitation_id}
            for one in some
        ]
        outbox.queue_many(connection, rows, now)
        deeds = (Deed("asked whether still happy", who, one.invitation_id, {"name": one.name}) for one in some)
        add_history(connection, letter.id, now, *deeds)
    return len(some)


_said = (
    update(endorsements).where(endorsements.c.id == bindparam("of")).values(fresh_at=bindparam("now"), left_out_at=None)
)


def still(connection: Connection, nonce: str | None, version: int, now: datetime) -> Literal["still", "same"]:
    """An organisation says that it is still happy, under the version that was read. Who was left out is in again.

    Also after the list has closed, until the letter is delivered. The same click again changes nothing. Raises
    NotFound, Gone, ViewOnly, Dispatched, TextChanged, or Refused when it does not stand under the letter.
    """
    found = opened_to_answer(connection, nonce, now)
    letter, one = found.letter, found.invitation
    given = endorsements_records.of_organisation(connection, letter.id, one.organisation_id)
    if given is None or not endorsement_rules.stands(given, letter):
        raise Refused("Your organisation does not stand under this letter now, so there is nothing to confirm.")
    if not rules.is_asked(given, letter) and given.left_out_at is None:
        return "same"
    check_letter(letter, "change", now)
    if version != letter.version:
        raise TextChanged(
            "The letter’s text was changed after you opened this page, so nothing was recorded yet. Please read what "
            "changed below, then press the button again."
        )
    connection.execute(_said, {"of": given.id, "now": now})
    if not invitations_records.move(connection, one.id, "take in", now):
        invitations_records.change(connection, one.id, now)
    add_history(connection, letter.id, now, Deed("still happy", one.organisation, one.id, {"name": given.name}))
    settle(connection, letter.id, now)
    return "still"


_decided: dict[str, dict[str, Any]] = {
    "keep": {"kept_at": bindparam("now"), "left_out_at": None},
    "leave out": {"left_out_at": bindparam("now"), "kept_at": None},
    "take in": {"left_out_at": None, "kept_at": bindparam("now")},
}
_DECIDED = {
    what: update(endorsements).where(endorsements.c.id.in_(_ids)).values(values) for what, values in _decided.items()
}


def decide(
    connection: Connection, slug: str, what: Decision, whom: Collection[int] | Standing, who: str, now: datetime
) -> int:
    """Decides of organisations that said nothing, by their invitations; or of the next PIECE standing so.

    "keep": printed all the same. "leave out": not in the next printing, until they say that they are happy or the desk
    takes them in again; they are told. Returns of how many it is decided now: a second click finds none.
    Raises Refused.
    """
    letter = letters.letter_by_slug(connection, slug)
    from_, deed, move = DECISIONS[what]
    if what != "take in":
        letter = _before_dispatch(connection, slug, now)
    some = _to_decide(connection, letter, from_, whom, now)
    if not some:
        return 0
    of = [one.invitation_id for one in some]
    connection.execute(_DECIDED[what], {"ids": [one.id for one in some], "now": now})
    connection.execute(_touched, {"ids": of, "now": now})
    if move:
        before, after = MOVES[move]
        moved = update(invitations).where(invitations.c.id.in_(_ids), invitations.c.status.in_(sorted(before)))
        connection.execute(moved.values(status=after), {"ids": of})
    if what == "leave out":
        rows = [
            {"message": "left_out", "recipient": one.email, "letter_id": letter.id, "subject_id": one.invitation_id}
            for one in some
            if one.email
        ]
        outbox.queue_many(connection, rows, now)
    deeds = (Deed(deed, who, one.invitation_id, {"name": one.name, "asked": one.asked_at is not None}) for one in some)
    add_history(connection, letter.id, now, *deeds)
    settle(connection, letter.id, now)
    return len(some)


def _to_decide(
    connection: Connection, letter: Letter, from_: tuple[Standing, ...], whom: Collection[int] | Standing, now: datetime
) -> list[Stale]:
    if isinstance(whom, str):
        return records.stale(connection, letter, now, whom, most=PIECE) if whom in from_ else []
    return [one for one in records.named(connection, letter, now, whom) if one.standing in from_]


def _before_dispatch(connection: Connection, slug: str, now: datetime) -> Letter:
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "arrange", now)
    if dispatched(letter):
        raise Dispatched("The letter was delivered, so nobody is asked any more whether they are still happy.")
    return letter


# Mail that asks and does not arrive.

_unasked = (
    update(endorsements)
    .where(endorsements.c.invitation_id == bindparam("of"), endorsements.c.fresh_asked_at == bindparam("at"))
    .values(fresh_asked_at=None)
)


def mail_ended(connection: Connection, owed: Owed, ending: str, words: str, now: datetime) -> None:
    """It did not leave: they have not been asked, and the desk sees that."""
    if ending not in ("failed", "dropped") or owed.subject_id is None or owed.letter_id is None:
        return
    try:
        one = invitations_records.invitation(connection, owed.subject_id, owed.letter_id)
    except NotFound:  # merged into another's, or taken off the list
        return
    if not connection.execute(_unasked, {"of": one.id, "at": owed.queued_at}).rowcount:
        return
    invitations_records.change(connection, one.id, now)
    deed, who = ("mail failed", "the mail server") if ending == "failed" else ("mail dropped", "Coalition")
    add_history(connection, one.letter_id, now, Deed(deed, who, one.id, {"said": without_addresses(words)}))
