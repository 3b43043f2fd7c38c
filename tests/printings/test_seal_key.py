"""The key of the seal: made once, or given; and a time stamp from a real service over HTTP, where one is set."""

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from coalition.base import backup
from coalition.base.database import Database
from coalition.cli import main
from coalition.endorsements.undersigned import Group
from coalition.printings.press.setting import Setter
from coalition.printings.sealing import evidence, keys
from coalition.printings.sealing.keys import WrongSeal
from coalition.printings.sealing.sealing import Sealer
from coalition.printings.sealing.verdicts import verify_offline
from coalition.printings.sealing.verifying import Verifier
from tests import seals
from tests.printings.sheets import NAMES, sheet
from tests.printings.test_sealing import AT, with_evidence

NOW = datetime(2009, 10, 26, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    printed = sheet(Group("", NAMES[:2]))
    with Setter() as setter:
        return setter.set(printed, attachments=evidence.files(with_evidence(printed)))


def test_of_two_first_starts_at_once_both_have_the_same_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from coalition.printings.sealing import keys\n"
        "key = keys.load(Path(sys.argv[1]), None, '', 'letters.example', datetime(2009, 10, 26, tzinfo=UTC))\n"
        "print(keys.fingerprint(key.certificates[0]))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "seal")], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert len({one.communicate(timeout=60)[0] for one in both}) == 1
    assert stat.S_IMODE((tmp_path / "seal" / "key.pem").stat().st_mode) == 0o600
    assert len(keys.published(tmp_path / "seal")) == 1
    assert sorted(one.name for one in (tmp_path / "seal").iterdir()) == ["key.pem", "seal.pem"]
    (tmp_path / "seal" / "key.pem").write_text("")
    with pytest.raises(WrongSeal, match="damaged"):
        keys.load(tmp_path / "seal", None, "", "letters.example", NOW)


def test_a_backup_brings_the_seal_back(sqlite_url: str, tmp_path: Path) -> None:
    seals.install(tmp_path / "old")
    key = keys.load(tmp_path / "old" / "seal", None, "", "", NOW)
    with closing(Database(sqlite_url)) as database:
        database.read_now(backup.write, tmp_path / "old", tmp_path / "backup.zip")
        database.write_now(backup.read, tmp_path / "new", tmp_path / "backup.zip")
    assert keys.load(tmp_path / "new" / "seal", None, "", "", NOW) == key
    assert keys.published(tmp_path / "new" / "seal") == key.certificates
    assert stat.S_IMODE((tmp_path / "new" / "seal" / "key.pem").stat().st_mode) == 0o600


def _certificate(name: str, key: Any, issuer: tuple[x509.Certificate, Any] | None = None, *, ca: bool = False) -> Any:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=10_000))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )


@pytest.mark.parametrize("kind", ["RSA", "EC", "its own authority"])
def test_a_key_that_is_given_seals_with_its_issuers_and_the_one_before_stays_published(
    kind: str, unsealed: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "seal"
    seals.install(tmp_path)
    before = keys.load(folder, None, "", "", NOW)
    above = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Sample Authority", above, ca=True)
    key: Any = rsa.generate_private_key(65537, 2048)
    if kind == "EC":
        key = ec.generate_private_key(ec.SECP384R1())
    mine = _certificate("Sample Charity", key, (authority, above))
    if kind == "its own authority":  # as `openssl req -x509` makes one
        mine = _certificate("Sample Charity", key, ca=True)
    file = tmp_path / "seal.p12"
    stranger = _certificate("Sample Stranger", above)
    bundle = pkcs12.serialize_key_and_certificates
    file.write_bytes(bundle(b"x", key, mine, [stranger, authority], BestAvailableEncryption(b"pw")))
    given = keys.load(folder, file, "pw", "", NOW)
    assert len(given.certificates) == (1 if kind == "its own authority" else 2)
    published = keys.published(folder)
    assert published == (*given.certificates, *before.certificates)
    with Sealer(lambda: given) as sealer, Sealer(lambda: before) as old, Verifier() as looking:
        for pdf in (sealer.seal(unsealed, AT).pdf, old.seal(unsealed, AT).pdf):
            assert verify_offline(looking, published, pdf).kind == "whole"
        assert verify_offline(looking, before.certificates, sealer.seal(unsealed, AT).pdf).kind == "foreign"


def test_a_wrong_seal_stops_the_start_with_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 (too small, as is meant)
    small = tmp_path / "small.p12"
    small.write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", key, _certificate("x", key), None, BestAvailableEncryption(b"pw"))
    )
    (tmp_path / "no.p12").write_bytes(b"nothing")
    monkeypatch.setenv("COALITION_DATA_DIR", str(tmp_path / "data"))
    for settings, words in (
        ({"COALITION_SEAL": str(tmp_path / "none.p12")}, "COALITION_SEAL: .* cannot be read"),
        ({"COALITION_SEAL": str(tmp_path / "no.p12")}, "COALITION_SEAL: .* is not a PKCS#12 file"),
        ({"COALITION_SEAL": str(small), "COALITION_SEAL_PASSWORD": "no"}, "COALITION_SEAL_PASSWORD: it does not open"),
        ({"COALITION_SEAL": str(small), "COALITION_SEAL_PASSWORD": "pw"}, "COALITION_SEAL: .* 2048 bits or more"),
        ({"COALITION_TIMESTAMP_URL": "stamps"}, "COALITION_TIMESTAMP_URL must be like"),
    ):
        with monkeypatch.context() as environ:
            for name, value in settings.items():
                environ.setenv(name, value)
            assert main(["serve", "--port", "0"]) == 1
            said = capsys.readouterr().err
        assert len(said.strip().splitlines()) == 1, said
        assert re.search(words, said), said


def _stamping(answer: Any) -> Any:
    """A time stamp service (RFC 3161) over HTTP that answers what `answer` makes of a request."""

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Service


@contextmanager
def stamping(answer: Any) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _stamping(answer)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsa"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def stamper() -> DummyTimeStamper:
    key = rsa.generate_private_key(65537, 2048)
    certificate = _certificate("Sample Time Stamps", key)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    mine = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    return DummyTimeStamper(mine, asn1_keys.PrivateKeyInfo.load(private), certs_to_embed=_store(mine), fixed_dt=NOW)


def _store(certificate: Any) -> SimpleCertificateStore:
    store = SimpleCertificateStore()
    store.register(certificate)
    return store


def test_a_time_stamp_is_asked_for_and_says_when_it_was_sealed(
    unsealed: bytes, stamper: DummyTimeStamper, tmp_path: Path
) -> None:
    def answer(body: bytes) -> bytes:
        return bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump())

    with stamping(answer) as url, seals.sealer(url) as sealer, Verifier() as looking:
        made = sealer.seal(unsealed, AT)
        found = verify_offline(looking, seals.key().certificates, made.pdf)
        assert (made.unstamped, found.kind) == ("", "whole")
        assert dict(found.facts)["Time stamp"].startswith("2009-10-26T09:00:00Z, by a service that calls itself")
        (tmp_path / "stamped.pdf").write_bytes(made.pdf)
        said = subprocess.run(["pdfsig", tmp_path / "stamped.pdf"], capture_output=True, text=True).stdout
        assert "Signature is Valid" in said
        packed = made.pdf.index(b"/Contents <")
        token = made.pdf.index(b"Sample Time Stamps".hex().upper().encode(), packed)
        broken = made.pdf[:token] + b"4" + made.pdf[token + 1 :]
        assert verify_offline(looking, seals.key().certificates, broken).kind == "altered"


@pytest.mark.parametrize("trouble", ["away", "not a time stamp", "of something else", "too large"])
def test_a_service_that_gives_no_time_stamp_holds_no_printing_up(
    trouble: str, unsealed: bytes, stamper: DummyTimeStamper
) -> None:
    def answer(body: bytes) -> bytes:
        if trouble == "too large":
            return bytes(100_000)
        if trouble == "not a time stamp":
            return b"<html>"
        request = tsp.TimeStampReq.load(body)
        request["message_imprint"]["hashed_message"] = bytes(32)
        return bytes(stamper.request_tsa_response(request).dump())

    with stamping(answer) as url:
        if trouble != "away":
            with seals.sealer(url) as sealer:
                made = sealer.seal(unsealed, AT)
    if trouble == "away":
        with seals.sealer(url) as sealer:
            made = sealer.seal(unsealed, AT)
    assert made.unstamped.startswith("It was sealed without a time stamp. The service")
    with seals.sealer() as sealer:
        assert sealer.seal(unsealed, AT).pdf == made.pdf
