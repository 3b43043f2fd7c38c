"""Asking organisations to endorse a letter, and what happens to their links and mail."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from coalition.base import links, mailed, outbox
from coalition.base.clock import iso
from coalition.base.refused import NotFound, Refused
from coalition.base.text import without_addresses
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import holders, records, rules
from coalition.invitations.holders import Holder
from coalition.invitations.keys import keys
from coalition.invitations.rules import Invitation
from coalition.letters import actions as letter_actions
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Letter
from coalition.letters.rules import check as check_letter
from coalition.organisations import records as organisations
from coalition.organisations.actions import enter
from coalition.organisations.records import Contact
from coalition.organisations.spreadsheets.cells import Values
from coalition.people import records as people
from coalition.people.records import Coordinator
from coalition.tables import invitations as invitations_table
from coalition.tables import links as links_table


def add(connection: Connection, slug: str, values: Values, group: str, who: Coordinator, now: datetime) -> Invitation:
    """Puts one organisation on the letter's list; nothing is sent yet. Raises Refused when it is there already."""
    letter = letters.letter_by_slug(connection, slug)
    organisation, contact = enter(connection, values, now)
    if records.of_organisation(connection, letter.id, organisation.id):
        raise Refused(f"{organisation.name} is on this letter's list already.")
    row = as_row(letter, organisation.id, organisation.name, contact, group or next(iter(letter.groups), ""), now)
    [id] = records.add(connection, [row])
    add_history(connection, letter.id, now, Deed("organisation added", who.called, id, {"name": organisation.name}))
    return records.invitation(connection, id)


def as_row(
    letter: Letter, organisation_id: int, name: str, contact: Contact | None, group: str, now: datetime
) -> dict[str, Any]:
    """An organisation on a letter's list, before it is asked."""
    return {
        "letter_id": letter.id,
        "organisation_id": organisation_id,
        "contact_id": contact.id if contact else None,
        "group": group,
        "status": "added",
        **keys(name, contact),
        "added_at": now,
        "changed_at": now,
    }


@dataclass(frozen=True)
class Asked:
    queued: int
    stopped: tuple[str, ...]  # organisations whose contact asked for no more mail


def ask(
    connection: Connection,
    slug: str,
    ids: Collection[int] | None,
    who: str,
    now: datetime,
    *,
    leaves_at: datetime | None = None,
) -> Asked:
    """Queues the invitation of everyone not asked yet, or of those named; it leaves now, or at an hour to come.

    A second click finds nobody left to ask.
    """
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "ask", now)
    if leaves_at:
        rules.check_hour(leaves_at, letter, now)
    wanted = records.not_asked(connection, letter.id, ids)
    stops = organisations.stopped_among(connection, [one.email for one in wanted])
    stopped = {one.id: one.organisation for one in wanted if one.email in stops}
    asked = [one for one in wanted if one.id not in stopped]
    if asked:
        give_links(connection, [one for one in asked if one.nonce is None], now)
        connection.execute(_queued, [{"of": one.id, "now": now} for one in asked])
        outbox.queue_many(connection, [invitation_mail(one) | {"due_at": leaves_at or now} for one in asked], now)
        deed, data = ("invitation timed", {"leaves_at": iso(leaves_at)}) if leaves_at else ("asked to endorse", {})
        add_history(connection, letter.id, now, *(Deed(deed, who, one.id, data) for one in asked))
    return Asked(len(asked), tuple(stopped.values()))


_queued = (
    update(invitations_table)
    .where(invitations_table.c.id == bindparam("of"))
    .values(status=rules.MOVES["ask"][1], changed_at=bindparam("now"), problem="")
)
_linked = update(invitations_table).where(invitations_table.c.id == bindparam("of")).values(nonce=bindparam("new"))


def give_links(connection: Connection, asked: list[Invitation], now: datetime) -> None:
    """A new link each, for its present contact, which becomes the main one."""
    nonces = {one.id: secrets.token_urlsafe(16) for one in asked}
    if not nonces:
        return
    connection.execute(
        insert(links_table),
        [
            {
                "nonce": nonces[one.id],
                "purpose": "invitation",
                "subject_id": one.id,
                "issued_at": now,
                "contact_id": one.contact_id,
            }
            for one in asked
        ],
    )
    connection.execute(_linked, [{"of": id, "new": nonce} for id, nonce in nonces.items()])


def invitation_mail(one: Invitation) -> dict[str, object]:
    """The invitation as the outbox is owed it."""
    return {"message": "invitation", "recipient": one.email, "letter_id": one.letter_id, "subject_id": one.id}


def arrange(
    connection: Connection, slug: str, seen: int, plan: Arrangements, tell: bool, who: str, now: datetime
) -> Letter:
    """Changes the letter's arrangements; `tell` mails a moved deadline to those asked who have not answered."""
    before = letters.letter_by_slug(connection, slug)
    letter = letter_actions.arrange(connection, slug, seen, plan, who, now)
    if tell and letter.hard_deadline != before.hard_deadline:
        # Whoever has more time of their own anyhow is not told of a moment that is not theirs.
        waiting = [
            one
            for one in records.unanswered(connection, letter.id)
            if rules.closes(one, letter) != rules.closes(one, before)
        ]
        rows = [{**invitation_mail(one), "message": "deadline_moved"} for one in waiting]
        if rows:
            outbox.queue_many(connection, rows, now)
    return letter


def send_again(connection: Connection, slug: str, id: int, who: Coordinator, now: datetime) -> Invitation:
    """The same invitation once more. With a new link if the old one was revoked; the old one stays revoked."""
    letter, invitation = _on_list(connection, slug, id)
    rules.check_answer(invitation, letter, now)
    if not invitation.email:
        raise Refused(f"There is no e-mail address for {invitation.organisation} yet. Add one first.")
    if stop := organisations.mail_stop(connection, invitation.email):
        raise Refused(f"{stop.words(invitation.email)}, so nothing was sent. Ask another contact instead.")
    if invitation.nonce is None:
        give_links(connection, [invitation], now)
    records.move(connection, id, "ask", now, problem="")
    # One that waits for its hour leaves now, and not once more then.
    if not outbox.hasten(connection, outbox.waits(letter.id, "invitation", None, [id]), now):
        outbox.queue_many(connection, [invitation_mail(invitation)], now)
    deed = "asked to endorse" if invitation.status == "added" else "invitation sent again"
    add_history(connection, letter.id, now, Deed(deed, who.called, id))
    return records.invitation(connection, id)


def change_contact(
    connection: Connection, slug: str, id: int, email: str, name: str, role: str, who: Coordinator, now: datetime
) -> Invitation:
    """Asks through somebody else. The old link is revoked: it may have gone to the wrong person."""
    letter, invitation = _on_list(connection, slug, id)
    contact = organisations.add_contact(connection, invitation.organisation_id, email, name, role)
    if contact.id == invitation.contact_id:
        return invitation
    links.end(connection, "invitation", [id], "contact", now)
    holders.looks_are_taken_back(connection, [id])
    waiting = outbox.waits(letter.id, "invitation", None, [id])
    outbox.drop(connection, waiting, now, "Another contact was chosen before this mail left.")
    status = invitation.status if invitation.status in rules.ANSWERED else "added"  # nobody has asked this person yet
    copies = keys(invitation.organisation, contact)
    records.change(connection, id, now, contact_id=contact.id, nonce=None, status=status, problem="", **copies)
    add_history(connection, letter.id, now, Deed("contact changed", who.called, id))
    return records.invitation(connection, id)


def _on_list(connection: Connection, slug: str, id: int) -> tuple[Letter, Invitation]:
    letter = letters.letter_by_slug(connection, slug)
    return letter, records.invitation(connection, id, letter.id)


@dataclass(frozen=True)
class Opened:
    """What a link holder may see."""

    letter: Letter
    invitation: Invitation
    link: links.Link


def opened(connection: Connection, nonce: str | None, now: datetime) -> Opened:
    """What a link opens. Changes nothing. Raises NotFound, rules.Revoked or rules.Expired."""
    link = _link(connection, nonce)
    invitation = records.invitation(connection, link.subject_id)
    letter = letters.letter(connection, invitation.letter_id)
    rules.check_link(link.revoked_at, invitation, letter, now)
    return Opened(letter, invitation, link)


def opened_to_answer(connection: Connection, nonce: str | None, now: datetime) -> Opened:
    """The same, for a deed. Raises rules.ViewOnly too, when the link's holder has passed the letter on."""
    found = opened(connection, nonce, now)
    rules.check_holder(found.link.view_only_since, only_looks=found.link.only_looks)
    return found


def _link(connection: Connection, nonce: str | None) -> links.Link:
    link = links.find(connection, "invitation", nonce) if nonce else None
    if link is None:
        raise NotFound("This link is not one of ours, or a part of it is missing.")
    return link


def mark_read(connection: Connection, nonce: str | None, now: datetime) -> None:
    """A person has the page open: they touched, typed or clicked. Told once."""
    found = opened(connection, nonce, now)
    if found.link.only_looks:  # who was mailed a look decides nothing, and is not who was asked
        return
    if records.move(connection, found.invitation.id, "read", now, read_at=now, bounces=0, problem=""):
        deed = Deed("letter read", found.invitation.organisation, found.invitation.id)
        add_history(connection, found.letter.id, now, deed)


def mark_fetched(connection: Connection, id: int, now: datetime) -> None:
    """Something loaded a link for the first time, a person or a program: nobody can tell, so nothing else changes."""
    records.move(connection, id, "fetch", now, fetched_at=now)


@dataclass(frozen=True)
class Held:
    """A link, whether it still opens or not: whose letter it is, why it ended, and what its holder can do next."""

    letter: Letter
    invitation: Invitation
    link: links.Link
    coordinator: Coordinator
    newer: Holder | None  # the link that the same person was mailed since


def held(connection: Connection, nonce: str | None) -> Held | None:
    link = links.find(connection, "invitation", nonce) if nonce else None
    if link is None:
        return None
    one = records.invitation(connection, link.subject_id)
    letter = letters.letter(connection, one.letter_id)
    found = holders.holder(connection, one.id, link.contact_id)
    newer = found if found and found.email and found.contact_id == link.contact_id else None
    return Held(letter, one, link, people.coordinator(connection, letter.coordinator_id), newer)


def mailed_to(connection: Connection, nonce: str | None) -> str:
    """The address a link was mailed to. Raises NotFound."""
    link = _link(connection, nonce)
    invitation = records.invitation(connection, link.subject_id)
    if link.nonce == invitation.nonce:
        return invitation.email
    # Whoever holds another link neither learns nor decides about the present contact.
    if link.contact_id and (address := organisations.address(connection, link.contact_id)):
        return address
    return mailed.sent_to(connection, "invitation", link.first_subject_id or invitation.id, link.issued_at)


def stop_mail(connection: Connection, nonce: str | None, now: datetime) -> str:
    """No more invitations to the address this link was sent to; the link goes on working. Returns the address."""
    address = mailed_to(connection, nonce)
    invitation = records.invitation(connection, _link(connection, nonce).subject_id)
    if address and organisations.stop_mail(connection, address, "unsubscribed", now):
        deed = Deed("asked for no more mail", invitation.organisation, invitation.id)
        add_history(connection, invitation.letter_id, now, deed)
    return address


def mail_ended(connection: Connection, id: int, ending: str, words: str, now: datetime) -> None:
    """What became of an invitation's mail: sent, failed or dropped for good, or to be tried again."""
    if ending == "sent":
        if not records.move(connection, id, "send", now, sent_at=now, problem=""):
            records.note_sent(connection, id, now)  # its link was opened before the mail server had said yes
    elif ending == "again":
        records.note_problem(connection, id, f"Not sent yet, and will be tried again. {words}")
    elif records.move(connection, id, "fail", now, problem=words):
        letter_id = records.invitation(connection, id).letter_id
        deed, who = ("mail dropped", "Coalition") if ending == "dropped" else ("mail failed", "the mail server")
        add_history(connection, letter_id, now, Deed(deed, who, id, {"said": without_addresses(words)}))
