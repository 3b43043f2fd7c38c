"""The gallery's scenes of endorsing in full: a logo with a permission of its own, and what the last letter fills in."""

from coalition.demo.pictures import logo
from coalition.demo.scenes import Stage
from coalition.demo.scenes_answer import ALDER, typed

FULL = {"authority": "delegated", "show_logo": "y"}
NO_FILE = {"logo": ("", b"", "application/octet-stream")}  # what a browser sends where none was chosen


async def scenes(stage: Stage) -> None:
    stage.chapter("The charity's link")
    letter = stage.opened("with logos", asked=[ALDER], visibility="link")
    stage.send_mail()
    link = stage.link(letter, ALDER)
    drawing = {"logo": ("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")}
    await stage.show("logo-refused", "A logo that is not taken", f"{link}/endorse", typed(ALDER, **FULL), files=drawing)
    picture = {"logo": ("logo.png", logo(), "image/png")}
    shown = await stage.show(
        "logo-with-mistakes-refused",
        "A mistake elsewhere: the logo is kept meanwhile",
        f"{link}/endorse",
        typed(ALDER, **FULL, role=""),
        files=picture,
    )
    kept = {"kept_logo": _kept(shown.text)}
    unticked = typed(ALDER, **kept, authority="delegated", seen="0")
    about = "Endorsed with a logo that may not be printed"
    await stage.show("endorsed-logo-kept", about, f"{link}/endorse", unticked, files=NO_FILE)
    [receipt] = stage.send_mail()
    await stage.mail("receipt-logo-kept", "Receipt, and the logo may not be printed", receipt)
    about = "The logo may be printed"
    await stage.show("endorsed-logo", about, f"{link}/endorse", typed(ALDER, **FULL, **kept, seen="1"), files=NO_FILE)
    [receipt] = stage.send_mail()
    await stage.mail("receipt-logo", "Receipt, and the logo may be printed", receipt)
    await stage.show(
        "organisation-logo", "The logo that came with an endorsement", stage.place(letter, ALDER), desk=True
    )
    following = stage.opened("the letter after that", asked=[ALDER])
    await stage.show("answer-last-letter", "Filled in from the last letter", stage.link(following, ALDER))


def _kept(page: str) -> str:
    """The picture that the form carries on."""
    field = page.partition('name="kept_logo"')[2]
    return field.partition('value="')[2].partition('"')[0]
