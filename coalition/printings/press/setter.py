"""Sets sheets as PDFs: the child process of `setting`, and the only place that knows WeasyPrint.

`python -m coalition.printings.press.setter MEGABYTES` reads jobs on standard input and answers on standard output.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import uharfbuzz  # type: ignore[import-untyped]

from coalition.base import apart
from coalition.base.settings import TEMPLATES
from coalition.printings.press import binder, galleys, lines
from coalition.printings.press.binding import bind_words
from coalition.printings.press.conformance import faithful, the_same_everywhere
from coalition.printings.press.layout import Receipt, Sheet, from_data, lines_html
from coalition.printings.press.lines import direction
from coalition.printings.press.logos import size_logos
from coalition.printings.press.parcels import unpacked
from coalition.printings.sealing.attachments import from_data as attachment_from_data

FONT_SCHEME, LOGO_SCHEME = "coalition-font:", "coalition-logo:"
_SERIF = ("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf")
_SERIF_ITALIC = ("fontpkg_source_serif_4", "SourceSerif4-Italic[opsz,wght].ttf")
_HINDI = ("fontpkg_noto_sans_devanagari", "NotoSansDevanagari[wdth,wght].ttf")
_FONTS: dict[str, tuple[tuple[str, str], dict[str, float]]] = {  # name in the style sheet: file, place on its axes
    "serif": (_SERIF, {"wght": 400, "opsz": 11}),
    "serif-bold": (_SERIF, {"wght": 600, "opsz": 11}),
    "serif-italic": (_SERIF_ITALIC, {"wght": 400, "opsz": 11}),
    "serif-bold-italic": (_SERIF_ITALIC, {"wght": 600, "opsz": 11}),
    "small": (_SERIF, {"wght": 400, "opsz": 8}),
    "small-bold": (_SERIF, {"wght": 600, "opsz": 8}),
    "small-italic": (_SERIF_ITALIC, {"wght": 400, "opsz": 8}),
    "large-bold": (_SERIF, {"wght": 600, "opsz": 20}),
    "large-italic": (_SERIF_ITALIC, {"wght": 400, "opsz": 14}),
    "arabic": (("fontpkg_amiri", "Amiri-Regular.ttf"), {}),
    "arabic-bold": (("fontpkg_amiri", "Amiri-Bold.ttf"), {}),
    "hindi": (_HINDI, {"wght": 400, "wdth": 100}),
    "hindi-bold": (_HINDI, {"wght": 600, "wdth": 100}),
}


def main() -> None:
    apart.serve(_warm, "Setting this PDF")


def _warm() -> Callable[[bytes], bytes]:
    press = Press()

    def do(job: bytes) -> bytes:
        (kind, data, names), pieces = unpacked(job)
        sheet, pictures = from_data(data), dict(zip(names, pieces, strict=False))
        if kind == "galley" and isinstance(sheet, Sheet):
            return press.galley(sheet, pictures)
        return press.bind(sheet, pictures, pieces[len(names) :])

    return do


class Press:
    """WeasyPrint, our fonts and our style sheets, loaded once and kept warm."""

    def __init__(self) -> None:
        _shut_out_the_machine()
        warnings.filterwarnings("ignore", message="No fonts configured in FontConfig")  # as meant
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        weasyprint.pdf.Stream = faithful(weasyprint.pdf.Stream)
        weasyprint.pdf.fonts.Font.get_unused_glyph_id = the_same_everywhere
        self._weasyprint = weasyprint
        self._fonts = FontConfiguration()
        self.fetcher = _ours_only(weasyprint)
        self._letter, self._receipt = (
            weasyprint.CSS(string=style.read_text(), url_fetcher=self.fetcher, font_config=self._fonts)
            for style in (TEMPLATES / "pdf" / "letter.css", TEMPLATES / "pdf" / "receipt.css")
        )

    def galley(self, chunk: Sheet, pictures: Mapping[str, bytes]) -> bytes:
        """The lines of a chunk, drawn and ready to be placed."""
        self.fetcher.pictures = pictures
        return galleys.to_bytes(lines.galley(self.document, lines_html(chunk)))

    def bind(self, sheet: Sheet | Receipt, pictures: Mapping[str, bytes], pieces: Sequence[bytes]) -> bytes:
        """The whole PDF of a sheet whose lines are in galleys. The last piece holds what is attached."""
        self.fetcher.pictures = pictures
        *drawn, attached = pieces
        attachments = [attachment_from_data(data) for data in json.loads(attached)]
        all_galleys = [galleys.from_bytes(piece) for piece in drawn]
        return binder.bind(self.document, self._picture, sheet, all_galleys, attachments)

    def _picture(self, address: str) -> Any:
        return self._weasyprint.images.get_image_from_uri({}, self.fetcher, self._weasyprint.DEFAULT_OPTIONS, address)

    def document(self, html: str) -> Any:
        """What WeasyPrint makes of our HTML: pages that are laid out."""
        page = self._weasyprint.HTML(string=html, base_url=None, url_fetcher=self.fetcher)
        _give_names_their_direction(page.etree_element)
        size_logos(page.etree_element, self.fetcher.pictures)
        for letter in page.etree_element.iter("article"):
            bind_words(letter)
        styles = [self._letter, self._receipt]
        return page.render(stylesheets=styles, font_config=self._fonts, pdf_variant="pdf/a-3a")


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
            element.set("dir", direction("".join(element.itertext())))


if __name__ == "__main__":
    main()
