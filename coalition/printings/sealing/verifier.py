"""Looks at PDFs that anybody may have sent: the child process of `verifying`. Nothing it is given is believed.

Whether a file is whole is not asked of a PDF reader, which hostile files are made to mislead. It is asked of the bytes:
all of them but the signature's own have to be what was signed, and the signature's own what we would have written.
Then the file is the one that was sealed, to the last byte. Only what else is said about it needs a reader.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from coalition.base import apart
from coalition.base.apart import Failed
from coalition.printings.sealing import comparing
from coalition.printings.sealing.signatures import Foreign, Signature, Unsound, read

MOST_SIGNATURES = 200  # that are looked at
_LONGEST = 256 * 1024  # hexadecimal digits of one
_SIGNED = re.compile(rb"/Contents\s{0,16}<([^<>]{512,%d})>" % _LONGEST)
_RANGE = re.compile(rb"\s{0,16}/ByteRange\s{0,16}\[\s{0,16}0\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s{0,16}\]")


def main() -> None:
    apart.serve(_warm, "Looking into this file")


def _warm() -> Callable[[bytes], bytes]:
    def do(job: bytes) -> bytes:
        size = int.from_bytes(job[:4], "big")
        wanted, data = json.loads(job[4 : 4 + size]), job[4 + size :]
        answer: Any
        if wanted["what"] == "seal":
            answer = seal_of(data, [bytes.fromhex(one) for one in wanted["certificates"]])
        elif wanted["what"] == "evidence":
            answer = comparing.evidence(data)
        else:
            answer = comparing.differences(data[: wanted["first"]], data[wanted["first"] :])
        return json.dumps(answer).encode()

    return do


def seal_of(data: bytes, known: list[bytes]) -> dict[str, Any]:
    """What the bytes of a file say of its seal: `state`, and where there is one, its certificate and time stamp."""
    if b"%PDF-" not in data[:1024]:
        return {"state": "no PDF"}
    damaged, others = "", []
    for place, packed in _signatures(data):
        try:
            signature = read(packed, known)
        except Unsound as reason:
            damaged = damaged or str(reason)
        except Foreign as stranger:
            others.append(str(stranger))
        else:
            return _covered(data, place, packed, signature)
    if damaged:
        return {"state": "damaged", "why": damaged}
    return {"state": "unknown" if others else "none", "others": sorted(set(filter(None, others)))[:5]}


def _signatures(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Where each is and what is packed in it. Digits that are none count as zeros: a seal with a hole in it is seen."""
    for number, found in enumerate(_SIGNED.finditer(data)):
        if number == MOST_SIGNATURES:
            raise Failed(f"This file has more than {MOST_SIGNATURES} signatures.")
        digits = re.sub(rb"[^0-9A-Fa-f]", b"0", found[1])
        yield (found.start(1) - 1, found.end(1) + 1), bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _covered(data: bytes, place: tuple[int, int], packed: bytes, signature: Signature) -> dict[str, Any]:
    start, end = place
    stamp = signature.stamp
    found = {
        "certificate": hashlib.sha256(signature.certificate).hexdigest(),
        "stamp": {"at": stamp.at.isoformat(), "by": stamp.by} if stamp else None,
    }
    said = _RANGE.match(data, end, end + 200)
    first, second, rest = (int(number) for number in said.groups()) if said else (0, 0, 0)
    if data[start + 1 : end - 1] != packed.hex().upper().encode():
        return found | {"state": "damaged", "why": "it is not as it was written"}
    if (first, second) != (start, end):
        return found | {"state": "changed", "sealed": 0}
    if hashlib.sha256(data[:start] + data[end : end + rest]).digest() != signature.digest or end + rest > len(data):
        return found | {"state": "cut" if end + rest > len(data) else "changed", "sealed": 0}
    return found | {"state": "whole" if end + rest == len(data) else "added to", "sealed": end + rest}


if __name__ == "__main__":
    main()
