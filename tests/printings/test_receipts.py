"""The receipt for a charity's files: one page, whatever the names, and nobody's address or link in it."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from coalition.base import clock
from coalition.demo import sample
from coalition.endorsements import actions, revising
from coalition.endorsements import records as endorsements
from coalition.endorsements.rules import LONGEST, Endorsement, decision_sentence
from coalition.endorsements.undersigned import Line
from coalition.printings import actions as printings
from coalition.printings import receipts, records
from coalition.printings.press import layout
from coalition.printings.press.layout import Receipt, as_data, content_hash, from_data
from coalition.printings.press.setting import Setter
from tests.cast import NSPCC, Campaign
from tests.printings.test_setting import flat, read, squeezed

GIVEN = Receipt(
    subject="Keep the Metropolitan Police’s human trafficking unit",
    language="en-GB",
    version=3,
    fingerprint="0123456789abcdef" * 4,
    address="https://letters.example/letters/keep-the-unit/versions/3",
    line=Line("The Poppy Project", "Sample Signatory", "Director"),
    group="National charities",
    given_by="Sample Signatory, Director",
    authority="The trustees decided it on Monday 12 October 2009.",
    endorsed_at="Monday 26 October 2009 at 09:00, London time",
    made_at="2009-10-26T09:00:00Z",
)
SCRIPTS = {
    "Welsh": "Cymorth i Fenywod Cymru, Tŷ’r Ŵyl a’r Cylch ",
    "Greek": "Ελληνικό Συμβούλιο για τους Πρόσφυγες ",
    "Arabic": "منظمة العفو الدولية ليلى حسن ",
    "one word": "W" * LONGEST,
}


@pytest.fixture(scope="module")
def setter() -> Iterator[Setter]:
    with Setter() as setter:
        yield setter


def test_a_receipt_says_what_was_endorsed_by_whom_when_and_how_it_is_printed(setter: Setter) -> None:
    pdf = setter.set(GIVEN)
    text = flat(read(pdf))
    for words in (
        *(GIVEN.subject, "version 3", GIVEN.endorsed_at, GIVEN.given_by, GIVEN.authority, "National charities"),
        *("The Poppy Project", GIVEN.fingerprint, GIVEN.address),
    ):
        assert words in text, words
    with pikepdf.open(BytesIO(pdf)) as opened, opened.open_metadata() as claims:
        assert len(opened.pages) == 1
        assert (claims["pdfaid:part"], claims["pdfaid:conformance"], claims["pdfuaid:part"]) == ("3", "A", "1")
        assert claims["dc:title"] == f"Receipt: The Poppy Project has endorsed “{GIVEN.subject}”"
        assert str(claims["xmp:CreateDate"]) == GIVEN.made_at
        assert opened.Root.MarkInfo.Marked


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_longest_names_and_subject_fit_one_page_in_any_script(script: str, setter: Setter) -> None:
    longest = (SCRIPTS[script] * LONGEST)[:LONGEST].strip()
    whole = replace(
        GIVEN,
        subject=longest,
        line=Line(longest, longest, longest),
        group=longest,
        given_by=f"{longest}, {longest}",
        authority=f"Decided in another way. {longest}",
        address=f"https://{'letters.' * 8}example/letters/{'a' * 63}/versions/3",
    )
    pdf = setter.set(whole)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
    text = squeezed(read(pdf, "-raw"))
    assert text.count(squeezed(longest)) >= 1 or script == "Arabic"
    assert all(word in flat(read(pdf, "-raw")) for word in longest.split()[:-1])


@pytest.mark.parametrize("most", [layout._ROOMY, layout._CLOSE])
def test_what_is_set_in_a_larger_size_fits_too(most: int, setter: Setter) -> None:
    room = most - LONGEST
    wide = replace(GIVEN, line=Line("W" * LONGEST), subject="W" * room, given_by="", authority="")
    pdf = setter.set(wide)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1


def test_a_receipt_survives_the_way_through_json_and_the_same_is_the_same_bytes(setter: Setter) -> None:
    again = from_data(as_data(GIVEN))
    assert again == GIVEN
    assert setter.set(GIVEN) == setter.set(replace(GIVEN))
    assert content_hash(replace(GIVEN, given_by="Another")) != content_hash(GIVEN)


def test_markup_in_a_name_is_printed_as_text(setter: Setter) -> None:
    name = '<img src="http://evil.example/">'
    pdf = setter.set(replace(GIVEN, line=Line(name, name, name), given_by=name, authority=name, subject=name))
    assert squeezed(read(pdf, "-raw")).count(squeezed(name)) >= 5


@pytest.mark.parametrize(
    "authority, detail, words",
    [
        ("trustees", "2009-10-12", "The trustees decided it on Monday 12 October 2009."),
        ("trustees", "last week", "The trustees decided it."),
        ("chief-executive", "", "Given by the chief executive, or equivalent."),
        ("other", "By the members’ vote", "Decided in another way. By the members’ vote"),
    ],
)
def test_how_it_was_decided_is_said_in_words(authority: str, detail: str, words: str) -> None:
    assert decision_sentence(authority, detail) == words


# Asked for when it is recorded, and once


def _given(eva: Campaign) -> Endorsement:
    return next(one for one in eva.database.read_now(endorsements.standing, eva.letter.id) if one.name == NSPCC)


def _ask(eva: Campaign) -> int:
    return eva.database.write_now(receipts.ask_for_some, eva.settings.base_url, clock.now())


async def test_each_endorsement_has_one_receipt_and_a_change_has_another(eva: Campaign) -> None:
    assert _ask(eva) == 0
    answer = sample.answer(NSPCC, "National charities", 1)
    eva.database.write_now(actions.endorse, eva.nonce(NSPCC), answer, 0, clock.now())
    assert (_ask(eva), _ask(eva)) == (1, 0)
    first = eva.database.read_now(receipts.pdf, _given(eva).id)
    assert first
    assert first.state == "waiting"
    sheet = eva.database.read_now(records.sheet, first.content)
    assert isinstance(sheet, Receipt)
    assert (sheet.line.organisation, sheet.version) == (NSPCC, 1)
    whole = str(as_data(sheet))
    assert "@" not in whole
    assert eva.nonce(NSPCC) not in whole

    changed = replace(answer, role="Chair")
    eva.database.write_now(actions.endorse, eva.nonce(NSPCC), changed, 1, clock.now())
    assert eva.database.read_now(receipts.pdf, _given(eva).id) is None
    assert _ask(eva) == 1
    second = eva.database.read_now(receipts.pdf, _given(eva).id)
    assert second
    assert second.content != first.content


async def test_what_was_withdrawn_has_no_receipt(eva: Campaign) -> None:
    answer = sample.answer(NSPCC, "National charities", 1)
    eva.database.write_now(actions.endorse, eva.nonce(NSPCC), answer, 0, clock.now())
    given = _given(eva)
    eva.database.write_now(actions.withdraw, eva.nonce(NSPCC), 1, clock.now())
    assert _ask(eva) == 0
    assert eva.database.read_now(receipts.pdf, given.id) is None


async def test_a_printing_is_set_before_the_receipts_that_wait(eva: Campaign) -> None:
    answer = sample.answer(NSPCC, "National charities", 1)
    eva.database.write_now(actions.endorse, eva.nonce(NSPCC), answer, 0, clock.now())
    eva.set_pdfs()
    _ask(eva)
    eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
    claimed = eva.database.write_now(records.claim, clock.now())
    assert claimed
    assert not isinstance(claimed.sheet, Receipt)


async def test_a_receipt_tells_of_the_text_that_was_read_also_after_a_correction(eva: Campaign) -> None:
    answer = sample.answer(NSPCC, "National charities", 1)
    eva.database.write_now(actions.endorse, eva.nonce(NSPCC), answer, 0, clock.now())
    from coalition.letters import next_version

    letter = eva.reread()
    text = replace(letter.text, ask=f"{letter.text.ask} Please.")
    eva.database.write_now(next_version.save_next, letter.slug, letter.next_revision, text, clock.now())
    eva.database.write_now(
        revising.publish, letter.slug, eva.reread().next_revision, "correction", "", "Eva", clock.now()
    )
    assert _given(eva).version == 2
    _ask(eva)
    found = eva.database.read_now(receipts.pdf, _given(eva).id)
    assert found
    sheet = eva.database.read_now(records.sheet, found.content)
    assert isinstance(sheet, Receipt)
    assert sheet.version == 1
