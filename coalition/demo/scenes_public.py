"""The gallery's scenes that anybody may see, and signing in."""

import re

from coalition.demo import sample
from coalition.demo.scenes import Stage, words
from coalition.letters.text import Addressee, LetterText
from coalition.people import actions as people

ARABIC = LetterText(
    subject="أبقوا على وحدة مكافحة الاتجار بالبشر",
    addressees=(Addressee("مفوض الشرطة", "شرطة العاصمة", ("لندن",)),),
    cc=(),
    leads=("بيت الأمان",),
    date_line="لندن، ٢٦ أكتوبر ٢٠٠٩",
    ask="أن تبقى الوحدة كما هي ثلاث سنوات.",
    body="نعمل مع أشخاص بيعوا واشتُروا في هذه المدينة.\n\n## ما الذي سيضيع\n\nالوحدة صغيرة، لكنها **تعرف** ما تبحث عنه.",
    enclosures=(),
    language="ar",
)


async def beginning(stage: Stage) -> None:
    """A site on its first day, and Eva's first sign-in."""
    stage.chapter("In public")
    await stage.show("home-empty", "The front page, before there is a public letter", "/")
    stage.chapter("Signing in")
    await stage.show("sign-in", "Asking for a link", "/sign-in")
    await stage.show("sign-in-refused", "Not an address", "/sign-in", {"email": "eva at campaign"})
    await stage.show("sign-in-sent", "The link is on its way", "/sign-in", {"email": sample.COORDINATOR[0]})
    [mail] = stage.send_mail()
    await stage.mail("sign-in", "Sign-in link", mail)
    [link] = re.findall(r"/sign-in/\S+", words(mail))
    await stage.show("sign-in-use", "What the link opens", link)
    await stage.eva.post(link, data={})
    await stage.show("sign-in-used", "The link a second time", link)
    old = stage.do(people.new_link, stage.who, stage.now - 2 * people.SIGN_IN_LASTS)
    await stage.show("sign-in-expired", "A link from yesterday", f"/sign-in/{stage.links.token('sign-in', old)}")
    await stage.show("sign-in-unknown", "A link with a part missing", link[:-9])
    stage.chapter("The desk")
    await stage.show("letters-empty", "No letter yet", "/desk", desk=True)
    await stage.show("letters-refused", "A letter without a subject", "/desk/letters", {"subject": ""}, desk=True)


async def scenes(stage: Stage) -> None:
    """What readers see, once there are letters of all kinds."""
    stage.chapter("In public")
    await stage.show("home", "The front page", "/")
    names = (*sample.ENDORSED, *sample.READ)
    nobody = stage.opened("public and new")
    await stage.show("letter-new", "A letter nobody has endorsed yet", f"/letters/{nobody.slug}")
    await stage.show("letter-no-pdf", "Its PDF, before there is one", f"/letters/{nobody.slug}.pdf")
    letter = stage.opened("public and open", asked=names)
    stage.endorse(letter, names)
    await stage.show("letter-open", "A letter while its list is open", f"/letters/{letter.slug}")
    await stage.show("letter-text", "The text behind its fingerprint", f"/letters/{letter.slug}/versions/1.txt")
    await stage.show("letter-json", "The same as JSON", f"/letters/{letter.slug}.json")
    await stage.show("letter-csv", "The undersigned as CSV", f"/letters/{letter.slug}/endorsers.csv")
    closed = stage.reread(stage.cast["printed twice"])
    await stage.show("letter-closed", "A letter that was printed twice", f"/letters/{closed.slug}")
    arabic = stage.opened("in Arabic", text=ARABIC, asked=sample.ENDORSED[:8])
    stage.endorse(arabic, sample.ENDORSED[:8])
    await stage.show("letter-arabic", "A letter in Arabic", f"/letters/{arabic.slug}")
    private = stage.opened("private", visibility="private")
    await stage.show("letter-private", "A private letter, to everybody else", f"/letters/{private.slug}")
    await stage.show("not-found", "An address where nothing is", "/letters")
