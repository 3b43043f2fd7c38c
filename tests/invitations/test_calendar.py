"""A deadline in a calendar: what every calendar program can read, the same entry again when it moves, no link in it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from coalition.base import clock
from coalition.printings import actions as printings
from tests.cast import NSPCC, Campaign


async def _entry(eva: Campaign) -> tuple[bytes, dict[str, Any]]:
    async with eva.browser() as charity:
        answer = await charity.get(f"{eva.link(NSPCC)}/deadline.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    read: Any = Calendar.from_ical(answer.content)
    assert (read["version"], read["method"]) == ("2.0", "PUBLISH")
    return answer.content, {str(event["uid"]).partition("-")[0]: event for event in read.walk("VEVENT")}


async def test_it_has_the_day_asked_for_and_the_moment_the_list_closes(eva: Campaign) -> None:
    raw, events = await _entry(eva)
    letter = eva.reread()
    assert set(events) == {"answer", "closes"}
    assert events["answer"].decoded("dtstart") == letter.soft_deadline
    assert type(events["answer"].decoded("dtstart")) is date
    assert events["closes"].decoded("dtstart") == letter.hard_deadline
    assert letter.hard_deadline
    assert f"DTSTART:{letter.hard_deadline.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode() in raw
    assert letter.subject in events["closes"]["summary"]
    for event, before in ((events["closes"], timedelta(days=-2)), (events["answer"], timedelta(days=-2, hours=9))):
        [alarm] = event.walk("VALARM")
        assert alarm.decoded("trigger") == before
        assert (alarm["action"], bool(alarm["description"])) == ("DISPLAY", True)
        assert event["class"] == "PRIVATE"


async def test_no_link_is_in_it_but_whose_mail_to_open_is(eva: Campaign) -> None:
    raw, events = await _entry(eva)
    unfolded = raw.replace(b"\r\n ", b"").decode()
    assert "http" not in unfolded
    assert eva.link(NSPCC).removeprefix("/e/") not in unfolded
    for event in events.values():
        assert "open the mail from Eva Sample" in event["description"]
        assert NSPCC in event["description"]
        assert "London time" in event["description"]


async def test_its_lines_are_as_the_standard_has_them(eva: Campaign) -> None:
    """RFC 5545, 3.1: lines end in CRLF and keep to 75 octets; commas, semicolons and line ends in text are escaped."""
    raw, _ = await _entry(eva)
    assert raw.endswith(b"END:VCALENDAR\r\n")
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    text = raw.decode()  # folded between octets of a character it could still be read, but not by everything
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 2
    for line in text.replace("\r\n ", "").split("\r\n"):
        if line.startswith(("SUMMARY", "DESCRIPTION")):
            assert not line.replace("\\,", "").replace("\\;", "").partition(":")[2].count(",")
    assert "DTSTAMP:" in text
    assert text.count("SEQUENCE:") == 2


async def test_a_moved_deadline_is_the_same_entry_later_on(eva: Campaign) -> None:
    from dataclasses import replace

    from coalition.demo.sample import plan
    from coalition.invitations import actions

    _, before = await _entry(eva)
    at = clock.now()
    later = plan(at)
    assert later.hard_deadline
    moved = replace(later, hard_deadline=later.hard_deadline + timedelta(days=1), soft_deadline=None)
    await eva.database.write(actions.arrange, eva.letter.slug, eva.reread().revision, moved, False, eva.eva.called, at)
    _, after = await _entry(eva)
    assert set(after) == {"closes"}
    assert after["closes"]["uid"] == before["closes"]["uid"]
    assert after["closes"]["sequence"] > before["closes"]["sequence"]
    assert after["closes"].decoded("dtstamp") >= before["closes"].decoded("dtstamp")
    assert after["closes"].decoded("dtstart") == moved.hard_deadline


async def test_a_closed_list_has_no_deadline_any_more(eva: Campaign) -> None:
    eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
    async with eva.browser() as charity:
        answer = await charity.get(f"{eva.link(NSPCC)}/deadline.ics")
        assert (answer.status_code, "The list is closed." in answer.text) == (409, True)
        page = await charity.get(eva.link(NSPCC))
        assert "deadline.ics" not in page.text


async def test_the_page_and_the_mail_lead_to_it(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity:
        assert f'href="{eva.link(NSPCC)}/deadline.ics"' in (await charity.get(eva.link(NSPCC))).text
    [mail] = [path.read_text() for path in eva.mails() if "To: " in path.read_text() and NSPCC in path.read_text()][:1]
    assert "deadline.ics" in mail.replace("=\n", "")


def test_a_clock_knows_which_hours_there_are() -> None:
    assert clock.moment(datetime(2030, 7, 1, 9), "Europe/London") == datetime(2030, 7, 1, 8, tzinfo=UTC)
    assert clock.moment(datetime(2030, 1, 1, 9), "Europe/London") == datetime(2030, 1, 1, 9, tzinfo=UTC)
