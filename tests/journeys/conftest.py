"""Where the journeys happen: the site as it is served, with its worker and a mailbox folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.people import EVA
from tests.running import Running, command, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Running]:
    """A new site that has one coordinator and nothing else."""
    with served(tmp_path / "data") as running:
        command("coordinator", EVA, "--name", "Eva Sample", data_dir=tmp_path / "data")
        yield running


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Running]:
    """Eva's letter of 2009, half-way: everyone is asked, some have answered, the mail is on its way."""
    with served(tmp_path / "data", filled=True) as running:
        yield running
