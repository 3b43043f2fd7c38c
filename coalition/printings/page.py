"""How a letter is printed, as its coordinators chose it."""

from typing import TypedDict

from sqlalchemy import Connection

from coalition.letters.printed import PageSettings
from coalition.letters.rules import Letter
from coalition.printings import logos


class AsChosen(TypedDict):
    """The part of a sheet that the settings decide."""

    paper: str
    density: str
    signatory_place: str
    letterhead: str
    lead_logos: tuple[str, ...]


def as_chosen(connection: Connection, letter: Letter) -> AsChosen:
    leads = logos.of_leads(connection, letter.text.leads) if letter.letterhead == "logos" else ()
    return {
        "paper": letter.paper,
        "density": letter.density,
        "signatory_place": letter.signatory_place,
        "letterhead": letter.letterhead,
        "lead_logos": tuple(one.logo for one in leads),
    }


def settings_of(letter: Letter) -> PageSettings:
    return PageSettings(letter.paper, letter.density, letter.signatory_place, letter.letterhead)
