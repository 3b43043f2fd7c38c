"""The gallery's scenes of endorsing on a condition: it waits, it counts, it waits again, and both sides are told."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

from coalition.base.clock import now
from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.demo.scenes_answer import ALDER, LANTERN, NSPCC, POPPY, typed
from coalition.letters.rules import Letter
from coalition.printings import actions as printings

FIRST = sample.ENDORSED[0]


async def scenes(stage: Stage) -> None:
    stage.chapter("On a condition")
    letter = stage.opened("endorsed on conditions", asked=(NSPCC, POPPY, ALDER, LANTERN, FIRST), visibility="link")
    stage.send_mail()
    await _waiting(stage, letter)
    await _counting(stage, letter)
    await _again(stage, letter)
    await _words(stage, letter)
    await _quiet(stage)


async def _waiting(stage: Stage, letter: Letter) -> None:
    endorse = f"{stage.link(letter, NSPCC)}/endorse"
    unclear = typed(NSPCC, seen="0", on_condition="y", condition_count="20")
    await stage.show("condition-refused", "A condition that is not clear", endorse, unclear)
    if_poppy = typed(NSPCC, seen="0", condition="organisation", condition_organisation=POPPY)
    await stage.show("condition-held", "It waits for one organisation", endorse, if_poppy)
    [receipt] = stage.send_mail()
    await stage.mail("receipt-held", "Receipt of an endorsement that waits", receipt)
    enough = typed(ALDER, seen="0", condition="count", condition_count="3")
    await stage.show("condition-held-count", "It waits for enough", f"{stage.link(letter, ALDER)}/endorse", enough)
    await stage.show("condition-again", "Looking again", stage.link(letter, NSPCC))
    base = f"/desk/letters/{letter.slug}"
    await stage.show("condition-tracker", "Who waits, on the tracker", base, desk=True)
    await stage.show("condition-place", "What one waits for", stage.place(letter, NSPCC), desk=True)
    stage.send_mail()


async def _counting(stage: Stage, letter: Letter) -> None:
    if_nspcc = typed(POPPY, seen="0", condition="organisation", condition_organisation=NSPCC)
    both = f"{stage.link(letter, POPPY)}/endorse"
    await stage.show("condition-both", "Two that wait for each other: both count, and so a third", both, if_nspcc)
    mails = stage.send_mail()
    await stage.mail("receipt-condition", "Receipt, where its condition holds", _to(mails, "receipt", POPPY))
    await stage.mail("condition", "It counts now", _to(mails, "It counts now", NSPCC))
    await stage.mail("conditions", "The coordinator: who counts now", _to(mails, "count now"))
    await stage.show("condition-holds", "One whose condition holds looks", stage.link(letter, NSPCC))
    await stage.show("condition-holds-place", "The same, at the desk", stage.place(letter, NSPCC), desk=True)


async def _again(stage: Stage, letter: Letter) -> None:
    await stage.show("condition-withdrawn", "One of the two withdraws", f"{stage.link(letter, POPPY)}/withdraw", {})
    await stage.show("condition-broken", "The other waits again", stage.link(letter, NSPCC))
    await stage.show("condition-broken-place", "What happened, at the desk", stage.place(letter, NSPCC), desk=True)
    given_up = f"{stage.link(letter, NSPCC)}/unconditional"
    await stage.show("condition-given-up", "The condition given up by one button", given_up, {"version": "1"})


async def _words(stage: Stage, letter: Letter) -> None:
    passage = letter.text.body.split(". ")[0]
    other = typed(LANTERN, condition="text", condition_passage=passage, condition_replacement="We write as neighbours")
    await stage.show("condition-text", "It waits for other words", f"{stage.link(letter, LANTERN)}/endorse", other)


async def _quiet(stage: Stage) -> None:
    letter = stage.opened("quiet, on conditions", asked=(NSPCC, POPPY), show_undersigned=False)
    stage.send_mail()
    enough = typed(NSPCC, condition="count", condition_count="2")
    about = "It waits, where nobody is shown who has endorsed"
    await stage.show("condition-quiet", about, f"{stage.link(letter, NSPCC)}/endorse", enough)
    stage.send_mail()
    stage.do(printings.close_list, letter.slug, stage.who.called, now())
    await stage.show("condition-closed", "The list is closed, and it did not hold", stage.link(letter, NSPCC))


def _to(mails: list[Path], subject: str, organisation: str = "") -> Path:
    """The one of these mails whose subject says so."""

    def said(mail: Path) -> str:
        return str(message_from_bytes(mail.read_bytes(), policy=default)["Subject"])

    wanted = "has endorsed" if subject == "receipt" else subject
    return next(mail for mail in mails if wanted in said(mail) and organisation in said(mail))
