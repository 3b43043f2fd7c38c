"""While a PDF is being set: those who wait see how far it is, and no second worker sets it too."""

from datetime import timedelta

from coalition.base import clock
from coalition.base.database import Database
from coalition.printings import actions, records
from tests.cast import Campaign
from tests.printings.sheets import sheet


async def test_those_who_wait_see_how_many_pieces_are_set(eva: Campaign) -> None:
    eva.database.write_now(actions.close_list, eva.letter.slug, "Eva Sample", clock.now())
    path = f"/letters/{eva.letter.slug}.pdf"
    async with eva.browser() as reader:
        assert "pieces are set" not in (await reader.get(path)).text
        while claimed := eva.database.write_now(records.claim, clock.now()):
            eva.database.write_now(records.is_being_set, claimed.content, 3, 12, clock.now())
        waiting = await reader.get(path)
    assert waiting.status_code == 202
    assert "3 of its 12 pieces are set." in waiting.text
    assert 'max="12" value="3"' in waiting.text


def test_a_long_sheet_stays_claimed_as_long_as_its_worker_gets_on_with_it(database: Database) -> None:
    at, minutes = clock.now(), lambda many: timedelta(minutes=many)
    database.write_now(records.ask_to_set, sheet(), at)
    claimed = database.write_now(records.claim, at)
    assert claimed
    database.write_now(records.is_being_set, claimed.content, 3, 12, at + minutes(9))
    assert database.write_now(records.claim, at + minutes(12)) is None
    again = database.write_now(records.claim, at + minutes(20))  # the worker is gone
    assert again
    assert again.content == claimed.content
