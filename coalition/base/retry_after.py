"""How long an HTTP answer asks us to wait (RFC 9110, 10.2.3)."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

from coalition.base.clock import now

UNSAID = timedelta(minutes=1)


def retry_after(header: str | None) -> timedelta:
    """Seconds or a date; a minute where nothing is said that can be read. At least a second, at most a day."""
    said = (header or "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        wait = timedelta(seconds=int(said))
    else:
        try:
            wait = parsedate_to_datetime(said) - now()
        except (TypeError, ValueError):  # not a date, or one without a zone
            wait = UNSAID
    return min(max(wait, timedelta(seconds=1)), timedelta(days=1))
