"""The logos that a letter is printed with: whose, by whose leave, and what stands there where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select

from coalition.endorsements.undersigned import Group, Line
from coalition.letters.printed import MOST_LOGOS
from coalition.organisations.names import name_key
from coalition.printings.press.layout import Receipt, Sheet
from coalition.printings.store import Store
from coalition.tables import organisations


@dataclass(frozen=True)
class LeadLogo:
    """One lead organisation of a letter, as the directory knows it."""

    name: str
    organisation_id: int | None
    logo: str  # SHA-256 of the picture to be printed; empty: its name is set
    why: str  # why there is none


_called = (
    select(organisations.c.name_key, organisations.c.id, organisations.c.logo, organisations.c.logo_permission)
    .where(
        organisations.c.name_key.in_(bindparam("keys", expanding=True)),
        organisations.c.archived_at.is_(None),
        organisations.c.merged_into.is_(None),
    )
    .order_by(organisations.c.id)
)


def of_leads(connection: Connection, leads: tuple[str, ...]) -> tuple[LeadLogo, ...]:
    """For each lead, in the letter's order, the logo that may be printed at its head, or why there is none."""
    known: dict[str, tuple[int, str | None, str]] = {}
    for key, id, logo, permission in connection.execute(_called, {"keys": [name_key(lead) for lead in leads]}):
        if key not in known or (logo and permission and not known[key][2]):  # of two with one name, the one it is of
            known[key] = (id, logo, permission)
    found: list[LeadLogo] = []
    for lead in leads:
        id, logo, permission = known.get(name_key(lead), (None, None, ""))
        printed = sum(1 for one in found if one.logo)
        why = (
            "It is not in the directory under this name."
            if id is None
            else "The directory has no logo of it."
            if not logo
            else "Nobody has noted its permission to print the logo."
            if not permission
            else f"There is room for {MOST_LOGOS} logos."
            if printed == MOST_LOGOS
            else ""
        )
        found.append(LeadLogo(lead, id, "" if why else logo or "", why))
    return tuple(found)


def pictures(sheet: Sheet | Receipt, kept: Store) -> tuple[Sheet | Receipt, Mapping[str, bytes], str]:
    """The sheet with its logos' bytes. A picture that is lost stops no printing: the name is set, and it is said.

    Returns the sheet without what is lost, the rest by SHA-256, and a sentence that is empty when all are there.
    """
    if isinstance(sheet, Receipt):
        return sheet, {}, ""
    lines = [line for group in sheet.groups for line in group.lines if line.logo]
    wanted = {line.logo for line in lines} | set(filter(None, sheet.lead_logos))
    found = {sha256: png for sha256 in wanted if (png := kept.get(sha256)) is not None}
    lost = wanted - found.keys()
    if not lost:
        return sheet, found, ""
    of_leads = zip(sheet.text.leads, sheet.lead_logos, strict=False)
    names = [name for name, logo in of_leads if logo in lost] + [one.organisation for one in lines if one.logo in lost]
    said = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    return _without(sheet, lost), found, f"The name is set where the picture of a logo is lost: {said}."


def _without(sheet: Sheet, lost: set[str]) -> Sheet:
    def bare(line: Line) -> Line:
        return replace(line, logo="") if line.logo in lost else line

    groups = tuple(Group(group.name, tuple(map(bare, group.lines))) for group in sheet.groups)
    return replace(sheet, groups=groups, lead_logos=tuple("" if one in lost else one for one in sheet.lead_logos))
