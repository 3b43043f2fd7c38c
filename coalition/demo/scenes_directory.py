"""The gallery's scenes of the directory: looking, keeping, a logo, and two that are merged into one."""

from coalition.demo import sample
from coalition.demo.pictures import logo
from coalition.demo.scenes import Stage
from coalition.endorsements import actions as answers
from coalition.invitations import actions as invitations
from coalition.letters.rules import Letter
from coalition.organisations import actions as organisations
from coalition.organisations import directory
from coalition.organisations.directory import Filter
from coalition.organisations.spreadsheets.cells import Values

TWIN = "Harbour Projects London"


async def beginning(stage: Stage) -> None:
    stage.chapter("Directory")
    await stage.show("directory-empty", "Nobody in the directory yet", "/desk/directory", desk=True)


async def scenes(stage: Stage) -> None:
    stage.chapter("Directory")
    letter = stage.opened("from the directory", asked=None)
    await _looking(stage)
    await _adding(stage)
    one = _id(stage, "The Harbour Project")
    await _keeping(stage, one)
    await _logo(stage, one)
    await _merging(stage, letter, one)


def _id(stage: Stage, name: str) -> int:
    return stage.database.read_now(directory.listed, Filter(name))[0].id


async def _looking(stage: Stage) -> None:
    await stage.show("directory", "Everybody", "/desk/directory", desk=True)
    await stage.show("directory-found", "Searched", "/desk/directory?q=women", desk=True)
    await stage.show("directory-nothing", "Searched, nobody found", "/desk/directory?q=xylophone", desk=True)
    stage.do(organisations.archive, _id(stage, "Women & Girls Together"), stage.who, stage.now)
    await stage.show("directory-elsewhere", "Found among the archived", "/desk/directory?q=women+girls", desk=True)
    await stage.show("directory-archived", "What is archived", "/desk/directory?show=archived", desk=True)


async def _adding(stage: Stage) -> None:
    there, contact = "/desk/directory/add", {"contact_name": "Sample Contact 303"}
    await stage.show("directory-add", "Adding an organisation", there, desk=True)
    wrong = contact | {"name": "", "register_id": "12"}
    await stage.show("directory-add-refused", "Adding it, with mistakes", there, wrong, desk=True)
    known = {"name": "Harbour Project"}
    await stage.show("directory-add-known", "It is there already", there, known, desk=True)
    right = contact | {"name": "The Sample Pier Trust", "email": "office@pier-trust.example", "kind": "Charity"}
    await stage.show("directory-added", "It is added", there, right, desk=True)


async def _keeping(stage: Stage, one: int) -> None:
    here = f"/desk/directory/{one}"
    await stage.show("directory-organisation", "One organisation", here, desk=True)
    await stage.show("directory-edit", "Editing it", f"{here}/edit", desk=True)
    kept = stage.database.read_now(directory.organisation, one)
    right = {
        "name": kept.name,
        "register_id": "1199987",
        "website": "harbour-project.example",
        "kind": "Charity",
        "country": "GB",
        "approves": "trustees",
        "notice_days": "21",
        "signing_note": "Their trustees meet on the first Tuesday of the month.",
        "revision": str(kept.revision),
    }
    wrong = right | {"name": "", "register_id": "12", "website": "not an address", "notice_days": "soon"}
    await stage.show("directory-edit-refused", "Editing it, with mistakes", f"{here}/edit", wrong, desk=True)
    await stage.show("directory-edited", "Saved, with how they sign", f"{here}/edit", right, desk=True)
    late = right | {"notice_days": "14"}
    await stage.show("directory-edit-overtaken", "Edited in an old window", f"{here}/edit", late, desk=True)
    wrong = {"contact_name": "Sample Contact", "email": "office@"}
    await stage.show("directory-contact-refused", "A contact without an address", f"{here}/contacts", wrong, desk=True)
    right = {"contact_name": "Sample Contact 301", "email": "trustees@harbour-project.example", "contact_role": "Chair"}
    await stage.show("directory-contact-added", "A contact is added", f"{here}/contacts", right, desk=True)
    first, second = stage.database.read_now(directory.people, one)
    there = f"{here}/contacts/{first.id}"
    await stage.show("directory-contact", "Editing a contact", there, desk=True)
    moved = {"contact_name": first.name, "email": "new@harbour-project.example", "seen": first.seen}
    await stage.show("directory-contact-asked", "An address that was asked already", there, moved, desk=True)
    await stage.show("directory-preferred", "Asked first", f"{here}/contacts/{second.id}/prefer", {}, desk=True)
    await stage.show("directory-left", "A contact has left", f"{there}/left", {}, desk=True)
    archived = f"/desk/directory/{_id(stage, 'Free Hands UK')}"
    await stage.show("directory-archive", "Archived", f"{archived}/archive", {}, desk=True)
    await stage.show("directory-back", "Brought back", f"{archived}/bring-back", {}, desk=True)


async def _logo(stage: Stage, one: int) -> None:
    here = f"/desk/directory/{one}"
    drawing = {"logo": ("logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")}
    await stage.show("directory-logo-refused", "A logo that is not taken", f"{here}/logo", desk=True, files=drawing)
    picture = {"logo": ("logo.png", logo(), "image/png")}
    await stage.show("directory-logo", "A logo, and nobody's permission yet", f"{here}/logo", desk=True, files=picture)
    sha256 = stage.database.read_now(directory.organisation, one).logo or ""
    wrong = {"by": "", "on": "2999-01-01", "logo": sha256}
    await stage.show("directory-permission-refused", "By nobody", f"{here}/logo/permission", wrong, desk=True)
    right = {"by": "Sample Contact 301, Chair", "on": stage.now.date().isoformat(), "logo": sha256}
    await stage.show("directory-permitted", "It may be printed", f"{here}/logo/permission", right, desk=True)


async def _merging(stage: Stage, letter: Letter, one: int) -> None:
    values = Values(name=TWIN, email="office@harbour-project.example", contact_name="Sample Contact 302")
    twin = stage.do(invitations.add, letter.slug, values, sample.GROUPS[0], stage.who, stage.now).organisation_id
    stage.do(invitations.ask, letter.slug, None, "Eva Sample", stage.now)
    stage.endorse(letter, ("The Harbour Project", TWIN))
    second = stage.opened("of the twin", asked=())
    stage.do(invitations.add, second.slug, values, sample.GROUPS[0], stage.who, stage.now)
    here = f"/desk/directory/{one}"
    await stage.show("directory-alike", "Perhaps twice in the directory", here, desk=True)
    await stage.show("merge-choose", "Which one is the same?", f"{here}/merge", desk=True)
    await stage.show("merge-found", "Searched", f"{here}/merge?q=project", desk=True)
    await stage.show("merge-nobody", "Searched, nobody found", f"{here}/merge?q=xylophone", desk=True)
    shown = await stage.show("merge", "What merging would do", f"{here}/merge/{twin}", desk=True)
    plan = shown.text.partition('name="plan" value="')[2][:32]
    stage.do(answers.withdraw, stage.nonce(letter, TWIN), None, stage.now)
    changed = f"{here}/merge/{twin}"
    shown = await stage.show("merge-changed", "An answer came meanwhile", changed, {"plan": plan}, desk=True)
    plan = shown.text.partition('name="plan" value="')[2][:32]
    await stage.show("merged", "They are one", changed, {"plan": plan}, desk=True)
    await stage.show("merged-history", "On the letter's list", stage.place(letter, "The Harbour Project"), desk=True)
    await stage.show("merged-into", "The one that was merged", f"/desk/directory/{twin}", desk=True)
    await stage.show("merge-overtaken", "Merged before", f"/desk/directory/{twin}/merge/{one}", desk=True)
    await stage.show("merge-undone", "Undone", f"{here}/merges/1/undo", {}, desk=True)
