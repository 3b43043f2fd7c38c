"""Everybody printed on a letter is sent the printing once, after it has really been delivered, with words to share.

In pieces, so that the writer is free for others in between; each piece marks whom it has written to, so a worker that
is killed leaves the rest to the next, and nobody is written to twice.
"""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, update

from coalition.base import outbox
from coalition.dispatch import records
from coalition.dispatch.telling import addressees
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter, embargo_over, is_public
from coalition.tables import contacts, dispatch_recipients, dispatches, endorsements, invitations
from coalition.tables import outbox as outbox_table

PIECE = 200  # in one write
LARGEST_FILE = 1024 * 1024  # bytes; a larger one, or one that would make a flood, is a link
LARGEST_FLOOD = 200 * 1024 * 1024  # bytes of all the mails together

d, e = dispatches.c, endorsements.c
# It has really happened: a mail to an addressee was taken by a mail server, or five minutes have passed since the note.
_arrived = exists().where(
    dispatch_recipients.c.dispatch_id == d.id,
    dispatch_recipients.c.kind == "to",
    outbox_table.c.id == dispatch_recipients.c.outbox_id,
    outbox_table.c.state == "sent",
)
_happened = or_(and_(d.state == "noted", d.undo_until <= bindparam("now")), and_(d.state == "left", _arrived))
_newest = select(d.letter_id, func.max(d.printing).label("number")).where(_happened).group_by(d.letter_id)
_dispatched = _newest.subquery()
_waiting = (e.printed_in.is_not(None), e.final_at.is_(None), e.withdrawn_at.is_(None), e.held_since.is_(None))
_due = (
    select(_dispatched.c.letter_id, _dispatched.c.number)
    .where(
        exists().where(*_waiting, e.letter_id == _dispatched.c.letter_id, e.printed_in <= _dispatched.c.number),
    )
    .order_by(_dispatched.c.letter_id)
)
_of_letter = (*_waiting, e.letter_id == bindparam("letter_id"), e.printed_in <= bindparam("number"))
_some = (
    select(e.id, e.invitation_id, contacts.c.email)
    .join_from(endorsements, invitations, invitations.c.id == e.invitation_id)
    .outerjoin(contacts, contacts.c.id == invitations.c.contact_id)
    .where(*_of_letter)
    .order_by(e.id)
    .limit(bindparam("most"))
)
_count = select(func.count()).select_from(endorsements).where(*_of_letter)


def due(connection: Connection, now: datetime) -> list[tuple[int, int]]:
    """Letters whose endorsers are to be told now, and the printing that they get."""
    rows = connection.execute(_due, {"now": now}).all()
    return [(id, number) for id, number in rows if embargo_over(letters.letter(connection, id), now)]


def tell_some(connection: Connection, letter_id: int, now: datetime, most: int = PIECE) -> int:
    """Owes the mail to some of those who are still to get it. Returns how many it was; zero: nobody is left."""
    number = dict(due(connection, now)).get(letter_id)
    if number is None:
        return 0
    values = {"letter_id": letter_id, "number": number}
    _note_begun(connection, letter_id, number, now)
    found = connection.execute(_some, values | {"most": most}).all()
    rows = [
        {
            "message": "final",
            "recipient": email,
            "letter_id": letter_id,
            "subject_id": invitation_id,
            "data": {"printing": number},
        }
        for _, invitation_id, email in found
        if email
    ]
    outbox.queue_many(connection, rows, now)
    connection.execute(update(endorsements).where(e.id.in_([id for id, _, _ in found])).values(final_at=now))
    return len(found)


def _note_begun(connection: Connection, letter_id: int, number: int, now: datetime) -> None:
    """With the first of them, that they are told is history, and cannot be taken back."""
    begun = next(one for one in records.happened(connection, letter_id) if one.printing == number)
    if begun.told_at is not None:
        return
    records.make_link(connection, letter_id, number, now)
    connection.execute(update(dispatches).where(d.id == begun.id).values(told_at=now))
    count = connection.execute(_count, {"letter_id": letter_id, "number": number}).scalar_one()
    data = {"printing": number, "count": count}
    add_history(connection, letter_id, now, Deed("endorsers told", "the dispatch", data=data))


_told = select(func.count()).select_from(endorsements)
_told = _told.where(e.letter_id == bindparam("letter_id"), e.final_at.is_not(None))


def count_told(connection: Connection, letter_id: int) -> int:
    return connection.execute(_told, {"letter_id": letter_id}).scalar_one()


def largest(undersigned: int) -> int:
    """How many bytes of a PDF each of so many may be sent as a file."""
    return min(LARGEST_FILE, LARGEST_FLOOD // max(undersigned, 1))


def text(letter: Letter, organisation: str, undersigned: int, base_url: str, now: datetime) -> str:
    """A few words that an endorser may publish as they are."""
    others = undersigned - 1
    with_others = "" if others < 1 else " and one other organisation" if others == 1 else f" and {others:,} others"
    who = f"{organisation}{with_others} {'has' if others < 1 else 'have'}"
    words = f"{who} written to {addressees(letter.text)}: “{letter.subject}”. {letter.text.ask}"
    return f"{words} {base_url}/letters/{letter.slug}" if is_public(letter, now) else words
