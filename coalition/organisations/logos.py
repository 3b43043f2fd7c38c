"""Logos: whatever was sent becomes a plain PNG of a size for print, without metadata, or is refused in one sentence.

Bytes in, bytes out: no database, no files. Takes up to a second, so it is called in a thread.
"""

from io import BytesIO
from typing import TYPE_CHECKING, Final

from coalition.base.refused import Refused

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE: Final = 4 * 1024 * 1024  # bytes
MOST_PIXELS: Final = 16_000_000  # before decoding: what is decoded takes four bytes for each
BOX: Final = (1200, 600)  # pixels: 10 by 5 cm at 300 dots an inch
TINIEST: Final = 16  # pixels on the longer side

_BEGINNINGS: Final = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"RIFF": "WEBP"}
_ACCEPTED: Final = "Send the logo as a PNG, JPEG or WebP picture."
_AT_MOST: Final = f"Send a copy of at most {MOST_PIXELS // 1_000_000} million pixels, for example 4,000 by 4,000."


def reencoded(content: bytes) -> bytes:
    """The picture as a PNG of ours. Raises Refused with a sentence for a person."""
    from PIL import Image

    if not content:
        raise Refused(f"No picture was chosen. {_ACCEPTED}")
    if len(content) > LARGEST_FILE:
        raise Refused(f"This file is larger than {LARGEST_FILE // 1024 // 1024} MB. Send a smaller copy of the logo.")
    kind = _kind(content)
    try:
        with Image.open(BytesIO(content), formats=(kind,)) as picture:
            _check(picture)
            return _png(picture)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # so many that Pillow does not look further
        raise Refused(f"This picture has far too many pixels. {_AT_MOST}") from None
    except Exception:  # whatever a decoder says of a hostile file: struct.error, SyntaxError, a bomb in its text ...
        raise Refused(f"This picture is broken and cannot be read. {_ACCEPTED}") from None


def _kind(content: bytes) -> str:
    """What it is by its own first bytes, whatever it is called."""
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning) and (kind != "WEBP" or content[8:12] == b"WEBP"):
            return kind
    if content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<svg", b"<?xml", b"<!DOCTYPE svg")):
        raise Refused(f"SVG drawings are not taken, because they can carry programs. {_ACCEPTED}")
    if content.startswith((b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0")) or content[4:8] == b"ftyp":
        raise Refused(f"This is a picture of another kind. {_ACCEPTED}")
    raise Refused(f"This file is not a picture that we can read. {_ACCEPTED}")


def _check(picture: "Image") -> None:
    """By what the file's head says; nothing is decoded yet."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise Refused(f"This picture has {width:,} by {height:,} pixels, which is too many. {_AT_MOST}")
    if max(width, height) < TINIEST:
        raise Refused(f"This picture has only {width} by {height} pixels, too few to print. Send a larger one.")
    # A telephone's JPEG may hold a second picture (MPO) that is no animation.
    if picture.format in ("PNG", "WEBP") and getattr(picture, "n_frames", 1) > 1:
        raise Refused("This picture moves. Send a logo that stands still, as a PNG, JPEG or WebP picture.")


def _png(picture: "Image") -> bytes:
    from PIL import Image, ImageOps

    if picture.format == "JPEG":
        picture.draft("RGB", BOX)  # decodes large ones at half or quarter size, never below the box
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # 16 bits a pixel
        upright = upright.point(lambda value: value / 257, "L")
    clear = "transparency" in upright.info or upright.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    plain = upright.convert("RGBA" if clear else "RGB")
    plain.thumbnail(BOX, Image.Resampling.LANCZOS)
    ours = Image.frombytes(plain.mode, plain.size, plain.tobytes())  # its pixels and nothing else of it
    written = BytesIO()
    ours.save(written, "PNG", optimize=True)
    return written.getvalue()
