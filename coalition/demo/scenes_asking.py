"""The gallery's scenes of asking: adding organisations, the tracker."""

from coalition.demo import sample, scenes_importing, scenes_inviting, scenes_register, scenes_reminding
from coalition.demo.scenes import Stage
from coalition.endorsements import actions as answers
from coalition.invitations import actions as invitations
from coalition.letters.rules import Letter


async def scenes(stage: Stage) -> None:
    await _adding(stage)
    await scenes_importing.scenes(stage)
    await scenes_register.scenes(stage)
    await scenes_inviting.scenes(stage)
    await _tracking(stage)
    await scenes_reminding.scenes(stage)
    await _one(stage)


async def _adding(stage: Stage) -> None:
    stage.chapter("Asking")
    letter = stage.draft("to be asked")
    base = f"/desk/letters/{letter.slug}"
    await stage.show("tracker-empty", "No organisation yet, and the draft is ready", base, desk=True)
    await stage.show("add", "Adding one", f"{base}/add", desk=True)
    wrong = {"name": "", "email": "letters at fair-passage", "register_id": "12", "group": sample.GROUPS[0]}
    await stage.show("add-refused", "Adding one, with mistakes", f"{base}/add", wrong, desk=True)
    right = {"name": "Fair Passage", "email": "letters@fair-passage.example", "group": sample.GROUPS[0]}
    await stage.show("added", "Added", f"{base}/add", right, desk=True)
    await stage.show("add-twice", "One that is on the list already", f"{base}/add", right, desk=True)


async def _tracking(stage: Stage) -> None:
    stage.chapter("Watching")
    letter = stage.reread(stage.cast["asked"])
    base = f"/desk/letters/{letter.slug}"
    _answers(stage, letter)
    await stage.show("tracker", "The tracker, half-way", base, desk=True)
    await stage.show("tracker-endorsed", "Those who have endorsed", f"{base}?status=endorsed", desk=True)
    query = f"{base}?group=Trade+unions&sort=-when"
    await stage.show("tracker-group", "One group, the latest first", query, desk=True)
    await stage.show("tracker-found", "Searched", f"{base}?q=women", desk=True)
    await stage.show("tracker-nothing", "Searched, nobody found", f"{base}?q=xylophone", desk=True)
    query = f"{base}?by=group&cols=contact,status,reminders,problem"
    await stage.show("tracker-headings", "Headings with subtotals, and other columns", query, desk=True)
    await stage.show("tracker-needs", "What needs attention", f"{base}?needs=any&days=1", desk=True)
    for what in ("remind", "move", "extend"):
        path = f"{base}/bulk?do={what}&all=36"
        await stage.show(f"bulk-{what}", f"Before many are done at once: {what}", path, desk=True)
    await stage.show("tracker-csv", "The tracker as CSV", f"{base}/endorsers.csv", desk=True)
    long = f"/desk/letters/{stage.cast['long'].slug}"
    await stage.show("tracker-long", "A long list", long, desk=True)
    await stage.show("tracker-long-2", "Its second page", f"{long}?page=2", desk=True)


def _answers(stage: Stage, letter: Letter) -> None:
    stage.endorse(letter, (*sample.ENDORSED, *sample.WITHDRAWN))
    for name in sample.WITHDRAWN:
        stage.do(answers.withdraw, stage.nonce(letter, name), None, stage.now)
    for name, reason in sample.DECLINED.items():
        stage.do(answers.decline, stage.nonce(letter, name), reason, None, stage.now)
    for name in sample.READ:
        stage.do(invitations.mark_read, stage.nonce(letter, name), stage.now)


async def _one(stage: Stage) -> None:
    letter = stage.cast["asked"]

    async def one(name: str, about: str, organisation: str, deed: str = "", form: dict[str, str] | None = None) -> None:
        path = stage.place(letter, organisation) + deed
        await stage.show(f"organisation-{name}", about, path, form, desk=True)

    await one("sent", "One that was sent the invitation", "NSPCC")
    await one("read", "One that has read it", sample.READ[0])
    await one("endorsed", "One that has endorsed", sample.ENDORSED[0])
    await one("declined", "One that declined, with its private reason", next(iter(sample.DECLINED)))
    await one("withdrawn", "One that withdrew", sample.WITHDRAWN[0])
    await one("failed", "One whose mail failed", "Fair Passage")
    wrong = {"contact_name": "Sample Contact", "email": "letters@"}
    await one("contact-refused", "Another contact, without an address", "Fair Passage", "/contact", wrong)
    right = {"contact_name": "Sample Contact 201", "email": "office@fair-passage.example", "contact_role": "Director"}
    await one("contact", "Another contact", "Fair Passage", "/contact", right)
    await one("sent-again", "Sent again", "Fair Passage", "/send", {})
    await one("revoked", "The link is taken back", "Free Hands UK", "/revoke", {})
    name = "Calderwick Law Centre"
    stop = stage.link(letter, name, "unsubscribe")
    stage.chapter("The charity's link")
    await stage.show("unsubscribe", "Stopping mail", stop)
    await stage.show("unsubscribed", "Mail is stopped", stop, {})
    await stage.show("unsubscribe-unknown", "Stopping mail, with a broken link", stop[:-5])
    stage.chapter("Watching")
    await one("stopped", "One that asked for no more mail", name)
    await one("stopped-sent", "Sending to it all the same", name, "/send", {})
    fresh = stage.opened("not asked")
    await stage.show("organisation-added", "One that was not asked yet", stage.place(fresh, "NSPCC"), desk=True)
