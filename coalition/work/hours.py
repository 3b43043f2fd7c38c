"""The worker's hours: what is due by the clock, asked of the database again and again."""

import logging
import threading
from datetime import datetime, timedelta

from coalition.base.clock import now
from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.dispatch import nudges, sending, sharing
from coalition.endorsements import deciding
from coalition.endorsements.joins import records as joins
from coalition.endorsements.joins.rules import LASTS as JOINS_KEPT
from coalition.invitations.reminders import candidates, reminding
from coalition.letters import records as letters
from coalition.organisations.registers import register_answers
from coalition.organisations.spreadsheets import listed_rows, lists
from coalition.printings.actions import close_list

IMPORTS_KEPT = timedelta(days=7)  # lists that were looked through and never imported
HOURS_S = 5  # how often it is asked what is due by the clock

log = logging.getLogger("coalition.work")


def keep(database: Database, stop: threading.Event) -> None:
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
