"""What a service outside says in place of an answer: nothing that can be used, or that we should wait."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

from coalition.base.clock import now

UNSAID = timedelta(minutes=1)


class Unanswered(Exception):
    """There is no answer that can be used; `pause`: how long the service asks us to wait."""

    def __init__(self, words: str, pause: timedelta | None = None) -> None:
        super().__init__(words)
        self.words, self.pause = words, pause


def retry_after(header: str | None) -> timedelta:
    """How long an HTTP answer asks us to wait (RFC 9110, 10.2.3): seconds or a date; a minute where nothing is said
    that can be read. At least a second, at most a day.
    """
    said = (header or "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        wait = timedelta(seconds=int(said))
    else:
        try:
            wait = parsedate_to_datetime(said) - now()
        except (TypeError, ValueError):  # not a date, or one without a zone
            wait = UNSAID
    return min(max(wait, timedelta(seconds=1)), timedelta(days=1))
