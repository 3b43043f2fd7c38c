"""Everybody printed on it is sent the printing, once, after it has really been delivered, with words to share."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from coalition.base.refused import Refused
from coalition.dispatch import noting, sharing
from coalition.dispatch.rules import UNDO, Noted
from coalition.organisations import records as organisations
from coalition.work import hours
from tests.cast import AMNESTY, POPPY
from tests.dispatch.printed import AUTHORITY, DRAFT, PDF, Printed
from tests.dispatch.test_sending import attached, words

ROOT = Path(__file__).parent.parent.parent

KILLED = """
import os, sys
from datetime import datetime
from coalition.base.database import Database
from coalition.dispatch import sharing

def die(connection):
    assert sharing.tell_some(connection, int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), 1) == 1
    os._exit(9)

Database(sys.argv[1]).write_now(die)
"""


def handed(printed: Printed, printing: int = 1) -> int:
    noted = Noted(printing, "handed", AUTHORITY, printed.at.date(), "City Hall")
    id, _ = printed.do(noting.note, noted, "Eva", printed.at)
    return int(id)


def test_everybody_printed_on_it_is_sent_it_once_when_the_mail_was_taken(printed: Printed) -> None:
    printed.sent()
    hours._tell_endorsers(printed.database, printed.at)
    assert printed.owed("final") == [], "no mail server has taken it yet"
    printed.post()
    for _ in range(2):
        hours._tell_endorsers(printed.database, printed.at)
    mails = printed.post()
    names = {"NSPCC", "The Poppy Project"}
    assert len(mails) == len(names)
    for mail in mails:
        assert [file[2] for file in attached(mail)] == [PDF]
        assert f"was sent by e-mail to {AUTHORITY}, on Monday 26 October 2009" in words(mail)
        assert "and one other organisation have written to Sir Paul Stephenson" in words(mail)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Reply-To"].addresses[0].addr_spec == printed.eva.email
    assert {name for name in names for mail in mails if f"letter that {name} endorsed" in words(mail)} == names
    assert printed.deeds()["endorsers told"] == 1


def test_a_hand_over_can_be_taken_back_for_five_minutes_and_then_they_are_told(printed: Printed) -> None:
    id = handed(printed)
    hours._tell_endorsers(printed.database, printed.at + UNDO - timedelta(seconds=1))
    printed.do(noting.take_back, id, "Eva", printed.at)
    hours._tell_endorsers(printed.database, printed.at + UNDO)
    assert printed.owed("final") == []
    id = handed(printed)
    end = printed.at + timedelta(hours=1)
    printed.set_embargo(end)
    hours._tell_endorsers(printed.database, end - timedelta(seconds=1))
    assert printed.owed("final") == []
    hours._tell_endorsers(printed.database, end)
    assert len(printed.owed("final")) == 2
    with pytest.raises(Refused, match="have been told"):
        printed.do(noting.take_back, id, "Eva", end)


def test_a_worker_that_is_killed_leaves_the_rest_to_the_next_and_nobody_is_told_twice(printed: Printed) -> None:
    handed(printed)
    at = printed.at + UNDO
    killed = [sys.executable, "-c", KILLED, printed.database.url, str(printed.letter.id), at.isoformat()]
    assert subprocess.run(killed, cwd=ROOT, check=False).returncode == 9
    assert printed.database.write_now(sharing.tell_some, printed.letter.id, at, 1) == 1
    assert subprocess.run(killed, cwd=ROOT, check=False).returncode == 9
    hours._tell_endorsers(printed.database, at)
    assert Counter(count for count in Counter(printed.owed("final")).values()) == Counter({1: 2})


def test_a_later_printing_goes_to_those_who_are_new_on_it_and_to_nobody_who_left(printed: Printed) -> None:
    handed(printed)
    hours._tell_endorsers(printed.database, printed.at + UNDO)
    printed.post()
    # What is changed after delivery is changed through the desk; a late answer comes by itself.
    printed.print_again(of_late=AMNESTY)
    printed.has_pdf(2)
    handed(printed, printing=2)
    hours._tell_endorsers(printed.database, printed.at + UNDO)
    [mail] = [mail for mail in printed.post() if "Printed anew" in mail["Subject"]]
    assert f"letter that {AMNESTY} endorsed" in words(mail)
    assert attached(mail)[0][1] == f"{printed.letter.slug}-printing-2.pdf"


def test_who_withdrew_after_it_was_printed_or_wants_no_mail_gets_none(printed: Printed) -> None:
    printed.print_again(without=POPPY)
    printed.has_pdf(2)
    handed(printed, printing=2)
    hours._tell_endorsers(printed.database, printed.at + UNDO)
    [(email, _)] = printed.owed("final")
    printed.database.write_now(organisations.stop_mail, email, "unsubscribed", printed.at, "")
    assert printed.post() == []
    assert printed.owed("final") == [(email, "dropped")]


def test_a_large_pdf_is_a_link_for_each_of_many(printed: Printed, tmp_path: Path) -> None:
    [kept] = (tmp_path / "data" / "pdf").rglob("*.pdf")
    kept.write_bytes(b"%PDF-1.7 " + b"1" * 2**20)
    printed.sent(replace(DRAFT, to_self=False))
    printed.post()
    hours._tell_endorsers(printed.database, printed.at)
    for mail in printed.post():
        assert attached(mail) == []
        assert "http://coalition.test/d/" in words(mail)
    assert (sharing.largest(40), sharing.largest(10_000) < 30_000) == (sharing.LARGEST_FILE, True)
