"""The page as it is set: six sample letters, and what no page of any letter may look like."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pikepdf
import pypdfium2
import pytest

from coalition.endorsements.undersigned import Group, Line
from coalition.letters.phrases import phrases
from coalition.printings.press.binding import bind_words
from coalition.printings.press.imposing import Heading, Room, Rows, impose
from coalition.printings.press.layout import as_data, from_data
from coalition.printings.press.logos import size_logos
from coalition.printings.press.setting import Setter
from tests.printings import samples
from tests.printings.samples import Sample
from tests.printings.sheets import LETTER, sheet
from tests.printings.test_setting import elements, flat, read

SAMPLES = {
    "three": samples.three,
    "forty": samples.forty,
    "wall": samples.wall,
    "arabic": samples.arabic,
    "scripts": samples.scripts,
    "ten-thousand": lambda: samples.ten_thousand(500),
}


@pytest.fixture(scope="module")
def setter() -> Iterator[Setter]:
    with Setter() as setter:
        yield setter


@pytest.fixture(scope="module")
def printed(setter: Setter) -> Mapping[str, tuple[Sample, bytes]]:
    made = {name: make() for name, make in SAMPLES.items()}
    return {name: (one, setter.set(one.sheet, one.pictures)) for name, one in made.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_says_all_names_and_how_many_there_are(
    printed: Mapping[str, tuple[Sample, bytes]], name: str
) -> None:
    one, pdf = printed[name]
    text = flat(read(pdf, "-raw"))
    said = phrases(one.sheet.text.language).undersigned(one.sheet.undersigned)
    names = " ".join(f"{line.organisation} {line.signatory}" for group in one.sheet.groups for line in group.lines)
    words = {*said.split(), *names.split()}
    # Poppler takes Arabic letters that stand above each other for two words: there each letter counts, not their order.
    joined = {word for word in words if unicodedata.bidirectional(word[0]) == "AL"}
    assert [word for word in words - joined if word not in text] == []
    assert Counter("".join(joined)) - Counter(text) == Counter()


def test_what_chromes_engine_copies_of_an_arabic_list_is_every_name_as_it_was_written(
    printed: Mapping[str, tuple[Sample, bytes]],
) -> None:
    one, pdf = printed["arabic"]
    with closing(pypdfium2.PdfDocument(pdf)) as opened:
        copied = unicodedata.normalize("NFC", " ".join(page.get_textpage().get_text_range() for page in opened))
    text = flat(copied)
    names = [line.organisation for group in one.sheet.groups for line in group.lines]
    assert any("\N{ARABIC SHADDA}" in name for name in names)
    assert [name for name in names if name not in text] == []


def test_paper_is_what_was_chosen(printed: Mapping[str, tuple[Sample, bytes]]) -> None:
    for name, (_, pdf) in printed.items():
        with pikepdf.open(BytesIO(pdf)) as opened:
            sizes = {tuple(round(float(edge)) for edge in page.mediabox[2:]) for page in opened.pages}
        assert sizes == ({(612, 792)} if name == "scripts" else {(595, 842)})


def test_an_arabic_letter_is_set_from_right_to_left_whole(printed: Mapping[str, tuple[Sample, bytes]]) -> None:
    _, pdf = printed["arabic"]
    words = re.findall(r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)".*>(.+)</word>', read(pdf, "-bbox"))
    right = 595.3 - 33 / 25.4 * 72
    lone = {word: (float(begin), float(end)) for begin, end, word in words}
    for word in ("الإصدار", "المرفقات", "نحن"):  # footer, enclosures, the undersigned: each begins at the right margin
        found = [end for seen, (_, end) in lone.items() if sorted(seen.strip("،")) == sorted(word)]
        assert found, word
        assert abs(found[0] - right) < 2
    (number,) = {begin for seen, (begin, _) in lone.items() if sorted(seen) == sorted("صفحة")}
    assert number < 300  # the page's number stands on the left
    assert "We, the undersigned" not in read(pdf)
    assert "Page" not in read(pdf)


def test_logos_are_figures_with_words_and_are_not_smoothed(printed: Mapping[str, tuple[Sample, bytes]]) -> None:
    for name in ("three", "wall"):
        one, pdf = printed[name]
        lines = [line for group in one.sheet.groups for line in group.lines]
        said = [f"Logo of {lead}" for lead in one.sheet.text.leads]
        said += [f"Logo of {line.organisation}" for line in lines if line.logo]
        with pikepdf.open(BytesIO(pdf)) as opened:
            tree = elements(opened.Root.StructTreeRoot.K[0])
            figures = [str(child.Alt) for _, child in tree if str(child.S) == "/Figure"]
            images = [
                one for one in opened.objects if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
            ]
            assert figures == said
            assert images
            assert not any(image.get("/Interpolate", False) for image in images)


def test_logos_have_the_same_weight_and_fit_their_room() -> None:
    def picture(wide: int, high: int) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + wide.to_bytes(4, "big") + high.to_bytes(4, "big")

    pictures = {"square": picture(300, 300), "wide": picture(600, 200), "long": picture(1200, 100)}
    page = element("<body>" + "".join(f'<img src="coalition-logo:{name}"/>' for name in pictures) + "</body>")
    size_logos(page, pictures)
    sizes = {one.get("src", ""): [float(n) for n in re.findall(r"[\d.]+", one.get("style", ""))] for one in page}
    areas = [width * height for width, height in sizes.values()]
    assert areas[0] == pytest.approx(areas[1], rel=0.01)
    assert all(width <= 30 and height <= 15 for width, height in sizes.values())
    assert sizes["coalition-logo:long"] == [30, 2.5]


def test_no_page_has_a_lone_heading_a_split_signatory_or_a_lonely_line(setter: Setter) -> None:
    for paragraphs in range(7):  # so that the list begins, and pages end, at many heights
        groups = tuple(
            Group(f"Group{name}", tuple(Line(f"Name{name}{n:02}", f"Signed{name}{n:02}") for n in range(count)))
            for name, count in (("A", 1), ("B", 31 + paragraphs), ("C", 9), ("D", 2))
        )
        text = replace(LETTER, body="Four lines of words. " * 12 + "\n\nOne line.\n\n" * (3 * paragraphs + 1))
        pages = read(setter.set(sheet(*groups, text=text)), "-raw").split("\f")
        for page in pages:
            lines = re.findall(r"(?:Name|Signed|Group)[A-D]\d*", page)
            assert not lines or not lines[-1].startswith("Group"), page
            assert [line[4:] for line in lines if line.startswith("Name")] == [
                line[6:] for line in lines if line.startswith("Signed")
            ]
            assert not lines or len(lines) >= 2 * 2, page
        assert sum(page.count("NameB") for page in pages) == 31 + paragraphs


def test_an_endorsement_of_another_version_says_so(printed: Mapping[str, tuple[Sample, bytes]]) -> None:
    assert "Free Hands UK Sample Signatory 17, Director under version 1" in flat(read(printed["forty"][1], "-raw"))


def test_headed_paper_and_names_only(setter: Setter) -> None:
    bare = replace(sheet(Group("", (Line("Kalayaan"),))), letterhead="none")
    assert "ECPAT UK" not in read(setter.set(bare))
    assert "ECPAT UK" in read(setter.set(replace(bare, letterhead="logos")))  # no lead has one: their names, as ever


def test_a_sheet_that_was_stored_before_pages_could_be_chosen_still_loads() -> None:
    now = sheet(Group("", (Line("Kalayaan", "Someone"),)))
    stored = as_data(now)
    for field in ("paper", "density", "signatory_place", "letterhead", "lead_logos"):
        del stored[field]
    del stored["groups"][0]["lines"][0]["logo"]
    assert from_data(stored) == now


def test_a_last_page_with_next_to_nothing_is_saved_or_given_more() -> None:
    room = Room(100, 1000)
    nearly: list[Heading | Rows] = [
        Heading(20, 20, 10),
        Rows((50.0,) * 18, widows=3, gap=10),
    ]  # 18 rows of 50 are 900, and the heading too
    assert {place.page for of in impose(nearly, room, room, 100) for place in of} == {0}
    never: list[Heading | Rows] = [Rows((50.0,) * 18, gap=0), Heading(20, 20, 10), Rows((50.0,), widows=3)]
    places = impose(never, room, room, 100)
    assert sum(place.page == 1 for of in (places[0], places[2]) for place in of) == 3
    assert {place.page for place in places[0]} == {0, 1}


def test_a_heading_stands_with_two_rows_wherever_the_list_begins() -> None:
    room = Room(100, 1000)
    blocks: list[Heading | Rows] = [Heading(20, 20, 10), Rows((50.0,) * 30, widows=3), Heading(20, 20, 10)]
    blocks.append(Rows((50.0,) * 30, widows=3))
    for start in range(100, 1000, 7):
        places = impose(blocks, room, room, start)
        for (heading,), rows in (places[:2], places[2:]):
            assert heading.page == rows[0].page == rows[1].page


def test_binding_words_changes_no_text() -> None:
    note = '<sup class="footnote-ref">1</sup>'
    letter = element(f"<article><p>One two three four.</p><p>It <em>is</em> so at last.{note} Yes.</p></article>")
    before = "".join(letter.itertext())
    bind_words(letter)
    assert "".join(letter.itertext()) == before
    bound = ["".join(span.itertext()) for span in letter.iter("span")]
    assert bound == ["three four.", "last.1"]


def element(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)  # noqa: S314 (our own)


def test_a_page_speaks_its_letters_language() -> None:
    assert phrases("de").undersigned(1200) == "Wir, die 1.200 unterzeichnenden Organisationen"
    assert phrases("cy").edition(2, 1) == "Fersiwn 2, argraffiad cyntaf"
    assert phrases("fr-CA").edition(2, 11) == "Version 2, tirage 11"
    assert phrases("pl").undersigned(1) == "The undersigned organisation"
    assert phrases("he").direction == "rtl"
