"""Every form of the site, sent whatever a broken or hostile browser may send: never a 500, and pages stay readable."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition.base import clock
from coalition.endorsements import records as endorsements
from coalition.letters import actions
from coalition.letters import records as letters
from tests.addresses import Address, Places, addresses, places
from tests.cast import NSPCC, Campaign, endorse_form

FIELDS = (
    *("version", "name", "group", "signatory", "role", "authority", "authority_detail", "show_signatory", "seen"),
    *("reason", "email", "subject", "cc", "leads", "date_line", "ask", "body", "enclosures", "groups", "language"),
    *("addressees-0-name", "addressees-0-postal", "addressees-0-email", "addressees-999999-name", "addressees--1-name"),
    *("addressees-x-name", "addressees-0", "addressees", "addressees-11-office", "addressees-0-name-0"),
    *("revision", "soft_deadline", "hard_deadline", "time_zone", "dispatch_on", "decision_on", "decided_by"),
    *(
        "embargo_until",
        "visibility",
        "show_undersigned",
        "leads_first",
        "tell",
        "leaves_at",
        "when",
        "as",
        "register_id",
        "website",
    ),
    *(
        "contact_name",
        "contact_role",
        "file",
        "paste",
        "nickname",
        "key",
        "note",
        "word",
        "plan",
        "to",
        "pick",
        "then",
        "column-0",
        "column-1",
        "row-0",
        "",
        "\0",
    ),
)
LIKELY = (
    *("1", "0", "-1", "y", "on", "2030-01-01", "2030-01-01T17:00", "Europe/London", "public", "private", "link", "all"),
    *("same", "new", "leave", "preview", "en-GB", "chief-executive", "trustees", "other", "National charities"),
    *("eva@charity.example", "GB-CHC-202918", "name", "email", "Organisation;E-mail\nThe Kiln;a@b.example\n"),
)
HOSTILE = (
    *("\0", "a\0b", "\ud800", "\r\nBcc: all@charity.example", "x" * 20_000, "9" * 400, "-" * 5000, "\u202egnp.exe"),
    *("0001-01-01", "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59:59", "2009-02-30", "1e999", "NaN", "0x10"),
    *("../../etc/passwd", "Pacific/Kiritimati", "Etc/GMT+12", "{{ 7*7 }}", "{% raw %}", "%s%n", "<script>x</script>"),
    *("💥" * 300, "ﷺ", "a\u0300" * 300, "١٢٣", "=1+1", "a@b@c", "@", "a@" + "b" * 300 + ".example", "[" * 900),
    *("> " * 900 + "x", "[^1]: " * 200, "1. " * 300, "*" * 999, "`" * 999, "[x](javascript:alert(1))", "\x85\u2028"),
)
value = st.one_of(st.sampled_from(LIKELY), st.sampled_from(HOSTILE), st.text(max_size=60))
pair = st.tuples(st.sampled_from(FIELDS), value)
# A form that is right but for a few fields reaches further than one that is all wrong.
WHEN = {"hard_deadline": "2030-01-01T17:00", "time_zone": "Europe/London", "visibility": "public", "revision": ""}
RIGHT: dict[str, dict[str, str]] = {
    "/e/{token}/endorse": endorse_form(),
    "/desk/letters": {"subject": "Another letter"},
    "/desk/letters/{slug}/draft": WHEN | {"subject": "S", "body": "B", "addressees-0-name": "N", "language": "en-GB"},
    "/desk/letters/{slug}/dates": WHEN,
    "/desk/letters/{slug}/invitation": {"subject": "{letter}", "body": "Dear all\n\n{link}", "revision": ""},
    "/desk/letters/{slug}/ask": {"to": "all", "when": "later", "leaves_at": "2030-01-01T09:00"},
    "/desk/letters/{slug}/reminders": {
        "before": "7, 2",
        "on_the_day": "y",
        "after": "1",
        "hour": "9",
        "cap": "3",
        "quiet_from": "20",
        "quiet_until": "8",
        "quiet_weekends": "y",
        "do": "on",
        "revision": "",
    },
    "/desk/letters/{slug}/reminders/words": {"subject": "{letter}", "body": "Dear all\n\n{link}", "revision": ""},
    "/desk/letters/{slug}/invitation/cancel": {"leaves_at": "2030-01-01T09:00:00+00:00"},
    "/desk/letters/{slug}/invitation/now": {"leaves_at": "2030-01-01T09:00:00+00:00"},
    "/desk/letters/{slug}/open": {"revision": ""},
    "/desk/letters/{slug}/add": {"name": "The New One", "email": "new@charity.example"},
    "/desk/letters/{slug}/import": {"paste": "Organisation\nThe Kiln\n"},
    "/desk/letters/{slug}/organisations/{id:int}/contact": {"email": "new@charity.example"},
    "/letters/{slug}/join": endorse_form("The Kiln", email="office@kiln.example", website="kiln.example"),
    "/confirm/{token}": {"version": "1"},
    "/desk/letters/{slug}/joins/{id:int}/turn-down": {"word": "Not this time."},
    "/sign-in": {"email": "eva@charity.example"},
}
RIGHT["/desk/letters/{slug}/draft/part"] = RIGHT["/desk/letters/{slug}/draft"]
OF_A_DRAFT = ("/desk/letters/{slug}/draft", "/desk/letters/{slug}/draft/part", "/desk/letters/{slug}/open")

QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Desk:
    browser: httpx.AsyncClient
    places: Places
    draft: str  # the address of a second letter, which is a draft

    def path(self, address: Address) -> str:
        return address.filled(slug=self.draft) if address.template in OF_A_DRAFT else self.places.path(address)

    def revision(self, address: Address) -> str:
        slug = self.draft if address.template in OF_A_DRAFT else self.places.campaign.letter.slug
        return str(self.places.campaign.database.read_now(letters.letter_by_slug, slug).revision)


@pytest.fixture
async def desk(eva: Campaign) -> AsyncIterator[Desk]:
    """Eva at her desk, who is also everybody else; afterwards every page of the site must still answer."""
    eva.site.sign_in_limit.most = eva.site.join_limit.most = 10**6
    found = places(eva)
    draft = eva.database.write_now(actions.start, "A second letter", eva.eva, clock.now())
    async with eva.at_desk() as browser:
        yield Desk(browser, found, draft.slug)
        for address in addresses("GET"):
            paths = [found.path(address)]
            if "{slug}" in address.template:
                paths.append(address.filled(slug=draft.slug, number=1, id=1, other=1))
            for path in paths:
                answer = await browser.get(path)
                assert answer.status_code < 500, f"after those posts {address} does not answer"


@pytest.mark.parametrize("address", addresses("POST"), ids=str)
@QUICK
@given(changed=st.lists(pair, max_size=6), whole=st.booleans(), encoding=st.sampled_from(["form", "form", "multipart"]))
async def test_no_form_falls_over_what_is_typed(
    address: Address,
    changed: list[tuple[str, str]],
    whole: bool,
    encoding: str,
    desk: Desk,
) -> None:
    names = {name for name, _ in changed}
    right = dict(RIGHT.get(address.template, {})) if whole else {}
    if "revision" in right:
        right["revision"] = desk.revision(address)
    fields = [*((name, one) for name, one in right.items() if name not in names), *changed]
    send = _as_form if encoding == "form" else _as_multipart
    kind, body = send(fields)
    answer = await desk.browser.post(desk.path(address), content=body, headers={"content-type": kind})
    assert answer.status_code < 500, f"{address} with {fields}"
    assert answer.status_code in (200, 204, 303, 400, 401, 404, 409, 410, 413, 422, 429)
    if answer.status_code == 422 and "json" not in answer.headers["content-type"]:
        assert 'role="alert"' in answer.text, f"{address} refused {fields} without saying why"


def _as_form(fields: list[tuple[str, str]]) -> tuple[str, bytes]:
    """Bytes as they are, half characters too."""
    parts = ("=".join(quote_from_bytes(word.encode("utf-8", "surrogatepass")) for word in one) for one in fields)
    return "application/x-www-form-urlencoded", "&".join(parts).encode()


def _as_multipart(fields: list[tuple[str, str]]) -> tuple[str, bytes]:
    """Every third field comes as a file."""
    body = b""
    for number, (name, one) in enumerate(fields):
        file = b'; filename="list.csv"\r\nContent-Type: text/csv' if number % 3 == 2 else b""
        head = b'--limit\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
        body += head % (name.encode("utf-8", "replace"), file) + one.encode("utf-8", "surrogatepass") + b"\r\n"
    return "multipart/form-data; boundary=limit", body + b"--limit--\r\n"


GARBAGE = (
    ("multipart/form-data", b""),
    ("multipart/form-data", b"name=value"),
    ("multipart/form-data; boundary=x", b"no boundary in here"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nhalf of'),
    ("multipart/form-data; boundary=" + "x" * 5000, b"--x"),
    (
        "multipart/form-data; boundary=x; charset=no-such",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    (
        "multipart/form-data; boundary=x; charset=utf-16",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    ("multipart/form-data; boundary=x", b"\0\xff" * 500),
    ("application/x-www-form-urlencoded", b"&" * 5000),
    ("application/x-www-form-urlencoded", b"a=1&" * 5000),
    ("application/x-www-form-urlencoded; charset=no-such", b"name=%E4"),
    ("application/x-www-form-urlencoded", b"\xff\xfe=\0%%%zz&=&==&%"),
    ("application/json", b'{"name": "NSPCC"}'),
    ("", b"name=NSPCC"),
    ("text/plain\xff", b"name=NSPCC"),
)


async def test_no_form_falls_over_a_body_that_is_none(desk: Desk) -> None:
    for address in addresses("POST"):
        for kind, body in GARBAGE:
            headers = {b"content-type": kind.encode("latin-1")}
            answer = await desk.browser.post(desk.path(address), content=body, headers=headers)
            assert answer.status_code < 500, f"{address} with {kind} {body[:40]!r}"


async def test_what_cannot_be_read_at_all_is_400_and_changes_nothing(eva: Campaign) -> None:
    async with eva.browser() as charity:
        for kind, body in (GARBAGE[2], GARBAGE[3], GARBAGE[5]):
            answer = await charity.post(f"{eva.link(NSPCC)}/endorse", content=body, headers={"content-type": kind})
            assert answer.status_code in (400, 422), body
    assert eva.database.read_now(endorsements.count, eva.letter.id) == 0
