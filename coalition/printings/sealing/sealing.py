"""Having printings sealed: a warm child process, given the key with each. pyHanko stays out of this one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from coalition.base.apart import Child, Failed
from coalition.printings.press.layout import Receipt, Sheet
from coalition.printings.sealing.keys import Key

TIME_LIMIT_S, MEMORY_LIMIT_MB = 120.0, 1024


class NotSealed(Exception):
    """The PDF could not be sealed. `str()` is the reason, for the log and the desk."""


@dataclass(frozen=True)
class Sealed:
    pdf: bytes
    unstamped: str = ""  # in words, where a service is set and gave no time stamp


class Sealer:
    """Seals printings one after the other in a child process of its own, which it starts when first asked.

    May be used from several threads; they wait for each other. Close it when done.
    """

    def __init__(self, key: Callable[[], Key], service: str = "") -> None:
        """`key` is asked for with each printing; `service`: the address of one that gives time stamps, or empty."""
        self._key, self._service = key, service
        self._child = Child(
            "coalition.printings.sealing.sealer",
            "Sealing this PDF",
            time_limit_s=TIME_LIMIT_S,
            memory_limit_mb=MEMORY_LIMIT_MB,
        )

    def __enter__(self) -> Sealer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def finish(self, sheet: Sheet | Receipt, pdf: bytes) -> Sealed:
        """A PDF as it is kept: a printing under its seal, all else as it was set. Raises NotSealed."""
        printed = isinstance(sheet, Sheet) and bool(sheet.printing)
        return self.seal(pdf, sheet.made_at) if printed else Sealed(pdf)

    def seal(self, pdf: bytes, at: str) -> Sealed:
        """The PDF, sealed at the printing's own time (ISO 8601). Raises NotSealed.

        A time stamp that cannot be had holds no printing up: it is sealed without one, and that is said.
        """
        key = self._key()
        wanted = {"key": key.private, "certificates": key.certificates, "at": at, "service": self._service}
        head = json.dumps(wanted).encode()
        try:
            answer = self._child.ask(len(head).to_bytes(4, "big") + head + pdf)
        except Failed as reason:
            raise NotSealed(str(reason)) from None
        size = int.from_bytes(answer[:4], "big")
        why = json.loads(answer[4 : 4 + size])["unstamped"]
        return Sealed(answer[4 + size :], f"It was sealed without a time stamp. {why}" if why else "")

    def close(self) -> None:
        """Ends the child, if there is one."""
        self._child.close()
