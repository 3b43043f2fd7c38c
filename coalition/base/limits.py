"""Limits on how often a source may do something. Kept in memory: they slow abuse, they are not a record of anyone."""

import time
from collections import OrderedDict

from coalition.base.refused import TooMany


class Limit:
    """At most `most` deeds per key in any `seconds`. Remembers the newest 50,000 keys."""

    def __init__(self, most: int, seconds: int) -> None:
        self.most, self.seconds = most, seconds
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Counts one deed. Raises TooMany."""
        now = time.monotonic()
        times = [t for t in self._seen.get(key, ()) if t > now - self.seconds]
        if len(times) >= self.most:
            wait = int(times[0] + self.seconds - now) + 1
            raise TooMany("That was too many tries in a short time. Please wait a little and try again.", wait)
        times.append(now)
        self._seen[key] = times
        self._seen.move_to_end(key)
        if len(self._seen) > 50_000:
            self._seen.popitem(last=False)
