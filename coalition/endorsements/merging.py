"""Two organisations that are one: what merging them will do, and doing it. Undoing has a room of its own."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from coalition.base.journal import Journal
from coalition.base.refused import Overtaken, Refused
from coalition.endorsements.conditions.settling import settle
from coalition.endorsements.rules import Kept, which_is_kept
from coalition.history.records import SITE, Deed
from coalition.history.records import add as add_history
from coalition.invitations import records as invitations
from coalition.invitations.keys import keys
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.organisations import directory
from coalition.organisations.rules import Organisation, Person, preferred
from coalition.tables import (
    contacts,
    endorsements,
    former_invitations,
    joins,
    links,
    merges,
    organisations,
    reminders,
    requests,
    suggestions,
)
from coalition.tables import invitations as invitations_table

# What the kept one takes over where it has nothing itself; a number goes to one organisation, a logo with its leave.
_TAKEN = {
    "register_id": "register number",
    "website": "website",
    "domain": "",
    "kind": "kind",
    "country": "country",
    "approves": "who approves",
    "notice_days": "notice needed",
    "signing_note": "note on how they sign",
}
_LOGO = ("logo", "logo_permission", "logo_permitted_on")


@dataclass(frozen=True)
class OnLetter:
    """What becomes of one letter's list: `gone` is taken out, unless only one of the two was on it."""

    letter_id: int
    slug: str
    subject: str
    kept: Invitation
    gone: Invitation | None
    why: Kept | None


@dataclass(frozen=True)
class Plan:
    """All that a merge does, before it is done."""

    kept: Organisation
    merged: Organisation
    moving: tuple[Person, ...]  # contacts
    doubled: tuple[Person, ...]  # contacts of the merged one whose address the kept one has too
    taken: tuple[str, ...]  # what the kept one takes over, in words
    takes_logo: bool
    letters: tuple[OnLetter, ...]

    @property
    def shared(self) -> list[OnLetter]:
        return [one for one in self.letters if one.gone]

    @property
    def alone(self) -> list[OnLetter]:
        return [one for one in self.letters if not one.gone]

    @property
    def digest(self) -> str:
        """Another one when anything that the page showed is otherwise by now."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]


def plan(connection: Connection, kept_id: int, merged_id: int) -> Plan:
    """Changes nothing. Raises NotFound, Refused, or Overtaken when one of them is merged by now."""
    kept, merged = directory.organisation(connection, kept_id), directory.organisation(connection, merged_id)
    if kept_id == merged_id:
        raise Refused("These are one organisation already. Choose another one to merge.")
    for one in (kept, merged):
        if one.merged_into is not None:
            into = directory.organisation(connection, one.merged_into)
            raise Overtaken(f"{one.name} was merged into {into.name} meanwhile, so nothing was changed.")
    if kept.archived_at is not None:
        raise Refused(f"{kept.name} is archived. Bring it back first, or keep {merged.name} instead.")
    there = {one.email for one in directory.people(connection, kept_id)}
    people = directory.people(connection, merged_id)
    return Plan(
        kept,
        merged,
        tuple(one for one in people if one.email not in there),
        tuple(one for one in people if one.email in there),
        tuple(words for field, words in _TAKEN.items() if words and _is_taken(kept, merged, field)),
        kept.logo is None and merged.logo is not None,
        tuple(_letters(connection, kept_id, merged_id)),
    )


def _is_taken(kept: Organisation, merged: Organisation, field: str) -> bool:
    return getattr(kept, field) in ("", None) and getattr(merged, field) not in ("", None)


def _letters(connection: Connection, kept_id: int, merged_id: int) -> Iterator[OnLetter]:
    ours = {one.letter_id: one for one in invitations.all_of_organisation(connection, kept_id)}
    for theirs in invitations.all_of_organisation(connection, merged_id):
        letter = letters.letter(connection, theirs.letter_id)
        if mine := ours.get(theirs.letter_id):
            stays, goes, why = which_is_kept(mine, theirs)
            yield OnLetter(letter.id, letter.slug, letter.subject, stays, goes, why)
        else:
            yield OnLetter(letter.id, letter.slug, letter.subject, theirs, None, None)


def merge(connection: Connection, kept_id: int, merged_id: int, seen: str, who: str, now: datetime) -> int:
    """Does what `plan` showed; `seen` is its digest. Returns the merge's id, the same one for a second click.

    Raises Overtaken when the plan is another by now, and what `plan` raises.
    """
    if done := _done(connection, kept_id, merged_id):
        return done
    planned = plan(connection, kept_id, merged_id)
    if planned.digest != seen:
        raise Overtaken(
            "Something about these two has changed since you opened this page, an answer perhaps. Nothing was merged. "
            "What would happen now is shown below."
        )
    steps = Journal(connection)
    for one in planned.letters:
        if one.gone:
            _keep_order(connection, steps, one.kept.id, one.gone.id)
            _take_out(connection, steps, one.kept.id, one.gone, now)
    contact_of = _move_contacts(connection, steps, planned)
    for one in planned.letters:
        _move_place(steps, planned.kept, one, contact_of)
    _join(steps, planned)
    id: int = connection.execute(
        insert(merges)
        .values(kept_id=kept_id, merged_id=merged_id, who=who, merged_at=now, moved=_moved(connection, planned, steps))
        .returning(merges.c.id)
    ).scalar_one()
    _note(connection, planned, id, who, now)
    for one in planned.letters:
        settle(connection, one.letter_id, now)
    return id


def _done(connection: Connection, kept_id: int, merged_id: int) -> int | None:
    """The merge that has made these two one, if it stands."""
    wanted = select(merges.c.id).where(
        merges.c.kept_id == kept_id, merges.c.merged_id == merged_id, merges.c.undone_at.is_(None)
    )
    return connection.execute(wanted).scalar()


def _keep_order(connection: Connection, steps: Journal, kept_id: int, gone_id: int) -> None:
    """Where only the one that makes way was given a place among the undersigned by hand, the other takes it."""
    placed = select(endorsements.c.id, endorsements.c.group, endorsements.c.place)
    kept, gone = (
        connection.execute(placed.where(endorsements.c.invitation_id == id)).first() for id in (kept_id, gone_id)
    )
    if kept and gone and kept.place is None and kept.group == gone.group:
        steps.change(endorsements, {"id": kept.id}, place=gone.place)


def _take_out(connection: Connection, steps: Journal, kept_id: int, gone: Invitation, now: datetime) -> None:
    """One invitation makes way for the other. Its links lead there, and say that they were merged."""
    endorsed = select(endorsements.c.id).where(endorsements.c.invitation_id == gone.id)
    for (id,) in connection.execute(endorsed).all():
        steps.remove(endorsements, {"id": id})
    reminded = select(reminders.c.step).where(reminders.c.invitation_id == gone.id)
    for (step,) in connection.execute(reminded).all():
        steps.remove(reminders, {"invitation_id": gone.id, "step": step})
    for id in (
        connection.execute(select(suggestions.c.id).where(suggestions.c.invitation_id == gone.id)).scalars().all()
    ):
        steps.change(suggestions, {"id": id}, invitation_id=kept_id)
    for (id,) in connection.execute(select(requests.c.id).where(requests.c.invitation_id == gone.id)).all():
        steps.change(requests, {"id": id}, invitation_id=kept_id)
    former = select(former_invitations.c.former_id).where(former_invitations.c.invitation_id == gone.id)
    for (id,) in connection.execute(former).all():
        steps.change(former_invitations, {"former_id": id}, invitation_id=kept_id)
    joined = select(joins.c.id).where(joins.c.invitation_id == gone.id)
    for (id,) in connection.execute(joined).all():
        steps.change(joins, {"id": id}, invitation_id=kept_id)
    held = select(links.c.nonce, links.c.revoked_at, links.c.first_subject_id).where(
        links.c.purpose == "invitation", links.c.subject_id == gone.id
    )
    for nonce, revoked_at, first in connection.execute(held).all():
        ended = {} if revoked_at else {"revoked_at": now, "reason": "merged"}
        steps.change(links, {"nonce": nonce}, subject_id=kept_id, first_subject_id=first or gone.id, **ended)
    steps.remove(invitations_table, {"id": gone.id})
    steps.add(former_invitations, {"former_id": gone.id}, invitation_id=kept_id)


def _move_contacts(connection: Connection, steps: Journal, planned: Plan) -> dict[int, Person]:
    """Returns every contact by its id of before: of two with one address, the kept organisation's is left."""
    ours = directory.people(connection, planned.kept.id)
    by_email = {one.email: one for one in ours}
    chosen = preferred(ours) is not None
    contact_of = {one.id: one for one in ours}
    for one in planned.moving:
        steps.change(contacts, {"id": one.id}, organisation_id=planned.kept.id, preferred=one.preferred and not chosen)
        contact_of[one.id] = one
    for one in planned.doubled:
        same = by_email[one.email]
        left_at = same.left_at if one.left_at else None
        steps.change(contacts, {"id": same.id}, name=same.name or one.name, role=same.role or one.role, left_at=left_at)
        _hand_over(connection, steps, one.id, same.id, [place.kept.id for place in planned.letters])
        steps.remove(contacts, {"id": one.id})
        contact_of[one.id] = same
    return contact_of


def _hand_over(connection: Connection, steps: Journal, old: int, new: int, places: list[int]) -> None:
    """Whatever names the one contact names the other: whom a letter asks, who decides later or suggested words, whose a
    link is.
    """
    for table, name in (
        (invitations_table, "contact_id"),
        (invitations_table, "deciding_contact_id"),
        (suggestions, "contact_id"),
    ):
        for id in connection.execute(select(table.c.id).where(table.c[name] == old)).scalars().all():
            steps.change(table, {"id": id}, **{name: new})
    theirs = select(links.c.nonce).where(
        links.c.purpose == "invitation", links.c.subject_id.in_(places), links.c.contact_id == old
    )
    for nonce in connection.execute(theirs).scalars().all():
        steps.change(links, {"nonce": nonce}, contact_id=new)
    asked = select(requests.c.id).where(requests.c.invitation_id.in_(places), requests.c.contact_id == old)
    for id in connection.execute(asked).scalars().all():
        steps.change(requests, {"id": id}, contact_id=new)


def _move_place(steps: Journal, kept: Organisation, one: OnLetter, contact_of: dict[int, Person]) -> None:
    """The invitation that stays, its endorsement and what was suggested through it are the kept organisation's."""
    contact = contact_of.get(one.kept.contact_id or 0)
    steps.change(invitations_table, {"id": one.kept.id}, organisation_id=kept.id, **keys(kept.name, contact))
    for table in (endorsements, suggestions):
        theirs = select(table.c.id).where(table.c.invitation_id == one.kept.id)
        for id in steps.connection.execute(theirs).scalars().all():
            steps.change(table, {"id": id}, organisation_id=kept.id)


def _join(steps: Journal, planned: Plan) -> None:
    kept, merged = planned.kept, planned.merged
    steps.change(organisations, {"id": merged.id}, merged_into=kept.id)  # first: its number is free then
    values = {field: getattr(merged, field) for field in _TAKEN if _is_taken(kept, merged, field)}
    if planned.takes_logo:
        values |= {field: getattr(merged, field) for field in _LOGO}
    steps.change(organisations, {"id": kept.id}, **values, revision=kept.revision + 1)
    directory.refresh_search_key(steps.connection, kept.id)


def _moved(connection: Connection, planned: Plan, steps: Journal) -> dict[str, Any]:
    """What merges.moved keeps: every row as it was, and what an undo must find unchanged."""
    stands = []
    for one in planned.letters:
        there = invitations.invitation(connection, one.kept.id)
        state = {"invitation": there.id, "answers": there.answers, "contact": there.contact_id}
        state["version"] = letters.letter(connection, one.letter_id).version
        stands.append({"letter": one.letter_id, "subject": one.subject, "gone": one.gone and one.gone.id, **state})
    moved = [one.id for one in (*planned.moving, *planned.doubled)]
    return {"steps": steps.steps, "letters": stands, "contacts": moved}


def _note(connection: Connection, planned: Plan, id: int, who: str, now: datetime) -> None:
    called = {"name": planned.kept.name, "merged": planned.merged.name, "organisation": planned.kept.id}
    for one in planned.letters:
        data = {**called, "gone": one.gone.id if one.gone else None, "why": one.why}
        add_history(connection, one.letter_id, now, Deed("organisations merged", who, one.kept.id, data))
    add_history(connection, SITE, now, Deed("organisations merged", who, planned.kept.id, {**called, "merge": id}))
