"""A printing that could not be set can be tried again from the desk, and is the same printing then."""

from datetime import timedelta

from coalition.base import clock
from coalition.printings import actions, records
from tests.cast import Campaign

TOO_SLOW = "Setting this PDF took longer than 120 seconds."


async def test_a_printing_that_could_not_be_set_is_set_again_and_stays_the_first(eva: Campaign) -> None:
    write = eva.database.write_now
    first = write(actions.close_list, eva.letter.slug, "Eva Sample", clock.now())
    for hour in range(1, 4):
        at = clock.now() + timedelta(hours=hour)
        while claimed := write(records.claim, at):
            write(records.was_not_set, claimed, TOO_SLOW, at)
    path = f"/desk/letters/{eva.letter.slug}"
    async with eva.at_desk() as desk:
        shown = await desk.get(f"{path}/printings")
        assert TOO_SLOW in shown.text
        answer = await desk.post(f"{path}/print")
    assert answer.status_code == 303
    [again] = eva.database.read_now(records.all_printings, eva.letter.id)
    assert (again.number, again.content, again.state) == (1, first.content, "waiting")
