"""While a name is typed the register's proposals appear under it; picking one fills in its number."""

from pathlib import Path

from playwright.async_api import Browser, expect

from coalition.base import clock
from coalition.base.links import Links
from coalition.demo import sample
from coalition.people import actions as people
from coalition.people import records as people_records
from tests.cast import SLUG
from tests.registers import reconciling
from tests.running import in_a_thread


async def test_proposals_appear_while_typing_and_one_fills_in_the_number(
    tmp_path: Path, browser: Browser, axe: str
) -> None:
    with reconciling(_folder(tmp_path)) as url, in_a_thread(tmp_path / "data", register_url=url) as (running, _):
        sample.fill(running.database, running.settings)
        eva = running.database.read_now(people_records.coordinator_by_email, sample.COORDINATOR[0])
        assert eva
        nonce = running.database.write_now(people.new_link, eva, clock.now())
        session = running.database.write_now(people.sign_in, nonce, clock.now())
        token = Links(running.settings.secret_keys).token("session", session)
        context = await browser.new_context()
        await context.add_cookies([{"name": "coalition", "value": token, "url": running.url}])
        page = await context.new_page()
        await page.goto(f"{running.url}/desk/letters/{SLUG}/add")
        name, number = page.get_by_label("Organisation").first, page.get_by_label("Register number")
        await name.press_sequentially("Zażółć Gęślą Foundation")
        picked = page.get_by_role("radio", name="Zażółć Gęślą Foundation")
        await expect(picked).to_be_checked()
        await expect(number).to_have_value("GB-CHC-901002")
        await expect(page.get_by_text("the register is sure")).to_be_visible()
        await page.evaluate(axe)
        found = await page.evaluate("axe.run()")
        assert found["violations"] == []
        await page.get_by_role("radio", name="None of these").check()
        await expect(number).to_have_value("")
        await number.fill("901777")
        await expect(page.get_by_role("radio", name="None of these")).not_to_be_checked()
        await name.fill("Xq 77")
        await expect(page.get_by_text("The register knows nothing like")).to_be_visible()
        await expect(number).to_have_value("901777")


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "register"
    folder.mkdir()
    return folder
