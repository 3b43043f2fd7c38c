"""Keys to seal with: one for all the tests of a process, because making one takes a third of a second."""

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from coalition.printings.sealing import keys
from coalition.printings.sealing.keys import Key
from coalition.printings.sealing.sealing import Sealer

MADE = datetime(2009, 10, 1, tzinfo=UTC)


@cache
def key() -> Key:
    with tempfile.TemporaryDirectory() as folder:
        return keys.load(Path(folder), None, "", "coalition.test", MADE)


def install(data_dir: Path) -> None:
    """Puts it where a site keeps its own, unless it has one."""
    folder = data_dir / "seal"
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        (folder / "key.pem").write_text(key().private + key().certificates[0])


def sealer(service: str = "") -> Sealer:
    return Sealer(key, service)
