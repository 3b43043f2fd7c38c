"""Having files looked at that may be printings of ours: in a child process, under limits, whatever they hold."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from coalition.base.apart import Child, Failed

LARGEST = 20 * 1024 * 1024  # bytes
TIME_LIMIT_S, MEMORY_LIMIT_MB = 10.0, 512

State = Literal["whole", "added to", "changed", "cut", "damaged", "unknown", "none", "no PDF"]


@dataclass(frozen=True)
class Found:
    """What a file's bytes say of its seal."""

    state: State
    certificate: str = ""  # SHA-256 of the one it was sealed with
    stamped_at: str = ""  # ISO 8601, and by whom, as the service calls itself
    stamped_by: str = ""
    others: tuple[str, ...] = ()  # who else has signed it, as they call themselves
    sealed: int = 0  # how many of its bytes are the file that was sealed


class Verifier:
    """Looks at files one after the other. May be used from several threads. Close it when done."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._child = Child(
            "coalition.printings.sealing.verifier",
            "Looking into this file",
            time_limit_s=time_limit_s,
            memory_limit_mb=MEMORY_LIMIT_MB,
        )

    def __enter__(self) -> Verifier:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def seal(self, pdf: bytes, certificates: Sequence[str]) -> Found:
        """Was the file sealed with one of the certificates (PEM), and is it still what was sealed? Raises Failed."""
        known = [ssl.PEM_cert_to_DER_cert(one).hex() for one in certificates]
        said = self._ask({"what": "seal", "certificates": known}, pdf)
        stamp = said.get("stamp") or {}
        return Found(
            said["state"],
            said.get("certificate", ""),
            stamp.get("at", ""),
            stamp.get("by", ""),
            tuple(said.get("others", ())),
            said.get("sealed", 0),
        )

    def evidence(self, pdf: bytes) -> dict[str, Any] | None:
        """What a file says of itself, without its endorsements: to be believed where it is whole. None: nothing."""
        try:
            said: dict[str, Any] | None = self._ask({"what": "evidence"}, pdf)
        except Failed:
            return None
        return said

    def differences(self, first: bytes, second: bytes) -> tuple[str, ...] | None:
        """How the second differs from the first, in sentences; None where it cannot be looked into."""
        try:
            return tuple(self._ask({"what": "differences", "first": len(first)}, first + second))
        except Failed:
            return None

    def _ask(self, wanted: dict[str, Any], data: bytes) -> Any:
        head = json.dumps(wanted).encode()
        return json.loads(self._child.ask(len(head).to_bytes(4, "big") + head + data))

    def close(self) -> None:
        """Ends the child, if there is one."""
        self._child.close()
