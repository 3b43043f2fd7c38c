"""The key that seals printings, given as PKCS#12 or made on first run, and every certificate it ever had."""

from __future__ import annotations

import hashlib
import os
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coalition.base.settings import Settings, WrongSetting

if TYPE_CHECKING:
    from cryptography import x509

SMALLEST = 2048  # bits of an RSA key that is given to us; ours has more
_BITS = 3072
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5: no end that is known
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class WrongSeal(WrongSetting):
    """The key cannot be used; its text is one line that names the setting."""


@dataclass(frozen=True)
class Key:
    private: str  # PEM, PKCS#8
    certificates: tuple[str, ...]  # PEM; the seal's own first, then those of who issued it

    def __repr__(self) -> str:  # the key stays out of logs and tracebacks
        return f"Key({fingerprint(self.certificates[0])})"


def key_of(settings: Settings, now: datetime) -> Key:
    """The key of this site. Raises WrongSeal."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    return load(folder_of(settings), settings.seal, settings.seal_password, host, now)


def folder_of(settings: Settings) -> Path:
    return settings.data_dir / "seal"


def load(folder: Path, given: Path | None, password: str, host: str, now: datetime) -> Key:
    """The key: that of the PKCS#12 file `given`, or the one kept in `folder`, made when there is none.

    Its certificates are published for ever, so that what they sealed can be checked when another key has taken over.
    Raises WrongSeal.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _from_file(given, password) if given else _kept(folder / "key.pem", host, now)
        _publish(folder / "seal.pem", key)
    except OSError as error:
        raise WrongSeal(f"COALITION_DATA_DIR: the seal in {folder} cannot be used ({error.strerror}).") from None
    return key


def published(folder: Path) -> tuple[str, ...]:
    """Every certificate that printings were sealed with, in PEM, the present one first; none before the first run."""
    try:
        return in_pem((folder / "seal.pem").read_text())
    except FileNotFoundError:
        return ()


def in_pem(text: str) -> tuple[str, ...]:
    """The certificates in a PEM file, one text each. Raises ValueError when one is damaged."""
    found = [part.partition(_END)[0] for part in text.split(_BEGIN)[1:]]
    whole = tuple(f"{_BEGIN}\n{''.join(part.split())}\n{_END}\n" for part in found)
    return tuple(ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(one)) for one in whole)


def fingerprint(certificate: str) -> str:
    """SHA-256 of a certificate (PEM), as 64 hexadecimal digits."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def _from_file(path: Path, password: str) -> Key:
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        data = path.read_bytes()
    except OSError as error:
        raise WrongSeal(f"COALITION_SEAL: {path} cannot be read ({error.strerror}).") from None
    try:
        bundle = pkcs12.load_pkcs12(data, password.encode() or None)
    except ValueError as error:
        if "password" in str(error).lower():
            raise WrongSeal(f"COALITION_SEAL_PASSWORD: it does not open {path}.") from None
        raise WrongSeal(f"COALITION_SEAL: {path} is not a PKCS#12 file.") from None
    if bundle.key is None or bundle.cert is None:
        raise WrongSeal(f"COALITION_SEAL: {path} needs a private key with its certificate.")
    _check(bundle.key, bundle.cert.certificate, path)
    others = [one.certificate for one in bundle.additional_certs]
    return _key(bundle.key, bundle.cert.certificate, *issuers(bundle.cert.certificate, others))


def issuers(certificate: x509.Certificate, known: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Who issued a certificate, who issued theirs, and so on, as far as that is known."""
    chain: list[x509.Certificate] = []
    while True:
        below = chain[-1] if chain else certificate
        above = next((one for one in known if one not in (certificate, *chain) and _issued(one, below)), None)
        if above is None:
            return chain
        chain.append(above)


def _issued(one: x509.Certificate, other: x509.Certificate) -> bool:
    try:
        other.verify_directly_issued_by(one)
    except Exception:  # another's name, another's key, or an algorithm of old
        return False
    return True


def _check(key: Any, certificate: x509.Certificate, path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    good = (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SMALLEST) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES
    )
    if not good:
        raise WrongSeal(f"COALITION_SEAL: the key in {path} must be RSA of {SMALLEST} bits or more, or P-256 to P-521.")
    if key.public_key() != certificate.public_key():
        raise WrongSeal(f"COALITION_SEAL: the certificate in {path} belongs to another key.")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise WrongSeal(f"COALITION_SEAL: the certificate in {path} may not be used for signatures.")


def _key(key: Any, *certificates: x509.Certificate) -> Key:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Key(private, tuple(one.public_bytes(Encoding.PEM).decode() for one in certificates))


def _kept(path: Path, host: str, now: datetime) -> Key:
    if not path.exists():
        made = _made(host, now)
        # Written aside and linked into place: of two first starts at once, both end up with the same key.
        aside = _aside(path, made.private + made.certificates[0])
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        aside.unlink()
    text = path.read_text()
    private, _, rest = text.partition(_BEGIN)
    if "PRIVATE KEY" not in private or _END not in rest:
        raise WrongSeal(f"COALITION_DATA_DIR: {path} is damaged. Bring it back from a backup.")
    return Key(private, in_pem(text))


def _made(host: str, now: datetime) -> Key:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, _BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Seal of the letters at {host}"[:64])])
    usage = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    # From the day before: what is sealed first was printed a moment before its key was made. Without extended usage:
    # NSS, which pdfsig asks, knows none that would fit.
    begins = datetime.combine(now.astimezone(UTC).date() - timedelta(days=1), time(), UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(_FOR_EVER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _key(key, certificate)


def _publish(path: Path, key: Key) -> None:
    """The present certificates first, then all that were there before. Nothing is ever taken out."""
    before = published(path.parent)
    ordered = [*key.certificates, *(one for one in before if one not in key.certificates)]
    if tuple(ordered) != before:
        _aside(path, "".join(ordered)).replace(path)


def _aside(path: Path, text: str) -> Path:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return aside
