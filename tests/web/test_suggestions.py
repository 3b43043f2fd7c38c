"""A charity suggests other words on its page, and Eva takes or answers them beside the text."""

import re

from coalition.base import clock
from coalition.demo.scenes import words
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions import suggesting
from coalition.letters.passages import paragraphs
from coalition.printings import actions as printings
from tests.cast import AMNESTY, NSPCC, POPPY, Campaign, hidden

FORM = {"version": "1", "passage": "for three years", "replacement": "for five years", "reason": "Three are too few."}


async def test_from_the_charitys_page_into_the_next_version_and_back_to_the_charity(eva: Campaign) -> None:
    eva.send_mail()
    link, base = eva.link(NSPCC), f"/desk/letters/{eva.letter.slug}"
    async with eva.browser() as charity, eva.at_desk() as desk:
        sent = await charity.post(f"{link}/suggest", data=FORM)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{link}?done=suggested")
        page = (await charity.get(sent.headers["location"])).text
        assert "Your suggestion has reached Eva" in page
        assert "It waits for Eva" in page
        assert "suggests other words, and waits for you" in (await desk.get(base)).text
        beside = (await desk.get(f"{base}/suggestions")).text
        assert "<mark>for three years</mark>, and publish" in beside
        assert re.search(r"<del[^>]*>\[taken out: three\]</del>\s*<ins[^>]*>\[put in: five\]</ins>", beside)
        assert "Three are too few." in beside
        taken = await desk.post(f"{base}/suggestions/1/take", data={"revision": hidden(beside, "revision")})
        assert taken.headers["location"] == f"{base}/suggestions?done=taken"
        page = (await desk.get(f"{base}/text/publish")).text
        assert "[put in: five]" in page
        assert "Taken into the next version" in (await charity.get(link)).text
        before = set(eva.mails())
        form = {"kind": "substance", "why": "", "revision": hidden(page, "revision")}
        assert (await desk.post(f"{base}/text/publish", data=form)).status_code == 303
        assert "version 2 says so" in (await charity.get(link)).text
        assert "Version 2 says what <bdi>NSPCC</bdi> suggested." in (await desk.get(f"{base}/history")).text
    eva.send_mail()
    [told] = [mail for mail in set(eva.mails()) - before if b"Your words are in version 2" in mail.read_bytes()]
    assert "for [taken out: three][put in: five] years" in " ".join(words(told).split())


async def test_what_is_refused_comes_back_as_it_was_typed_with_what_to_do(eva: Campaign) -> None:
    async with eva.browser() as charity:
        wrong = await charity.post(f"{eva.link(NSPCC)}/suggest", data=FORM | {"passage": "not in the letter"})
        assert wrong.status_code == 422
        for typed in ("not in the letter", "for five years", "Three are too few."):
            assert typed in wrong.text
        assert "These words are not in version 1" in wrong.text
        assert 'href="#suggest"' in wrong.text
        assert re.search(r'<details id="suggest" open>', wrong.text)
        nothing = await charity.post(f"{eva.link(NSPCC)}/suggest", data=FORM | {"replacement": FORM["passage"]})
        assert (nothing.status_code, "leave this empty" in nothing.text) == (422, True)
        long = await charity.post(f"{eva.link(NSPCC)}/suggest", data=FORM | {"reason": "x" * 1_001})
        assert (long.status_code, "longer than 1,000" in long.text) == (422, True)
        eva.database.write_now(printings.close_list, eva.letter.slug, "Eva", clock.now())
        late = await charity.post(f"{eva.link(NSPCC)}/suggest", data=FORM)
        assert late.status_code == 409
        assert "for five years" in late.text
    assert eva.database.read_now(suggestions.counts, eva.letter.id) == {}


async def test_without_scripts_a_paragraph_is_chosen_and_its_words_are_in_the_form(eva: Campaign) -> None:
    there = paragraphs(eva.letter.text)
    number = next(at for at, words in enumerate(there, 1) if "for three years" in words)
    async with eva.browser() as charity:
        page = (await charity.get(f"{eva.link(NSPCC)}?paragraph={number}")).text
        [quoted] = re.findall(r'<textarea[^>]*id="passage"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
        assert quoted.startswith("Please keep the unit as it is for three years")
        for words in there:  # whatever is chosen can be sent
            changed = FORM | {"passage": words, "replacement": words + " Indeed."}
            assert (await charity.post(f"{eva.link(NSPCC)}/suggest", data=changed)).status_code == 303, words
        for other in ("0", "999", "x"):
            assert (await charity.get(f"{eva.link(NSPCC)}?paragraph={other}")).status_code == 200


async def test_an_answer_is_mailed_and_shown_and_what_is_typed_of_one_that_came_too_late_is_kept(eva: Campaign) -> None:
    base = f"/desk/letters/{eva.letter.slug}/suggestions"
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/suggest", data=FORM)
        await charity.post(f"{eva.link(POPPY)}/suggest", data=FORM | {"replacement": "for ten years"})
        page = (await desk.get(base)).text
        assert "2 suggestions are about the same words" in page
        empty = await desk.post(f"{base}/1/answer", data={"1-answer": " "})
        assert (empty.status_code, "Write a few words to NSPCC" in empty.text) == (422, True)
        sent = await desk.post(f"{base}/1/answer", data={"1-answer": "Three is what they can promise."})
        assert sent.headers["location"] == f"{base}?done=answered"
        again = await desk.post(f"{base}/1/answer", data={"1-answer": "Three is what they can promise."})
        assert again.headers["location"] == f"{base}?done=same"
        assert "Three is what they can promise." in (await charity.get(eva.link(NSPCC))).text
        assert (await charity.post(f"{eva.link(POPPY)}/suggest/take-back", data={"suggestion": "2"})).status_code == 303
        late = await desk.post(f"{base}/2/answer", data={"2-answer": "Typed, and too late."})
        assert (late.status_code, "Typed, and too late." in late.text) == (409, True)
        taken = await desk.post(f"{base}/2/take", data={"revision": "0"})
        assert taken.status_code == 409
        assert (await desk.post(f"{base}/99/take", data={"revision": "0"})).status_code == 404


async def test_a_second_window_takes_nothing_into_a_text_it_has_not_seen(eva: Campaign) -> None:
    base = f"/desk/letters/{eva.letter.slug}"
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/suggest", data=FORM)
        await charity.post(
            f"{eva.link(POPPY)}/suggest", data=FORM | {"passage": "to meet you", "replacement": "to come"}
        )
        assert (await desk.post(f"{base}/suggestions/1/take", data={"revision": "0"})).status_code == 303
        second = await desk.post(f"{base}/suggestions/2/take", data={"revision": "0"})
        assert second.status_code == 409
        assert hidden(second.text, "revision") == "1"
        assert (await desk.post(f"{base}/suggestions/2/take", data={"revision": "1"})).status_code == 303
        await desk.post(f"{base}/text/discard", data={"revision": "2"})
        assert eva.database.read_now(suggestions.counts, eva.letter.id) == {"open": 2}


async def test_suggestions_are_seen_by_who_made_them_and_the_desk_alone(eva: Campaign) -> None:
    form = FORM | {"replacement": "for a secret number of years", "reason": "A private reason."}
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/suggest", data=form)
        slug = eva.letter.slug
        public = ("", ".json", "/endorsers.csv", "/versions/1", "/versions/1.txt")
        pages = [eva.link(POPPY), eva.link(AMNESTY), *(f"/letters/{slug}{end}" for end in public)]
        for path in pages:
            said = (await charity.get(path)).text
            assert "secret number" not in said, path
            assert "private reason" not in said, path
        for path in (f"/desk/letters/{slug}/history", f"/desk/letters/{slug}/endorsers.csv"):
            assert "secret number" not in (await desk.get(path)).text
        assert "secret number" in (await charity.get(eva.link(NSPCC))).text


async def test_the_tracker_filters_by_who_waits_and_their_page_shows_what_they_suggested(eva: Campaign) -> None:
    base = f"/desk/letters/{eva.letter.slug}"
    said = (FORM["passage"], FORM["replacement"], FORM["reason"], 1)
    eva.database.write_now(suggesting.suggest_by_link, eva.nonce(NSPCC), *said, clock.now())
    async with eva.at_desk() as desk:
        for needs in ("suggested", "any"):
            shown = (await desk.get(f"{base}?needs={needs}")).text
            assert re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', shown) == [NSPCC], needs
        [one] = eva.database.read_now(suggestions.of_letter, eva.letter.id, "open")
        page = (await desk.get(f"{base}/organisations/{one.invitation_id}")).text
        assert "What they suggested" in page
        assert "NSPCC</bdi> suggested other words for a passage of version 1." in page
