"""The gallery's scenes of links that ended, of deciding later and of passing a letter on."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.endorsements import deciding
from coalition.invitations import actions, linking
from coalition.letters.rules import Letter

NSPCC, POPPY, ALDER, LANTERN = "NSPCC", "The Poppy Project", "The Alder Children’s Fund", "The Lantern Society"
COLLEAGUE = {"email": "sample.colleague@poppy.example", "name": "Sample Colleague"}


async def scenes(stage: Stage) -> None:
    letter = stage.opened(
        "decided later and passed on",
        days=4,
        asked=(NSPCC, POPPY, ALDER, LANTERN, *sample.ENDORSED[:2]),
        visibility="link",
    )
    stage.endorse(letter, sample.ENDORSED[:2])
    stage.send_mail()
    await _later(stage, letter)
    handed = await _passed_on(stage, letter)
    await _ended(stage, letter, handed)


async def _later(stage: Stage, letter: Letter) -> None:
    link, zone = stage.link(letter, NSPCC), ZoneInfo(letter.time_zone)
    await stage.show("later-refused", "More time, until a day that is none", f"{link}/later", {"until": "2100-01-01"})
    day = ((letter.hard_deadline or stage.now).astimezone(zone)).date()
    form = {"until": day.isoformat(), "seen": "0"}
    await stage.show("later", "They decide by a day", f"{link}/later", form)
    await stage.show("later-again", "Looking again before that day", link)
    await stage.show(
        "later-at-the-desk", "They decide on the day the list closes", stage.place(letter, NSPCC), desk=True
    )
    [confirmed] = stage.send_mail()
    await stage.mail("later", "Deciding by a day, confirmed", confirmed)
    # Three days ago they said yesterday, so that the morning has come at whatever hour this is played.
    day = stage.now.astimezone(zone).date() - timedelta(days=1)
    stage.do(deciding.later, stage.nonce(letter, ALDER), day, 0, stage.now - timedelta(days=3))
    stage.send_mail()
    stage.do(deciding.write_on_the_day, [stage.ids(letter)[ALDER]], stage.now)
    [morning] = stage.send_mail()
    await stage.mail("deciding-day", "The morning of the day to decide", morning)


async def _passed_on(stage: Stage, letter: Letter) -> str:
    link = stage.link(letter, POPPY)
    wrong = {"email": "sample.colleague", "name": "See www.letters.example", "way": "both"}
    await stage.show("forward-refused", "Asking a colleague, with mistakes", f"{link}/forward", wrong)
    await stage.show("forwarded", "Passed on, and both may answer", f"{link}/forward", COLLEAGUE | {"way": "both"})
    await _mails(stage, "both")
    other = {"email": "sample.director@poppy.example", "name": "Sample Director", "way": "pass"}
    await stage.show("passed-on", "Passed on, and only the colleague answers", f"{link}/forward", other)
    await _mails(stage, "pass")
    await stage.show("view-only", "A link that shows the letter and answers nothing", link)
    await stage.show("view-only-refused", "Declining through it all the same", f"{link}/decline", {"seen": "0"})
    await stage.show(
        "passed-on-at-the-desk", "Passed on twice, as the desk sees it", stage.place(letter, POPPY), desk=True
    )
    return link


async def _mails(stage: Stage, way: str) -> None:
    to_colleague, to_first = stage.send_mail()
    name = "" if way == "both" else f"-{way}"
    await stage.mail(f"forwarded{name}", "A colleague's own link", to_colleague)
    about = "Passed on, confirmed" if way == "both" else "Passed on and handed over, confirmed"
    await stage.mail(f"passed-on{name}", about, to_first)


async def _ended(stage: Stage, letter: Letter, handed: str) -> None:
    who, ids = stage.who.called, stage.ids(letter)
    old = stage.link(letter, ALDER)
    stage.do(linking.rotate, letter.slug, [ids[ALDER], ids[POPPY]], who, stage.now - timedelta(hours=2))
    await stage.show("link-replaced", "A link that was replaced by a newer one", old)
    await stage.show("link-replaced-again", "The newer link mailed again", f"{old}/again", {})
    await stage.show("link-replaced-wait", "And once more within the hour", f"{old}/again", {})
    await stage.show("link-handed-over", "A link that was handed over, after links were renewed", handed)
    moved = stage.link(letter, LANTERN)
    person = ("sample.successor@lantern.example", "Sample Successor", "Director")
    stage.do(actions.change_contact, letter.slug, ids[LANTERN], *person, stage.who, stage.now)
    await stage.show("link-contact", "A link of somebody who is asked no more", moved)
    stage.send_mail()
