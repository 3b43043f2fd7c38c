"""What an archive asks: checks of ISO 19005-3 (PDF/A-3a), each named by its clause. Not all of them: qpdf reads the
syntax, and veraPDF knows the rest, where it is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pikepdf

from tests.printings.conformance.fonts import fonts
from tests.printings.conformance.objects import elements, kind, notes

_FILTERS = {"/FlateDecode", "/DCTDecode", "/ASCIIHexDecode", "/ASCII85Decode", "/RunLengthDecode", "/JPXDecode"}
_BLEND_MODES = {
    *("/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn"),
    *("/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity"),
}
_ACTIONS = {"/GoTo", "/GoToR", "/GoToE", "/Thread", "/URI", "/Named", "/SubmitForm"}
_INVISIBLE, _HIDDEN, _PRINT, _NO_VIEW, _TOGGLE_NO_VIEW = 1, 2, 4, 32, 256
STANDARD = {
    *("/Document", "/Part", "/Art", "/Sect", "/Div", "/BlockQuote", "/Caption", "/TOC", "/TOCI", "/Index"),
    *("/NonStruct", "/Private", "/P", "/H", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/L", "/LI", "/Lbl", "/LBody"),
    *("/Table", "/TR", "/TH", "/TD", "/THead", "/TBody", "/TFoot", "/Span", "/Quote", "/Note", "/Reference"),
    *("/BibEntry", "/Code", "/Link", "/Annot", "/Ruby", "/RB", "/RT", "/RP", "/Warichu", "/WT", "/WP", "/Figure"),
    *("/Formula", "/Form"),
}
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_CLAIM = "{http://www.aiim.org/pdfa/ns/id/}"
_KNOWN_SCHEMAS = {
    "http://purl.org/dc/elements/1.1/",
    "http://ns.adobe.com/xap/1.0/",
    "http://ns.adobe.com/xap/1.0/mm/",
    "http://ns.adobe.com/pdf/1.3/",
    "http://www.aiim.org/pdfa/ns/id/",
    "http://www.aiim.org/pdfa/ns/extension/",
}


def findings(data: bytes) -> list[str]:
    with pikepdf.open(BytesIO(data)) as pdf:
        checks = (_objects, _colours, _fonts, _notes, _doors, _metadata, _tree, _attachments)
        return [*_outside(data), *(found for check in checks for found in check(pdf))]


def _outside(data: bytes) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4}", data):
        yield "6.1.2: the file does not begin as it must"
    if not re.search(rb"%%EOF[\r\n]{0,2}$", data):
        yield "6.1.3: something stands behind the end"


def _objects(pdf: pikepdf.Pdf) -> Iterator[str]:
    if "/Encrypt" in pdf.trailer or "/ID" not in pdf.trailer:
        yield "6.1.3: the trailer has no ID, or the file is encrypted"
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            used = thing.get("/Filter", pikepdf.Array())
            for name in map(str, used if isinstance(used, pikepdf.Array) else [used]):
                if name not in _FILTERS:
                    yield f"6.1.7.2: a stream uses the filter {name}"
            if {"/F", "/FFilter", "/FDecodeParms"} & set(thing.keys()):
                yield "6.1.7.1: a stream's data stands outside the file"
            yield from _picture(thing)
        yield from _limits(thing)


def _picture(stream: Any) -> Iterator[str]:
    if stream.get("/Subtype") == "/Image":
        if stream.get("/Interpolate", False):
            yield "6.2.8: an image asks to be interpolated"
        if "/Alternates" in stream or "/OPI" in stream:
            yield "6.2.8: an image has another in its stead"
    if stream.get("/Subtype") == "/PS" or "/PS" in stream or ("/Ref" in stream and "/BBox" in stream):
        yield "6.2.9: PostScript, or a page of another file"


def _limits(thing: Any) -> Iterator[str]:
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.String) and len(bytes(one)) > 32767:
            yield "6.1.13: a string is longer than 32,767 bytes"
        elif isinstance(one, pikepdf.Name) and len(bytes(str(one), "utf-8")) > 128:
            yield f"6.1.13: the name {one} is longer than 127 bytes"
        elif isinstance(one, int) and not -(2**31) <= one < 2**31:
            yield f"6.1.13: {one} is too large"
        elif isinstance(one, pikepdf.Array):
            waiting.extend(kid for kid in one if not _is_elsewhere(kid))
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            waiting.extend(kid for _, kid in one.items() if not _is_elsewhere(kid))


def _is_elsewhere(thing: Any) -> bool:
    return isinstance(thing, pikepdf.Object) and thing.is_indirect


def _colours(pdf: pikepdf.Pdf) -> Iterator[str]:
    """One profile for red, green and blue; with it a page may be transparent without saying more (6.2.10)."""
    intents = [one for one in pdf.Root.get("/OutputIntents", []) if one.get("/S") == "/GTS_PDFA1"]
    if len(intents) != 1:
        yield f"6.2.3: {len(intents)} output intents"
        return
    profile = intents[0].DestOutputProfile
    head = profile.read_bytes()[:20]
    if profile.N != 3 or head[16:20] != b"RGB " or head[12:16] != b"mntr" or not 2 <= head[8] <= 4:
        yield "6.2.3: the output intent's profile is not one of a screen's red, green and blue"
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            continue
        if str(thing.get("/ColorSpace", "")) == "/DeviceCMYK":
            yield "6.2.4.3: printer's colours without their profile"
        mode = thing.get("/BM", "/Normal")
        for name in mode if isinstance(mode, pikepdf.Array) else [mode]:
            if str(name) not in _BLEND_MODES:
                yield f"6.2.10: the blend mode {name}"
        if {"/TR", "/HTP"} & set(thing.keys()) and "/S" not in thing:
            yield "6.2.5: a graphics state with a transfer function"
    for page in pdf.pages:
        for instruction in pikepdf.parse_content_stream(page):
            if str(instruction.operator) in ("k", "K"):
                yield "6.2.4.3: printer's colours without their profile"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for font in fonts(pdf):
        if not font.program:
            yield f"6.2.11.4: {font.name} is not embedded"
            continue
        if not font.is_identity:
            yield f"6.2.11.3: {font.name} does not say which glyph a character is"
        for code in sorted(font.used):
            glyph = font.glyph(code)
            text = font.texts.get(code, "")
            if glyph == 0:
                yield f"6.2.11.8: {font.name} shows the sign for no glyph, for “{text}”"
            elif glyph >= len(font.advances):
                yield f"6.2.11.4: {font.name} has no glyph {glyph}"
            elif abs(font.advances[glyph] - font.widths.get(glyph, 1000)) > 1:
                yield f"6.2.11.5: {font.name}, glyph {glyph}: {font.widths.get(glyph)} is not {font.advances[glyph]}"
            if not text or set(text) & set("\0\ufeff\ufffe"):
                yield f"6.2.11.7: {font.name}, code {code:04x} stands for no character"


def _notes(pdf: pikepdf.Pdf) -> Iterator[str]:
    for _, note in notes(pdf):
        subtype, flags = str(note.Subtype), int(note.get("/F", 0))
        if subtype in ("/Sound", "/Movie", "/Screen", "/3D", "/FileAttachment"):
            yield f"6.3.1: a note of type {subtype}"
        if subtype != "/Popup" and flags & (_INVISIBLE | _HIDDEN | _PRINT | _NO_VIEW | _TOGGLE_NO_VIEW) != _PRINT:
            yield f"6.3.2: a {subtype} that is not printed as it is seen ({flags})"
        left, low, right, high = map(float, note.Rect)
        if subtype not in ("/Popup", "/Link") and "/AP" not in note and (left, low) != (right, high):
            yield f"6.3.3: a {subtype} without a picture"
        if subtype == "/Widget" and ("/A" in note or "/AA" in note):
            yield "6.4.1: a form field that does something"
        if str(note.get("/A", pikepdf.Dictionary()).get("/S", "/URI")) not in _ACTIONS:
            yield f"6.5.1: a link that does {note.A.S}"


def _doors(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Nothing in it runs, nothing waits for a program of its own, nobody but us locks it."""
    for name in ("/AA", "/Requirements", "/NeedsRendering", "/OCProperties", "/Collection"):
        if name in pdf.Root:
            yield f"6.5: the document has {name}"
    names = pdf.Root.get("/Names", pikepdf.Dictionary())
    if "/JavaScript" in names or "/AlternatePresentations" in names:
        yield "6.5.1: a script, or another presentation"
    form = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    if "/XFA" in form or form.get("/NeedAppearances", False):
        yield "6.4.2: a form that a program must fill in first"
    if set(pdf.Root.get("/Perms", pikepdf.Dictionary()).keys()) - {"/DocMDP", "/UR3"}:
        yield "6.1.12: unknown permissions"
    for page in pdf.pages:
        if "/AA" in page.obj or "/PresSteps" in page.obj:
            yield "6.5.2: a page that does something"
        width, height = (float(side) for side in list(page.mediabox)[2:])
        if not (3 <= width <= 14400 and 3 <= height <= 14400):
            yield "6.1.13: a page of an impossible size"


def _metadata(pdf: pikepdf.Pdf) -> Iterator[str]:
    packet = pdf.Root.Metadata.read_bytes()
    if re.match(rb"<\?xpacket[^>]*(encoding|bytes)=", packet):
        yield "6.6.2.1: the packet's head names an encoding"
    tree = ElementTree.fromstring(packet)  # noqa: S314 (our own)
    values: dict[str, str] = {}
    for description in tree.iter(f"{_RDF}Description"):
        values |= description.attrib | {child.tag: (child.text or "") for child in description}
    if (values.get(f"{_CLAIM}part"), values.get(f"{_CLAIM}conformance")) != ("3", "A"):
        yield "6.6.4: it does not claim PDF/A-3a"
    described = {uri.text for uri in tree.iter("{http://www.aiim.org/pdfa/ns/schema#}namespaceURI")}
    for tag in values:
        schema = tag[1:].partition("}")[0]
        if schema not in _KNOWN_SCHEMAS | described and not tag.startswith(_RDF):
            yield f"6.6.2.3: {tag} is not described"


def _tree(pdf: pikepdf.Pdf) -> Iterator[str]:
    if not pdf.Root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False) or "/StructTreeRoot" not in pdf.Root:
        yield "6.7.2: it is not tagged"
        return
    for name in {str(element.S) for _, element in elements(pdf) if kind(pdf, element) not in STANDARD}:
        yield f"6.7.3: nobody says what {name} is"
    languages = {str(element.Lang) for _, element in elements(pdf) if "/Lang" in element}
    for language in {str(pdf.Root.get("/Lang", "")), *languages}:
        if not re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", language):
            yield f"6.7.4: “{language}” is no language"


def _attachments(pdf: pikepdf.Pdf) -> Iterator[str]:
    listed = {one.objgen for one in pdf.Root.get("/AF", [])}
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary) or "/EF" not in thing:
            continue
        name = str(thing.get("/UF", "?"))
        if "/F" not in thing or "/UF" not in thing or "/AFRelationship" not in thing:
            yield f"6.8: {name} does not say what it is to the document"
        if thing.objgen not in listed:
            yield f"6.8: {name} is not among the document's files"
        for file in thing.EF.values():
            if "/Subtype" not in file or "/ModDate" not in file.get("/Params", pikepdf.Dictionary()):
                yield f"6.8: {name} has no type or date"
