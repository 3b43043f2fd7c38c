"""Asking to join, confirming it through the mailed link, and what the desk decides."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from coalition.base import links, mailed, outbox
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.endorsements import actions as answers
from coalition.endorsements import records as endorsements
from coalition.endorsements import rules as endorsement_rules
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.joins import records, rules
from coalition.endorsements.joins.rules import Asked, Effect, Join, Plan
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions as invitation_actions
from coalition.invitations import holders
from coalition.invitations import records as invitations
from coalition.invitations.keys import keys
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.rules import check as check_letter
from coalition.organisations import actions as organisation_actions
from coalition.organisations import directory, names
from coalition.organisations import records as organisations
from coalition.organisations.directory import Alike
from coalition.organisations.records import Contact
from coalition.organisations.rules import Details
from coalition.organisations.spreadsheets.cells import Values
from coalition.people import records as people
from coalition.people.records import Coordinator

LIKELY_MOST = 6
_KEY = re.compile(r"[\w-]{16,32}", re.ASCII)


def ask(connection: Connection, slug: str, asked: Asked, key: str, now: datetime) -> int | None:
    """Keeps a request and mails the link that confirms it; nobody else hears of it before. `key` is the form's own:
    the same click again does nothing. Returns the request's id.

    Raises NotFound, Closed, rules.NotJoined, Incomplete, TextChanged or TooMany.
    """
    letter = letters.letter_by_slug(connection, slug)
    rules.check_join(letter, now)
    if wrong := rules.problems(asked, letter, now):
        raise Incomplete(wrong)
    endorsement_rules.check_version(asked.answer, letter)
    if _KEY.fullmatch(key) and not links.once(connection, key, letter.id, now):
        return None
    email_key = rules.mailbox(asked.email)
    rules.check_how_many(*records.asked_lately(connection, letter.id, email_key, now - rules.HOUR))
    values = vars(asked.answer) | {name: getattr(asked, name) for name in ("email", "website", "register_id", "note")}
    own = {column: value for column, value in values.items() if column in Join.__dataclass_fields__}
    id = records.add(
        connection,
        own
        | {
            "letter_id": letter.id,
            "state": "asked",
            "email_key": email_key,
            "name_key": names.name_key(asked.answer.name),
            "asked_at": now,
        },
    )
    nonce = links.issue(connection, "join", id, now, now + rules.LASTS)
    outbox.queue(connection, "join_confirm", asked.email, now, subject_id=id, data={"nonce": nonce})
    return id


@dataclass(frozen=True)
class Opened:
    """What a link that confirms shows."""

    letter: Letter
    join: Join
    turned_down: tuple[int, datetime | None]  # how often this address was, for this letter, and when last


def opened(connection: Connection, nonce: str | None, now: datetime) -> Opened:
    """Changes nothing. Raises NotFound, or rules.Expired when nobody confirmed in time."""
    link = links.find(connection, "join", nonce) if nonce else None
    if link is None or link.expires_at is None:
        raise NotFound("This link is not one of ours, or a part of it is missing.")
    expired = rules.Expired("This link has expired: it was not used within a week. What was typed is deleted.")
    try:
        join = records.join(connection, link.subject_id)
    except NotFound:
        raise expired from None
    if join.state == "asked" and link.expires_at <= now:
        raise expired
    turned_down = records.turned_down(connection, join.letter_id, rules.mailbox(join.email))
    return Opened(letters.letter(connection, join.letter_id), join, turned_down)


def confirm(connection: Connection, nonce: str | None, version: int | None, now: datetime) -> str:
    """The address is theirs, and they agree to this `version`: from here the desk has it. A second click changes
    nothing.

    Raises as `opened` and `ask` do, and TextChanged when the text is another than the one that was shown.
    """
    found = opened(connection, nonce, now)
    letter, join = found.letter, found.join
    if join.state != "asked" or nonce is None:
        return "same"
    rules.check_join(letter, now)
    rules.check_again(*found.turned_down, letter, now)
    if (version or join.version) != letter.version:
        raise endorsement_rules.TextChanged(
            "The letter’s text was changed meanwhile, so nothing was confirmed yet. What changed is shown below."
        )
    if not links.use(connection, nonce, now):
        return "same"
    if not records.move(connection, join.id, "asked", "confirmed", confirmed_at=now, version=letter.version):
        return "same"
    records.replace_earlier(connection, join, rules.mailbox(join.email), names.name_key(join.name))
    data = {"name": join.name, "join": join.id, "version": letter.version}
    add_history(connection, letter.id, now, Deed("asked to join", join.name, data=data))
    _tell_coordinator(connection, letter, now)
    return "confirmed"


def _tell_coordinator(connection: Connection, letter: Letter, now: datetime) -> None:
    """One mail an hour says how many wait by then; one that is to leave says it of this one too."""
    email = people.coordinator(connection, letter.coordinator_id).email
    last = mailed.last_about(connection, "join_waiting", letter.id)
    if last is None or last.state != "waiting":
        due_at = max(now, last.due_at + rules.HOUR) if last else now
        outbox.queue(connection, "join_waiting", email, now, subject_id=letter.id, due_at=due_at)


# The desk.


def likely(connection: Connection, join: Join) -> list[Alike]:
    """Organisations of the directory that it may be, the surest first. As long as directory.alike."""
    name_key = names.name_key(join.name)
    found: list[Alike] = []
    if same := organisations.same(connection, name_key, join.register_id):
        number = join.register_id is not None and same.register_id == join.register_id
        why = f"the same register number, {join.register_id}" if number else "the same name"
        found.append(Alike(same.id, same.name, same.register_id, why))
    for id in records.with_contact(connection, join.email):
        known = organisations.organisation(connection, id)
        found.append(Alike(id, known.name, known.register_id, "a contact with the same e-mail address"))
    domains: Sequence[str] = [one for one in map(names.domain, (join.website, join.email)) if one]
    found += directory.alike_to(connection, name_key, domains)
    once = {one.id: one for one in reversed(found)}
    return list(reversed(once.values()))[:LIKELY_MOST]


def plan(connection: Connection, letter: Letter, join: Join, organisation_id: int | None) -> Plan:
    """What approving would do now, as a known organisation or, without one, as a new one. Changes nothing.

    Raises NotFound, or Refused for one that is archived.
    """
    if organisation_id is None:
        return Plan(join, letter.version, rules.effect(join, letter, None))
    known = directory.organisation(connection, organisations.root(connection, organisation_id))
    if known.archived_at is not None:
        raise Refused(f"{known.name} is archived. Bring it back on its own page first.")
    place = invitations.of_organisation(connection, letter.id, known.id)
    given = endorsements.of_organisation(connection, letter.id, known.id)
    stands = given if endorsement_rules.stands(given, letter) else None
    return Plan(join, letter.version, rules.effect(join, letter, place), known, place, stands)


@dataclass(frozen=True)
class Approved:
    effect: Effect
    invitation_id: int
    again: bool = False  # it was approved before: a second click


def approve(
    connection: Connection,
    slug: str,
    id: int,
    organisation_id: int | None,
    seen: str,
    who: Coordinator,
    now: datetime,
) -> Approved:
    """Puts it on the letter's list with a link of its own, and records the answer as `plan` showed it; `seen` is the
    plan's digest.

    Raises NotFound, Closed, Refused, Incomplete, organisation_actions.Known, or Overtaken when something is otherwise
    by now.
    """
    letter, join = _of(connection, slug, id)
    if join.state == "approved" and join.invitation_id is not None:
        return Approved(join.effect, join.invitation_id, again=True)
    rules.check_waiting(join)
    check_letter(letter, "ask", now)
    planned = plan(connection, letter, join, organisation_id)
    if planned.digest != seen:
        raise Overtaken(
            "Something has changed since you opened this page, an answer perhaps. Nothing was done. What approving "
            "would do now is shown below."
        )
    organisation = planned.organisation.id if planned.organisation else _enter(connection, join, who, now)
    contact = _contact(connection, organisation, join)
    one, nonce = _seat(connection, letter, organisation, contact, join, now)
    done = planned.effect
    if done in ("endorse", "replace"):
        answer = join.endorsement
        if stood := planned.endorsement:  # a logo was given with it, which this form does not ask about
            answer = replace(answer, logo=stood.logo, show_logo=stood.show_logo)
        given = answers.endorse(connection, nonce, answer, None, now)
        done = "keep" if given == "same" else done
    if done in ("endorse", "replace"):
        _tell_first(connection, letter, planned, contact, now)
    else:
        data = {"kind": done, "contact": contact.id}
        outbox.queue(connection, "join_approved", join.email, now, letter_id=letter.id, subject_id=one.id, data=data)
    settled = {"decided_at": now, "decided_by": who.called, "effect": done, "invitation_id": one.id}
    records.move(connection, id, "confirmed", "approved", **settled)
    known = {"as": planned.organisation.name} if planned.organisation else {}
    said = {"name": join.name, "join": id, "version": join.version, "effect": done, **known}
    add_history(connection, letter.id, now, Deed("join approved", who.called, one.id, said))
    return Approved(done, one.id)


def _enter(connection: Connection, join: Join, who: Coordinator, now: datetime) -> int:
    details = Details(join.name, join.register_id, join.website, "", "")
    values = Values(contact_name=join.signatory, email=join.email, contact_role=join.role)
    return organisation_actions.add(connection, details, values, who, now)


def _contact(connection: Connection, organisation_id: int, join: Join) -> Contact:
    """Whoever asked, as a contact of the organisation: also one who was thought to have left."""
    there = [one for one in directory.people(connection, organisation_id) if one.email.lower() == join.email.lower()]
    if there:
        if there[0].left_at:
            directory.change_person(connection, there[0].id, left_at=None)
        return organisations.contact(connection, there[0].id)
    return organisations.add_contact(connection, organisation_id, join.email, join.signatory, join.role)


def _seat(
    connection: Connection, letter: Letter, organisation_id: int, contact: Contact, join: Join, now: datetime
) -> tuple[Invitation, str]:
    """The organisation's place on the list, and the nonce of a link for this contact that answers for it."""
    there = invitations.of_organisation(connection, letter.id, organisation_id)
    if there is None:
        name = organisations.organisation(connection, organisation_id).name
        row = invitation_actions.as_row(letter, organisation_id, name, contact, join.group, now)
        [id] = invitations.add(connection, [row])
        there = invitations.invitation(connection, id)
    if there.nonce is None:  # nobody there holds a link: this contact is whom the letter asks
        invitations.change(connection, there.id, now, contact_id=contact.id, **keys(there.organisation, contact))
        invitation_actions.give_links(connection, [invitations.invitation(connection, there.id)], now)
        invitations.move(connection, there.id, "ask", now, problem="")
        there = invitations.invitation(connection, there.id)
        return there, there.nonce or ""
    held = [one for one in holders.holders(connection, there.id) if one.contact_id == contact.id]
    answering = [one.nonce for one in held if not one.view_only_since]
    fresh = links.issue(connection, "invitation", there.id, now, contact_id=contact.id) if not answering else ""
    return there, answering[-1] if answering else fresh


def _tell_first(connection: Connection, letter: Letter, planned: Plan, contact: Contact, now: datetime) -> None:
    """Whoever was asked before hears that a colleague has answered: they can say so if it was not agreed."""
    first = planned.invitation
    if first and first.nonce and first.email and first.sent_at and first.contact_id != contact.id:
        kind = "changed" if planned.endorsement else "endorsed"
        data = {"kind": kind, "contact": first.contact_id}
        outbox.queue(connection, "receipt", first.email, now, letter_id=letter.id, subject_id=first.id, data=data)


def turn_down(connection: Connection, slug: str, id: int, word: str, who: Coordinator, now: datetime) -> bool:
    """Tells them no, with a word. False when that was done already. Raises NotFound, Incomplete or Overtaken."""
    letter, join = _of(connection, slug, id)
    if join.state == "turned down":
        return False
    rules.check_waiting(join)
    if not word:
        raise Incomplete({"word": "Say in a sentence why: it is mailed to them."})
    settled = {"decided_at": now, "decided_by": who.called, "answer": word[: rules.WORD_LONGEST]}
    records.move(connection, id, "confirmed", "turned down", **settled)
    outbox.queue(connection, "join_turned_down", join.email, now, subject_id=id)
    # Why is between the two of them: the history, which outlives it, does not hold it.
    add_history(connection, letter.id, now, Deed("join turned down", who.called, data={"name": join.name, "join": id}))
    return True


def _of(connection: Connection, slug: str, id: int) -> tuple[Letter, Join]:
    letter = letters.letter_by_slug(connection, slug)
    join = records.join(connection, id, letter.id)
    if join.state == "asked":  # nobody at the desk hears of it before it is confirmed
        raise NotFound("There is no such request to join this letter.")
    return letter, join
