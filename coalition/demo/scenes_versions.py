"""The gallery's scenes of changing the text: the two kinds side by side, and what those who were asked see of each."""

from dataclasses import replace

from coalition.base.clock import now
from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.demo.scenes_answer import typed
from coalition.invitations import records as invitations
from coalition.letters import next_version
from coalition.letters.rules import Kind, Letter
from coalition.organisations import records as organisations
from coalition.printings import actions as printings

NSPCC, POPPY, ALDER = "NSPCC", "The Poppy Project", "The Alder Children’s Fund"
FIRST, SECOND = sample.ENDORSED[0], sample.ENDORSED[-1]
CORRECTED = sample.TEXT.body.replace("the", "this", 1) + "\n\nWe should be glad to meet you."
CHANGED = CORRECTED + "\n\nWe also ask the Authority to publish what the unit costs, and what closing it would save."


async def scenes(stage: Stage) -> None:
    stage.chapter("Changing the text")
    letter = stage.opened("whose text changes", asked=(NSPCC, POPPY, ALDER, FIRST, SECOND), visibility="link")
    stage.send_mail()
    stage.endorse(letter, (FIRST, SECOND, NSPCC))
    stage.send_mail()
    base = f"/desk/letters/{letter.slug}"
    await _writing(stage, letter)
    await _correction(stage, letter)
    await _substance(stage, letter)
    stage.do(organisations.let_mail_go, _address(stage, letter, SECOND))  # other chapters ask it too
    await stage.show("versions-tracker", "Asked again, on the tracker", base, desk=True)
    await stage.show("versions-history", "What happened to the text", f"{base}/history", desk=True)


def _write(stage: Stage, letter: Letter, body: str) -> int:
    """Returns the revision that publishing names."""
    letter = stage.reread(letter)
    text = replace(letter.text, body=body)
    return stage.do(next_version.save_next, letter.slug, letter.next_revision, text, now()).next_revision


def _publish(stage: Stage, letter: Letter, kind: Kind, body: str, why: str) -> None:
    seen = _write(stage, letter, body)
    stage.do(printings.publish, letter.slug, seen, kind, why, stage.who.called, now())


async def _writing(stage: Stage, letter: Letter) -> None:
    base = f"/desk/letters/{letter.slug}/text"
    await stage.show("text", "Changing the text of an open letter", base, desk=True)
    revision = str(_write(stage, letter, letter.text.body))
    await stage.show("text-same", "The same text again: nothing to publish", f"{base}/publish", desk=True)
    await stage.show("text-discarded", "Thrown away", f"{base}/discard", {"revision": revision}, desk=True)
    stale = {
        "subject": letter.subject,
        "language": "en-GB",
        "body": "What was typed in the second window.",
        "revision": "0",
    }
    await stage.show("text-overtaken", "Saved in another window meanwhile", base, stale, desk=True)
    _write(stage, letter, CORRECTED)
    await stage.show("text-kinds", "What changes, and both kinds side by side", f"{base}/publish", desk=True)
    old = {"revision": "0", "kind": "correction", "why": "Typed, and kept."}
    await stage.show("text-not-published", "Published from an old window", f"{base}/publish", old, desk=True)


async def _correction(stage: Stage, letter: Letter) -> None:
    # One of the endorsers takes no mail: it cannot be told, and stays under the version it read.
    stage.do(organisations.stop_mail, _address(stage, letter, SECOND), "bounced", now())
    base = f"/desk/letters/{letter.slug}"
    await stage.show("text-untold", "An endorser cannot be told", f"{base}/text/publish", desk=True)
    _publish(stage, letter, "correction", CORRECTED, "One word was wrong, and a sentence of courtesy was missing.")
    told = stage.send_mail()
    await stage.mail("corrected", "The text was corrected", told[0])
    await stage.show("corrected", "An endorser looks at the corrected text", stage.link(letter, NSPCC))
    await stage.show("corrected-untold", "One that was not told looks", stage.link(letter, SECOND))
    await stage.show("letter-corrected", "A version printed with “under version 1”", f"{base}/preview", desk=True)
    late = typed(POPPY, version="1", role="What was typed is kept")
    path = f"{stage.link(letter, POPPY)}/endorse"
    await stage.show("answer-replaced", "The text changed while the form was open", path, late)
    await stage.show("version-replaced", "A version that was replaced", f"/letters/{letter.slug}/versions/1")
    await stage.show("version-by-link", "The same, through a link", f"{stage.link(letter, POPPY)}/versions/1")
    await stage.show("version-at-desk", "The same, at the desk", f"{base}/versions/1", desk=True)


async def _substance(stage: Stage, letter: Letter) -> None:
    _publish(stage, letter, "substance", CHANGED, "Two of you asked that the letter speak of the costs.")
    mails = stage.send_mail()
    await stage.mail("asked-again", "Asked again after endorsing", mails[0])
    await stage.mail("asked-again-others", "The text changed before they answered", mails[-1])
    await stage.show("asked-again", "Asked again, with the difference in front", stage.link(letter, NSPCC))
    await stage.show("letter-substance", "The letter after a change of substance", f"/letters/{letter.slug}")
    preview = f"/desk/letters/{letter.slug}/preview?done=published"
    await stage.show("text-published", "Published", preview, desk=True)


def _address(stage: Stage, letter: Letter, organisation: str) -> str:
    return stage.database.read_now(invitations.invitation, stage.ids(letter)[organisation]).email
