"""What the tracker says when something happens by itself."""

import ast
from pathlib import Path

from coalition.web.desk.tracker.live import WORDS
from tests.cast import Campaign

ROOMS = Path(__file__).parents[2] / "coalition"


def test_everything_said_is_a_deed_that_there_is() -> None:
    written = {
        node.value
        for path in ROOMS.rglob("*.py")
        if path.name != "live.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert set(WORDS) <= written


def test_whatever_a_charity_does_has_words() -> None:
    by_charities = {
        *("endorsed", "endorsement changed", "declined", "withdrew", "letter read", "deciding", "passed on"),
        *("asked for no more mail", "mail complained of", "link mailed again"),
    }
    assert by_charities <= set(WORDS)


async def test_a_stream_without_a_session_is_told_not_to_come_back(eva: Campaign) -> None:
    async with eva.browser() as stranger:
        accept = {"accept": "text/event-stream"}
        answer = await stranger.get(f"/desk/letters/{eva.letter.slug}/live", headers=accept)
    assert answer.status_code == 204
