"""What the tests of dispatch may ask for."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from coalition.base.database import Database
from tests.dispatch.printed import Printed, printed_letter


@pytest.fixture
def printed(database: Database, tmp_path: Path, now: datetime) -> Iterator[Printed]:
    with printed_letter(database, tmp_path / "data", now) as printed:
        yield printed
