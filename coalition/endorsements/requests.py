"""After the letter was delivered an organisation asks for its line to be changed, or to be taken off; the desk answers.

Nothing that was delivered changes by it: what is done shows in the next printing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update

from coalition.base import mailed, outbox
from coalition.base.refused import NotFound, Refused, TooMany
from coalition.endorsements import records, rules
from coalition.endorsements.actions import Incomplete
from coalition.endorsements.conditions import settling
from coalition.endorsements.rules import Endorsement
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import holders
from coalition.invitations import records as invitations_records
from coalition.invitations.actions import opened_to_answer
from coalition.letters import records as letters
from coalition.letters.rules import dispatched
from coalition.organisations.names import sort_key
from coalition.people import records as people
from coalition.tables import endorsements, invitations, requests

Wish = Literal["change", "withdraw"]
WISHES = {
    "change": "Please change how we are printed",
    "withdraw": "Please take us off the letter",
}
WORDS_LONGEST = 1000
A_DAY_MOST = 5  # of one organisation
_LINE = ("name", "signatory", "role", "show_signatory")

Outcome = Literal["requested", "same"]


@dataclass(frozen=True)
class Line:
    """How the organisation wants to be printed."""

    name: str
    signatory: str
    role: str
    show_signatory: bool


@dataclass(frozen=True)
class Request:
    id: int
    invitation_id: int
    contact_id: int | None
    wish: str
    words: str
    line: dict[str, Any]
    asked_at: datetime
    ended_at: datetime | None
    outcome: str
    said: str


_columns: tuple[ColumnElement[Any], ...] = tuple(requests.c[name] for name in Request.__dataclass_fields__)
_of = select(*_columns).where(requests.c.invitation_id == bindparam("invitation_id")).order_by(requests.c.id.desc())
_by_id = select(*_columns).where(requests.c.id == bindparam("id"))


def of_invitation(connection: Connection, invitation_id: int) -> list[Request]:
    """Newest first."""
    return [Request(*row) for row in connection.execute(_of, {"invitation_id": invitation_id})]


def latest(connection: Connection, invitation_id: int) -> Request | None:
    return next(iter(of_invitation(connection, invitation_id)), None)


def request(connection: Connection, id: int, invitation_id: int) -> Request:
    """Raises NotFound, also when it is another organisation's."""
    row = connection.execute(_by_id, {"id": id}).first()
    if row is None or row.invitation_id != invitation_id:
        raise NotFound("There is no such request of this organisation.")
    return Request(*row)


def ask(
    connection: Connection, nonce: str | None, wish: str, words: str, line: Line, seen: int | None, now: datetime
) -> Outcome:
    """Records what an organisation asks of the desk. Asked again otherwise while it waits, it is the newer that waits.

    Raises NotFound, Gone, ViewOnly, rules.Stale, Incomplete, TooMany, or Refused while they can do it themselves.
    """
    found = opened_to_answer(connection, nonce, now)
    one, letter = found.invitation, found.letter
    given = records.of_organisation(connection, letter.id, one.organisation_id)
    if given is None or not rules.stands(given, letter):
        raise Refused("Your organisation does not stand under this letter, so there is nothing to change.")
    if not dispatched(letter):
        raise Refused("The letter has not been delivered yet, so you can change or withdraw the endorsement yourself.")
    if wish == "withdraw":
        line = _line(given)
    waiting = latest(connection, one.id)
    if (
        waiting
        and waiting.ended_at is None
        and (waiting.wish, waiting.words, waiting.line) == (wish, words, vars(line))
    ):
        return "same"
    rules.check_seen(one, seen)
    wrong = problems(wish, words, line, given, letter.groups)
    if wrong:
        raise Incomplete(wrong)
    coordinator = people.coordinator(connection, letter.coordinator_id)
    if mailed.count_about(connection, "request", one.id, now - timedelta(days=1)) >= A_DAY_MOST:
        raise TooMany(
            f"You have asked {A_DAY_MOST} times within a day. Please wait until tomorrow, or write to "
            f"{coordinator.called}, {coordinator.email}.",
            86400,
        )
    for older in of_invitation(connection, one.id):
        if older.ended_at is None:
            _end(connection, older, "taken back", "", now)
    values = {"wish": wish, "words": words, "line": vars(line), "asked_at": now, "contact_id": found.link.contact_id}
    id: int = connection.execute(
        insert(requests).values(invitation_id=one.id, **values).returning(requests.c.id)
    ).scalar_one()
    invitations_records.change(connection, one.id, now)
    # What they write is for the desk: the history, which outlives it, says only what was asked.
    add_history(connection, letter.id, now, Deed("request made", one.organisation, one.id, {"wish": wish}))
    about = {"letter_id": letter.id, "subject_id": one.id}
    outbox.queue(connection, "request", coordinator.email, now, data={"request": id}, **about)  # type: ignore[arg-type]
    return "requested"


def problems(wish: str, words: str, line: Line, given: Endorsement, groups: tuple[str, ...]) -> dict[str, str]:
    """What is missing or wrong: field -> what to do."""
    if wish not in WISHES:
        return {"wish": "Say what you ask for."}
    wrong: dict[str, str] = {}
    if len(words) > WORDS_LONGEST:
        wrong["words"] = f"This is longer than {WORDS_LONGEST:,} characters. Please shorten it."
    for field, wanted in (
        ("name", "Write your organisation's name as it should be printed."),
        ("signatory", "Write the name of the person who gives this endorsement."),
        ("role", "Write that person's role, such as Chief Executive."),
    ):
        value = getattr(line, field)
        if not value:
            wrong[field] = wanted
        elif len(value) > rules.LONGEST:
            wrong[field] = f"This is longer than {rules.LONGEST} characters. Please shorten it."
    if wish == "change" and not words and line == _line(given):
        wrong["words"] = "Change the name, signatory or role below, or say here what you ask for."
    return wrong


def _line(given: Endorsement) -> Line:
    return Line(given.name, given.signatory, given.role, given.show_signatory)


def done(connection: Connection, slug: str, invitation_id: int, id: int, who: str, now: datetime) -> bool:
    """Does what was asked, for the next printing, and tells them. A second click finds it done, and is False."""
    letter = letters.letter_by_slug(connection, slug)
    one = invitations_records.invitation(connection, invitation_id, letter.id)
    asked = request(connection, id, one.id)
    if asked.ended_at is not None:
        return False
    given = records.of_organisation(connection, letter.id, one.organisation_id)
    if given is None or not rules.stands(given, letter):
        raise Refused("This organisation does not stand under the letter any more, so there is nothing to change.")
    if asked.wish == "withdraw":
        records.withdraw(connection, given.id, now)
        invitations_records.move(
            connection, one.id, "withdraw", now, answers=one.answers + 1, answered_at=now, deciding_until=None
        )
    else:
        line = {name: asked.line[name] for name in _LINE}
        key = sort_key(asked.line["name"], letter.text.language)
        connection.execute(
            update(endorsements)
            .where(endorsements.c.id == given.id)
            .values(**line, sort_key=key, endorsed_at=now, receipt=None, left_out_at=None)
        )
        invitations_records.move(connection, one.id, "take in", now)  # who was left out, and not heard of, is in again
        invitations_records.change(connection, one.id, now, answers=one.answers + 1, answered_at=now)
    _answer(connection, asked, letter.id, "done", "", who, now)
    settling.settle(connection, letter.id, now)  # others may have endorsed on the condition that this one does
    return True


def turn_down(
    connection: Connection, slug: str, invitation_id: int, id: int, said: str, who: str, now: datetime
) -> bool:
    """Does not do it, and tells them why. False when it has been answered already."""
    letter = letters.letter_by_slug(connection, slug)
    one = invitations_records.invitation(connection, invitation_id, letter.id)
    asked = request(connection, id, one.id)
    if asked.ended_at is not None:
        return False
    if not said:
        raise Incomplete({"said": "Write a word to them: it goes into the mail that tells them."})
    if len(said) > WORDS_LONGEST:
        raise Incomplete({"said": f"This is longer than {WORDS_LONGEST:,} characters. Please shorten it."})
    _answer(connection, asked, letter.id, "turned down", said, who, now)
    invitations_records.change(connection, one.id, now)
    return True


def _answer(
    connection: Connection, asked: Request, letter_id: int, outcome: str, said: str, who: str, now: datetime
) -> None:
    _end(connection, asked, outcome, said, now)
    add_history(connection, letter_id, now, Deed(f"request {outcome}", who, asked.invitation_id, {"wish": asked.wish}))
    held = holders.holder(connection, asked.invitation_id, asked.contact_id)
    if held and held.email:
        data = {"request": asked.id, "contact": held.contact_id}
        about = {"letter_id": letter_id, "subject_id": asked.invitation_id}
        outbox.queue(connection, "request_answered", held.email, now, data=data, **about)  # type: ignore[arg-type]


def _end(connection: Connection, asked: Request, outcome: str, said: str, now: datetime) -> None:
    connection.execute(
        update(requests).where(requests.c.id == asked.id).values(ended_at=now, outcome=outcome, said=said)
    )


_waiting = (
    select(func.count())
    .select_from(requests.join(invitations))
    .where(invitations.c.letter_id == bindparam("letter_id"), requests.c.ended_at.is_(None))
)


def count_waiting(connection: Connection, letter_id: int) -> int:
    return connection.execute(_waiting, {"letter_id": letter_id}).scalar_one()


def with_line(given: Endorsement, asked: Request) -> Endorsement:
    """The endorsement as it would be printed if the request is done."""
    return replace(given, **{name: asked.line[name] for name in _LINE})
