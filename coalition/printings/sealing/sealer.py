"""Seals printings: the child process of `sealing`, and the only place that knows pyHanko.

An invisible PAdES signature that certifies the file and allows no change (DocMDP, P=1), B-B, or B-T with a time stamp.
Signed with PKCS#1 v1.5 at the printing's own time, so the same printing under the same key is the same bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any

from asn1crypto import pem, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyhanko.pdf_utils import generic as untyped
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko_certvalidator.registry import SimpleCertificateStore

from coalition.base import apart
from coalition.base.apart import Failed
from coalition.printings.sealing.signatures import Foreign, Unsound, read
from coalition.printings.sealing.stamping import NoStamp, Service

generic: Any = untyped
FIELD = "Seal"
FIELD_IN_WORDS = "The seal of this printing: an invisible digital signature"
REASON = "Sealed as printed. No change is allowed."
_STAMP_BYTES = 16_384  # room for a time stamp with its service's certificates


def main() -> None:
    apart.serve(_warm, "Sealing this PDF")


def _warm() -> Callable[[bytes], bytes]:
    def do(job: bytes) -> bytes:
        size = int.from_bytes(job[:4], "big")
        wanted, pdf = json.loads(job[4 : 4 + size]), job[4 + size :]
        sealed, unstamped = seal(pdf, wanted)
        said = json.dumps({"unstamped": unstamped}).encode()
        return len(said).to_bytes(4, "big") + said + sealed

    return do


def seal(pdf: bytes, wanted: Mapping[str, Any]) -> tuple[bytes, str]:
    """The sealed PDF, and why it has no time stamp where it should have one."""
    if not wanted["service"]:
        return _sealed(pdf, wanted, None), ""
    try:
        return _sealed(pdf, wanted, Service(wanted["service"])), ""
    except NoStamp as reason:
        return _sealed(pdf, wanted, None), str(reason)


def _sealed(pdf: bytes, wanted: Mapping[str, Any], service: Service | None) -> bytes:
    certificates = [x509.Certificate.load(pem.unarmor(one.encode())[2]) for one in wanted["certificates"]]
    known: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    known.register_multiple(certificates[1:])
    signer = Signer(certificates[0], wanted["key"], known)
    room = 2 * (sum(len(one.dump()) for one in certificates) + 4096 + (_STAMP_BYTES if service else 0))

    writer = SamePrintingSameBytes(BytesIO(pdf))
    spec = SigFieldSpec(
        FIELD,
        invis_sig_settings=InvisSigSettings(set_print_flag=True, box_out_of_bounds=True),
        readable_field_name=FIELD_IN_WORDS,
    )
    steps = PdfCMSEmbedder(spec).write_cms(FIELD, writer)
    _tag(writer, next(steps))
    at = datetime.fromisoformat(wanted["at"])
    empty = SignatureObject(at, SigSeedSubFilter.PADES, reason=REASON, bytes_reserved=room)
    certifying = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    steps.send(SigObjSetup(empty, mdp_setup=certifying))
    prepared, out = steps.send(SigIOSetup("sha256"))
    signature = asyncio.run(
        signer.async_sign(prepared.document_digest, "sha256", use_pades=True, timestamper=service, dry_run=False)
    )
    try:  # what a service packs up in its stamp may be such that nobody could check it again
        read(signature.dump(), [one.dump() for one in certificates])
    except (Unsound, Foreign) as reason:
        if service:
            raise NoStamp(f"The service's time stamp cannot be used: {reason}.") from None
        raise Failed(f"The seal does not hold: {reason}.") from None
    if 2 * len(signature.dump()) > room:
        raise NoStamp("The service's time stamp is larger than there is room for.")
    steps.send(signature)
    return bytes(out.getvalue())


class Signer(SimpleSigner):
    """Loads a key once: looking it through takes longer than all else."""

    def __init__(self, certificate: x509.Certificate, key: str, known: SimpleCertificateStore) -> None:
        super().__init__(certificate, None, known)
        self._key = _loaded(key)

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


@lru_cache(maxsize=4)
def _loaded(key: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    loaded = serialization.load_pem_private_key(key.encode(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey), "the keys' room lets in no other"  # noqa: S101
    return loaded


class SamePrintingSameBytes(IncrementalPdfFileWriter):
    """Writes neither the present hour nor anything random."""

    def _update_meta(self) -> None:
        pass

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        first, _ = prev.trailer["/ID"]
        prev.stream.seek(0)
        second = hashlib.sha256(prev.stream.read()).digest()[:16]
        return generic.ArrayObject([first, generic.ByteStringObject(second)])


def _tag(writer: Any, field: Any) -> None:
    """Gives the field its place in the structure tree: PDF/UA wants every annotation that is not hidden to have one,
    and PDF/A lets none be hidden (ISO 14289-1, 7.18.4; ISO 19005-3, 6.3.2).
    """
    tree = writer.root["/StructTreeRoot"]
    kids = tree["/K"]
    above = kids.raw_get(0) if isinstance(kids, generic.ArrayObject) else tree.raw_get("/K")
    document = above.get_object()
    widget, page = field.get_object(), field.get_object().raw_get("/P")
    place = {"/Type": generic.pdf_name("/OBJR"), "/Obj": field, "/Pg": page}
    element = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/StructElem"),
            generic.pdf_name("/S"): generic.pdf_name("/Form"),
            generic.pdf_name("/P"): above,
            generic.pdf_name("/Pg"): page,
            generic.pdf_name("/K"): generic.DictionaryObject({generic.pdf_name(n): v for n, v in place.items()}),
        }
    )
    reference = writer.add_object(element)
    document["/K"].append(reference)
    writer.update_container(document["/K"])
    widget["/StructParent"] = generic.NumberObject(_enter(writer, tree, reference))


def _enter(writer: Any, tree: Any, element: Any) -> int:
    """Enters an element in the tree's table of parents, and gives its number there."""
    parents = tree["/ParentTree"]
    numbers = parents.get("/Nums")
    if numbers is None:  # in several tables: the last one has the highest numbers
        last = parents["/Kids"][-1]
        number = int(last["/Limits"][1]) + 1
        last["/Nums"].extend([generic.NumberObject(number), element])
        last["/Limits"][1] = generic.NumberObject(number)
        for changed in (last["/Nums"], last["/Limits"]):
            writer.update_container(changed)
    else:
        number = int(numbers[-2]) + 1 if numbers else 0
        numbers.extend([generic.NumberObject(number), element])
        writer.update_container(numbers)
    tree["/ParentTreeNextKey"] = generic.NumberObject(number + 1)
    writer.update_container(tree)
    return number


if __name__ == "__main__":
    main()
