"""Ten thousand names in pieces: what is bound of them is one PDF, as if it had been set in one go."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from coalition.endorsements.undersigned import Group, Line
from coalition.printings.press.chunks import chunks
from coalition.printings.press.kept import Kept
from coalition.printings.press.layout import Sheet
from coalition.printings.press.setting import Setter
from coalition.printings.sealing.attachments import Attachment
from tests.printings.conformance.objects import elements
from tests.printings.sheets import NAMES, sheet
from tests.printings.test_setting import children, flat, ran, read

SMALL = (16, 24, 30)  # names a piece
LONG = "The Amalgamated Society of those who never write in short what can be written at length, number"


def line(number: int) -> Line:
    name = f"{LONG} {number:03}" if number % 7 == 3 else f"Charity {number:03}"
    return Line(name, "" if number % 5 == 0 else f"Person {number:03}", "" if number % 3 else "Director")


WHOLE = sheet(
    Group("From everywhere", NAMES),
    Group("National charities", tuple(map(line, range(100)))),
    Group("", tuple(map(line, range(100, 105)))),
)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    with Setter(sizes=SMALL) as setter:
        return setter.set(WHOLE)


@pytest.fixture(scope="module")
def opened(pdf: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        yield opened


def test_every_name_stands_once_and_in_its_order(pdf: bytes) -> None:
    assert len(chunks(WHOLE, SMALL)) >= 4
    text = re.sub("[-‐]\n", "", read(pdf, "-raw"))
    found = re.findall(r"(Charity|number) (\d{3})", flat(text))
    assert found == [("number" if n % 7 == 3 else "Charity", f"{n:03}") for n in range(105)]
    people = re.findall(r"Person (\d{3})(, Director)?", flat(text))
    assert people == [(f"{n:03}", "" if n % 3 else ", Director") for n in range(105) if n % 5]


def test_a_name_is_whole_on_its_page(pdf: bytes, opened: pikepdf.Pdf) -> None:
    pages = [read(pdf, "-raw", "-f", str(page), "-l", str(page)) for page in range(1, len(opened.pages) + 1)]
    for number in (n for n in range(105) if n % 7 == 3 and n % 5):
        (on,) = [flat(text) for text in pages if f"Person {number:03}" in text]
        assert f"{LONG} {number:03} Person {number:03}" in on


def test_each_group_is_one_list_whatever_pages_it_runs_over(opened: pikepdf.Pdf) -> None:
    found = list(elements(opened))
    assert [str(element.S) for _, element in found].count("/Document") == 1
    lists = [element for _, element in found if element.S == "/L"]
    assert [len(one.K) for one in lists if len(one.K) > 2] == [len(NAMES), 100, 5]
    pages = {item.Pg.objgen for one in lists if len(one.K) == 100 for item in one.K}
    assert len(pages) >= 3


def test_the_parent_tree_leads_from_each_piece_to_the_element_that_holds_it(opened: pikepdf.Pdf) -> None:
    numbers = opened.Root.StructTreeRoot.ParentTree.Nums
    parents = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    assert list(parents) == sorted(parents)
    for page in opened.pages:
        content = b"".join(stream.read_bytes() for stream in _streams(page))
        marks = [int(number) for number in re.findall(rb"/MCID (\d+)", content)]
        assert marks == list(range(len(marks)))
        for mark in marks:
            element = parents[int(page.StructParents)][mark]
            assert mark in list(element.K)
            assert element.Pg.objgen == page.obj.objgen


def _streams(page: pikepdf.Page) -> list[Any]:
    contents = page.Contents
    return list(contents) if isinstance(contents, pikepdf.Array) else [contents]


def test_the_outline_leads_to_each_group_and_pages_are_labelled(pdf: bytes, opened: pikepdf.Pdf) -> None:
    with opened.open_outline() as outline:
        (letter,) = outline.root
        title = letter.children[-1]
        assert title.title == f"We, the undersigned {WHOLE.undersigned} organisations"
        assert [re.sub(r"\s+\d+$", "", one.title) for one in title.children] == [
            "From everywhere",
            "National charities",
        ]
        last: Any = title.children[-1].destination
    page = next(n for n, one in enumerate(opened.pages, start=1) if one.obj.objgen == last[0].objgen)
    assert "National charities" in read(pdf, "-f", str(page), "-l", str(page))
    assert opened.Root.PageLabels.Nums[1].S == "/D"


def test_what_stands_at_the_edges_is_no_part_of_the_content(opened: pikepdf.Pdf) -> None:
    for number, page in enumerate(opened.pages):
        kinds = [
            str(instruction.operands[1].Subtype)
            for instruction in pikepdf.parse_content_stream(page)
            if str(instruction.operator) == "BDC" and str(instruction.operands[0]) == "/Artifact"
        ]
        assert kinds == (["/Header"] if number else []) + ["/Footer", "/Footer"]


def test_each_face_is_in_the_file_once(pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(pdf)
    names = [row.split()[0] for row in ran("pdffonts", str(tmp_path / "letter.pdf")).decode().splitlines()[2:]]
    assert len(names) == len(set(names))
    assert b"No syntax or stream encoding errors" in ran("qpdf", "--check", str(tmp_path / "letter.pdf"))


def test_the_same_sheet_is_the_same_bytes_by_however_many_and_whatever_was_kept(pdf: bytes, tmp_path: Path) -> None:
    changed = with_name(50, "Another name")
    with Setter(tmp_path, sizes=SMALL, processes=1) as alone:
        alone.set(changed)
        assert alone.set(WHOLE) == pdf  # most of it kept
        assert alone.set(WHOLE) == pdf  # all of it
        other = alone.set(changed)
    with Setter(sizes=SMALL, processes=3) as many:
        assert many.set(changed) == other


def with_name(number: int, name: str) -> Sheet:
    everywhere, national, last = WHOLE.groups
    lines = list(national.lines)
    lines[number] = replace(lines[number], organisation=name)
    return replace(WHOLE, groups=(everywhere, Group(national.name, tuple(lines)), last))


def without(number: int) -> Sheet:
    everywhere, national, last = WHOLE.groups
    lines = national.lines[:number] + national.lines[number + 1 :]
    return replace(WHOLE, groups=(everywhere, Group(national.name, lines), last), undersigned=WHOLE.undersigned - 1)


def test_one_name_changed_or_gone_sets_its_own_piece_and_hardly_another(tmp_path: Path) -> None:
    with Setter(tmp_path, sizes=SMALL) as setter:
        setter.set(WHOLE)
        kept = set(tmp_path.iterdir())
        setter.set(replace(with_name(50, "Another name"), evidence="of another printing", printing=2))
        changed = set(tmp_path.iterdir()) - kept
        setter.set(without(20))
        gone = set(tmp_path.iterdir()) - kept - changed
    assert len(kept) == len(chunks(WHOLE, SMALL))
    assert 1 <= len(changed) <= 2
    assert (
        1 <= len(gone) <= 3
    )  # where a piece ends is up to the names in it, so that those behind it are soon as before


def test_it_is_told_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with Setter(tmp_path, sizes=SMALL) as setter:
        setter.set(WHOLE, progress=lambda step, steps: told.append((step, steps)))
    pieces = len(chunks(WHOLE, SMALL))
    assert told == [(step, pieces + 1) for step in range(pieces + 1)]


def test_a_child_that_dies_over_a_piece_is_replaced_and_nothing_is_missing(pdf: bytes) -> None:
    killed: list[int] = []

    def kill(step: int, steps: int) -> None:
        if step == 1:
            killed.extend(children() - before)
            for child in killed:
                os.kill(child, signal.SIGKILL)

    before = children()
    with Setter(sizes=SMALL) as setter:
        assert setter.set(WHOLE, progress=kill) == pdf
    assert len(killed) == 2


def test_what_a_crash_left_of_a_piece_is_not_taken_for_one(pdf: bytes, tmp_path: Path) -> None:
    with Setter(tmp_path, sizes=SMALL) as setter:
        setter.set(WHOLE)
        empty, half, other = sorted(tmp_path.iterdir())[:3]
        empty.write_bytes(b"")
        half.write_bytes(half.read_bytes()[:-20])
        other.write_bytes(other.read_bytes()[:-1] + b"x")
        assert setter.set(WHOLE) == pdf


def test_pieces_are_kept_within_bounds_those_used_last(tmp_path: Path) -> None:
    kept = Kept(tmp_path, most_bytes=500)
    for number in range(10):
        kept.put(f"{number}", bytes(68))  # and 32 that say what they are
        os.utime(tmp_path / f"{number}.galley", (number, number))
    assert kept.get("0") == bytes(68)
    kept.forget_the_oldest()
    assert {path.stem for path in tmp_path.iterdir()} == {"0", "6", "7", "8", "9"}


def test_files_are_attached_as_the_pdf_is_bound(tmp_path: Path) -> None:
    with Setter() as setter:
        pdf = setter.set(
            sheet(), attachments=[Attachment("letter.md", "text/markdown", "The text", b"# Text", "Source")]
        )
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert opened.attachments["letter.md"].get_file().read_bytes() == b"# Text"


def test_no_child_takes_much_memory() -> None:
    before = children()
    with Setter() as setter:
        setter.set(sheet(Group("National charities", tuple(map(line, range(900))))))
        for child in children() - before:
            status = Path(f"/proc/{child}/status").read_text()
            assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 250 * 1024  # type: ignore[index]


def test_lines_drawn_like_another_are_as_weasyprint_would_have_drawn_them() -> None:
    """In a process of its own: WeasyPrint has no business in this one."""
    program = """
import re
from coalition.printings.press import kinds, lines
from coalition.printings.press.layout import lines_html
from coalition.printings.press.setter import Press
from tests.printings.sheets import NAMES, sheet
from tests.printings.test_press import Group, line

def relative(piece):
    place = lambda of: b"%.2f %.2f Tm" % (float(of[1]) - piece.left, float(of[2]) - piece.top)
    drawn = re.sub(rb"(\\S+) (\\S+) Tm", place, piece.drawn)
    return piece.before, piece.height, piece.after, piece.marks, drawn

press, html = Press(), lines_html(sheet(Group("", (*NAMES, *map(line, range(80))))))
laid_out, learn = [], kinds.Kind.learn
kinds.Kind.learn = lambda kind, *known: laid_out.append(1) or learn(kind, *known)
short = lines.galley(press.document, html)
few = len(laid_out)
kinds.Kind.like = lambda kind, *_: (None, ())
long = lines.galley(press.document, html)
assert list(map(relative, short.pieces)) == list(map(relative, long.pieces))
print(few, len(laid_out) - few)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60, text=True)
    few, all_of_them = map(int, done.stdout.split())
    assert all_of_them == len(NAMES) + 80
    assert few <= 20
