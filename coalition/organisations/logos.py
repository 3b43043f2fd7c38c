"""Logos, and other pictures: whatever was sent becomes a plain picture of ours, without metadata, or is refused in one
sentence.

Bytes in, bytes out: no database, no files. Takes up to a second, so it is called in a thread.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from coalition.base.refused import Refused

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE: Final = 4 * 1024 * 1024  # bytes
MOST_PIXELS: Final = 16_000_000  # before decoding: what is decoded takes four bytes for each
BOX: Final = (1200, 600)  # pixels: 10 by 5 cm at 300 dots an inch
TINIEST: Final = 16  # pixels on the longer side


@dataclass(frozen=True)
class Wanted:
    """What kind of picture is asked for, and what becomes of it."""

    called: str = "logo"
    largest_file: int = LARGEST_FILE
    most_pixels: int = MOST_PIXELS
    box: tuple[int, int] = BOX
    written: str = "PNG"

    @property
    def accepted(self) -> str:
        return f"Send the {self.called} as a PNG, JPEG or WebP picture."

    @property
    def at_most(self) -> str:
        return f"Send a copy of at most {self.most_pixels // 1_000_000} million pixels, for example 4,000 by 4,000."


LOGO: Final = Wanted()

_BEGINNINGS: Final = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"RIFF": "WEBP"}


def reencoded(content: bytes, wanted: Wanted = LOGO) -> bytes:
    """The picture as one of ours. Raises Refused with a sentence for a person."""
    from PIL import Image

    if not content:
        raise Refused(f"No picture was chosen. {wanted.accepted}")
    if len(content) > wanted.largest_file:
        most = wanted.largest_file // 1024 // 1024
        raise Refused(f"This file is larger than {most} MB. Send a smaller copy of the {wanted.called}.")
    kind = _kind(content, wanted)
    try:
        with Image.open(BytesIO(content), formats=(kind,)) as picture:
            _check(picture, wanted)
            return _ours(picture, wanted)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # so many that Pillow does not look further
        raise Refused(f"This picture has far too many pixels. {wanted.at_most}") from None
    except Exception:  # whatever a decoder says of a hostile file: struct.error, SyntaxError, a bomb in its text ...
        raise Refused(f"This picture is broken and cannot be read. {wanted.accepted}") from None


def _kind(content: bytes, wanted: Wanted) -> str:
    """What it is by its own first bytes, whatever it is called."""
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning) and (kind != "WEBP" or content[8:12] == b"WEBP"):
            return kind
    if content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<svg", b"<?xml", b"<!DOCTYPE svg")):
        raise Refused(f"SVG drawings are not taken, because they can carry programs. {wanted.accepted}")
    if content.startswith((b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0")) or content[4:8] == b"ftyp":
        raise Refused(f"This is a picture of another kind. {wanted.accepted}")
    raise Refused(f"This file is not a picture that we can read. {wanted.accepted}")


def _check(picture: "Image", wanted: Wanted) -> None:
    """By what the file's head says; nothing is decoded yet."""
    width, height = picture.size
    if width * height > wanted.most_pixels:
        raise Refused(f"This picture has {width:,} by {height:,} pixels, which is too many. {wanted.at_most}")
    if max(width, height) < TINIEST:
        raise Refused(f"This picture has only {width} by {height} pixels, too few to print. Send a larger one.")
    # A telephone's JPEG may hold a second picture (MPO) that is no animation.
    if picture.format in ("PNG", "WEBP") and getattr(picture, "n_frames", 1) > 1:
        raise Refused(f"This picture moves. Send a {wanted.called} that stands still, as a PNG, JPEG or WebP picture.")


def _ours(picture: "Image", wanted: Wanted) -> bytes:
    from PIL import Image, ImageOps

    if picture.format == "JPEG":
        picture.draft("RGB", wanted.box)  # decodes large ones at half or quarter size, never below the box
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # 16 bits a pixel
        upright = upright.point(lambda value: value / 257, "L")
    clear = "transparency" in upright.info or upright.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    plain = upright.convert("RGBA" if clear else "RGB")
    plain.thumbnail(wanted.box, Image.Resampling.LANCZOS)
    ours = Image.frombytes(plain.mode, plain.size, plain.tobytes())  # its pixels and nothing else of it
    written = BytesIO()
    if wanted.written == "JPEG":
        ours.convert("RGB").save(written, "JPEG", quality=85, optimize=True)
    else:
        ours.save(written, "PNG", optimize=True)
    return written.getvalue()
