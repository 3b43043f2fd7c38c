"""Handing mail over, to real servers that do what real servers do."""

import mailbox
import socket
import threading
import time
import traceback
from contextlib import closing
from email import policy
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.base.mail.message import Ready
from coalition.base.mail.transports import Refused, Transport, Unreachable, open_transport
from tests.mailserver import mail_server, make_certificate

NOWHERE = Path("nowhere")
PASSWORD = "s3cret/p@ss:word%#?"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def letter(number: int = 1, recipient: str = "anna@poppy.example") -> Ready:
    raw = f"Subject: letter {number}\r\nMessage-ID: <{number}@letters.example>\r\n\r\nDear Anna,\r\n.\r\n..dots\r\n"
    return Ready(f"bounce+{number}@letters.example", recipient, raw.encode())


def smtp(url: str, **seconds: float) -> "closing[Transport]":
    return closing(open_transport(url, data_dir=NOWHERE, **seconds))


def with_login(url: str, user: str, password: str, options: str = "") -> str:
    return url.replace("//", f"//{quote(user, safe='')}:{quote(password, safe='')}@") + options


def test_many_messages_go_over_one_connection_unchanged():
    with mail_server() as server, smtp(server.url) as transport:
        said = [transport.send(letter(number)) for number in range(1, 101)]
    assert server.connections == 1
    assert [arrived.raw for arrived in server.arrived] == [letter(number).raw for number in range(1, 101)]
    assert server.arrived[0].sender == "bounce+1@letters.example"
    assert server.arrived[0].recipients == ["anna@poppy.example"]
    assert said[-1] == "OK, kept as number 100"


def test_two_threads_have_a_connection_each():
    with mail_server() as server:

        def send_ten() -> None:
            with smtp(server.url) as transport:
                for number in range(10):
                    transport.send(letter(number))

        threads = [threading.Thread(target=send_ten) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (server.connections, len(server.arrived)) == (2, 20)


def test_nothing_is_connected_before_the_first_message():
    with mail_server() as server, smtp(server.url):
        pass
    assert server.connections == 0


def test_an_unknown_reader_is_refused_for_good_and_the_next_message_goes_over_the_same_connection():
    with mail_server() as server, smtp(server.url) as transport:
        server.recipient_answers = {"gone@poppy.example": "550 5.1.1 no such user here"}
        with pytest.raises(Refused) as refusal:
            transport.send(letter(1, "gone@poppy.example"))
        transport.send(letter(2))
    assert (refusal.value.permanent, refusal.value.code) == (True, 550)
    assert refusal.value.words == "5.1.1 no such user here"
    assert (server.connections, len(server.arrived)) == (1, 1)
    assert server.arrived[0].recipients == ["anna@poppy.example"]


def test_a_full_mailbox_is_refused_for_now():
    with mail_server() as server, smtp(server.url) as transport:
        server.recipient_answers = {"anna@poppy.example": "451 4.2.2 try later"}
        with pytest.raises(Refused) as refusal:
            transport.send(letter())
    assert (refusal.value.permanent, refusal.value.code, refusal.value.words) == (False, 451, "4.2.2 try later")


@pytest.mark.parametrize("answer, permanent", [("554 5.7.1 looks like spam", True), ("452 4.3.1 disk full", False)])
def test_a_message_refused_after_it_was_read_leaves_the_connection_usable(answer, permanent):
    with mail_server() as server, smtp(server.url) as transport:
        server.data_answer = answer
        with pytest.raises(Refused) as refusal:
            transport.send(letter(1))
        server.data_answer = "250 OK"
        transport.send(letter(2))
    assert (refusal.value.permanent, refusal.value.code) == (permanent, int(answer[:3]))
    assert (server.connections, len(server.arrived)) == (1, 1)


@pytest.mark.parametrize("answer", ["550 5.7.1 sender not allowed", "530 5.7.0 log in first"])
def test_a_refusal_of_our_sender_is_never_the_end_of_somebodys_mail(answer):
    with mail_server() as server, smtp(server.url) as transport:
        server.sender_answer = answer
        with pytest.raises(Refused) as refusal:
            transport.send(letter())
    assert not refusal.value.permanent


def test_a_connection_that_was_ended_between_messages_is_begun_again_without_losing_or_doubling_one():
    with mail_server() as server, smtp(server.url) as transport:
        transport.send(letter(1))
        server.hang_up()
        transport.send(letter(2))
    assert [arrived.raw for arrived in server.arrived] == [letter(1).raw, letter(2).raw]
    assert server.connections == 2


@pytest.mark.parametrize("moment", ["RCPT", "DATA"])
def test_a_server_that_hangs_up_before_the_message_gets_it_once_over_a_new_connection(moment):
    with mail_server() as server, smtp(server.url) as transport:
        transport.send(letter(1))
        server.hang_up_at = moment
        transport.send(letter(2))
    assert [arrived.raw for arrived in server.arrived] == [letter(1).raw, letter(2).raw]
    assert server.connections == 2


def test_a_server_that_hangs_up_at_once_is_unreachable_and_was_asked_once():
    with mail_server() as server, smtp(server.url) as transport:
        server.hang_up_at = "RCPT"
        with pytest.raises(Unreachable) as failure:
            transport.send(letter())
        assert not failure.value.may_have_arrived
        assert server.connections == 1
        transport.send(letter())
    assert len(server.arrived) == 1


def test_a_server_that_is_closing_is_left_and_asked_again():
    with mail_server() as server, smtp(server.url) as transport:
        transport.send(letter(1))
        server.sender_answer = "421 4.4.2 idle for too long"
        with pytest.raises(Unreachable, match="idle for too long"):
            transport.send(letter(2))
        assert server.connections == 2
        server.sender_answer = "250 OK"
        transport.send(letter(2))
    assert len(server.arrived) == 2


def test_a_server_that_dies_after_the_message_may_have_it_and_is_not_given_it_again():
    with mail_server() as server, smtp(server.url) as transport:
        transport.send(letter(1))
        server.hang_up_at = "answer"
        with pytest.raises(Unreachable, match="may have arrived") as failure:
            transport.send(letter(2))
        assert failure.value.may_have_arrived
        assert [arrived.raw for arrived in server.arrived] == [letter(1).raw, letter(2).raw]
        transport.send(letter(3))
    assert (server.connections, len(server.arrived)) == (2, 3)


def test_a_server_too_slow_to_answer_may_have_the_message_and_its_late_answer_is_not_taken_for_the_next():
    with mail_server() as server, smtp(server.url, answer_seconds=0.2) as transport:
        server.delay = 0.4
        with pytest.raises(Unreachable, match="may have arrived") as failure:
            transport.send(letter(1))
        server.delay = 0
        server.data_answer = "554 not this one"
        with pytest.raises(Refused):
            transport.send(letter(2))
    assert failure.value.may_have_arrived
    assert server.connections == 2


def test_a_slow_server_that_answers_in_time_is_waited_for():
    with mail_server() as server, smtp(server.url, connect_seconds=0.2) as transport:
        server.delay = 0.4
        assert transport.send(letter()) == "OK, kept as number 1"


def test_a_server_that_accepts_and_never_greets_is_unreachable():
    start = time.monotonic()
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        smtp(f"smtp://127.0.0.1:{silent.getsockname()[1]}", connect_seconds=0.2) as transport,
        pytest.raises(Unreachable, match="cannot be reached"),
    ):
        transport.send(letter())
    assert time.monotonic() - start < 5


def test_no_server_at_all_is_unreachable():
    with mail_server() as server:
        url = server.url
    with (
        smtp(url) as transport,
        pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+ cannot be reached: Connection refused"),
    ):
        transport.send(letter())


def test_tls_is_used_where_it_is_offered(certificate):
    with mail_server(certificate=certificate) as server, smtp(server.url) as transport:
        transport.send(letter())
    assert (server.encrypted, server.connections) == (1, 1)


def test_required_tls_is_used_when_the_certificate_verifies(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate=certificate) as server, smtp(server.url + "?starttls=required") as transport:
        transport.send(letter())
    assert server.encrypted == 1


def test_required_tls_sends_nothing_under_a_certificate_nobody_vouches_for(certificate):
    with (
        mail_server(certificate=certificate) as server,
        smtp(server.url + "?starttls=required") as transport,
        pytest.raises(Unreachable, match="certificate that does not verify"),
    ):
        transport.send(letter())
    assert not server.arrived


def test_required_tls_sends_nothing_to_a_server_without_it():
    with (
        mail_server() as server,
        smtp(server.url + "?starttls=required") as transport,
        pytest.raises(Unreachable, match="offers no STARTTLS"),
    ):
        transport.send(letter())
    assert not server.arrived


def test_smtps_speaks_tls_from_the_first_byte(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        mail_server(certificate=certificate, tls="always") as server,
        smtp(server.url.replace("smtp:", "smtps:")) as transport,
    ):
        transport.send(letter())
    assert len(server.arrived) == 1


def test_smtps_does_not_trust_a_certificate_nobody_vouches_for(certificate):
    with (
        mail_server(certificate=certificate, tls="always") as server,
        smtp(server.url.replace("smtp:", "smtps:")) as transport,
        pytest.raises(Unreachable, match="certificate that does not verify"),
    ):
        transport.send(letter())
    assert not server.arrived


def test_it_logs_in_with_what_was_percent_encoded():
    with (
        mail_server(user="eva@letters.example", password=PASSWORD) as server,
        smtp(with_login(server.url, "eva@letters.example", PASSWORD)) as transport,
    ):
        transport.send(letter())
    assert server.logins == [("eva@letters.example", PASSWORD)]
    assert len(server.arrived) == 1


def test_a_refused_login_is_about_us_and_says_nothing_of_the_password():
    wrong = "hunter2-hunter2"
    with mail_server(user="eva", password=PASSWORD) as server, smtp(with_login(server.url, "eva", wrong)) as transport:
        with pytest.raises(Unreachable, match="refused our login: 535 no: …") as failure:
            transport.send(letter())
        shown = repr(transport) + "".join(traceback.format_exception(failure.value)) + repr(failure.value)
    assert wrong not in shown
    assert not server.arrived


def test_a_login_where_there_is_none_to_be_had_is_said():
    with (
        mail_server() as server,
        smtp(with_login(server.url, "eva", PASSWORD)) as transport,
        pytest.raises(Unreachable, match=r"cannot be used: .* authentication"),
    ):
        transport.send(letter())


WRONG = [
    "",
    "maildir:",
    "mailbox",
    "http://user:secret@mail.example",
    "smtp:",
    "smtp://",
    "smtp:mail.example",
    "smtp://user:secret@",
    "smtp://user@mail.example",
    "smtp://:secret@mail.example",
    "smtp://user:sec/ret@mail.example:25",
    "smtp://user:sec#ret@mail.example",
    "smtp://user:s%C3%A9cret@mail.example",
    "smtp://user:sec%0Aret@mail.example",
    "smtp://user:secret@mail.example:port",
    "smtp://user:secret@mail.example:99999",
    "smtp://user:secret@[::1",
    "smtp://user:secret@mail.example/folder",
    "smtp://mail.example\n",
    "smtp://ma il.example",
    "smtp://mail.example?starttls=maybe",
    "smtp://mail.example?starttls=required&x=1",
    "smtp://mail.example?tls",
]


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_address_is_said_in_one_line_that_names_the_setting_and_no_secret(url):
    with pytest.raises(ValueError, match=r"\ACOALITION_MAIL_URL [^\n]+\Z") as failure:
        open_transport(url, data_dir=NOWHERE)
    shown = "".join(traceback.format_exception(failure.value))
    assert not [secret for secret in ("secret", "ret@", "4f1c") if secret in shown.rpartition("ValueError")[2]]


@given(st.text(), st.sampled_from(["mail.example", "mail.example:25", "mail.example/x", "[::1", "", ":port", "?x=1"]))
def test_no_password_however_odd_is_shown(password, rest):
    password = "Zq9" + password
    try:
        shown = repr(open_transport(f"smtp://user:{password}@{rest}", data_dir=NOWHERE))
    except ValueError as error:
        shown = str(error)
    assert "Zq9" not in shown


def test_a_maildir_keeps_one_file_a_message_that_mail_programs_can_read(tmp_path):
    with closing(open_transport("maildir:mailbox", data_dir=tmp_path)) as transport:
        said = [transport.send(letter(number)) for number in range(1, 4)]
    kept = mailbox.Maildir(tmp_path / "mailbox", create=False)
    assert sorted(message["Subject"] for message in kept) == ["letter 1", "letter 2", "letter 3"]
    assert len(set(said)) == 3
    assert not list((tmp_path / "mailbox" / "tmp").iterdir())
    first = next(message for message in kept if message["Subject"] == "letter 1")
    assert first["Return-Path"] == "<bounce+1@letters.example>"
    assert first["Delivered-To"] == "anna@poppy.example"
    assert all(b"\r" not in path.read_bytes() for path in (tmp_path / "mailbox" / "new").iterdir())
    assert first.as_bytes(policy=policy.compat32).endswith(b"\n\nDear Anna,\n.\n..dots\n")


def test_a_maildir_may_be_anywhere(tmp_path):
    folder = tmp_path / "elsewhere" / "mail"
    open_transport(f"maildir:{folder}", data_dir=NOWHERE).send(letter())
    assert len(list((folder / "new").iterdir())) == 1


def test_a_maildir_that_cannot_be_written_says_so_and_leaves_nothing_behind(tmp_path):
    transport = open_transport("maildir:mailbox", data_dir=tmp_path)
    (tmp_path / "mailbox" / "new").rmdir()
    with pytest.raises(Unreachable, match="could not be written"):
        transport.send(letter())
    assert not list((tmp_path / "mailbox" / "tmp").iterdir())


def test_a_maildir_where_a_file_stands_is_a_wrong_setting(tmp_path):
    (tmp_path / "mailbox").write_text("not a folder")
    with pytest.raises(ValueError, match=r"\ACOALITION_MAIL_URL [^\n]+\Z"):
        open_transport("maildir:mailbox", data_dir=tmp_path)
