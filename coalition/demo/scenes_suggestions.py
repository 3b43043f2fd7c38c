"""The gallery's scenes of suggesting other words: on the charity's page, beside the text at the desk, and what comes of
them.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, update

from coalition.base.clock import now
from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.endorsements.suggestions import records as suggestions
from coalition.letters import next_version
from coalition.letters.passages import paragraphs
from coalition.letters.rules import Letter
from coalition.printings import actions as printings
from coalition.tables import outbox

NSPCC, POPPY, ALDER = "NSPCC", "The Poppy Project", "The Alder Children’s Fund"
YEARS = {
    "version": "1",
    "passage": "Please keep the unit as it is for three years",
    "replacement": "Please keep the unit as it is for five years",
    "reason": "A case takes three years to come to court.",
}
TEN = YEARS | {"passage": "for three years", "replacement": "for ten years", "reason": ""}
COST = YEARS | {"passage": "less than a thousandth of the force’s budget", "replacement": "small", "reason": "Safer."}
MEET = YEARS | {
    "passage": ", with two of the women who asked us to write",
    "replacement": "",
    "reason": "Ask them first.",
}


async def scenes(stage: Stage) -> None:
    stage.chapter("Suggesting other words")
    letter = stage.opened("whose words are discussed", asked=(NSPCC, POPPY, ALDER), visibility="link")
    stage.send_mail()
    stage.do(_an_hour_later)
    await _charity(stage, letter)
    await _desk(stage, letter)
    await _became(stage, letter)


def _an_hour_later(connection: Connection) -> None:
    """Other chapters have had mail on suggestions, and there is one an hour."""
    before = update(outbox).where(outbox.c.message == "suggestions", outbox.c.state == "sent")
    connection.execute(before.values(ended_at=now() - timedelta(hours=2)))


async def _charity(stage: Stage, letter: Letter) -> None:
    link = stage.link(letter, NSPCC)
    number = next(at for at, words in enumerate(paragraphs(letter.text), 1) if "three years" in words)
    await stage.show("suggest-paragraph", "A paragraph is quoted, without scripts", f"{link}?paragraph={number}")
    wrong = YEARS | {"passage": "words that the letter does not say"}
    await stage.show("suggest-refused", "A suggestion that is none yet", f"{link}/suggest", wrong)
    await stage.show("suggested", "A suggestion has reached the coordinator", f"{link}/suggest", YEARS)
    await stage.show("suggested-twice", "The same once more", f"{link}/suggest", YEARS)
    first, waits = _by_kind(stage.send_mail())
    await stage.mail("suggestion", "A suggestion, confirmed", first)
    await stage.mail("suggestions", "To the coordinator: what waits", waits)
    for organisation, form in ((NSPCC, COST), (POPPY, TEN), (ALDER, MEET), (POPPY, MEET)):
        await stage.visitor.post(f"{stage.link(letter, organisation)}/suggest", data=form)
    back = {"suggestion": str(_ids(stage, letter)[-1])}
    await stage.show("suggestion-back", "Taken back", f"{stage.link(letter, POPPY)}/suggest/take-back", back)
    stage.send_mail()


def _ids(stage: Stage, letter: Letter) -> list[int]:
    """Of those that wait, in the order they were made."""
    return [one.id for one in stage.database.read_now(suggestions.of_letter, letter.id, "open")]


def _by_kind(mails: list[Path]) -> tuple[Path, Path]:
    """The receipt, and the coordinator's."""
    coordinator = sample.COORDINATOR[0].encode()
    waits = next(mail for mail in mails if coordinator in mail.read_bytes().partition(b"Reply-To")[0])
    return next(mail for mail in mails if b"Your suggestion has reached" in mail.read_bytes()), waits


async def _desk(stage: Stage, letter: Letter) -> None:
    base = f"/desk/letters/{letter.slug}"
    await stage.show("suggestions-tracker", "Suggestions wait, on the tracker", base, desk=True)
    body = letter.text.body.replace("less than a thousandth of the force’s budget", "less than anybody thinks")
    stage.do(next_version.save_next, letter.slug, 0, replace(letter.text, body=body), now())
    here = f"{base}/suggestions"
    years, cost, _, meet = _ids(stage, letter)
    await stage.show("suggestions", "Beside the text, two on the same words, one without a place", here, desk=True)
    await stage.show("suggestions-taken", "Taken into the text", f"{here}/{years}/take", {"revision": "1"}, desk=True)
    old = {"revision": "1"}
    await stage.show("suggestions-overtaken", "Taken from an old window", f"{here}/{meet}/take", old, desk=True)
    await stage.show("suggestions-answer-refused", "An answer without words", f"{here}/{cost}/answer", {}, desk=True)
    words = {f"{cost}-answer": "The figure is the Authority’s own. We say where it is from in the note."}
    await stage.show("suggestions-answered", "Answered", f"{here}/{cost}/answer", words, desk=True)
    [answered] = stage.send_mail()
    await stage.mail("suggestion-answered", "A suggestion, answered", answered)
    await stage.show("suggestions-place", "What they suggested, on their page", stage.place(letter, NSPCC), desk=True)


async def _became(stage: Stage, letter: Letter) -> None:
    seen = stage.reread(letter).next_revision
    stage.do(printings.publish, letter.slug, seen, "substance", "Three years were too few.", stage.who.called, now())
    told = [mail for mail in stage.send_mail() if b"Your words are in" in mail.read_bytes()]
    await stage.mail("suggestion-taken", "The words are in the new version", told[0])
    await stage.show("suggestion-became", "What became of what they suggested", stage.link(letter, NSPCC))
    await stage.show("suggestions-none", "None waits", f"/desk/letters/{letter.slug}/suggestions", desk=True)
