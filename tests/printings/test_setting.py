"""The PDF: what a chief executive signs, what an archive keeps, what a screen reader reads; and what cannot harm it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import pikepdf
import pytest
from markupsafe import escape

from coalition.endorsements.undersigned import Group, Line
from coalition.letters.text import Addressee, LetterText
from coalition.printings.press.layout import Sheet, as_data, content_hash, from_data, html
from coalition.printings.press.setting import NotSet, Setter
from tests.printings.sheets import LETTER, NAMES, numbered, sheet, with_subject


@pytest.fixture(scope="module")
def setter() -> Iterator[Setter]:
    with Setter() as setter:
        yield setter


@pytest.fixture(scope="module")
def pdf(setter: Setter) -> bytes:
    """The letter under names in many scripts and forty more, in two groups."""
    return setter.set(sheet(Group("From everywhere", NAMES), numbered(40)))


@pytest.fixture(scope="module")
def opened(pdf: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        yield opened


def read(pdf: bytes, *options: str) -> str:
    """What a reader copies out of the PDF, without the invisible marks that poppler puts around right-to-left text."""
    text = ran("pdftotext", *options, "-", "-", given=pdf).decode()
    return re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", unicodedata.normalize("NFC", text))


def ran(program: str, *arguments: str, given: bytes = b"") -> bytes:
    if shutil.which(program) is None:
        packages = {"qpdf": "qpdf"}
        pytest.fail(f"{program} is missing; install it with: apt-get install {packages.get(program, 'poppler-utils')}")
    done = subprocess.run([program, *arguments], input=given, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def flat(text: str) -> str:
    return " ".join(text.split())


# The page


def test_the_first_page_is_a_letter_from_its_head_to_its_ask(pdf: bytes) -> None:
    first = flat(read(pdf, "-l", "1"))
    parts = (
        "Amnesty International UK · NSPCC · ECPAT UK",
        "Sir Paul Stephenson Commissioner of Police of the Metropolis New Scotland Yard Broadway London SW1H 0BG",
        "London, 20 October 2009",
        LETTER.subject,
        LETTER.ask,
        "Dear Sir Paul,",
    )
    places = [first.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert "commissioner@met.example" not in first


def test_every_page_says_which_it_is_and_of_which_text(pdf: bytes, opened: pikepdf.Pdf) -> None:
    count = len(opened.pages)
    assert count >= 2
    for page in range(1, count + 1):
        text = flat(read(pdf, "-f", str(page), "-l", str(page)))
        assert f"Page {page} of {count}" in text
        assert "Version 1, first printing" in text
        assert sheet().fingerprint in text
        assert text.count(LETTER.subject) == 1  # the heading on the first page, the running head on the others


def test_the_undersigned_stand_in_their_groups_with_their_counts(pdf: bytes) -> None:
    text = flat(read(pdf, "-raw"))
    assert "We, the undersigned 51 organisations" in text
    assert "From everywhere 11 Amnesty International UK Kate Allen, Director" in text
    assert "National charities 40 Charity 00000 of London Person 00000" in text


def test_one_organisation_is_not_many(setter: Setter) -> None:
    text = flat(read(setter.set(sheet(Group("", (Line("Kalayaan"),))))))
    assert "The undersigned organisation Kalayaan" in text


def test_a_letter_nobody_has_endorsed_yet_has_no_undersigned(setter: Setter) -> None:
    assert "undersigned" not in read(setter.set(sheet()))


@pytest.mark.parametrize("line", NAMES, ids=lambda line: line.organisation)
def test_names_in_every_script_can_be_copied_out_as_they_were_written(pdf: bytes, line: Line) -> None:
    text = flat(read(pdf, "-raw"))
    words = f"{line.organisation} {line.signatory} {line.role}".split()
    assert [word for word in words if word not in text] == []


def test_a_name_from_right_to_left_begins_on_the_right(setter: Setter) -> None:
    pdf = setter.set(sheet(Group("", (Line("منظمة Cairo"), Line("London 88")))))
    words = re.findall(r'<word xMin="([\d.]+)".*>(.+)</word>', read(pdf, "-bbox"))
    places = {word: float(place) for place, word in words}
    (arabic,) = (place for word, place in places.items() if sorted(word) == sorted("منظمة"))
    assert places["Cairo"] < arabic
    assert places["London"] < places["88"]


def test_no_name_is_lost_or_printed_twice(setter: Setter) -> None:
    text = read(setter.set(sheet(numbered(301))))
    assert sorted(re.findall(r"Charity (\d{5})", text)) == [f"{n:05}" for n in range(301)]
    assert sorted(re.findall(r"Person (\d{5})", text)) == [f"{n:05}" for n in range(301)]


def test_no_name_is_split_over_two_pages(setter: Setter) -> None:
    long = "Fellowship for the Welfare and Protection of Migrants in the Northern and Eastern Boroughs " * 2
    lines = tuple(Line(f"{'A' * (n % 3)} Begin{n:03} {long} End{n:03}", f"Signed{n:03}") for n in range(60))
    pages = read(setter.set(sheet(Group("", lines)))).split("\f")
    for n in range(60):
        homes = [[f"{word}{n:03}" in page for page in pages] for word in ("Begin", "End", "Signed")]
        assert homes[0] == homes[1] == homes[2]
        assert sum(homes[0]) == 1


def test_only_a_draft_is_marked_as_one(setter: Setter) -> None:
    def grey(pdf: bytes) -> int:
        picture = ran("pdftoppm", "-gray", "-r", "20", "-f", "2", "-l", "2", "-", given=pdf)
        return sum(200 < shade < 250 for shade in picture)

    final, draft = setter.set(sheet(numbered(40))), setter.set(sheet(numbered(40), watermark="Draft"))
    assert grey(draft) > grey(final) + 1000
    assert "printing" not in read(draft)


def test_a_very_long_subject_keeps_to_its_line_at_the_head_of_the_page(setter: Setter) -> None:
    pdf = setter.set(with_subject("Keep the unit that looks for trafficked people " * 8))
    second = read(pdf, "-f", "2").lstrip().splitlines()[0]
    assert second.startswith("Keep the unit")
    assert second.endswith("…")


def test_words_are_divided_as_the_letters_language_divides_them(setter: Setter) -> None:
    body = "Die Rechtsschutzversicherungsgesellschaft fragt nach. " * 20
    divided = "Rechts(schutz)?[-‐]\n"
    assert re.search(divided, read(setter.set(sheet(text=replace(LETTER, body=body, language="de")))))
    assert not re.search(divided, read(setter.set(sheet(text=replace(LETTER, body=body, language="en-GB")))))


# What archives and screen readers need


def test_qpdf_finds_nothing_wrong(pdf: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    assert b"No syntax or stream encoding errors" in ran("qpdf", "--check", str(path))


def test_every_font_is_ours_embedded_and_can_be_read_back(pdf: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    fonts = ran("pdffonts", str(path)).decode().splitlines()[2:]
    assert len(fonts) >= 6
    for font in fonts:
        assert re.match(r"[A-Z]{6}\+(Letter|Arabic|Hindi)", font), font
        assert re.search(r" yes +yes +yes +\d+ +\d+$", font), font


def test_letters_our_fonts_lack_are_not_borrowed_from_the_machine(setter: Setter, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(setter.set(sheet(Group("", (Line("საქართველო ארגון 組織 ไทย"),)))))
    fonts = ran("pdffonts", str(path)).decode().splitlines()[2:]
    assert [font for font in fonts if not re.match(r"[A-Z]{6}\+(Letter|Arabic|Hindi)", font)] == []


def test_it_claims_pdfa_3a_and_pdfua_1_in_one_packet(opened: pikepdf.Pdf) -> None:
    packet = opened.Root.Metadata.read_bytes()
    assert packet.count(b"</rdf:RDF>") == 1
    with opened.open_metadata() as claims:
        assert claims["pdfaid:part"] == "3"
        assert claims["pdfaid:conformance"] == "A"
        assert claims["pdfuaid:part"] == "1"
        assert claims["dc:title"] == LETTER.subject
        assert claims["xmp:CreateDate"] == "2009-10-26T09:00:00Z"
    assert b"pdfaExtension:schemas" in packet
    assert str(opened.docinfo.CreationDate).startswith("D:20091026090000")


def test_colours_title_and_language_are_declared(opened: pikepdf.Pdf) -> None:
    assert str(opened.Root.OutputIntents[0].OutputConditionIdentifier).endswith("sRGB")
    assert opened.Root.MarkInfo.Marked
    assert opened.Root.ViewerPreferences.DisplayDocTitle
    assert str(opened.Root.Lang) == "en-GB"
    assert str(opened.docinfo.Title) == LETTER.subject


def test_all_that_is_drawn_is_tagged_or_an_artifact(opened: pikepdf.Pdf) -> None:
    for page in opened.pages:
        depth = 0
        for operands, operator in drawn(page):
            if operator in ("BDC", "BMC"):
                depth += 1
            elif operator == "EMC":
                depth -= 1
            elif operator in ("Tj", "TJ", "S", "f", "f*", "B", "Do", "sh"):
                assert depth > 0, operands


def test_every_tagged_piece_hangs_in_the_tree_and_page_furniture_does_not(opened: pikepdf.Pdf) -> None:
    in_the_tree = {(page, number) for page, number in marked(opened.Root.StructTreeRoot.K[0])}
    on_the_pages = set()
    for page in opened.pages:
        for operands, operator in drawn(page):
            if operator == "BDC" and str(operands[0]) != "/Artifact":
                on_the_pages.add((page.obj.objgen, int(operands[1].MCID)))
    assert on_the_pages == in_the_tree


def test_the_structure_is_a_letters(opened: pikepdf.Pdf) -> None:
    kinds = [(str(parent.S), str(child.S)) for parent, child in elements(opened.Root.StructTreeRoot.K[0])]
    headings = [child for _, child in kinds if re.fullmatch("/H[1-6]", child)]
    assert headings == ["/H1", "/H2", "/H2", "/H3", "/H3"]
    assert {child for parent, child in kinds if parent == "/L"} == {"/LI"}
    assert {child for parent, child in kinds if parent == "/LI"} == {"/Lbl", "/LBody"}
    assert [child for _, child in kinds].count("/LI") == 2 + 1 + 51
    assert ("/Div", "/BlockQuote") in kinds


def test_links_say_where_they_lead(opened: pikepdf.Pdf) -> None:
    notes = [note for page in opened.pages for note in page.get("/Annots", [])]
    assert "https://letters.example/unit" in [str(note.Contents) for note in notes]
    assert all("/StructParent" in note and "/Contents" in note for note in notes)


def drawn(page: pikepdf.Page) -> Iterator[tuple[Any, str]]:
    for instruction in pikepdf.parse_content_stream(page):
        yield instruction.operands, str(instruction.operator)


def marked(element: Any) -> Iterator[tuple[tuple[int, int], int]]:
    for kid in element.get("/K", []):
        if isinstance(kid, int):
            yield element.Pg.objgen, kid
        elif "/S" in kid:
            yield from marked(kid)


def elements(element: Any) -> Iterator[tuple[Any, Any]]:
    for kid in element.get("/K", []):
        if not isinstance(kid, int) and "/S" in kid:
            yield element, kid
            yield from elements(kid)


# The same sheet, the same bytes


def test_the_same_sheet_is_the_same_bytes_in_another_process_after_other_work(setter: Setter, pdf: bytes) -> None:
    with Setter() as other:
        other.set(sheet(numbered(3)))
        assert other.set(sheet(Group("From everywhere", NAMES), numbered(40))) == pdf
    assert setter.set(sheet(Group("From everywhere", NAMES), numbered(40))) == pdf


def test_a_sheet_survives_the_way_through_json() -> None:
    whole = sheet(Group("From everywhere", NAMES), watermark="Draft")
    assert from_data(json.loads(json.dumps(as_data(whole)))) == whole


def test_whatever_is_shown_is_in_the_content_hash() -> None:
    whole = sheet(numbered(2))
    others = [
        replace(whole, text=replace(LETTER, ask="Another ask.")),
        replace(whole, fingerprint="0" * 64),
        replace(whole, version=2),
        replace(whole, groups=(numbered(1),)),
        replace(whole, undersigned=3),
        replace(whole, printing=2),
        replace(whole, watermark="Draft"),
        replace(whole, made_at="2009-10-26T09:00:01Z"),
    ]
    assert len({content_hash(other) for other in [whole, *others]}) == 9
    assert re.fullmatch("[0-9a-f]{64}", content_hash(whole))


# Nothing in it does harm


class Trap(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 (one trap at a time)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def trap() -> Iterator[str]:
    Trap.asked.clear()
    with HTTPServer(("127.0.0.1", 0), Trap) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def hostile(url: str) -> tuple[str, ...]:
    return (
        f'<img src="{url}">',
        f"<link rel=stylesheet href={url}>",
        f"<style>@import url({url}); body {{ background: url({url}) }}</style>",
        f"<link rel=attachment href={url}>",
        f'"><object data="{url}"></object>',
        f'<p style="content: url({url})">x</p>',
        f"<base href={url}>",
    )


def test_markup_in_any_field_is_printed_as_text_and_nothing_is_fetched(setter: Setter, trap: str) -> None:
    for url in (trap, "file:///etc/passwd"):
        for markup in hostile(url):
            text = LetterText(
                subject=markup,
                addressees=(Addressee(markup, markup, (markup,)),),
                cc=(markup,),
                leads=(markup,),
                date_line=markup,
                ask=markup,
                body=f"{markup}\n\n![x]({url})\n\n[x]: {url}",
                enclosures=(markup,),
                language=markup,
            )
            evil = Group(markup, (Line(markup, markup, markup, markup),))
            pdf = setter.set(replace(sheet(evil, text=text), fingerprint=markup, watermark=markup))
            assert squeezed(markup) in squeezed(read(pdf, "-raw"))
            assert "root:" not in read(pdf)
            with pikepdf.open(BytesIO(pdf)) as opened:
                assert not opened.attachments
    assert Trap.asked == []


@pytest.mark.parametrize("markup", hostile("http://evil.example/"))
def test_no_field_at_all_lets_markup_through(markup: str) -> None:
    text = LetterText(
        subject=markup,
        addressees=(Addressee(markup, markup, (markup,)),),
        cc=(markup,),
        leads=(markup,),
        date_line=markup,
        ask=markup,
        body=markup,
        enclosures=(markup,),
        language=markup,
    )
    evil = Group(markup, (Line(markup, markup, markup, markup),))
    page = html(replace(sheet(evil, text=text), fingerprint=markup, watermark=markup, made_at=markup))
    # Every field has it, so one that is not escaped shows here, whatever the fetcher behind it would refuse.
    assert markup not in page
    assert page.count(str(escape(markup))) >= 18


def squeezed(text: str) -> str:
    """Letters and brackets only: hyphens, typographer's quotes and line ends are the page's."""
    return re.sub(r"[^\w<>=/:.]", "", text)


def test_a_page_that_asks_for_other_things_than_our_fonts_gets_nothing(trap: str, tmp_path: Path) -> None:
    # The second wall: were markup ever let through, the fetcher stands behind it.
    (tmp_path / "secret.css").write_text("body::before { content: 'secret' }")
    page = "".join(hostile(trap)) + "".join(hostile((tmp_path / "secret.css").as_uri()))
    program = (
        "import sys, weasyprint; from coalition.printings.press.setter import _ours_only as ours\n"
        "f = ours(weasyprint)\n"
        "sys.stdout.buffer.write(weasyprint.HTML(string=sys.stdin.read(), url_fetcher=f).write_pdf())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=page.encode(), capture_output=True, check=True, timeout=60
    )
    with pikepdf.open(BytesIO(done.stdout)) as opened:
        assert not opened.attachments
    assert "secret" not in read(done.stdout)
    assert Trap.asked == []


def test_control_characters_and_half_characters_do_not_stop_a_printing(setter: Setter) -> None:
    text = replace(LETTER, subject="Keep\x00 the\ud800 unit\x1b", body="One\x00\x0ctwo\ufffe")
    printed = flat(read(setter.set(sheet(Group("", (Line("Ka\x00layaan\x07"),)), text=text))))
    assert re.search("Keep the.? unit", printed)
    assert "Kalayaan" in printed


def test_names_are_escaped_once_and_no_more() -> None:
    page = html(sheet(Group("", (Line("Fish & Chips <Ltd>"),))))
    assert "Fish &amp; Chips &lt;Ltd&gt;" in page


# The child process


def test_a_job_that_takes_too_long_is_ended_and_the_next_one_works() -> None:
    # Long beside the tenth of a second that the second job takes, so that a busy machine does not fail it.
    with Setter(time_limit_s=8, memory_limit_mb=16_384) as setter:
        began = time.monotonic()
        with pytest.raises(NotSet, match="longer than 8 seconds"):
            setter.set(sheet(numbered(40_000)))
        assert time.monotonic() - began < 45  # the whole of it takes minutes, and the memory to take them
        assert setter.set(sheet(numbered(2))).startswith(b"%PDF-1.7")


def test_a_job_that_needs_too_much_memory_is_ended_and_the_next_one_works() -> None:
    with Setter(memory_limit_mb=420) as setter:
        with pytest.raises(NotSet, match="memory"):
            setter.set(sheet(text=replace(LETTER, body="*many words* " * 300_000)))
        assert setter.set(sheet(numbered(2))).startswith(b"%PDF-1.7")


def test_a_child_that_was_killed_is_replaced() -> None:
    with Setter() as setter:
        first = setter.set(sheet(numbered(2)))
        for child in children():
            os.kill(child, signal.SIGKILL)
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert setter.set(sheet(numbered(2))) == first


def test_a_sheet_that_cannot_be_set_is_said_to_be_so(setter: Setter) -> None:
    broken: Sheet = replace(sheet(), groups=(Group("x", (Line(None),)),))  # type: ignore[arg-type]
    with pytest.raises(NotSet, match="failed"):
        setter.set(broken)
    assert setter.set(sheet()).startswith(b"%PDF-1.7")


def test_closing_leaves_no_process_and_no_file_behind(tmp_path: Path) -> None:
    before = children()
    setter = Setter()
    setter.set(sheet())
    (child,) = children() - before
    folder = Path(f"/proc/{child}/environ").read_bytes().split(b"TMPDIR=")[1].split(b"\0")[0].decode()
    assert Path(folder).exists()
    setter.close()
    assert children() == before
    assert not Path(folder).exists()


def test_the_child_knows_neither_keys_nor_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALITION_SECRET_KEYS", "a-key")
    before = children()
    with Setter() as setter:
        setter.set(sheet())
        (child,) = children() - before
        assert b"a-key" not in Path(f"/proc/{child}/environ").read_bytes()


def test_the_site_itself_never_loads_weasyprint() -> None:
    program = "import sys, coalition.printings.press.setting; sys.exit('weasyprint' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}
