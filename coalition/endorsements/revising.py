"""A new version of a letter: what becomes of those who agreed to the one before, and of those who were asked.

A correction carries what was given over to the new version, with a mail that says what changed and a way out; who
cannot be told stays under the version they read. A change of substance carries nothing over: everybody is asked again.
Either way nobody stands under a text that they neither read nor were told of.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    JSON,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from coalition.base.outbox import Owed
from coalition.base.refused import NotFound
from coalition.endorsements.conditions.settling import settle
from coalition.endorsements.records import STANDING
from coalition.endorsements.suggestions import taking
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records as invitations_records
from coalition.invitations.rules import AGREED, MOVES
from coalition.letters import next_version
from coalition.letters.records import Version
from coalition.letters.rules import Kind
from coalition.tables import Moment, contacts, endorsements, invitations, mail_stops, outbox

i = invitations.c
_LETTER = bindparam("of_letter", type_=Integer)
# Whoever has a link that opens, and an address that takes mail.
_reached = and_(i.nonce.is_not(None), ~exists().where(mail_stops.c.email == contacts.c.email))
_asked = invitations.join(contacts, contacts.c.id == i.contact_id)
# Asked, and knowing the text before. Whose invitation has not left yet gets the new text with it.
_KNOWING = ("again", "sent", "fetched", "read", "deciding", "held", "endorsed", "unconfirmed", "declined", "withdrawn")
_reachable = select(i.id).select_from(_asked).where(i.letter_id == _LETTER, _reached).scalar_subquery()


@dataclass(frozen=True)
class Effects:
    """How many a new version concerns, whichever kind it is."""

    endorsed: int  # stand now, those held apart with them
    told: int  # of those, how many can be mailed
    others: int  # asked, with no endorsement that stands, and can be mailed
    unreached: int  # asked and cannot be mailed, endorsers aside
    held: int  # of those who stand, how many wait on a condition

    @property
    def untold(self) -> int:
        return self.endorsed - self.told


_counted = select(func.count()).select_from(endorsements).where(*STANDING)
_waiting = _counted.where(endorsements.c.held_since.is_not(None))
_told = _counted.where(endorsements.c.invitation_id.in_(_reachable))
_knowing = (
    select(func.count())
    .select_from(_asked)
    .where(
        i.letter_id == _LETTER,
        i.status.in_([literal(one) for one in _KNOWING]),
        i.status.not_in([literal(one) for one in sorted(AGREED)]),
    )
)
_others = _knowing.where(_reached)
_untold_names = (
    select(endorsements.c.name)
    .where(*STANDING, endorsements.c.invitation_id.not_in(_reachable))
    .order_by(endorsements.c.sort_key, endorsements.c.id)
    .limit(bindparam("most"))
)


def effects(connection: Connection, letter_id: int) -> Effects:
    """What publishing would do now; it changes nothing."""
    of = {"of_letter": letter_id}
    others = connection.execute(_others, of).scalar_one()
    return Effects(
        connection.execute(_counted, of).scalar_one(),
        connection.execute(_told, of).scalar_one(),
        others,
        connection.execute(_knowing, of).scalar_one() - others,
        connection.execute(_waiting, of).scalar_one(),
    )


def out_of_reach(connection: Connection, letter_id: int, most: int = 100) -> list[str]:
    """Those who stand and cannot be told of a correction, as they are printed."""
    return list(connection.execute(_untold_names, {"of_letter": letter_id, "most": most}).scalars())


@dataclass(frozen=True)
class Published:
    version: Version
    mailed: int


def publish(connection: Connection, slug: str, seen: int, kind: Kind, why: str, who: str, now: datetime) -> Published:
    """Makes what was written the letter's new version. Raises Closed, Refused or Overtaken; see freeze_next.

    Two clicks publish once: the second finds nothing to publish.
    """
    before, version = next_version.freeze_next(connection, slug, seen, kind, why, now)
    if kind == "correction":
        stood = connection.execute(_counted, {"of_letter": before.id}).scalar_one()
        mailed = _carry(connection, before.id, version.number, now)
        data = {"carried": mailed, "left": stood - mailed}
    else:
        again, mailed = _ask_again(connection, before.id, version.number, now)
        data = {"again": again, "mailed": mailed}
    deed = {"version": version.number, "kind": kind, "fingerprint": version.fingerprint, **data}
    add_history(connection, before.id, now, Deed("version published", who, data=deed))
    taking.published(connection, version, now)
    settle(connection, before.id, now)
    return Published(version, mailed)


_carried = (
    update(endorsements)
    .where(*STANDING, endorsements.c.invitation_id.in_(_reachable))
    .values(version=bindparam("new"), told_at=bindparam("now"))
)
_touched = (
    update(invitations)
    .where(
        i.id.in_(
            select(endorsements.c.invitation_id)
            .where(*STANDING, endorsements.c.version == bindparam("new"))
            .scalar_subquery()
        )
    )
    .values(changed_at=bindparam("now"))
)


def _mails(message: str) -> Select[tuple[str, str, int, int, object, str, datetime, datetime]]:
    return select(
        literal(message),
        contacts.c.email,
        i.letter_id,
        i.id,
        bindparam("data", type_=JSON),
        literal("waiting"),
        bindparam("now", type_=Moment),
        bindparam("now", type_=Moment),
    )


_MAIL = ("message", "recipient", "letter_id", "subject_id", "data", "state", "queued_at", "due_at")
_tell = insert(outbox).from_select(
    _MAIL,
    _mails("corrected")
    .select_from(_asked.join(endorsements, endorsements.c.invitation_id == i.id))
    .where(*STANDING, endorsements.c.version == bindparam("new", type_=Integer), _reached),
)


def _carry(connection: Connection, letter_id: int, number: int, now: datetime) -> int:
    values = {"of_letter": letter_id, "new": number, "now": now, "data": {"version": number}}
    carried = connection.execute(_carried, values).rowcount
    if carried:
        connection.execute(_touched, values)
        connection.execute(_tell, values)
    return carried


_again = (
    update(invitations)
    .where(i.letter_id == bindparam("of_letter"), i.status.in_([literal(one) for one in MOVES["ask again"][0]]))
    .values(status=MOVES["ask again"][1], changed_at=bindparam("now"), problem="")
)
_ask = insert(outbox).from_select(
    _MAIL,
    _mails("asked_again")
    .select_from(_asked)
    .where(
        i.letter_id == _LETTER,
        i.status.in_([literal(one, String) for one in _KNOWING]),
        _reached,
    ),
)


def _ask_again(connection: Connection, letter_id: int, number: int, now: datetime) -> tuple[int, int]:
    """How many had endorsed, and how many are mailed in all."""
    values = {"of_letter": letter_id, "now": now, "data": {"version": number}}
    again = connection.execute(_again, values).rowcount
    return again, connection.execute(_ask, values, execution_options={"preserve_rowcount": True}).rowcount


# Mail about it that does not arrive.

_back = (
    update(endorsements)
    .where(
        endorsements.c.invitation_id == bindparam("of"),
        endorsements.c.version == bindparam("told_of"),
        endorsements.c.given_version < bindparam("told_of"),
        endorsements.c.told_at.is_not(None),
    )
    .values(version=endorsements.c.given_version, told_at=None)
)


def mail_ended(connection: Connection, owed: Owed, ending: str, words: str, now: datetime) -> None:
    """What became of the mail about a new version: sent, failed or dropped for good, or to be tried again."""
    if owed.subject_id is None or owed.letter_id is None:
        return
    if ending == "sent" and owed.message == "asked_again":
        invitations_records.change(connection, owed.subject_id, now, sent_at=now)
    if ending not in ("failed", "dropped"):
        return
    not_told(connection, owed, now)
    if ending == "failed":
        if owed.message == "asked_again":
            invitations_records.move(connection, owed.subject_id, "fail again", now, problem=words)
        deed = Deed("mail failed", "the mail server", owed.subject_id, {"said": words})
        add_history(connection, owed.letter_id, now, deed)


def not_told(connection: Connection, owed: Owed, now: datetime) -> None:
    """A mail did not reach who was to be told of a correction: what they gave stands under what they read again."""
    if owed.message != "corrected" or owed.subject_id is None:
        return
    try:
        one = invitations_records.invitation(connection, owed.subject_id, owed.letter_id)
    except NotFound:  # merged into another's, or taken off the list
        return
    version = owed.data["version"]
    if connection.execute(_back, {"of": one.id, "told_of": version}).rowcount:
        words = f"The correction of version {version} could not be mailed: it stands under the version it read."
        invitations_records.change(connection, one.id, now, problem=words)
        deed = Deed("correction not told", "Coalition", one.id, {"version": version})
        add_history(connection, one.letter_id, now, deed)
        settle(connection, one.letter_id, now)
