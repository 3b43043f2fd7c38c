"""One deed for many organisations of a letter's list: who it is done for, who is left out and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, and_, bindparam, func, select, update

from coalition.base.refused import Refused
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions, linking
from coalition.invitations.records import joined
from coalition.invitations.reminders import candidates, reminding
from coalition.invitations.rules import AGREED, ANSWERED, MOVES
from coalition.letters import records as letters
from coalition.letters.rules import Letter, State
from coalition.people.records import Coordinator
from coalition.tables import contacts, invitations, mail_stops, organisations

What = Literal["remind", "ask", "extend", "rotate", "revoke", "contact", "move"]
DEEDS: dict[What, str] = {
    "remind": "Remind",
    "ask": "Send the invitation",
    "extend": "Give more time",
    "rotate": "Send a new link",
    "revoke": "Take back the link",
    "contact": "Ask the other contact",
    "move": "Move to another group",
}
OFFERED: dict[State, tuple[What, ...]] = {
    "draft": ("contact", "move"),
    "open": tuple(DEEDS),
    "closed": ("extend", "revoke", "contact", "move"),
}
# Why somebody is left out. Of reminders the reasons are those of candidates.HELD.
LEFT_OUT = {
    "answered": "answered already",
    "asked": "asked already",
    "unasked": "not asked yet, or the mail could not be delivered",
    "bounced": "the mail bounced: correct the address first",
    "address": "no contact with an e-mail address",
    "stopped": "the contact wants no more mail, or the address takes none",
    "link": "no link that works",
    "deciding": "deciding until a later day",
    "extended": "given more time of their own",
    "cap": "reminded as often as the schedule allows",
    "done": "reminded already",
    "lately": "had a mail from you in the last 48 hours",
    "elsewhere": "reminded of another letter in the last 48 hours",
    "alone": "no other contact",
    "several": "several other contacts: choose on their pages",
    "endorsed": "endorsed, and chose their group themselves",
    "same": "in that group already",
    "gone": "not on the list any more",
    "other": "changed meanwhile",
}
i = invitations.c


@dataclass(frozen=True)
class Chosen:
    id: int
    organisation_id: int
    organisation: str
    group: str
    status: str
    nonce: str | None
    email: str
    stopped: bool
    others: int  # how many other contacts it has


_another = contacts.alias()
_others = (
    select(func.count())
    .select_from(_another)
    .where(
        _another.c.organisation_id == i.organisation_id,
        _another.c.left_at.is_(None),
        _another.c.id != func.coalesce(i.contact_id, 0),
    )
    .scalar_subquery()
)
_chosen = (
    select(
        *(i.id, i.organisation_id, organisations.c.name, i.group, i.status, i.nonce),
        *(func.coalesce(contacts.c.email, ""), mail_stops.c.email.is_not(None), _others),
    )
    .select_from(joined.outerjoin(mail_stops, mail_stops.c.email == contacts.c.email))
    .where(i.letter_id == bindparam("letter_id"), i.id.in_(bindparam("ids", expanding=True)))
    .order_by(i.sort_key, i.id)
)
AT_ONCE = 500


def chosen(connection: Connection, letter_id: int, ids: Sequence[int]) -> list[Chosen]:
    """Those of the letter among `ids`, by name."""
    found = []
    for begin in range(0, len(ids), AT_ONCE):
        rows = connection.execute(_chosen, {"letter_id": letter_id, "ids": ids[begin : begin + AT_ONCE]})
        found += [Chosen(*row) for row in rows]
    return found


def reasons(
    connection: Connection, letter: Letter, what: What, found: Sequence[Chosen], now: datetime, group: str
) -> dict[int, str]:
    """Of each the reason for which it is left out, of LEFT_OUT; empty when it is not."""
    if what != "remind":
        return {one.id: _why_not(what, one, group) for one in found}
    asked, ids = reminding.by_hand(letter, now, forced=False), [one.id for one in found]
    pieces = (ids[begin : begin + AT_ONCE] for begin in range(0, len(ids), AT_ONCE))
    return {one.id: one.why for piece in pieces for one in candidates.named(connection, asked, piece)}


def _why_not(what: What, one: Chosen, group: str) -> str:
    reachable = ((not one.email, "address"), (one.stopped, "stopped"))
    answered = (one.status in ANSWERED, "answered")
    checks: dict[What, tuple[tuple[bool, str], ...]] = {
        "ask": (answered, (one.status not in MOVES["ask"][0], "asked"), *reachable),
        "extend": (answered,),
        "rotate": ((one.nonce is None, "link"), *reachable),
        "revoke": ((one.nonce is None, "link"),),
        "contact": ((one.others == 0, "alone"), (one.others > 1, "several")),
        "move": ((one.status in AGREED, "endorsed"), (one.group == group, "same")),
    }
    return next((reason for is_so, reason in checks[what] if is_so), "")


def sorted_out(
    connection: Connection, letter: Letter, what: What, ids: Sequence[int], now: datetime, group: str = ""
) -> tuple[list[Chosen], dict[str, list[Chosen]]]:
    """Those it would be done for, by name, and those left out by reason. `group` is where they would be moved."""
    found = chosen(connection, letter.id, ids)
    why = reasons(connection, letter, what, found, now, group)
    left: dict[str, list[Chosen]] = {}
    for one in found:
        if why[one.id]:
            left.setdefault(why[one.id], []).append(one)
    return [one for one in found if not why[one.id]], left


@dataclass
class Done:
    done: int = 0
    left: dict[str, list[int]] = field(default_factory=dict)


def do(
    connection: Connection,
    slug: str,
    what: What,
    ids: Sequence[int],
    who: Coordinator,
    now: datetime,
    *,
    group: str = "",
    until: datetime | None = None,
) -> Done:
    """The deed for some; looked at again here, since a list moves. Give it AT_ONCE at most: it is one transaction."""
    letter = letters.letter_by_slug(connection, slug)
    wanted, left = sorted_out(connection, letter, what, ids, now, group)
    outcome = Done(left={reason: [one.id for one in some] for reason, some in left.items()})
    if gone := sorted(set(ids) - {one.id for one in wanted} - {id for some in outcome.left.values() for id in some}):
        outcome.left["gone"] = gone
    if not wanted:
        return outcome
    of = [one.id for one in wanted]
    if what == "ask":
        outcome.done = actions.ask(connection, slug, of, who.called, now, leaves_at=until).queued
    elif what == "move":
        if group not in letter.groups:
            raise Refused("Choose one of the letter's groups.")
        outcome.done = move_group(connection, letter.id, of, group, who.called, now)
    elif what == "contact":
        outcome.done = _to_other_contact(connection, slug, wanted, who, now)
    elif what == "remind":
        outcome.done = reminding.remind(connection, slug, of, who.called, now).queued
    elif what == "revoke":
        outcome.done = linking.revoke(connection, slug, of, who.called, now)
    elif what == "rotate":
        outcome.done = linking.rotate(connection, slug, of, who.called, now)
    elif until is not None:
        outcome.done = linking.extend(connection, slug, of, until, who.called, now)
    if outcome.done < len(of):
        outcome.left["other"] = [0] * (len(of) - outcome.done)  # which, the deed did not say
    return outcome


def move_group(
    connection: Connection, letter_id: int, ids: Collection[int], group: str, who: str, now: datetime
) -> int:
    """Puts organisations that have not endorsed into another group of the letter."""
    moved = connection.execute(
        update(invitations)
        .where(i.letter_id == letter_id, i.id.in_(ids), i.group != group, i.status.not_in(sorted(AGREED)))
        .values(group=group, changed_at=now)
        .returning(i.id)
    ).scalars()
    deeds = [Deed("group changed", who, id, {"group": group}) for id in sorted(moved)]
    add_history(connection, letter_id, now, *deeds)
    return len(deeds)


_other_contact = select(contacts.c.email, contacts.c.name, contacts.c.role).where(
    and_(
        contacts.c.organisation_id == bindparam("organisation_id"),
        contacts.c.left_at.is_(None),
        contacts.c.email != bindparam("email"),
    )
)


def _to_other_contact(
    connection: Connection, slug: str, wanted: Sequence[Chosen], who: Coordinator, now: datetime
) -> int:
    for one in wanted:
        other = {"organisation_id": one.organisation_id, "email": one.email}
        email, name, role = connection.execute(_other_contact, other).one()
        actions.change_contact(connection, slug, one.id, email, name, role, who, now)
    return len(wanted)
