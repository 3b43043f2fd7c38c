"""Which endorsements given on a condition count: the largest set of organisations in which every condition holds.

"I join if you join" is met by both joining. There is always one largest such set, because no condition is ever broken
by somebody more joining: everyone is supposed in, and whoever's condition does not hold then is left out, until nobody
is. (The greatest fixed point of a monotone function: Tarski 1955.) Time grows with organisations times log.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop
from typing import Literal

Kind = Literal["count", "organisation", "text"]


@dataclass(frozen=True)
class Condition:
    """`count`: at least that many organisations stand under the letter, its own included. `organisation`: that one
    does. `text`: the passage was changed as they asked; `met` says whether it was.
    """

    kind: Kind
    count: int = 0
    organisation: int = 0
    met: bool = False


def counted(plain: Collection[int], conditional: Mapping[int, Condition]) -> frozenset[int]:
    """The organisations of `conditional` whose condition holds; those of `plain` endorsed without one.

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
        if not thresholds or -thresholds[0][0] <= len(standing):
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
