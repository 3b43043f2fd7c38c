"""Suggesting other words for a passage of the letter. What the desk does with them stands in `taking`."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, func, select

from coalition.base import outbox
from coalition.base.refused import Refused, TooMany
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.rules import TextChanged
from coalition.endorsements.suggestions import records as suggestions
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records as invitations
from coalition.invitations.actions import Opened, mailed_to, opened_to_answer
from coalition.invitations.rules import Invitation, check_answer
from coalition.letters import passages
from coalition.letters import records as letters
from coalition.letters.passages import Span
from coalition.letters.rules import Letter
from coalition.letters.rules import check as check_letter
from coalition.people import records as people
from coalition.tables import outbox as outbox_table

PASSAGE_LONGEST = 5_000
REASON_LONGEST = 1_000
OPEN_MOST = 20  # of one organisation
A_DAY_MOST = 60
BETWEEN_DIGESTS = timedelta(hours=1)

Outcome = Literal["suggested", "taken-back", "same"]


def suggest_by_link(
    connection: Connection,
    nonce: str | None,
    passage: str,
    replacement: str,
    reason: str,
    version: int | None,
    now: datetime,
) -> Outcome:
    """What `suggest` does, through a link. The same click again changes nothing."""
    found = opened_to_answer(connection, nonce, now)
    before = suggestions.how_many_open(connection, found.invitation.id)
    suggest(connection, found, passage, replacement, reason, version or found.letter.version, now)
    return "suggested" if suggestions.how_many_open(connection, found.invitation.id) > before else "same"


def suggest(
    connection: Connection,
    found: Opened,
    passage: str,
    replacement: str,
    reason: str,
    version: int,
    now: datetime,
    *,
    mail: bool = True,
) -> int:
    """Records a suggestion on the version that was read, and returns its id: that of the one before for the same once
    more. `mail`: whether who made it gets a mail that it has arrived.

    Raises Incomplete, Closed, TooMany, rules.TextChanged, or Refused where they have too many open.
    """
    letter, one = found.letter, found.invitation
    check_answer(one, letter, now)
    check_letter(letter, "revise", now)
    span = _standing(connection, letter, passage, replacement, reason, version)
    read = letters.version(connection, letter.id, version).text
    words = passages.words(read, span)
    same = _same(connection, one.id, span, words, replacement, reason)
    if same:
        return same
    _check_limits(connection, one, now)
    contact_id = found.link.contact_id or one.contact_id
    id = suggestions.add(
        connection,
        letter_id=letter.id,
        organisation_id=one.organisation_id,
        invitation_id=one.id,
        contact_id=contact_id,
        version=version,
        place=span.place,
        passage=words,
        replacement=replacement,
        reason=reason,
        made_at=now,
        state="open",
    )
    invitations.move(connection, one.id, "read", now, read_at=now)
    # The words are not in the history, which outlives them.
    deed = Deed("suggestion made", one.organisation, one.id, {"suggestion": id, "version": version})
    add_history(connection, letter.id, now, deed)
    email = mailed_to(connection, found.link.nonce) or one.email
    if mail and email:
        data = {"suggestion": id, "contact": contact_id}
        outbox.queue(connection, "suggestion", email, now, letter_id=letter.id, subject_id=one.id, data=data)
    _tell_coordinator(connection, letter, now)
    return id


def _standing(
    connection: Connection, letter: Letter, passage: str, replacement: str, reason: str, version: int
) -> Span:
    """Where the passage stands in the version that was read."""
    wrong = problems(passage, replacement, reason)
    if not 0 < version <= letter.version:
        raise Refused("Open your link again: this page does not say which version you read.")
    there = [] if wrong else passages.spans(letters.version(connection, letter.id, version).text, passage)
    if not wrong and not there:
        wrong["passage"] = (
            f"These words are not in version {version} as they stand here. Copy them from the letter, or choose "
            "a paragraph."
        )
    elif len(there) > 1:
        wrong["passage"] = (
            "These words stand in the letter more than once. Take in a few more of the words around them."
        )
    if wrong:
        raise Incomplete(wrong)
    if version != letter.version and not passages.spans(letter.text, passage):
        raise TextChanged(
            "The letter’s text was changed after you opened this page, and does not say these words any more, so "
            "nothing was sent yet. Please read what changed: what you typed is kept below."
        )
    return there[0]


def problems(passage: str, replacement: str, reason: str) -> dict[str, str]:
    """What is missing or wrong: form field -> what to do. Empty when nothing is."""
    wrong: dict[str, str] = {}
    if not passages.folded(passage):
        wrong["passage"] = "Say which words you would change: copy them from the letter, or choose a paragraph."
    elif passages.folded(passage) == passages.folded(replacement):
        wrong["replacement"] = (
            "These are the words that stand there now. Change them, or leave this empty to leave them out."
        )
    for field, value, longest in (
        ("passage", passage, PASSAGE_LONGEST),
        ("replacement", replacement, PASSAGE_LONGEST),
        ("reason", reason, REASON_LONGEST),
    ):
        if len(value) > longest:
            wrong[field] = f"This is longer than {longest:,} characters. Please shorten it."
    return wrong


def _same(
    connection: Connection, invitation_id: int, span: Span, words: str, replacement: str, reason: str
) -> int | None:
    said = (span.place, words, replacement, reason)
    for one in suggestions.of_invitation(connection, invitation_id):
        if one.state == "open" and (one.place, one.passage, one.replacement, one.reason) == said:
            return one.id
    return None


def _check_limits(connection: Connection, one: Invitation, now: datetime) -> None:
    if suggestions.how_many_open(connection, one.id) >= OPEN_MOST:
        raise Refused(
            f"{OPEN_MOST} suggestions of your organisation wait for an answer already. Take one of them back, or wait "
            "for the coordinator. What you typed is kept below."
        )
    day = timedelta(days=1)
    if suggestions.how_many_since(connection, one.id, now - day) >= A_DAY_MOST:
        raise TooMany(
            f"Your organisation made {A_DAY_MOST} suggestions within a day. Please wait until tomorrow, or write to "
            "the coordinator.",
            int(day.total_seconds()),
        )


def _tell_coordinator(connection: Connection, letter: Letter, now: datetime) -> None:
    """One mail an hour at the most, that says what waits then, of all their letters."""
    o = outbox_table.c
    about = (o.message == "suggestions", o.subject_id == letter.coordinator_id)
    if connection.execute(select(o.id).where(*about, o.state == "waiting").limit(1)).first():
        return
    last = connection.execute(select(func.max(o.ended_at)).where(*about, o.state == "sent")).scalar()
    under_way = connection.execute(select(o.id).where(*about, o.state == "claimed").limit(1)).first()
    due = now + BETWEEN_DIGESTS if under_way else max(now, last + BETWEEN_DIGESTS) if last else now
    coordinator = people.coordinator(connection, letter.coordinator_id)
    outbox.queue(connection, "suggestions", coordinator.email, now, subject_id=coordinator.id, due_at=due)


def take_back(connection: Connection, nonce: str | None, id: int, now: datetime) -> Outcome:
    """Who made it takes it back, as long as it is open. Raises Refused."""
    found = opened_to_answer(connection, nonce, now)
    one = next((one for one in suggestions.of_invitation(connection, found.invitation.id) if one.id == id), None)
    if one is None:
        raise Refused("There is no such suggestion of your organisation.")
    if one.state == "withdrawn":
        return "same"
    if id in suggestions.waited_for(connection, found.letter.id):
        raise Refused(
            "Your organisation’s endorsement waits for these words, so they were not taken back. Give the "
            "condition up, or withdraw the endorsement, first."
        )
    if not suggestions.move(connection, id, "open", "withdrawn", decided_at=now):
        raise Refused("It was taken or answered meanwhile, so it was not taken back. What became of it is shown below.")
    deed = Deed("suggestion taken back", found.invitation.organisation, found.invitation.id, {"suggestion": id})
    add_history(connection, found.letter.id, now, deed)
    return "taken-back"
