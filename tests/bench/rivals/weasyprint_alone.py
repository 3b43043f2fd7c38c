"""WeasyPrint by itself on the same HTML: as warm as ours, with the same fonts and style sheet, and nothing around it.

Names stand as blocks, two to a line, as in ours: of all that WeasyPrint can do this is the quickest.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from coalition.base.settings import TEMPLATES
from coalition.printings.press import setter
from tests.bench.rivals.answering import answer


def warm(arrange: Callable[[Any], None], more: str = "") -> Callable[[Path], bytes]:
    """WeasyPrint with our fonts, cut as the setter cuts them: it would do that anew for each letter, half as fast."""
    setter._shut_out_the_machine()
    warnings.filterwarnings("ignore", message="No fonts configured in FontConfig")
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    class Fonts(weasyprint.URLFetcher):
        def fetch(self, url, headers=None):
            return weasyprint.urls.URLFetcherResponse(url, setter._font(url.removeprefix(setter.FONT_SCHEME)))

    fonts, fetcher = FontConfiguration(), Fonts(allowed_protocols=())
    style = (TEMPLATES / "pdf" / "letter.css").read_text() + more
    css = weasyprint.CSS(string=style, url_fetcher=fetcher, font_config=fonts)

    def set_pdf(folder: Path) -> bytes:
        page = weasyprint.HTML(string=(folder / "page.html").read_text(), url_fetcher=fetcher)
        arrange(page.etree_element)
        return bytes(page.write_pdf(stylesheets=[css], font_config=fonts, pdf_variant="pdf/a-3a"))

    return set_pdf


def blocks(root: Any) -> None:
    setter._give_names_their_direction(root)
    for names in root.iter("ul"):
        if "undersigned-list" in (names.get("class") or ""):
            lines = list(names)
            names[:] = [pair("div", lines[at : at + 2]) for at in range(0, len(lines), 2)]


def pair(tag: str, lines: list[Any]) -> Any:
    """Two names in an element of their own. WeasyPrint's time for a line grows with the square of what its paragraph
    holds, so that a list of inline blocks would take minutes.
    """
    element = ElementTree.Element(tag)
    for line in lines:
        line.tail = None
        element.append(line)
    return element


if __name__ == "__main__":
    answer("weasyprint_alone", warm(blocks), ", not PDF/UA, not sealed")
