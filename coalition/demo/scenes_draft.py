"""The gallery's scenes of drafting: the editor, the preview, the draft PDF."""

from typing import Any

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.letters import actions as letter_actions
from coalition.letters.rules import Letter
from coalition.printings import actions as printings


async def scenes(stage: Stage) -> None:
    stage.chapter("Drafting")
    begun = stage.do(letter_actions.start, "Gallery: a letter just begun", stage.who, stage.now)
    base = f"/desk/letters/{begun.slug}"
    await stage.show("draft-new", "A draft just begun, with what is missing", f"{base}/draft", desk=True)
    await stage.show("preview-not-ready", "Its preview, not ready to be opened", f"{base}/preview", desk=True)
    await stage.show("tracker-draft", "Its organisations: none yet", base, desk=True)
    await stage.show("invitation-draft", "Its invitation, too early", f"{base}/invitation", desk=True)
    wrong = _form(begun, subject="", hard_deadline="2009-11-13T17:00", soft_deadline="2009-11-20")
    wrong |= {"addressees-0-name": "Sir Paul Stephenson", "addressees-0-email": "commissioner at police"}
    await stage.show("draft-refused", "Mistakes; what was typed is kept", f"{base}/draft", wrong, desk=True)

    letter = stage.draft("a draft, ready")
    base = f"/desk/letters/{letter.slug}"
    await stage.show("draft-ready", "A draft with nothing missing", f"{base}/draft", desk=True)
    stale = _form(letter, revision="1", body="What was typed in the second window.")
    await stage.show("draft-overtaken", "Saved in another window meanwhile", f"{base}/draft", stale, desk=True)
    saved = _form(letter, subject=sample.TEXT.subject, ask=sample.TEXT.ask, hard_deadline="2040-11-13T17:00")
    saved |= {"addressees-0-name": "Sir Paul Stephenson", "body": sample.TEXT.body}
    await stage.show("draft-saved", "Saved", f"{base}/draft", saved, desk=True)
    letter = stage.reread(letter)
    await stage.show("preview-ready", "Ready to be opened", f"{base}/preview", desk=True)
    await stage.show("preview-overtaken", "Opened from an old window", f"{base}/open", {"revision": "1"}, desk=True)
    await stage.show("draft-pdf-wait", "The draft PDF is being set", f"{base}/draft.pdf", {}, desk=True)
    await stage.show("preview-wait", "The preview meanwhile", f"{base}/preview", desk=True)
    stage.spoil_pdfs()
    await stage.show("preview-failed", "The PDF could not be set", f"{base}/preview", desk=True)
    await stage.show("draft-pdf-failed", "The PDF that could not be set", f"{base}/draft.pdf", desk=True)
    stage.set_pdf(stage.do(printings.ask_for_draft, letter.slug, stage.now))
    await stage.show("preview-pdf", "The draft PDF is there", f"{base}/preview", desk=True)
    stage.chapter("PDF")
    await stage.show("draft.pdf", "A draft, with its watermark", f"{base}/draft.pdf", desk=True)
    stage.chapter("Drafting")
    await stage.show("opened", "Opened for endorsement", f"{base}/open", {"revision": str(letter.revision)}, desk=True)
    await stage.show("preview-open", "The letter, once it is open", f"{base}/preview", desk=True)


def _form(letter: Letter, **typed: str) -> dict[str, Any]:
    """What the editor posts, with little in it but what was typed."""
    kept = {"subject": letter.subject, "revision": str(letter.revision), "visibility": "private", "language": "en-GB"}
    return {**kept, "time_zone": sample.ZONE, "groups": "\n".join(letter.groups), **typed}
