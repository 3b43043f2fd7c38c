"""What a register said, kept so that it is asked once: found for 30 days, not found for one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, bindparam, delete, insert, select

from coalition.base.database import Database, NotSaved
from coalition.organisations.registers.register import Candidate, Register
from coalition.tables import register_answers

FOUND_KEPT = timedelta(days=30)
NOTHING_KEPT = timedelta(days=1)

Found = Mapping[str, tuple[Candidate, ...]]

_kept = select(register_answers.c.question, register_answers.c.answer, register_answers.c.answered_at).where(
    register_answers.c.question.in_(bindparam("questions", expanding=True))
)
_stale = register_answers.c.answered_at < bindparam("before")


async def look_up(database: Database, register: Register, names: Sequence[str], now: datetime) -> Found:
    """Whom each name may mean, from what is kept or else from the register, which is never waited for with the database
    in hand. Names it has no answer to are left out. Raises Away where it would have to be asked and cannot be.
    """
    kept = await database.read(known, register.url, names, now)
    unknown = [name for name in dict.fromkeys(names) if name not in kept]
    if not unknown:
        return kept
    answers = await register.ask(unknown)
    found = {name: answer for name, answer in zip(unknown, answers, strict=True) if answer is not None}
    try:
        await database.write(keep, register.url, found, now)
    except NotSaved:
        pass  # the answer is as good; next time the register is asked again
    return {**kept, **found}


def known(connection: Connection, url: str, names: Sequence[str], now: datetime) -> Found:
    """What is kept, and still holds, of these names. At most a few hundred at once."""
    questions = {question(url, name): name for name in names}
    found: dict[str, tuple[Candidate, ...]] = {}
    of_question = {}
    for asked, answer, answered_at in connection.execute(_kept, {"questions": list(questions)}):
        if now - answered_at < (FOUND_KEPT if answer else NOTHING_KEPT):
            of_question[asked] = tuple(Candidate(**one) for one in answer)
    for name in names:
        if (asked := question(url, name)) in of_question:
            found[name] = of_question[asked]
    return found


def keep(connection: Connection, url: str, found: Found, now: datetime) -> None:
    rows = {
        question(url, name): {
            "question": question(url, name),
            "answer": [asdict(one) for one in answer],
            "answered_at": now,
        }
        for name, answer in found.items()
    }
    if rows:
        connection.execute(delete(register_answers).where(register_answers.c.question.in_(list(rows))))
        connection.execute(insert(register_answers), list(rows.values()))


def any_stale(connection: Connection, now: datetime) -> bool:
    wanted = select(register_answers.c.question).where(_stale).limit(1)
    return connection.execute(wanted, {"before": now - FOUND_KEPT}).first() is not None


def forget_stale(connection: Connection, now: datetime) -> None:
    connection.execute(delete(register_answers).where(_stale), {"before": now - FOUND_KEPT})


def question(url: str, name: str) -> str:
    """Names that differ in case and blanks only are one question."""
    return sha256(f"{url}\n{' '.join(name.casefold().split())}".encode()).hexdigest()
