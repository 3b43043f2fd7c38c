"""Links as the desk deals with them: taken back, replaced, and open for longer."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, update

from coalition.base import links, mailed, outbox
from coalition.base.clock import iso, moment_words
from coalition.base.refused import NotFound, Refused, TooMany
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import actions, holders, records, rules
from coalition.invitations.holders import Holder
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements
from coalition.tables import invitations as invitations_table
from coalition.tables import links as links_table


def revoke(connection: Connection, slug: str, ids: Collection[int], who: str, now: datetime) -> int:
    """Takes back every link of these organisations: whoever opens one is told so. Returns how many had any."""
    letter = letters.letter_by_slug(connection, slug)
    held = {one.invitation_id for one in holders.of_many(connection, letter.id, ids)}
    if held:
        links.end(connection, "invitation", held, "taken back", now)
        connection.execute(_unlinked.where(invitations_table.c.id.in_(held)).values(changed_at=now))
        add_history(connection, letter.id, now, *(Deed("link revoked", who, id) for id in sorted(held)))
    return len(held)


_unlinked = update(invitations_table).values(nonce=None)


def rotate(connection: Connection, slug: str, ids: Collection[int], who: str, now: datetime) -> int:
    """A new link, by mail, for everybody who may answer with an old one; the old ones say that they were replaced.

    Returns how many organisations got one. Left alone: those with no link, no address, or who want no more mail.
    """
    letter = letters.letter_by_slug(connection, slug)
    found: dict[int, list[Holder]] = {}
    for one in holders.of_many(connection, letter.id, ids):
        found.setdefault(one.invitation_id, []).append(one)
    asked = records.on_list(connection, letter.id, found)
    done = [one.id for one in asked if rules.may_answer(one, letter, now) and _can_be_mailed(found[one.id])]
    if not done:
        return 0
    # Those who only look have nobody to mail them another: their page sends them to the colleague who answers.
    read_only = [one.nonce for id in done for one in found[id] if one.view_only_since]
    links.end(connection, "invitation", done, "replaced", now)
    if read_only:
        connection.execute(update(links_table).where(links_table.c.nonce.in_(read_only)).values(reason="forwarded"))
        holders.looks_are_taken_back(connection, done)
    fresh = [_again(one, now) for id in done for one in found[id] if not one.view_only_since]
    connection.execute(insert(links_table), [link for link, _ in fresh])
    main = [{"of": one.invitation_id, "new": link["nonce"], "now": now} for link, one in fresh if one.is_main]
    connection.execute(_main, main)
    mails = [_mail(one, letter.id) for _, one in fresh if one.email and not one.stopped]
    # What was set for later would be a second one.
    outbox.drop(connection, outbox.waits(letter.id, "invitation", None, done), now, "A new link was mailed instead.")
    outbox.queue_many(connection, mails, now)
    add_history(connection, letter.id, now, *(Deed("link replaced", who, id) for id in done))
    return len(done)


_main = (
    update(invitations_table)
    .where(invitations_table.c.id == bindparam("of"))
    .values(nonce=bindparam("new"), changed_at=bindparam("now"))
)


def _can_be_mailed(some: list[Holder]) -> bool:
    return any(one.is_main and one.email and not one.stopped for one in some)


def _again(one: Holder, now: datetime) -> tuple[dict[str, object], Holder]:
    link = {
        "nonce": secrets.token_urlsafe(16),
        "purpose": "invitation",
        "subject_id": one.invitation_id,
        "issued_at": now,
        "contact_id": one.contact_id,
    }
    return link, one


def _mail(one: Holder, letter_id: int) -> dict[str, object]:
    """The invitation to its contact; to a colleague, the mail that passed it on."""
    message = "invitation" if one.is_main else "forwarded"
    data = {} if one.is_main else {"contact": one.contact_id}
    return {
        "message": message,
        "recipient": one.email,
        "letter_id": letter_id,
        "subject_id": one.invitation_id,
        "data": data,
    }


AGAIN_AFTER = timedelta(hours=1)


def mail_newer(connection: Connection, nonce: str | None, now: datetime) -> None:
    """The newer link once more, to the address that the replaced one went to, at most once an hour.

    Raises NotFound, Refused when there is none, Closed, or TooMany.
    """
    found = actions.held(connection, nonce)
    if found is None:
        raise NotFound("This link is not one of ours, or a part of it is missing.")
    if found.link.revoked_at is None:
        raise Refused("This link works. Open it from the mail that brought it.")
    one, newer = found.invitation, found.newer
    if found.link.reason != "replaced" or newer is None:
        raise Refused("There is no newer link for this address. Please write to the people who sent this one.")
    rules.check_answer(one, found.letter, now)
    if newer.stopped:
        raise Refused("That address takes no more mail from here. Please write to the people who sent the link.")
    mail = _mail(newer, one.letter_id)
    if mailed.count_lately(connection, str(mail["message"]), newer.email, now - AGAIN_AFTER, one.id):
        raise TooMany(
            "The newer link was mailed within the last hour. Please look for it, also among the unwanted mail.",
            int(AGAIN_AFTER.total_seconds()),
        )
    outbox.queue_many(connection, [mail], now)
    add_history(connection, one.letter_id, now, Deed("link mailed again", one.organisation, one.id))


def extend(
    connection: Connection, slug: str, ids: Collection[int] | None, until: datetime, who: str, now: datetime
) -> int:
    """More time for some organisations, also after the list has closed; without `ids` for all, by the letter's own
    deadline. Those who can be reached and have not answered are told by mail. Returns for how many it is later now.

    Raises Refused when `until` is not later than when the list closes.
    """
    letter = letters.letter_by_slug(connection, slug)
    if letter.hard_deadline and until <= letter.hard_deadline:
        raise Refused(
            f"The list closes on {moment_words(letter.hard_deadline, letter.time_zone)} as it is. Choose a later time."
        )
    if until <= now:
        raise Refused("That moment has passed. Choose a later one.")
    if ids is None:
        names = Arrangements.__dataclass_fields__
        plan = replace(Arrangements(**{name: getattr(letter, name) for name in names}), hard_deadline=until)
        actions.arrange(connection, slug, letter.revision, plan, True, who, now)
        return len(records.on_list(connection, letter.id))
    rules.check_year(until)
    some = [one for one in records.on_list(connection, letter.id, ids) if one.extended_until != until]
    if some:
        connection.execute(_extended, [{"of": one.id, "until": until, "now": now} for one in some])
        outbox.queue_many(
            connection,
            [
                actions.invitation_mail(one) | {"message": "deadline_moved"}
                for one in some
                if one.status in rules.WAITING and one.email and one.nonce
            ],
            now,
        )
        data = {"until": iso(until)}
        add_history(connection, letter.id, now, *(Deed("more time given", who, one.id, data) for one in some))
    return len(some)


_extended = (
    update(invitations_table)
    .where(invitations_table.c.id == bindparam("of"))
    .values(extended_until=bindparam("until"), changed_at=bindparam("now"))
)
