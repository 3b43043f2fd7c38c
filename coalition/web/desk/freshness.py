"""Whose yes is old before the letter goes: asking them, and deciding where nothing is heard."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.endorsements.freshness import actions, records, rules
from coalition.endorsements.freshness.actions import DECISIONS
from coalition.endorsements.freshness.rules import STANDINGS, Standing
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import posted, whole_number


@at_desk
async def page(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, status: int = 200, problem: str = "", show: Standing | None = None) -> Response:
    given = visit.request.query_params
    wanted = show or _standing(given.get("show"))
    number = min(max(whole_number(given.get("page")) or 1, 1), 100_000)

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        tally = records.tally(connection, letter, visit.now)
        shown = wanted or _first(tally)
        begin = (number - 1) * records.PAGE
        return {
            "letter": letter,
            "tally": tally,
            "show": shown,
            "rows": records.stale(connection, letter, visit.now, shown, begin=begin),
        }

    return visit.page(
        "freshness.html",
        status,
        problem=problem,
        done=visit.done,
        said=whole_number(given.get("n")) or 0,
        page=number,
        page_size=records.PAGE,
        standings=STANDINGS,
        undecided=rules.UNDECIDED,
        decidable=rules.DECIDABLE,
        delivered=letter_rules.dispatched,
        **await visit.database.read(look),
    )


def _first(tally: dict[Standing, int]) -> Standing:
    return next((one for one, count in tally.items() if count), "to ask")


def _standing(word: object) -> Standing | None:
    return next((one for one in STANDINGS if one == word), None)


@at_desk
async def ask(visit: Visit) -> Response:
    """Asks all who were not asked, a piece at a time: others wait no longer than for one of these."""
    await posted(visit.request)
    asked = 0
    try:
        while some := await visit.database.write(actions.ask_some, visit.slug, visit.me.called, visit.now):
            asked += some
    except (Refused, NotSaved) as refusal:
        return await _stopped(visit, refusal, asked)
    return _back(visit, "asked", asked, "silent")


@at_desk
async def decide(visit: Visit) -> Response:
    """Of one organisation, or of all that stand so; `seen` is how many those were on the page."""
    data = await posted(visit.request)
    said, _, who = str(data.get("do", "")).partition(":")
    standing, id = _standing(who), whole_number(who)
    what = next((one for one in DECISIONS if one == said), None)
    if what is None or not (standing or id):
        return await _page(visit, 422, "Choose what is to become of whom.")
    decided = 0
    shown = standing or _standing(data.get("show"))
    try:
        if id:
            decided = await visit.database.write(actions.decide, visit.slug, what, [id], visit.me.called, visit.now)
        elif standing:
            left = await visit.database.read(_count, visit, standing)
            if left and left != whole_number(data.get("seen")):
                return await _page(visit, 409, _MOVED, standing)
            while left > decided and (
                some := await visit.database.write(
                    actions.decide, visit.slug, what, standing, visit.me.called, visit.now
                )
            ):
                decided += some
    except (Refused, NotSaved) as refusal:
        return await _stopped(visit, refusal, decided)
    return _back(visit, what, decided, shown)


_MOVED = "The list changed while you looked at it, so nothing was done yet. Below is how it is now."


def _count(connection: Connection, visit: Visit, standing: Standing) -> int:
    return records.tally(connection, letters.letter_by_slug(connection, visit.slug), visit.now)[standing]


async def _stopped(visit: Visit, refusal: Exception, done: int) -> Response:
    before = f"It was done for {done:,} before that. " if done else ""
    if isinstance(refusal, Refused):
        return await _page(visit, refusal.status, before + str(refusal))
    return await _page(visit, 503, before + NOT_SAVED)


def _back(visit: Visit, done: str, count: int, show: str | None) -> Response:
    query = f"?done={done.replace(' ', '-')}&n={count}" + (f"&show={show.replace(' ', '+')}" if show else "")
    return RedirectResponse(f"/desk/letters/{visit.slug}/freshness{query}", 303)
