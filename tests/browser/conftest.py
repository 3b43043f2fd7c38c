"""What tests in a real browser may ask for: a running demo, and the gallery of all that a site can show."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from coalition.base import clock
from coalition.base.links import Links
from coalition.demo import sample
from coalition.demo.scenes import Scene
from coalition.people import actions as people
from coalition.people import records as people_records
from tests.running import Running, in_a_thread, until


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    """The sample letter, half-way through being endorsed, at an address a browser can open."""
    with in_a_thread(tmp_path / "data") as (running, _):
        sample.fill(running.database, running.settings)
        yield running


def session(running: Running) -> str:
    """The cookie of Eva, signed in."""
    now = clock.now()
    eva = running.database.read_now(people_records.coordinator_by_email, "eva.sample@campaign.example")
    assert eva
    nonce = running.database.write_now(people.new_link, eva, now)
    return Links(running.settings.secret_keys).token("session", running.database.write_now(people.sign_in, nonce, now))


@dataclass(frozen=True)
class Gallery:
    url: str
    scenes: tuple[Scene, ...]

    def address(self, scene: Scene) -> str:
        return f"{self.url}/dev/gallery/{scene.name}"

    @property
    def pages(self) -> list[Scene]:
        """What a person sees in a browser's window."""
        return [scene for scene in self.scenes if scene.about and scene.kind.startswith("text/html")]


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with in_a_thread(tmp_path_factory.mktemp("gallery") / "data") as (running, app):
        chapters = until(app.app.app.state.gallery.chapters, "the gallery", patience_s=180)
        yield Gallery(running.url, tuple(scene for chapter in chapters for scene in chapter.scenes))
