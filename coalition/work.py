"""The worker: sends mail, sets PDFs, reads long lists, does what is due. A process of its own; any number may run."""

import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from coalition.base.clock import now
from coalition.base.database import Database
from coalition.base.links import Links
from coalition.base.mail.batches import BatchPump
from coalition.base.mail.message import Mail
from coalition.base.mail.office import LARGEST_ATTACHED, LARGEST_THROUGH_POSTMARK, NotWanted, Office
from coalition.base.mail.pump import Ending, Pump
from coalition.base.mail.transports import Transport, open_transport
from coalition.base.outbox import Owed
from coalition.base.refused import NotFound, Refused
from coalition.base.settings import Settings
from coalition.dispatch import mail as dispatch_mail
from coalition.dispatch import nudges, outcome_mail, sending, sharing
from coalition.endorsements import deciding, request_mail, revising, revision_mail
from coalition.endorsements import mail as answer_mail
from coalition.endorsements.conditions import mail as condition_mail
from coalition.endorsements.freshness import actions as freshness
from coalition.endorsements.freshness import mail as freshness_mail
from coalition.endorsements.joins import mail as join_mail
from coalition.endorsements.joins import records as joins
from coalition.endorsements.joins.rules import LASTS as JOINS_KEPT
from coalition.endorsements.suggestions import mail as suggestion_mail
from coalition.invitations import actions as invitations
from coalition.invitations import importing, passing_mail, undoing
from coalition.invitations import mail as invitation_mail
from coalition.invitations.reminders import candidates, reminding
from coalition.invitations.reminders import mail as reminder_mail
from coalition.letters import records as letters
from coalition.organisations.registers import looking_up, register_answers
from coalition.organisations.registers.register import Register
from coalition.organisations.spreadsheets import listed_rows, lists
from coalition.organisations.spreadsheets.lists import Claim, TakenOver
from coalition.organisations.spreadsheets.looking_through import look_through
from coalition.people import mail as people_mail
from coalition.printings import logos as printed_logos
from coalition.printings import receipts
from coalition.printings import records as printings
from coalition.printings.actions import close_list
from coalition.printings.press.setting import NotSet, Setter
from coalition.printings.sealing import evidence
from coalition.printings.sealing.keys import key_of
from coalition.printings.sealing.sealing import NotSealed, Sealer
from coalition.printings.store import Store

IDLE_S = 0.1  # somebody looks at a page that says their PDF is being set
IMPORTS_KEPT = timedelta(days=7)  # lists that were looked through and never imported
FEW_STEPS = 3  # a PDF of so few pieces is there before anybody has read how many are left
HOURS_S = 5  # how often it is asked what is due by the clock

log = logging.getLogger("coalition.work")

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


def run(settings: Settings, stop: threading.Event, parent: int | None = None) -> None:
    """Works until `stop`, or until the process `parent` that started it is gone."""
    database = Database(settings.database_url)
    store = Store(settings.data_dir / "pdf")
    logos = Store(settings.data_dir / "logos", suffix=".png")
    jobs = (
        pump(settings, database).run,
        lambda stop: _set_pdfs(database, store, logos, settings, stop),
        lambda stop: _go_on_with_lists(database, stop),
        lambda stop: _look_names_up(database, settings.register_url, stop),
        lambda stop: _keep_hours(database, stop),
    )
    threads = [threading.Thread(target=job, args=(stop,)) for job in jobs]
    for thread in threads:
        thread.start()
    while not stop.wait(1):
        if parent is not None and os.getppid() != parent:
            log.warning("the server that started this worker is gone")
            stop.set()
    for thread in threads:
        thread.join()
    database.close()


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


def _set_pdfs(database: Database, store: Store, logos: Store, settings: Settings, stop: threading.Event) -> None:
    sealer = Sealer(lambda: key_of(settings, now()), settings.timestamp_url)
    with Setter(settings.data_dir / "press") as setter, sealer:
        while not stop.is_set():
            try:
                found = set_next(database, store, logos, setter, sealer)
                found = found or ask_for_receipts(database, settings.base_url)
            except Exception:  # the database is away, or the disk full: asked again
                log.exception("a PDF was left for later")
                found = False
            if not found:
                stop.wait(IDLE_S)


def ask_for_receipts(database: Database, base_url: str) -> bool:
    """Has the receipts set of those who have endorsed since it was last asked. False when nobody has."""
    return database.read_now(receipts.any_wanted) and database.write_now(receipts.ask_for_some, base_url, now()) > 0


def set_next(database: Database, store: Store, logos: Store, setter: Setter, sealer: Sealer) -> bool:
    """Sets the next PDF that is asked for. False when there is none."""
    if not database.read_now(printings.any_due, now()):
        return False
    claimed = database.write_now(printings.claim, now())
    if claimed is None:
        return False
    try:
        # It is there already when a worker was killed after keeping it: those bytes, and no others, are the printing.
        kept, said = store.sha256(claimed.content), ""
        if kept is None:
            sheet, pictures, said = printed_logos.pictures(claimed.sheet, logos)
            progress = partial(_note_progress, database, claimed)
            made = sealer.finish(sheet, setter.set(sheet, pictures, evidence.files(sheet), progress))
            kept = store.put(claimed.content, made.pdf)
            said = " ".join(filter(None, (said, made.unstamped)))
    except (NotSet, NotSealed) as reason:
        log.warning("a PDF was not set: %s", reason)
        database.write_now(printings.was_not_set, claimed, str(reason), now())
    except OSError as error:
        log.exception("a PDF could not be kept")
        words = f"It was set but could not be kept: {error.strerror}."
        database.write_now(printings.was_not_set, claimed, words, now())
    else:
        if said:
            log.warning("a PDF was not set quite as asked: %s", said)
        database.write_now(printings.was_set, claimed.content, kept, now(), said)
    return True


def _note_progress(database: Database, claimed: printings.Claimed, step: int, steps: int) -> None:
    if steps > FEW_STEPS:
        database.write_now(printings.is_being_set, claimed.content, step, steps, now())


def _go_on_with_lists(database: Database, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            found = go_on_with_next_list(database)
        except Exception:  # the database is away, or the disk full: asked again when the claim has run out
            log.exception("a list was left for later")
            found = False
        if not found:
            stop.wait(IDLE_S)


def go_on_with_next_list(database: Database) -> bool:
    """Reads, brings in or takes back the next list that waits for it. False when there is none."""
    if not database.read_now(lists.any_due, now()):
        return False
    claimed = database.write_now(lists.claim, now())
    if claimed is None:
        return False
    ways: dict[str, Callable[[Database, Claim, Callable[[], datetime]], object]] = {
        "given": look_through,
        "importing": importing.bring_in,
        "undoing": undoing.take_back,
    }
    try:
        ways[claimed.state](database, claimed, now)
    except TakenOver:
        log.info("another worker has gone on with a list")
    return True


def _look_names_up(database: Database, register_url: str, stop: threading.Event) -> None:
    if not register_url:
        return
    register = Register(register_url)
    while not stop.is_set():
        try:
            found = looking_up.go_on_with_next(database, register, now)
        except Exception:  # the database is away, or the disk full: asked again when the claim has run out
            log.exception("names were left for later")
            found = False
        if not found:
            stop.wait(IDLE_S)


def _keep_hours(database: Database, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            do_what_is_due(database, now())
        except Exception:
            log.exception("what was due was left for later")
        stop.wait(HOURS_S)


def do_what_is_due(database: Database, at: datetime) -> None:
    """Closes lists whose hard deadline has passed, which makes their printing; writes to those whose day it is;
    reminds; lets go what is to be dispatched, and tells those printed on it; forgets what was left aside. Each by
    itself: one that fails is asked again, and holds no other up.
    """
    for step in (_close_lists, _write_on_the_day, _remind, _dispatch, _tell_endorsers, _nudge, _forget):
        try:
            step(database, at)
        except Exception:
            log.exception("%s: left for later", step.__name__.strip("_").replace("_", " "))


def _close_lists(database: Database, at: datetime) -> None:
    for slug in database.read_now(letters.due_to_close, at):
        try:
            database.write_now(close_list, slug, "the deadline", at)
        except Refused as refusal:  # the deadline was moved meanwhile
            log.info("not closed: %s", refusal)


def _write_on_the_day(database: Database, at: datetime) -> None:
    ids = database.read_now(deciding.due, at)
    for begin in range(0, len(ids), deciding.PIECE):
        database.write_now(deciding.write_on_the_day, ids[begin : begin + deciding.PIECE], at)


def _remind(database: Database, at: datetime) -> None:
    """A piece at a time, so that the writer is free for answers in between. Each piece looks again who is left."""
    for due in database.read_now(reminding.due, at):
        for piece in candidates.pieces(due.ids):
            database.write_now(reminding.remind_at_step, due.letter_id, due.step, piece, at)


def _dispatch(database: Database, at: datetime) -> None:
    for due in database.read_now(sending.due, at):
        database.write_now(sending.leave, due.slug, due.id, at)


def _tell_endorsers(database: Database, at: datetime) -> None:
    """A piece at a time, as reminding does."""
    for letter_id, _ in database.read_now(sharing.due, at):
        while database.write_now(sharing.tell_some, letter_id, at):
            pass


def _nudge(database: Database, at: datetime) -> None:
    for letter_id in database.read_now(nudges.due, at):
        database.write_now(nudges.nudge, letter_id, at)


def _forget(database: Database, at: datetime) -> None:
    if database.read_now(joins.unconfirmed, at - JOINS_KEPT):
        database.write_now(joins.forget, at - JOINS_KEPT, at)
    if database.read_now(lists.any_left_imports, at - IMPORTS_KEPT):
        database.write_now(lists.forget_imports, at - IMPORTS_KEPT)
    while (ended := database.read_now(lists.any_left_rows)) is not None:
        database.write_now(listed_rows.forget, ended)
    if database.read_now(register_answers.any_stale, at):
        database.write_now(register_answers.forget_stale, at)
