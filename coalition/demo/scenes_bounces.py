"""The gallery's scenes of mail that comes back."""

from sqlalchemy import Connection, select

from coalition.base.mail.reports import Kind, Report, Verdict
from coalition.demo.scenes import Stage
from coalition.invitations import bounces
from coalition.letters.rules import Letter
from coalition.tables import outbox

GONE = "550 5.1.1 No such user here"
FULL = "452 4.2.2 The mailbox is full"


async def scenes(stage: Stage) -> None:
    stage.chapter("Watching")
    names = ("NSPCC", "Anti-Slavery International", "The Poppy Project", "Free Hands UK")
    letter = stage.opened("came back", asked=names)
    stage.send_mail()
    gone, full, unwelcome, again = names
    came: tuple[tuple[str, Kind, str, str], ...] = (
        (gone, "permanent", "5.1.1", GONE),
        (full, "temporary", "4.2.2", FULL),
        (unwelcome, "complaint", "", "Reported as abuse, through Sample Mail"),
        (again, "permanent", "5.2.1", "550 5.2.1 This mailbox is switched off"),
    )
    for name, kind, code, said in came:
        _comes_back(stage, letter, name, kind, code, said)
    base = f"/desk/letters/{letter.slug}"
    await stage.show("tracker-bounced", "Mail that came back", f"{base}?status=bounced", desk=True)

    async def one(scene: str, about: str, name: str, deed: str = "", form: dict[str, str] | None = None) -> None:
        await stage.show(f"organisation-{scene}", about, stage.place(letter, name) + deed, form, desk=True)

    await one("bounced", "One whose mail came back", gone)
    await one("held-up", "One whose mail is held up", full)
    await one("complained", "One that reported the mail", unwelcome)
    await one("correct-refused", "The right address, mistyped", gone, "/correct", {"corrected": "policy at nspcc"})
    await one("corrected", "The address corrected, sent again", gone, "/correct", {"corrected": "team@nspcc.example"})
    await one("released", "A mailbox that works again", again, "/release", {})
    await one("release-refused", "Mail somebody did not want", unwelcome, "/release", {})


def _comes_back(stage: Stage, letter: Letter, name: str, kind: Kind, code: str, said: str) -> None:
    def of(connection: Connection) -> int:
        about = (outbox.c.message == "invitation", outbox.c.subject_id == stage.ids(letter)[name])
        id: int = connection.execute(select(outbox.c.id).where(*about)).scalar_one()
        return id

    mark = stage.links.mark(stage.database.read_now(of))
    report = Report("report", f"gallery {name}", (mark,), (), (Verdict(kind, (), code, said),))
    stage.do(bounces.take, report, stage.links, stage.now)
