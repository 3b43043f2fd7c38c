"""A coordinator changes the text of an open letter, and what a charity sees of it."""

import re

from coalition.demo.scenes import words
from coalition.endorsements import records as endorsements
from tests.cast import NSPCC, POPPY, Campaign, endorse_form, hidden

TEXT = {"subject": "Keep it", "ask": "Keep the unit.", "body": "The unit works well.", "language": "en-GB"}
TO = {"addressees-0-name": "Sample Addressee"}


async def test_a_correction_from_writing_it_to_the_charity_taking_itself_out(eva: Campaign) -> None:
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        await _publish(eva, desk, "correction")
        page = (await charity.get(eva.link(NSPCC))).text
        assert "What changed since version 1" in page
        assert re.search(r"<ins[^>]*>\[put in: ", page)
        assert "Version 2 corrects it" in page
        assert (await charity.post(f"{eva.link(NSPCC)}/withdraw", data={"seen": "1"})).status_code == 303
    assert eva.database.read_now(endorsements.standing, eva.letter.id) == []


async def test_both_kinds_are_shown_with_what_each_does_before_one_is_chosen(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        page = await _write(eva, desk)
    assert "1 endorsement is carried over to version 2" in page
    assert "The undersigned start at zero" in page
    assert page.count('name="kind"') >= 2
    assert eva.reread().version == 1


async def test_a_form_that_was_open_when_the_text_changed_comes_back_filled_in_with_the_difference(
    eva: Campaign,
) -> None:
    async with eva.browser() as charity, eva.at_desk() as desk:
        await _publish(eva, desk, "substance")
        late = await charity.post(f"{eva.link(POPPY)}/endorse", data=endorse_form(POPPY, role="Typed and kept"))
        assert late.status_code == 409
        assert "Typed and kept" in late.text
        assert "What changed since version 1" in late.text
        assert hidden(late.text, "version") == "2"
        wrong = await charity.post(f"{eva.link(POPPY)}/endorse", data=endorse_form(POPPY, role=""))
        assert wrong.status_code == 422
        assert "What changed since version 1" in wrong.text
        again = endorse_form(POPPY, version=hidden(late.text, "version"))
        assert (await charity.post(f"{eva.link(POPPY)}/endorse", data=again)).status_code == 303


async def test_an_endorser_of_the_text_before_is_asked_again_with_the_difference_in_front(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        await _publish(eva, desk, "substance")
        page = (await charity.get(eva.link(NSPCC))).text
        assert "endorse the new text?" in page
        assert page.index("What changed since version 1") < page.index('id="answer"')
        tracker = (await desk.get(f"/desk/letters/{eva.letter.slug}?status=again")).text
        assert "Asked again" in tracker


async def test_a_replaced_version_stays_readable_at_its_address(eva: Campaign) -> None:
    async with eva.browser() as reader, eva.at_desk() as desk:
        await _publish(eva, desk, "correction")
        for path in (f"/letters/{eva.letter.slug}", eva.link(NSPCC), f"/desk/letters/{eva.letter.slug}"):
            who = desk if path.startswith("/desk") else reader
            old = await who.get(f"{path}/versions/1")
            assert old.status_code == 200, path
            assert "This version was replaced" in old.text
            assert "What is different in version 2" in old.text
            assert (await who.get(f"{path}/versions/2")).status_code == 200
            assert (await who.get(f"{path}/versions/3")).status_code == 404
        text = await reader.get(f"/letters/{eva.letter.slug}/versions/1.txt")
        assert text.status_code == 200


async def test_what_two_windows_typed_is_kept(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        base = f"/desk/letters/{eva.letter.slug}/text"
        await desk.post(base, data=TEXT | TO | {"revision": "0"})
        second = await desk.post(base, data=TEXT | TO | {"revision": "0", "body": "Typed in the second window."})
        assert second.status_code == 409
        assert "Typed in the second window." in second.text
        await desk.post(f"{base}/discard", data={"revision": "1"})
    assert eva.reread().next_text is None
    assert eva.reread().version == 1


async def test_mail_about_a_new_version_says_the_difference_in_words(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity, eva.at_desk() as desk:
        await charity.post(f"{eva.link(NSPCC)}/endorse", data=endorse_form())
        eva.send_mail()
        before = set(eva.mails())
        await _publish(eva, desk, "correction")
        eva.send_mail()
    [mail] = set(eva.mails()) - before
    assert "[put in: It works well.]" in " ".join(words(mail).split())


async def _write(eva: Campaign, desk: object) -> str:
    base = f"/desk/letters/{eva.letter.slug}/text"
    form = (await desk.get(base)).text  # type: ignore[attr-defined]
    text = eva.reread().text
    typed = {
        "subject": text.subject,
        "ask": text.ask,
        "body": text.body + " It works well.",
        "leads": "\n".join(text.leads),
        "cc": "\n".join(text.cc),
        "date_line": text.date_line,
        "enclosures": "\n".join(text.enclosures),
        "language": text.language,
        "revision": hidden(form, "revision"),
        "then": "publish",
    }
    for number, one in enumerate(text.addressees):
        typed |= {f"addressees-{number}-{name}": getattr(one, name) for name in ("name", "office", "email")}
        typed[f"addressees-{number}-postal"] = "\n".join(one.postal)
    answer = await desk.post(base, data=typed, follow_redirects=True)  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return str(answer.text)


async def _publish(eva: Campaign, desk: object, kind: str) -> None:
    page = await _write(eva, desk)
    form = {"kind": kind, "why": "A word was missing.", "revision": hidden(page, "revision")}
    path = f"/desk/letters/{eva.letter.slug}/text/publish"
    answer = await desk.post(path, data=form)  # type: ignore[attr-defined]
    assert answer.status_code == 303, answer.text
