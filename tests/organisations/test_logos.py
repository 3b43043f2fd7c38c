"""Logos: a plain PNG of print size comes out of any honest picture, and one clear sentence out of anything else."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from coalition.base.refused import Refused
from coalition.organisations.logos import BOX, LARGEST_FILE, reencoded


def _picture(kind: str, size: tuple[int, int] = (300, 120), mode: str = "RGB", **how: Any) -> bytes:
    written = BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else 0).save(written, kind, **how)
    return written.getvalue()


def _looked_at(png: bytes) -> Image.Image:
    assert png.startswith(b"\x89PNG")
    return Image.open(BytesIO(png))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
def test_whatever_way_a_picture_keeps_its_colours_it_becomes_a_plain_png(kind: str, mode: str) -> None:
    try:
        sent = _picture(kind, mode=mode)
    except OSError:
        return  # there is no such picture
    assert _looked_at(reencoded(sent)).mode in ("RGB", "RGBA")


def test_a_large_picture_is_brought_to_print_size_and_a_small_one_is_left() -> None:
    assert _looked_at(reencoded(_picture("PNG", (4000, 1000)))).size == (BOX[0], 300)
    assert _looked_at(reencoded(_picture("JPEG", (1000, 3900)))).size[1] == BOX[1]
    assert _looked_at(reencoded(_picture("PNG", (200, 80)))).size == (200, 80)


def test_what_is_see_through_stays_so() -> None:
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    written = BytesIO()
    picture.save(written, "PNG")
    assert _looked_at(reencoded(written.getvalue())).getpixel((5, 5)) == (0, 0, 0, 0)


def test_nothing_but_the_pixels_is_kept() -> None:
    secret = b"Taken at Sample Street 1"
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = secret.decode(), 6  # a description; and "turn it"
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", secret.decode())
    for sent in (
        _picture("JPEG", exif=exif, comment=secret),
        _picture("PNG", pnginfo=words, icc_profile=secret * 9),
        _picture("WEBP", exif=exif, xmp=secret),
    ):
        assert secret in sent or b"iCCP" in sent
        png = reencoded(sent)
        assert secret not in png
        assert set(_chunks(png)) <= {b"IHDR", b"IDAT", b"IEND"}
    assert _looked_at(reencoded(_picture("JPEG", exif=exif))).size == (120, 300), "turned as the camera was held"


def _chunks(png: bytes) -> list[bytes]:
    place, found = 8, []
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        found.append(png[place + 4 : place + 8])
        place += 12 + length
    return found


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that says what it likes of its size, and holds what it likes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in chunks) + chunk(b"IEND", b"")


def _moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


WHOLE = _picture("PNG", (400, 400))
HUGE = _png(60_000, 60_000, (b"IDAT", zlib.compress(b"\0" * 1000)))
TEXT_BOMB = _png(100, 100, (b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 80_000_000)), (b"IDAT", b""))


@pytest.mark.parametrize(
    "sent, said",
    [
        (b"", "No picture was chosen."),
        (b"x" * (LARGEST_FILE + 1), "This file is larger than 4 MB."),
        (b"GIF89a" + b"\0" * 50, "This is a picture of another kind."),
        (b"\0\0\0\x20ftypavif" + b"\0" * 50, "This is a picture of another kind."),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG drawings are not taken"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "SVG drawings are not taken"),
        (b"%PDF-1.7", "This file is not a picture that we can read."),
        (b"RIFF\0\0\0\0WAVEfmt ", "This file is not a picture that we can read."),
        (HUGE, "This picture has far too many pixels."),
        (_png(11_000, 11_000), "This picture has far too many pixels."),
        # What it holds is nonsense, so nothing of it was decoded when this is said.
        (_png(5_000, 5_000, (b"IDAT", b"not deflated")), "This picture has 5,000 by 5,000 pixels, which is too many."),
        (_picture("PNG", (10, 10)), "This picture has only 10 by 10 pixels"),
        (_moving("PNG"), "This picture moves."),
        (_moving("WEBP"), "This picture moves."),
        (WHOLE[: len(WHOLE) // 2], "This picture is broken"),
        (WHOLE[:20], "This picture is broken"),
        (b"\xff\xd8\xff" + b"\0" * 100, "This picture is broken"),
        (b"RIFF\x10\0\0\0WEBPVP8 junkjunk", "This picture is broken"),
        (_png(100, 100, (b"IDAT", b"not deflated")), "This picture is broken"),
        (TEXT_BOMB, "This picture is broken"),
    ],
)
def test_what_is_no_logo_is_refused_in_one_sentence(sent: bytes, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        reencoded(sent)
    assert str(refusal.value).startswith(said)
