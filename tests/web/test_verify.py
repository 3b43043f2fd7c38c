"""Whether a PDF is ours and untouched: on the page, for anybody; on the command line; and what is told of whom."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import pikepdf
import pytest
from sqlalchemy import select, update

from coalition.base import clock
from coalition.base.settings import ROOT
from coalition.cli import main
from coalition.history import records as history
from coalition.letters.text import canonical
from coalition.printings import actions, records
from coalition.printings.sealing.attaching import attach
from coalition.printings.sealing.attachments import Attachment
from coalition.tables import contacts as people
from coalition.tables import letters
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, campaign, endorse_form
from tests.rows import all_rows

DAY = timedelta(days=1)


async def _printed(eva: Campaign) -> list[bytes]:
    """Two printings: the second without one who withdrew."""
    async with eva.browser() as charity:
        for name, changes in (
            (NSPCC, {"authority": "trustees", "authority_detail": "2009-10-12"}),
            (AMNESTY, {"authority": "other", "authority_detail": "ask private.words@secret.example"}),
            (POPPY, {"name": "=cmd|' /C calc'!A0"}),
        ):
            assert (
                await charity.post(f"{eva.link(name)}/endorse", data=endorse_form(name, **changes))
            ).status_code == 303
        eva.database.write_now(actions.close_list, eva.letter.slug, "Eva Sample", clock.now())
        assert (await charity.post(f"{eva.link(AMNESTY)}/withdraw")).status_code == 303
    eva.database.write_now(actions.print_again, eva.letter.slug, "Eva Sample", clock.now())
    eva.set_pdfs()
    made = eva.database.read_now(records.all_printings, eva.letter.id)
    return [eva.site.store.get(one.content) or b"" for one in made]


async def _asked(eva: Campaign, pdf: bytes, status: int = 200) -> str:
    async with eva.browser() as anybody:
        answer = await anybody.post("/verify", files={"file": ("letter.pdf", pdf, "application/pdf")})
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.text)


async def test_anybody_is_told_whether_a_pdf_is_ours_whole_older_or_altered(eva: Campaign) -> None:
    first, second = await _printed(eva)
    before = eva.database.read_now(all_rows)
    newest = await _asked(eva, second)
    for said in (
        "<h2>Ours and whole</h2>",
        "printing 2 of the letter",
        "It is the newest printing.",
        eva.letter.subject,
    ):
        assert said in newest
    older = await _asked(eva, first)
    assert "Ours and whole, but an older printing" in older
    assert "There is a newer one: printing 2." in older
    assert f"/letters/{eva.letter.slug}/printings/2.pdf" in older

    changed = await _asked(eva, _with_another_name(second))
    assert "Ours, but altered" in changed
    assert "The attached file undersigned.csv was changed." in changed
    flipped = bytearray(second)
    flipped[len(second) // 2] ^= 1
    assert "Ours, but altered" in await _asked(eva, bytes(flipped))
    assert "something was added at its end" in await _asked(eva, second + b"\n%")
    assert "Not ours" in await _asked(eva, b"%PDF-1.4\n%%EOF")
    assert "This is not a PDF file." in await _asked(eva, b"")
    assert eva.database.read_now(all_rows) == before


def _with_another_name(pdf: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        table = opened.attachments["undersigned.csv"].get_file().read_bytes()
        changed = Attachment("undersigned.csv", "text/csv", "", table.replace(b"NSPCC", b"NSPCD"))
        attach(opened, [changed], clock.now())
        opened.save(out)
    return out.getvalue()


@pytest.fixture
async def here(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Campaign]:
    """Eva's campaign on one database: what is asked here is the same on both."""
    async with campaign(sqlite_url, tmp_path / "data") as begun:
        yield begun


async def test_of_a_letter_that_is_not_public_only_what_the_file_holds_is_told(here: Campaign) -> None:
    first, second = await _printed(here)
    for secret in ({"visibility": "private"}, {"visibility": "public", "embargo_until": clock.now() + DAY}):
        _make(here, slug=here.letter.slug, **secret)
        told = await _asked(here, first)
        assert "<h2>Ours and whole</h2>" in told
        assert "What is said of it here stands in the file itself" in told
        for untold in ("newer", "newest printing", "/letters/", "older printing"):
            assert untold not in told
        # An altered file is not held beside ours, and looks the same as one that says it is of no letter at all.
        altered = await _asked(here, _with_another_name(second))
        assert "Ours, but altered" in altered
        assert "undersigned.csv" not in altered
        _make(here, slug="another")
        assert await _asked(here, _with_another_name(second)) == altered
        assert await _asked(here, first) == told


def _make(campaign: Campaign, **values: Any) -> None:
    campaign.database.write_now(lambda connection: connection.execute(update(letters).values(values)))


async def test_no_file_one_too_large_and_too_many_are_said_to_be_so(here: Campaign) -> None:
    async with here.browser() as anybody:
        page = await anybody.get("/verify")
        assert page.status_code == 200
        none = await anybody.post("/verify", data={"file": ""})
        assert none.status_code == 422
        assert "Choose the PDF first." in none.text
        large = await anybody.post("/verify", files={"file": ("a.pdf", bytes(20 * 2**20 + 1))})
        assert large.status_code == 413
        assert "larger than 20 MB" in large.text
        asked = [(await anybody.post("/verify", files={"file": ("a.pdf", b"x")})).status_code for _ in range(30)]
        assert asked[:28] == [200] * 28
        assert asked[-1] == 429
        certificate = await anybody.get("/seal.pem")
        assert certificate.text.startswith("-----BEGIN CERTIFICATE-----")
        assert (await anybody.get("/verify")).text.count("<code>") > 2


async def test_the_command_line_says_the_same_with_the_records_or_with_a_certificate_alone(
    here: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = await _printed(here)
    good, bad, old = (tmp_path / f"{name}.pdf" for name in ("good", "bad", "old"))
    good.write_bytes(second)
    old.write_bytes(first)
    bad.write_bytes(second + b"x")
    certificate = tmp_path / "seal.pem"
    async with here.browser() as anybody:
        certificate.write_bytes((await anybody.get("/seal.pem")).content)
    monkeypatch.setenv("COALITION_DATA_DIR", str(tmp_path / "nowhere"))
    for file, status, words in ((good, 0, "Ours and whole"), (bad, 1, "Ours, but altered")):
        assert main(["verify", str(file), "--certificate", str(certificate)]) == status
        said = capsys.readouterr()
        assert words in (said.err if status else said.out)
        assert (said.out if status else said.err) == ""
    assert not (tmp_path / "nowhere").exists()
    assert main(["verify", str(good), "--certificate", str(good)]) == 1
    assert "holds no certificate" in capsys.readouterr().err

    monkeypatch.setenv("COALITION_DATA_DIR", str(here.settings.data_dir))
    monkeypatch.setenv("COALITION_DATABASE_URL", here.settings.database_url)
    for file, status, words in (
        (good, 0, "newest printing"),
        (old, 0, "older printing"),
        (bad, 1, "1 byte was added"),
    ):
        assert main(["verify", str(file)]) == status
        said = capsys.readouterr()
        assert words in (said.err if status else said.out)


async def test_the_evidence_is_that_of_the_moment_and_says_nothing_private(eva: Campaign) -> None:
    first, second = await _printed(eva)
    with pikepdf.open(BytesIO(second)) as opened:
        files = {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}
    said = json.loads(files["evidence.json"])
    jsonschema.validate(said, json.loads((ROOT / "docs" / "evidence.schema.json").read_text()))
    names = [one["printed"]["organisation"] for one in said["endorsements"]]
    assert sorted(names) == sorted([NSPCC, "=cmd|' /C calc'!A0"])
    (nspcc,) = (one for one in said["endorsements"] if one["printed"]["organisation"] == NSPCC)
    assert (nspcc["authority"], nspcc["decided_on"]) == ("trustees", "2009-10-12")
    assert said["printing"]["number"] == 2
    entries = eva.database.read_now(history.entries, eva.letter.id)
    (printed,) = (one for one in entries if one.deed == "printed" and one.data["printing"] == 2)
    assert said["history"] == {"entries": printed.number - 1, "head": printed.previous}
    rows = list(csv.DictReader(io.StringIO(files["undersigned.csv"].decode())))
    assert {row["organisation"] for row in rows} == {NSPCC, "'=cmd|' /C calc'!A0"}
    assert files["letter.txt"].decode() == canonical(eva.letter.text)

    contacts = eva.database.read_now(lambda connection: [*connection.execute(select(people.c.email)).scalars()])
    secrets = ["private.words", eva.nonce(NSPCC), "127.0.0.1", eva.settings.secret_keys[0], *contacts]
    for pdf in (first, second):
        shown = b"\n".join(_streams(pdf)).decode("latin-1")
        assert [one for one in secrets if one in shown] == []
        assert not re.search(r"[\w.+-]{2,}@[\w-]+\.\w", shown)


def _streams(pdf: bytes) -> list[bytes]:
    """Everything in a file that is not a font or a picture, unpacked."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        found = [one.unparse(resolved=True) for one in opened.objects if not isinstance(one, pikepdf.Stream)]
        for one in opened.objects:
            if isinstance(one, pikepdf.Stream) and not {"/Length1", "/Length2", "/Width"} & set(one.keys()):
                found.append(one.read_bytes())
    return found
