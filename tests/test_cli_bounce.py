"""`python -m coalition bounce`, as a person and as a mail server call it."""

import os
import subprocess
import sys
from pathlib import Path

from coalition.base.links import Links
from coalition.base.mail.parts import LARGEST
from coalition.base.settings import ROOT
from tests.cast import Campaign
from tests.rows import all_rows

SAMPLE = (ROOT / "tests" / "base" / "reports" / "postfix-refused.eml").read_bytes()
SAMPLE_MARK = Links(["k" * 32]).mark(42).encode()


def bounce(eva: Campaign, raw: bytes, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COALITION_", "ORIGINAL_"))}
    ours = {
        "COALITION_DATABASE_URL": eva.settings.database_url,
        "COALITION_DATA_DIR": str(eva.settings.data_dir),
        "COALITION_BASE_URL": eva.settings.base_url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "coalition", "bounce", *words],
        cwd=ROOT,
        env=clean | ours | environ,
        input=raw,
        capture_output=True,
        timeout=60,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_report_is_taken_and_said(eva: Campaign) -> None:
    eva.send_mail()
    raw = SAMPLE.replace(SAMPLE_MARK, eva.site.links.mark(1).encode())
    done = bounce(eva, raw + b"\n" * 2 * LARGEST)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No more mail goes to ")
    again = bounce(eva, raw + b"\n" * 2 * LARGEST)
    assert (again.returncode, again.stdout) == (0, "It was taken before. Nothing was changed.\n")


def test_what_is_refused_is_1_by_hand_and_0_for_a_mail_server_that_would_mail_it_back(eva: Campaign) -> None:
    before = eva.database.read_now(all_rows)
    for raw in (SAMPLE, b"", b"Hello"):
        by_hand = bounce(eva, raw)
        assert (by_hand.returncode, by_hand.stdout) == (1, "")
        assert "Nothing was changed." in by_hand.stderr
    for words, environ in (
        (("--to", "bounce@coalition.test"), {}),
        ((), {"ORIGINAL_RECIPIENT": "bounce@coalition.test"}),
    ):
        by_server = bounce(eva, SAMPLE, *words, **environ)
        assert by_server.returncode == 0
        assert "Nothing was changed." in by_server.stderr
    assert eva.database.read_now(all_rows) == before


def test_when_nothing_can_be_saved_the_mail_server_is_told_to_try_again(eva: Campaign, tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'nowhere' / 'coalition.db'}"
    done = bounce(eva, SAMPLE, COALITION_DATABASE_URL=nowhere)
    assert done.returncode == 75
    assert len(done.stderr.splitlines()) == 1


def test_the_webhooks_address_is_printed_and_works_for_nothing_else(eva: Campaign) -> None:
    done = bounce(eva, b"", "--webhook")
    address = done.stdout.strip()
    assert done.returncode == 0
    assert address.startswith(f"{eva.settings.base_url}/hooks/postmark/")
    assert eva.site.links.nonce("webhook", address.rpartition("/")[2]) == "postmark"
