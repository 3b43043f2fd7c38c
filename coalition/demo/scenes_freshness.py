"""The gallery’s chapter on asking once more before the letter goes, and on what the desk decides in silence."""

from datetime import timedelta

from coalition.base.clock import now
from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.printings import actions as printings

WHO = sample.ENDORSED[:6]


async def scenes(stage: Stage) -> None:
    stage.chapter("Still happy?")
    goes_on = (stage.now + timedelta(days=5)).date()
    letter = stage.opened("asked once more", days=45, asked=WHO, dispatch_on=goes_on)
    stage.endorse(letter, WHO, days=44)
    stage.do(printings.close_list, letter.slug, stage.who.called, stage.now)
    stage.send_mail()
    base = f"/desk/letters/{letter.slug}"
    await stage.show("freshness", "Whose yes is old", f"{base}/freshness", desk=True)
    await stage.show("freshness-asked", "They are asked, and silent", f"{base}/freshness/ask", {}, desk=True)
    asked = stage.send_mail()[-1]
    await stage.mail("still-happy", "Still happy?", asked)
    first, second = (stage.link(letter, name) for name in WHO[:2])
    await stage.show("still", "Asked whether they are still happy", first)
    await stage.show("still-said", "Still happy, by one button", f"{first}/still", {"version": "1"})
    one = stage.place(letter, WHO[1]).rpartition("/")[2]
    form = {"do": f"leave out:{one}", "show": "silent"}
    await stage.show("freshness-decided", "One is left out", f"{base}/freshness/decide", form, desk=True)
    await stage.mail("left-out", "Left out of the next printing", stage.send_mail()[-1])
    await stage.show("freshness-left-out", "Who is left out", f"{base}/freshness?show=left+out", desk=True)
    await stage.show("still-left-out", "Left out, and how to be in again", second)
    await stage.show("left-out-desk", "Left out, at the desk", stage.place(letter, WHO[1]), desk=True)
    stage.set_printing(letter)
    await stage.show("print-changes", "What one more printing will change", f"{base}/printings", desk=True)
    stage.do(printings.print_again, letter.slug, stage.who.called, now())
    await stage.show("printed-changes", "What the second printing changed", f"{base}/printings", desk=True)
