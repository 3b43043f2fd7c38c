"""Sets sheets as PDFs: the child process of `setting`, and the only place that knows WeasyPrint.

`python -m coalition.printings.press.setter MEGABYTES` reads jobs on standard input and answers on standard output.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import uharfbuzz  # type: ignore[import-untyped]

from coalition.base import apart
from coalition.base.settings import TEMPLATES
from coalition.printings.press.conformance import conform, faithful
from coalition.printings.press.layout import Receipt, from_data, html

FONT_SCHEME, LOGO_SCHEME = "coalition-font:", "coalition-logo:"
_SERIF = ("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf")
_SERIF_ITALIC = ("fontpkg_source_serif_4", "SourceSerif4-Italic[opsz,wght].ttf")
_HINDI = ("fontpkg_noto_sans_devanagari", "NotoSansDevanagari[wdth,wght].ttf")
_FONTS: dict[str, tuple[tuple[str, str], dict[str, float]]] = {  # name in the style sheet: file, place on its axes
    "serif": (_SERIF, {"wght": 400, "opsz": 11}),
    "serif-bold": (_SERIF, {"wght": 600, "opsz": 11}),
    "serif-italic": (_SERIF_ITALIC, {"wght": 400, "opsz": 11}),
    "serif-bold-italic": (_SERIF_ITALIC, {"wght": 600, "opsz": 11}),
    "arabic": (("fontpkg_amiri", "Amiri-Regular.ttf"), {}),
    "arabic-bold": (("fontpkg_amiri", "Amiri-Bold.ttf"), {}),
    "hindi": (_HINDI, {"wght": 400, "wdth": 100}),
    "hindi-bold": (_HINDI, {"wght": 600, "wdth": 100}),
}


def main() -> None:
    apart.serve(_warm, "Setting this PDF")


def _warm() -> Callable[[bytes], bytes]:
    set_pdf = warm_press()

    def do(job: bytes) -> bytes:
        asked = json.loads(job)
        return set_pdf(asked["sheet"], {sha256: base64.b64decode(data) for sha256, data in asked["pictures"].items()})

    return do


def warm_press() -> Callable[..., bytes]:
    """Loads WeasyPrint, our fonts and our style sheet once; the function it gives sets one sheet's data as a PDF.

    Its second argument are the logos that may be printed, by their SHA-256.
    """
    _shut_out_the_machine()
    warnings.filterwarnings("ignore", message="No fonts configured in FontConfig")  # as meant
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    weasyprint.pdf.Stream = faithful(weasyprint.pdf.Stream)
    fonts = FontConfiguration()
    fetcher = _ours_only(weasyprint)
    letter, receipt = (
        weasyprint.CSS(string=(TEMPLATES / "pdf" / name).read_text(), url_fetcher=fetcher, font_config=fonts)
        for name in ("letter.css", "receipt.css")
    )

    def set_pdf(data: Mapping[str, Any], pictures: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
        sheet = from_data(data)
        fetcher.pictures = pictures
        page = weasyprint.HTML(string=html(sheet), base_url=None, url_fetcher=fetcher)
        _give_names_their_direction(page.etree_element)
        _pair_the_undersigned(page.etree_element)
        styles = [letter, receipt] if isinstance(sheet, Receipt) else [letter]
        options = {"stylesheets": styles, "font_config": fonts, "pdf_variant": "pdf/a-3a"}
        return bytes(page.write_pdf(finisher=conform, **options))

    return set_pdf


def _shut_out_the_machine() -> None:
    # No font of this machine may slip into a PDF: the same sheet is the same bytes on every machine. Fontconfig reads
    # this when WeasyPrint is loaded.
    os.environ["FONTCONFIG_FILE"] = str(TEMPLATES / "pdf" / "fonts.conf")


def _ours_only(weasyprint: Any) -> Any:
    class OursOnly(weasyprint.URLFetcher):  # type: ignore[misc]
        """Answers for our fonts and the job's logos. Nothing else a page asks for is there: no network, no file."""

        pictures: Mapping[str, bytes] = MappingProxyType({})

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            return weasyprint.urls.URLFetcherResponse(url, self._found(url))

        def _found(self, url: str) -> bytes:
            if url.startswith(FONT_SCHEME) and url.removeprefix(FONT_SCHEME) in _FONTS:
                return _font(url.removeprefix(FONT_SCHEME))
            if url.startswith(LOGO_SCHEME) and url.removeprefix(LOGO_SCHEME) in self.pictures:
                return self.pictures[url.removeprefix(LOGO_SCHEME)]
            raise ValueError(f"neither a font of ours nor a logo of this job: {url}")

    return OursOnly(allowed_protocols=())


def _font(name: str) -> bytes:
    (package, file), axes = _FONTS[name]
    font = (files(package) / "files" / file).read_bytes()
    if not axes:
        return font
    # A variable font would be cut to a static one again in every job, once for each size: half of a letter's time.
    face = uharfbuzz.Face(font)
    wanted = uharfbuzz.SubsetInput()
    wanted.keep_everything()
    for axis, place in axes.items():
        wanted.pin_axis_location(face, axis, place)
    return bytes(uharfbuzz.subset(face, wanted).blob.data)


def _give_names_their_direction(root: Any) -> None:
    # Browsers do this themselves for <bdi> and dir="auto"; WeasyPrint knows only the property.
    for element in root.iter():
        if element.tag == "bdi" or element.get("dir") == "auto":
            element.set("dir", _direction("".join(element.itertext())))


def _pair_the_undersigned(root: Any) -> None:
    # Two names side by side are two inline blocks in one line. WeasyPrint's time for a line grows with the square of
    # what its paragraph holds, so each pair is made a block: no float, column, grid or table, and no name lost.
    for undersigned in root.iter("ul"):
        if undersigned.get("class") == "undersigned-list":
            lines = list(undersigned)
            undersigned[:] = [_pair(lines[at : at + 2]) for at in range(0, len(lines), 2)]


def _pair(lines: list[Any]) -> Any:
    pair = ElementTree.Element("div", {"class": "undersigned-pair"})
    for line in lines:
        line.tail = None
        pair.append(line)
    return pair


def _direction(text: str) -> str:
    strong = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


if __name__ == "__main__":
    main()
