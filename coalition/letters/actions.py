"""Drafting a letter, opening it for endorsement, and moving its dates."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from coalition.base.clock import iso
from coalition.base.refused import Overtaken, Refused
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records, rules
from coalition.letters.records import Version
from coalition.letters.rules import Arrangements, Letter
from coalition.letters.text import LetterText, as_data, canonical, fingerprint, tidied
from coalition.people.records import Coordinator

GROUPS = ("National charities", "Local and specialist services", "Trade unions")


def start(
    connection: Connection, subject: str, who: Coordinator, now: datetime, time_zone: str = "Europe/London"
) -> Letter:
    """A new draft with an address of its own."""
    text = tidied(LetterText(subject, (), (), (), "", "", "", ()))
    if not text.subject:
        raise Refused("Give the letter a subject.")
    wanted = rules.slug(text.subject)
    taken = records.slugs_like(connection, wanted) | {"new"}
    slug = next(s for n in range(1, len(taken) + 2) if (s := wanted if n == 1 else f"{wanted}-{n}") not in taken)
    letter = records.add(
        connection,
        {
            "slug": slug,
            "coordinator_id": who.id,
            "state": "draft",
            "text": as_data(text),
            "groups": list(GROUPS),
            "leads_first": True,
            "time_zone": time_zone,
            "visibility": "private",
            "show_undersigned": True,
            "version": 0,
            "revision": 1,
            "created_at": now,
        },
    )
    add_history(connection, letter.id, now, Deed("letter started", who.called, data={"subject": letter.subject}))
    return letter


def save_draft(
    connection: Connection,
    slug: str,
    seen: int,
    text: LetterText,
    groups: tuple[str, ...],
    arrangements: Arrangements,
    now: datetime,
) -> Letter:
    """Saves the whole draft over revision `seen`. Raises Overtaken when it was saved elsewhere meanwhile."""
    letter = records.letter_by_slug(connection, slug)
    rules.check(letter, "save", now)
    saved = records.save(connection, letter, seen=seen, text=tidied(text), groups=groups, arrangements=arrangements)
    if not saved:
        raise Overtaken(
            "This draft was saved in another window after you opened it here. What you typed is kept below and not "
            "saved yet: open the draft in a new window, compare, then save here again to replace it."
        )
    return records.letter_by_slug(connection, slug)


def open_letter(connection: Connection, slug: str, seen: int, who: Coordinator, now: datetime) -> Letter:
    """Freezes version 1 of exactly the draft that was seen, and opens it for endorsement."""
    letter = records.letter_by_slug(connection, slug)
    after = rules.check(letter, "open", now)
    missing = rules.not_ready(letter, now)
    if missing:
        raise Refused(" ".join(missing.values()))
    opened = records.save(connection, letter, seen=seen, state=after, version=1, base=1, opened_at=now)
    if not opened:
        raise Overtaken("The draft was saved in another window meanwhile. Read it again, then open it.")
    version = Version(letter.id, 1, letter.text, canonical(letter.text), fingerprint(letter.text), now)
    records.freeze(connection, version)
    add_history(
        connection,
        letter.id,
        now,
        Deed("letter opened", who.called, data={"version": 1, "fingerprint": version.fingerprint}),
    )
    return replace(letter, state=after, version=1, base=1, opened_at=now, revision=seen + 1)


def arrange(connection: Connection, slug: str, seen: int, plan: Arrangements, who: str, now: datetime) -> Letter:
    """Changes dates and who may see the letter, once its text is frozen. A later deadline reopens a closed list."""
    letter = records.letter_by_slug(connection, slug)
    after = rules.check(letter, "arrange", now)
    wrong = rules.check_arrangements(plan)
    if wrong:
        raise Refused(" ".join(wrong.values()))
    if plan.hard_deadline is None:
        raise Refused("An open letter needs the moment its list closes.")
    moved = plan.hard_deadline != letter.hard_deadline
    if moved and plan.hard_deadline <= now:
        raise Refused("The moment the list closes must be in the future. To close it now, use “Close the list”.")
    if moved and after == "closed":
        after = rules.check(letter, "reopen", now)
    closed_at = None if after == "open" else letter.closed_at
    # A list that its deadline closed stays "open" in its row until the worker makes the printing.
    stored = "open" if moved else letter.state
    saved = records.save(connection, letter, seen=seen, arrangements=plan, state=stored, closed_at=closed_at)
    if not saved:
        raise Overtaken("These dates were changed in another window meanwhile. What you typed is below, not saved yet.")
    reopened = moved and rules.state(letter, now) == "closed"
    deed = "list reopened" if reopened else "deadline moved" if moved else "arrangements changed"
    data = {"hard_deadline": iso(plan.hard_deadline), "visibility": plan.visibility}
    add_history(connection, letter.id, now, Deed(deed, who, data=data))
    return records.letter_by_slug(connection, slug)
