"""The gallery's scenes of joining: an organisation that nobody asked, and the desk that decides."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from coalition.base import links
from coalition.demo import sample
from coalition.demo.scenes import Stage, words
from coalition.demo.scenes_answer import typed
from coalition.endorsements.joins import actions, records
from coalition.endorsements.joins.rules import LASTS, Asked
from coalition.letters import next_version
from coalition.letters.rules import Letter
from coalition.organisations import directory
from coalition.organisations.directory import Filter
from coalition.printings import actions as printings

PIER, KILN, QUAY, FERRY = "The Sample Pier Trust", "The Sample Kiln", "The Sample Quay Trust", "Sample Ferry Women"


async def scenes(stage: Stage) -> None:
    letter = stage.opened("to be joined", asked=sample.ENDORSED[:6])
    stage.endorse(letter, sample.ENDORSED[:5])
    stage.send_mail()
    stage.chapter("Joining")
    link = await _asking(stage, letter)
    await _confirming(stage, link)
    await _deciding(stage, letter)
    await _changed(stage)


def form(name: str, email: str, **changes: str) -> dict[str, str]:
    more = {"email": email, "website": "pier-trust.example", "note": "We run a night shelter for forty people a year."}
    return typed(name, **{**more, **changes})


async def _asking(stage: Stage, letter: Letter) -> str:
    here = f"/letters/{letter.slug}/join"
    await stage.show("join", "Asking to join", here)
    wrong = form("See www.pier.example", "office@", register_id="12", authority="other", signatory="")
    await stage.show("join-refused", "Asking to join, with mistakes", here, wrong)
    await stage.show("join-sent", "One step is left", here, form(PIER, "office@sample-pier.example"))
    [mail] = stage.send_mail()
    await stage.mail("join-confirm", "A request to join, to be confirmed", mail)
    for number in range(3):
        many = form(f"{FERRY} {number}", "ferry@sample-pier.example")
        await stage.visitor.post(here, data=many)
    again = form(FERRY, "ferry@sample-pier.example")
    await stage.show("join-many-wait", "Too many mails to one address", here, again)
    stage.send_mail()
    by_link = stage.opened("not to be joined", visibility="link")
    await stage.show("join-not-public", "A letter that cannot be joined", f"/letters/{by_link.slug}/join")
    closed = stage.opened("joined too late", days=15)
    await stage.show("join-closed", "The list is closed", f"/letters/{closed.slug}/join")
    return _link(mail)


def _link(mail: Path) -> str:
    [link] = re.findall(r"/confirm/\S+", words(mail))
    return str(link)


def _saying(stage: Stage, sentence: str) -> list[Path]:
    return [one for one in stage.send_mail() if sentence in words(one)]


async def _confirming(stage: Stage, link: str) -> None:
    await stage.show("confirm", "What the link opens", link)
    await stage.show("confirmed", "Confirmed", link, {"version": "1"})
    await stage.show("confirmed-twice", "The same click again", link, {"version": "1"})
    await stage.show("confirm-unknown", "A link with a part missing", link[:-9])
    old = stage.opened("asked long ago")
    id = _ask(stage, old, KILN, "old@sample-kiln.example", -LASTS)
    await stage.show("confirm-expired", "A link that was not used within a week", _confirm_link(stage, id))
    [mail] = _saying(stage, "waits for your decision")
    await stage.mail("join-waiting", "Somebody asks to join, at the desk", mail)


def _ask(stage: Stage, letter: Letter, name: str, email: str, ago: timedelta = timedelta(0)) -> int:
    asked = Asked(sample.answer(name, sample.GROUPS[0], 1), email, "https://sample-kiln.example", None, "")
    return stage.do(actions.ask, letter.slug, asked, "", stage.now + ago) or 0


def _confirm_link(stage: Stage, id: int) -> str:
    return f"/confirm/{stage.links.token('join', _nonce(stage, id))}"


def _nonce(stage: Stage, id: int) -> str:
    return stage.database.read_now(links.newest, "join", id) or ""


def _confirmed(stage: Stage, letter: Letter, name: str, email: str) -> int:
    id = _ask(stage, letter, name, email)
    stage.do(actions.confirm, _nonce(stage, id), None, stage.now)
    return id


async def _deciding(stage: Stage, letter: Letter) -> None:
    base = f"/desk/letters/{letter.slug}"
    there = sample.ENDORSED[0]
    second = _confirmed(stage, letter, there.upper(), "somebody@gmail.com")
    third = _confirmed(stage, letter, QUAY, "office@sample-quay.example")
    stage.send_mail()
    await stage.show("joins", "Who asks to join", f"{base}/joins", desk=True)
    [first] = [one.id for one in stage.database.read_now(records.waiting, letter.id) if one.name == PIER]
    shown = await stage.show("join-new", "One request, by nobody we know", f"{base}/joins/{first}", desk=True)
    plan = {"plan": _plan(shown.text)}
    await stage.show("join-approved", "Approved", f"{base}/joins/{first}/new", plan, desk=True)
    shown = await stage.show("join-known", "Another, by somebody we may know", f"{base}/joins/{second}", desk=True)
    plan = {"plan": _plan(shown.text)}
    await stage.show("join-known-refused", "It is there already", f"{base}/joins/{second}/new", plan, desk=True)
    await stage.show("join-search", "Another one is looked for", f"{base}/joins/{second}?q=harbour", desk=True)
    known = stage.database.read_now(directory.listed, Filter(there))[0].id
    here = f"{base}/joins/{second}/as/{known}"
    shown = await stage.show("join-as", "What approving it as that one would do", here, desk=True)
    await stage.show("join-as-overtaken", "Something has changed meanwhile", here, {"plan": "another"}, desk=True)
    await stage.show("join-as-approved", "Approved as that one", here, {"plan": _plan(shown.text)}, desk=True)
    here = f"{base}/joins/{third}"
    await stage.show("turn-down-refused", "Turning down without a word", f"{here}/turn-down", {"word": ""}, desk=True)
    word = {"word": "We print only organisations that work with trafficked people. Thank you for reading the letter."}
    await stage.show("turned-down", "Turned down", f"{here}/turn-down", word, desk=True)
    await stage.show("joins-decided", "All are decided", f"{base}/joins", desk=True)
    empty = stage.opened("joined by nobody")
    await stage.show("joins-none", "Nobody has asked to join", f"/desk/letters/{empty.slug}/joins", desk=True)
    [mail] = _saying(stage, "decided not to add it")
    await stage.mail("join-turned-down", "A request turned down", mail)
    link = _confirm_link(stage, third)
    await stage.show("confirm-turned-down", "Its link, after that", link)
    again = _ask(stage, letter, QUAY, "office@sample-quay.example")
    await stage.show("confirm-again", "Asked once more too soon", _confirm_link(stage, again))
    await stage.show("confirm-approved", "A link after it was approved", _confirm_link(stage, first))
    stage.send_mail()


def _plan(page: str) -> str:
    return page.partition('name="plan" value="')[2][:32]


async def _changed(stage: Stage) -> None:
    """The text is changed after one has confirmed, and before another does."""
    letter = stage.opened("changed while somebody joins")
    confirmed = _confirmed(stage, letter, FERRY, "office@sample-ferry.example")
    waiting = _ask(stage, letter, KILN, "office@sample-kiln.example")
    text = replace(letter.text, ask=letter.text.ask.replace("dedicated", "own"))
    seen = stage.do(next_version.save_next, letter.slug, letter.next_revision, text, stage.now).next_revision
    stage.do(printings.publish, letter.slug, seen, "correction", "", stage.who.called, stage.now)
    base = f"/desk/letters/{letter.slug}/joins/{confirmed}"
    shown = await stage.show("join-changed", "A request to a text that was changed since", base, desk=True)
    await stage.show(
        "join-asked-again", "Approved: they are asked", f"{base}/new", {"plan": _plan(shown.text)}, desk=True
    )
    late = form(QUAY, "late@sample-quay.example")
    await stage.show("join-overtaken", "The text was changed meanwhile", f"/letters/{letter.slug}/join", late)
    await stage.show("confirm-changed", "Confirming after a change", _confirm_link(stage, waiting))
    [mail] = _saying(stage, "read what changed")
    await stage.mail("join-approved", "Approved, after the text was changed", mail)
    [link] = re.findall(r"/e/\S+", words(mail))
    await stage.show("joined-again", "What it opens, with what they typed", link)
