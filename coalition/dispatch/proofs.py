"""Files that prove something: a photo becomes a JPEG of ours, a PDF is kept as it is and only ever downloaded.

Bytes in, bytes out: no database, no files. Takes up to a second, so it is called in a thread.
"""

from typing import Final

from coalition.base.refused import Refused
from coalition.organisations import logos

LARGEST_FILE: Final = 8 * 1024 * 1024  # bytes
KINDS: Final = {"jpeg": "image/jpeg", "pdf": "application/pdf"}

_PHOTO: Final = logos.Wanted("photo", LARGEST_FILE, 25_000_000, (2400, 2400), "JPEG")


def made_ours(content: bytes) -> tuple[str, bytes]:
    """A key of KINDS, and the bytes to keep. Raises Refused with a sentence for a person."""
    if content.startswith(b"%PDF-"):
        if len(content) > LARGEST_FILE:
            most = LARGEST_FILE // 1024 // 1024
            raise Refused(f"This PDF is larger than {most} MB. Send a smaller copy, or a photo of its first page.")
        return "pdf", content
    try:
        return "jpeg", logos.reencoded(content, _PHOTO)
    except Refused as refusal:
        raise Refused(f"{refusal} A PDF is taken too.") from None
