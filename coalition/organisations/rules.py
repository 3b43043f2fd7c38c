"""What the directory keeps of an organisation, and what may be done with it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from coalition.base.text import fold

# Who at an organisation decides about signing a letter.
APPROVERS: Final = {
    "": "Not known",
    "chief-executive": "The chief executive, or equivalent",
    "trustees": "The board or trustees",
    "committee": "A committee",
    "staff": "Whoever is responsible for the subject",
    "other": "Somebody else, or it depends",
}
LONGEST_NOTICE: Final = 365  # days


@dataclass(frozen=True)
class Details:
    """What a person may write about an organisation."""

    name: str
    register_id: str | None
    website: str
    kind: str
    country: str
    approves: str = ""
    notice_days: int | None = None
    signing_note: str = ""


@dataclass(frozen=True)
class Organisation:
    """An organisation as its own page shows it."""

    id: int
    name: str
    name_key: str
    sort_key: str
    register_id: str | None
    website: str
    domain: str
    kind: str
    country: str
    added_at: datetime
    approves: str
    notice_days: int | None
    signing_note: str
    logo: str | None
    logo_permission: str
    logo_permitted_on: date | None
    archived_at: datetime | None
    merged_into: int | None
    revision: int

    @property
    def in_use(self) -> bool:
        return self.archived_at is None and self.merged_into is None

    @property
    def details(self) -> Details:
        return Details(
            self.name,
            self.register_id,
            self.website,
            self.kind,
            self.country,
            self.approves,
            self.notice_days,
            self.signing_note,
        )


@dataclass(frozen=True)
class Person:
    """A contact as the organisation's page shows it."""

    id: int
    organisation_id: int
    name: str
    email: str
    role: str
    preferred: bool
    left_at: datetime | None

    @property
    def seen(self) -> str:
        """Another one when somebody has edited the contact since a page showed it."""
        return hashlib.sha256("\0".join((self.name, self.email, self.role)).encode()).hexdigest()[:16]


def preferred(people: list[Person]) -> Person | None:
    """Whom a new letter asks first: the one who was chosen, else the one who has been there longest."""
    there = [one for one in people if one.left_at is None]
    return next((one for one in there if one.preferred), next(iter(there), None))


def search_key(name: str, register_id: str | None, domain: str) -> str:
    """What a search looks in, folded as what is typed will be."""
    return fold(f"{name} {register_id or ''} {domain}")
