"""The logo that comes with an endorsement: whatever is sent, the answer is a page, and nothing typed is lost."""

import asyncio
import re
import shutil
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import update

from coalition import tables
from coalition.base import backup, clock
from coalition.base.database import Database
from coalition.endorsements import merging
from coalition.endorsements import records as endorsements
from coalition.endorsements.rules import Endorsement
from coalition.history import records as history
from coalition.invitations import holders
from coalition.invitations import records as invitations
from coalition.invitations.actions import opened
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, campaign, endorse_form, hidden
from tests.rows import all_rows

MAY_BE_PRINTED = {"show_logo": "y"}


@pytest.fixture
async def plain(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Campaign]:
    """Eva's campaign on one database, for what no database has a part in."""
    async with campaign(sqlite_url, tmp_path / "data") as begun:
        yield begun


def picture(colour: str = "navy", kind: str = "PNG", size: tuple[int, int] = (90, 30)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, colour).save(written, kind)
    return written.getvalue()


def chosen(content: bytes, name: str = "logo.png") -> dict[str, tuple[str, bytes, str]]:
    return {"logo": (name, content, "image/png")}


NO_FILE = {"logo": ("", b"", "application/octet-stream")}  # what a browser sends where none was chosen


def given(eva: Campaign, organisation: str = NSPCC) -> Endorsement | None:
    one = eva.database.read_now(opened, eva.nonce(organisation), clock.now()).invitation
    return eva.database.read_now(endorsements.of_organisation, eva.letter.id, one.organisation_id)


def the_logo(eva: Campaign, organisation: str = NSPCC) -> tuple[str | None, bool]:
    one = given(eva, organisation)
    assert one
    return one.logo, one.show_logo


def previews(page: str) -> set[str]:
    return {address.replace("&amp;", "&") for address in re.findall(r'<img src="([^"]*logo\.png[^"]*)"', page)}


async def endorse(
    charity: httpx.AsyncClient, link: str, files: dict[str, tuple[str, bytes, str]], **changes: str
) -> httpx.Response:
    return await charity.post(f"{link}/endorse", data=endorse_form(**changes), files=files)


async def test_a_logo_comes_with_an_endorsement_and_is_seen_by_link_desk_and_receipt(eva: Campaign) -> None:
    link = eva.link(NSPCC)
    async with eva.browser() as charity, eva.at_desk() as desk:
        answer = await endorse(charity, link, chosen(picture(kind="WEBP")), **MAY_BE_PRINTED)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?done=endorsed")
        sha256, shown = the_logo(eva)
        assert sha256
        assert shown
        page = (await charity.get(link)).text
        assert "You allow the logo to be printed" in page
        for address in previews(page):
            seen = await charity.get(address)
            assert (seen.status_code, seen.headers["content-type"]) == (200, "image/png")
            assert seen.headers["cache-control"] == "no-store"
            assert seen.content == eva.site.logos.get(sha256)
        one = eva.database.read_now(opened, eva.nonce(NSPCC), clock.now()).invitation
        place = f"/desk/letters/{eva.letter.slug}/organisations/{one.id}"
        panel = (await desk.get(place)).text
        assert "allow it to be printed" in panel
        assert previews(panel) == {f"{place}/logo.png"}
        assert (await desk.get(f"{place}/logo.png")).content == eva.site.logos.get(sha256)
    eva.send_mail()
    assert any(b"The logo may be printed with it: you allow that." in mail.read_bytes() for mail in eva.mails())
    [deed] = [one for one in eva.database.read_now(history.entries, eva.letter.id, most=1000) if one.deed == "endorsed"]
    assert (deed.data["logo"], deed.data["show_logo"]) == (sha256, True)


async def test_a_first_logo_without_the_permission_is_kept_and_everyone_is_told_that_it_is_not_printed(
    eva: Campaign,
) -> None:
    link = eva.link(NSPCC)
    async with eva.browser() as charity, eva.at_desk() as desk:
        await endorse(charity, link, chosen(picture()))
        sha256, shown = the_logo(eva)
        assert sha256
        assert not shown
        assert "Your logo is kept. It is not printed, because you have not ticked that it may be." in (
            (await charity.get(link)).text
        )
        one = eva.database.read_now(opened, eva.nonce(NSPCC), clock.now()).invitation
        panel = await desk.get(f"/desk/letters/{eva.letter.slug}/organisations/{one.id}")
        assert "It may not be printed: they have not allowed it." in panel.text
    eva.send_mail()
    assert any(b"It is not printed, because" in mail.read_bytes() for mail in eva.mails())


async def test_a_change_keeps_the_logo_another_permission_is_a_change_and_the_same_again_is_none(eva: Campaign) -> None:
    link = eva.link(NSPCC)
    async with eva.browser() as charity:
        await endorse(charity, link, chosen(picture()))
        sha256, _ = the_logo(eva)

        async def again(**changes: str) -> str:
            kept = hidden((await charity.get(link)).text, "kept_logo")
            return (await endorse(charity, link, NO_FILE, kept_logo=kept, **changes)).headers["location"]

        assert (await again()).endswith("done=same")
        assert (await again(role="Chair")).endswith("done=changed")
        assert the_logo(eva) == (sha256, False)
        assert (await again(role="Chair", **MAY_BE_PRINTED)).endswith("done=changed")
        assert the_logo(eva) == (sha256, True)
        assert (await again(role="Chair", **MAY_BE_PRINTED)).endswith("done=same")
        assert (await again(role="Chair", remove_logo="y", **MAY_BE_PRINTED)).endswith("done=changed")
        assert the_logo(eva) == (None, False)
        assert previews((await charity.get(link)).text) == set()
        assert (await charity.get(f"{link}/logo.png")).status_code == 404


async def test_the_same_file_twice_at_once_is_one_endorsement(eva: Campaign) -> None:
    async with eva.browser() as charity:
        answers = await asyncio.gather(
            *(endorse(charity, eva.link(NSPCC), chosen(picture()), seen="0", **MAY_BE_PRINTED) for _ in range(4))
        )
    assert {answer.status_code for answer in answers} == {303}
    deeds = [one.deed for one in eva.database.read_now(history.entries, eva.letter.id, most=1000)]
    assert deeds.count("endorsed") == 1


def _bomb() -> bytes:
    """A PNG whose head promises 60,000 by 60,000 pixels."""
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    body = zlib.compress(b"\0" * 10_000)
    chunks = b"".join(
        (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        for chunk in (head, b"IDAT" + body, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


NO_LOGOS = (
    ("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawings are not taken"),
    ("logo.png", b"<?php echo 1;", "not a picture that we can read"),
    ("logo.gif", b"GIF89a" + bytes(20), "picture of another kind"),
    ("truncated.png", picture()[:60], "broken and cannot be read"),
    ("bomb.png", _bomb(), "too many"),
    ("large.png", picture() + bytes(10 * 1024 * 1024), "larger than 4 MB"),
    ("empty.png", b"", "No picture was chosen"),
    ("..\\..\\x\x00.png", b"\x89PNG\r\n\x1a\n", "broken and cannot be read"),
)


async def test_a_file_that_is_no_logo_is_refused_in_one_sentence_and_what_was_typed_stays(plain: Campaign) -> None:
    async with plain.browser() as charity:
        for name, content, said in NO_LOGOS:
            answer = await endorse(charity, plain.link(NSPCC), chosen(content, name), role="Typed with care")
            assert answer.status_code == 422, name
            assert said in answer.text, name
            assert answer.text.count('<div class="errors"') == 1, name
            for typed in ("Typed with care", "Sample Signatory"):
                assert f'value="{typed}"' in answer.text
            assert re.search(r'<details class="logo-part"[^>]*\sopen', answer.text)
    assert given(plain) is None
    assert _kept(plain.settings.data_dir) == {}


async def test_a_file_larger_than_any_page_takes_is_a_page_too(plain: Campaign) -> None:
    async with plain.browser() as charity:
        answer = await endorse(charity, plain.link(NSPCC), chosen(bytes(22 * 1024 * 1024)))
    assert answer.status_code == 413
    assert "<h1>" in answer.text


async def test_a_form_refused_for_another_reason_keeps_the_picture_and_sends_it_the_next_time(plain: Campaign) -> None:
    link = plain.link(NSPCC)
    async with plain.browser() as charity:
        refused = await endorse(charity, link, chosen(picture("crimson")), signatory="", **MAY_BE_PRINTED)
        assert refused.status_code == 422
        assert "you need not choose it again" in refused.text
        [seen] = [await charity.get(address) for address in previews(refused.text)]
        assert seen.status_code == 200
        kept = hidden(refused.text, "kept_logo")
        worse = await endorse(charity, link, chosen(b"GIF89a"), kept_logo=kept, **MAY_BE_PRINTED)
        assert worse.status_code == 422
        assert hidden(worse.text, "kept_logo") == kept, "a wrong file does not take the right one away"
        assert (await endorse(charity, link, NO_FILE, kept_logo=kept, **MAY_BE_PRINTED)).status_code == 303
    sha256, shown = the_logo(plain)
    assert plain.site.logos.get(sha256 or "") == seen.content
    assert shown


async def test_an_answer_that_was_overtaken_keeps_the_picture(plain: Campaign) -> None:
    async with plain.browser() as charity:
        for stale in ({"version": "7"}, {"seen": "5"}):
            answer = await endorse(charity, plain.link(NSPCC), chosen(picture()), **stale)
            assert answer.status_code == 409
            assert len(previews(answer.text)) == 1
            assert hidden(answer.text, "kept_logo")


async def test_nobody_can_claim_or_look_at_the_picture_of_another_organisation(plain: Campaign) -> None:
    theirs, ours = plain.link(AMNESTY), plain.link(NSPCC)
    async with plain.browser() as charity:
        await endorse(charity, theirs, chosen(picture("gold")), name=AMNESTY, **MAY_BE_PRINTED)
        sha256, _ = the_logo(plain, AMNESTY)
        kept = hidden((await charity.get(theirs)).text, "kept_logo")
        assert (await charity.get(f"{theirs}/logo.png", params={"kept": kept})).status_code == 200
        nonce, links = plain.nonce(NSPCC), plain.site.links
        for claim in (
            kept,
            str(sha256),
            f"{nonce}:{sha256}",
            links.token("invitation", f"{nonce}:{sha256}"),
            links.token("logo", f"{nonce}:{'0' * 64}"),
            links.token("logo", str(sha256)),
            "\x00💔",
        ):
            answer = await endorse(charity, ours, NO_FILE, kept_logo=claim, **MAY_BE_PRINTED)
            assert answer.status_code == 422, claim
            assert "not one that came with your link" in answer.text
            assert previews(answer.text) == set()
            assert (await charity.get(f"{ours}/logo.png", params={"kept": claim})).status_code == 404
        assert (await charity.get(f"{ours}/logo.png")).status_code == 404
    assert given(plain) is None


async def test_a_tick_without_a_picture_is_asked_about(plain: Campaign) -> None:
    async with plain.browser() as charity:
        answer = await endorse(charity, plain.link(NSPCC), NO_FILE, **MAY_BE_PRINTED)
        assert answer.status_code == 422
        assert "Choose the picture of the logo, or untick that it may be printed." in answer.text
        assert (
            await endorse(charity, plain.link(NSPCC), NO_FILE, remove_logo="y", **MAY_BE_PRINTED)
        ).status_code == 303


async def test_looking_at_logos_changes_nothing(plain: Campaign) -> None:
    async with plain.browser() as charity:
        await endorse(charity, plain.link(NSPCC), chosen(picture()), **MAY_BE_PRINTED)
        page = (await charity.get(plain.link(NSPCC))).text
        before, files = plain.database.read_now(all_rows), _kept(plain.settings.data_dir)
        for address in (*previews(page), f"{plain.link(POPPY)}/logo.png", "/e/nothing/logo.png"):
            for method in ("GET", "HEAD"):
                await charity.request(method, address)
    assert plain.database.read_now(all_rows) == before
    assert _kept(plain.settings.data_dir) == files


def _kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "logos").rglob("*") if path.is_file()}


async def test_a_link_that_does_not_open_keeps_no_picture_and_one_that_sends_many_is_asked_to_wait(
    plain: Campaign,
) -> None:
    plain.site.logo_limit.most = 2
    async with plain.browser() as charity:
        assert (await endorse(charity, "/e/nothing", chosen(picture()))).status_code == 404
        assert _kept(plain.settings.data_dir) == {}
        for _ in range(2):
            assert (await endorse(charity, plain.link(NSPCC), chosen(picture()), role="")).status_code == 422
        third = await endorse(charity, plain.link(NSPCC), chosen(picture()), role="Typed with care")
        assert third.status_code == 429
        assert int(third.headers["retry-after"]) > 0
        assert "Typed with care" in third.text


async def test_a_backup_brings_the_logo_back_and_a_merge_takes_it_along(
    eva: Campaign, sqlite_template: Path, tmp_path: Path
) -> None:
    async with eva.browser() as charity:
        await endorse(charity, eva.link(NSPCC), chosen(picture()), **MAY_BE_PRINTED)
        logo = the_logo(eva)
        shutil.copyfile(sqlite_template, tmp_path / "elsewhere.db")
        database = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
        eva.database.read_now(backup.write, eva.settings.data_dir, tmp_path / "backup")
        database.write_now(backup.read, tmp_path / "restored", tmp_path / "backup")
        database.close()
        assert _kept(tmp_path / "restored") == _kept(eva.settings.data_dir) != {}

        one, other = (
            eva.database.read_now(opened, eva.nonce(name), clock.now()).invitation.organisation_id
            for name in (NSPCC, POPPY)
        )
        seen = eva.database.read_now(merging.plan, other, one).digest
        link = eva.link(NSPCC)
        eva.database.write_now(merging.merge, other, one, seen, "Eva", clock.now())
        assert (await charity.get(f"{link}/logo.png")).status_code == 200
    there = eva.database.read_now(invitations.of_organisation, eva.letter.id, other)
    assert there
    kept = eva.database.read_now(endorsements.of_organisation, eva.letter.id, other)
    assert kept
    assert (kept.logo, kept.show_logo) == logo


async def test_who_only_looks_sees_a_logo_only_if_it_may_be_printed(plain: Campaign) -> None:
    link = plain.link(NSPCC)
    async with plain.browser() as charity:
        await endorse(charity, link, chosen(picture()))
        plain.database.write_now(holders.make_view_only, plain.nonce(NSPCC), clock.now())
        assert (await charity.get(f"{link}/logo.png")).status_code == 404
        refused = await endorse(charity, link, chosen(picture("red")), **MAY_BE_PRINTED)
        assert refused.status_code == 403
        shown = update(tables.endorsements).values(show_logo=True)
        plain.database.write_now(lambda connection: connection.execute(shown))
        assert (await charity.get(f"{link}/logo.png")).status_code == 200
    assert len(_kept(plain.settings.data_dir)) == 1


async def test_many_large_pictures_at_once_are_each_kept_and_pages_go_on(plain: Campaign) -> None:
    large = picture(size=(1600, 1200))
    async with plain.browser() as charity:
        sending = [asyncio.create_task(endorse(charity, plain.link(NSPCC), chosen(large), role="")) for _ in range(4)]
        await asyncio.sleep(0)
        assert (await charity.get("/healthz")).text.strip() == "ok"
        assert [done.done() for done in sending].count(True) < 4, "they were still being read"
        assert {answer.status_code for answer in await asyncio.gather(*sending)} == {422}
    assert len(_kept(plain.settings.data_dir)) == 1
