"""The gallery: only the demo has it, it begins by itself, and what it shows is what the site answered."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app import build
from coalition.base.settings import from_environment
from coalition.demo.scenes import Chapter, play
from coalition.work import post
from tests.journeys.people import kept, words_of
from tests.running import Running, in_a_thread, until


@pytest.fixture(scope="module")
def chapters() -> list[Chapter]:
    return play(build, "http://coalition.test")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    with in_a_thread(tmp_path / "data") as (running, _):
        yield running


def test_the_first_visit_is_told_to_wait_and_then_comes_to_the_scenes_by_itself(demo: Running) -> None:
    first = httpx.get(f"{demo.url}/dev/gallery")
    assert first.status_code == 202
    assert first.headers["refresh"] == "1"
    until(lambda: httpx.get(f"{demo.url}/dev/gallery").status_code == 200, "the gallery", patience_s=180)
    shown = httpx.get(f"{demo.url}/dev/gallery/link-expired")
    assert shown.status_code == 200, "so that one can look at it, whatever its status was"
    assert "This link has expired" in shown.text
    assert httpx.get(f"{demo.url}/dev/gallery/printing-40.pdf").content.startswith(b"%PDF")
    assert httpx.get(f"{demo.url}/dev/gallery/no-such-scene").status_code == 404
    mail = httpx.get(f"{demo.url}/dev/gallery/mail-invitation")
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "script-src" not in mail.headers["content-security-policy"], "a mail may do nothing"


async def test_a_site_that_is_no_demo_has_none(sqlite_url: str, tmp_path: Path) -> None:
    environ = {"COALITION_DATABASE_URL": sqlite_url, "COALITION_DATA_DIR": str(tmp_path / "data")}
    app = build(from_environment(environ))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as browser:
        for path in ("/dev/gallery", "/dev/gallery/home", "/dev/mailbox"):
            assert (await browser.get(path)).status_code == 404
    app.app.app.state.site.close()  # type: ignore[attr-defined]


def test_every_scene_has_a_name_of_its_own_and_something_to_show(chapters: list[Chapter]) -> None:
    scenes = [scene for chapter in chapters for scene in chapter.scenes]
    assert len({scene.name for scene in scenes}) == len(scenes)
    assert all(scene.body for scene in scenes)
    assert len(scenes) > 170


def test_every_mail_there_is_has_a_scene(chapters: list[Chapter]) -> None:
    names = {scene.name for chapter in chapters if chapter.title == "Mail" for scene in chapter.scenes}
    assert {f"mail-{message.replace('_', '-')}" for message in post.MESSAGES} <= names


def test_the_scenes_have_the_status_that_their_names_promise(chapters: list[Chapter]) -> None:
    due = {"refused": 422, "overtaken": 409, "unknown": 404, "expired": 410, "wait": 202}
    exceptions = {
        "preview-wait": 200,
        "letter-failed": 200,
        "view-only-refused": 403,
        "link-replaced-wait": 429,
        "join-many-wait": 429,
    }
    for chapter in chapters:
        for scene in chapter.listed:
            last = scene.name.rpartition("-")[2]
            if last in due:
                assert scene.status == exceptions.get(scene.name, due[last]), scene.name
            if scene.name.startswith("unsaved-"):
                assert scene.status == 503, scene.name


def test_at_the_desk_nobody_was_sent_away(chapters: list[Chapter]) -> None:
    for chapter in chapters:
        if chapter.title in ("The desk", "Drafting", "Asking", "Watching", "Dates and closing", "Joining"):
            for scene in chapter.scenes:
                assert b"Mail me a sign-in link" not in scene.body, scene.name


def test_no_button_in_it_fits_the_demos_own_letters(chapters: list[Chapter]) -> None:
    for chapter in chapters:
        for scene in chapter.scenes:
            assert b"/letters/keep-the-mets" not in scene.body, scene.name


def test_the_printings_say_how_many_stand_under_them(chapters: list[Chapter], tmp_path: Path) -> None:
    scenes = {scene.name: scene for chapter in chapters for scene in chapter.scenes}
    for name, words in (
        ("printing-3.pdf", "We, the undersigned 3 organisations"),
        ("printing-40.pdf", "We, the undersigned 40 organisations"),
        ("draft.pdf", "Not yet opened for endorsement"),
        ("version.pdf", "Version 1"),
    ):
        assert scenes[name].kind == "application/pdf"
        assert words in words_of(kept(scenes[name].body, tmp_path / name))
