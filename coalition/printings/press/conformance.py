"""What WeasyPrint leaves open between PDF/A-3a and PDF/UA-1, mended while it draws and just before it writes.

One file that claims both; page furniture as artifacts; names copied, searched and read aloud as written.
Sources: ISO 14289-1 (7.1: content is tagged or an artifact), ISO 19005-3 (6.6.2.3.3: a schema that is not XMP's own is
described in the packet), ISO 32000-1 (14.9.4: ActualText).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import pydyf  # type: ignore[import-untyped]
import uharfbuzz  # type: ignore[import-untyped]

from coalition.printings.press.empty_boxes import give_boxes

_UNIVERSAL_ACCESS = b"""
<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name>
      <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category>
      <pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


def conform(_: Any, pdf: Any) -> None:
    """WeasyPrint's `finisher`: completes the metadata and the marks of `pdf` in place."""
    _claim_universal_access(_object(pdf, pdf.catalog["Metadata"]))
    give_boxes(pdf)
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    in_the_tree = set(_object(pdf, root["K"][0])["K"])
    numbers = _object(pdf, root["ParentTree"])["Nums"]
    # The first entries of the parent tree are the pages', in order; the others are links'.
    for at, page in enumerate(pdf.page_references):
        content = _object(pdf, _object(pdf, page)["Contents"])
        furniture = set(_loose(pdf, numbers[2 * at + 1], in_the_tree))
        _make_artifacts(content.stream, furniture)
    for element in list(pdf.objects):
        if isinstance(element, dict) and element.get("S") == "/L":
            element["K"][:] = list(_items(pdf, element))
        if isinstance(element, dict) and element.get("S") == "/LI":
            element["K"][:] = list(_label_and_body(pdf, element))


def _claim_universal_access(metadata: Any) -> None:
    metadata.stream = [part.replace(b"</rdf:RDF>", _UNIVERSAL_ACCESS + b"</rdf:RDF>") for part in metadata.stream]


def _loose(pdf: Any, elements: Any, in_the_tree: set[bytes]) -> Iterator[int]:
    """The numbers of a page's marked contents whose elements hang nowhere in the tree, taken out of `elements`."""
    for number, reference in enumerate(elements):
        while (parent := _object(pdf, reference)["P"]) and _object(pdf, parent)["S"] != "/Document":
            reference = parent
        if reference not in in_the_tree:
            elements[number] = "null"
            yield number


def _make_artifacts(operators: list[Any], furniture: set[int]) -> None:
    for at, operator in enumerate(operators):
        if operator == b"BDC" and operators[at - 1]["MCID"] in furniture:
            operators[at - 2 : at + 1] = ["/Artifact", b"", b"BMC"]


def _items(pdf: Any, of: Any) -> Iterator[bytes]:
    """A list's items without the blocks that only place them on the page: nothing may stand between the two."""
    for reference in of["K"]:
        element = _object(pdf, reference)
        if element["S"] != "/Div":
            yield reference
            continue
        for item in element["K"]:
            _object(pdf, item)["P"] = of.reference
            yield item


def _label_and_body(pdf: Any, item: Any) -> Iterator[bytes]:
    """An item's label as it is and all else in one body; WeasyPrint gives a body only to items without blocks."""
    own = {"/Lbl", "/LBody"}
    yield from (reference for reference in item["K"] if _object(pdf, reference)["S"] in own)
    rest = [reference for reference in item["K"] if _object(pdf, reference)["S"] not in own]
    if rest:
        body = pydyf.Dictionary({"Type": "/StructElem", "S": "/LBody", "P": item.reference, "Pg": item["Pg"]})
        body["K"] = pydyf.Array(rest)
        pdf.add_object(body)
        for reference in rest:
            _object(pdf, reference)["P"] = body.reference
        yield body.reference


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


# Loose accents, and the scripts of India, whose glyphs do not stand in the order of their letters. Not scripts written
# from right to left: readers take those glyphs as they are seen, and poppler turns an ActualText of them round. And
# characters for private use, which stand for nothing by themselves.
_RESHAPED = re.compile("[\u0300-\u036f\u0900-\u1cff\ue000-\uf8ff]")
_JOINER = "\u034f"  # stands for a part of a letter that is none itself: no sign, no width, no break


def faithful(stream: Any) -> Any:
    """WeasyPrint's `stream` class, made to draw so that what is copied out of the PDF is what was put in.

    WeasyPrint gives each glyph one text for the whole document, whatever cluster it met it in first, so that "सहायता"
    was copied as "सहिायता"; and none to glyphs that are not the last of their cluster, which neither standard allows.
    """

    class FaithfulStream(stream):  # type: ignore[misc]
        @contextmanager
        def marked(self, box: Any, tag: str) -> Iterator[None]:
            with super().marked(box, tag):
                if self._tags is not None and _RESHAPED.search(getattr(box, "text", "")):
                    self.stream[-2]["ActualText"] = pydyf.String(box.text)
                yield

        def add_font(self, pango_font: Any) -> tuple[Any, float]:
            font, size = super().add_font(pango_font)
            if not isinstance(font.to_unicode, _Texts):
                font.to_unicode = _Texts(font.file_content)
            return font, size

    return FaithfulStream


class _Texts(dict[int, str]):
    """What each glyph of a font stands for: its own character where it has one, not the cluster it was met in."""

    def __init__(self, font: bytes) -> None:
        super().__init__()
        self._font = font

    def __setitem__(self, glyph: int, cluster: str) -> None:
        if len(cluster) != 1:
            own = self._own.get(glyph, _JOINER)
            cluster = own if own in cluster or not cluster else cluster
        super().__setitem__(glyph, cluster)

    @cached_property
    def _own(self) -> dict[int, str]:
        font = uharfbuzz.Font(uharfbuzz.Face(self._font))
        codes = sorted(font.face.unicodes, reverse=True)  # the first of several that look the same
        return {font.get_nominal_glyph(code): unicodedata.normalize("NFKC", chr(code)) for code in codes}


def the_same_everywhere(font: Any, codepoint: int) -> int:
    """In place of WeasyPrint's `Font.get_unused_glyph_id`: for a character that `font` lacks, a number that does not
    depend on which other ones were met before, so that pieces drawn in several processes agree."""
    number = font.missing[codepoint] = font.glyph_count + codepoint % (2**16 - font.glyph_count)
    return int(number)
