"""Until its hour nothing of an embargoed letter is public: every address is asked, from the one table there is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from starlette.datastructures import FormData

from app import build
from coalition.base import clock
from coalition.base.links import newest
from coalition.demo.sample import nonces as nonces_of
from coalition.demo.sample import plan
from coalition.dispatch import noting, outcome, replies
from coalition.dispatch import records as dispatches
from coalition.dispatch.outcome import CameOfIt
from coalition.dispatch.replies import Replied
from coalition.dispatch.rules import Noted, Proof
from coalition.endorsements.arranging import arrange
from coalition.endorsements.joins import actions as joins
from coalition.endorsements.joins.rules import Asked
from coalition.endorsements.rules import Answer
from coalition.invitations import actions as invitations
from coalition.invitations import linking
from coalition.letters import actions
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Letter
from coalition.letters.text import Addressee, LetterText
from coalition.organisations.spreadsheets.cells import Values
from coalition.people import actions as people
from coalition.printings import actions as printings
from coalition.printings.records import was_set
from coalition.web.forms.letters import DatesForm
from tests.addresses import Address, addresses
from tests.cast import HOME, Campaign, endorse_form
from tests.running import _read as read

# Who may see an embargoed letter, and at which addresses. Every other one is walked, a new one from its first day.
EXCEPT = {
    "/desk": "its coordinators, signed in",
    "/e/{token}": "who was asked, by a link that holds; one that does not is walked",
    "/dev/": "whoever runs the demo on their own machine",
}
M = "Unmistakable"
TEXT = LetterText(
    f"{M} subject",
    (Addressee(f"{M} name", f"{M} office", (f"{M} postal",), "addressee@unmistakable.example"),),
    (f"{M} cc",),
    (f"{M} lead",),
    f"{M} date line",
    f"{M} ask",
    f"{M} body",
    (f"{M} enclosure",),
)
TRUST, OTHER = f"{M} Trust", f"{M} Society"
ANSWER = endorse_form(TRUST, group=f"{M} group", signatory=f"{M} Signatory", role=f"{M} role")
JOIN = {**ANSWER, "name": f"{M} Joiner", "email": "office@joiner.example", "note": "", "website": "", "key": ""}
NONE = "a-quiet-nobody"  # as long as the letter's own address, "a-quiet-matter"


@dataclass
class Secret:
    """A letter of Eva's whose every word is unmistakable: endorsed, joined, printed."""

    eva: Campaign
    letter: Letter
    said: set[str]  # what no public answer may hold, in small letters
    links: dict[str, str]  # of addresses with a token: one that belongs to this letter
    etags: dict[str, str]  # path -> that of its answer while the letter was public

    def path(self, address: Address, slug: str = "") -> str:
        token = self.links[address.template.split("/")[1]] if address.has_token else ""
        name = "style.css" if address.template.startswith("/static/") else "1"
        return address.filled(slug=slug or self.letter.slug, number=1, id=1, token=token, name=name)

    def change(self, **changes: Any) -> None:
        letter = self.eva.database.read_now(letters.letter, self.letter.id)
        now_ = Arrangements(**{name: getattr(letter, name) for name in Arrangements.__dataclass_fields__})
        self.eva.database.write_now(
            arrange, letter.slug, letter.revision, replace(now_, **changes), False, "Eva", clock.now()
        )


def _public() -> Iterator[Address]:
    for address in addresses("GET", "POST"):
        if address.template == "/e/{token}" or not address.template.startswith(tuple(EXCEPT)):
            yield address


PUBLIC = list(_public())
OF_A_LETTER = [one for one in PUBLIC if "{slug}" in one.template]
ELSEWHERE = [one for one in PUBLIC if "{slug}" not in one.template]


@pytest.fixture
async def secret(eva: Campaign) -> Secret:
    """While it is a draft, the answers of addresses that are no letter's are what they should be later, too."""
    database, at = eva.database, clock.now()
    letter = database.write_now(actions.start, "A quiet matter", eva.eva, at)
    open_to_all = replace(plan(at), decided_by=f"{M} board")
    groups = (f"{M} group",)
    letter = database.write_now(actions.save_draft, letter.slug, letter.revision, TEXT, groups, open_to_all, at)
    return Secret(eva, letter, {M.lower(), letter.slug}, {}, {})


async def _make_public(secret: Secret) -> None:
    """Open, listed, two asked; one has endorsed, the link of the other was taken back, and a third asks to join."""
    eva, database, at = secret.eva, secret.eva.database, clock.now()
    nonces = _ask_two(secret)
    slug, token = secret.letter.slug, eva.site.links.token
    asked = Asked(
        Answer(1, JOIN["name"], f"{M} group", "Sample", "Chair", "other", "So", True), JOIN["email"], "", None, ""
    )
    join = database.write_now(joins.ask, slug, asked, "", at)
    async with eva.browser() as charity:
        link = f"/e/{token('invitation', nonces[TRUST])}"
        assert (await charity.post(f"{link}/endorse", data=ANSWER)).status_code == 303
    one = database.read_now(invitations.opened, nonces[OTHER], at).invitation
    database.write_now(linking.revoke, slug, [one.id], "Eva", at)
    secret.links = {
        "e": token("invitation", nonces[OTHER]),
        "unsubscribe": token("unsubscribe", nonces[TRUST]),
        "confirm": token("join", database.read_now(newest, "join", join or 0) or ""),
        "sign-in": token("sign-in", database.write_now(people.new_link, eva.eva, at)),
        "hooks": token("webhook", "postmark"),
        "d": token("printing", "none"),  # once it is printed
    }


def _ask_two(secret: Secret) -> dict[str, str]:
    """Opens the letter and asks. Returns the nonces of the links."""
    eva, database, at, slug = secret.eva, secret.eva.database, clock.now(), secret.letter.slug
    database.write_now(printings.open_letter, slug, secret.letter.revision, eva.eva, at)
    for name in (TRUST, OTHER):
        values = Values(name, email=f"office@{len(name)}.example", contact_name=f"{M} Contact")
        database.write_now(invitations.add, slug, values, f"{M} group", eva.eva, at)
    database.write_now(invitations.ask, slug, None, "Eva", at)
    secret.letter = letter = database.read_now(letters.letter_by_slug, slug)
    return {name: nonce for name, (nonce, _) in database.read_now(nonces_of, letter).items()}


async def _print(secret: Secret) -> None:
    eva = secret.eva
    printing = eva.database.write_now(printings.close_list, secret.letter.slug, "Eva", clock.now())
    kept = eva.site.store.put(printing.content, f"%PDF-1.7 {M}".encode())
    eva.database.write_now(was_set, printing.content, kept, clock.now())
    handed = Noted(1, "handed", f"{M} whom", clock.now().date(), f"{M} place")
    eva.database.write_now(noting.note, secret.letter.slug, handed, "Eva", clock.now())
    content = f"%PDF-1.7 {M} reply".encode()
    file = Proof(eva.site.proofs.put(sha256(content).hexdigest(), content), "pdf", f"{M} file")
    reply = Replied(f"{M} replier", clock.now().date(), f"{M} quote", file, True, True)
    eva.database.write_now(replies.note, secret.letter.slug, reply, "Eva", clock.now())
    letter = eva.database.read_now(letters.letter, secret.letter.id)
    lost = CameOfIt("lost", clock.now().date(), f"{M} words")
    eva.database.write_now(outcome.record, letter.slug, lost, letter.revision, "Eva", clock.now())
    eva.database.write_now(dispatches.make_link, letter.id, 1, clock.now())
    secret.links["d"] = eva.site.links.token("printing", eva.database.read_now(dispatches.link, letter.id, 1))
    version = eva.database.read_now(letters.version, secret.letter.id, 1)
    secret.said |= {version.fingerprint, version.fingerprint[:8], kept, printing.content, file.sha256}


async def test_no_public_address_says_anything_of_an_embargoed_letter(secret: Secret) -> None:
    async with secret.eva.browser() as reader:
        before = {
            str(one): await _ask(secret, reader, one.method, secret.path(one)) for one in ELSEWHERE if _is_still(one)
        }
        await _make_public(secret)
        await _while_public(reader, secret)
        await _print(secret)
        await _while_public(reader, secret)
        secret.change(embargo_until=clock.now() + timedelta(days=1))
        for address in OF_A_LETTER:
            for method, path, sent in _ways(secret, address):
                answer = await _ask(secret, reader, method, path, **sent)
                none = await _ask(secret, reader, method, path.replace(secret.letter.slug, NONE), **sent)
                _says_nothing(answer, secret.said - {secret.letter.slug}, f"{method} {path} {sent}")
                assert _as_if(answer, secret.letter.slug) == _as_if(none, NONE), f"{method} {path} {sent}"
                if method in ("GET", "HEAD"):
                    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store"), path
        for address in ELSEWHERE:
            for method, path, sent in _ways(secret, address):
                answer = await _ask(secret, reader, method, path, **sent)
                _says_nothing(answer, secret.said - {path.rpartition("/")[2]}, f"{method} {path} {sent}")
            if str(address) in before:
                answer = await _ask(secret, reader, address.method, secret.path(address))
                assert _as_if(answer) == _as_if(before[str(address)]), str(address)


def _is_still(address: Address) -> bool:
    """Nothing but a letter changes what it answers."""
    return address.method == "GET" and not address.has_token


async def _while_public(reader: httpx.AsyncClient, secret: Secret) -> None:
    """Seen, so that the walk would notice; and no cache on the way may keep it without asking again."""
    shown = set()
    for address in [one for one in PUBLIC if one.method == "GET"]:
        path = secret.path(address)
        answer = await _ask(secret, reader, "GET", path)
        if M.lower() in _all(answer) and not address.has_token:
            shown.add(address.template)
            assert answer.headers["cache-control"] in _ASKED_AGAIN, path
        if "etag" in answer.headers and "{slug}" in address.template:
            secret.etags[path] = answer.headers["etag"]
            secret.said.add(answer.headers["etag"].strip('"'))
    assert {"/", "/letters/{slug}", "/letters/{slug}.json", "/letters/{slug}/endorsers.csv"} <= shown


_ASKED_AGAIN = ("no-store", "no-cache", "public, max-age=0, must-revalidate")


def _ways(secret: Secret, address: Address) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path, and what else is sent: as browsers, caches, programs and the curious would ask."""
    path = secret.path(address)
    if address.method == "POST":
        pdf = {"file": ("letter.pdf", f"%PDF-1.7 {M}".encode(), "application/pdf")}
        yield "POST", path, {"data": JOIN}
        yield "POST", path, {"data": {"version": "1"}}
        yield "POST", path, {"files": pdf}
        return
    for method in ("HEAD", "GET", "OPTIONS", "PUT"):
        yield method, path, {}
    for headers in (
        {"if-none-match": secret.etags.get(path, '"none"')},
        {"if-none-match": "*"},
        {"accept": "text/html"},
        {"accept": "application/json"},
        {"range": "bytes=0-99", "if-modified-since": "Sat, 01 Jan 2000 00:00:00 GMT"},
    ):
        yield "GET", path, {"headers": headers}
    for query in ("sent=yes", "done=same"):
        yield "GET", f"{path}?{query}", {}


async def test_it_is_over_by_itself_at_its_hour_also_on_a_site_that_was_started_anew(secret: Secret) -> None:
    await _make_public(secret)
    await _print(secret)
    ends = clock.now() + timedelta(seconds=1.2)
    secret.change(embargo_until=ends)
    path = f"/letters/{secret.letter.slug}"
    async with secret.eva.browser() as reader, _another_site(secret.eva) as other:
        for browser in (reader, other):
            assert (await browser.get(path)).status_code == 404
        await asyncio.sleep((ends - clock.now()).total_seconds() + 0.01)
        async with _another_site(secret.eva) as fresh:
            for browser in (reader, other, fresh):
                for suffix in ("", ".pdf", ".json", "/endorsers.csv", "/versions/1", "/versions/1.txt", "/replies/1"):
                    assert (await browser.get(path + suffix)).status_code == 200, suffix
                assert (await browser.get(f"{path}/join")).status_code == 409, "the list is closed"
            assert M in (await fresh.get("/")).text


async def test_who_was_asked_is_told_until_when_it_may_not_be_published(secret: Secret) -> None:
    eva = secret.eva
    nonces = _ask_two(secret)
    secret.change(embargo_until=datetime(2100, 1, 1, tzinfo=UTC))
    says = "Under embargo until Friday 1 January 2100 at 00:00, London time"
    link = f"/e/{eva.site.links.token('invitation', nonces[TRUST])}"
    async with eva.browser() as charity:
        for path in (link, f"{link}/versions/1"):
            assert says in (await charity.get(path)).text, path
        assert (await charity.post(f"{link}/endorse", data=ANSWER)).status_code == 303
    eva.send_mail()
    sent = [" ".join(read(mail).text.split()) for mail in eva.mails()]
    theirs = [mail for mail in sent if M in mail]
    assert len(theirs) == 2, "an invitation, and the receipt of who answered before theirs left"
    assert all(f"{says}. Please do not publish the letter" in mail for mail in theirs)


@asynccontextmanager
async def _another_site(eva: Campaign) -> AsyncIterator[httpx.AsyncClient]:
    """A reader of a second process on the same database and data folder."""
    app = build(eva.settings)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOME) as browser:
            yield browser
    finally:
        app.app.app.state.site.close()  # type: ignore[attr-defined]


async def _ask(secret: Secret, reader: httpx.AsyncClient, method: str, path: str, **sent: Any) -> httpx.Response:
    """As somebody who was never here, of a process that keeps no page yet."""
    reader.cookies.clear()
    secret.eva.app._answers.clear()
    return await reader.request(method, path, **sent)


def _all(answer: httpx.Response) -> str:
    """Status, headers and body, as one text in small letters."""
    return f"{answer.status_code} {answer.headers} {answer.content.decode(errors='replace')}".lower()


def _says_nothing(answer: httpx.Response, said: set[str], where: str) -> None:
    everything = _all(answer)
    assert [one for one in said if one in everything] == [], where


def _as_if(answer: httpx.Response, slug: str = "a letter") -> tuple[object, ...]:
    """What a reader could tell two answers apart by, but for the address that was asked."""
    headers = sorted((name, value.replace(slug, "...")) for name, value in answer.headers.items())
    return answer.status_code, headers, answer.text.replace(slug, "...")


@pytest.mark.parametrize(
    "typed, zone, moment",
    [
        ("2027-10-31T00:30", "Europe/London", datetime(2027, 10, 30, 23, 30, tzinfo=UTC)),  # still summer time
        ("2027-10-31T02:00", "Europe/London", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
        ("2027-10-31T02:00", "Pacific/Auckland", datetime(2027, 10, 30, 13, 0, tzinfo=UTC)),
        ("2027-10-31T01:30", "Europe/London", "comes twice"),
        ("2027-03-28T01:30", "Europe/London", "There is no 01:30"),
    ],
)
def test_the_hour_is_that_of_the_letters_time_zone_also_when_the_clocks_change(
    typed: str, zone: str, moment: datetime | str
) -> None:
    form = DatesForm(FormData([("embargo_until", typed), ("time_zone", zone), ("visibility", "public")]))
    form.validate()
    if isinstance(moment, str):
        assert moment in form.embargo_until.errors[0]
        return
    assert not form.embargo_until.errors
    assert form.arrangements().embargo_until == moment
