"""Looking names up in a register: a real reconciliation service finds them; none, however bad, holds up the desk."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from coalition.base import fetching
from coalition.base.database import Database
from coalition.base.outside import Unanswered
from coalition.organisations.registers import register_answers
from coalition.organisations.registers.register import Away, Candidate, Register, manifest_of, results
from coalition.tables import register_answers as table
from coalition.work import hours
from tests.registers import answer, crooked, drip, flood, reconciling, silent

MANIFEST = {
    "versions": ["0.2"],
    "name": "R",
    "identifierSpace": "http://org-id.guide",
    "schemaSpace": "http://x.example",
}
PLAIN = manifest_of(MANIFEST)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with reconciling(tmp_path_factory.mktemp("register")) as url:
        yield url


# A real service.


async def test_a_real_service_finds_a_charity_by_its_name_and_is_sure_of_it(service: str) -> None:
    (found,) = await Register(service).ask(["The Poppy Project"])
    assert found
    best = found[0]
    assert (best.id, best.register_id, best.name, best.match) == (
        "GB-CHC-901001",
        "GB-CHC-901001",
        "The Poppy Project",
        True,
    )
    assert best.score == pytest.approx(100)
    assert best.link == service.replace("/reconcile", "/preview/GB-CHC-901001")


async def test_a_name_that_is_not_quite_right_brings_candidates_best_first_and_none_is_taken_for_granted(
    service: str,
) -> None:
    (found,) = await Register(service).ask(["Sample Children Trust of Sampleton"])
    assert found
    assert len(found) == 5
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert not any(one.match for one in found)
    assert all(one.register_id.startswith("GB-CHC-2") for one in found)


async def test_many_names_are_one_question_and_each_has_its_own_answer(service: str) -> None:
    register = Register(service)
    poppy, nothing, polish = await register.ask(["The Poppy Project", "Xq 77", "Zażółć Gęślą Foundation"])
    assert poppy
    assert poppy[0].register_id == "GB-CHC-901001"
    assert nothing == ()
    assert polish
    assert polish[0].name == "Zażółć Gęślą Foundation"
    assert await register.batch() == 25


async def test_what_was_found_is_asked_for_once_in_a_month_and_what_was_not_once_in_a_day(
    database: Database, service: str, now: datetime
) -> None:
    counted = _Counting(service)
    for at, names, asked in [
        (now, ["The Poppy Project", "Xq 77"], 1),
        (now, ["the  POPPY project", "xq 77"], 1),
        (now + timedelta(hours=25), ["The Poppy Project"], 1),
        (now + timedelta(hours=25), ["Xq 77"], 2),
        (now + timedelta(days=31), ["The Poppy Project"], 3),
    ]:
        found = await register_answers.look_up(database, counted, names, at)
        assert set(found) == set(names)
        assert counted.asked == asked, (at, names)
    assert database.read_now(register_answers.any_stale, now + timedelta(days=32))
    hours.do_what_is_due(database, now + timedelta(days=62))
    assert database.read_now(_kept) == 0


async def test_another_service_has_answers_of_its_own(database: Database, service: str, now: datetime) -> None:
    found = {"The Poppy Project": (Candidate("x", "Elsewhere", 1, False),)}
    database.write_now(register_answers.keep, "http://elsewhere.example", found, now)
    known = await register_answers.look_up(database, Register(service), ["The Poppy Project"], now)
    assert known["The Poppy Project"][0].name == "The Poppy Project"


# Services that are none, and what the desk makes of them.

TROUBLES: list[tuple[str, bytes | Callable[[socket.socket], None]]] = [
    ("no HTTP at all", b"220 mail.example ESMTP\r\n"),
    ("it hangs up", b""),
    ("not JSON", answer(b"<html>Welcome</html>")),
    ("half of its JSON", answer(b'{"q0": {"result": [')),
    ("bytes that are no text", answer(b"\xff\xfe\xfd")),
    ("JSON a thousand times nested", answer(b"[" * 100_000)),
    ("a list", answer(b"[]")),
    ("a number", answer(b"7")),
    ("nothing", answer(b"null")),
    ("an object without what was asked", answer(b'{"error": "no"}')),
    ("server error", answer(b"{}", "500 Internal Server Error")),
    ("not there", answer(b"{}", "404 Not Found")),
    ("packed", answer(gzip.compress(b" " * 10_000_000), "200 OK", "Content-Encoding: gzip")),
    ("without end", flood),
    ("half of what it announces", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    ("a redirect to nowhere", answer(b"", "302 Found", "Location: ")),
    ("a redirect to itself", answer(b"", "302 Found", "Location: /reconcile")),
    ("a redirect to a file", answer(b"", "302 Found", "Location: file:///etc/passwd")),
    ("a redirect that is no address", answer(b"", "302 Found", "Location: http://[::1/")),
    ("versions of another time", answer(json.dumps({**MANIFEST, "versions": ["1.0-draft"]}).encode())),
]


@pytest.mark.parametrize("says", [pytest.param(says, id=what) for what, says in TROUBLES])
async def test_a_service_that_answers_nonsense_is_away_and_nothing_breaks(
    says: bytes | Callable[[socket.socket], None],
) -> None:
    with crooked(says) as server:
        begun = time.monotonic()
        with pytest.raises(Away, match="go on without it"):
            await Register(server.url).ask(["The Poppy Project"])
        assert time.monotonic() - begun < 5
        assert server.asked


@pytest.mark.parametrize("says", [drip, silent])
async def test_a_slow_service_is_waited_for_no_longer_than_it_is_worth_and_nobody_else_waits(
    says: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "IN_ALL_S", 1.5)
    with crooked(says) as server:
        begun = time.monotonic()
        asking = asyncio.create_task(Register(server.url).ask(["The Poppy Project"]))
        longest = 0.0
        while not asking.done():  # somebody else's request
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)
        with pytest.raises(Away):
            await asking
        assert time.monotonic() - begun < 3
        assert longest < 0.5


async def test_a_service_that_failed_twice_is_left_alone_for_a_minute(service: str) -> None:
    time_is = [0.0]
    with crooked(b"") as server:
        register = Register(server.url, tick=lambda: time_is[0])
        for _ in range(5):
            with pytest.raises(Away):
                await register.ask(["A name"])
        assert len(server.asked) == 2
        time_is[0] = 59
        with pytest.raises(Away) as away:
            await register.ask(["A name"])
        assert away.value.again_in == pytest.approx(1)
        assert len(server.asked) == 2
        register.url = service  # it has come back
        time_is[0] = 61
        assert await register.ask(["The Poppy Project"])


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_service_that_asks_to_wait_is_asked_again_when_it_said(status: str) -> None:
    time_is = [0.0]
    with crooked(answer(b"", status, "Retry-After: 300")) as server:
        register = Register(server.url, tick=lambda: time_is[0])
        for at in (0, 100, 299):
            time_is[0] = at
            with pytest.raises(Away):
                await register.ask(["A name"])
        assert len(server.asked) == 1
        time_is[0] = 301
        with pytest.raises(Away):
            await register.ask(["A name"])
        assert len(server.asked) == 2


async def test_no_more_than_four_questions_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "IN_ALL_S", 1.0)
    with crooked(silent) as server:
        register = Register(server.url)
        ended = await asyncio.gather(*(register.ask(["A name"]) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(one, Away) for one in ended)
        assert len(server.asked) == 4


# Where a redirect may lead.


async def test_a_redirect_within_the_service_is_followed_and_the_question_goes_along(service: str) -> None:
    with crooked(answer(b"", "307 Temporary Redirect", f"Location: {service}")) as server:
        with pytest.raises(Unanswered, match="not on the public internet"):  # another port: another place
            await fetching.fetch_json(server.url, {"queries": "{}"})

        def onwards(connection: socket.socket) -> None:
            asked = server.asked[-1]
            moved = asked.startswith((b"POST /reconcile ", b"GET /reconcile "))
            path = "Location: /there"
            connection.sendall(answer(b"", "301 Moved", path) if moved else answer(json.dumps(_reply(asked)).encode()))

        server.says = onwards
        (found,) = await Register(server.url).ask(["A name"])
        assert found
        assert found[0].name == "POST"


def _reply(asked: bytes) -> dict[str, Any]:
    if asked.startswith(b"GET"):
        return MANIFEST
    has_question = b"A+name" in asked or b"A%20name" in asked
    return {"q0": {"result": [{"id": "1", "name": "POST" if has_question else "lost", "score": 1, "match": False}]}}


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1:1",
        "localhost:1",
        "[::1]:1",
        "0.0.0.0:1",
        "2130706433:1",
        "0x7f.1:1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::10.0.0.1]",
        "[::10.0.0.1]",
        "[fec0::1]",
        "[2002:0a00:0001::1]",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
async def test_a_redirect_into_our_own_network_is_not_followed(place: str) -> None:
    with crooked(answer(b"", "302 Found", f"Location: http://{place}/")) as server:
        with pytest.raises(Unanswered, match="not on the public internet"):
            await fetching.fetch_json(server.url)
        assert len(server.asked) == 1


async def test_a_name_is_resolved_once_so_that_it_cannot_mean_another_address_the_next_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: at first the name is public, the next moment it is ours. Only the first is ever asked for."""
    looked_up: list[str] = []
    resolve = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host in ("rebinding.example", b"rebinding.example"):
            looked_up.append("rebinding.example")
            return resolve("192.0.2.1" if len(looked_up) > 1 else "203.0.113.1", port, type=socket.SOCK_STREAM)
        return resolve(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(fetching, "_is_public", lambda address: address == "203.0.113.1")
    monkeypatch.setattr(fetching, "CONNECT_S", 0.2)
    elsewhere = answer(b"", "302 Found", "Location: http://rebinding.example/")
    with crooked(elsewhere) as server, pytest.raises(Unanswered):
        await fetching.fetch_json(server.url)
    assert looked_up == ["rebinding.example"]


# What an answer may hold.


def test_candidates_are_read_as_versions_0_1_and_0_2_write_them_and_what_cannot_be_read_is_left_out() -> None:
    odd_scores: list[Any] = ["high", None, True, [], "nan", "inf", 1e999]
    odd_ids: list[Any] = ["", " ", None, [], True, "i" * 301]
    listed: list[Any] = [
        {"id": "GB-CHC-1", "name": "Old", "score": "12.5", "match": True, "type": ["charity", "x"]},
        {"id": 7, "name": "Number", "score": 40, "match": False, "type": [{"id": "/c", "name": "Charity"}]},
        {"id": "https://r.example/orgid/GB-COH-01234567", "name": "Link", "score": 99, "match": "yes", "type": "co"},
        {"id": "GB-CHC-2", "name": "<b>B</b>\r\n\u202eturned", "score": 1, "match": False, "description": "x"},
        *({"id": "a", "name": "b"}, {"id": "a", "score": 1}, {"name": "b", "score": 1}, 7, None, "x", []),
        *({"id": "a", "name": "b", "score": odd} for odd in odd_scores),
        *({"id": odd, "name": "b", "score": 1} for odd in odd_ids),
        {"id": "a", "name": 7, "score": 1},
    ]
    (found,) = results({"q0": {"result": listed}}, 1, PLAIN)
    assert found
    assert [(one.id, one.score, one.match, one.kind) for one in found] == [
        ("https://r.example/orgid/GB-COH-01234567", 99, False, "co"),
        ("7", 40, False, "Charity"),
        ("GB-CHC-1", 12.5, True, "charity"),
        ("GB-CHC-2", 1, False, ""),
    ]
    assert [one.register_id for one in found] == ["GB-COH-01234567", "", "GB-CHC-1", "GB-CHC-2"]
    assert "\n" not in found[3].name


def test_one_name_without_an_answer_does_not_spoil_the_others() -> None:
    good = {"result": [{"id": "1", "name": "One", "score": 1, "match": False}]}
    assert [bool(one) for one in results({"q0": {"error": "x"}, "q1": good, "q2": 7}, 4, PLAIN)] == [
        False,
        True,
        False,
        False,
    ]


def test_a_manifest_says_where_a_person_can_look_and_how_much_may_be_asked_at_once() -> None:
    said = manifest_of(
        {**MANIFEST, "view": {"url": "https://r.example/{{id}}"}, "batchSize": 3, "defaultTypes": [{"id": "charity"}]}
    )
    assert (said.view, said.batch, said.types) == ("https://r.example/{{id}}", 3, ("charity",))
    (found,) = results({"q0": {"result": [{"id": 'a/"b', "name": "n", "score": 1, "match": False}]}}, 1, said)
    assert found
    assert found[0].link == "https://r.example/a%2F%22b"


@pytest.mark.parametrize(
    "view", [None, 7, {}, {"url": 7}, {"url": "https://r.example"}, {"url": "javascript:alert('{{id}}')"}]
)
def test_a_link_that_is_no_link_is_not_shown(view: Any) -> None:
    said = manifest_of({**MANIFEST, "view": view})
    (found,) = results({"q0": {"result": [{"id": "a", "name": "n", "score": 1, "match": False}]}}, 1, said)
    assert found
    assert found[0].link == ""


class _Counting(Register):
    """Counts how often the service itself was asked."""

    asked = 0

    async def ask(self, names: Any) -> Any:
        self.asked += 1
        return await super().ask(names)


def _kept(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
