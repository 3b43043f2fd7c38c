"""A printing by mail: it waits, can be stopped, leaves with the PDF in it, and once; not before the embargo ends."""

import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from coalition.base.database import Database
from coalition.base.mail.reports import Verdict
from coalition.base.refused import Closed, Overtaken, Refused
from coalition.dispatch import records, sending
from coalition.dispatch.noting import Unclear
from coalition.dispatch.rules import UNDO, Draft, Person
from coalition.invitations import reports
from coalition.organisations import records as organisations
from coalition.people import actions as people
from coalition.work import hours
from tests.cast import POPPY
from tests.dispatch.printed import CLERK, COMMISSIONER, DRAFT, PDF, Printed

WIDE = replace(DRAFT, cc=(CLERK,), to_self=True)


def attached(mail: EmailMessage) -> list[tuple[str, str | None, bytes]]:
    files = mail.iter_attachments()
    return [(file.get_content_type(), file.get_filename(), bytes(file.get_content())) for file in files]


def words(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body
    return str(body.get_content())


def test_a_mail_waits_five_minutes_and_leaves_with_the_pdf_for_each_recipient(printed: Printed) -> None:
    one = printed.written(WIDE)
    assert [printed.send(one) for _ in range(2)] == ["waiting", "same"]
    for at in (printed.at, printed.at + UNDO - timedelta(seconds=1)):
        hours._dispatch(printed.database, at)
        assert printed.post() == []
    assert printed.reread().dispatched_at is None
    printed.at += UNDO
    for _ in range(2):  # two workers
        hours._dispatch(printed.database, printed.at)
    mails = printed.post()
    assert [mail["To"].addresses[0].addr_spec for mail in mails] == [COMMISSIONER.email, CLERK.email, printed.eva.email]
    for mail in mails:
        assert attached(mail) == [("application/pdf", f"{printed.letter.slug}-printing-1.pdf", PDF)]
        assert mail["From"].addresses[0].domain == "coalition.test"
        assert mail["Reply-To"].addresses[0].addr_spec == printed.eva.email
        assert mail["Message-ID"].endswith("@coalition.test>")
        assert "Dear Sir Paul Stephenson," in words(mail)
        assert "This mail goes to Sir Paul Stephenson. Copies go to clerk@authority.example." in words(mail)
        assert mail.defects == []
    assert mails[2]["Subject"] == "Copy: A joint letter"
    assert printed.reread().dispatched_at == printed.at
    assert printed.post() == []
    assert printed.deeds() >= Counter({"dispatch sent": 1, "dispatch left": 1})


def test_a_mail_that_was_stopped_does_not_leave_and_can_be_changed_and_sent_again(printed: Printed) -> None:
    one = printed.written()
    printed.send(one)
    assert [printed.do(sending.stop, one.id, printed.eva, printed.at) for _ in range(2)] == [True, False]
    hours._dispatch(printed.database, printed.at + UNDO)
    assert printed.post() == []
    assert printed.reread().dispatched_at is None
    with pytest.raises(Refused, match="stopped"):
        printed.send(printed.one(one.id))
    changed = replace(DRAFT, to=(CLERK,))
    printed.do(sending.write, one.id, changed, printed.one(one.id).revision, printed.eva, printed.at)
    assert printed.send(printed.one(one.id)) == "waiting"
    hours._dispatch(printed.database, printed.at + UNDO)
    [mail] = printed.post()
    assert mail["To"].addresses[0].addr_spec == CLERK.email
    assert "Dear Sir or Madam," in words(mail)
    with pytest.raises(Closed, match="had left"):
        printed.do(sending.stop, one.id, printed.eva, printed.at)


def test_of_stopping_and_leaving_at_once_one_wins_and_nothing_half_leaves(printed: Printed) -> None:
    other = Database(printed.database.url)  # another process's doors
    won = Counter[str]()
    for number in range(12):
        one = printed.written(WIDE)
        printed.send(one)
        barrier = threading.Barrier(2)
        ended: dict[str, bool] = {}

        def leave(id: int = one.id, barrier=barrier, ended=ended) -> None:
            barrier.wait()
            ended["left"] = other.write_now(sending.leave, printed.letter.slug, id, printed.at + UNDO)

        def stop(id: int = one.id, barrier=barrier, ended=ended, late: float = number % 3) -> None:
            barrier.wait()
            threading.Event().wait(late / 2000)  # so that each of the two is the quicker one at times
            try:
                ended["stopped"] = printed.do(sending.stop, id, printed.eva, printed.at)
            except Refused:
                ended["stopped"] = False

        threads = [threading.Thread(target=deed) for deed in (leave, stop)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ended["left"] != ended["stopped"]
        state = printed.one(one.id).state
        assert state == ("left" if ended["left"] else "stopped")
        won[state] += 1
        assert len(printed.owed("dispatch")) == 3 * won["left"]
    other.close()


def test_nothing_leaves_before_the_embargo_ends_wherever_that_is_moved_to(printed: Printed) -> None:
    end = printed.at + timedelta(hours=2)
    printed.set_embargo(end)
    printed.send(printed.written())

    def leaves(at) -> bool:
        return bool(printed.database.read_now(sending.due, at))

    assert [leaves(end - timedelta(seconds=1)), leaves(end)] == [False, True]
    printed.set_embargo(end + timedelta(days=1))
    hours._dispatch(printed.database, end)
    assert printed.owed("dispatch") == []
    printed.set_embargo(printed.at)
    assert [leaves(printed.at), leaves(printed.at + UNDO)] == [False, True], "it can be stopped for five minutes still"


def test_a_mail_waits_for_its_pdf_and_is_refused_where_that_failed(printed: Printed) -> None:
    second = printed.print_again(without=POPPY)
    one = printed.written(replace(DRAFT, printing=2))
    printed.set_state(second, "failed")
    with pytest.raises(Refused, match="could not be set"):
        printed.send(one)
    printed.set_state(second, "waiting")
    printed.send(one)
    hours._dispatch(printed.database, printed.at + UNDO)
    assert printed.one(one.id).state == "waiting"
    printed.has_pdf(2)
    hours._dispatch(printed.database, printed.at + UNDO)
    assert [attached(mail)[0][2] for mail in printed.post()] == [PDF]


def test_a_pdf_over_8_mb_is_a_link_that_opens_that_printing(printed: Printed, tmp_path) -> None:
    large = b"%PDF-1.7 " + b"1" * 8 * 2**20
    [kept] = (tmp_path / "data" / "pdf").rglob("*.pdf")
    kept.write_bytes(large)
    printed.sent()
    [mail] = printed.post()
    assert attached(mail) == []
    assert len(re.findall(r"http://coalition.test/d/\S+", words(mail))) == 1
    assert "8.0 MB" in words(mail)


def test_who_sends_one_more_has_seen_what_went_out_meanwhile(printed: Printed) -> None:
    ben = printed.database.write_now(people.add_coordinator, "ben@campaign.example", "Ben Sample", printed.at)
    mine, his = printed.written(), printed.written()
    others = printed.database.read_now(sending.others, printed.letter.id)
    printed.do(sending.send, his.id, his.revision, others, ben, printed.at)
    with pytest.raises(Overtaken, match="Ben Sample dispatched printing 1"):
        printed.do(sending.send, mine.id, mine.revision, others, printed.eva, printed.at)
    changed = replace(DRAFT, body="Something else")
    printed.do(sending.write, mine.id, changed, mine.revision, ben, printed.at)
    with pytest.raises(Overtaken, match="changed this mail"):
        printed.do(sending.send, mine.id, mine.revision, others + 1, printed.eva, printed.at)
    with pytest.raises(Overtaken):
        printed.do(sending.write, mine.id, DRAFT, mine.revision, printed.eva, printed.at)
    assert printed.send(printed.one(mine.id)) == "waiting"


def test_mail_that_comes_back_is_corrected_and_sent_again(printed: Printed) -> None:
    one = printed.sent()
    printed.post()
    [to] = printed.database.read_now(records.recipients, one.id)
    deed = (sending.send_again, one.id, to.id)
    with pytest.raises(Refused, match="has not come back"):
        printed.do(*deed, "office@met.example", printed.eva, printed.at)
    gone = Verdict("permanent", (to.email,), "5.1.1", "No such mailbox")
    printed.database.write_now(reports.keep, "a" * 64, to.outbox_id, to.email, gone, printed.at)
    printed.database.write_now(organisations.stop_mail, to.email, "bounced", printed.at, "No such mailbox")
    fate = printed.database.read_now(records.fates, one.id)[to.id]
    assert (fate.came_back, fate.said) == (True, "No such mailbox")
    with pytest.raises(Refused, match="cannot be used"):
        printed.do(*deed, to.email, printed.eva, printed.at)
    clicks = [printed.do(*deed, "office@met.example", printed.eva, printed.at) for _ in range(2)]
    assert clicks == [True, False]
    [mail] = printed.post()
    assert (mail["To"].addresses[0].addr_spec, attached(mail)[0][2]) == ("office@met.example", PDF)
    assert printed.owed("dispatch") == [(COMMISSIONER.email, "sent"), ("office@met.example", "sent")]


@pytest.mark.parametrize(
    "field, draft",
    [
        ("to", replace(DRAFT, to=())),
        ("to", replace(DRAFT, cc=(Person(COMMISSIONER.email.upper()),))),
        ("to", replace(DRAFT, cc=tuple(Person(f"{n}@met.example") for n in range(40)))),
        ("subject", replace(DRAFT, subject="")),
        ("body", replace(DRAFT, body="")),
        ("whom", replace(DRAFT, whom="a" * 201)),
    ],
)
def test_a_mail_needs_words_and_somebody_to_go_to(field: str, draft: Draft, printed: Printed) -> None:
    with pytest.raises(Unclear) as unclear:
        printed.written(draft)
    assert list(unclear.value.problems) == [field]
