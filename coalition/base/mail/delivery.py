"""How handing a mail over can end: taken, refused, or no conversation to be had."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable

from coalition.base.mail.message import Ready


class Refused(Exception):
    """The server said no to this mail: for good (`permanent`), or for now."""

    def __init__(self, permanent: bool, words: str, code: int) -> None:
        super().__init__(f"{code} {words}")
        self.permanent, self.words, self.code = permanent, words, code


class Unreachable(Exception):
    """There was no conversation, or it broke off; try again later. `may_have_arrived`: it broke off after the whole
    message had been sent and before the server said whether it took it. `pause`: how long the other side asks
    everybody here to wait.
    """

    def __init__(self, words: str, *, may_have_arrived: bool = False, pause: timedelta | None = None) -> None:
        super().__init__(words)
        self.words, self.may_have_arrived, self.pause = words, may_have_arrived, pause


@dataclass(frozen=True)
class Provider:
    """A service that takes mail over HTTP, as the setting says."""

    url: str
    token: str = field(repr=False)
    stream: str


@dataclass(frozen=True)
class Taken:
    words: str
    provider_id: str = ""  # what the other side calls the mail from now on


class Transport(Protocol):
    """One way out for mail. It belongs to one thread."""

    def send(self, ready: Ready) -> str:
        """Hands it over and returns the last words of the other side. Raises Refused or Unreachable."""

    def close(self) -> None:
        """Ends the conversation politely. The next `send` would start another."""


@runtime_checkable
class BatchTransport(Transport, Protocol):
    """A way out that takes many mails at once and remembers which it took."""

    most: int  # mails in one batch

    def send_all(self, batch: Sequence[tuple[str, Ready]]) -> list[Taken | Refused | Unreachable]:
        """Hands all of them over, each with its Owed.key. How each one ended, in their order; raises nothing."""

    def find(self, key: str) -> Taken | None:
        """Whether the mail with this Owed.key was taken earlier. Raises Unreachable when the other side cannot say."""
