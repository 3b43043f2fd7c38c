"""Logos for the sample letters, drawn here: they are nobody's. Some are square, some wide, some tall."""

import hashlib
from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from coalition.organisations.logos import reencoded

INKS = ("#1f4d5c", "#8a2f2b", "#2c5136", "#3b3a6b", "#7a5a14", "#5a2b57", "#22323f")
FONT = files("fontpkg_source_serif_4") / "files" / "SourceSerif4[opsz,wght].ttf"


def mark(name: str) -> tuple[str, bytes]:
    """The picture's SHA-256 and its bytes, as a logo that was sent in is kept."""
    picture = reencoded(_drawn(name))
    return hashlib.sha256(picture).hexdigest(), picture


def _drawn(name: str) -> bytes:
    seed = hashlib.sha256(name.encode()).digest()
    words = _wordmark(name)
    kind = seed[1] % 4 if all(ord(letter) < 0x250 or letter == "’" for letter in name) else 0
    ink = INKS[seed[0] % len(INKS)]
    emblem = _emblem(seed, ink)
    if kind == 0:  # an emblem alone
        picture = emblem
    elif kind == 1:  # a wordmark alone
        picture = _text(words, ink, 150)
    elif kind == 2:  # an emblem over its words
        text = _text(words[:1], ink, 84)
        width = max(emblem.width, text.width)
        picture = Image.new("RGBA", (width, emblem.height + 30 + text.height))
        picture.paste(emblem, ((width - emblem.width) // 2, 0))
        picture.paste(text, ((width - text.width) // 2, emblem.height + 30))
    else:  # an emblem beside them
        text = _text(words, ink, 110)
        picture = Image.new("RGBA", (emblem.width + 50 + text.width, max(emblem.height, text.height)))
        picture.paste(emblem, (0, (picture.height - emblem.height) // 2))
        picture.paste(text, (emblem.width + 50, (picture.height - text.height) // 2))
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _wordmark(name: str) -> list[str]:
    words = [word for word in name.split() if word.lower() not in ("the", "of", "and", "&", "for")]
    return [" ".join(words[:2]), " ".join(words[2:4])] if len(words) > 2 else [" ".join(words)]


def _emblem(seed: bytes, ink: str) -> Image.Image:
    picture = Image.new("RGBA", (300, 300))
    draw = ImageDraw.Draw(picture)
    shape = seed[2] % 6
    if shape == 0:
        draw.ellipse((0, 0, 299, 299), fill=ink)
        draw.polygon([(150, 55), (235, 215), (65, 215)], fill="white")
    elif shape == 1:
        for at in range(4):
            draw.rectangle((at * 78, 299 - 75 * (at + 1), at * 78 + 60, 299), fill=ink)
    elif shape == 2:
        draw.ellipse((0, 0, 299, 299), outline=ink, width=34)
        draw.ellipse((95, 95, 204, 204), fill=ink)
    elif shape == 3:
        draw.rounded_rectangle((0, 0, 299, 299), 46, fill=ink)
        draw.arc((60, 90, 240, 270), 180, 360, fill="white", width=30)
        draw.rectangle((60, 180, 89, 240), fill="white")
        draw.rectangle((211, 180, 240, 240), fill="white")
    elif shape == 4:
        draw.polygon([(150, 0), (299, 110), (242, 299), (58, 299), (1, 110)], fill=ink)
        draw.ellipse((105, 120, 195, 210), fill="white")
    else:
        for at in range(3):
            draw.pieslice((0, at * 70, 299, at * 70 + 299), 200, 340, fill=ink if at % 2 == 0 else "white")
    box = picture.getbbox()
    return picture.crop(box) if box else picture


@cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    face = ImageFont.truetype(BytesIO(FONT.read_bytes()), size)
    face.set_variation_by_axes([600, 20])  # weight, optical size
    return face


def _text(lines: list[str], ink: str, size: int) -> Image.Image:
    words = "\n".join(line for line in lines if line)
    draw = ImageDraw.Draw(Image.new("RGBA", (1, 1)))
    left, top, right, bottom = draw.multiline_textbbox((0, 0), words, _face(size), spacing=size // 8)
    picture = Image.new("RGBA", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(picture).multiline_text((-left, -top), words, ink, _face(size), spacing=size // 8)
    return picture
