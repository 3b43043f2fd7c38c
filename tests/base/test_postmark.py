"""Mail over HTTP, as Postmark takes it: what is sent, what each answer means for a mail, and what is said of it."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coalition.base import clock
from coalition.base.mail.delivery import Refused, Taken, Unreachable
from coalition.base.mail.message import Attached, Mail, Ready, build
from coalition.base.mail.postmark import Postmark
from coalition.base.mail.transports import open_transport
from coalition.base.outside import retry_after
from tests.postmark import TOKEN, Service, mail_service

NOWHERE = Path("nowhere")


@pytest.fixture
def service() -> Iterator[Service]:
    with mail_service() as running:
        yield running


@pytest.fixture
def postmark(service: Service) -> Iterator[Postmark]:
    transport = open_transport(service.url, data_dir=NOWHERE, connect_seconds=2, answer_seconds=2)
    assert isinstance(transport, Postmark)
    with closing(transport):
        yield transport


def mail(number: int = 57, **changes: Any) -> Ready:
    values: dict[str, Any] = {
        "to": "office@nspcc.example",
        "to_name": "Zoë “Sample” O'Neill, Ltd.",
        "subject": "Möchten Sie unterschreiben? Will you sign 残しておく",
        "text": "Dear friends,\n\n.a dot, an ü and a long line " + "x" * 2000 + "\n",
        "html": "<p>Dear friends ü</p>",
        "message_id": f"{number}.1256547600@coalition.test",
        "date": datetime(2009, 10, 26, 9, tzinfo=UTC),
        "reply_to": "eva@coalition.test",
        "reply_to_name": 'Eva "the" Sample',
        "list_id": "letter.coalition.test",
        "unsubscribe_url": "https://coalition.test/unsubscribe/" + "t" * 300,
        "from_name": "Eva Sample via Coalition",
        "bounce_id": str(number),
        **changes,
    }
    return build(Mail(**values), mail_from="letters@coalition.test")


def test_a_mail_says_the_same_over_http_as_it_would_to_a_mail_server(service: Service, postmark: Postmark) -> None:
    (outcome,) = postmark.send_all([("57.1256547600", mail(bounce_id="57-mark"))])
    assert isinstance(outcome, Taken)
    (taken,) = service.taken
    assert taken["To"] == '"Zoë “Sample” O\'Neill, Ltd." <office@nspcc.example>'
    assert taken["From"] == '"Eva Sample via Coalition" <letters@coalition.test>'
    assert taken["ReplyTo"] == r'"Eva \"the\" Sample" <eva@coalition.test>'
    assert taken["Subject"] == "Möchten Sie unterschreiben? Will you sign 残しておく"
    assert taken["TextBody"].replace("\r\n", "\n").startswith("Dear friends,\n\n.a dot, an ü and a long line xxx")
    assert "x" * 2000 in taken["TextBody"]
    assert "<p>Dear friends ü</p>" in taken["HtmlBody"]
    assert taken["MessageStream"] == "outbound"
    assert taken["Metadata"] == {"outbox": "57", "message": "57.1256547600", "mark": "57-mark"}
    assert (taken["TrackOpens"], taken["TrackLinks"]) == (False, "None")
    assert {one["Name"]: one["Value"] for one in taken["Headers"]} == {
        "Message-ID": "<57.1256547600@coalition.test>",
        "X-PM-KeepID": "true",
        "List-Id": "<letter.coalition.test>",
        "List-Unsubscribe": "<https://coalition.test/unsubscribe/" + "t" * 300 + ">",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def test_a_file_goes_as_an_attachment_and_not_as_words(service: Service, postmark: Postmark) -> None:
    pdf = bytes(range(256)) * 100
    postmark.send(mail(attached=(Attached("keep-printing-1.pdf", "application/pdf", pdf),)))
    [file] = service.taken[0]["Attachments"]
    assert (file["Name"], file["ContentType"], b64decode(file["Content"])) == (
        "keep-printing-1.pdf",
        "application/pdf",
        pdf,
    )
    assert service.taken[0]["HtmlBody"].strip() == "<p>Dear friends ü</p>"


def test_a_bare_mail_needs_no_names_and_no_list(service: Service, postmark: Postmark) -> None:
    postmark.send(mail(to_name="", from_name="", reply_to="", list_id="", unsubscribe_url=""))
    (taken,) = service.taken
    assert (taken["To"], taken["From"]) == ("office@nspcc.example", "letters@coalition.test")
    assert "ReplyTo" not in taken
    assert [one["Name"] for one in taken["Headers"]] == ["Message-ID", "Auto-Submitted", "X-PM-KeepID"]


def test_many_go_in_one_request_and_each_has_an_answer_of_its_own(service: Service, postmark: Postmark) -> None:
    service.inactive = {"gone@charity.example"}
    outcomes = postmark.send_all([("1.1", mail(1)), ("2.1", mail(2, to="gone@charity.example")), ("3.1", mail(3))])
    assert service.batches == [3]
    first, second, third = outcomes
    assert isinstance(first, Taken)
    assert first.provider_id == service.taken[0]["MessageID"]
    assert isinstance(second, Refused)
    assert (second.permanent, second.code) == (True, 406)
    assert "inactive" in second.words
    assert isinstance(third, Taken)


def test_more_than_one_request_may_hold_go_in_two(service: Service, postmark: Postmark) -> None:
    assert all(isinstance(one, Taken) for one in postmark.send_all([(f"{n}.1", mail(n)) for n in range(501)]))
    assert service.batches == [500, 1]


def test_a_request_refused_whole_is_sent_in_halves(service: Service, postmark: Postmark) -> None:
    service.most = 2
    assert all(isinstance(one, Taken) for one in postmark.send_all([(f"{n}.1", mail(n)) for n in range(5)]))
    assert sorted(one["Metadata"]["outbox"] for one in service.taken) == ["0", "1", "2", "3", "4"]


def test_a_sender_that_is_not_known_is_about_us_and_ends_no_mail(service: Service, postmark: Postmark) -> None:
    service.senders = set()
    with pytest.raises(Refused) as refusal:
        postmark.send(mail())
    assert not refusal.value.permanent


def test_a_wrong_token_is_about_us_and_is_not_repeated(service: Service) -> None:
    url = service.url.replace(TOKEN, "another-t0ken")
    with closing(open_transport(url, data_dir=NOWHERE)) as transport, pytest.raises(Unreachable) as trouble:
        transport.send(mail())
    assert "10" in trouble.value.words
    assert "another-t0ken" not in trouble.value.words + repr(transport)
    assert not trouble.value.may_have_arrived


@pytest.mark.parametrize("said, seconds", [("7", 7), ("", 60), ("soon", 60), ("99999999", 3600)])
def test_a_service_that_asks_to_wait_says_how_long(
    service: Service, postmark: Postmark, said: str, seconds: int
) -> None:
    service.retry_after = said
    with pytest.raises(Unreachable) as trouble:
        postmark.send(mail())
    assert trouble.value.pause == timedelta(seconds=seconds)
    assert not trouble.value.may_have_arrived


def test_a_wait_may_be_said_as_a_date() -> None:
    in_a_minute = (clock.now() + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert timedelta(seconds=80) < retry_after(in_a_minute) <= timedelta(seconds=90)
    assert retry_after("Mon, 26 Oct 2009 09:00:00 GMT") == timedelta(seconds=1)


def test_an_answer_that_never_came_leaves_it_open_whether_the_mail_arrived(
    service: Service, postmark: Postmark
) -> None:
    service.silent_after_taking = True
    (trouble,) = postmark.send_all([("57.1256547600", mail())])
    assert isinstance(trouble, Unreachable)
    assert trouble.may_have_arrived
    found = postmark.find("57.1256547600")
    assert found
    assert found.provider_id == service.taken[0]["MessageID"]


def test_a_mail_of_the_same_number_from_before_a_backup_was_brought_back_is_another_one(
    service: Service, postmark: Postmark
) -> None:
    postmark.send_all([("57.1256547600", mail())])
    assert postmark.find("57.1256547601") is None
    assert postmark.find("58.1256547600") is None


@pytest.mark.parametrize(
    "status, body, open",
    [(200, b"<html>", True), (200, b"[]", True), (200, b"[" * 100_000, True), (200, b"{}", True), (200, b"[7]", True),
     (500, b"", True), (503, None, False), (403, b"<html>Forbidden</html>", False), (302, b"", False)],
)  # fmt: skip
def test_an_answer_that_is_none_is_tried_again_later(
    service: Service, postmark: Postmark, status: int, body: bytes | None, open: bool
) -> None:
    service.status, service.body = status, body
    with pytest.raises(Unreachable) as trouble:
        postmark.send(mail())
    assert trouble.value.may_have_arrived is open
    assert "\n" not in trouble.value.words
    with pytest.raises(Unreachable, match="may have been sent"):
        postmark.find("57.1256547600")


def test_a_service_that_cannot_be_reached_has_taken_nothing() -> None:
    with mail_service() as service:
        pass
    with closing(open_transport(service.url, data_dir=NOWHERE)) as transport, pytest.raises(Unreachable) as trouble:
        transport.send(mail())
    assert not trouble.value.may_have_arrived
    assert "127.0.0.1" in trouble.value.words


@pytest.mark.parametrize(
    "url",
    [
        "postmark://",
        "postmark://to ken",
        "postmark://s3cret:s3cret@host",
        "postmark://s3cret@",
        "postmark://s3cret@host:port",
        "postmark://s3cret/path",
        "postmark://s3cret?insecure=maybe",
        "postmark://s3cret?other=yes",
        "postmark://s3cret?stream=",
    ],
)
def test_a_wrong_address_is_one_line_that_does_not_repeat_the_token(url: str) -> None:
    with pytest.raises(ValueError, match="COALITION_MAIL_URL") as wrong:
        open_transport(url, data_dir=NOWHERE)
    assert "\n" not in str(wrong.value)
    assert "s3cret" not in str(wrong.value)


def test_a_token_alone_means_postmark_itself_and_a_stream_may_be_named() -> None:
    for url, place, stream in [
        (f"postmark://{TOKEN.upper()}", "https://api.postmarkapp.com", "outbound"),
        (f"postmark://{TOKEN.upper()}?stream=letters", "https://api.postmarkapp.com", "letters"),
        (f"postmark://{TOKEN.upper()}@mail.example:8443", "https://mail.example:8443", "outbound"),
    ]:
        with closing(open_transport(url, data_dir=NOWHERE)) as transport:
            assert isinstance(transport, Postmark)
            assert transport.provider.url == place
            assert transport.provider.token == TOKEN.upper()
            assert transport.provider.stream == stream
            assert TOKEN.upper() not in repr(transport)
