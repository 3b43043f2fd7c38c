"""What a screen reader asks: checks of ISO 14289-1 (PDF/UA-1), each named by its checkpoint in the Matterhorn Protocol.

Most of them outloud makes too; what is said twice by two that never met is more likely so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf

from tests.printings.conformance.objects import drawn, elements, is_element, kids, kind, notes, numbers


def findings(data: bytes) -> list[str]:
    with pikepdf.open(BytesIO(data)) as pdf:
        checks = (_document, _content, _parents, _headings, _lists, _figures, _links, _fields, _notes, _attachments)
        return [found for check in checks for found in check(pdf)]


def _document(pdf: pikepdf.Pdf) -> Iterator[str]:
    with pdf.open_metadata() as claims:
        if claims.get("pdfuaid:part") != "1":
            yield "06-002: it does not claim PDF/UA-1"
        if not claims.get("dc:title"):
            yield "06-003: it has no title"
    if not pdf.Root.get("/ViewerPreferences", pikepdf.Dictionary()).get("/DisplayDocTitle", False):
        yield "07-001: a reader shows the file's name, not its title"
    if not str(pdf.Root.get("/Lang", "")):
        yield "11-006: it has no language"
    if pdf.Root.get("/MarkInfo", pikepdf.Dictionary()).get("/Suspects", False):
        yield "01-001: its marks are suspect"
    if "/XFA" in pdf.Root.get("/AcroForm", pikepdf.Dictionary()):
        yield "25-001: it is an XFA form"


def _content(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Whatever is drawn stands either in an artifact or in one piece of marked content that the tree knows."""
    owners = numbers(pdf.Root.StructTreeRoot.ParentTree)
    for number, page in enumerate(pdf.pages, 1):
        of_the_page = owners.get(int(page.obj.get("/StructParents", -1)), ())
        known: set[int] = set()
        for one in drawn(page):
            tags = [tag for tag, _ in one.marks]
            marked = [int(marks.MCID) for _, marks in one.marks if marks is not None and "/MCID" in marks]
            if "/Artifact" in tags and marked:
                yield f"01-003: page {number} has content in an artifact, or the other way round"
            elif "/Artifact" not in tags and len(marked) != 1:
                yield f"01-005: page {number} draws something that is neither content nor artifact"
            known.update(marked)
        for mark in sorted(known):
            element = of_the_page[mark] if mark < len(of_the_page) else None
            if not is_element(element) or mark not in _marks(element, page):
                yield f"01-005: page {number}: nobody owns content {mark}"


def _marks(element: Any, page: pikepdf.Page) -> set[int]:
    """The numbers of the marked content on `page` that are an element's own."""
    here = element.get("/Pg", None)
    found = set()
    for kid in kids(element):
        if isinstance(kid, int) and here is not None and here.objgen == page.obj.objgen:
            found.add(kid)
        elif isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/MCR":
            at = kid.get("/Pg", here)
            if at is not None and at.objgen == page.obj.objgen:
                found.add(int(kid.MCID))
    return found


def _parents(pdf: pikepdf.Pdf) -> Iterator[str]:
    pages = {page.obj.objgen for page in pdf.pages}
    owned: Counter[tuple[Any, int]] = Counter()
    for parent, element in elements(pdf):
        if element.P.objgen != parent.objgen:
            yield f"09-004: a {element.S} hangs in a {parent.get('/S', 'tree')} and names another as its parent"
        if "/Pg" in element and element.Pg.objgen not in pages:
            yield f"09-004: a {element.S} stands on no page"
        if "/Pg" in element:
            owned.update((element.Pg.objgen, kid) for kid in kids(element) if isinstance(kid, int))
        elif any(isinstance(kid, int) for kid in kids(element)):
            yield f"09-004: a {element.S} does not say on which page its content stands"
    for (_, mark), times in owned.items():
        if times > 1:
            yield f"09-004: content {mark} is owned by several"


def _headings(pdf: pikepdf.Pdf) -> Iterator[str]:
    last = 0
    for _, element in elements(pdf):
        found = re.fullmatch("/H([1-6])", kind(pdf, element))
        if found:
            level = int(found[1])
            if level > last + 1:
                yield f"14-003: a heading of level {level} follows one of level {last}"
            last = level
    if not last:
        yield "14-002: it has no heading"


def _lists(pdf: pikepdf.Pdf) -> Iterator[str]:
    for parent, element in elements(pdf):
        mine, above = kind(pdf, element), kind(pdf, parent) if is_element(parent) else ""
        if mine == "/LI" and above != "/L":
            yield "16-001: an item stands in no list"
        if mine in ("/Lbl", "/LBody") and above not in ("/LI", "/Note", "/BibEntry", "/Form"):
            yield f"16-001: a {mine} stands in a {above}"
        below = [kind(pdf, kid) for kid in kids(element) if is_element(kid)]
        if mine == "/L" and (set(below) - {"/LI", "/L", "/Caption"} or "/LI" not in below):
            yield f"16-001: a list of {below}"
        if mine == "/LI" and (set(below) - {"/Lbl", "/LBody"} or below.count("/LBody") != 1):
            yield f"16-001: an item of {below}"


def _figures(pdf: pikepdf.Pdf) -> Iterator[str]:
    for _, element in elements(pdf):
        if kind(pdf, element) in ("/Figure", "/Formula"):
            if not str(element.get("/Alt", element.get("/ActualText", ""))).strip():
                yield f"13-004: a {element.S} has no words in its stead"
            attributes = element.get("/A", [])
            every = attributes if isinstance(attributes, pikepdf.Array) else [attributes]
            if not any("/BBox" in one for one in every if isinstance(one, pikepdf.Dictionary)):
                yield f"13-001: a {element.S} does not say where it stands"


def _links(pdf: pikepdf.Pdf) -> Iterator[str]:
    owners = numbers(pdf.Root.StructTreeRoot.ParentTree)
    hang = {kid.Obj.objgen for _, one in elements(pdf) for kid in kids(one) if _is_object(kid)}
    for page, note in notes(pdf):
        if str(note.Subtype) == "/Widget":
            continue
        if page.obj.get("/Tabs") != "/S":
            yield "28-009: one tabs through a page in no order"
        owner = owners.get(int(note.get("/StructParent", -1)))
        if note.objgen not in hang or owner is None or not is_element(owner):
            yield f"28-011: a {note.Subtype} hangs nowhere in the tree"
        elif str(note.Subtype) == "/Link" and kind(pdf, owner) != "/Link":
            yield "28-011: a link stands in something else"
        elif note.objgen not in {kid.Obj.objgen for kid in kids(owner) if _is_object(kid)}:
            yield f"28-011: a {owner.S} is said to own a link, and does not"
        if not str(note.get("/Contents", "")).strip():
            yield "28-004: a link does not say where it leads"


def _is_object(kid: Any) -> bool:
    return isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR"


def _fields(pdf: pikepdf.Pdf) -> Iterator[str]:
    """A seal's field is to be seen by nobody; any other belongs into a form."""
    hang = {kid.Obj.objgen for _, one in elements(pdf) for kid in kids(one) if _is_object(kid)}
    for _, note in notes(pdf):
        left, low, right, high = map(float, note.Rect)
        unseen = (left, low) == (right, high) or int(note.get("/F", 0)) & 2
        if str(note.Subtype) == "/Widget" and not unseen and (note.objgen not in hang or "/TU" not in note):
            yield "28-010: a form field stands in no form, or has no name"


def _notes(pdf: pikepdf.Pdf) -> Iterator[str]:
    found = [str(element.get("/ID", "")) for _, element in elements(pdf) if kind(pdf, element) == "/Note"]
    if "" in found or len(set(found)) < len(found):
        yield "19-003: a note has no name of its own"


def _attachments(pdf: pikepdf.Pdf) -> Iterator[str]:
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and "/EF" in thing and not {"/F", "/UF", "/Desc"} <= set(thing.keys()):
            yield f"21-001: {thing.get('/UF')} is attached without a word"
