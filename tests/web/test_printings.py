"""The desk's printings: what one more will change before it is made, and after; and what everybody reads of it."""

from html import unescape

from coalition.base import clock
from coalition.endorsements import actions as answers
from coalition.printings import actions
from tests.cast import NSPCC, POPPY, Campaign, endorse_form


async def test_what_one_more_printing_changes_is_shown_before_and_after_and_why_only_at_the_desk(eva: Campaign) -> None:
    here, public = f"/desk/letters/{eva.letter.slug}", f"/letters/{eva.letter.slug}"
    async with eva.browser() as charity, eva.at_desk() as desk:
        for name in (NSPCC, POPPY):
            await charity.post(f"{eva.link(name)}/endorse", data=endorse_form(name))
        eva.database.write_now(actions.close_list, eva.letter.slug, "Eva Sample", clock.now())
        nothing = (await desk.get(f"{here}/printings")).text
        assert "Nothing has changed since printing 1" in nothing
        assert "Print again</button>" not in nothing
        eva.database.write_now(answers.withdraw, eva.nonce(POPPY), None, clock.now())
        foreseen = (await desk.get(f"{here}/printings")).text
        assert f"<bdi>{POPPY}</bdi>: withdrew its endorsement" in foreseen
        assert 'value="A withdrawal"' in foreseen
        long = await desk.post(f"{here}/print", data={"reason": "For the hearing " * 20})
        assert long.status_code == 422
        assert "For the hearing For the hearing" in long.text
        assert (await desk.post(f"{here}/print", data={"reason": "For the hearing"})).status_code == 303
        again = await desk.post(f"{here}/print", data={"reason": "For the hearing"})
        assert again.status_code == 422
        after = unescape((await desk.get(f"{here}/printings")).text)
        assert "What printing 2 changed: 1 withdrawn" in after
        assert "For the hearing" in after
        seen = unescape((await charity.get(public)).text)
        assert "Second printing</a>: 1 withdrawn" in seen
        assert "For the hearing" not in seen
