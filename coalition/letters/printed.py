"""How a letter is printed: what its coordinators may choose, in words, and the check of it."""

from dataclasses import dataclass
from typing import Final

PAPERS: Final = {"a4": "A4", "letter": "US Letter"}
DENSITIES: Final = {
    "compact": "Compact: small type, for many names on few pages",
    "comfortable": "Comfortable: type and space as in a book",
    "logos": "Logo wall: each organisation with its logo, where it gave one and lets it be printed",
}
SIGNATORY_PLACES: Final = {
    "under": "Under the name: on a line of its own",
    "beside": "Beside the name: on the same line, but in a logo wall",
}
LETTERHEADS: Final = {
    "names": "Names: those of the lead organisations",
    "logos": "Logos: those of up to six lead organisations",
    "none": "Nothing: for paper that has a letterhead already",
}
MOST_LOGOS: Final = 6  # in a letterhead; a seventh would make all of them too small to be known

_CHOICES: Final = {
    "paper": (PAPERS, "Choose the paper."),
    "density": (DENSITIES, "Choose how close the undersigned stand."),
    "signatory_place": (SIGNATORY_PLACES, "Choose where the signatory stands."),
    "letterhead": (LETTERHEADS, "Choose what stands at the head of the letter."),
}


@dataclass(frozen=True)
class PageSettings:
    """Each value is a key of the choices above."""

    paper: str = "a4"
    density: str = "comfortable"
    signatory_place: str = "under"
    letterhead: str = "names"


def problems(settings: PageSettings) -> dict[str, str]:
    """What is not one of the choices: field -> what to do. Empty when all are."""
    return {field: words for field, (known, words) in _CHOICES.items() if getattr(settings, field) not in known}
