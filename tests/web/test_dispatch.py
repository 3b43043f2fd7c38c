"""Dispatch at the desk and in public: a mail through its pages, a proof that is kept, a link to one printing."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import update

from coalition.base import clock
from coalition.dispatch import records
from coalition.dispatch.rules import UNDO
from coalition.printings import actions as printings
from coalition.printings.records import printing, was_set
from coalition.tables import letters as letters_table
from coalition.work import hours
from tests.cast import NSPCC, Campaign, endorse_form, hidden
from tests.dispatch.printed import AUTHORITY, PDF

WORDS = {
    "printing": "1",
    "to": "Sir Paul Stephenson <commissioner@met.example>\nclerk@authority.example",
    "cc": "",
    "whom": AUTHORITY,
    "subject": "A joint letter",
    "body": "Dear {name},\r\n\r\nhere it is.",
    "revision": "0",
}


@pytest.fixture
async def closed(eva: Campaign) -> Campaign:
    """One has endorsed, the list is closed, and its printing is there."""
    async with eva.browser() as charity:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
    at = clock.now()
    eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", at)
    made = eva.database.read_now(printing, eva.letter.id, 1)
    eva.database.write_now(was_set, made.content, eva.site.store.put(made.content, PDF), at)
    eva.send_mail()
    return eva


def base(eva: Campaign) -> str:
    return f"/desk/letters/{eva.letter.slug}/dispatch"


async def test_a_mail_is_written_looked_at_sent_stopped_and_told_of(closed: Campaign) -> None:
    async with closed.at_desk() as desk:
        proposal = (await desk.get(f"{base(closed)}/mail")).text
        assert "Please find here a joint letter to Sir Paul Stephenson" in proposal
        wrong = await desk.post(f"{base(closed)}/mail", data=WORDS | {"to": "Sir Paul <commissioner>", "to_self": "y"})
        assert wrong.status_code == 422
        assert "On the line “Sir Paul &lt;commissioner&gt;”" in wrong.text
        assert "here it is." in wrong.text
        saved = await desk.post(f"{base(closed)}/mail", data=WORDS)
        one = saved.headers["location"]
        page = (await desk.get(one)).text
        assert "Dear Sir Paul Stephenson" in (await desk.get(f"{one}/preview")).text
        form = {name: hidden(page, name) for name in ("revision", "others")}
        for _ in range(2):  # a double click
            assert (await desk.post(f"{one}/send", data=form)).status_code == 303
        waiting = await desk.get(one)
        assert "It leaves in about 5 minutes" in waiting.text
        assert waiting.headers["refresh"]
        assert (await desk.post(f"{one}/mail", data=WORDS | {"revision": "1"})).status_code == 422
        await desk.post(f"{one}/stop")
        assert "stopped it before it left" in (await desk.get(one)).text
        again = await desk.post(f"{one}/mail", data=WORDS | {"revision": "2"})
        assert again.headers["location"] == one
        page = (await desk.get(one)).text
        await desk.post(f"{one}/send", data={name: hidden(page, name) for name in ("revision", "others")})
        hours._dispatch(closed.database, clock.now() + UNDO)
        late = await desk.post(f"{one}/stop")
        assert (late.status_code, "had left before you pressed the button" in late.text) == (409, True)
        history = (await desk.get(f"/desk/letters/{closed.letter.slug}/history")).text
        assert f"sent left with printing 1 to <bdi>{AUTHORITY}</bdi>, for 2 recipients" in history
    _make_public(closed)
    async with closed.browser() as reader:
        assert f"was sent by e-mail to {AUTHORITY}, on" in (await reader.get(f"/letters/{closed.letter.slug}")).text
        assert f"was sent by e-mail to {AUTHORITY}, on" in (await reader.get(closed.link(NSPCC))).text


def _make_public(eva: Campaign, **values: object) -> None:
    change = update(letters_table).where(letters_table.c.id == eva.letter.id).values(visibility="public", **values)
    eva.database.write_now(lambda connection: connection.execute(change))


def _photo() -> bytes:
    written = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at a secret place"
    Image.new("RGB", (3000, 40), "red").save(written, "JPEG", exif=exif)
    return written.getvalue()


NOTED = {
    "printing": "1",
    "way": "handed",
    "whom": AUTHORITY,
    "day": "",
    "place": "City Hall",
    "handed_by": "Sample Bringer",
}


async def test_a_photo_that_proves_a_hand_over_is_kept_when_the_form_is_refused_and_made_ours(closed: Campaign) -> None:
    note = f"{base(closed)}/note"
    async with closed.at_desk() as desk, closed.browser() as reader:
        file = {"proof": ("stamped copy.jpg", _photo(), "image/jpeg")}
        refused = await desk.post(note, data=NOTED, files=file)
        assert refused.status_code == 422
        assert "<bdi>stamped copy.jpg</bdi> is kept as proof" in refused.text
        assert "Sample Bringer" in refused.text
        form = NOTED | {"day": clock.now().date().isoformat(), "kept_proof": hidden(refused.text, "kept_proof")}
        assert (await desk.post(note, data=form)).headers["location"] == f"{base(closed)}?done=noted"
        [one] = closed.database.read_now(records.happened, closed.letter.id)
        shown = await desk.get(f"{base(closed)}/{one.id}/proof")
        picture = Image.open(BytesIO(shown.content))
        assert (shown.headers["content-type"], picture.format, picture.size) == ("image/jpeg", "JPEG", (2400, 32))
        assert b"secret place" not in shown.content
        assert "City Hall" in (await desk.get(base(closed))).text
        _make_public(closed)
        public = (await reader.get(f"/letters/{closed.letter.slug}")).text
        assert f"was handed to {AUTHORITY}, on" in public
        assert "Sample Bringer" not in public
        assert (await reader.get(f"{base(closed)}/{one.id}/proof")).status_code == 303


async def test_a_pdf_that_proves_it_is_only_ever_downloaded_and_other_files_are_refused(closed: Campaign) -> None:
    note, day = f"{base(closed)}/note", clock.now().date().isoformat()
    async with closed.at_desk() as desk:
        for content, sentence in (
            (b"<script>alert(1)</script>", "not a picture that we can read"),
            (b"%PDF-1.7 " + b"1" * 8 * 2**20, "larger than 8 MB"),
        ):
            answer = await desk.post(
                note, data=NOTED | {"day": day}, files={"proof": ("a.pdf", content, "application/pdf")}
            )
            assert answer.status_code == 422
            assert sentence in answer.text
        file = {"proof": ("receipt.pdf", b"%PDF-1.4 a receipt", "application/pdf")}
        await desk.post(note, data=NOTED | {"day": day, "kept_proof": "somebody-elses.token"}, files=file)
        [one] = closed.database.read_now(records.happened, closed.letter.id)
        shown = await desk.get(f"{base(closed)}/{one.id}/proof")
        assert shown.content == b"%PDF-1.4 a receipt"
        assert shown.headers["content-disposition"].startswith("attachment;")
        assert shown.headers["x-content-type-options"] == "nosniff"
        # A correction without a file keeps it; a made-up name for one brings none.
        form = NOTED | {"day": day, "place": "The Square", "revision": "0", "kept_proof": "made-up"}
        assert (await desk.post(f"{base(closed)}/{one.id}/note", data=form)).headers["location"].endswith("corrected")
        [one] = closed.database.read_now(records.happened, closed.letter.id)
        assert (one.place, one.proof_name) == ("The Square", "receipt.pdf")
        stale = await desk.post(f"{base(closed)}/{one.id}/note", data=form | {"place": "Elsewhere"})
        assert (stale.status_code, "Elsewhere" in stale.text) == (409, True)


async def test_the_link_of_a_mail_opens_that_printing_and_not_before_the_embargo_ends(closed: Campaign) -> None:
    at = clock.now()
    closed.database.write_now(records.make_link, closed.letter.id, 1, at)
    nonce = closed.database.read_now(records.link, closed.letter.id, 1)
    link = f"/d/{closed.site.links.token('printing', nonce)}"
    async with closed.browser() as reader:
        answer = await reader.get(link)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["cache-control"] == "no-store"
        _make_public(closed, embargo_until=at + timedelta(hours=1))
        hidden_still = await reader.get(link)
        assert hidden_still.status_code == 404
        assert closed.letter.subject not in hidden_still.text
