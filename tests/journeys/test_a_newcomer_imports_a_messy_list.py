"""A newcomer uploads the spreadsheets as they are: three encodings, three delimiters, doubles, broken addresses."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.journeys.people import LETTER, eva_at_desk, said
from tests.organisations.messy.assemble import FILES, HERE
from tests.running import Running


async def test_three_files_of_300_rows_come_in_through_the_page(site: Running, browser: Browser) -> None:
    page = await eva_at_desk(browser, site)
    await page.get_by_label("What is the letter about?").fill("A letter with many allies")
    await page.get_by_role("button", name="Start the draft").click()
    await page.get_by_role("link", name="Organisations").click()
    listed = 0
    for file in FILES:
        await page.get_by_role("link", name="Import a list").first.click()
        await page.get_by_label("A spreadsheet or CSV file").set_input_files(HERE / file)
        await page.get_by_role("button", name="Look it through").click()
        tally = await _tally(page)
        assert tally["cannot be read"] > 0
        assert tally["likely doubles"] > 0
        assert await page.locator(".row-wrong:not(.change)").count() == tally["cannot be read"]
        assert await page.locator(".row-likely:not(.change)").count() == tally["likely doubles"]
        body = await page.locator("main").inner_text()
        assert "�" not in body
        assert "Ã" not in body
        await page.get_by_role("button", name=re.compile("^Import")).click()
        await said(page, "The list is imported")
        before, listed = listed, await _on_the_list(page)
        assert before < listed <= before + tally["new"] + tally["likely doubles"] + tally["known already"]
    assert listed > 200
    for search, name in (("lodzki", "Łódzki Dom Źródło"), ("άσυλο", "Άσυλο για Όλους"), ("gobaith", "Tŷ Gobaith")):
        await page.get_by_role("searchbox").fill(search)
        await page.get_by_role("button", name="Search").click()
        assert name in await page.locator("tbody").inner_text()
        await page.goto(page.url.partition("?")[0])

    # The same file once more brings nobody twice.
    await page.get_by_role("link", name="Import a list").first.click()
    await page.get_by_label("A spreadsheet or CSV file").set_input_files(HERE / next(iter(FILES)))
    await page.get_by_role("button", name="Look it through").click()
    assert (await _tally(page))["new"] == 0
    await page.get_by_role("button", name=re.compile("^Import")).click()
    assert await _on_the_list(page) == listed


@pytest.mark.parametrize("file", ["campaign.xlsx", "campaign.ods"])
async def test_from_choosing_a_workbook_to_sent_takes_five_clicks(
    campaign: Running, browser: Browser, file: str
) -> None:
    page = await eva_at_desk(browser, campaign)
    await page.goto(f"{campaign.url}{LETTER}/import")
    await page.get_by_label("A spreadsheet or CSV file").set_input_files(HERE / file)
    clicks = 1
    for role, name in (
        ("button", "Look it through"),
        ("button", re.compile("^Import")),
        ("link", "Invitation"),
        ("button", re.compile("^Send it to")),
    ):
        await page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        clicks += 1
    await said(page, "invitations are on their way")
    assert clicks <= 8


async def test_a_file_larger_than_the_page_takes_is_said_in_words(
    site: Running, browser: Browser, tmp_path: Path
) -> None:
    page = await eva_at_desk(browser, site)
    await page.get_by_label("What is the letter about?").fill("A letter with too many allies")
    await page.get_by_role("button", name="Start the draft").click()
    for megabytes, words in (
        (20.5, "This file is larger than 20 MB"),
        (23, "What was sent is larger"),
    ):
        await page.goto(f"{site.url}/desk/letters/a-letter-with-too-many-allies/import")
        file = tmp_path / "everybody.csv"
        file.write_bytes(b"Organisation,E-mail\n" * int(megabytes * 1024 * 1024 / 20))
        await page.get_by_label("A spreadsheet or CSV file").set_input_files(file)
        await page.get_by_role("button", name="Look it through").click()
        await page.locator("main").filter(has_text=words).wait_for()


async def _tally(page: Page) -> dict[str, int]:
    await page.get_by_role("heading", name="Look the list through").wait_for()
    return await _numbers(page)


async def _on_the_list(page: Page) -> int:
    return (await _numbers(page))["on the list"]


async def _numbers(page: Page) -> dict[str, int]:
    labels = await page.locator("dl.counts dt").all_inner_texts()
    numbers = await page.locator("dl.counts dd").all_inner_texts()
    return {label.strip().lower(): int(number.replace(",", "")) for label, number in zip(labels, numbers, strict=True)}
