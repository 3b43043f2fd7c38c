"""What a PDF is made of, as the checks want it: marked content with its places, structure elements, shown codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

_SHOWS = {"Tj", "TJ", "'", '"'}
_PAINTS = {"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "INLINE IMAGE", *_SHOWS}


@dataclass(frozen=True)
class Drawn:
    """One operator of a page that paints, and the marks it stands in, outermost first."""

    operator: str
    operands: Any
    font: str  # its resource's name, "" before any is chosen
    marks: tuple[tuple[str, Any], ...]  # tag, properties


def drawn(page: pikepdf.Page) -> Iterator[Drawn]:
    marks: list[tuple[str, Any]] = []
    fonts = [""]
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), instruction.operands
        if operator in ("BDC", "BMC"):
            marks.append((str(operands[0]), operands[1] if len(operands) > 1 else None))
        elif operator == "EMC":
            marks.pop()
        elif operator == "q":
            fonts.append(fonts[-1])
        elif operator == "Q":
            fonts.pop()
        elif operator == "Tf":
            fonts[-1] = str(operands[0])
        elif operator in _PAINTS:
            yield Drawn(operator, operands, fonts[-1], tuple(marks))


def elements(pdf: pikepdf.Pdf) -> Iterator[tuple[Any, Any]]:
    """Every structure element after its parent, in reading order."""
    root = pdf.Root.get("/StructTreeRoot")
    waiting = [(root, kid) for kid in reversed(kids(root))] if root is not None else []
    while waiting:
        parent, element = waiting.pop()
        if not is_element(element):
            continue
        yield parent, element
        waiting.extend((element, kid) for kid in reversed(kids(element)))


def kids(element: Any) -> list[Any]:
    found = element.get("/K")
    if found is None:
        return []
    return list(found) if isinstance(found, pikepdf.Array) else [found]


def is_element(thing: Any) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and "/S" in thing


def kind(pdf: pikepdf.Pdf, element: Any) -> str:
    """An element's type, through the role map."""
    roles = pdf.Root.StructTreeRoot.get("/RoleMap", pikepdf.Dictionary())
    name = str(element.S)
    for _ in range(len(roles)):
        if name not in roles:
            break
        name = str(roles[name])
    return name


def numbers(tree: Any) -> dict[int, Any]:
    """A number tree as a dictionary."""
    found: dict[int, Any] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        flat = list(node.get("/Nums", []))
        found.update(zip(map(int, flat[::2]), flat[1::2], strict=True))
        waiting.extend(node.get("/Kids", []))
    return found


def notes(pdf: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Page, Any]]:
    """Annotations, with their pages."""
    for page in pdf.pages:
        for note in page.obj.get("/Annots", []):
            yield page, note


def codes(drawn: Drawn) -> Iterator[int]:
    """The two-byte codes that a text operator shows."""
    shown = drawn.operands[0] if drawn.operator == "TJ" else drawn.operands[-1:]
    for string in shown:
        if isinstance(string, pikepdf.String):
            data = bytes(string)
            yield from (int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
