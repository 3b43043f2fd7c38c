"""What directors really say: not yet; yes if they sign; yes, but not that sentence; ask my colleague; what did we sign?

Each finds its answer on the page, on a phone, and costs the coordinator no thread of mail.
"""

from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page

from coalition.base import clock
from tests.cast import AMNESTY, NSPCC, POPPY, SLUG
from tests.journeys.people import LETTER, PHONE, eva_at_desk, kept, look, reloaded_until, said, words_of
from tests.running import Running

NSPCC_MAIL, AMNESTY_MAIL, POPPY_MAIL = (
    "letters@nspcc.example",
    "letters@amnesty-uk.example",
    "letters@poppy-project.example",
)
ASHCOMBE_MAIL = "letters@ashcombe-refugee-forum.example"
POLICY_LEAD = "policy@amnesty-uk.example"


async def test_each_is_answered_on_the_page(campaign: Running, browser: Browser, tmp_path: Path) -> None:
    await _yes_if_the_nspcc_signs(campaign, browser)
    await _our_trustees_meet_next_week(campaign, browser)
    await _ask_our_policy_lead(campaign, browser)
    await _the_nspcc_signs(campaign, browser)
    await _it_counts(campaign, browser)
    await _which_text_did_we_sign(campaign, browser, tmp_path)
    await _yes_but_not_that_sentence(campaign, browser)


async def _opened(browser: Browser, address: str) -> Page:
    page = await browser.new_page(**PHONE)
    await page.goto(address)
    return page


async def _fill(page: Page, name: str, role: str) -> None:
    form = page.locator("#answer form").first
    await form.get_by_label("Your name").fill(name)
    await form.get_by_label("Your role").fill(role)
    await form.get_by_label("I am the chief executive").tap()


async def _yes_if_the_nspcc_signs(campaign: Running, browser: Browser) -> None:
    page = await _opened(browser, campaign.mail(POPPY_MAIL, "endorse").link("e"))
    await _fill(page, "Sample Poppy", "Director")
    await page.get_by_text("We endorse on a condition").tap()
    await page.get_by_label("One organisation endorses it").tap()
    await page.get_by_label("Which organisation").fill(NSPCC)
    await page.get_by_role("button", name="Endorse on this condition").tap()
    await page.get_by_role("heading", name="What waits").wait_for()
    assert NSPCC in campaign.mail(POPPY_MAIL, "It waits").text
    assert POPPY not in (await look(f"{campaign.url}/letters/{SLUG}.json")).text


async def _our_trustees_meet_next_week(campaign: Running, browser: Browser) -> None:
    page = await _opened(browser, campaign.mail(NSPCC_MAIL, "endorse").link("e"))
    await page.locator("summary").filter(has_text="We need more time").tap()
    day = (clock.now() + timedelta(days=5)).date()
    await page.get_by_label("We decide by").fill(day.isoformat())
    await page.get_by_role("button", name="Decide by then").tap()
    await said(page, "Noted. You decide by")
    entry = await page.request.get(f"{page.url.partition('?')[0]}/later.ics")
    assert f"{day:%Y%m%d}" in await entry.text()


async def _ask_our_policy_lead(campaign: Running, browser: Browser) -> None:
    page = await _opened(browser, campaign.mail(AMNESTY_MAIL, "endorse").link("e"))
    await page.get_by_text("Ask a colleague").tap()
    await page.get_by_label("Your colleague’s e-mail address").fill(POLICY_LEAD)
    await page.get_by_label("Their name").fill("Sample Policy Lead")
    await page.get_by_role("button", name="Send them a link").tap()
    await said(page, "colleague")
    colleague = await _opened(browser, campaign.mail(POLICY_LEAD, "passed on to you").link("e"))
    await _fill(colleague, "Sample Policy Lead", "Head of Policy")
    await colleague.get_by_role("button", name="Endorse", exact=True).tap()
    await said(colleague, "The endorsement is recorded")
    desk = await eva_at_desk(browser, campaign)
    await desk.goto(f"{campaign.url}{LETTER}?q=amnesty")
    await desk.get_by_role("link", name=AMNESTY).click()
    assert POLICY_LEAD in await desk.locator("main").inner_text(), "who passed it to whom stands in the history"


async def _the_nspcc_signs(campaign: Running, browser: Browser) -> None:
    page = await _opened(browser, campaign.mail(NSPCC_MAIL, "endorse").link("e"))
    await _fill(page, "Sample Director", "Chief Executive")
    await page.get_by_role("button", name="Endorse", exact=True).tap()
    await said(page, "The endorsement is recorded")


async def _it_counts(campaign: Running, browser: Browser) -> None:
    told = campaign.mail(POPPY_MAIL, "It counts now")
    page = await _opened(browser, told.link("e"))
    assert f"{POPPY} has endorsed this letter" in await page.locator("main").inner_text()
    public = (await look(f"{campaign.url}/letters/{SLUG}.json")).json()
    assert {NSPCC, POPPY, AMNESTY} <= {one["organisation"] for one in public["undersigned"]}


async def _which_text_did_we_sign(campaign: Running, browser: Browser, folder: Path) -> None:
    link = campaign.mail(NSPCC_MAIL, "Thank you").link("e").removesuffix("/receipt.pdf")
    page = await _opened(browser, link)
    fingerprint = (await look(f"{campaign.url}/letters/{SLUG}.json")).json()["fingerprint"]
    assert fingerprint[:16] in (await page.locator("#answer").inner_text()).replace(" ", "").replace("\n", "")
    address = f"{link}/receipt.pdf"

    async def there() -> bool:
        return (await page.request.get(address)).headers["content-type"] == "application/pdf"

    await reloaded_until(page, there, "the receipt")
    pdf = kept(await (await page.request.get(address)).body(), folder / "receipt.pdf")
    assert fingerprint[:16] in words_of(pdf).replace(" ", "").replace("\n", "")
    assert "Sample Director" in words_of(pdf)


async def _yes_but_not_that_sentence(campaign: Running, browser: Browser) -> None:
    link = campaign.mail(ASHCOMBE_MAIL, "endorse").link("e")
    page = await _opened(browser, link)
    suggest = page.locator("#suggest")
    await suggest.locator("summary").tap()
    await suggest.locator("[name=passage]").fill("The unit is small.")
    await suggest.locator("[name=replacement]").fill("The unit is small and has never been large.")
    await page.get_by_role("button", name="Send the suggestion").tap()
    await said(page, "suggestion")

    desk = await eva_at_desk(browser, campaign)
    await desk.goto(f"{campaign.url}{LETTER}")
    await desk.get_by_role("listitem").filter(has_text="suggests other words").get_by_role("link").last.click()
    await desk.get_by_role("button", name="Take it into the text").click()
    await said(desk, "Taken into the text")
    await desk.get_by_role("link", name="See what changes, and publish it").first.click()
    await desk.get_by_role("button", name="Publish as a correction").click()
    await said(desk, "Version 2")

    assert "version 2" in campaign.mail(ASHCOMBE_MAIL, "words").text
    await page.goto(link)
    await _fill(page, "Sample Contact", "Co-ordinator")
    await page.get_by_role("button", name="Endorse", exact=True).tap()
    await said(page, "The endorsement is recorded")
    public = (await look(f"{campaign.url}/letters/{SLUG}.json")).json()
    assert (public["version"], "Ashcombe Refugee Forum" in str(public["undersigned"])) == (2, True)
