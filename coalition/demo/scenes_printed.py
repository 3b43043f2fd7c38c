"""The gallery's scenes of how a letter is printed: its page, the order of the undersigned, what no font has."""

import hashlib
from dataclasses import replace

from sqlalchemy import Connection

from coalition.demo import sample
from coalition.demo.pictures import logo
from coalition.demo.scenes import Stage
from coalition.endorsements import actions as answers
from coalition.endorsements import ordering
from coalition.letters.rules import Letter
from coalition.organisations import actions as organisations
from coalition.printings import logos

SIGNED = sample.ENDORSED[:8]
LEAD = sample.TEXT.leads[1]


async def scenes(stage: Stage) -> None:
    stage.chapter("How it is printed")
    letter = stage.opened("as it is printed", asked=SIGNED)
    stage.endorse(letter, SIGNED)
    _give_logo(stage, letter)
    base = f"/desk/letters/{letter.slug}"
    await stage.show("page", "How the letter is printed", f"{base}/page", desk=True)
    wall = {"paper": "a4", "density": "logos", "signatory_place": "under", "letterhead": "logos"}
    chosen = wall | {"revision": str(stage.reread(letter).revision)}
    await stage.show("page-refused", "Nothing chosen for the paper", f"{base}/page", chosen | {"paper": ""}, desk=True)
    await stage.show("page-saved", "With logos", f"{base}/page", chosen, desk=True)
    about = "Chosen in two windows"
    await stage.show("page-overtaken", about, f"{base}/page", chosen | {"density": "compact"}, desk=True)
    await _order(stage, letter)
    name = SIGNED[2]
    given = sample.answer(name, "Local and specialist services", 3)
    stage.do(answers.endorse, stage.nonce(letter, name), replace(given, role="主任 😀"), None, stage.now)
    await stage.show("uncovered", "Characters that cannot be printed", f"{base}/printings", desk=True)


async def _order(stage: Stage, letter: Letter) -> None:
    here = f"/desk/letters/{letter.slug}/order"
    await stage.show("order", "The order of the undersigned, by name", here, desk=True)
    revision = str(stage.reread(letter).revision)
    await stage.show(
        "order-hand", "By hand, nobody placed yet", here, {"order": "hand", "revision": revision}, desk=True
    )
    group = dict(stage.database.read_now(ordering.standing, stage.reread(letter)))["National charities"]
    last = f"{here}/{group[-2].id}"
    await stage.show("order-moved", "One is moved to the top", last, {"to": "place:1"}, desk=True)
    await stage.show("order-refused", "A place that there is not", last, {"place": "40"}, desk=True)


def _give_logo(stage: Stage, letter: Letter) -> None:
    """The directory has one lead's logo, by its leave."""
    picture = logo()
    sha256 = hashlib.sha256(picture).hexdigest()
    stage.logos.put(sha256, picture)

    def give(connection: Connection) -> None:
        [lead] = logos.of_leads(connection, (LEAD,))
        assert lead.organisation_id, "the demo's list has it"  # noqa: S101
        organisations.keep_logo(connection, lead.organisation_id, sha256, stage.who, stage.now)
        by, on = "Sample Director", stage.now.date()
        organisations.permit_logo(connection, lead.organisation_id, sha256, by, on, stage.who, stage.now)

    stage.do(give)
