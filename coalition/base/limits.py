"""Limits on how often a source may do something. Kept in memory: they slow abuse, they are not a record of anyone."""

import secrets
import time
from collections import OrderedDict
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from coalition.base.refused import TooMany

_SECRET = secrets.token_bytes(32)  # of this process: what it made of an address, nobody can make again


def source(host: str) -> str:
    """Where a request comes from, to be counted and not to be known: a keyed hash of the address, or of the network
    that one household has.
    """
    try:
        address = ip_address(host)
    except ValueError:
        network = host
    else:
        network = str(int(address) >> 64) if isinstance(address, IPv6Address) else host
    return blake2b(network.encode(), key=_SECRET, digest_size=16).hexdigest()


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
