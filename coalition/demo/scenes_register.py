"""The gallery's scenes of looking names up. The register is made up, and what it would answer is there already."""

from sqlalchemy import Connection, update

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.organisations.registers import looking_up, register_answers
from coalition.organisations.registers.register import Candidate
from coalition.tables import register_lookups

REGISTER = "https://register.example/reconcile"
NAMES = ("Ashcombe Refugees Forum", "Lantern", "Nobody Knows Us")
LIST = "Organisation,E-mail\n" + "\n".join(f"{name},office-{n}@sample.example" for n, name in enumerate(NAMES))


def _candidate(number: str, name: str, score: float, *, match: bool = False) -> Candidate:
    return Candidate(number, name, score, match, "Registered charity", f"https://register.example/{number}")


ANSWERS = {
    NAMES[0]: (
        _candidate("GB-CHC-900101", "Ashcombe Refugees Forum", 100, match=True),
        _candidate("GB-CHC-900102", "Ashcombe Residents Forum", 71.4),
    ),
    NAMES[1]: (
        _candidate("GB-CHC-900103", "The Lantern Society", 64.2),
        _candidate("GB-COH-09900104", "Lantern Books Limited", 58),
    ),
    NAMES[2]: (),
}


async def scenes(stage: Stage) -> None:
    stage.chapter("Asking")
    letter = stage.draft("to be looked up")
    base = f"/desk/letters/{letter.slug}"
    stage.do(register_answers.keep, REGISTER, ANSWERS, stage.now)
    for name, about, at in (("add-looked-up", "Looked up", 1), ("add-not-in-register", "Not in the register", 2)):
        form = {"name": NAMES[at], "group": sample.GROUPS[0], "look_up": "yes"}
        await stage.show(name, f"Adding one: {about.lower()}", f"{base}/add", form, desk=True)
    form = {"name": NAMES[0], "look_up": "yes"}
    await stage.show("directory-looked-up", "The same in the directory", "/desk/directory/add", form, desk=True)
    listed = await stage.eva.post(f"{base}/import", data={"paste": LIST})
    path = f"{listed.url.path}/register"
    id = int(listed.url.path.rpartition("/")[2])
    await stage.show("register", "A list’s names, to be looked up", path, desk=True)
    await stage.show("register-asking", "They are being looked up", f"{path}/begin", {}, desk=True)
    for state, about in (("stopped", "The register cannot be asked"), ("done", "What the register proposes")):
        stage.do(_now, id, state)
        await stage.show(f"register-{state}", about, path, desk=True)
    await stage.show("register-used", "Numbers taken", path, {"then": "sure"}, desk=True)


def _now(connection: Connection, id: int, state: str) -> None:
    """What the worker would have come to."""
    step = looking_up.rows(connection, id)
    connection.execute(
        update(register_lookups).where(register_lookups.c.import_id == id).values(state=state, step=step)
    )
