"""How a letter is printed, as its coordinators choose it: from the desk's choice to the sheet that is set."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from coalition.base.database import Database
from coalition.base.refused import Overtaken, Refused
from coalition.demo import sample
from coalition.demo.pictures import logo
from coalition.endorsements import actions as answers
from coalition.endorsements.undersigned import Group
from coalition.letters.printed import PageSettings
from coalition.letters.rules import Letter
from coalition.printings import actions as printings
from coalition.printings import records
from coalition.printings.logos import of_leads, pictures
from coalition.printings.press.layout import Sheet
from coalition.printings.press.setting import Setter
from coalition.printings.store import Store
from coalition.tables import organisations
from coalition.work import pdfs as worker
from tests import cast, seals
from tests.cast import NSPCC
from tests.printings.sheets import LETTER, NAMES, sheet

WALL = PageSettings("letter", "logos", "beside", "logos")
LOGO, OTHER = "a" * 64, "b" * 64
LEADS = sample.TEXT.leads


@pytest.fixture
def letter(database: Database, now: datetime) -> Letter:
    """Open, everyone asked; two have endorsed, each with a logo that one of them lets be printed."""
    return database.write_now(_letter, now)


def _letter(connection: Connection, now: datetime) -> Letter:
    _, letter = cast.begin(connection, now)
    links = sample.nonces(connection, letter)
    for name, may in ((NSPCC, True), (LEADS[0], False)):
        given = replace(sample.answer(name, links[name][1], 1), logo=LOGO, show_logo=may)
        answers.endorse(connection, links[name][0], given, None, now)
    return letter


def _choose(database: Database, letter: Letter, chosen: PageSettings, now: datetime, seen: int | None = None) -> Letter:
    seen = letter.revision if seen is None else seen
    return database.write_now(printings.choose_page, letter.slug, seen, chosen, "Eva Sample", now)


def test_a_printing_is_set_as_was_chosen_before_it_and_stays_so(
    database: Database, letter: Letter, now: datetime
) -> None:
    chosen = _choose(database, letter, WALL, now)
    first = database.write_now(printings.close_list, letter.slug, "Eva Sample", now)
    sheet = database.read_now(records.printed_sheet, first.content)
    assert {name: getattr(sheet, name) for name in vars(WALL)} == vars(WALL)
    logos = {line.organisation: line.logo for group in sheet.groups for line in group.lines}
    assert logos == {NSPCC: LOGO, LEADS[0]: ""}  # only by leave of whose it is

    with pytest.raises(Refused, match="Nothing has changed"):
        database.write_now(printings.print_again, letter.slug, "Eva Sample", now)
    _choose(database, letter, PageSettings(paper="letter"), now, chosen.revision + 1)  # closing counts as a save
    second = database.write_now(printings.print_again, letter.slug, "Eva Sample", now)
    plain = database.read_now(records.printed_sheet, second.content)
    assert (plain.density, plain.letterhead, plain.lead_logos) == ("comfortable", "names", ())
    assert not any(line.logo for group in plain.groups for line in group.lines)
    assert database.read_now(records.printed_sheet, first.content) == sheet


def test_what_another_window_chose_is_not_overwritten(database: Database, letter: Letter, now: datetime) -> None:
    _choose(database, letter, WALL, now)
    with pytest.raises(Overtaken):
        _choose(database, letter, PageSettings(), now, letter.revision)
    with pytest.raises(Refused, match="Choose the paper"):
        _choose(database, letter, PageSettings(paper="a3"), now, letter.revision + 1)


def test_a_leads_logo_is_printed_by_leave_and_why_not_is_said(database: Database, letter: Letter) -> None:
    names = (*LEADS, NSPCC, "Nobody We Know")

    def give(connection: Connection) -> None:
        for name, permission in ((LEADS[0], "Sample Director"), (LEADS[1], "")):
            of = organisations.c.name == name
            connection.execute(update(organisations).where(of).values(logo=OTHER, logo_permission=permission))

    database.write_now(give)
    found = database.read_now(of_leads, names)
    assert [(one.name, one.logo) for one in found] == [(LEADS[0], OTHER), *((name, "") for name in names[1:])]
    assert [one.why.split()[0] for one in found[1:]] == ["Nobody", "The", "It"]
    crowd = database.read_now(of_leads, (LEADS[0],) * 7)
    assert [bool(one.logo) for one in crowd] == [True] * 6 + [False]


@pytest.fixture
def setter() -> Iterator[Setter]:
    with Setter() as setter:
        yield setter


def test_a_logo_whose_picture_is_lost_stops_no_printing(
    sqlite_url: str, tmp_path: Path, setter: Setter, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    logos, kept = Store(tmp_path / "logos", suffix=".png"), Store(tmp_path / "pdf")
    logos.put(LOGO, logo())
    lines = (replace(NAMES[0], logo=LOGO), replace(NAMES[1], logo=OTHER))
    asked = replace(sheet(Group("", lines)), density="logos", letterhead="logos", lead_logos=("", LOGO, OTHER))
    left, found, said = pictures(asked, logos)
    assert isinstance(left, Sheet)
    assert (left.lead_logos, [line.logo for line in left.groups[0].lines]) == (("", LOGO, ""), [LOGO, ""])
    assert list(found) == [LOGO]

    database = Database(sqlite_url)
    content = database.write_now(records.ask_to_set, asked, now)
    with caplog.at_level(logging.WARNING), seals.sealer() as sealer:
        assert worker.set_next(database, kept, logos, setter, sealer)
    pdf = database.read_now(records.pdf, content)
    database.close()
    assert pdf
    assert (pdf.state, pdf.problem) == ("set", said)
    assert LETTER.leads[2] in said
    assert NAMES[1].organisation in said
