"""The gallery's scenes of the end: dates, closing the list, printings, history; and the PDFs."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from coalition.base.clock import now
from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.endorsements import actions as answers
from coalition.invitations import actions as invitations
from coalition.letters.rules import Letter
from coalition.organisations.spreadsheets.cells import Values
from coalition.printings import actions as printings

SIGNED = sample.ENDORSED[:3]


async def scenes(stage: Stage) -> None:
    await _dates(stage)
    await _closing(stage)
    await _failing(stage)
    await _forty(stage)
    await _history(stage)


async def _dates(stage: Stage) -> None:
    stage.chapter("Dates and closing")
    letter = stage.opened("with dates", asked=["NSPCC"])
    base = f"/desk/letters/{letter.slug}"
    await stage.show("dates", "Dates, and who may see it", f"{base}/dates", desk=True)
    form = _plan(letter)
    wrong = form | {"soft_deadline": "2100-01-01", "decided_by": "Typed and kept " * 20}
    await stage.show("dates-refused", "Dates that do not fit", f"{base}/dates", wrong, desk=True)
    past = form | {"hard_deadline": "2009-11-13T17:00", "soft_deadline": ""}
    await stage.show("dates-past", "A closing time in the past", f"{base}/dates", past, desk=True)
    stage.send_mail()
    later = (stage.now + timedelta(days=30)).strftime("%Y-%m-%dT17:00")
    await stage.show(
        "dates-saved", "The deadline is moved", f"{base}/dates", form | {"hard_deadline": later, "tell": "y"}, desk=True
    )
    [told] = stage.send_mail()
    await stage.mail("deadline-moved", "The deadline was moved", told)
    await stage.show("dates-overtaken", "Changed in another window meanwhile", f"{base}/dates", form, desk=True)
    await stage.show("closing-nobody", "Closing a list nobody is on", f"{base}/printings", desk=True)


def _plan(letter: Letter) -> dict[str, str]:
    assert letter.hard_deadline, "an open letter has one"  # noqa: S101
    return {
        "hard_deadline": letter.hard_deadline.astimezone(ZoneInfo(letter.time_zone)).strftime("%Y-%m-%dT%H:%M"),
        "soft_deadline": str(letter.soft_deadline or ""),
        "time_zone": letter.time_zone,
        "visibility": letter.visibility,
        "revision": str(letter.revision),
        "decided_by": letter.decided_by,
    }


async def _closing(stage: Stage) -> None:
    letter = stage.opened("to be closed", asked=sample.ENDORSED)
    stage.endorse(letter, SIGNED)
    base, public = f"/desk/letters/{letter.slug}", f"/letters/{letter.slug}"
    await stage.show("closing", "What closing the list does", f"{base}/printings", desk=True)
    await stage.show("closed-list", "The list is closed, its printing is being set", f"{base}/close", {}, desk=True)
    await stage.show("closed-tracker", "The tracker of a closed list", base, desk=True)
    await stage.show("closed-dates", "The dates of a closed list", f"{base}/dates", desk=True)
    await stage.show("closed-invitation", "The invitation of a closed list", f"{base}/invitation", desk=True)
    stage.chapter("In public")
    await stage.show("letter-being-set", "A letter whose PDF is being set", public)
    await stage.show("letter-pdf-wait", "Its PDF, being set", f"{public}.pdf")
    stage.set_printing(letter)
    stage.chapter("Dates and closing")
    await stage.show("printed", "The first printing is there", f"{base}/printings", desk=True)
    await stage.show("print-nothing", "Printing again when nothing changed", f"{base}/print", {}, desk=True)
    stage.do(answers.withdraw, stage.nonce(letter, SIGNED[0]), None, now())
    await stage.show("print-again", "One more printing", f"{base}/print", {}, desk=True)
    stage.set_printing(letter)
    await stage.show("printed-twice", "Two printings", f"{base}/printings", desk=True)
    stage.cast["printed twice"] = letter
    stage.chapter("PDF")
    stage.set_version(letter)
    await stage.show("version.pdf", "What those who are asked read", f"{stage.link(letter, SIGNED[1])}/letter.pdf")
    await stage.show("printing-3.pdf", "A first printing with 3 undersigned", f"{public}/printings/1.pdf")
    stage.chapter("Dates and closing")
    due = stage.opened("just due", days=15, asked=SIGNED)
    path = f"/desk/letters/{due.slug}/printings"
    await stage.show("just-closed", "The deadline has just passed", path, desk=True)


async def _failing(stage: Stage) -> None:
    letter = stage.opened("that cannot be set", asked=SIGNED)
    stage.endorse(letter, SIGNED)
    stage.do(printings.close_list, letter.slug, stage.who.called, stage.now)
    stage.spoil_pdfs()
    path = f"/desk/letters/{letter.slug}/printings"
    await stage.show("printing-failed", "A printing that could not be set", path, desk=True)
    stage.chapter("In public")
    await stage.show("letter-failed", "A letter whose PDF could not be set", f"/letters/{letter.slug}")
    await stage.show("letter-pdf-failed", "Its PDF", f"/letters/{letter.slug}.pdf")
    stage.chapter("Dates and closing")
    again = f"/desk/letters/{letter.slug}/print"
    await stage.show("printing-tried", "That printing is tried again", again, {}, desk=True)


async def _forty(stage: Stage) -> None:
    letter = stage.draft("with forty")
    stage.do(sample.bring_in, letter, stage.now)
    for number, group in enumerate(sample.GROUPS[:5], 1):
        values = Values(name=f"The {group[:-1]} Number {number}", email=f"letters@number-{number}.example")
        stage.do(invitations.add, letter.slug, values, group, stage.who, stage.now)
    stage.do(printings.open_letter, letter.slug, letter.revision, stage.who, stage.now)
    stage.do(invitations.ask, letter.slug, None, stage.who.called, stage.now)
    stage.endorse(letter, stage.asked(letter))
    stage.do(printings.close_list, letter.slug, stage.who.called, stage.now)
    stage.set_printing(letter)
    stage.chapter("PDF")
    await stage.show("printing-40.pdf", "A first printing with 40 undersigned", f"/letters/{letter.slug}.pdf")


async def _history(stage: Stage) -> None:
    stage.chapter("Dates and closing")
    base = f"/desk/letters/{stage.cast['asked'].slug}/history"
    await stage.show("history", "What happened to a letter", base, desk=True)
    await stage.show("history-end", "Nothing further back", f"{base}?before=1", desk=True)
