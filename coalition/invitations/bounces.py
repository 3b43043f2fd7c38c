"""Mail that comes back: what a delivery report or a complaint does, and how the coordinator mends it.

Whom to believe. A report is a mail from a stranger. It counts for a mail of ours only by that mail's mark, which we
signed (see base/links.py): in the address the report came to, else in the Message-ID of the mail that it returns. So
nobody can stop somebody else's mail by making up a report. Whoever was sent a mail knows its mark, and could stop mail
to that one address; they could have unsubscribed it as well. The proof of what is posted to the webhook is the secret
in its address.

Each mail has one recipient, so a report does one thing, once: permanent and unwelcome stop all mail to the address,
temporary counts up until it is ENOUGH.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from coalition.base import outbox
from coalition.base.links import Links
from coalition.base.mail.reports import Report, Verdict, about
from coalition.base.mail.webhook import Notice
from coalition.base.outbox import Owed
from coalition.base.refused import NotFound, Refused
from coalition.base.text import without_addresses
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions, records, reports
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.people.records import Coordinator

ENOUGH = 5  # temporary reports on an address, with nothing arriving between them, are a permanent one
REASONS = {"permanent": "bounced", "complaint": "complained", "unsubscribed": "unsubscribed"}


class NotOurs(Refused):
    """It proves to be about no mail of ours. Nothing was changed."""


Lost = Callable[[Connection, Owed, datetime], None]  # told of each mail that came back for good


def take(connection: Connection, report: Report, links: Links, now: datetime, lost: Lost | None = None) -> str:
    """Does what a report asks for, and answers with a sentence on it. Raises NotOurs."""
    if report.what == "answer":
        return "It is an automatic answer, not a report. Nothing was changed."
    if report.what == "unknown":
        raise NotOurs("It is not a delivery report or a complaint that can be read. Nothing was changed.")
    id = next((id for text in (*report.addressed, *report.inside) if (id := links.marked(text))), None)
    owed = outbox.find(connection, id) if id else None
    if owed is None:
        raise NotOurs("It carries no mark of a mail that was sent from here. Nothing was changed.")
    verdict = about(report, owed.recipient)
    return (
        _note(connection, owed, verdict, report.digest, now, lost) if verdict else "It says nothing that can be read."
    )


def take_notice(connection: Connection, notice: Notice, links: Links, now: datetime, lost: Lost | None = None) -> str:
    """The same for what a mail provider posts. It may be about an address only."""
    if notice.verdict is None:
        return "It changes nothing here."
    id = links.marked(notice.marks)
    owed = outbox.find(connection, id) if id else None
    if owed is None and notice.provider_id:
        owed = outbox.of_provider(connection, notice.provider_id)
    if owed is None or owed.recipient.lower() != notice.email.lower():
        owed = reports.last_mail(connection, notice.email)
    if owed is None:
        return "No mail has gone there from here."
    return _note(connection, owed, notice.verdict, notice.digest, now, lost)


def _note(
    connection: Connection, owed: Owed, verdict: Verdict, digest: str, now: datetime, lost: Lost | None = None
) -> str:
    email, one = owed.recipient, _invitation(connection, owed)
    since = (one.read_at, one.answered_at) if one else ()
    if verdict.kind == "arrived" and not reports.held_up(connection, email, since):
        return "The mail arrived."  # as most do: that is not kept
    if not reports.keep(connection, digest, owed.id, email, verdict, now):
        return "It was taken before. Nothing was changed."
    if people.coordinator_by_email(connection, email.lower()) and (one is None or one.email != email):
        return "It is about mail to a coordinator: noted, and nothing is stopped."
    if verdict.kind == "arrived":
        if one:
            records.change(connection, one.id, now, bounces=0)
        return "The mail arrived."
    if verdict.kind == "temporary":
        count = reports.held_up(connection, email, since)
        if count < ENOUGH:
            return _held_up(connection, one, email, _words(verdict), count, now)
        verdict = replace(verdict, kind="permanent", said=f"Held up {count} times, last: {_words(verdict)}")
    said = _stop(connection, one, email, verdict, now)
    if lost and verdict.kind == "permanent":
        lost(connection, owed, now)
    return said


def _invitation(connection: Connection, owed: Owed) -> Invitation | None:
    """What the mail was about, if about an organisation on a letter's list. One that was merged into another since
    has only left its address: it is about that other one where the same person is asked.
    """
    if owed.letter_id is None or owed.subject_id is None or owed.message == "invitation_test":  # that: a coordinator
        return None
    try:
        one = records.invitation(connection, records.became(connection, owed.subject_id), owed.letter_id)
    except NotFound:
        return None
    return one if one.id == owed.subject_id or one.email == owed.recipient else None


def _words(verdict: Verdict) -> str:
    return verdict.said or f"The mail server gave no reason{f' but {verdict.code}' if verdict.code else ''}."


def _held_up(connection: Connection, one: Invitation | None, email: str, words: str, count: int, now: datetime) -> str:
    if one:
        if one.email == email:
            late = {"problem": f"Not arrived so far. {words}"} if one.status in ("queued", "sent", "fetched") else {}
            records.change(connection, one.id, now, bounces=count, **late)
        deed = Deed("mail held up", "the mail server", one.id, {"said": without_addresses(words), "times": count})
        add_history(connection, one.letter_id, now, deed)
    return f"Mail to {email} is held up, {count} of {ENOUGH} times."


def _stop(connection: Connection, one: Invitation | None, email: str, verdict: Verdict, now: datetime) -> str:
    words = _words(verdict)
    stopped = organisations.stop_mail(connection, email, REASONS[verdict.kind], now, words)
    # Of a former contact only the address is stopped: the organisation is asked at another by now.
    if one and one.email == email:
        moved = verdict.kind == "permanent" and records.move(connection, one.id, "bounce", now, problem=words)
        if not moved and verdict.kind != "unsubscribed":  # read or answered: that stands, and so does the trouble
            records.change(connection, one.id, now, problem=words)
        stopped = stopped or moved
    if one and stopped:
        deed, who = {
            "permanent": ("mail bounced", "the mail server"),
            "complaint": ("mail complained of", one.organisation),
            "unsubscribed": ("asked for no more mail", one.organisation),
        }[verdict.kind]
        add_history(connection, one.letter_id, now, Deed(deed, who, one.id, {"said": without_addresses(words)}))
    return f"No more mail goes to {email}."


def correct(connection: Connection, slug: str, id: int, email: str, who: Coordinator, now: datetime) -> Invitation:
    """The same person at a corrected address, and the invitation sent there, in one go. Raises Refused."""
    before = _on_list(connection, slug, id)
    if email.lower() == before.email.lower():
        raise Refused(f"{email} is the address that mail came back from. Correct it, or say that it works again.")
    if stop := organisations.mail_stop(connection, email):
        raise Refused(f"{stop.words(email)}, so it cannot be used. Write another address.")
    old = organisations.contact(connection, before.contact_id) if before.contact_id else None
    name, role = (old.name, old.role) if old else ("", "")
    changed = actions.change_contact(connection, slug, id, email, name, role, who, now)
    if old and changed.contact_id:
        organisations.replace_contact(connection, old.id, changed.contact_id, now)
    records.change(connection, id, now, bounces=0)
    return actions.send_again(connection, slug, id, who, now)


def release(connection: Connection, slug: str, id: int, who: Coordinator, now: datetime) -> None:
    """The mailbox works again, says the coordinator. Raises Refused where a person wanted no more mail."""
    one = _on_list(connection, slug, id)
    if not organisations.let_mail_go(connection, one.email):
        stop = organisations.mail_stop(connection, one.email)
        if stop is None:
            return  # a second click
        raise Refused(
            f"{stop.words(one.email)}. That is theirs to decide, so it stays so. Ask another contact instead."
        )
    # From here the temporary reports are counted anew.
    digest = sha256(f"released {one.email} {now.isoformat()}".encode()).hexdigest()
    reports.keep(connection, digest, None, one.email, Verdict("arrived", (), "", f"{who.called} says so"), now)
    records.change(connection, id, now, problem="", bounces=0)
    add_history(connection, one.letter_id, now, Deed("mailbox works again", who.called, id))


def _on_list(connection: Connection, slug: str, id: int) -> Invitation:
    return records.invitation(connection, id, letters.letter_by_slug(connection, slug).id)
