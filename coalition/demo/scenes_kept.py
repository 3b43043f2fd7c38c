"""The gallery's scenes of what is kept and asked for later: receipts, looks, delivery, requests after it."""

from datetime import timedelta

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.demo.scenes_answer import typed
from coalition.dispatch import noting
from coalition.dispatch.rules import Noted
from coalition.endorsements import records as endorsements
from coalition.endorsements import requests
from coalition.invitations import holders
from coalition.letters.rules import Letter
from coalition.printings import actions as printings
from coalition.printings import receipts

NSPCC, POPPY, LANTERN = "NSPCC", "The Poppy Project", "The Lantern Society"
SOMEBODY = {"email": "sample.trustee@poppy.example", "name": "Sample Trustee"}
WHOM = "the Metropolitan Police Authority, which decides"


async def scenes(stage: Stage) -> None:
    stage.chapter("Kept and asked for later")
    letter = stage.opened("to be kept", days=3, asked=(NSPCC, POPPY, LANTERN, *sample.ENDORSED[:2]), visibility="link")
    stage.endorse(letter, sample.ENDORSED[:2])
    stage.send_mail()
    await _looks(stage, letter)
    await _receipt(stage, letter)
    await _closed(stage, letter)
    await _delivered(stage, letter)
    await _requests(stage, letter)


async def _looks(stage: Stage, letter: Letter) -> None:
    link, place = stage.link(letter, POPPY), stage.place(letter, POPPY)
    await stage.show("look-sent", "A colleague is let look", f"{link}/forward", SOMEBODY | {"way": "look"})
    [mail] = stage.send_mail()
    await stage.mail("look", "A look, from a colleague", mail)
    await stage.show("look-same", "The same once more", f"{link}/forward", SOMEBODY | {"way": "look"})
    look = _look(stage, letter, SOMEBODY["email"])
    await stage.show("look", "A link that only shows the letter", look)
    await stage.show("look-answers-nothing", "Endorsing through it all the same", f"{look}/endorse", typed(POPPY))
    other = {"email": "sample.adviser@poppy.example", "name": ""}
    await stage.show("desk-look-refused", "Letting nobody look", f"{place}/look", {"email": "nobody"}, desk=True)
    await stage.show("desk-look", "Somebody is let look, and who holds a link", f"{place}/look", other, desk=True)
    [mail] = stage.send_mail()
    await stage.mail("look-desk", "A look, from the desk", mail)
    contact = _holder(stage, letter, SOMEBODY["email"]).contact_id
    await stage.show("desk-look-ended", "One link is taken back", f"{place}/links/{contact}/revoke", {}, desk=True)
    await stage.show("look-ended", "The link to look, taken back", look)


def _look(stage: Stage, letter: Letter, email: str) -> str:
    return f"/e/{stage.links.token('invitation', _holder(stage, letter, email).nonce)}"


def _holder(stage: Stage, letter: Letter, email: str) -> holders.Holder:
    held = stage.database.read_now(holders.holders, stage.ids(letter)[POPPY])
    return next(one for one in held if one.email == email)


async def _receipt(stage: Stage, letter: Letter) -> None:
    link = stage.link(letter, NSPCC)
    await stage.show("receipt-none", "A receipt where nothing was endorsed", f"{link}/receipt.pdf")
    day = typed(NSPCC, authority="trustees", authority_detail=(stage.now - timedelta(days=9)).date().isoformat())
    await stage.show("receipt", "What was endorsed, at the link", f"{link}/endorse", day)
    stage.send_mail()
    await stage.show("receipt-wait", "Its receipt is being set", f"{link}/receipt.pdf")
    stage.do(receipts.ask_for_some, stage.settings.base_url, stage.now)
    given = next(one for one in stage.database.read_now(endorsements.standing, letter.id) if one.name == NSPCC)
    asked = stage.database.read_now(receipts.pdf, given.id)
    if asked:
        stage.set_pdf(asked.content)
    stage.chapter("PDF")
    await stage.show("receipt.pdf", "A receipt", f"{link}/receipt.pdf")
    stage.chapter("Kept and asked for later")


async def _closed(stage: Stage, letter: Letter) -> None:
    link = stage.link(letter, NSPCC)
    stage.do(printings.close_list, letter.slug, stage.who.called, stage.now)
    stage.set_printing(letter)
    await stage.show("closed-looks-again", "An endorser looks again after the list has closed", link)
    changed = typed(NSPCC, role="Chair", seen="1")
    await stage.show("closed-changed", "A change after the list has closed", f"{link}/endorse", changed)
    stage.send_mail()
    await stage.show("closed-look", "Not having answered, after the list has closed", stage.link(letter, LANTERN))


async def _delivered(stage: Stage, letter: Letter) -> None:
    noted = Noted(1, "handed", WHOM, stage.now.date(), "City Hall")
    stage.do(noting.note, letter.slug, noted, stage.who.called, stage.now)
    link = stage.link(letter, NSPCC)
    await stage.show("delivered-endorsed", "An endorser after the letter was delivered", link)
    await stage.show("delivered-withdraw", "Withdrawing all the same", f"{link}/withdraw", {"seen": "2"})


async def _requests(stage: Stage, letter: Letter) -> None:
    link, place = stage.link(letter, NSPCC), stage.place(letter, NSPCC)
    form = {"wish": "change", "name": NSPCC, "signatory": "Sample Successor", "role": "Chair", "show_signatory": "y"}
    await stage.show("request-refused", "Asking for nothing in particular", f"{link}/request", {"wish": "change"})
    words = "Our chair signs for us from now on."
    await stage.show("request", "A change is asked for", f"{link}/request", form | {"words": words, "seen": "2"})
    [mail] = stage.send_mail()
    await stage.mail("request", "A change is asked for", mail)
    await stage.show("request-tracker", "What needs you now: a request", f"/desk/letters/{letter.slug}", desk=True)
    await stage.show("request-desk", "A request, at the desk", place, desk=True)
    id = stage.ids(letter)[NSPCC]
    asked = stage.database.read_now(requests.latest, id)
    assert asked, "it was just made"  # noqa: S101
    one = f"{place}/requests/{asked.id}"
    await stage.show("request-turn-down-refused", "Turning it down without a word", f"{one}/turn-down", {}, desk=True)
    await stage.show("request-done", "Done, for the next printing", f"{one}/done", {}, desk=True)
    [mail] = stage.send_mail()
    await stage.mail("request-answered", "What was asked is done", mail)
    await stage.show("request-answered", "The link after it was done", link)
    off = form | {"wish": "withdraw", "words": "", "seen": "3"}
    await stage.show("request-off", "To be taken off is asked for", f"{link}/request", off)
    [mail] = stage.send_mail()
    await stage.mail("request-off", "To be taken off is asked for", mail)
    asked = stage.database.read_now(requests.latest, id)
    assert asked, "it was just made"  # noqa: S101
    said = {"said": "The letter is with its addressee. We can leave you out of the next printing in spring."}
    path = f"{place}/requests/{asked.id}/turn-down"
    await stage.show("request-turned-down", "Turned down with a word", path, said, desk=True)
    [mail] = stage.send_mail()
    await stage.mail("request-turned-down", "Turned down with a word", mail)
    await stage.show("request-turned-down-link", "The link after it was turned down", link)
