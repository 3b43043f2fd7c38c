"""What a mail is made of: words that say the same in both parts, headers nobody can smuggle anything into."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from coalition.base.mail.message import Attached, Mail, Ready, Unsendable, ascii_address, build, one_line
from coalition.base.mail.words import MAIL, render
from coalition.invitations import wording
from coalition.invitations.wording import Block, Filled, Wording, fill
from coalition.letters.differences import Part, Run, as_text

MAIL_FROM = "letters@coalition.example"
UNSUBSCRIBE = "https://coalition.example/unsubscribe/" + "IjQyLjEi.aWxvdmVjb2ZmZWU-" * 12
MAIL_TO_ANNA = Mail(
    to="anna@poppy.example",
    to_name="Anna Johansson",
    subject="Will The Poppy Project endorse our letter?",
    text="Dear Anna,\n\nLetters – by Friday.\n",
    html="<p>Dear Anna,</p>\n<p>Letters – by Friday.</p>\n",
    message_id="<outbox.42@coalition.example>",
    date=datetime(2009, 10, 26, 9, 0, tzinfo=UTC),
    reply_to="eva@charity.example",
    reply_to_name="Eva Sample",
    list_id="met-unit.coalition.example",
    unsubscribe_url=UNSUBSCRIBE,
    from_name="Eva Sample via Coalition",
    bounce_id="42-a7",
)

# Headers


def test_a_mail_has_every_header_that_large_providers_ask_for():
    ready = build(MAIL_TO_ANNA, mail_from=MAIL_FROM)
    assert ready.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[:-2] == [
        'From: "Eva Sample via Coalition" <letters@coalition.example>',
        'To: "Anna Johansson" <anna@poppy.example>',
        'Reply-To: "Eva Sample" <eva@charity.example>',
        "Subject: Will The Poppy Project endorse our letter?",
        "Date: Mon, 26 Oct 2009 09:00:00 +0000",
        "Message-ID: <outbox.42@coalition.example>",
        "List-Id: <met-unit.coalition.example>",
        f"List-Unsubscribe: <{UNSUBSCRIBE}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    assert ready.recipient == "anna@poppy.example"


def test_a_bounce_comes_back_to_an_address_that_names_the_mail():
    assert build(MAIL_TO_ANNA, mail_from=MAIL_FROM).sender == "bounce+42-a7@coalition.example"
    assert build(replace(MAIL_TO_ANNA, bounce_id=""), mail_from=MAIL_FROM).sender == "bounce@coalition.example"


def test_what_is_not_given_leaves_no_header():
    bare = replace(MAIL_TO_ANNA, to_name="", from_name="", reply_to="", list_id="", unsubscribe_url="")
    headers = parsed(build(bare, mail_from=MAIL_FROM)).keys()
    assert headers == ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]


def test_the_same_mail_is_the_same_bytes():
    assert build(MAIL_TO_ANNA, mail_from=MAIL_FROM) == build(MAIL_TO_ANNA, mail_from=MAIL_FROM)


def test_the_date_is_told_in_utc_and_never_without_a_time_zone():
    summer = datetime(2009, 10, 24, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    assert parsed(build(replace(MAIL_TO_ANNA, date=summer), mail_from=MAIL_FROM))["Date"].endswith("09:00:00 +0000")
    with pytest.raises(Unsendable, match="time zone"):
        build(replace(MAIL_TO_ANNA, date=summer.replace(tzinfo=None)), mail_from=MAIL_FROM)


NAMES = [
    "Zoë Wanamaker",
    "Σύλλογος Γυναικών",
    "منظمة حقوق الإنسان",
    "Towarzystwo Przyjaciół Dzieci",
    'Anna "Annie" O\'Hara, Jr. (Poppy) \\ <x@y.example>',
    "=?utf-8?q?Eve?=",
    "नारी शक्ति",
    "👩‍👩‍👧 Families",
    "A very long name of an organisation that goes on well past the end of any line a mail may have, and then some",
    "A" * 200,
    "Ł" * 200,
    "a@b.example",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_comes_through(name):
    mail = replace(MAIL_TO_ANNA, to_name=name, subject=name, from_name=name)
    ready = build(mail, mail_from=MAIL_FROM)
    for header in ("To", "From"):
        address = parsed(ready)[header].addresses[0]
        assert (without_spaces(address.display_name), address.domain) == (without_spaces(name), address.domain)
        assert decoded(ready, header).endswith((f"{name} <{address.addr_spec}>", f'" <{address.addr_spec}>'))
    assert parsed(ready)["Subject"] == name
    assert decoded(ready, "Subject") == name


def test_plain_words_are_left_plain():
    raw = build(replace(MAIL_TO_ANNA, subject="Please endorse our letter. " * 10), mail_from=MAIL_FROM).raw
    assert b"=?utf-8" not in raw


def test_marks_that_turn_the_direction_of_reading_are_left_out():
    assert one_line("Poppy \u202e\u2067tcejorP\u200f\u061c") == "Poppy tcejorP"


AWKWARD = st.text() | st.text(alphabet='a=?_"\\<>@,;:. \r\n\té\u202eŁ漢👍\x00', min_size=1, max_size=300)


@given(AWKWARD)
def test_any_subject_comes_back_as_it_was_on_one_line(subject):
    ready = build(replace(MAIL_TO_ANNA, subject=subject), mail_from=MAIL_FROM)
    assert parsed(ready)["Subject"] == decoded(ready, "Subject") == one_line(subject)


@given(AWKWARD, AWKWARD, AWKWARD, AWKWARD, AWKWARD)
def test_no_field_can_add_a_header_an_address_or_a_part(subject, name, from_name, reply_to_name, body):
    mail = replace(
        MAIL_TO_ANNA,
        subject=subject,
        to_name=name,
        from_name=from_name,
        reply_to_name=reply_to_name,
        text=body,
        html=body,
    )
    ready = build(mail, mail_from=MAIL_FROM)
    got, usual = parsed(ready), parsed(build(MAIL_TO_ANNA, mail_from=MAIL_FROM))
    assert got.keys() == usual.keys()
    for header in ("To", "From", "Reply-To"):
        assert [address.addr_spec for address in got[header].addresses] == [
            address.addr_spec for address in usual[header].addresses
        ]
    assert without_spaces(got["To"].addresses[0].display_name) == without_spaces(one_line(name))
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    assert_fit_for_the_wire(ready.raw)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff")))
def test_each_part_comes_through_to_the_letter(body):
    mail = replace(MAIL_TO_ANNA, text=body + "\n.\nFrom here \n" + "x" * 2000, html=body)
    text, html = (
        bytes(part.get_payload(decode=True)) for part in parsed(build(mail, mail_from=MAIL_FROM)).iter_parts()
    )
    assert text == mail.text.replace("\n", "\r\n").encode()
    assert html == body.encode()


@pytest.mark.parametrize(
    "field, value",
    [
        ("message_id", "a b@coalition.example"),
        ("message_id", "a@coalition.example>\r\nBcc: eve@evil.example"),
        ("message_id", "nowhere"),
        ("list_id", "met\r\nBcc: eve@evil.example"),
        ("list_id", "Zoë"),
        ("unsubscribe_url", "https://coalition.example/>\r\nBcc: eve@evil.example"),
        ("unsubscribe_url", "https://coalition.example/\n"),
        ("unsubscribe_url", "javascript:alert(1)"),
        ("unsubscribe_url", "https://coalition.example/" + "x" * 900),
        ("bounce_id", "a@b"),
        ("bounce_id", "42\r\nRCPT TO:<eve@evil.example>"),
        ("to", "anna@poppy.example\r\nBcc: eve@evil.example"),
        ("reply_to", "eva@charity.example, eve@evil.example"),
    ],
)
def test_an_identifier_that_would_break_a_header_is_refused(field, value):
    with pytest.raises(Unsendable):
        build(replace(MAIL_TO_ANNA, **{field: value}), mail_from=MAIL_FROM)


# Addresses


@pytest.mark.parametrize(
    "given_address, written",
    [
        ("anna@poppy.example", "anna@poppy.example"),
        ("  Anna.O'Hara+letters@POPPY.Example ", "Anna.O'Hara+letters@poppy.example"),
        ("info@münchen.example", "info@xn--mnchen-3ya.example"),
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("info@παράδειγμα.example", "info@xn--hxajbheg2az3al.example"),
        ("letters@localhost", "letters@localhost"),
    ],
)
def test_an_address_is_written_as_every_server_reads_it(given_address, written):
    assert ascii_address(given_address) == written


def test_a_name_before_the_at_sign_that_is_not_ascii_is_refused_in_a_plain_sentence():
    with pytest.raises(Unsendable) as refusal:
        ascii_address("jürgen@poppy.example")
    assert str(refusal.value) == (
        "Mail cannot go to “jürgen@poppy.example”: before the @ only unaccented Latin letters work."
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "@poppy.example",
        "anna@",
        "anna@poppy@",
        "an na@poppy.example",
        "anna@pop py.example",
        "anna..b@poppy.example",
        ".anna@poppy.example",
        "anna@-poppy.example",
        "anna@poppy..example",
        "anna@poppy_.example",
        "anna@[127.0.0.1]",
        "anna@poppy.example>",
        "<anna@poppy.example",
        "anna\x00@poppy.example",
        "anna@" + "ü" * 70 + ".example",
        "a" * 65 + "@poppy.example",
        "anna@" + "a." * 130 + "example",
        "anna@\u202epoppy.example",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(address):
    with pytest.raises(Unsendable, match=r"\A“[^\n]*” is not an e-mail address[^\n]+\Z"):
        ascii_address(address)


@given(st.text() | st.from_regex(r"[^@]{1,9}@[^@]{1,9}", fullmatch=True))
def test_every_text_is_an_address_or_refused(text):
    try:
        said = ascii_address(text)
    except Unsendable as refusal:
        said = str(refusal)
    assert re.fullmatch(r"[!-~]+@[a-z0-9.-]+|[^\n]*“[^\n]*”[^\n]+", said)


@pytest.mark.parametrize("name", ["keep-printing-1.pdf", "Ŵyn “a”\r\nX: y.pdf"])
def test_a_file_comes_through_byte_for_byte_beside_the_words(name):
    data = bytes(range(256)) * 999
    ready = build(replace(MAIL_TO_ANNA, attached=(Attached(name, "application/pdf", data),)), mail_from=MAIL_FROM)
    assert_fit_for_the_wire(ready.raw)
    got = parsed(ready)
    [file] = got.iter_attachments()
    assert (got.get_content_type(), file.get_content_type()) == ("multipart/mixed", "application/pdf")
    assert file.get_content() == data
    body = got.get_body(("plain",))
    assert body
    assert without_spaces(body.get_content()) == without_spaces(MAIL_TO_ANNA.text)
    assert got["X"] is None
    if name.isascii():
        assert file.get_filename() == name
    else:
        assert "filename*=UTF-8''%C5%B4yn%20%E2%80%9Ca%E2%80%9D%20X%3A%20y.pdf" in ready.raw.decode()


# Words


class N:  # what a page gives a template: something with attributes
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


DEADLINE = "Friday 13 November 2009 at 17:00, London time"
LINK = "https://coalition.example/e/IjQyLjEi.aWxvdmVjb2ZmZWU"
SUBJECT = "Keep the Met’s human-trafficking unit"
ASK = "Please keep the Human Trafficking Team\nopen beyond April 2010."
ADDRESSEE = "Sir Paul Stephenson, Commissioner of the Metropolitan Police"
LETTER = N(
    subject=SUBJECT,
    ask=ASK,
    leads=["Amnesty International UK", "ECPAT UK", "NSPCC"],
    addressed_to=ADDRESSEE,
    deadline_words=DEADLINE,
)
COORDINATOR = N(name="Eva Sample", email="eva@charity.example")
ABOUT = {
    "letter": LETTER,
    "organisation": N(name="The Poppy Project"),
    "coordinator": COORDINATOR,
    "link": LINK,
    "deadline_words": DEADLINE,
    "unsubscribe": "https://coalition.example/unsubscribe/abc.def",
    "embargo": "",
    "version": 1,
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
LINE = {
    "organisation": "The Poppy Project",
    "group": "National charities",
    "signatory": "Anna Johansson",
    "role": "Head",
}
VALUES = {
    "contact": "Anna Johansson",
    "organisation": "The Poppy Project",
    "coordinator": "Eva Sample",
    "letter": SUBJECT,
    "ask": ASK,
    "addressee": ADDRESSEE,
    "leads": "Amnesty International UK, ECPAT UK and NSPCC",
    "deadline": DEADLINE,
    "answer by": "Wednesday 11 November 2009",
    "days left": "7 days are left",
}
OWN = """Dear {contact},

Will {organisation} sign? {letter}

Thank you for Monday.
Eva

We ask for:
- {ask}
- an answer by {answer by}

{link}"""
INVITATION = ABOUT | {"words": fill(wording.INVITATION, VALUES), "calendar": f"{LINK}/deadline.ics", "test": False}
REMINDER = ABOUT | {"words": fill(wording.REMINDER, VALUES)}
ONCE = "at least 20 organisations have endorsed it, this one included"
CONDITION = ABOUT | {"line": LINE, "held": False, "once": ONCE, "open": True}
CONDITIONS: dict[str, Any] = ABOUT | {
    "counting": ["The Poppy Project", "ECPAT UK"],
    "counting_more": 0,
    "waiting": [],
    "waiting_more": 0,
    "undersigned": 21,
}
RECEIPT = ABOUT | {
    "line": LINE,
    "endorsed_at_words": "Monday 26 October 2009 at 09:12, London time",
    "given_by": "Anna Johansson, Head",
    "decided": "The trustees decided it on Monday 12 October 2009.",
    "dispatched": False,
    "held": False,
    "once": "",
}
ASKED = ABOUT | {
    "asker": "Anna Johansson",
    "line": {"name": "The Poppy Project", "signatory": "Ben Sample", "role": "Chair", "show_signatory": True},
}
CHANGES = (
    Part("Subject", (Run("same", "Keep the "), Run("out", "old"), Run("in", "new <b>"), Run("same", " unit"))),
    Part("A new paragraph", (Run("in", "One line.\nAnother."),)),
)
NEWER = ABOUT | {
    "once": "",
    "before": 1,
    "version": 2,
    "why": "The Commissioner’s title was wrong.",
    "parts": CHANGES,
    "parts_as_text": [(part.label, as_text(part)) for part in CHANGES],
}
STILL_HAPPY = ABOUT | {
    "line": LINE,
    "group": "National charities",
    "said_on": "Monday 26 October 2009",
    "again": False,
    "asked_on": "Thursday 26 November 2009",
    "goes_on": "Monday 30 November 2009",
    "moved": False,
}
RUNS = (Run("same", "keep it "), Run("out", "for three years"), Run("in", "for five years"))
SAID = {"parts": RUNS, "change": as_text(Part("", RUNS)), "reason": "Three are too few."}
SUGGESTION = ABOUT | SAID
SUGGESTED = [{"subject": SUBJECT, "count": 6, "shown": [{"organisation": "The Poppy Project"} | SAID]}]
SUGGESTIONS = {"coordinator": COORDINATOR, "link": LINK, "letters": SUGGESTED}
NUDGE = ABOUT | {
    "sent": "handed to the Metropolitan Police Authority on Thursday 12 November 2009",
    "days_words": "You are told after 14 days.",
    "decided_by": "The board of the Authority",
    "decision_words": "Monday 16 November 2009",
}
OUTCOME: dict[str, Any] = ABOUT | {
    "outcome": "lost",
    "on_words": "Thursday 1 April 2010",
    "decided_by": "The board of the Authority",
    "sentences": ["The unit closed.", "Its work goes on elsewhere."],
}
ENCLOSED = N(name="keep-printing-1.pdf", size="84 KB", file=N(data=b""), link=LINK)
LINKED = N(name="keep-printing-1.pdf", size="8.4 MB", file=None, link=LINK)
PRINTING = ABOUT | {
    "subject_line": "A joint letter",
    "paragraphs": [["Dear Sir Paul Stephenson,"], ["here is a letter.", "It is short."]],
    "copy": False,
    "enclosed": ENCLOSED,
    "to": [ADDRESSEE],
    "cc": [],
    "verify": "https://coalition.example/verify",
}
FINAL = PRINTING | {
    "sentence": "handed to the Metropolitan Police Authority on Thursday 12 November 2009",
    "again": False,
    "link": "https://coalition.example/e/their-page",
    "undersigned": 41,
    "share": "The Poppy Project and 40 others have written to the Authority.",
}
MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "invitation": ("invitation", INVITATION),
    "invitation, in Eva's own words": ("invitation", INVITATION | {"words": fill(Wording("For you", OWN), VALUES)}),
    "invitation, under embargo": ("invitation", INVITATION | {"embargo": DEADLINE}),
    "invitation, as a test": ("invitation", INVITATION | {"test": True}),
    "receipt": ("receipt", RECEIPT | {"kind": "endorsed", "logo": "allowed"}),
    "receipt, under embargo": ("receipt", RECEIPT | {"kind": "endorsed", "logo": "", "embargo": DEADLINE}),
    "receipt on a condition": ("receipt", RECEIPT | {"kind": "held", "logo": "", "held": True, "once": ONCE}),
    "receipt on a condition that holds": ("receipt", RECEIPT | {"kind": "endorsed", "logo": "", "once": ONCE}),
    "receipt after it was delivered": ("receipt", RECEIPT | {"kind": "endorsed", "logo": "", "dispatched": True}),
    "receipt of a change": (
        "receipt",
        RECEIPT | {"kind": "changed", "logo": "kept", "line": LINE | {"group": "", "signatory": ""}},
    ),
    "withdrawn": ("withdrawn", ABOUT),
    "declined": ("declined", ABOUT),
    "sign in": ("sign_in", {"coordinator": COORDINATOR, "link": LINK, "minutes": 15}),
    "later": ("later", ABOUT | {"until_words": "Thursday 5 November 2009"}),
    "the day to decide": ("deciding_day", ABOUT | {"until_words": "Thursday 5 November 2009"}),
    "still happy": ("still_happy", STILL_HAPPY),
    "still happy, and the day was put off": ("still_happy", STILL_HAPPY | {"moved": True, "again": True, "group": ""}),
    "left out": ("left_out", STILL_HAPPY),
    "left out, and could not be asked": ("left_out", STILL_HAPPY | {"asked_on": "", "goes_on": ""}),
    "suggestion": ("suggestion", SUGGESTION),
    "suggestion, without a word why": ("suggestion", SUGGESTION | {"reason": ""}),
    "suggestion answered": (
        "suggestion_answered",
        SUGGESTION | {"who": "Eva Sample", "answer": "It is the Authority’s own figure.", "waits": False},
    ),
    "suggestion answered that an endorsement waits for": (
        "suggestion_answered",
        SUGGESTION | {"who": "Eva Sample", "answer": "It is the Authority’s own figure.", "waits": True},
    ),
    "suggestion taken": ("suggestion_taken", SUGGESTION | {"version": 3}),
    "a suggestion for Eva": ("suggestions", SUGGESTIONS | {"count": 1}),
    "suggestions for Eva": ("suggestions", SUGGESTIONS | {"count": 12, "letters": [*SUGGESTED, *SUGGESTED]}),
    "passed on to a colleague": ("forwarded", ABOUT | {"contact": N(name="Ben Sample"), "first": "Anna Johansson"}),
    "passed on": ("passed_on", ABOUT | {"colleague": "Ben Sample", "way": "both"}),
    "passed on, who answers no more": ("passed_on", ABOUT | {"colleague": "Ben Sample", "way": "pass"}),
    "a look, from a colleague": ("look", ABOUT | {"contact": N(name=""), "first": "Anna Johansson", "desk": False}),
    "a look, from the desk": ("look", ABOUT | {"contact": N(name="Ben"), "first": "Eva Sample", "desk": True}),
    "a change is asked for": ("request", ASKED | {"wish": "change", "sentences": []}),
    "to be taken off is asked for": ("request", ASKED | {"wish": "withdraw", "sentences": ["Our board", "met."]}),
    "what was asked is done": ("request_answered", ASKED | {"wish": "change", "outcome": "done", "sentences": []}),
    "taken off as asked": ("request_answered", ASKED | {"wish": "withdraw", "outcome": "done", "sentences": []}),
    "turned down": (
        "request_answered",
        ASKED | {"wish": "change", "outcome": "turned down", "sentences": ["No", "Why"]},
    ),
    "deadline moved": ("deadline_moved", ABOUT | {"own": False}),
    "deadline moved for one": ("deadline_moved", ABOUT | {"own": True}),
    "it counts now": ("condition", CONDITION),
    "it counts now, in a printing": ("condition", CONDITION | {"open": False}),
    "it waits": ("condition", CONDITION | {"held": True}),
    "which conditions hold": ("conditions", CONDITIONS),
    "which do no more": ("conditions", CONDITIONS | {"counting": [], "waiting": ["NSPCC"]}),
    "which do and do not": ("conditions", CONDITIONS | {"counting_more": 12, "waiting": ["NSPCC"], "waiting_more": 2}),
    "corrected": ("corrected", NEWER),
    "corrected, and it waits on": ("corrected", NEWER | {"once": ONCE}),
    "corrected, without a word why": ("corrected", NEWER | {"why": ""}),
    "asked again": ("asked_again", NEWER | {"said": "endorsed"}),
    "asked again after declining": ("asked_again", NEWER | {"said": "declined"}),
    "asked again, not having answered": ("asked_again", NEWER | {"said": ""}),
    "a request to join, to be confirmed": ("join_confirm", ABOUT | {"expires_words": DEADLINE}),
    "a request to join, at the desk": ("join_waiting", ABOUT | {"others": 0}),
    "requests to join, at the desk": ("join_waiting", ABOUT | {"others": 2}),
    "a request approved, to a text that was changed": ("join_approved", ABOUT | {"kind": "again"}),
    "a request approved, after an answer": ("join_approved", ABOUT | {"kind": "keep"}),
    "a request turned down": ("join_turned_down", ABOUT | {"answer": "No parties.", "again_words": DEADLINE}),
    "a request turned down for good": ("join_turned_down", ABOUT | {"answer": "No parties.", "again_words": ""}),
    "no reply yet": ("nudge", NUDGE),
    "no reply yet, and nobody decides": ("nudge", NUDGE | {"decided_by": "", "decision_words": ""}),
    "lost": ("outcome", OUTCOME),
    "won, under embargo": (
        "outcome",
        OUTCOME | {"outcome": "won", "sentences": [], "decided_by": "", "embargo": DEADLINE},
    ),
    "a printing": ("dispatch", PRINTING),
    "a copy of a printing, as a link": ("dispatch", PRINTING | {"copy": True, "cc": ["A", "B"], "enclosed": LINKED}),
    "everybody printed is told": ("final", FINAL),
    "everybody printed is told, with a link": ("final", FINAL | {"enclosed": LINKED, "undersigned": 1}),
    "who is new on a later printing is told": ("final", FINAL | {"again": True}),
    "reminder": ("reminder", REMINDER),
    "reminder, in Eva's own words": ("reminder", REMINDER | {"words": fill(Wording("For you", OWN), VALUES)}),
}
TO_THE_DESK = ("sign_in", "nudge", "conditions", "request", "suggestions")
TO_OTHERS = (*TO_THE_DESK, "dispatch")
NOT_THEIR_OWN = (*TO_OTHERS, "join_confirm", "join_waiting", "join_turned_down")  # they carry another link
every_message = pytest.mark.parametrize("message, values", MESSAGES.values(), ids=MESSAGES)


def test_every_message_there_is_has_an_example_here():
    assert {folder.name for folder in MAIL.iterdir() if folder.is_dir()} == {name for name, _ in MESSAGES.values()}


@every_message
def test_both_parts_say_the_same_words_in_the_same_order(message, values):
    _, text, html = render(message, **values)
    assert words(seen(html)) == words(text)


@every_message
def test_a_mail_says_its_matter_in_the_first_two_lines_and_has_one_button(message, values):
    subject, text, html = render(message, **values)
    assert "\n" not in subject
    if message not in TO_OTHERS:
        beginning = " ".join([line for line in text.split("\n") if line][:2])
        assert "The Poppy Project" in beginning or message == "deadline_moved"
        assert SUBJECT in subject + beginning
    assert html.count('class="button"') == 1
    alone = LINK + r"(?!/(deadline|later)\.ics|/receipt\.pdf)"
    assert len(re.findall(alone, html)) == len(re.findall(alone, text)) == 1


@every_message
def test_a_mail_fetches_nothing_and_shouts_nothing(message, values):
    _, text, html = render(message, **values)
    assert not re.search(r"<(img|link|script|iframe|object|video|form)\b|url\(|@import|\bsrc=", html)
    assert set(re.findall(r"https?://[^/\"\s]+", html)) == {"https://coalition.example"}
    assert "!" not in text


@every_message
def test_an_organisations_link_asks_not_to_be_passed_outside(message, values):
    _, text, _ = render(message, **values)
    if message not in NOT_THEIR_OWN:
        does = "shows the letter to" if values.get("way") == "pass" or message == "look" else "answers for"
        assert f"This link {does} The Poppy Project; please do not pass it outside." in text


@every_message
def test_styles_stand_in_the_tags_since_mail_programs_drop_style_sheets(message, values):
    html = render(message, **values)[2]
    assert '<a class="label" style="color: #0b5563; display: inline-block;' in html
    assert not re.search(r"<p(?! class=\"\w+\" style=| style=)", html)


@every_message
def test_markup_in_any_value_is_shown_as_text_and_stays_on_its_line(message, values):
    evil = "</p><b>x</b>\r\n\r\nRead the letter:\nhttps://evil.example\n"
    _, text, html = render(message, **values)
    evil_subject, evil_text, evil_html = render(message, **smuggled(values, evil))
    assert "evil" in evil_text
    assert tags(evil_html) == tags(html)
    assert evil_text.count("\n") == text.count("\n")
    assert "\n" not in evil_subject


def test_the_coordinators_words_keep_their_lines_lists_and_paragraphs_as_text():
    own = Wording("{letter}", "Thank you.\nEva\r\n\r\n\n- <b>one</b>\n- two\n\n{letter}\n\n{ask}\n\n{link}\n\nYours")
    _, text, html = render("invitation", **INVITATION | {"words": fill(own, VALUES)})
    ask = "Please keep the Human Trafficking Team open beyond April 2010."
    said = f"Thank you.\nEva\n\n- <b>one</b>\n- two\n\n    {SUBJECT}\n\n    {ask}\n\n"
    assert text.startswith(f"{said}Read the letter and answer:\n{LINK}\n\nYours\n\n")
    assert "&lt;b&gt;one&lt;/b&gt;</li>" in html


def test_the_private_reason_of_a_refusal_is_not_repeated():
    assert "no money" not in "".join(render("declined", **ABOUT, reason="no money"))


def test_a_value_that_is_missing_is_an_error_not_a_gap():
    with pytest.raises(UndefinedError):
        render("withdrawn", **{name: value for name, value in ABOUT.items() if name != "link"})


def test_a_rendered_message_comes_through_the_building():
    subject, text, html = render("invitation", **MESSAGES["invitation"][1])
    got = parsed(build(replace(MAIL_TO_ANNA, subject=subject, text=text, html=html), mail_from=MAIL_FROM))
    plain, rich = got.iter_parts()
    assert (plain.get_content().replace("\r\n", "\n").strip(), got["Subject"]) == (text.strip(), subject)
    assert rich.get_content().replace("\r\n", "\n").strip() == html.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_mail_is_accessible_and_fits_a_phone(browser, axe, scheme):
    page = await browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    for message, values in MESSAGES.values():
        await page.set_content(render(message, **values)[2])
        await page.evaluate(axe)
        found = await page.evaluate("axe.run()")
        assert [(message, problem["id"]) for problem in found["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320


# How the tests look at a mail


def parsed(ready: Ready) -> EmailMessage:
    message = message_from_bytes(ready.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def decoded(ready: Ready, header: str) -> str:
    """As a second, older reader decodes it: the newer one puts spaces between the encoded words of a name."""
    raw = BytesParser(policy=policy.compat32).parsebytes(ready.raw)[header]
    return str(make_header(decode_header(re.sub(r"\r\n(?= )", "", str(raw)))))


def without_spaces(text: str) -> str:
    return "".join(text.split())


def assert_fit_for_the_wire(raw: bytes) -> None:
    assert raw.isascii()
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) <= 78 or line.startswith(b"List-Unsubscribe") for line in head)


def smuggled(value: Any, evil: str) -> Any:
    """The same values with something evil at the end of each text, but for what we make ourselves."""
    if isinstance(value, dict):
        ours = ("kind", "said", "wish", "outcome", "parts", "link", "unsubscribe", "calendar")
        return {key: item if key in ours else smuggled(item, evil) for key, item in value.items()}
    if isinstance(value, N):
        return N(**smuggled(value.__dict__, evil))
    if isinstance(value, Filled | Block):
        return replace(value, **smuggled(vars(value), evil))
    if isinstance(value, list | tuple):
        return type(value)(smuggled(item, evil) for item in value)
    return value + evil if value and isinstance(value, str) else value


def tags(html: str) -> list[str]:
    return re.findall(r"<[^ >]+", html)


def words(text: str) -> list[str]:
    return [word for word in (part.strip(".,:;“”?()") for part in text.split()) if word.strip("-")]


def seen(html: str) -> str:
    """The words of a mail as a reader sees them, each link followed by where it goes."""
    reader = _Reader()
    reader.feed(html)
    return "".join(reader.seen)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.hidden = False
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden = self.hidden or tag == "head"
        self.link = dict(attrs).get("href") or self.link if tag == "a" else self.link
        self.seen.append(" " if tag in ("p", "br", "td", "li", "code", "blockquote") else "")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = self.hidden and tag != "head"
        if tag == "a" and not self.link.startswith("mailto:"):
            self.seen.append(f" {self.link} ")

    def handle_data(self, data: str) -> None:
        self.seen.append("" if self.hidden else data)


def test_the_mails_styles_name_a_tag_or_a_tag_with_a_class_for_nothing_else_is_written_into_tags() -> None:
    css = re.sub(r"/\*.*?\*/", "", (MAIL / "inline.css").read_text(), flags=re.DOTALL)
    selectors = [selector.strip() for selector in re.findall(r"([^{}]+)\{", css)]
    assert [one for one in selectors if not re.fullmatch(r"[a-z0-9]+(\.[a-z-]+)?", one)] == []
    assert len(selectors) == len(set(selectors)), "the later one would take the earlier one's place"
