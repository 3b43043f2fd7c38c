"""Eva signs in, drafts a letter, sees it as it will be, opens it, imports a list, reads the invitation and sends it."""

import re
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.journeys.people import eva_at_desk, pdf_from, reloaded_until, said, words_of
from tests.running import Running

BODY = """We work with people who were **bought and sold** in London.

## What we ask

Keep the unit. It costs little.[^1]

[^1]: From published figures.
"""
LIST = """Organisation\tContact\tE-mail\tGroup
NSPCC\tSample Contact 1\tpolicy@nspcc.example\tNational charities
The Poppy Project\tSample Contact 2\tmanager@poppy.example\tLocal and specialist services
Dim Ond Gobaith – Tŷ’r Wawr\tSample Contact 3\tpost@gobaith.example\tLocal and specialist services
NSPCC\tSample Contact 4\tnobody at nspcc\tNational charities
"""


async def test_from_a_first_draft_to_mail_in_three_mailboxes(site: Running, browser: Browser, tmp_path: Path) -> None:
    page = await eva_at_desk(browser, site)
    await page.get_by_label("What is the letter about?").fill("Keep the Met’s human-trafficking unit")
    await page.get_by_role("button", name="Start the draft").click()
    await _draft(page)
    await page.get_by_role("button", name="Save and preview").click()
    sheet = page.locator(".sheet")
    for words in (
        "Sir Paul Stephenson",
        "New Scotland Yard",
        "bought and sold",
        "What we ask",
        "London, 26 October 2009",
    ):
        assert words in await sheet.inner_text()
    pdf = await pdf_from(page, page.get_by_role("button", name="Make the draft PDF"), tmp_path / "draft.pdf")
    assert "Commissioner of Police" in words_of(pdf)
    assert "Not yet opened for endorsement" in words_of(pdf)

    await page.goto(f"{site.url}/desk")
    await page.get_by_role("link", name="Keep the Met’s").click()
    await page.get_by_role("link", name="Preview", exact=True).click()
    await page.get_by_role("button", name="Open for endorsement").click()
    await said(page, "Version 1 is frozen")

    await _import(page)
    await _send(page)
    for address in ("policy@nspcc.example", "manager@poppy.example", "post@gobaith.example"):
        mail = site.mail(address)
        assert "I know that you are busy." in mail.text
        assert mail.link("e").startswith(f"{site.url}/e/")
    assert len(site.mails(subject="human-trafficking")) == 3
    sent = page.locator(".status-sent")

    async def all_sent() -> bool:
        return await sent.count() == 3

    await reloaded_until(page, all_sent, "three invitations sent")
    await page.get_by_role("link", name="History").click()
    assert "asked NSPCC to endorse" in await page.locator(".timeline").inner_text()


async def _draft(page: Page) -> None:
    for label, text in (
        ("What the letter asks for", "Keep the unit, with its staff and its budget."),
        ("The letter$", BODY),
        ("Lead organisations", "Anti-Slavery International\nECPAT UK"),
        ("Place and date", "London, 26 October 2009"),
        ("Enclosures", "Twelve cases (4 pages)"),
        ("Copies to", "The Home Secretary"),
        ("Office or title", "Commissioner of Police of the Metropolis"),
        ("Postal address", "New Scotland Yard\nLondon SW1H 0BG"),
        ("The list closes", "2040-11-13T17:00"),
        ("Please answer by", "2040-11-10"),
        ("The letter is sent on", "2040-11-14"),
        ("A decision is expected on", "2040-11-18"),
        ("Who decides", "The board of the Metropolitan Police Authority"),
        ("Groups of the undersigned", "National charities\nLocal and specialist services\nTrade unions"),
    ):
        await page.locator("form[data-part]").get_by_label(re.compile(f"^{label}")).first.fill(text)
    addressee = page.get_by_role("group", name="Addressee 1")
    await addressee.get_by_label("Name").fill("Sir Paul Stephenson")
    await addressee.get_by_label("E-mail").fill("commissioner@police.example")
    await page.get_by_label("Everyone: listed on the front page").check()
    # The sheet beside the form follows what is typed, before anything is saved.
    await page.locator(".editor-preview").get_by_text("bought and sold").wait_for()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Save", exact=True).click()
    await said(page, "Nothing is missing")


async def _import(page: Page) -> None:
    await page.get_by_role("link", name="Import a list").first.click()
    await page.get_by_label("Or paste the list here").fill(LIST)
    await page.get_by_role("button", name="Look it through").click()
    await page.get_by_role("heading", name="Look the list through").wait_for()
    assert "Tŷ’r Wawr" in await page.locator("main").inner_text()
    assert await page.locator(".row-wrong:not(.change)").count() == 1
    await page.get_by_role("button", name="Import").click()
    await said(page, "The list is imported")
    assert await page.locator("tbody tr").count() == 3


async def _send(page: Page) -> None:
    await page.get_by_role("link", name="Read the invitation and send it").click()
    body = page.get_by_label("The mail", exact=True)
    await body.fill((await body.input_value()).replace("{link}", "I know that you are busy.\n\n{link}"))
    await page.get_by_role("button", name="Save and see the mail").click()
    mail = page.frame_locator("iframe.mail-frame")
    assert "I know that you are busy." in await mail.locator("body").inner_text()
    await page.get_by_role("button", name="Send it to 3 organisations").click()
    await said(page, "3 invitations are on their way")
