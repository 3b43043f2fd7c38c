"""The gallery's last scenes: the demo's mailbox, sessions that end, refusals, and a site that can save nothing."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from coalition.demo import sample
from coalition.demo.outside import end_of_site
from coalition.demo.scenes import Stage
from coalition.demo.scenes_answer import LANTERN, typed
from coalition.people import actions as people


async def scenes(stage: Stage) -> None:
    await _demo(stage)
    await _sessions(stage)
    await _refusals(stage)
    await _nothing_saved(stage)


async def _demo(stage: Stage) -> None:
    stage.chapter("The demo's mailbox")
    await stage.show("mailbox", "Every mail", "/dev/mailbox")
    await stage.show("mailbox-found", "Searched", "/dev/mailbox?q=nspcc")
    await stage.show("mailbox-nothing", "Searched, nothing found", "/dev/mailbox?q=xylophone")
    stage.chapter("The desk")
    await stage.show("letters", "Letters in every state", "/desk", desk=True)


async def _sessions(stage: Stage) -> None:
    stage.chapter("Signing in")
    letter = stage.draft("typed for an hour")
    form = {"subject": letter.subject, "body": "An hour's work.", "revision": "2"}
    await stage.show(
        "session-over", "The session ended while somebody typed", f"/desk/letters/{letter.slug}/draft", form
    )
    await stage.show(
        "session-over-import",
        "The same on the import page",
        f"/desk/letters/{letter.slug}/import",
        {"paste": "Fair Passage"},
    )
    for _ in range(21):
        await stage.visitor.post("/sign-in", data={"email": "nobody@campaign.example"}, follow_redirects=False)
    await stage.show("sign-in-too-often", "Asking too often", "/sign-in", {"email": sample.COORDINATOR[0]})


async def _refusals(stage: Stage) -> None:
    stage.chapter("When something is wrong")
    await stage.show("refused-method", "A request of the wrong kind", "/healthz", {})
    await stage.show("refused-size", "More than a page takes", "/sign-in", content=b"x" * 7_000_000)
    broken = {"Content-Type": "multipart/form-data"}
    await stage.show("refused-form", "A form that cannot be read", "/sign-in", content=b"-", headers=broken)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    await stage.show("refused-origin", "A form from another website", "/sign-in", {}, headers=elsewhere)


async def _nothing_saved(stage: Stage) -> None:
    stage.chapter("When nothing can be saved")
    letter = stage.opened("to be saved", asked=[LANTERN])
    draft = stage.draft("to be saved too")
    waiting = stage.draft("to be imported too")
    base, link = f"/desk/letters/{letter.slug}", stage.link(letter, LANTERN)
    listed = await stage.eva.post(f"/desk/letters/{waiting.slug}/import", data={"paste": "Fair Passage"})
    place, fresh = stage.place(letter, "NSPCC"), stage.do(people.new_link, stage.who, stage.now)
    await end_of_site(stage.app)
    await stage.show("unsaved-answer", "An endorsement", f"{link}/endorse", typed(LANTERN))
    await stage.show("unsaved-decline", "A reason", f"{link}/decline", {"reason": "Our board meets in December."})
    sign_in = f"/sign-in/{stage.links.token('sign-in', fresh)}"
    await stage.show("unsaved-sign-in", "Signing in", sign_in, {})
    form = {"subject": draft.subject, "body": "What was typed.", "revision": str(draft.revision)}
    form |= {"time_zone": sample.ZONE, "visibility": "private", "language": "en-GB"}
    await stage.show("unsaved-draft", "A draft", f"/desk/letters/{draft.slug}/draft", form, desk=True)
    await stage.show("unsaved-letter", "A new letter", "/desk/letters", {"subject": "Typed and kept"}, desk=True)
    added = {"name": "Typed and kept", "email": "letters@kept.example"}
    await stage.show("unsaved-organisation", "An organisation", f"{base}/add", added, desk=True)
    await stage.show("unsaved-import", "An import", listed.url.path, {}, desk=True)
    words = {"body": "Typed and kept\n\n{link}", "revision": str(letter.revision)}
    await stage.show("unsaved-words", "The invitation's words", f"{base}/invitation", words, desk=True)
    contact = {"contact_name": "Typed and kept", "email": "office@nspcc.example"}
    await stage.show("unsaved-contact", "Another contact", f"{place}/contact", contact, desk=True)
    await stage.show("unsaved-send", "Sending", f"{place}/send", {}, desk=True)
    await stage.show("unsaved-close", "Closing the list", f"{base}/close", {}, desk=True)
    # Last of all: whatever is not foreseen.
    stage.do(lambda connection: connection.exec_driver_sql("DROP TABLE history").close())
    with _unheard():
        await stage.show("crashed", "A fault of ours", f"{base}/history", desk=True)


@contextmanager
def _unheard() -> Iterator[None]:
    """A fault played here is nobody's to find in the log of the site that shows the gallery."""
    here = threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger = logging.getLogger("coalition.web")
    logger.addFilter(others)
    try:
        yield
    finally:
        logger.removeFilter(others)
