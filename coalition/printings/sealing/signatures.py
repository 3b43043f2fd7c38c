"""The signature in a seal (CMS, RFC 5652), read and checked against known certificates. Nothing in it is believed.

A signature covers neither itself nor all that is packed up with it. So one that holds is written anew from what was
checked, and has to be the same to the last byte: then nobody has touched any of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms, parser, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from coalition.printings.sealing.keys import issuers

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Unsound(Exception):
    """A signature does not hold; its text is the reason, for whoever looks into it."""


class Foreign(Exception):
    """It was made by nobody we know; its text is the name that it gives itself."""


@dataclass(frozen=True)
class Stamp:
    at: datetime
    by: str  # the name the service gives itself; whether to trust it is the reader's to decide


@dataclass(frozen=True)
class Signature:
    """One that holds, by one of our keys."""

    certificate: bytes  # DER
    digest: bytes  # SHA-256 of the bytes it was made for
    stamp: Stamp | None


def read(packed: bytes, known: Sequence[bytes]) -> Signature:
    """The signature in `packed`, made with one of the certificates `known` (DER); only zeros may follow it.

    Raises Foreign when it is by nobody known, Unsound when it says that it is but does not hold.
    """
    parsed = [x509.load_der_x509_certificate(one) for one in known]
    above = {one: issuers(one, parsed) for one in parsed}
    only_issued = {one for chain in above.values() for one in chain}  # they say who issued ours, and seal nothing
    chains = [[one, *above[one]] for one in parsed if one not in only_issued]
    ours = [[asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in chain] for chain in chains]
    try:
        length = _length(packed)
        signed = cms.ContentInfo.load(packed[:length], strict=True)["content"]
        (signer,) = signed["signer_infos"]
        sid = signer["sid"].chosen.dump()
        mine = next((chain for chain in ours if _name(chain[0]) == sid), None)
        name = _called(signed)
    except Exception:  # hostile bytes make a parser fail in many ways
        mine, name = None, ""
    if mine is None:
        if any(trace in packed for one, *_ in ours for trace in (_name(one), one.public_key.dump())):
            raise Unsound("it is damaged")
        raise Foreign(name)
    try:
        digest = _check(signer, mine[0])
        stamp = _stamp(signer)
        as_written = _written_anew(signer, mine)
    except Unsound:
        raise
    except Exception:
        raise Unsound("it is damaged") from None
    if packed[:length] != as_written or packed[length:].strip(b"\0"):
        raise Unsound("it is not as it was written")
    return Signature(mine[0].dump(), digest, stamp)


def _length(packed: bytes) -> int:
    header, content, trailer = parser.parse(packed)[3:]
    return len(header) + len(content) + len(trailer)


def _name(certificate: Any) -> bytes:
    """How a signature names the certificate that it was made with."""
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return bytes(cms.IssuerAndSerialNumber(named).dump())


def _called(signed: Any) -> str:
    """The name that the first certificate in it bears."""
    for choice in signed["certificates"]:
        return str(choice.chosen.subject.human_friendly)[:200]
    return ""


def _check(signer: Any, certificate: Any) -> bytes:
    """The digest that was signed. Raises Unsound when the signature is not by the key of `certificate`."""
    attributes = signer["signed_attrs"]
    values = {one["type"].native: one["values"] for one in attributes}
    if len(values) != len(attributes) or values["content_type"].native != ["data"]:
        raise Unsound("it says two things at once")
    (digest,) = values["message_digest"].native
    if signer["digest_algorithm"]["algorithm"].native != "sha256" or len(digest) != 32:
        raise Unsound("it uses another digest than ours")
    _verify(certificate.dump(), bytes(signer["signature"]), attributes.untag().dump(), "sha256")
    return bytes(digest)


def _verify(certificate: bytes, signature: bytes, data: bytes, algorithm: str) -> None:
    key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), _HASHES[algorithm])
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(_HASHES[algorithm]))
        else:
            raise Unsound("its key is of a kind we do not know")
    except InvalidSignature:
        raise Unsound("it does not fit the key") from None


def _written_anew(signer: Any, chain: Sequence[Any]) -> bytes:
    """What the sealer packs up around this signature: all of it was checked, is known, or is always the same."""
    certificate = chain[0]
    with_curve = certificate.public_key.algorithm == "ec"
    written = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber.load(_name(certificate))),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": cms.CMSAttributes.load(signer["signed_attrs"].untag().dump()),
            "signature_algorithm": {"algorithm": "sha256_ecdsa" if with_curve else "sha256_rsa"},
            "signature": bytes(signer["signature"]),
        }
    )
    if isinstance(signer["unsigned_attrs"], cms.CMSAttributes):
        written["unsigned_attrs"] = cms.CMSAttributes.load(signer["unsigned_attrs"].untag().dump())
    signed = {
        "version": "v1",
        "digest_algorithms": cms.DigestAlgorithms([{"algorithm": "sha256"}]),
        "encap_content_info": {"content_type": "data"},
        "certificates": {cms.CertificateChoices(name="certificate", value=one) for one in chain},
        "signer_infos": [written],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)}).dump())


def _stamp(signer: Any) -> Stamp | None:
    attributes = signer["unsigned_attrs"]
    if not isinstance(attributes, cms.CMSAttributes):
        return None
    (attribute,) = attributes
    (token,) = attribute["values"]
    if attribute["type"].native != "signature_time_stamp_token":
        raise Unsound("something was packed up with it that is none of ours")
    return check_stamp(token.dump(), hashlib.sha256(bytes(signer["signature"])).digest())


def check_stamp(token: bytes, digest: bytes) -> Stamp:
    """What a time stamp (RFC 3161) says of what has the SHA-256 `digest`. Raises Unsound when it does not hold."""
    try:
        info = cms.ContentInfo.load(token, strict=True)
        signed = info["content"]
        content = signed["encap_content_info"]["content"]
        said = tsp.TSTInfo.load(bytes(content), strict=True)  # importing it also tells `cms` what such attributes hold
        imprint = said["message_imprint"]
        if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != ("sha256", digest):
            raise Unsound("its time stamp is of something else")
        (signer,) = signed["signer_infos"]
        algorithm = signer["digest_algorithm"]["algorithm"].native
        values = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
        if values["message_digest"].native != [hashlib.new(algorithm, bytes(content)).digest()]:
            raise Unsound("its time stamp does not hold")
        sid = signer["sid"].chosen.dump()
        certificate = next(one.chosen for one in signed["certificates"] if _name(one.chosen) == sid)
        _check_certificate(values, certificate)
        _verify(certificate.dump(), bytes(signer["signature"]), signer["signed_attrs"].untag().dump(), algorithm)
    except Unsound:
        raise
    except Exception:
        raise Unsound("its time stamp is damaged") from None
    return Stamp(said["gen_time"].native, str(certificate.subject.human_friendly)[:200])


def _check_certificate(values: Any, certificate: Any) -> None:
    """A time stamp has to name the certificate it was made with (RFC 5816), so that nobody can put another in."""
    der = certificate.dump()
    if "signing_certificate_v2" in values:
        named = values["signing_certificate_v2"][0]["certs"][0]
        same = hashlib.new(named["hash_algorithm"]["algorithm"].native, der).digest() == named["cert_hash"].native
    else:
        named = values["signing_certificate"][0]["certs"][0]
        same = hashlib.sha1(der, usedforsecurity=False).digest() == named["cert_hash"].native
    if not same:
        raise Unsound("its time stamp names another certificate")
