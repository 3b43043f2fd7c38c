"""How large each logo is printed: all of about the same weight to the eye, which goes by area, not by height."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_AREA = 210.0  # square millimetres of paper
_WIDEST, _HIGHEST = 30.0, 15.0  # mm
_ROW, _GAP = 140.0, 6.0  # mm: what logos at the head of a letter share, and what is left between two at least


def size_logos(root: Any, pictures: Mapping[str, bytes]) -> None:
    """Gives each picture of a logo in the page its width and height. `pictures` are PNGs by their SHA-256."""
    for row in root.iter("div"):
        if row.get("class") == "letterhead":
            heads = list(row.iter("img"))
            sizes = [_size(head, pictures) for head in heads]
            scale = _scale([width for width, _ in sizes], len(row))
            for head, (width, height) in zip(heads, sizes, strict=True):
                _set(head, width * scale, height * scale)
    for picture in root.iter("img"):
        if not picture.get("style"):
            _set(picture, *_size(picture, pictures))


def _scale(widths: Sequence[float], leads: int) -> float:
    """A name among the logos takes as much room as the widest logo."""
    needed = sum(widths) + (leads - len(widths)) * _WIDEST
    return min(1.0, (_ROW - _GAP * (leads - 1)) / needed)


def _size(picture: Any, pictures: Mapping[str, bytes]) -> tuple[float, float]:
    data = pictures.get(picture.get("src").rpartition(":")[2])
    if data is None:
        return _WIDEST, _HIGHEST
    # ISO 15948, 11.2.2: a PNG begins with its width and height in pixels.
    wide, high = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    height = min(math.sqrt(_AREA * high / wide), _HIGHEST, _WIDEST * high / wide)
    return height * wide / high, height


def _set(picture: Any, width: float, height: float) -> None:
    picture.set("style", f"width: {width:.2f}mm; height: {height:.2f}mm")
