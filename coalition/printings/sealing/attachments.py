"""What is attached to a printing, as a value that a process of its own can be given."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Attachment:
    """A file within a PDF/A-3 file. `relationship` says what it is to the pages (ISO 19005-3, 6.8)."""

    name: str  # as it is saved: ASCII, without a folder
    mime: str
    description: str  # in words, for the list of attachments
    data: bytes
    relationship: Literal["Source", "Data", "Alternative", "Supplement", "Unspecified"] = "Data"


def as_data(attachment: Attachment) -> dict[str, Any]:
    """As JSON can hold it; `from_data` gives the same one back."""
    return {**vars(attachment), "data": b64encode(attachment.data).decode()}


def from_data(data: Mapping[str, Any]) -> Attachment:
    return Attachment(**{**data, "data": b64decode(data["data"])})
