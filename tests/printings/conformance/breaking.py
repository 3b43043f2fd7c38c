"""Ways to break a good PDF, each with the checker that must see it."""

import re
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name

Break = Callable[[pikepdf.Pdf], None]


def _redrawn(change: Callable[[bytes], bytes]) -> Break:
    """Changes what is drawn on the first page."""

    def breaks(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        was = page.Contents.read_bytes()
        now = change(was)
        assert now != was
        page.Contents = pdf.make_stream(now)

    return breaks


def _drawn_too(more: bytes) -> Break:
    return _redrawn(lambda was: was + b"\n" + more)


def _in_metadata(was: bytes, now: bytes) -> Break:
    def breaks(pdf: pikepdf.Pdf) -> None:
        packet = pdf.Root.Metadata.read_bytes()
        assert was in packet
        pdf.Root.Metadata.write(packet.replace(was, now))

    return breaks


def _put(thing: Callable[[pikepdf.Pdf], pikepdf.Object], name: str, value: object = None) -> Break:
    """Gives a thing another value, or takes it."""

    def breaks(pdf: pikepdf.Pdf) -> None:
        if value is None:
            del thing(pdf)[name]
        else:
            thing(pdf)[name] = value

    return breaks


def _called(kind: str, other: str) -> Break:
    """Calls the first structure element of a kind something else."""
    return _put(_element(kind), "/S", Name(other))


def _element(kind: str) -> Callable[[pikepdf.Pdf], pikepdf.Object]:
    def first(pdf: pikepdf.Pdf) -> pikepdf.Object:
        dictionaries = (one for one in pdf.objects if isinstance(one, Dictionary))
        return next(one for one in dictionaries if str(one.get("/S")) == kind and "/P" in one and "/K" in one)

    return first


def _root(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.Root


def _link(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return next(note for page in pdf.pages for note in page.obj.get("/Annots", Array()))


def _font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return next(iter(pdf.pages[0].resources.Font.as_dict().values()))


def _inner_font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return _font(pdf).DescendantFonts[0]


def _descriptor(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return _inner_font(pdf).FontDescriptor


def _a_foster_child(pdf: pikepdf.Pdf) -> None:
    _element("/LI")(pdf).P = _element("/H1")(pdf)


def _no_tabs(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        if "/Tabs" in page.obj:
            del page.obj["/Tabs"]


def _attach(pdf: pikepdf.Pdf) -> None:
    file = pdf.make_stream(b"words")
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array()))
    pdf.Root.X = pdf.make_indirect(Dictionary(Type=Name.Filespec, UF="letter.md", EF=Dictionary(F=file)))


def _forget_a_letter(pdf: pikepdf.Pdf) -> None:
    """Takes the text of the first letter in the table of what codes stand for."""
    table = _font(pdf).ToUnicode
    table.write(re.sub(rb"(<[0-9a-f]{4}>) <(?!ffff)[0-9a-f]+>", rb"\1 <>", table.read_bytes(), count=1))


def _blend(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].resources.ExtGState = Dictionary(a=pdf.make_indirect(Dictionary(BM=Name.Mix)))


def _stream(**values: object) -> Break:
    def breaks(pdf: pikepdf.Pdf) -> None:
        pdf.Root.X = pdf.make_stream(b"words", **values)

    return breaks


_OTHERS: dict[str, tuple[str, str, Break]] = {  # what is broken: who must see it, how it says so, how to break it
    "a drawing that breaks off": ("qpdf", "", _redrawn(lambda was: b"(")),
    "a font left out": ("pdffonts", " no ", _put(_descriptor, "/FontFile2")),
    "an unknown word in a drawing": ("MuPDF", "", _drawn_too(b"(x) Tx q q")),
    "a drawing without marks": ("outloud", "TAG-001", _drawn_too(b"0 0 9 9 re f")),
    "a link without its words": ("outloud", "LNK-002", _put(_link, "/Contents")),
    "a title that is not shown": ("outloud", "DOC-011", _put(_root, "/ViewerPreferences")),
    "a letter that stands for none": ("outloud", "TXT-003", _forget_a_letter),
    "a picture for a quotation": ("outloud", "FIG-001", _called("/BlockQuote", "/Figure")),
}
_FOR_READERS: dict[str, tuple[str, Break]] = {
    "no marks around it": ("01-005", _drawn_too(b"0 0 9 9 re f")),
    "content in an artifact": ("01-003", _redrawn(lambda was: b"/Artifact BMC\n" + was + b"\nEMC")),
    "content that nobody owns": ("01-005", _redrawn(lambda was: re.sub(rb"/MCID 0\b", b"/MCID 9999", was, count=1))),
    "no claim to universal access": ("06-002", _in_metadata(b"pdfuaid:part", b"pdfuaid:port")),
    "the file's name for a title": ("07-001", _put(_root, "/ViewerPreferences")),
    "no language": ("11-006", _put(_root, "/Lang")),
    "a child that names another parent": ("09-004", _a_foster_child),
    "a level of headings left out": ("14-003", _called("/H2", "/H4")),
    "no body in a list's item": ("16-001", _called("/LBody", "/P")),
    "an item in no list": ("16-001", _called("/L", "/Div")),
    "a picture without words": ("13-004", _called("/BlockQuote", "/Figure")),
    "a picture that stands nowhere": ("13-001", _called("/BlockQuote", "/Figure")),
    "a link outside the tree": ("28-011", _put(_link, "/StructParent", 99999)),
    "a link that says nothing": ("28-004", _put(_link, "/Contents")),
    "no order to tab through": ("28-009", _no_tabs),
    "a note without a name": ("19-003", _called("/BlockQuote", "/Note")),
    "an attachment without a word": ("21-001", _attach),
}
_FOR_ARCHIVES: dict[str, tuple[str, Break]] = {
    "no claim to be an archive's": ("6.6.4", _in_metadata(b"pdfaid:conformance", b"pdfaid:confirmance")),
    "metadata nobody describes": ("6.6.2.3", _in_metadata(b"pdfaSchema:namespaceURI", b"pdfaSchema:uri")),
    "no colours of its own": ("6.2.3", _put(_root, "/OutputIntents")),
    "printer's colours": ("6.2.4.3", _drawn_too(b"0 0 0 1 k")),
    "an unknown way of blending": ("6.2.10", _blend),
    "a font elsewhere": ("6.2.11.4", _put(_descriptor, "/FontFile2")),
    "a font without its map": ("6.2.11.3", _put(_inner_font, "/CIDToGIDMap")),
    "letters wider than they are": ("6.2.11.5", _put(_inner_font, "/W")),
    "a letter without its text": ("6.2.11.7", _forget_a_letter),
    "a letter no font has": ("6.2.11.8", _redrawn(lambda was: re.sub(rb"<[0-9a-f]{4}", b"<0000", was, count=1))),
    "a link that is not printed": ("6.3.2", _put(_link, "/F", 2)),
    "a link that starts a program": ("6.5.1", _put(_link, "/A", Dictionary(S=Name.Launch))),
    "a script at the door": ("6.5", _put(_root, "/AA", Dictionary())),
    "a form of its own kind": ("6.4.2", _put(lambda pdf: pdf.Root.AcroForm, "/XFA", Array())),
    "a kind of element nobody knows": ("6.7.3", _called("/P", "/Paragraph")),
    "words in no language": ("6.7.4", _put(_root, "/Lang", "no such language")),
    "an attachment that is nothing to the letter": ("6.8", _attach),
    "a filter not allowed": ("6.1.7.2", _stream(Filter=Name.LZWDecode)),
    "a picture smoothed at will": ("6.2.8", _stream(Subtype=Name.Image, Interpolate=True)),
    "too long a word": ("6.1.13", _put(_root, "/X", "x" * 40_000)),
}
BREAKS = {
    **_OTHERS,
    **{what: ("readers, ours", *how) for what, how in _FOR_READERS.items()},
    **{what: ("archives, ours", *how) for what, how in _FOR_ARCHIVES.items()},
}
