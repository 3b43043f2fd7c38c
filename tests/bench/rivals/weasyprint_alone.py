"""WeasyPrint by itself on the same HTML: as warm as ours, with the same fonts and style sheet, and nothing around it.

Reads the names of HTML files on standard input, a line each; answers each with the seconds that its PDF took.
"""

import sys
import time
import warnings
from pathlib import Path

from coalition.base.settings import TEMPLATES
from coalition.printings.press.setter import FONT_SCHEME, _font, _shut_out_the_machine

_shut_out_the_machine()
warnings.filterwarnings("ignore", message="No fonts configured in FontConfig")
import weasyprint  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402


class Fonts(weasyprint.URLFetcher):
    """Our fonts, cut as the setter cuts them: WeasyPrint would do that anew for each letter, and be half as fast."""

    def fetch(self, url, headers=None):
        return weasyprint.urls.URLFetcherResponse(url, _font(url.removeprefix(FONT_SCHEME)))


fonts, fetcher = FontConfiguration(), Fonts(allowed_protocols=())
style = weasyprint.CSS(string=(TEMPLATES / "pdf" / "letter.css").read_text(), url_fetcher=fetcher, font_config=fonts)
print("ready", flush=True)
for line in sys.stdin:
    html = Path(line.strip()).read_text()
    begun = time.perf_counter()
    page = weasyprint.HTML(string=html, url_fetcher=fetcher)
    pdf = page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/a-3a")
    assert pdf.startswith(b"%PDF")
    print(time.perf_counter() - begun, flush=True)
