"""The gallery's scenes of reminders: proposed, switched on, refused, and the mail."""

from coalition.base import outbox
from coalition.demo.scenes import Stage
from coalition.invitations import records as invitations

FORM = {
    "before": "7, 2",
    "on_the_day": "y",
    "after": "",
    "hour": "9",
    "cap": "3",
    "quiet_from": "20",
    "quiet_until": "8",
    "quiet_weekends": "y",
}


async def scenes(stage: Stage) -> None:
    letter = stage.reread(stage.cast["asked"])
    here = f"/desk/letters/{letter.slug}/reminders"
    form = FORM | {"revision": str(letter.revision)}
    await stage.show("reminders", "Reminders, as proposed", here, desk=True)
    wrong = form | {"before": "a week", "do": "on"}
    await stage.show("reminders-refused", "A day that is none", here, wrong, desk=True)
    await stage.show("reminders-on", "Switched on", here, form | {"do": "on"}, desk=True)
    await stage.show("reminders-left-out", "Who is left out, and why", f"{here}?why=answered", desk=True)
    words = {"subject": "{weather}", "body": "Dear {contact}", "revision": str(stage.reread(letter).revision)}
    await stage.show("reminders-words-refused", "Words that cannot be sent", f"{here}/words", words, desk=True)
    await stage.show("reminder-mail", "The reminder itself", f"{here}/mail", desk=True)
    await _mailed(stage)


async def _mailed(stage: Stage) -> None:
    letter = stage.opened("to be reminded", asked=["NSPCC"])
    stage.send_mail()
    one = stage.database.read_now(invitations.invitation, stage.ids(letter)["NSPCC"])
    # By hand it would be refused, even forced: the invitation has only just left.
    about, data = one.id, {"forced": True}
    stage.do(outbox.queue, "reminder", one.email, stage.now, letter_id=letter.id, subject_id=about, data=data)
    [arrived] = stage.send_mail()
    await stage.mail("reminder", "Reminder", arrived)
