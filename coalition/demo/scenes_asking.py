"""The gallery's scenes of asking: adding and importing organisations, the tracker."""

from coalition.demo import sample, scenes_inviting
from coalition.demo.scenes import Stage
from coalition.endorsements import actions as answers
from coalition.invitations import actions as invitations
from coalition.letters.rules import Letter

# As a campaign officer's spreadsheet writes it: semicolons, cp1252, the same charity twice, broken addresses.
MESSY = """Allies, as of Tuesday;;;;

Organisation;Charity no;Contact;E-mail;Which group
Refuge for All;1104948;Sample Contact 101;office@refuge-for-all.example;National charities
The Refuge For All;;Sample Contact 102;director@refuge-for-all.example;National charities
St Brides Advice Centre;;Sample Contact 103;advice@st-brides;Local and specialist services
Saint Bride’s Advice Centre Ltd;;Sample Contact 104;office@st-brides-advice.example;Local and specialist services
NSPCC;216401;Sample Contact 105;policy@nspcc.example;National charities
Anti Slavery International;;Sample Contact 106;office@anti-slavery-intl.example;National charities
;;Sample Contact 107;somebody@nowhere.example;
Ashcombe Refugees Forum;;Sample Contact 112;chair@ashcombe-refugees.example;Local and specialist services
Lantern;;Sample Contact 111;policy@lantern-society.example;National charities
Women and Girls Together;;Sample Contact 108;letters@women-and-girls-together.example;National charities
Médecins de la Rue;;Sample Contact 109;bonjour@medecins-de-la-rue.example;Local and specialist services
Café Accueil;;Sample Contact 110;;Local and specialist services
""".encode("cp1252")
MANY = "Organisation,E-mail\n" + "\n".join(f"Allied Charity {n:03},letters@allied-{n}.example" for n in range(1, 131))


async def scenes(stage: Stage) -> None:
    await _adding(stage)
    await _importing(stage)
    await scenes_inviting.scenes(stage)
    await _tracking(stage)
    await _one(stage)


async def _adding(stage: Stage) -> None:
    stage.chapter("Asking")
    letter = stage.draft("to be asked")
    base = f"/desk/letters/{letter.slug}"
    await stage.show("tracker-empty", "No organisation yet, and the draft is ready", base, desk=True)
    await stage.show("add", "Adding one", f"{base}/add", desk=True)
    wrong = {"name": "", "email": "letters at fair-passage", "register_id": "12", "group": sample.GROUPS[0]}
    await stage.show("add-refused", "Adding one, with mistakes", f"{base}/add", wrong, desk=True)
    right = {"name": "Fair Passage", "email": "letters@fair-passage.example", "group": sample.GROUPS[0]}
    await stage.show("added", "Added", f"{base}/add", right, desk=True)
    await stage.show("add-twice", "One that is on the list already", f"{base}/add", right, desk=True)


async def _importing(stage: Stage) -> None:
    letter = stage.draft("to be imported")
    base = f"/desk/letters/{letter.slug}"
    stage.do(sample.bring_in, letter, stage.now)
    await stage.show("import", "Importing a list", f"{base}/import", desk=True)
    picture = {"file": ("list.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png")}
    await stage.show("import-refused", "A file that is no list", f"{base}/import", desk=True, files=picture)
    messy = {"file": ("Allies (final) 2.csv", MESSY, "text/csv")}
    shown = await stage.show("import-preview", "A messy list, looked through", f"{base}/import", desk=True, files=messy)
    columns = {"column-0": "notes", "column-1": "", "column-2": "", "column-3": "", "column-4": ""}
    path = shown.url.path
    await stage.show("import-columns", "No column holds the name", f"{path}/columns", columns, desk=True)
    columns |= {"column-0": "name", "column-1": "register_id", "column-2": "contact_name", "column-3": "email"}
    await stage.eva.post(f"{path}/columns", data=columns)
    await stage.show("imported", "Imported", path, {"row-1": "new"}, desk=True)
    many = {"paste": MANY}
    pages = await stage.show("import-many", "A pasted list of 130", f"{base}/import", many, desk=True)
    await stage.show("import-many-2", "Its second page", f"{pages.url.path}?page=2", desk=True)
    await stage.eva.post(pages.url.path, data={})
    stage.cast["long"] = letter


async def _tracking(stage: Stage) -> None:
    stage.chapter("Watching")
    letter = stage.reread(stage.cast["asked"])
    base = f"/desk/letters/{letter.slug}"
    _answers(stage, letter)
    await stage.show("tracker", "The tracker, half-way", base, desk=True)
    await stage.show("tracker-endorsed", "Those who have endorsed", f"{base}?status=endorsed", desk=True)
    query = f"{base}?group=Trade+unions&sort=-when"
    await stage.show("tracker-group", "One group, the latest first", query, desk=True)
    await stage.show("tracker-found", "Searched", f"{base}?q=women", desk=True)
    await stage.show("tracker-nothing", "Searched, nobody found", f"{base}?q=xylophone", desk=True)
    await stage.show("tracker-csv", "The tracker as CSV", f"{base}/endorsers.csv", desk=True)
    long = f"/desk/letters/{stage.cast['long'].slug}"
    await stage.show("tracker-long", "A long list", long, desk=True)
    await stage.show("tracker-long-2", "Its second page", f"{long}?page=2", desk=True)


def _answers(stage: Stage, letter: Letter) -> None:
    stage.endorse(letter, (*sample.ENDORSED, *sample.WITHDRAWN))
    for name in sample.WITHDRAWN:
        stage.do(answers.withdraw, stage.nonce(letter, name), None, stage.now)
    for name, reason in sample.DECLINED.items():
        stage.do(answers.decline, stage.nonce(letter, name), reason, None, stage.now)
    for name in sample.READ:
        stage.do(invitations.mark_read, stage.nonce(letter, name), stage.now)


async def _one(stage: Stage) -> None:
    letter = stage.cast["asked"]

    async def one(name: str, about: str, organisation: str, deed: str = "", form: dict[str, str] | None = None) -> None:
        path = stage.place(letter, organisation) + deed
        await stage.show(f"organisation-{name}", about, path, form, desk=True)

    await one("sent", "One that was sent the invitation", "NSPCC")
    await one("read", "One that has read it", sample.READ[0])
    await one("endorsed", "One that has endorsed", sample.ENDORSED[0])
    await one("declined", "One that declined, with its private reason", next(iter(sample.DECLINED)))
    await one("withdrawn", "One that withdrew", sample.WITHDRAWN[0])
    await one("failed", "One whose mail failed", "Fair Passage")
    wrong = {"contact_name": "Sample Contact", "email": "letters@"}
    await one("contact-refused", "Another contact, without an address", "Fair Passage", "/contact", wrong)
    right = {"contact_name": "Sample Contact 201", "email": "office@fair-passage.example", "contact_role": "Director"}
    await one("contact", "Another contact", "Fair Passage", "/contact", right)
    await one("sent-again", "Sent again", "Fair Passage", "/send", {})
    await one("revoked", "The link is taken back", "Free Hands UK", "/revoke", {})
    name = "Calderwick Law Centre"
    stop = stage.link(letter, name, "unsubscribe")
    stage.chapter("The charity's link")
    await stage.show("unsubscribe", "Stopping mail", stop)
    await stage.show("unsubscribed", "Mail is stopped", stop, {})
    await stage.show("unsubscribe-unknown", "Stopping mail, with a broken link", stop[:-5])
    stage.chapter("Watching")
    await one("stopped", "One that asked for no more mail", name)
    await one("stopped-sent", "Sending to it all the same", name, "/send", {})
    fresh = stage.opened("not asked")
    await stage.show("organisation-added", "One that was not asked yet", stage.place(fresh, "NSPCC"), desk=True)
