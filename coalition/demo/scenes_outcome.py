"""The gallery's scenes after delivery: no reply, a reply, what came of it; and a letter under embargo."""

from datetime import datetime, timedelta
from typing import Any

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.dispatch import noting, nudges
from coalition.dispatch.rules import Noted
from coalition.letters.rules import Letter
from coalition.printings import actions as printings

NAMES = sample.ENDORSED[:6]
WHOM = "the Metropolitan Police Authority, which decides"
PDF = b"%PDF-1.7 in place of a reply"


async def scenes(stage: Stage) -> None:
    stage.chapter("Replies and outcome")
    letter = _delivered(stage)
    await _no_reply(stage, letter)
    await _reply(stage, letter)
    await _lost(stage, letter)
    await _embargo(stage)


def _delivered(stage: Stage) -> Letter:
    """Twenty days ago it was opened; a fortnight ago it was handed over."""
    letter = stage.opened("what came of it", days=20, asked=NAMES)
    stage.endorse(letter, NAMES, days=18)
    on = stage.now - timedelta(days=15)
    stage.do(printings.close_list, letter.slug, stage.who.called, on)
    stage.set_printing(letter)
    stage.do(noting.note, letter.slug, Noted(1, "handed", WHOM, on.date(), "City Hall"), stage.who.called, on)
    stage.send_mail()
    return letter


async def _no_reply(stage: Stage, letter: Letter) -> None:
    base = f"/desk/letters/{letter.slug}"
    await stage.show("outcome-overdue", "No reply after two weeks", f"{base}/replies", desk=True)
    await stage.show("outcome-overdue-tracker", "The tracker says so", base, desk=True)
    stage.do(nudges.nudge, letter.id, stage.now)
    [mail] = stage.send_mail()
    await stage.mail("nudge", "No reply after two weeks", mail)


async def _reply(stage: Stage, letter: Letter) -> None:
    path = f"/desk/letters/{letter.slug}/replies"
    form = {
        "whom": "The Commissioner’s office",
        "day": stage.now.date().isoformat(),
        "quote": "The work of the unit will go on within a larger command. We have read your letter with care.",
        "show_quote": "y",
        "show_proof": "y",
    }
    await stage.show("reply-refused", "A reply without its file", f"{path}/note", form, desk=True)
    files: dict[str, Any] = {"files": {"proof": ("reply.pdf", PDF, "application/pdf")}}
    await stage.show("reply-noted", "A reply is noted", f"{path}/note", form, desk=True, **files)
    await stage.show("reply", "A reply that was noted", f"{path}/1/note", desk=True)


async def _lost(stage: Stage, letter: Letter) -> None:
    base = f"/desk/letters/{letter.slug}"
    form = {
        "outcome": "lost",
        "words": "The Authority’s board did not keep the unit. It closes in April; its officers go elsewhere.",
        "revision": str(stage.reread(letter).revision),
    }
    await stage.show("outcome-refused", "An outcome without its day", f"{base}/outcome", form, desk=True)
    on = {"on": stage.now.date().isoformat()}
    await stage.show("outcome", "Lost, and the endorsers can be told", f"{base}/outcome", form | on, desk=True)
    told = {"outcome": "lost"}
    await stage.show("outcome-told", "The endorsers are told", f"{base}/outcome/tell", told, desk=True)
    mail, *_ = stage.send_mail()
    await stage.mail("outcome", "What came of it", mail)
    await stage.show("outcome-public", "A letter that was answered, and lost", f"/letters/{letter.slug}")


async def _embargo(stage: Stage) -> None:
    ends = datetime.combine(stage.now.date() + timedelta(days=9), datetime.min.time(), stage.now.tzinfo)
    letter = stage.opened("under embargo", asked=NAMES[:1], embargo_until=ends)
    [mail] = stage.send_mail()
    await stage.mail("embargo", "An invitation under embargo", mail)
    await stage.show("embargo-link", "A letter under embargo, by its link", stage.link(letter, NAMES[0]))
    await stage.show("embargo-public", "The same, to everybody else", f"/letters/{letter.slug}")
