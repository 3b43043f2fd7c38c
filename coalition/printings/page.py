"""How a letter is printed, as its coordinators chose it, and how a sheet was."""

from typing import TypedDict

from sqlalchemy import Connection

from coalition.letters.printed import PageSettings
from coalition.letters.rules import Letter
from coalition.printings import logos
from coalition.printings.press.layout import Sheet


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


def as_printed(sheet: Sheet) -> AsChosen:
    """What was chosen for a sheet when it was made."""
    return {
        "paper": sheet.paper,
        "density": sheet.density,
        "signatory_place": sheet.signatory_place,
        "letterhead": sheet.letterhead,
        "lead_logos": sheet.lead_logos,
    }
