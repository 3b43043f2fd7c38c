"""The gallery's scenes of dispatch: a mail with a printing from its words to its end; a hand-over with its proof."""

from io import BytesIO

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.dispatch import records, sending, sharing
from coalition.dispatch.rules import UNDO
from coalition.letters.rules import Letter
from coalition.printings import actions as printings

SIGNED = sample.ENDORSED[:2]
AUTHORITY = "the Metropolitan Police Authority, which decides"
GONE = "letters@fair-passage.example"  # what the scratch mail server knows no mailbox for


async def scenes(stage: Stage) -> None:
    stage.chapter("Dispatch")
    letter = stage.opened("to be dispatched", asked=SIGNED, visibility="link")
    base = f"/desk/letters/{letter.slug}/dispatch"
    stage.endorse(letter, SIGNED)
    stage.do(printings.close_list, letter.slug, stage.who.called, stage.now)
    stage.set_printing(letter)
    stage.send_mail()
    await stage.show("dispatch", "Nothing has gone out yet", base, desk=True)
    await _mail(stage, letter, base)
    await _hand_over(stage, letter, base)
    await stage.show("dispatches", "What has gone out", base, desk=True)


async def _mail(stage: Stage, letter: Letter, base: str) -> None:
    await stage.show("dispatch-write", "A mail, as it is proposed", f"{base}/mail", desk=True)
    form = {
        "printing": "1",
        "to": "commissioner",
        "whom": AUTHORITY,
        "subject": "A joint letter",
        "body": "Dear {name}",
    }
    await stage.show("dispatch-refused", "A mail to no address", f"{base}/mail", form, desk=True)
    draft = stage.database.read_now(sending.proposed, letter, 1)
    form |= {"to": f"Sir Paul Stephenson <commissioner@met.example>\n{GONE}", "cc": "clerk@authority.example"}
    form |= {"subject": draft.subject, "body": draft.body, "to_self": "y", "revision": "0"}
    await stage.show("dispatch-draft", "A mail, as it will arrive", f"{base}/mail", form, desk=True)
    id = _newest(stage, letter)
    one, seen = f"{base}/{id}", {"revision": "0", "others": "0"}
    await stage.show("dispatch-waiting", "A mail that can be stopped", f"{one}/send", seen, desk=True)
    await stage.show("dispatch-stopped", "A mail that was stopped", f"{one}/stop", {}, desk=True)
    await stage.show("dispatch-again", "Written anew", f"{one}/mail", form | {"revision": "2"}, desk=True)
    await stage.show("dispatch-overtaken", "Sent as it was not seen", f"{one}/send", seen, desk=True)
    stage.do(sending.send, letter.slug, id, 3, 0, stage.who, stage.now - UNDO)
    stage.do(sending.leave, letter.slug, id, stage.now)
    mails = stage.send_mail()
    await stage.mail("dispatch", "A printing, to its addressee", mails[0])
    await stage.show("dispatch-left", "A mail that one did not get", one, desk=True)
    stage.do(sharing.tell_some, letter.id, stage.now)
    [first, *_] = stage.send_mail()
    await stage.mail("final", "The printing, to those who are on it", first)


def _newest(stage: Stage, letter: Letter) -> int:
    return max(one.id for one in stage.database.read_now(records.all_dispatches, letter.id))


async def _hand_over(stage: Stage, letter: Letter, base: str) -> None:
    from PIL import Image

    await stage.show("dispatch-note", "Noting that it was handed over", f"{base}/note", desk=True)
    photo = BytesIO()
    Image.new("RGB", (800, 500), (11, 85, 99)).save(photo, "JPEG")
    file = {"proof": ("stamped copy.jpg", photo.getvalue(), "image/jpeg")}
    form = {"printing": "1", "way": "handed", "whom": AUTHORITY, "day": "2100-01-01", "place": "City Hall"}
    await stage.show("dispatch-note-refused", "On a day to come", f"{base}/note", form, desk=True, files=file)
    form["day"] = stage.now.date().isoformat()
    await stage.show("dispatch-noted", "Noted, with a proof", f"{base}/note", form, desk=True, files=file)
    await stage.show("dispatch-noted-proof", "The proof", f"{base}/{_newest(stage, letter)}/note", desk=True)
