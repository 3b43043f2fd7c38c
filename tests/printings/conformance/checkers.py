"""The checkers, ours and others'. Each takes a PDF's path and answers with what it found: nothing, when all is well."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import outloud
import pymupdf
import pytest

from tests.printings.conformance import access, archive

Checker = Callable[[Path], list[str]]


def qpdf(path: Path) -> list[str]:
    """Syntax and streams."""
    lines = said("qpdf", "--check", str(path)).splitlines()
    return [] if any(line.startswith("No syntax or stream encoding errors") for line in lines) else lines


def embedded(path: Path) -> list[str]:
    """poppler's list of fonts: each embedded, cut to what is used, and readable."""
    fonts = said("pdffonts", str(path)).splitlines()[2:]
    return [font for font in fonts if not re.search(r" yes +yes +yes +\d+ +\d+$", font)]


def mupdf(path: Path) -> list[str]:
    """Every page drawn by an engine that is not poppler's, without a complaint."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.reset_mupdf_warnings()
    with pymupdf.open(path) as pdf:
        for page in pdf:
            page.get_pixmap(dpi=20)
    return str(pymupdf.TOOLS.mupdf_warnings()).splitlines()


def reader(path: Path) -> list[str]:
    """outloud, which knows PDF/UA-1 and screen readers: all that the standard forbids, and its other errors."""
    found = outloud.check(str(path), skip=["TAG-002"])  # it takes the foot of a letter's only page for prose
    wrong = [one for one in found.findings if one.severity == "error" or _is_the_standards(one.rule)]
    crashed = [f"{run.rule} crashed: {run.reason}" for run in found.runs if run.status == "crashed"]
    return [*crashed, *([found.error] if found.error else []), *(f"{one.rule}: {one.message}" for one in wrong)]


def _is_the_standards(rule: str) -> bool:
    return outloud.load_catalogue()[rule].layer == "conformance"


def ours_for_archives(path: Path) -> list[str]:
    return archive.findings(path.read_bytes())


def ours_for_readers(path: Path) -> list[str]:
    return access.findings(path.read_bytes())


def vera(path: Path) -> list[str]:
    """veraPDF, which archives go by, with both its profiles."""
    lines = [line for flavour in FLAVOURS for line in _vera(flavour, path)]
    return [] if [line[:5] for line in lines] == ["PASS "] * len(FLAVOURS) else lines


def _vera(flavour: str, path: Path) -> list[str]:
    return said("verapdf", "--flavour", flavour, "--format", "text", "--verbose", str(path)).splitlines()


FLAVOURS = ("3a", "ua1")
CHECKERS: dict[str, Checker] = {
    "qpdf": qpdf,
    "pdffonts": embedded,
    "MuPDF": mupdf,
    "outloud": reader,
    "archives, ours": ours_for_archives,
    "readers, ours": ours_for_readers,
}
if shutil.which("verapdf"):  # it needs Java, and no package brings it
    CHECKERS["veraPDF"] = vera


def said(program: str, *arguments: str) -> str:
    if shutil.which(program) is None:
        packages = {"qpdf": "qpdf"}
        pytest.fail(f"{program} is missing; install it with: apt-get install {packages.get(program, 'poppler-utils')}")
    done = subprocess.run([program, *arguments], capture_output=True, check=False, timeout=120)
    return (done.stdout + done.stderr).decode()
