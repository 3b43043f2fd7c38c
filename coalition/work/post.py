"""The worker's post: every message there is, who writes it, and who is told how it ended."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from coalition.base.database import Database
from coalition.base.links import Links
from coalition.base.mail.batches import BatchPump
from coalition.base.mail.message import Mail
from coalition.base.mail.office import LARGEST_ATTACHED, LARGEST_THROUGH_POSTMARK, NotWanted, Office
from coalition.base.mail.pump import Ending, Pump
from coalition.base.mail.transports import Transport, open_transport
from coalition.base.outbox import Owed
from coalition.base.refused import NotFound
from coalition.base.settings import Settings
from coalition.dispatch import mail as dispatch_mail
from coalition.dispatch import outcome_mail
from coalition.endorsements import mail as answer_mail
from coalition.endorsements import request_mail, revising, revision_mail
from coalition.endorsements.conditions import mail as condition_mail
from coalition.endorsements.freshness import actions as freshness
from coalition.endorsements.freshness import mail as freshness_mail
from coalition.endorsements.joins import mail as join_mail
from coalition.endorsements.suggestions import mail as suggestion_mail
from coalition.invitations import actions as invitations
from coalition.invitations import mail as invitation_mail
from coalition.invitations import passing_mail
from coalition.invitations.reminders import mail as reminder_mail
from coalition.invitations.reminders import reminding
from coalition.people import mail as people_mail
from coalition.printings.store import Store

# Every message there is, and who writes it.
MESSAGES: dict[str, Callable[[Connection, Owed, Office, datetime], Mail]] = {
    "sign_in": people_mail.sign_in,
    "invitation": invitation_mail.invitation,
    "invitation_test": invitation_mail.test,
    "deadline_moved": invitation_mail.deadline_moved,
    "reminder": reminder_mail.reminder,
    "receipt": answer_mail.receipt,
    "withdrawn": answer_mail.withdrawn,
    "declined": answer_mail.declined,
    "later": answer_mail.later,
    "deciding_day": answer_mail.deciding_day,
    "condition": condition_mail.condition,
    "conditions": condition_mail.told,
    "corrected": revision_mail.corrected,
    "asked_again": revision_mail.asked_again,
    "still_happy": freshness_mail.still_happy,
    "left_out": freshness_mail.left_out,
    "suggestion": suggestion_mail.arrived,
    "suggestion_answered": suggestion_mail.answered,
    "suggestion_taken": suggestion_mail.taken,
    "suggestions": suggestion_mail.waiting,
    "forwarded": passing_mail.forwarded,
    "passed_on": passing_mail.passed_on,
    "look": passing_mail.look,
    "request": request_mail.request,
    "request_answered": request_mail.request_answered,
    "dispatch": dispatch_mail.dispatch,
    "final": dispatch_mail.final,
    "join_confirm": join_mail.confirm,
    "join_waiting": join_mail.waiting,
    "join_approved": join_mail.approved,
    "join_turned_down": join_mail.turned_down,
    "nudge": outcome_mail.nudge,
    "outcome": outcome_mail.outcome,
}


def pump(settings: Settings, database: Database) -> Pump:
    takes_batches = settings.mail_url.startswith("postmark:")
    largest = LARGEST_THROUGH_POSTMARK if takes_batches else LARGEST_ATTACHED
    store = Store(settings.data_dir / "pdf")
    office = Office(Links(settings.secret_keys), settings.base_url, settings.mail_from, store.get, largest)

    def write(connection: Connection, owed: Owed, at: datetime) -> Mail:
        if owed.message not in MESSAGES:
            raise NotWanted(f"There is no message called {owed.message}.")
        try:
            return MESSAGES[owed.message](connection, owed, office, at)
        except NotFound:  # merged into another organisation's, or taken off the list
            raise NotWanted("What this mail was about is no longer on the list.") from None

    def transport() -> Transport:
        return open_transport(settings.mail_url, data_dir=settings.data_dir)

    return (BatchPump if takes_batches else Pump)(database, settings.mail_from, transport, write, _note)


def _note(connection: Connection, owed: Owed, ending: Ending, words: str, at: datetime) -> None:
    if owed.message in ("invitation", "join_approved") and owed.subject_id is not None:
        invitations.mail_ended(connection, owed.subject_id, ending, words, at)
    if owed.message in ("corrected", "asked_again"):
        revising.mail_ended(connection, owed, ending, words, at)
    if owed.message == "still_happy":
        freshness.mail_ended(connection, owed, ending, words, at)
    if owed.message == "reminder" and owed.subject_id is not None:
        reminding.mail_ended(connection, owed, ending, words, at)
