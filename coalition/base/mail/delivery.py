"""How handing a mail over can end: taken, refused, or no conversation to be had."""

from typing import Protocol

from coalition.base.mail.message import Ready


class Refused(Exception):
    """The server said no to this mail: for good (`permanent`), or for now."""

    def __init__(self, permanent: bool, words: str, code: int) -> None:
        super().__init__(f"{code} {words}")
        self.permanent, self.words, self.code = permanent, words, code


class Unreachable(Exception):
    """There was no conversation, or it broke off; try again later. `may_have_arrived`: it broke off after the whole
    message had been sent and before the server said whether it took it.
    """

    def __init__(self, words: str, *, may_have_arrived: bool = False) -> None:
        super().__init__(words)
        self.words, self.may_have_arrived = words, may_have_arrived


class Transport(Protocol):
    """One way out for mail. It belongs to one thread."""

    def send(self, ready: Ready) -> str:
        """Hands it over and returns the last words of the other side. Raises Refused or Unreachable."""

    def close(self) -> None:
        """Ends the conversation politely. The next `send` would start another."""
