"""Which endorsements given on a condition count: the largest set of organisations in which every condition holds.

"I join if you join" is met by both joining. There is always one largest such set, because no condition is ever broken
by somebody more joining: everyone is supposed in, and whoever's condition does not hold then is left out, until nobody
is. (The greatest fixed point of a monotone function: Tarski 1955.) Time grows with organisations times log.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop
from typing import Literal, Protocol

from coalition.endorsements.rules import LONGEST, Answer

Kind = Literal["count", "organisation", "text"]
KINDS: dict[str, str] = {
    "count": "Enough organisations endorse it",
    "organisation": "One organisation endorses it",
    "text": "A passage is changed as we suggest",
}
FEWEST, MOST = 2, 100_000
# How it is decided who counts when conditions wait for each other, for whoever asks at the desk or on the answer page.
RULE = (
    "Where endorsements wait for each other, as many count as can together: "
    "if two say “we endorse if you do”, both count."
)


@dataclass(frozen=True)
class Condition:
    """`count`: at least that many organisations stand under the letter, its own included. `organisation`: that one
    does. `text`: the passage was changed as they asked; `met` says whether it was.
    """

    kind: Kind
    count: int = 0
    organisation: int = 0
    met: bool = False


def settled(
    plain: Collection[int],
    waiting: Mapping[int, Condition],
    counting: Mapping[int, Condition],
    *,
    others: int = 0,
    printed: bool = False,
    telling: bool = True,
) -> frozenset[int]:
    """Those on a condition that are to count from now on; `waiting` are held apart so far, and `counting` count.

    `printed`: the list is closed and printed, so whoever counts goes on counting. Not `telling`: the letter does not
    show who has endorsed, so nobody learns it from a condition: who waits for others does so until it is printed.
    """
    candidates = waiting if telling else {id: one for id, one in waiting.items() if one.kind == "text"}
    if printed:
        return counted({*plain, *counting}, candidates, others) | frozenset(counting)
    return counted(plain, {**candidates, **counting}, others)


def counted(plain: Collection[int], conditional: Mapping[int, Condition], others: int = 0) -> frozenset[int]:
    """The organisations of `conditional` whose condition holds; those of `plain` endorsed without one, and as many
    `others` that no condition names.

    An organisation is in one of the two, by its id.
    """
    standing = set(plain) | set(conditional)
    waits_for: dict[int, list[int]] = {}
    thresholds: list[tuple[int, int]] = []  # the highest first: the first that a smaller number breaks
    for id, condition in conditional.items():
        if condition.kind == "organisation":
            waits_for.setdefault(condition.organisation, []).append(id)
        elif condition.kind == "count":
            thresholds.append((-condition.count, id))
    heapify(thresholds)
    leaving = [id for id, condition in conditional.items() if _never(condition, standing)]
    while True:
        while leaving:
            id = leaving.pop()
            if id in standing:
                standing.remove(id)
                leaving.extend(waits_for.get(id, ()))
        if not thresholds or -thresholds[0][0] <= len(standing) + others:
            return frozenset(standing) - frozenset(plain)
        leaving.append(heappop(thresholds)[1])


def _never(condition: Condition, everyone: Collection[int]) -> bool:
    """Whether it does not hold even with everyone in."""
    if condition.kind == "organisation":
        return condition.organisation not in everyone
    return condition.kind == "text" and not condition.met


def holds(condition: Condition, standing: Collection[int]) -> bool:
    """Whether it holds when exactly these stand."""
    if condition.kind == "count":
        return len(standing) >= condition.count
    return condition.organisation in standing if condition.kind == "organisation" else condition.met


TERMS = ("condition", "condition_count", "condition_organisation", "condition_suggestion_id")


class Conditional(Protocol):
    @property
    def condition(self) -> str: ...
    @property
    def condition_count(self) -> int | None: ...
    @property
    def condition_organisation(self) -> str: ...


def same(one: Conditional, other: Conditional) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in TERMS)


def words(one: Conditional) -> str:
    """What it waits for, as the end of a sentence: "It counts once ...". Empty where it waits for nothing."""
    if one.condition == "count":
        return f"at least {one.condition_count or 0:,} organisations have endorsed it, this one included"
    if one.condition == "text":
        return "the letter is changed as this organisation suggested"
    return f"{one.condition_organisation} has endorsed it" if one.condition == "organisation" else ""


def problems(answer: Answer) -> dict[str, str]:
    """What is wrong with the condition: form field -> what to do. Empty when nothing."""
    if answer.condition and answer.condition not in KINDS:
        return {"condition": "Choose what the endorsement waits for."}
    if answer.condition == "count" and not FEWEST <= (answer.condition_count or 0) <= MOST:
        return {"condition_count": f"Write how many, as a number from {FEWEST} to {MOST:,}."}
    if answer.condition == "organisation" and not answer.condition_organisation:
        return {"condition_organisation": "Write the name of the organisation it waits for."}
    if answer.condition == "text" and answer.condition_suggestion_id is None:
        return {"condition_passage": "Say which words are to be changed: copy them from the letter."}
    if len(answer.condition_organisation) > LONGEST:
        return {"condition_organisation": f"This is longer than {LONGEST} characters. Please shorten it."}
    return {}
