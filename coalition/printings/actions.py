"""Closing the list, printing the letter, and having PDFs set."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from coalition.base.clock import iso
from coalition.base.refused import Closed, Overtaken, Refused
from coalition.endorsements import records as endorsements
from coalition.endorsements import revising
from coalition.endorsements.conditions.settling import settle
from coalition.endorsements.revising import Published
from coalition.endorsements.undersigned import arranged, as_groups, grouped
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import actions as letter_actions
from coalition.letters import printed
from coalition.letters import records as letters
from coalition.letters.printed import PageSettings
from coalition.letters.records import Version
from coalition.letters.rules import Kind, Letter
from coalition.letters.rules import check as check_letter
from coalition.letters.text import fingerprint
from coalition.people.records import Coordinator
from coalition.printings import records
from coalition.printings.changes import Changes, Printed, as_data, changes, proposed_reason, with_ids_by_name
from coalition.printings.page import as_chosen, settings_of
from coalition.printings.press.layout import Sheet
from coalition.printings.records import Printing
from coalition.printings.sealing import evidence

# Why there is a printing, as the desk shows it.
BY_HAND = "The list was closed"
AT_DEADLINE = "The list closed at its deadline"
LONGEST = 200


class TooLong(Refused):
    """The reason that was typed does not fit."""


def open_letter(connection: Connection, slug: str, seen: int, who: Coordinator, now: datetime) -> Letter:
    """Opens the letter for endorsement and has the PDF set that those who are asked will read."""
    letter = letter_actions.open_letter(connection, slug, seen, who, now)
    _ask_for_text(connection, letter, now)
    return letter


def publish(connection: Connection, slug: str, seen: int, kind: Kind, why: str, who: str, now: datetime) -> Published:
    """A new version of an open letter, and the PDF of it that those who are asked will read. Raises as `revising`."""
    published = revising.publish(connection, slug, seen, kind, why, who, now)
    _ask_for_text(connection, letters.letter_by_slug(connection, slug), now)
    return published


def choose_page(connection: Connection, slug: str, seen: int, chosen: PageSettings, who: str, now: datetime) -> Letter:
    """Saves over revision `seen` how the letter is printed from now on; printings there are stay as they are.

    Raises Refused, or Overtaken when the letter was saved elsewhere meanwhile.
    """
    letter = letters.letter_by_slug(connection, slug)
    if wrong := printed.problems(chosen):
        raise Refused(" ".join(wrong.values()))
    if chosen == settings_of(letter):
        return letter
    if not letters.save(connection, letter, seen=seen, **vars(chosen)):
        raise Overtaken(
            "The letter was changed in another window after you opened this page. What you chose is kept below and not "
            "saved yet: look at it once more, then save here again."
        )
    add_history(connection, letter.id, now, Deed("page changed", who, data=vars(chosen)))
    after = letters.letter_by_slug(connection, slug)
    if after.version:
        _ask_for_text(connection, after, now)
    return after


def _ask_for_text(connection: Connection, letter: Letter, now: datetime) -> None:
    version = letters.version(connection, letter.id, letter.version)
    records.ask_to_set(connection, version_sheet(version, letter.paper), now)


def close_list(connection: Connection, slug: str, who: str, now: datetime) -> Printing:
    """Closes the list and makes the next printing. Asked twice at once, it is done once."""
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "close", now)
    if letter.state == "open":
        settle(connection, letter.id, now, printing=True)
    if not letters.close(connection, letter.id, now):
        return records.printing(connection, letter.id)
    add_history(connection, letter.id, now, Deed("list closed", who))
    by_itself = letter.hard_deadline is not None and letter.hard_deadline <= now
    made = printed_now(connection, letter, len(records.all_printings(connection, letter.id)) + 1, now)
    found = what_changed(connection, letter, made)
    return _print(connection, letter, made, found, who, AT_DEADLINE if by_itself else BY_HAND, now)


def print_again(connection: Connection, slug: str, who: str, now: datetime, reason: str = "") -> Printing:
    """One more printing, when the list, its order, the text or the page are no longer those of the last; `reason` says
    why, or what is proposed. None is ever altered or removed.

    A last printing that could not be set is tried again instead. Raises Closed, TooLong, or Refused.
    """
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "print", now)
    if letter.state != "closed":
        raise Closed("The list is being closed, and the first printing is made then. Look again in a moment.")
    settle(connection, letter.id, now, printing=True)
    last = records.printing(connection, letter.id)
    if last.state == "failed":
        records.set_again(connection, last.content, now)
        return records.printing(connection, letter.id)
    made = printed_now(connection, letter, last.number + 1, now)
    found = what_changed(connection, letter, made)
    if not found:
        raise Refused(f"Nothing has changed since printing {last.number}, so there is nothing to print again.")
    if len(reason) > LONGEST:
        raise TooLong(f"This is longer than {LONGEST} characters. Please shorten it.")
    return _print(connection, letter, made, found, who, reason or proposed_reason(found), now)


def _print(
    connection: Connection, letter: Letter, made: Printed, found: Changes, who: str, reason: str, now: datetime
) -> Printing:
    number = made.sheet.printing
    carried = evidence.frozen(connection, letter, made.sheet, made.ids, reason, now)
    content = records.ask_to_set(connection, replace(made.sheet, evidence=carried), now)
    records.add_printing(
        connection,
        letter.id,
        {
            "number": number,
            "version": made.sheet.version,
            "undersigned": made.sheet.undersigned,
            "content": content,
            "printed_at": now,
            "reason": reason,
            "changes": as_data(found, made.ids),
        },
    )
    endorsements.note_printed(connection, letter.id, number)
    data = {"printing": number, "version": made.sheet.version, "undersigned": made.sheet.undersigned}
    add_history(connection, letter.id, now, Deed("printed", who, data={**data, "content": content, "reason": reason}))
    return records.printing(connection, letter.id, number)


def printed_now(connection: Connection, letter: Letter, number: int, now: datetime) -> Printed:
    """What a printing made now shows."""
    version = letters.version(connection, letter.id, letter.version)
    those = arranged(endorsements.standing(connection, letter.id), letter)
    groups = as_groups(those, letter)
    ids = tuple(one.id for _, some in those for one in some)
    print_of_text, chosen = version.fingerprint, as_chosen(connection, letter)
    sheet = Sheet(version.text, print_of_text, version.number, groups, len(ids), number, "", iso(now), **chosen)
    return Printed(sheet, ids)


def what_changed(connection: Connection, letter: Letter, made: Printed) -> Changes:
    """What is other than in the printing before; nothing where it is the first."""
    if made.sheet.printing == 1:
        return Changes()
    last = records.printing(connection, letter.id, made.sheet.printing - 1)
    sheet, ids = records.printed_sheet(connection, last.content), records.ids(connection, letter.id, last.number)
    before = with_ids_by_name(sheet, made) if ids is None else Printed(sheet, ids)
    gone = set(before.ids) - set(made.ids)
    return changes(before, made, records.why_left(connection, letter, gone))


def what_next(connection: Connection, letter: Letter, now: datetime) -> Changes | None:
    """What one more printing would change; None before the first. It reads the whole list."""
    number = len(records.all_printings(connection, letter.id)) + 1
    return what_changed(connection, letter, printed_now(connection, letter, number, now)) if number > 1 else None


def ask_for_draft(connection: Connection, slug: str, now: datetime) -> str:
    """Has the letter as it stands set as a PDF with a watermark. Returns its content hash."""
    return records.ask_to_set(connection, draft_sheet(connection, letters.letter_by_slug(connection, slug)), now)


def draft_sheet(connection: Connection, letter: Letter) -> Sheet:
    """The letter as it stands, with everyone who has endorsed so far. Its date is the letter's, so that asking for the
    same draft twice is asking for the same PDF."""
    groups = grouped(endorsements.standing(connection, letter.id), letter) if letter.version else ()
    undersigned = sum(len(group.lines) for group in groups)
    made_at = iso(letter.opened_at or letter.created_at)
    print_of_text = fingerprint(letter.text)
    chosen = as_chosen(connection, letter)
    return Sheet(letter.text, print_of_text, letter.version, groups, undersigned, 0, "Draft", made_at, **chosen)


def version_sheet(version: Version, paper: str) -> Sheet:
    """The frozen text alone, as those who are asked read it before anybody has endorsed."""
    made_at = iso(version.frozen_at)
    return Sheet(version.text, version.fingerprint, version.number, (), 0, 0, "", made_at, paper)
