"""Looking names up in a register: a client of the Reconciliation Service API, versions 0.1 and 0.2.

The specification is the W3C Entity Reconciliation Community Group's (https://www.w3.org/community/reconciliation/).
findthatcharity.uk speaks it, and its ids are org-ids. Whatever the service does, nobody waits longer than
`fetching.IN_ALL_S` seconds for it, and once it fails it is left alone for a minute.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import quote, urlsplit

from coalition.base.outside import Unanswered
from coalition.letters.text import one_line

MOST = 5  # candidates for a name
BATCH = 25  # names in one question
LONGEST_NAME = 200
PAUSE_S = 60.0  # how long a service that failed is left alone
FAILURES = 2  # in a row, until it is
AT_ONCE = 4  # questions under way
MANIFEST_S = 24 * 3600.0  # how long a manifest holds
SPOKEN = ("0.1", "0.2")
ORG_ID = re.compile(r"(?:[A-Z]{2}|XI|XM|XR)-[A-Z0-9_]+-[A-Za-z0-9_./-]+")

AWAY = "The register cannot be asked just now; go on without it."


class Away(Exception):
    """The register cannot be asked just now; `again_in` says in how many seconds it may be."""

    def __init__(self, again_in: float, why: str = "") -> None:
        super().__init__(AWAY)
        self.again_in, self.why = again_in, why


@dataclass(frozen=True)
class Candidate:
    id: str
    name: str
    score: float
    match: bool  # the service itself is sure
    kind: str = ""
    link: str = ""  # where a person can look at it; may be empty

    @property
    def register_id(self) -> str:
        """Its org-id, where its id is one or an address that ends in one; else empty."""
        last = self.id.rstrip("/").rpartition("/")[2] if "://" in self.id else self.id
        return last if ORG_ID.fullmatch(last) and len(last) <= 64 else ""


@dataclass(frozen=True)
class Manifest:
    """What a service says of itself, as far as we need it."""

    name: str
    identifier_space: str
    schema_space: str
    view: str  # a template with {{id}}; may be empty
    types: tuple[str, ...]  # what it holds, by its own account
    batch: int  # names in one question at most


class Register:
    """One service, with what is remembered of it: its manifest, and whether it has failed lately."""

    def __init__(self, url: str, tick: Callable[[], float] = time.monotonic) -> None:
        self.url, self._tick = url, tick
        self._manifest: tuple[float, Manifest] | None = None
        self._asking = self._failures = 0
        self._away_until = 0.0

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url

    async def ask(self, names: Sequence[str]) -> list[tuple[Candidate, ...] | None]:
        """For each name those who may be meant, best first; None where the answer has nothing to say of it.

        Raises Away. Ask at most `batch` at once.
        """
        self._leave_alone()
        self._asking += 1
        try:
            manifest = await self._read_manifest()
            answer = await _fetch(self.url, {"queries": _queries(names, manifest)})
            found = results(answer, len(names), manifest)
        except Unanswered as reason:
            raise self._failed(reason) from None
        finally:
            self._asking -= 1
        self._failures = 0
        return found

    async def batch(self) -> int:
        """How many names the service takes at once. Raises Away."""
        self._leave_alone()
        try:
            return (await self._read_manifest()).batch
        except Unanswered as reason:
            raise self._failed(reason) from None

    def _leave_alone(self) -> None:
        again_in = self._away_until - self._tick()
        if again_in > 0:
            raise Away(again_in)
        if self._asking >= AT_ONCE:
            raise Away(1.0, "Too many questions are under way.")

    async def _read_manifest(self) -> Manifest:
        if self._manifest and self._tick() - self._manifest[0] < MANIFEST_S:
            return self._manifest[1]
        read = manifest_of(await _fetch(self.url))
        self._manifest = (self._tick(), read)
        return read

    def _failed(self, reason: Unanswered) -> Away:
        self._failures += 1
        pause = 0.0
        if reason.pause:
            pause = reason.pause.total_seconds()
        elif self._failures >= FAILURES:
            pause = PAUSE_S
        self._away_until = max(self._away_until, self._tick() + pause)
        return Away(pause or 1.0, reason.words)


async def _fetch(url: str, form: dict[str, str] | None = None) -> Any:
    from coalition.base.fetching import fetch_json  # a site without a register starts without what it takes

    return await fetch_json(url, form)


def manifest_of(said: Any) -> Manifest:
    """Raises Unanswered where it is no manifest, or of versions that we do not speak."""
    if not isinstance(said, Mapping):
        raise Unanswered("It is no reconciliation service: its manifest is not an object.")
    versions = said.get("versions")
    if isinstance(versions, list) and versions and not any(version in SPOKEN for version in versions):
        raise Unanswered("It speaks none of the versions 0.1 and 0.2 of the Reconciliation API.")
    if not isinstance(said.get("identifierSpace"), str) and not isinstance(said.get("schemaSpace"), str):
        raise Unanswered("It is no reconciliation service: its manifest names no identifiers.")
    view = said.get("view")
    template = view.get("url") if isinstance(view, Mapping) else None
    kinds = said.get("defaultTypes")
    ids = [kind.get("id") if isinstance(kind, Mapping) else kind for kind in kinds] if isinstance(kinds, list) else []
    batch = said.get("batchSize")
    return Manifest(
        name=_line(said.get("name")),
        identifier_space=_line(said.get("identifierSpace")),
        schema_space=_line(said.get("schemaSpace")),
        view=template if isinstance(template, str) and "{{id}}" in template and len(template) < 1000 else "",
        types=tuple(_line(id) for id in ids if isinstance(id, str)),
        batch=min(batch, BATCH) if isinstance(batch, int) and not isinstance(batch, bool) and batch > 0 else BATCH,
    )


def _queries(names: Sequence[str], manifest: Manifest) -> str:
    # A service that holds one kind of thing is asked for that; of several kinds it is for the service to choose.
    kind = {"type": manifest.types[0]} if len(manifest.types) == 1 else {}
    return json.dumps({f"q{n}": {"query": name, "limit": MOST, **kind} for n, name in enumerate(names)})


def results(answer: Any, asked: int, manifest: Manifest) -> list[tuple[Candidate, ...] | None]:
    """What an answer says of each name asked for. Raises Unanswered when it is no answer at all.

    A candidate that cannot be read is left out; the others still help.
    """
    if not isinstance(answer, Mapping) or (asked and not any(f"q{n}" in answer for n in range(asked))):
        raise Unanswered("Its answer is not in the form of the Reconciliation API.")
    return [_candidates(answer.get(f"q{n}"), manifest) for n in range(asked)]


def _candidates(said: Any, manifest: Manifest) -> tuple[Candidate, ...] | None:
    listed = said.get("result") if isinstance(said, Mapping) else None
    if not isinstance(listed, list):
        return None
    read = [one for item in listed[:100] if (one := _candidate(item, manifest))]
    return tuple(sorted(read, key=lambda one: -one.score)[:MOST])


def _candidate(said: Any, manifest: Manifest) -> Candidate | None:
    if not isinstance(said, Mapping):
        return None
    id, name, score = said.get("id"), _line(said.get("name")), _number(said.get("score"))
    id = str(id) if isinstance(id, int) and not isinstance(id, bool) else id
    if not isinstance(id, str) or not id.strip() or len(id) > 300 or not name or score is None:
        return None
    id = _line(id)
    return Candidate(id, name, score, said.get("match") is True, _kind(said.get("type")), _link(manifest.view, id))


def _kind(said: Any) -> str:
    """Version 0.1 has a type, a list of ids or a list of objects; 0.2 a list of objects."""
    first = said[0] if isinstance(said, list) and said else said
    if isinstance(first, Mapping):
        first = first.get("name") or first.get("id")
    return _line(first)[:100]


def _link(template: str, id: str) -> str:
    link = template.replace("{{id}}", id if "://" in id and template == "{{id}}" else quote(id, safe=""))
    return link if urlsplit(link).scheme in ("http", "https") else ""


def _number(said: Any) -> float | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        number = float(said)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _line(said: Any) -> str:
    return one_line(said)[:300] if isinstance(said, str) else ""
