"""Having sheets set: a warm child process under limits, replaced when it fails. WeasyPrint stays out of this one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType, TracebackType

from coalition.base.apart import Child, Failed
from coalition.printings.press.layout import Receipt, Sheet, as_data

MEMORY_LIMIT_MB = 2048  # of address space; 10,000 undersigned take 1,320


class NotSet(Exception):
    """The PDF could not be set. `str()` is the reason, for the log and the desk."""


class Setter:
    """Sets sheets one after the other in a child process of its own, which it starts when first asked.

    May be used from several threads; they wait for each other. Close it when done.
    """

    def __init__(self, time_limit_s: float = 120, memory_limit_mb: int = MEMORY_LIMIT_MB) -> None:
        self._child = Child(
            "coalition.printings.press.setter",
            "Setting this PDF",
            time_limit_s=time_limit_s,
            memory_limit_mb=memory_limit_mb,
        )

    def __enter__(self) -> Setter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def set(self, sheet: Sheet | Receipt, pictures: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
        """The sheet as a PDF, with the logos it names from `pictures`, PNGs by their SHA-256.

        Raises NotSet when it takes longer than the time limit, needs more memory, or fails.
        """
        logos = {sha256: base64.b64encode(data).decode() for sha256, data in pictures.items()}
        try:
            return self._child.ask(json.dumps({"sheet": as_data(sheet), "pictures": logos}).encode())
        except Failed as reason:
            raise NotSet(str(reason)) from None

    def close(self) -> None:
        """Ends the child, if there is one."""
        self._child.close()
