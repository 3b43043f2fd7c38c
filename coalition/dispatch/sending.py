"""A printing sent by mail: written, sent, stopped as long as it waits, and leaving.

It leaves all at once or not at all: one conditional update decides between the worker, which lets it go, and whoever
presses "Stop it". Only then is mail owed to each of its recipients.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from coalition.base import outbox
from coalition.base.clock import iso
from coalition.base.refused import Closed, NotFound, Overtaken, Refused
from coalition.dispatch import cover, records
from coalition.dispatch.noting import OVERTAKEN, Unclear, printed
from coalition.dispatch.records import Recipient
from coalition.dispatch.rules import UNDO, Dispatch, Draft, Person, check, draft_problems
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter, embargo_over
from coalition.letters.rules import check as check_letter
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.people.records import Coordinator
from coalition.printings import records as printings

Outcome = Literal["waiting", "same"]


def write(
    connection: Connection, slug: str, id: int | None, draft: Draft, seen: int, who: Coordinator, now: datetime
) -> int:
    """Keeps a mail to be looked at before it goes, a new one or over revision `seen`. Returns its number.

    Raises Refused, Overtaken, Unclear.
    """
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "deliver", now)
    before = records.dispatch(connection, id, letter.id) if id is not None else None
    state = check(before, "write") if before else "draft"
    wrong = draft_problems(draft)
    if wrong:
        raise Unclear(wrong)
    printed(connection, letter.id, draft.printing)
    values: dict[str, Any] = {name: getattr(draft, name) for name in ("printing", "whom", "subject", "body")}
    values |= {"who": who.called, "ended_by": "", "undo_until": None}
    if before is None:
        id = records.add(connection, letter.id, state=state, way="mail", begun_at=now, **values)
    elif before.revision != seen or not records.change(connection, before, state, **values):
        raise Overtaken(OVERTAKEN)
    assert id is not None  # noqa: S101
    records.put_recipients(connection, id, _rows(draft, who))
    return id


def _rows(draft: Draft, who: Coordinator) -> list[dict[str, Any]]:
    mine = (Person(who.email, who.name),) if draft.to_self else ()
    kinds: tuple[tuple[str, tuple[Person, ...]], ...] = (("to", draft.to), ("cc", draft.cc), ("self", mine))
    return [{"kind": kind, "name": one.name, "email": one.email} for kind, people in kinds for one in people]


def discard(connection: Connection, slug: str, id: int) -> None:
    """A mail that was written and not sent. Raises Refused when it was."""
    letter = letters.letter_by_slug(connection, slug)
    if records.dispatch(connection, id, letter.id).state != "draft":
        raise Refused("This has been sent, so it is kept.")
    records.remove(connection, id)


def send(
    connection: Connection, slug: str, id: int, seen: int, others: int, who: Coordinator, now: datetime
) -> Outcome:
    """Lets it go in five minutes, or when the embargo ends. A second click finds it waiting.

    `seen` is its revision as it was looked at, and `others` how many dispatches there were then. Raises Refused,
    Overtaken.
    """
    letter = letters.letter_by_slug(connection, slug)
    before = records.dispatch(connection, id, letter.id)
    if before.state in ("waiting", "left"):
        return "same"
    check_letter(letter, "deliver", now)
    state = check(before, "send")
    if printings.printing(connection, letter.id, before.printing).state == "failed":
        raise Refused(f"Printing {before.printing} could not be set, so there is nothing to send. Set it again first.")
    if before.revision != seen:
        raise Overtaken("Somebody changed this mail after you looked at it. Nothing was sent: look at it again below.")
    if (newest := _since(connection, letter, others)) is not None:
        raise Overtaken(
            f"{newest.who or 'Somebody'} dispatched printing {newest.printing} after you opened this page. Nothing was "
            "sent from here. Look at what went out, then send this too if it is still wanted."
        )
    if not records.change(connection, before, state, undo_until=now + UNDO, who=who.called):
        raise Overtaken(OVERTAKEN)
    data = {"printing": before.printing, "whom": before.whom, "until": iso(now + UNDO)}
    add_history(connection, letter.id, now, Deed("dispatch sent", who.called, data=data))
    return "waiting"


def others(connection: Connection, letter_id: int) -> int:
    """How many dispatches of a letter wait or have happened: who sends one more should have seen them."""
    return len(_under_way(connection, letter_id))


def _under_way(connection: Connection, letter_id: int) -> list[Dispatch]:
    return [one for one in records.all_dispatches(connection, letter_id) if one.happened or one.state == "waiting"]


def _since(connection: Connection, letter: Letter, seen: int) -> Dispatch | None:
    found = _under_way(connection, letter.id)
    return max(found, key=lambda one: one.undo_until or one.begun_at) if len(found) > seen else None


def stop(connection: Connection, slug: str, id: int, who: Coordinator, now: datetime) -> bool:
    """It does not leave. False when it was stopped before; raises Closed when the worker was quicker."""
    letter = letters.letter_by_slug(connection, slug)
    before = records.dispatch(connection, id, letter.id)
    if before.state == "stopped":
        return False
    if before.state == "left":
        raise Closed("It had left before you pressed the button, so it could not be stopped any more.")
    state = check(before, "stop")
    if not records.change(connection, before, state, ended_by=who.called):
        raise Overtaken(OVERTAKEN)
    data = {"printing": before.printing, "whom": before.whom}
    add_history(connection, letter.id, now, Deed("dispatch stopped", who.called, data=data))
    return True


@dataclass(frozen=True)
class Due:
    slug: str
    id: int


def due(connection: Connection, now: datetime) -> list[Due]:
    """Mails that nothing keeps any more: their window has passed, the embargo is over, their PDF is there."""
    found = []
    for one in records.waiting(connection, now):
        letter = letters.letter(connection, one.letter_id)
        if waits_for(connection, one, letter, now) == "":
            found.append(Due(letter.slug, one.id))
    return found


Wait = Literal["", "undo", "embargo", "PDF"]


def waits_for(connection: Connection, one: Dispatch, letter: Letter, now: datetime) -> Wait:
    """What keeps a waiting mail from leaving; of several, what takes longest."""
    if not embargo_over(letter, now):
        return "embargo"
    if one.undo_until and one.undo_until > now:
        return "undo"
    return "" if printings.printing(connection, one.letter_id, one.printing).state == "set" else "PDF"


def leave(connection: Connection, slug: str, id: int, now: datetime) -> bool:
    """Lets it go: mail is owed to each recipient. False when it was stopped, or must wait after all."""
    letter = letters.letter_by_slug(connection, slug)
    before = records.dispatch(connection, id, letter.id)
    if before.state != "waiting" or waits_for(connection, before, letter, now):
        return False
    day = now.astimezone(ZoneInfo(letter.time_zone)).date()
    if not records.change(connection, before, check(before, "leave"), happened_at=now, day=day):
        return False
    records.make_link(connection, letter.id, before.printing, now)
    recipients = records.recipients(connection, id)
    for one in recipients:
        _owe(connection, before, one, now)
    records.note_on_letter(connection, letter.id)
    data = {"printing": before.printing, "whom": before.whom, "recipients": len(recipients)}
    add_history(connection, letter.id, now, Deed("dispatch left", before.who, data=data))
    return True


def _owe(connection: Connection, one: Dispatch, to: Recipient, now: datetime) -> None:
    data = {"dispatch": one.id, "recipient": to.id}
    # It is about no invitation, so it names no subject: what comes back of it is no organisation's.
    owed = outbox.queue(connection, "dispatch", to.email, now, letter_id=one.letter_id, data=data)
    records.mailed(connection, to.id, owed, email=to.email)


def send_again(
    connection: Connection, slug: str, id: int, recipient: int, email: str, who: Coordinator, now: datetime
) -> bool:
    """To the corrected address of one to whom it did not get through. False when that mail is on its way already."""
    letter = letters.letter_by_slug(connection, slug)
    one = records.dispatch(connection, id, letter.id)
    to = next((found for found in records.recipients(connection, id) if found.id == recipient), None)
    if to is None or one.state != "left":
        raise NotFound("There is no such recipient of this dispatch.")
    fate = records.fates(connection, id)[to.id]
    if fate.state in ("waiting", "claimed", "sent") and not fate.came_back:
        if to.email.lower() == email.lower():
            return False
        raise Refused(f"The mail to {to.email} has not come back. Wait until it is known what becomes of it.")
    if stop := organisations.mail_stop(connection, email):
        raise Refused(f"{stop.words(email)}, so it cannot be used. Write another address.")
    _owe(connection, one, Recipient(to.id, to.kind, to.name, email, None), now)
    data = {"printing": one.printing, "whom": one.whom}
    add_history(connection, letter.id, now, Deed("dispatch sent again", who.called, data=data))
    return True


def proposed(connection: Connection, letter: Letter, number: int) -> Draft:
    """What we propose to write, to the addressees whose e-mail the printed text knows."""
    printing = printings.printing(connection, letter.id, number)
    text = letters.version(connection, letter.id, printing.version).text
    coordinator = people.coordinator(connection, letter.coordinator_id)
    return cover.proposed(text, number, printing.undersigned, coordinator)
