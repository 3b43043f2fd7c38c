"""A parcel: some JSON and pieces of bytes as one message, to and from the setter's children and in what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def packed(words: Any, pieces: Iterable[bytes] = ()) -> bytes:
    """The same words and pieces are the same bytes."""
    pieces = tuple(pieces)
    head = json.dumps([words, [len(piece) for piece in pieces]], separators=(",", ":"), sort_keys=True).encode()
    return b"".join((len(head).to_bytes(4, "big"), head, *pieces))


def unpacked(parcel: bytes) -> tuple[Any, list[bytes]]:
    """What `packed` was given. Raises ValueError when it is not all there."""
    end = 4 + int.from_bytes(parcel[:4], "big")
    words, lengths = json.loads(parcel[4:end])
    if end + sum(lengths) != len(parcel):
        raise ValueError("a parcel of the wrong length")
    pieces = []
    for length in lengths:
        pieces.append(parcel[end : end + length])
        end += length
    return words, pieces
