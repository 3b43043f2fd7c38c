"""Whatever anybody types is shown as text: on every page, in every mail, in every export."""

import csv
import io
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from coalition.base import clock
from coalition.invitations import actions as invitations
from coalition.invitations.wording import INVITATION
from coalition.organisations import records as organisations
from coalition.printings import actions as printings
from coalition.tables import coordinators
from tests.addresses import addresses
from tests.cast import HOME, Campaign, campaign

# Each field has a mark of its own, so that the one that breaks out can be named.
EVIL = (
    "<script>alert(`{0}`)</script><img src=x onerror=alert(`{0}`)><b class={0}>{0}</b>"
    "'\"><svg onload=alert(`{0}`)><style>*{{display:none}}</style><!--{{{{ 7*7 }}}}"
)
NAME = "<i {0}>\"'&{0}</i>"  # for short fields
FORMULA = '=HYPERLINK("http://evil.example","{0}")'
LETTER = {
    "subject": '<b>Subject</b> & "quotes" {{ 7*7 }}',
    "body": EVIL.format("body") + "\n\n[a link](javascript:alert(1)) ![picture](http://evil.example/x.png)\n\n"
    "<iframe src=http://evil.example></iframe>\n\n[ok](https://charity.example/?a=1&b=<2>)",
    "ask": EVIL.format("ask")[:400],
    "date_line": NAME.format("date"),
    "cc": NAME.format("cc"),
    "leads": NAME.format("leads"),
    "enclosures": NAME.format("enclosures"),
    "groups": NAME.format("group"),
    "decided_by": NAME.format("decides"),
    "addressees-0-name": NAME.format("addressee"),
    "addressees-0-office": NAME.format("office"),
    "addressees-0-postal": NAME.format("postal"),
    "language": "en-GB",
    "time_zone": "Europe/London",
    "visibility": "public",
    "show_undersigned": "y",
    "leads_first": "y",
    "hard_deadline": "2100-01-01T17:00",
}


@pytest.fixture
async def evil(sqlite_url: str, tmp_path: Path) -> AsyncIterator["Evil"]:
    """A letter every field of which means ill, asked of an organisation that does too, which has endorsed it."""
    async with campaign(sqlite_url, tmp_path / "data") as eva, eva.at_desk() as desk:
        eva.send_mail()  # the cast's own; what comes after is evil
        began = len(eva.mails())
        named = update(coordinators).values(name=NAME.format("eva"))
        eva.database.write_now(lambda connection: connection.execute(named))
        started = await desk.post("/desk/letters", data={"subject": LETTER["subject"]})
        slug = started.headers["location"].split("/")[3]
        here = f"/desk/letters/{slug}"
        saved = await desk.post(f"{here}/draft", data=LETTER | {"revision": "1"})
        assert saved.status_code == 303, saved.text
        assert (await desk.post(f"{here}/open", data={"revision": "2"})).status_code == 303
        evil_words = EVIL.format("note").replace("{", "(").replace("}", ")")  # braces are refused
        words = {
            "subject": NAME.format("line") + " {letter}",
            "body": f"{evil_words}\n\n{INVITATION.body}",
            "revision": "3",
        }
        written = await desk.post(f"{here}/invitation", data=words)
        assert written.status_code == 303, written.text
        added = await desk.post(
            f"{here}/add",
            data={
                "name": NAME.format("organisation"),
                "website": NAME.format("website"),
                "contact_name": NAME.format("contact"),
                "contact_role": NAME.format("job"),
                "email": "post@charity.example",
                "group": NAME.format("group"),
            },
        )
        assert added.status_code == 303, added.text
        row = f"{FORMULA.format('row')};{NAME.format('person')};other@charity.example"
        file = f"Organisation;Contact;E-mail\n{row}\n;{NAME.format('wrong')};x\n"
        begun = await desk.post(f"{here}/import", files={"file": (NAME.format("filename"), file.encode(), "text/csv")})
        assert begun.status_code == 303, begun.text
        import_id = int(begun.headers["location"].rpartition("/")[2])
        assert (await desk.post(f"{here}/ask", data={"to": "all"})).status_code == 303
        eva.send_mail()
        first = _mails(eva)[began]
        link = next(word for word in first[1].split() if word.startswith(f"{HOME}/e/")).removeprefix(HOME)
        endorsed = await desk.post(
            f"{link}/endorse",
            data={
                "version": "1",
                "name": NAME.format("printed"),
                "group": NAME.format("group"),
                "signatory": NAME.format("signatory"),
                "role": FORMULA.format("role"),
                "authority": "other",
                "authority_detail": NAME.format("detail"),
                "show_signatory": "y",
            },
        )
        assert endorsed.status_code == 303, endorsed.text
        eva.send_mail()
        id = eva.database.read_now(invitations.opened, eva.site.links.nonce("invitation", link[3:]), clock.now())
        yield Evil(eva, desk, slug, link, import_id, id.invitation.id, began)


class Evil:
    def __init__(
        self, eva: Campaign, desk: httpx.AsyncClient, slug: str, link: str, import_id: int, id: int, began: int
    ) -> None:
        self.eva, self.desk, self.slug, self.link, self.import_id, self.id = eva, desk, slug, link, import_id, id
        self.mails = _mails(eva)[began:]

    def path(self, template: str) -> str:
        own = {"/desk/letters/{slug}/import/{id:int}": self.import_id}.get(template, self.id)
        token = self.link.removeprefix("/e/")
        values = {"slug": self.slug, "id": own, "number": 1, "token": token, "name": "style.css"}
        for name, value in values.items():
            template = template.replace(f"{{{name}}}", str(value)).replace(f"{{{name}:int}}", str(value))
        return template


def _mails(eva: Campaign) -> list[tuple[str, str, str]]:
    """Subject, text and HTML of each, oldest first."""
    found = []
    for path in eva.mails():
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        text, html = (str(part.get_content()) if (part := mail.get_body((kind,))) else "" for kind in ("plain", "html"))
        found.append((str(mail["subject"]), text, html))
    return found


async def test_no_page_runs_loads_or_styles_anything_that_was_typed(evil: Evil) -> None:
    seen = 0
    for address in addresses("GET"):
        if address.template.startswith(("/dev/", "/static/")):
            continue
        answer = await evil.desk.get(evil.path(address.template))
        assert answer.status_code < 500, str(address)
        if "text/html" in answer.headers.get("content-type", ""):
            seen += 1
            is_mail = address.template.endswith(("/invitation/mail", "/reminders/mail"))
            assert _smuggled(answer.text, own_style=is_mail) == [], str(address)
            assert 'quotes" 49' not in _text_of(answer.text), f"{address} reckoned with what was typed"
    assert seen > 15


async def test_a_closed_and_printed_letter_shows_text_too(evil: Evil) -> None:
    evil.eva.database.write_now(printings.close_list, evil.slug, NAME.format("who"), clock.now())
    for template in ("/letters/{slug}", "/desk/letters/{slug}/printings", "/desk/letters/{slug}/history", "/e/{token}"):
        answer = await evil.desk.get(evil.path(template))
        assert answer.status_code == 200
        assert _smuggled(answer.text) == [], template


async def test_what_was_typed_is_there_to_be_read(evil: Evil) -> None:
    """Shown as text does not mean taken away: a name may well hold an ampersand or a bracket."""
    page = _text_of((await evil.desk.get(f"/letters/{evil.slug}")).text)
    for mark in ("addressee", "office", "cc", "leads", "printed", "signatory", "group"):
        assert NAME.format(mark) in page, mark
    tracker = _text_of((await evil.desk.get(f"/desk/letters/{evil.slug}")).text)
    for mark in ("organisation", "contact", "group"):
        assert NAME.format(mark) in tracker, mark


async def test_a_refused_form_gives_back_text(evil: Evil) -> None:
    typed = EVIL.format("typed")
    for path, form in (
        (
            f"{evil.link}/endorse",
            {"version": "1", **dict.fromkeys(("name", "signatory", "role", "authority"), typed)},
        ),
        (f"{evil.link}/decline", {"reason": typed * 20}),
        ("/sign-in", {"email": typed}),
        ("/desk/letters", {"subject": typed * 5}),
        (f"/desk/letters/{evil.slug}/add", {"name": "", "website": typed, "email": typed, "register_id": typed[:60]}),
        (f"/desk/letters/{evil.slug}/dates", {"decided_by": typed, "time_zone": typed, "visibility": typed}),
        (f"/desk/letters/{evil.slug}/draft/part", {"subject": typed, "body": typed, "cc": typed, "leads": typed}),
        (f"/desk/letters/{evil.slug}?q={typed}", None),
        (f"/desk/letters/{evil.slug}?done={typed}&queued={typed}", None),
        (f"{evil.link}?done={typed}", None),
    ):
        answer = await evil.desk.request("GET" if form is None else "POST", path, data=form)
        assert answer.status_code in (200, 422), path
        assert _smuggled(answer.text) == [], path
    async with evil.eva.browser() as signed_out:
        answer = await signed_out.post(f"/desk/letters/{evil.slug}/draft", data={typed[:50]: typed, "body": typed})
        assert _smuggled(answer.text) == []


async def test_every_mail_shows_text(evil: Evil) -> None:
    assert len(evil.mails) == 2
    for subject, text, html in evil.mails:
        assert "\n" not in subject
        assert _smuggled(html, own_style=True) == []
        assert subject.count("{{ 7*7 }}") == 1
        assert NAME.format("organisation") in text or NAME.format("printed") in text


async def test_the_mail_a_coordinator_previews_shows_text_and_runs_in_a_frame_that_can_do_nothing(evil: Evil) -> None:
    answer = await evil.desk.get(f"/desk/letters/{evil.slug}/invitation/mail")
    assert _smuggled(answer.text, own_style=True) == []
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_exports_hold_text_and_no_formula(evil: Evil) -> None:
    for path in (f"/desk/letters/{evil.slug}/endorsers.csv", f"/letters/{evil.slug}/endorsers.csv"):
        answer = await evil.desk.get(path)
        rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
        assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
        assert NAME.format("printed") in [row[0] for row in rows]
    found = (await evil.desk.get(f"/letters/{evil.slug}.json")).json()
    assert found["undersigned"][0]["organisation"] == NAME.format("printed")
    assert found["undersigned"][0]["role"] == FORMULA.format("role")  # data for programs is what it is


async def test_nothing_that_was_typed_becomes_a_header(evil: Evil) -> None:
    answers = [await evil.desk.get(evil.path(one.template)) for one in addresses("GET") if "slug" in one.template]
    for answer in answers:
        for name, value in answer.headers.items():
            assert "evil" not in value, name
            assert "<" not in value, name
    stopped = organisations.mail_is_stopped
    assert not evil.eva.database.read_now(stopped, "post@charity.example")


class _Tags(HTMLParser):
    def __init__(self, own_style: bool = False) -> None:
        super().__init__()
        self.own_style = own_style
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        wrong = [name for name in given if name.startswith("on") or name in _MARKS]
        wrong += ["style"] if "style" in given and not self.own_style else []
        wrong += [given[name] for name in ("src", "action", "data", "poster") if _is_foreign(given.get(name, ""))]
        if given.get("href") and not given["href"].startswith(("/", "#", "?", "mailto:", "http://", "https://")):
            wrong.append(given["href"])
        ours = tag == "iframe" and given.get("src", "").startswith("/")
        if tag in ("iframe", "object", "embed", "img", "i", "b") and not ours:
            wrong.append(tag)
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            wrong.append(tag)
        if wrong:
            self.wrong.append(f"{tag} {given}: {wrong}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


_MARKS = frozenset(
    "date cc leads enclosures group decides addressee office postal eva organisation website contact job person wrong "
    "filename printed signatory detail who body ask note line typed row".split()
)


def _is_foreign(address: str) -> bool:
    return address.startswith("//") or ":" in address


def _smuggled(html: str, *, own_style: bool = False) -> list[str]:
    """Elements and attributes that come from what somebody typed. A mail has a style of its own."""
    tags = _Tags(own_style)
    tags.feed(html)
    styles = html.lower().count("<style")
    return tags.wrong + ([f"{styles} style elements"] if styles > own_style else [])


def _text_of(html: str) -> str:
    tags = _Tags()
    tags.feed(html)
    return "".join(tags.text)
