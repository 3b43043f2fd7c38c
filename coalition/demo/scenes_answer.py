"""The gallery's scenes of answering: what a charity sees through its link."""

from datetime import timedelta

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.endorsements import actions as answers
from coalition.endorsements.rules import Answer
from coalition.invitations import linking
from coalition.letters.rules import Letter

NSPCC, POPPY, ALDER, LANTERN = "NSPCC", "The Poppy Project", "The Alder Children’s Fund", "The Lantern Society"
CAST = (NSPCC, POPPY, ALDER, LANTERN, *sample.ENDORSED)


async def scenes(stage: Stage) -> None:
    stage.chapter("The charity's link")
    letter = stage.opened("to be answered", asked=CAST, visibility="link")
    quiet = stage.opened("without names", asked=[NSPCC], show_undersigned=False, soft_deadline=None)
    await stage.show("answer-quiet", "The first look, when who has endorsed is not shown", stage.link(quiet, NSPCC))
    stage.endorse(letter, sample.ENDORSED)
    stage.send_mail()
    await _endorsing(stage, letter)
    await _declining(stage, letter)
    await _closed(stage)
    await _links(stage, letter)


def typed(organisation: str, **changes: str) -> dict[str, str]:
    return {
        "version": "1",
        "name": organisation,
        "group": sample.GROUPS[0],
        "signatory": "Sample Signatory",
        "role": "Chief Executive",
        "authority": "chief-executive",
        "show_signatory": "y",
        **changes,
    }


async def _endorsing(stage: Stage, letter: Letter) -> None:
    link = stage.link(letter, NSPCC)
    await stage.show("answer", "The first look", link)
    await stage.show("answer-pdf-wait", "The letter's PDF is being set", f"{link}/letter.pdf")
    empty = typed("", signatory="", authority="trustees", authority_detail="last week")
    await stage.show("answer-refused", "Endorsing, with mistakes", f"{link}/endorse", empty)
    await stage.show("endorsed", "Endorsed", f"{link}/endorse", typed(NSPCC, seen="0"))
    await stage.show("endorsed-twice", "The same click again", f"{link}/endorse", typed(NSPCC, seen="0"))
    [receipt] = stage.send_mail()
    await stage.mail("receipt", "Receipt", receipt)
    await stage.show("endorsed-later", "Looking again", link)
    stale = typed(NSPCC, seen="0", role="Typed in a second window")
    await stage.show("answer-stale", "Changed in another window meanwhile", f"{link}/endorse", stale)
    await stage.show("changed", "Changed", f"{link}/endorse", typed(NSPCC, seen="1", show_signatory=""))
    [receipt] = stage.send_mail()
    await stage.mail("receipt-changed", "Receipt of a change", receipt)
    await stage.show("withdrawn", "Withdrawn", f"{link}/withdraw", {"seen": "2"})
    [confirmed] = stage.send_mail()
    await stage.mail("withdrawn", "Withdrawal confirmed", confirmed)
    await stage.show("withdraw-nothing", "Nothing to withdraw", f"{stage.link(letter, ALDER)}/withdraw", {})


async def _declining(stage: Stage, letter: Letter) -> None:
    link = stage.link(letter, POPPY)
    too_long = {"reason": "We would rather not. " * 60, "seen": "0"}
    await stage.show("decline-refused", "Declining, with too long a reason", f"{link}/decline", too_long)
    reason = {"reason": "We are funded by the force and must stay out of it.", "seen": "0"}
    await stage.show("declined", "Declined", f"{link}/decline", reason)
    await stage.show("declined-later", "Looking again after declining", link)
    [confirmed] = stage.send_mail()
    await stage.mail("declined", "Answer confirmed", confirmed)


async def _closed(stage: Stage) -> None:
    """A list that its deadline closed yesterday."""
    letter = stage.opened("closed yesterday", days=15, asked=(NSPCC, POPPY, ALDER))
    known = stage.database.read_now(sample.nonces, letter)
    before = stage.now - timedelta(days=3)
    answer = Answer(1, NSPCC, known[NSPCC][1], "Sample Signatory", "Director", "delegated", "", True)
    stage.do(answers.endorse, known[NSPCC][0], answer, None, before)
    stage.do(answers.decline, known[POPPY][0], "", None, before)
    await stage.show("closed-endorsed", "The list is closed, and they are on it", stage.link(letter, NSPCC))
    await stage.show("closed-declined", "The list is closed, and they declined", stage.link(letter, POPPY))
    late = stage.link(letter, ALDER)
    await stage.show("closed", "The list is closed, and they had not answered", late)
    await stage.show("closed-too-late", "Endorsing too late", f"{late}/endorse", typed(ALDER))


async def _links(stage: Stage, letter: Letter) -> None:
    good = stage.link(letter, LANTERN)
    await stage.show(
        "link-altered", "A link with a changed letter", good[:-4] + ("A" if good[-4] != "A" else "B") + good[-3:]
    )
    await stage.show("link-broken", "A link with its end missing", good[:-12])
    id = stage.ids(letter)[LANTERN]
    stage.do(linking.revoke, letter.slug, [id], stage.who.called, stage.now)
    await stage.show("link-revoked", "A link that was taken back", good)
    private = stage.opened("private and revoked", asked=[LANTERN], visibility="private")
    secret = stage.link(private, LANTERN)
    stage.do(linking.revoke, private.slug, [stage.ids(private)[LANTERN]], stage.who.called, stage.now)
    await stage.show("link-revoked-private", "A link to a private letter that was taken back", secret)
    old = stage.opened("long ago", days=120, asked=[LANTERN])
    await stage.show("link-expired", "A link that has expired", stage.link(old, LANTERN))
