"""WeasyPrint by itself with the names in a table of two columns, as most would have it."""

from typing import Any

from coalition.printings.press import setter
from tests.bench.rivals.answering import answer
from tests.bench.rivals.weasyprint_alone import pair, warm

STYLE = """
table { width: 100%; border-collapse: collapse }
td { width: 50%; padding: 0 1.5% 5pt 0; vertical-align: top }
tr { break-inside: avoid }
"""


def table(root: Any) -> None:
    setter._give_names_their_direction(root)
    for names in root.iter("ul"):
        if "undersigned-list" in (names.get("class") or ""):
            lines = list(names)
            names.tag = "table"
            names[:] = [pair("tr", lines[at : at + 2]) for at in range(0, len(lines), 2)]
            for line in lines:
                line.tag = "td"
                del line.attrib["class"]


if __name__ == "__main__":
    answer("weasyprint_table", warm(table, STYLE), ", not PDF/UA, not sealed")
