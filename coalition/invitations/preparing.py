"""Before an invitation goes: its words, a test to oneself, and mail that waits for its hour."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from coalition.base import mailed, outbox
from coalition.base.clock import iso
from coalition.base.refused import Overtaken, Refused, TooMany
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records
from coalition.invitations.wording import INVITATION, Wording, check
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.rules import check as check_letter
from coalition.people.records import Coordinator

TESTS_MOST, TESTS_WITHIN = 3, timedelta(minutes=1)


def write(connection: Connection, slug: str, seen: int, words: Wording, who: Coordinator, now: datetime) -> Letter:
    """Saves the invitation's words over revision `seen`. The proposed ones are kept as none: they stay ours to mend."""
    letter = letters.letter_by_slug(connection, slug)
    wrong = check(words.subject, words.body)
    if wrong:
        raise Refused(" ".join(wrong.values()))
    subject, body = _unless(words.subject, INVITATION.subject), _unless(words.body, INVITATION.body)
    if not letters.save(connection, letter, seen=seen, invitation_subject=subject, invitation_body=body):
        raise Overtaken(
            "This letter was changed in another window after you opened it here. Your words are kept below and not "
            "saved yet: open this page in a new window, compare, then save here again to replace what is there."
        )
    if (subject, body) != (letter.invitation_subject, letter.invitation_body):
        add_history(connection, letter.id, now, Deed("invitation written", who.called))
    return letters.letter_by_slug(connection, slug)


def _unless(text: str, proposed: str) -> str:
    lines = text.replace("\r\n", "\n").strip()
    return "" if lines == proposed else lines


def send_test(connection: Connection, slug: str, seen_by: int | None, who: Coordinator, now: datetime) -> None:
    """Queues the invitation as `seen_by` would get it, to the coordinator who asks. Raises TooMany."""
    letter = letters.letter_by_slug(connection, slug)
    if seen_by is not None:
        records.invitation(connection, seen_by, letter.id)
    if mailed.count_lately(connection, "invitation_test", who.email, now - TESTS_WITHIN) >= TESTS_MOST:
        raise TooMany(
            f"You have been sent {TESTS_MOST} tests within a minute. Wait a minute, then send another.",
            int(TESTS_WITHIN.total_seconds()),
        )
    outbox.queue(
        connection,
        "invitation_test",
        who.email,
        now,
        letter_id=letter.id,
        subject_id=who.id,
        data={"as": seen_by},
    )


def cancel(
    connection: Connection,
    slug: str,
    who: Coordinator,
    now: datetime,
    *,
    leaves_at: datetime | None = None,
    ids: Collection[int] | None = None,
) -> int:
    """Invitations that wait for an hour, or those of some organisations, do not leave. Returns how many.

    What a worker has claimed is on its way and not counted; a second click finds nothing that waits.
    """
    letter = letters.letter_by_slug(connection, slug)
    which = outbox.waits(letter.id, "invitation", leaves_at, ids)
    # The invitations first: which they are is known by the mail that still waits.
    back = records.back_to_added(connection, letter.id, which, now)
    dropped = outbox.drop(connection, which, now, f"{who.called} chose not to send it.")
    if back:
        add_history(connection, letter.id, now, *(Deed("invitation cancelled", who.called, id) for id in back))
    return dropped


def send_now(
    connection: Connection,
    slug: str,
    who: Coordinator,
    now: datetime,
    *,
    leaves_at: datetime | None = None,
    ids: Collection[int] | None = None,
) -> int:
    """Invitations that wait for an hour leave now. Returns how many; none when they have left."""
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "ask", now)
    sent = outbox.hasten(connection, outbox.waits(letter.id, "invitation", leaves_at, ids), now)
    if sent:
        data = {"invitations": sent, "leaves_at": iso(leaves_at)}
        add_history(connection, letter.id, now, Deed("invitations sent now", who.called, data=data))
    return sent
