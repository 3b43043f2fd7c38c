"""A logo for the demo, drawn here: it is nobody's."""

from io import BytesIO


def logo() -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new("RGBA", (640, 240), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 10, 230, 230), fill="#1f4d5c")
    draw.polygon([(120, 40), (120, 180), (40, 180)], fill="white")
    draw.polygon([(135, 70), (135, 180), (200, 180)], fill="white")
    draw.rectangle((270, 80, 620, 105), fill="#1f4d5c")
    draw.rectangle((270, 135, 540, 160), fill="#1f4d5c")
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
