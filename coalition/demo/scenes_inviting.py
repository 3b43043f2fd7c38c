"""The gallery's scenes of the invitation: its words, who sees what, a test, and mail that waits for its hour."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.letters.rules import Letter


async def scenes(stage: Stage) -> None:
    letter = stage.opened("to be invited")
    base = f"/desk/letters/{letter.slug}"
    here = f"{base}/invitation"
    await stage.show("tracker-added", "All are on the list, nobody is asked", base, desk=True)
    words = {"subject": sample.INVITATION.subject, "body": sample.INVITATION.body, "revision": str(letter.revision)}
    await stage.show("invitation", "The invitation, before it goes", here, desk=True)
    await stage.show("invitation-saved", "With Eva's own words", here, words, desk=True)
    other = words | {"body": "Please read this, {contact}.\n\n{link}"}
    await stage.show("invitation-overtaken", "Written in an old window", here, other, desk=True)
    wrong = "Dear {name},\n\nwill {organization} sign {letter?\n\nYours\n{weather}"
    mistakes = words | {"body": wrong, "subject": "{link}"}
    await stage.show("invitation-refused", "Placeholders that there are not", here, mistakes, desk=True)
    await stage.show("invitation-proposed", "The proposed words again", f"{here}?words=proposed", desk=True)
    await _seen_as(stage, letter)
    await _tried(stage, letter)
    await _timed(stage, letter)
    await stage.show("asked", "Sent", f"{base}/ask", {"to": "all"}, desk=True)
    await stage.show("invitation-nobody", "Nobody is left to send it to", here, desk=True)
    arrived = stage.send_mail()
    await stage.mail("invitation", "Invitation", arrived[0])
    stage.cast["asked"] = letter


async def _seen_as(stage: Stage, letter: Letter) -> None:
    here, ids = f"/desk/letters/{letter.slug}/invitation", stage.ids(letter)
    await stage.show("invitation-found", "Looking for one to see it as", f"{here}?q=house", desk=True)
    await stage.show("invitation-not-found", "Looking for one that there is not", f"{here}?q=xylophone", desk=True)
    await stage.show("invitation-as", "As one organisation will see it", f"{here}?as={ids['O’Hara House']}", desk=True)
    two = f"{here}?pick={ids['NSPCC']}&pick={ids['O’Hara House']}"
    await stage.show("invitation-picked", "To two that were ticked", two, desk=True)


async def _tried(stage: Stage, letter: Letter) -> None:
    here = f"/desk/letters/{letter.slug}/invitation"
    form = {"as": str(stage.ids(letter)["O’Hara House"])}
    await stage.show("invitation-tested", "A test is on its way", f"{here}/test", form, desk=True)
    arrived = stage.send_mail()
    await stage.mail("invitation-test", "Invitation, as a test", arrived[-1])
    for _ in range(2):
        await stage.eva.post(f"{here}/test", data=form)
    await stage.show("invitation-tested-much", "Too many tests in a minute", f"{here}/test", form, desk=True)
    await stage.show("test-mail", "Where a test's links lead", "/test-mail")
    stage.send_mail()


async def _timed(stage: Stage, letter: Letter) -> None:
    base = f"/desk/letters/{letter.slug}"
    tomorrow = _at_nine(stage.now + timedelta(days=1))
    form = {"to": "all", "when": "later", "leaves_at": "2009-11-13T17:00"}
    await stage.show("invitation-hour-refused", "An hour that has passed", f"{base}/ask", form, desk=True)
    some = form | {"to": "", "pick": str(stage.ids(letter)["NSPCC"]), "leaves_at": tomorrow}
    await stage.eva.post(f"{base}/ask", data=some)
    rest = form | {"leaves_at": _at_nine(stage.now + timedelta(days=2))}
    await stage.show("invitation-timed", "They wait for their hour", f"{base}/ask", rest, desk=True)
    await stage.show("organisation-timed", "One whose invitation waits", stage.place(letter, "NSPCC"), desk=True)
    for name, leaves_at in (("one", tomorrow), ("many", rest["leaves_at"])):
        moment = datetime.fromisoformat(leaves_at).replace(tzinfo=ZoneInfo(sample.ZONE))
        form = {"leaves_at": moment.isoformat()}
        await stage.show(f"invitation-cancelled-{name}", "Not sent", f"{base}/invitation/cancel", form, desk=True)
    await stage.show("invitation-left", "Not sent, once more", f"{base}/invitation/cancel", form, desk=True)


def _at_nine(day: datetime) -> str:
    return f"{day:%Y-%m-%d}T09:00"
