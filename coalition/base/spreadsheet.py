"""CSV that opens in a spreadsheet as what it is: text."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from coalition.base.clock import iso

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a header row (RFC 4180); moments as ISO 8601 in UTC; nothing that a spreadsheet would calculate."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    text = "" if value is None else str(value)
    # OWASP's advice on CSV injection: an apostrophe makes a spreadsheet show the cell as it was written.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
