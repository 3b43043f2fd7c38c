"""What the addressee answered: noted with its file and a quote, corrected, taken back; and what of it is public."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, update

from coalition.base.refused import NotFound, Overtaken
from coalition.dispatch.noting import OVERTAKEN, Unclear
from coalition.dispatch.rules import LONGEST, Proof
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.letters.rules import check as check_letter
from coalition.tables import replies

LONGEST_QUOTE = 1200

Outcome = Literal["noted", "corrected", "same"]


@dataclass(frozen=True)
class Replied:
    """What a coordinator says of a reply."""

    whom: str
    day: date | None
    quote: str = ""
    proof: Proof | None = None
    show_quote: bool = False
    show_proof: bool = False


@dataclass(frozen=True)
class Reply:
    id: int
    letter_id: int
    whom: str
    day: date
    quote: str
    proof: str | None
    proof_kind: str
    proof_name: str
    show_quote: bool
    show_proof: bool
    who: str
    noted_at: datetime
    undone_at: datetime | None
    revision: int

    @property
    def file(self) -> Proof | None:
        return Proof(self.proof, self.proof_kind, self.proof_name) if self.proof else None

    @property
    def in_public(self) -> "Reply":
        """As everybody may see it: that it came, and what there is leave to show."""
        quote = self.quote if self.show_quote else ""
        proof = (self.proof, self.proof_kind) if self.show_proof else (None, "")
        return replace(self, quote=quote, proof=proof[0], proof_kind=proof[1], proof_name="", who="")


_columns: tuple[ColumnElement[Any], ...] = tuple(replies.c[name] for name in Reply.__dataclass_fields__)
_of_letter = select(*_columns).where(replies.c.letter_id == bindparam("of")).order_by(replies.c.day, replies.c.id)
_standing = _of_letter.where(replies.c.undone_at.is_(None))
_one = select(*_columns).where(replies.c.id == bindparam("id"), replies.c.letter_id == bindparam("of"))
_any = select(exists().where(replies.c.letter_id == bindparam("of"), replies.c.undone_at.is_(None)))


def all_replies(connection: Connection, letter_id: int) -> list[Reply]:
    """Those that stand, in the order in which they came."""
    return [Reply(*row) for row in connection.execute(_standing, {"of": letter_id})]


def any_at_all(connection: Connection, letter_id: int) -> bool:
    return bool(connection.execute(_any, {"of": letter_id}).scalar())


def reply(connection: Connection, id: int, letter_id: int) -> Reply:
    """Raises NotFound, also when it is another letter's."""
    row = connection.execute(_one, {"id": id, "of": letter_id}).first()
    if row is None:
        raise NotFound("There is no such reply to this letter.")
    return Reply(*row)


def public_file(connection: Connection, id: int, letter_id: int) -> Proof:
    """The file of a reply that everybody may see. Raises NotFound."""
    one = reply(connection, id, letter_id)
    if one.undone_at or not one.show_proof or one.file is None:
        raise NotFound("There is no such reply to this letter.")
    return one.file


def note(connection: Connection, slug: str, said: Replied, who: str, now: datetime) -> tuple[int, Outcome]:
    """Notes a reply. Noted once more just as it is there, it is the same one. Raises Refused, Unclear."""
    letter = letters.letter_by_slug(connection, slug)
    check_letter(letter, "deliver", now)
    _check(said, letter, now)
    for one in all_replies(connection, letter.id):
        if _as_said(one) == said:
            return one.id, "same"
    made = insert(replies).values(letter_id=letter.id, **_values(said), who=who, noted_at=now).returning(replies.c.id)
    id: int = connection.execute(made).scalar_one()
    add_history(connection, letter.id, now, Deed("reply noted", who, data=_told(said)))
    return id, "noted"


def correct(
    connection: Connection, slug: str, id: int, said: Replied, seen: int, who: str, now: datetime
) -> tuple[int, Outcome]:
    """Other words for one that was noted; `seen` is its revision on the page. A file stays unless there is a new one.

    Raises Overtaken, Unclear, NotFound once it was taken back.
    """
    letter = letters.letter_by_slug(connection, slug)
    before = reply(connection, id, letter.id)
    if before.undone_at:
        raise NotFound("This reply was taken back.")
    said = said if said.proof else replace(said, proof=before.file)
    _check(said, letter, now)
    if _as_said(before) == said:
        return id, "same"
    if seen != before.revision or not _put(connection, before, **_values(said)):
        raise Overtaken(OVERTAKEN)
    add_history(connection, letter.id, now, Deed("reply corrected", who, data=_told(said)))
    return id, "corrected"


def take_back(connection: Connection, slug: str, id: int, who: str, now: datetime) -> bool:
    """It was no reply to this letter after all. False when that is so already."""
    letter = letters.letter_by_slug(connection, slug)
    before = reply(connection, id, letter.id)
    if before.undone_at or not _put(connection, before, undone_at=now):
        return False
    add_history(connection, letter.id, now, Deed("reply taken back", who, data=_told(_as_said(before))))
    return True


def problems(said: Replied, letter: Letter, now: datetime) -> dict[str, str]:
    """What is missing or wrong: field -> what to do. Empty when nothing."""
    wrong: dict[str, str] = {}
    zone = ZoneInfo(letter.time_zone)
    if not said.whom:
        wrong["whom"] = "Say who it is from, as the public page should say it."
    elif len(said.whom) > LONGEST:
        wrong["whom"] = f"This is longer than {LONGEST} characters. Please shorten it."
    if said.day is None:
        wrong["day"] = "Give the day on which it was received."
    elif said.day > now.astimezone(zone).date():
        wrong["day"] = "That day is still to come. Note the reply when it has been received."
    elif said.day < (letter.opened_at or letter.created_at).astimezone(zone).date():
        wrong["day"] = "The letter was not open for endorsement yet on that day. Choose a later one."
    if len(said.quote) > LONGEST_QUOTE:
        wrong["quote"] = f"This is longer than {LONGEST_QUOTE:,} characters. Quote what matters most."
    if said.show_quote and not said.quote:
        wrong["quote"] = "Give the words that everybody may read, or untick that they may."
    if said.show_proof and said.proof is None:
        wrong["proof"] = "Choose the file that everybody may see, or untick that they may."
    return wrong


def _check(said: Replied, letter: Letter, now: datetime) -> None:
    wrong = problems(said, letter, now)
    if wrong:
        raise Unclear(wrong)


def _put(connection: Connection, before: Reply, **values: Any) -> bool:
    """False when it is not as it was seen any more."""
    done = connection.execute(
        update(replies)
        .where(replies.c.id == before.id, replies.c.revision == before.revision, replies.c.undone_at.is_(None))
        .values(revision=before.revision + 1, **values)
    )
    return done.rowcount == 1


def _as_said(one: Reply) -> Replied:
    return Replied(one.whom, one.day, one.quote, one.file, one.show_quote, one.show_proof)


def _values(said: Replied) -> dict[str, Any]:
    values = {name: value for name, value in vars(said).items() if name != "proof"}
    if said.proof:
        values |= {"proof": said.proof.sha256, "proof_kind": said.proof.kind, "proof_name": said.proof.name}
    return values


def _told(said: Replied) -> dict[str, Any]:
    return {
        "whom": said.whom,
        "on": said.day.isoformat() if said.day else "",
        "proof": said.proof.sha256 if said.proof else "",
        "shown": [name for name in ("quote", "proof") if getattr(said, f"show_{name}")],
    }
