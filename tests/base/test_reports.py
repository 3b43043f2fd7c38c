"""What comes back, read: real reports of Postfix, the shapes of other servers, and whatever a stranger may send.

Those named postfix-* were made by a real Postfix (tests/postfix.py) that refused, deferred, gave up and accepted. The
others were written for this test after the standards (RFC 3464, 5965, 3834, 8098) and the shapes these servers have.
"""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.base.links import Links
from coalition.base.mail import webhook
from coalition.base.mail.parts import DEEPEST, LARGEST, MOST_PARTS, take_apart
from coalition.base.mail.reports import LONGEST_SAID, Report, Verdict, about, read

LINKS = Links(["k" * 32])
POLICY, OFFICE = "policy@lantern-society.example", "office@lantern-society.example"
FOLDER = Path(__file__).parent / "reports"
SAMPLES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}


def _which(report: Report) -> int | None:
    return next((id for text in (*report.addressed, *report.inside) if (id := LINKS.marked(text))), None)


@pytest.mark.parametrize(
    "name, recipient, kind, code, said",
    [
        (
            *("postfix-refused", POLICY, "permanent", "5.1.1"),
            f"550 5.1.1 <{POLICY}>: Recipient address rejected: User unknown",
        ),
        ("postfix-delayed", OFFICE, "temporary", "4.2.2", "452 4.2.2 The mailbox is full"),
        ("postfix-given-up", OFFICE, "temporary", "4.2.2", "452 4.2.2 The mailbox is full"),
        ("postfix-relayed", "letters@lantern-society.example", "arrived", "2.0.0", "250 OK, kept as number 1"),
        (
            *("exchange-refused", POLICY, "permanent", "5.1.10"),
            f"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {POLICY} not found by SMTP address lookup",
        ),
        (
            *("gmail-refused", POLICY, "permanent", "5.1.1"),
            "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking "
            "the recipient's email address for typos or 550 5.1.1 unnecessary spaces. x1si1",
        ),
        ("qmail-refused", POLICY, "permanent", "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)"),
        ("old-exchange-refused", POLICY, "permanent", "", "did not reach the following recipient(s):"),
        ("complaint", POLICY, "complaint", "", "Reported as abuse, through SampleGenerator/1.0"),
        ("two-behind-one", "other@lantern-society.example", "arrived", "2.1.5", ""),
        ("two-behind-one", "left@lantern-society.example", "permanent", "5.1.1", "550 5.1.1 No such user here"),
    ],
)  # fmt: skip
def test_a_report_says_what_became_of_which_mail_in_the_servers_words(
    name: str, recipient: str, kind: str, code: str, said: str
) -> None:
    report = read(SAMPLES[name])
    assert _which(report) == 42
    verdict = about(report, recipient)
    assert verdict
    assert (verdict.kind, verdict.code, verdict.said) == (kind, code, said)


@pytest.mark.parametrize("name", ["away", "opened"])
def test_an_answer_that_a_programme_writes_is_no_report(name: str) -> None:
    report = read(SAMPLES[name])
    assert (report.what, report.verdicts) == ("answer", ())


def test_where_it_was_sent_to_counts_before_what_it_says() -> None:
    other = LINKS.mark(7)
    assert _which(read(SAMPLES["postfix-refused"], (f"bounce+{other}@letters.example",))) == 7


def test_without_its_address_a_report_is_known_by_the_mail_it_returns() -> None:
    raw = SAMPLES["postfix-refused"]
    head, _, body = raw.partition(b"\n\n")
    bare = b"\n".join(line for line in head.split(b"\n") if b"42-" not in line) + b"\n\n" + body
    report = read(bare)
    assert not any("42-" in text for text in report.addressed)
    assert _which(report) == 42


def test_a_report_in_a_persons_words_counts_only_by_the_address_it_came_to() -> None:
    raw = SAMPLES["qmail-refused"]
    head, _, body = raw.partition(b"\n\n")
    bare = b"\n".join(line for line in head.split(b"\n") if b"42-" not in line) + b"\n\n" + body
    assert b"42-" in bare
    assert _which(read(bare)) is None


def test_the_same_report_has_the_same_digest_whatever_the_way_it_came() -> None:
    raw = SAMPLES["postfix-refused"]
    again = raw.replace(b"Return-Path: <>", b"Received: by elsewhere\nReturn-Path: <>").replace(b"\n", b"\r\n")
    assert read(raw).digest == read(b"Received: again\n" + raw.partition(b"\n")[2]).digest
    assert read(raw).digest != read(SAMPLES["postfix-delayed"]).digest
    assert read(again).verdicts == read(raw).verdicts


@pytest.mark.parametrize(
    "action, status, said, kind",
    [
        ("failed", "5.0.0", "", "permanent"),
        ("failed", "4.4.7", "", "temporary"),
        ("failed", "", "550 no", "permanent"),
        ("failed", "", "451 later", "temporary"),
        ("failed", "", "", "permanent"),
        ("delayed", "5.0.0", "", "temporary"),
        ("Delayed (queued)", "4.0.0", "", "temporary"),
        ("relayed", "2.0.0", "", "arrived"),
        ("expanded", "2.0.0", "", "arrived"),
        ("", "5.7.1", "", "permanent"),
        ("", "4.7.1", "", "temporary"),
        ("", "2.0.0", "", "arrived"),
        ("eaten", "", "", None),
    ],
)  # fmt: skip
def test_each_action_and_status_is_one_of_three(action: str, status: str, said: str, kind: str | None) -> None:
    raw = (
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; A@B.example\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n\n--b--\n"
    )
    found = about(read(raw.encode()), "a@b.example")
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("kind, found", [("not-spam", None), ("auth-failure", None), ("opt-out", "unsubscribed")])
def test_praise_and_what_servers_tell_each_other_is_no_complaint(kind: str, found: str | None) -> None:
    raw = SAMPLES["complaint"].replace(b"Feedback-Type: abuse", f"Feedback-Type: {kind}".encode())
    verdict = about(read(raw), POLICY)
    assert (verdict.kind if verdict else None) == found


def test_a_person_who_writes_about_errors_is_no_mail_server() -> None:
    raw = b"From: Sample Contact 7 <policy@lantern-society.example>\nSubject: Undeliverable\n\n550 5.1.1 user unknown\n"
    assert read(raw).what == "unknown"


def test_a_warning_that_it_still_tries_is_temporary_in_any_words() -> None:
    raw = b"From: MAILER-DAEMON@x.example\n\nThis is a warning message only. You do not need to resend your message.\n"
    assert [one.kind for one in read(raw).verdicts] == ["temporary"]


# Hostile input


words = st.sampled_from(
    [
        *SAMPLES.values(),
        b"--b\n", b"--b--\n", b"\n\n", b"\r\n", b"\0", b"\xff", b"From: mailer-daemon\n", b"Subject: =?utf-8?q?=ff?=\n",
        b"Content-Type: multipart/report; boundary=b\n", b'Content-Type: multipart/mixed; boundary=""\n',
        b"Content-Type: message/delivery-status\n", b"Content-Type: message/rfc822\n",
        b"Content-Type: message/feedback-report\n", b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n", b"Content-Type: text/plain; charset=utf-7\n",
        b"Action: failed\n", b"Final-Recipient: rfc822; a@b\n", b"Status: 5.1.1\n", b"Diagnostic-Code: ;;\n",
        b"Feedback-Type: abuse\n", b"550 5.1.1 gone", b": : :\n", b" \n", b"=", b"A" * 100,
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(words | st.binary(max_size=40), max_size=30).map(b"".join), st.lists(st.text(max_size=40), max_size=2))
def test_nothing_that_a_stranger_sends_raises_or_has_no_bounds(raw: bytes, to: list[str]) -> None:
    report = read(raw, to)
    for verdict in report.verdicts:
        assert len(verdict.said) <= LONGEST_SAID
        assert verdict.said.isprintable()
        verdict.said.encode()
    assert len(report.digest) == 64


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)),
        b"Content-Type: message/rfc822\n\n" * 30_000,
        b"A: " + b" " * 1_000_000 + b"\n\n",
        b"A:b\n" * 250_000,
        b"\n" * 1_000_000,
        b"From: mailer-daemon\n\n" + b"user " * 200_000,
        b"From: mailer-daemon\n\n" + b"5.1." * 250_000,
        b"To: " + b"1-aaaaaaaaaaaaaaaa " * 50_000,
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        + b"Final-Recipient: rfc822; a@b\nAction: failed\n\n" * 20_000,
    ],
    ids=["parts", "nested", "messages", "spaces", "headers", "lines", "words", "codes", "marks", "recipients"],
)
def test_a_hostile_mail_takes_no_longer_than_its_length(raw: bytes) -> None:
    begun = time.process_time()
    report = read(raw)
    _which(report)
    assert time.process_time() - begun < 2
    assert len(report.verdicts) <= 51


def test_what_is_looked_at_is_bounded_in_size_depth_and_number() -> None:
    many = take_apart(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1000)
    assert len(list(many.walk())) <= MOST_PARTS
    deep = take_apart(b"Content-Type: message/rfc822\n\n" * 1000)
    assert len(list(deep.walk())) == DEEPEST + 1
    assert len(take_apart(b"\n\n" + b"x" * 2 * LARGEST).body) <= LARGEST


# Postmark

BOUNCE = {
    "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "TypeCode": 1, "Name": "Hard bounce",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Email": POLICY, "Inactive": True, "CanActivate": True,
    "Description": "The server was unable to deliver your message.", "Details": "smtp;550 5.1.1 User unknown",
    "BouncedAt": "2009-10-26T09:00:00Z", "Metadata": {"message": f"{LINKS.mark(42)}.1256547600", "outbox": "42"},
}  # fmt: skip
SUPPRESSED = {"RecordType": "SubscriptionChange", "Recipient": POLICY, "SuppressSending": True}


def _notice(**fields: object) -> webhook.Notice:
    return webhook.read(json.dumps(BOUNCE | fields).encode())


@pytest.mark.parametrize(
    "fields, kind",
    [
        ({}, "permanent"),
        ({"Type": "SoftBounce", "Inactive": False}, "temporary"),
        ({"Type": "SoftBounce", "Inactive": True}, "permanent"),
        ({"Type": "Transient", "Inactive": False}, "temporary"),
        ({"Type": "AutoResponder", "Inactive": False}, None),
        ({"Type": "AddressChange", "Inactive": False}, None),
        ({"Type": "SomethingNew", "Inactive": False}, None),
        ({"Type": "SomethingNew", "Inactive": True}, "permanent"),
        ({"Type": "Unsubscribe", "Inactive": True}, "unsubscribed"),
        ({"Type": "SpamComplaint", "Inactive": True}, "complaint"),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, "complaint"),
        ({"RecordType": "Delivery", "Recipient": POLICY}, "arrived"),
        ({"RecordType": "Open", "Recipient": POLICY}, None),
        (SUPPRESSED | {"SuppressionReason": "HardBounce"}, "permanent"),
        (SUPPRESSED | {"SuppressionReason": "SpamComplaint"}, "complaint"),
        (SUPPRESSED | {"SuppressionReason": "ManualSuppression"}, "unsubscribed"),
        (SUPPRESSED | {"SuppressionReason": None}, None),
        (SUPPRESSED | {"SuppressionReason": "HardBounce", "SuppressSending": False}, None),
    ],
)  # fmt: skip
def test_each_of_postmarks_records_means_one_thing(fields: dict[str, object], kind: str | None) -> None:
    verdict = _notice(**fields).verdict
    assert (verdict.kind if verdict else None) == kind


def test_a_notice_names_the_mail_by_our_mark_and_by_postmarks_id() -> None:
    notice = _notice()
    assert LINKS.marked(notice.marks) == 42
    assert notice.provider_id == BOUNCE["MessageID"]
    assert notice.verdict == Verdict("permanent", (POLICY,), "5.1.1", "smtp;550 5.1.1 User unknown")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*BOUNCE, "Recipient", "SuppressSending", "SuppressionReason"]), json_values),
    st.sampled_from(["Bounce", "SpamComplaint", "SubscriptionChange", "Delivery", "Open"]) | json_values,
)
def test_a_record_with_anything_in_any_field_is_read_or_refused(fields: dict[str, object], kind: object) -> None:
    try:
        notice = _notice(**{**fields, "RecordType": kind})
    except webhook.NotANotice as problem:
        said = str(problem)
    else:
        said = f"{notice.provider_id} {notice.email} {notice.marks} {notice.digest}"
    said.encode()  # what no database could keep
    assert "\0" not in said


@given(st.binary(max_size=200) | st.just(b"[" * 100_000) | st.just(b'{"RecordType":' * 50_000))
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    with pytest.raises(webhook.NotANotice):
        webhook.read(raw)
