"""The seal: the same printing is the same bytes, readers accept it, and whatever is done to it afterwards shows."""

import hashlib
import json
import random
import re
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from coalition.endorsements.undersigned import Group
from coalition.printings.press.setting import Setter
from coalition.printings.sealing import evidence, keys, verifier
from coalition.printings.sealing.attaching import attach
from coalition.printings.sealing.attachments import Attachment
from coalition.printings.sealing.sealing import Sealer
from coalition.printings.sealing.verdicts import Verdict, verify_offline
from coalition.printings.sealing.verifying import Verifier
from tests import seals
from tests.printings.sheets import NAMES, sheet

AT = "2009-10-26T09:00:00Z"
CARRIED = {
    "letter": {"slug": "keep", "subject": "Keep the unit", "language": "en-GB"},
    "printing": {"number": 1, "reason": "", "printed_at": AT, "undersigned": len(NAMES)},
    "version": 1,
    "fingerprint": "f" * 64,
    "endorsements": [],
}


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    printed = sheet(Group("", NAMES))
    with Setter() as setter:
        return setter.set(printed, attachments=evidence.files(with_evidence(printed)))


def with_evidence(printed: Any) -> Any:

    return replace(printed, evidence=json.dumps(CARRIED))


@pytest.fixture(scope="module")
def sealer() -> Iterator[Sealer]:
    with seals.sealer() as sealer:
        yield sealer


@pytest.fixture(scope="module")
def sealed(unsealed: bytes, sealer: Sealer) -> bytes:
    return sealer.seal(unsealed, AT).pdf


@pytest.fixture(scope="module")
def looking() -> Iterator[Verifier]:
    with Verifier() as looking:
        yield looking


def verdict(looking: Verifier, pdf: bytes) -> Verdict:
    return verify_offline(looking, seals.key().certificates, pdf)


def state(pdf: bytes) -> str:
    """What the bytes say, without a process of its own: for looking at many."""
    return str(verifier.seal_of(pdf, [ssl.PEM_cert_to_DER_cert(one) for one in seals.key().certificates])["state"])


def pdfsig(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "looked-at.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdfsig", file], capture_output=True, text=True, timeout=60).stdout


def pdfsig_is_content(pdf: bytes, tmp_path: Path) -> bool:
    said = pdfsig(pdf, tmp_path)
    return "Signature is Valid" in said and "Total document signed" in said


def test_the_same_printing_under_the_same_key_is_the_same_bytes(unsealed: bytes, sealed: bytes) -> None:
    with seals.sealer() as another:
        assert another.seal(unsealed, AT).pdf == sealed


def test_a_sealed_printing_is_whole_to_us_and_to_other_programs(
    sealed: bytes, looking: Verifier, tmp_path: Path
) -> None:
    found = verdict(looking, sealed)
    assert (found.kind, found.title) == ("whole", "Ours and whole")
    assert ("Letter", "Keep the unit") in found.facts
    said = pdfsig(sealed, tmp_path)
    for words in (
        "Signature is Valid",
        "Total document signed",
        "ETSI.CAdES.detached",
        "Seal of the letters at coalition.test",
        "Oct 26 2009 09:00:00",
    ):
        assert words in said
    assert subprocess.run(["qpdf", "--check", tmp_path / "looked-at.pdf"], capture_output=True).returncode == 0
    outloud = Path(sys.executable).with_name("outloud")
    checked = [outloud, "--layer", "conformance", tmp_path / "looked-at.pdf"]
    done = subprocess.run(list(map(str, checked)), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_seal_allows_no_change_and_is_a_field_that_a_screen_reader_can_name(sealed: bytes) -> None:
    with pikepdf.open(BytesIO(sealed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert field.V.Reference[0].TransformParams.P == 1
        assert pdf.Root.Perms.DocMDP.objgen == field.V.objgen
        assert "seal" in str(field.TU)
        assert int(field.F) & 0b100110 == 0b100  # printed, neither hidden nor without view: as PDF/A has it
        tags = dict(_pairs(pdf.Root.StructTreeRoot.ParentTree))
        tag = tags[int(field.StructParent)]
        assert (tag.S, tag.K.Obj.objgen) == ("/Form", field.objgen)
        assert tag.objgen in [one.objgen for one in pdf.Root.StructTreeRoot.K[0].K]
        with pdf.open_metadata() as said:
            assert (said["pdfaid:part"], said["pdfuaid:part"]) == ("3", "1")


def _pairs(tree: Any) -> Iterator[tuple[int, Any]]:
    for kid in tree.get("/Kids", []):
        yield from _pairs(kid)
    numbers = list(tree.get("/Nums", []))
    yield from zip(map(int, numbers[::2]), numbers[1::2], strict=True)


def test_no_byte_of_it_can_be_changed_without_showing(sealed: bytes, looking: Verifier, tmp_path: Path) -> None:
    choose = random.Random(5)  # noqa: S311 (where to break, not a secret)
    start = sealed.index(b"/Contents <")
    end = sealed.index(b">", start)
    packed = [choose.randrange(start, end + 80) for _ in range(150)]  # what no signature covers is looked at closest
    for at in [*packed, *(choose.randrange(len(sealed)) for _ in range(150))]:
        broken = bytearray(sealed)
        broken[at] ^= choose.choice((1, 2, 32, 128))
        assert state(bytes(broken)) != "whole", at
    name = sealed.index(b"%PDF-1.7")
    other = sealed[:name] + b"%PDF-1.6" + sealed[name + 8 :]
    assert verdict(looking, other).kind == "altered"
    assert not pdfsig_is_content(other, tmp_path)


def test_what_is_added_after_sealing_shows_with_where(sealed: bytes, looking: Verifier, tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(sealed)) as pdf:
        page, size = pdf.pages[0].obj.objgen[0], int(pdf.trailer.Size)
        kept = pdf.pages[0].obj.unparse(resolved=True)
    hidden = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % size, kept)
    shadow = _updated(sealed, {page: hidden, size: b"<</Length 0>>\nstream\n\nendstream"}, size + 1)
    with pikepdf.open(BytesIO(shadow)) as pdf:
        assert not pdf.pages[0].Contents.read_bytes()  # the page is empty to whoever opens it
    for added, where in (
        (shadow, "Page 1: what it shows was changed."),
        (sealed + b"\n% and more", "bytes were added"),
    ):
        found = verdict(looking, added)
        assert found.kind == "altered"
        assert where in " ".join(found.where)
        assert not pdfsig_is_content(added, tmp_path)


def _updated(pdf: bytes, objects: dict[int, bytes], size: int) -> bytes:
    """An incremental update, as an attacker appends one."""
    out, places = bytearray(pdf + b"\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    with pikepdf.open(BytesIO(pdf)) as opened:
        root = opened.Root.objgen[0]
    table = len(out)
    out += b"xref\n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Size %d /Root %d 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, before, table)
    return bytes(out)


def test_a_seal_moved_or_wrapped_around_other_bytes_is_never_whole(sealed: bytes, looking: Verifier) -> None:
    start = sealed.index(b"<", sealed.index(b"/Contents <"))
    end = sealed.index(b">", start) + 1
    seal, rest = sealed[start:end], sealed[:start] + sealed[end:]
    evil = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n"
    (numbers,) = re.findall(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", sealed)
    tricks = [
        rest[: start - 200] + seal + rest[start - 200 :],  # the same bytes around it, in another place
        evil + sealed,
        sealed + evil,
        sealed.replace(b"/ByteRange [0 %s" % numbers[0], b"/ByteRange [9 %s" % numbers[0]),
        sealed.replace(b"%s %s %s]" % numbers, b"%s %s %d]" % (*numbers[:2], int(numbers[2]) + 1)) + b"\n",
        evil + b"/Contents " + seal + b"\n/ByteRange [0 %s %s %s]\n%%%%EOF" % numbers,
        evil + sealed[sealed.index(b"/Contents <") :],
        sealed.replace(seal, seal.lower()),
        sealed.replace(seal, seal[:-3] + b"01>"),  # not zeros after it
        sealed[: len(sealed) // 2],
        sealed[:-1],
    ]
    assert [state(one) for one in tricks].count("whole") == 0
    assert all(verdict(looking, one).kind == "altered" for one in tricks[1:5])


def test_the_same_name_with_another_key_is_not_ours(
    unsealed: bytes, sealed: bytes, looking: Verifier, tmp_path: Path
) -> None:

    impostor = keys.load(tmp_path, None, "", "coalition.test", datetime(2009, 10, 1, tzinfo=UTC))
    with Sealer(lambda: impostor) as other:
        forged = other.seal(unsealed, AT).pdf
    found = verdict(looking, forged)
    assert found.kind == "foreign"
    assert "Seal of the letters at coalition.test" in found.sentences[0]
    assert verify_offline(looking, impostor.certificates, forged).kind == "whole"
    assert verify_offline(looking, (*impostor.certificates, *seals.key().certificates), sealed).kind == "whole"


def hostile(sealed: bytes) -> dict[str, bytes]:
    def saved(change: Any = None, **options: Any) -> bytes:
        out = BytesIO()
        with pikepdf.open(BytesIO(sealed)) as pdf:
            if change:
                change(pdf)
            pdf.save(out, **options)
        return out.getvalue()

    def bomb(pdf: pikepdf.Pdf) -> None:

        packed = zlib.compress(b"\0" * 60_000_000, 1)
        stream = pikepdf.Stream(pdf, zlib.compress(packed, 9))
        stream.Filter = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        attach(pdf, [Attachment("evidence.json", "application/json", "", b"{}")], datetime(2009, 10, 26, tzinfo=UTC))
        pdf.attachments["evidence.json"].obj.EF.F = pdf.make_indirect(stream)

    seal = sealed[sealed.index(b"/Contents <") : sealed.index(b">", sealed.index(b"/Contents <")) + 60]
    return {
        "nothing": b"",
        "no PDF": b"\x89PNG\r\n",
        "a PDF's first line": b"%PDF-1.7",
        "saved anew": saved(),
        "with a password": saved(encryption=pikepdf.Encryption(owner="a", user="b")),
        "a bomb attached": saved(bomb) + seal,
        "nested": b"%PDF-1.7\n1 0 obj" + b"<</A" * 200_000 + b"[" * 200_000 + seal,
        "fifty signatures": b"%PDF-1.7\n" + (b"/Contents <" + b"3080" * 900 + b">/ByteRange [0 1 2 3]\n") * 50 + seal,
        "too many": b"%PDF-1.7\n" + (b"/Contents <" + b"30" * 300 + b">") * 300,
        "brackets": b"%PDF-1.7\n" + b"/Contents <" * 1_000_000,
        "digits": b"%PDF-1.7\n/Contents <" + b"3" * 5_000_000,
    }


def test_hostile_files_are_told_apart_and_never_break_anything(sealed: bytes, looking: Verifier) -> None:
    for name, pdf in hostile(sealed).items():
        found = verdict(looking, pdf)
        assert found.kind in ("foreign", "altered"), name
        assert found.sentences, name
    assert verdict(looking, sealed).kind == "whole"


def test_files_are_attached_as_pdf_a_3_wants_them_and_can_be_taken_out(sealed: bytes, tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(sealed)) as pdf:
        names = [str(one.UF) for one in pdf.Root.AF]
        assert names == sorted(pdf.attachments) == ["evidence.json", "letter.md", "letter.txt", "undersigned.csv"]
        for spec in pdf.Root.AF:
            assert spec.AFRelationship in ("/Data", "/Source", "/Alternative")
            assert spec.Desc
            assert spec.EF.F.Params.ModDate == "D:20091026090000Z"
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, tmp_path / "sealed.pdf"], check=True)
    text = (tmp_path / "letter.txt").read_bytes()
    assert hashlib.sha256(text).hexdigest() == sheet().fingerprint
    assert sheet().fingerprint in (tmp_path / "letter.md").read_text()
    assert json.loads((tmp_path / "evidence.json").read_text()) == CARRIED
