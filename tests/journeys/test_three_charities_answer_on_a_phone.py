"""Three directors open the link in their mail on a small phone: one endorses, one declines, one has a broken link."""

import re
from dataclasses import dataclass
from datetime import timedelta

from playwright.async_api import Browser, FilePayload, Locator, Page

from coalition.base import clock
from coalition.demo import pictures, sample
from coalition.invitations import actions as invitations
from coalition.letters import actions as letter_actions
from coalition.people import records as people
from coalition.printings import actions as printings
from tests.cast import AMNESTY, NSPCC, POPPY, SLUG
from tests.journeys.people import LETTER, PHONE, eva_at_desk, look, said
from tests.running import Post, Running

REASON = "Our chair sits on the Police Authority, please keep that to yourself."
NSPCC_MAIL, AMNESTY_MAIL, POPPY_MAIL = (
    "letters@nspcc.example",
    "letters@amnesty-uk.example",
    "letters@poppy-project.example",
)


@dataclass
class Effort:
    """What answering takes, from opening the mail on. Times as the keystroke-level model of Card, Moran and Newell has
    them, generously; words at 240 a minute. The letter itself is left out: it is what they decide about.
    """

    fields: int = 0
    taps: int = 0
    characters: int = 0
    words_of_mail: int = 0
    words_of_page: int = 0

    @property
    def seconds(self) -> float:
        return self.taps * 2.5 + self.characters * 0.35 + self.words_of_page / 4

    def __str__(self) -> str:
        return (
            f"{self.fields} fields, {self.taps} taps, {self.characters} characters, {self.words_of_page} words on the "
            f"page beside the letter: about {self.seconds:.0f} s; and {self.words_of_mail} words in the mail: "
            f"{self.words_of_mail / 4:.0f} s to read it all"
        )


async def test_a_director_endorses_in_under_a_minute_then_changes_and_withdraws(
    campaign: Running, browser: Browser
) -> None:
    page = await browser.new_page(**PHONE)
    effort, form = await _opened(page, campaign.mail(NSPCC_MAIL, "endorse"))
    await form.get_by_label("Your name").tap()
    effort.taps += 1
    await _type(form.get_by_label("Your name"), "Sample Director", effort)
    await form.get_by_label("Your role").tap()
    effort.taps += 1
    await _type(form.get_by_label("Your role"), "Chief Executive", effort)
    await form.get_by_label("I am the chief executive").tap()
    effort.taps += 1
    assert await form.locator(".printed-line").inner_text() == f"{NSPCC}\nSample Director, Chief Executive"
    await _tap(page, "Endorse", effort)
    await said(page, "The endorsement is recorded")
    print(f"endorsing on a phone for the first time: {effort}")
    assert effort.fields <= 9
    assert effort.taps <= 7
    assert effort.seconds < 60, effort

    receipt = campaign.mail(NSPCC_MAIL, "Thank you")
    assert "Sample Director, Chief Executive" in receipt.text
    assert re.search(r"[0-9a-f]{16}", receipt.text.replace(" ", ""))
    await page.goto(receipt.link("e").removesuffix("/receipt.pdf"))

    await page.locator("summary").filter(has_text="Change").tap()
    await page.get_by_label("Your role").fill("Director of Policy")
    await page.get_by_role("button", name="Change").tap()
    await said(page, "The change is recorded")
    assert "Sample Director, Director of Policy" in await page.locator("#answer .printed-line").inner_text()
    assert "Director of Policy" in campaign.mail(NSPCC_MAIL, "Changed").text

    await page.locator("summary").filter(has_text="Withdraw").tap()
    await page.get_by_role("button", name="Withdraw").tap()
    await said(page, "The endorsement is withdrawn")
    assert campaign.mail(NSPCC_MAIL, "Withdrawn")
    public = (await look(f"{campaign.url}/letters/{SLUG}.json")).json()
    assert NSPCC not in [one["organisation"] for one in public["undersigned"]]


async def test_who_endorsed_a_letter_before_finds_the_next_one_filled_in_and_taps_three_times(
    campaign: Running, browser: Browser
) -> None:
    link = campaign.mail(AMNESTY_MAIL, "endorse").link("e")
    page = await browser.new_page(**PHONE)
    await page.goto(link)
    await page.get_by_label("Your role").fill("Director")
    await page.get_by_label("Our policy lets me decide it").tap()
    await page.get_by_text("Add a logo").tap()
    file: FilePayload = {"name": "logo.png", "mimeType": "image/png", "buffer": pictures.logo()}
    await page.get_by_label("Picture").set_input_files(file)
    assert await page.locator(".printed canvas").count() == 0, "nobody has said that it may be printed"
    await page.get_by_label("The logo may be printed").tap()
    preview = await page.locator(".printed canvas").bounding_box()
    assert preview
    assert (round(preview["width"]), round(preview["height"])) == (113, 43), "30 mm wide, as on paper"
    await page.get_by_role("button", name="Endorse", exact=True).tap()
    await said(page, "The endorsement is recorded")
    assert "The logo may be printed with it" in campaign.mail(AMNESTY_MAIL, "Thank you").text

    _ask_again(campaign)
    effort, form = await _opened(page, campaign.mail(AMNESTY_MAIL, "endorse", after=2))
    assert "Filled in from the last letter you endorsed" in await form.inner_text()
    assert await form.locator(".printed img").is_visible()
    await _tap(page, "Endorse", effort)
    await said(page, "The endorsement is recorded")
    print(f"endorsing on a phone after an earlier letter: {effort}")
    assert (effort.taps, effort.characters) == (3, 0)
    assert effort.seconds < 60, effort


def _ask_again(site: Running) -> None:
    """A second letter to the same organisations, which Eva has written meanwhile."""
    at = clock.now()
    eva = site.database.read_now(people.coordinator_by_email, sample.COORDINATOR[0])
    assert eva
    write = site.database.write_now
    letter = write(sample.draft, eva, at)
    write(sample.bring_in, letter, at)
    write(printings.open_letter, letter.slug, letter.revision, eva, at)
    write(invitations.ask, letter.slug, None, eva.called, at)


async def _opened(page: Page, mail: Post) -> tuple[Effort, Locator]:
    """The mail read, its button tapped, and then the way down to the form."""
    effort = Effort(words_of_mail=len(re.sub(r"https?://\S+", "", mail.text).split()), taps=1)
    await page.goto(mail.link("e"))
    effort.words_of_page = await _words_beside_the_letter(page)
    await _tap(page, "Go to the answer", effort, role="link")
    form = page.locator("#answer form")
    effort.fields = await form.locator("input:visible, select:visible, textarea:visible").count()
    return effort, form


async def _words_beside_the_letter(page: Page) -> int:
    """What there is to read but the letter itself: that is what Coalition adds to a director's day."""
    texts: list[str] = await page.evaluate(
        """[...document.querySelectorAll("main .title, main .lead, .jump, #answer, #answer ~ details > summary")]
        .map(one => one.innerText)"""
    )
    # A list to choose from counts with what it shows, not with what it would.
    hidden = await page.locator("#answer option:not(:checked)").all_inner_texts()
    return len(" ".join(texts).split()) - len(" ".join(hidden).split())


async def _tap(page: Page, name: str, effort: Effort, role: str = "button") -> None:
    effort.taps += 1
    await page.get_by_role(role, name=name, exact=True).tap()  # type: ignore[arg-type]


async def _type(field: object, text: str, effort: Effort) -> None:
    effort.characters += len(text)
    await field.fill(text)  # type: ignore[attr-defined]


async def test_another_declines_with_a_reason_that_only_the_desk_reads(campaign: Running, browser: Browser) -> None:
    page = await browser.new_page(**PHONE)
    link = campaign.mail(AMNESTY_MAIL, "endorse").link("e")
    await page.goto(link)
    await page.get_by_text("We decline").tap()
    await page.get_by_label("Reason").fill(REASON)
    await page.get_by_role("button", name="Decline").tap()
    await said(page, "Your answer is recorded")
    noted = campaign.mail(AMNESTY_MAIL, "Noted")

    public = f"{campaign.url}/letters/{SLUG}"
    colleague = campaign.mail(POPPY_MAIL, "endorse").link("e")
    for address in (campaign.url, public, f"{public}.json", f"{public}/endorsers.csv", colleague):
        shown = await look(address)
        assert shown.status_code == 200
        assert "Police Authority, please" not in shown.text
    assert AMNESTY not in (await look(f"{public}.json")).text
    assert noted.to == AMNESTY_MAIL or AMNESTY_MAIL in noted.to

    desk = await eva_at_desk(browser, campaign)
    await desk.goto(f"{campaign.url}{LETTER}?status=declined")
    await desk.get_by_role("link", name=AMNESTY).click()
    assert REASON in await desk.locator("main").inner_text()


async def test_a_third_is_told_what_is_wrong_with_the_link_and_what_to_do(campaign: Running, browser: Browser) -> None:
    page = await browser.new_page(**PHONE)
    link = campaign.mail(POPPY_MAIL, "endorse").link("e")

    altered = link[:-6] + ("A" if link[-6] != "A" else "B") + link[-5:]
    for broken in (altered, link[:-10], link + "x", link.rpartition(".")[0]):
        answer = await page.goto(broken)
        assert answer
        assert answer.status == 404
        assert "does not open anything" in await page.get_by_role("heading", level=1).inner_text()
        assert "ask for the original" in await page.locator("main").inner_text()

    desk = await eva_at_desk(browser, campaign)
    await desk.goto(f"{campaign.url}{LETTER}?q=poppy")
    await desk.get_by_role("link", name=POPPY).click()
    await desk.get_by_text("Take back the link").first.click()
    await desk.get_by_role("button", name="Take back the link").click()
    answer = await page.goto(link)
    assert answer
    assert answer.status == 410
    assert "was taken back" in await page.get_by_role("heading", level=1).inner_text()
    assert "Eva Sample" in await page.locator("main").inner_text()

    await desk.get_by_role("button", name="Send again").click()
    await page.goto(campaign.mail(POPPY_MAIL, "endorse", after=1).link("e"))
    assert "Will The Poppy Project endorse" in await page.locator("main").inner_text()
    answer = await page.goto(link)
    assert answer
    assert answer.status == 410, "the old link stays taken back"

    answer = await page.goto(_old_link(campaign))
    assert answer
    assert answer.status == 410
    assert "has expired" in await page.get_by_role("heading", level=1).inner_text()
    assert "eva.sample@campaign.example" in await page.locator("main").inner_text()


def _old_link(site: Running) -> str:
    """A link to a letter of four months ago. No page can bring that about, so the actions do, with a `now` of then."""
    then = clock.now() - timedelta(days=120)
    eva = site.database.read_now(people.coordinator_by_email, sample.COORDINATOR[0])
    assert eva
    write = site.database.write_now
    letter = write(letter_actions.start, "A letter of long ago", eva, then)
    letter = write(
        letter_actions.save_draft, letter.slug, letter.revision, sample.TEXT, sample.GROUPS, sample.plan(then), then
    )
    write(sample.bring_in, letter, then)
    write(printings.open_letter, letter.slug, letter.revision, eva, then)
    write(invitations.ask, letter.slug, None, eva.called, then)
    return site.link(NSPCC, letter.slug)
