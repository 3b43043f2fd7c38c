"""One deed for many rows of the tracker: a page that says who, how many and what happens, then its one button."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData, QueryParams
from starlette.responses import RedirectResponse, Response

from coalition.base import clock, links
from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.invitations.tracker import choosing, tracking
from coalition.invitations.tracker.choosing import DEEDS, OFFERED, Chosen, Done, What
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.web.desk.tracker import filters
from coalition.web.desk.tracker.filters import View
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, whole_number

MOST_TICKED = 500
AT_ONCE = 200  # organisations in one transaction: others wait no longer than for one of these
NAMED = 20  # organisations that are named in the address of the result, for each reason


@dataclass(frozen=True)
class Choice:
    """What was chosen, and for what: in the tracker's form, and again in the form of the page that asks."""

    what: What
    ids: tuple[int, ...]  # those ticked; not looked at when all are meant
    all: int | None  # how many there were when all that a filter shows were meant
    view: View
    group: str
    until: str

    def fields(self) -> list[tuple[str, str]]:
        picks = [("pick", str(id)) for id in self.ids] if self.all is None else [("all", str(self.all))]
        return [*self.view.parts(page=self.view.wanted.page), *picks]


def _choice(given: QueryParams | FormData) -> Choice | None:
    """None when nobody was ticked, or we do not know the deed."""
    what = str(given.get("do", ""))
    picked = {id for value in given.getlist("pick") if (id := whole_number(value)) is not None}
    everybody = whole_number(given.get("all"))
    if what not in DEEDS or len(picked) > MOST_TICKED or not (picked or everybody):
        return None
    texts = (str(given.get(name, ""))[:200].replace("\0", "") for name in ("to", "moment"))
    # The tracker has filters called `group` and `until`: here they are `to` and `moment`.
    return Choice(what, tuple(sorted(picked)), everybody, filters.view(given), *texts)


@at_desk
async def confirm(visit: Visit) -> Response:
    """What would happen, to whom. Changes nothing."""
    choice = _choice(visit.request.query_params)
    if choice is None:
        return await _nobody(visit)
    return await _confirm(visit, choice)


async def _nobody(visit: Visit) -> Response:
    await visit.database.read(letters.letter_by_slug, visit.slug)
    return visit.back("", "nobody")


async def _confirm(
    visit: Visit, choice: Choice, status: int = 200, problem: str = "", wrong: dict[str, str] | None = None
) -> Response:
    looked = await visit.database.read_long(_look, visit, choice)
    return visit.page(
        "bulk.html",
        status,
        problem=problem,
        wrong={"to": "", "until": ""} | (wrong or {}),
        choice=choice,
        deed=DEEDS[choice.what],
        reasons=choosing.LEFT_OUT,
        back=_back(visit, choice.view),
        once=secrets.token_urlsafe(16),
        **looked,
    )


def _look(connection: Connection, visit: Visit, choice: Choice) -> dict[str, Any]:
    letter = letters.letter_by_slug(connection, visit.slug)
    state = rules.state(letter, visit.now)
    ids = _ids(connection, letter, choice, visit.now)
    wanted, left = choosing.sorted_out(connection, letter, choice.what, ids, visit.now, choice.group)
    return {
        "letter": letter,
        "allowed": choice.what in OFFERED[state],
        "state": state,
        "chosen": len(ids),
        "wanted": wanted,
        "left": left,
        "seen": _digest(ids),
        "moved": choice.all is not None and choice.all <= tracking.COUNTED_MOST and choice.all != len(ids),
        "until": choice.until or (_proposed(letter, visit.now) if choice.what == "extend" else ""),
        "place": clock.place(letter.time_zone),
    }


def _ids(connection: Connection, letter: Letter, choice: Choice, now: datetime) -> list[int]:
    if choice.all is None:
        return list(choice.ids)
    return tracking.ids(connection, letter.id, choice.view.of(letter, now).folded)


def _digest(ids: list[int]) -> str:
    return hashlib.sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()[:16]


def _proposed(letter: Letter, now: datetime) -> str:
    """A week more than the letter gives, or than there is left."""
    begins = max(letter.hard_deadline or now, now)
    return f"{begins.astimezone(ZoneInfo(letter.time_zone)) + timedelta(days=7):%Y-%m-%dT%H:%M}"


@at_desk
async def do(visit: Visit) -> Response:
    """The deed, in parts of AT_ONCE; a second click does nothing more."""
    data = await posted(visit.request, fields=MOST_TICKED + 50)
    choice = _choice(data)
    if choice is None:
        return await _nobody(visit)
    looked = await visit.database.read_long(_look, visit, choice)
    letter = cast("Letter", looked["letter"])
    wrong, until = _check(letter, choice)
    if wrong:
        return await _confirm(visit, choice, 422, wrong=wrong)
    if not looked["allowed"]:
        return await _confirm(visit, choice, 409, "The letter does not stand where this can be done.")
    if data.get("seen") != looked["seen"]:
        return await _confirm(visit, choice, 409, _MOVED)
    wanted = [one.id for one in cast("list[Chosen]", looked["wanted"])]
    key = str(data.get("once", ""))
    if not re.fullmatch(r"[\w-]{16,32}", key, re.ASCII):
        return await _confirm(visit, choice, 409, "This page is older than the one it came from. Nothing was done.")
    outcome = Done(left={reason: [one.id for one in some] for reason, some in looked["left"].items()})
    try:
        if not await visit.database.write(links.once, key, visit.me.id, visit.now):
            return RedirectResponse(_back(visit, choice.view, done="twice"), 303)
        for begin in range(0, len(wanted), AT_ONCE):
            part = wanted[begin : begin + AT_ONCE]
            _add(outcome, await _one_part(visit, choice, part, until))
    except (Refused, NotSaved) as refusal:
        sentence = NOT_SAVED if isinstance(refusal, NotSaved) else str(refusal)
        status = 503 if isinstance(refusal, NotSaved) else getattr(refusal, "status", 422)
        before = f"It was done for {outcome.done:,} before that. " if outcome.done else ""
        return await _confirm(visit, choice, status, before + sentence)
    done = "timed" if choice.what == "ask" and until else choice.what
    return RedirectResponse(_back(visit, choice.view, done=done, n=str(outcome.done), left=_said(outcome)), 303)


_MOVED = "The list changed while you looked at it, so nothing was done yet. Below is how it is now."


async def _one_part(visit: Visit, choice: Choice, ids: list[int], until: datetime | None) -> Done:
    return await visit.database.write(
        choosing.do, visit.slug, choice.what, ids, visit.me, visit.now, group=choice.group, until=until
    )


def _add(outcome: Done, part: Done) -> None:
    outcome.done += part.done
    for reason, ids in part.left.items():
        outcome.left.setdefault(reason, []).extend(ids)


def _check(letter: Letter, choice: Choice) -> tuple[dict[str, str], datetime | None]:
    """What was chosen beside the rows: field -> what is wrong with it; and the moment, if one was asked for."""
    if choice.what == "move" and choice.group not in letter.groups:
        return {"to": "Choose one of the letter's groups."}, None
    if choice.what == "ask" and choice.until:
        try:
            return {}, clock.moment(datetime.fromisoformat(choice.until), letter.time_zone)
        except ValueError:
            return {"until": "Write a day and a time, or nothing to send it now."}, None
        except Refused as refusal:
            return {"until": str(refusal)}, None
    if choice.what != "extend":
        return {}, None
    try:
        local = datetime.fromisoformat(choice.until)
        until = local.replace(tzinfo=ZoneInfo(letter.time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return {"until": "Write a day and a time."}, None
    if until.year not in rules.YEARS:
        return {"until": f"Choose a day between the years {rules.YEARS[0]} and {rules.YEARS[-1]}."}, None
    return {}, until


def _back(visit: Visit, view: View, **said: Any) -> str:
    parts = [*view.parts(page=view.wanted.page), *((name, value) for name, value in said.items() if value)]
    query = urlencode(parts, doseq=True)
    return f"/desk/letters/{visit.slug}" + (f"?{query}" if query else "")


def _said(outcome: Done) -> list[str]:
    """Who was left out and why, for the address of the result: reason, how many, and the first of them."""
    return ["-".join([reason, str(len(ids)), *map(str, ids[:NAMED])]) for reason, ids in outcome.left.items()]


def left_out(given: QueryParams) -> dict[str, tuple[int, tuple[int, ...]]]:
    """The same read back: reason -> how many, and the ids of the first."""
    found = {}
    for written in given.getlist("left")[: len(choosing.LEFT_OUT)]:
        reason, *numbers = written.split("-")
        read = [whole_number(number) for number in numbers[: NAMED + 1]]
        if reason in choosing.LEFT_OUT and read and all(number is not None for number in read):
            count, *ids = (number for number in read if number is not None)
            found[reason] = (count, tuple(ids))
    return found
