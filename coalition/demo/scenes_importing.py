"""The gallery's scenes of importing: lists looked through, changed, brought in by the worker, taken back."""

from coalition.demo import sample
from coalition.demo.scenes import Stage
from coalition.letters.rules import Letter
from coalition.organisations.spreadsheets import lists
from coalition.work import reading

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
LONG = "Organisation,E-mail\n" + "\n".join(f"Distant Charity {n:04},letters@distant-{n}.example" for n in range(2_400))


async def scenes(stage: Stage) -> None:
    letter = stage.draft("to be imported")
    base = f"/desk/letters/{letter.slug}"
    stage.do(sample.bring_in, letter, stage.now)
    await stage.show("import", "Importing a list", f"{base}/import", desk=True)
    picture = {"file": ("list.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png")}
    await stage.show("import-refused", "A file that is no list", f"{base}/import", desk=True, files=picture)
    await _messy(stage, base)
    many = {"paste": MANY}
    pages = await stage.show("import-many", "A pasted list of 130", f"{base}/import", many, desk=True)
    await stage.show("import-many-2", "Its second page", f"{pages.url.path}?page=2", desk=True)
    await stage.eva.post(pages.url.path, data={})
    stage.cast["long"] = letter
    await _long(stage, stage.draft("to be imported at length"))


async def _messy(stage: Stage, base: str) -> None:
    messy = {"file": ("Allies (final) 2.csv", MESSY, "text/csv")}
    shown = await stage.show("import-preview", "A messy list, looked through", f"{base}/import", desk=True, files=messy)
    columns = {"column-0": "notes", "column-1": "", "column-2": "", "column-3": "", "column-4": ""}
    path = shown.url.path
    await stage.show("import-columns", "No column holds the name", f"{path}/columns", columns, desk=True)
    columns |= {"column-0": "name", "column-1": "register_id", "column-2": "contact_name", "column-3": "email"}
    await stage.eva.post(f"{path}/columns", data=columns)
    right = {"edit-2-email": "advice@st-brides.example", "edit-9-name": "Women & Girls Together", "row-1": "new"}
    await stage.show("import-changed", "Rows put right where they are shown", f"{path}/rows", right, desk=True)
    wrong = {"edit-6-name": "Somebody", "edit-6-email": "somebody", "edit-8-as": "Nobody of that name"}
    await stage.show("import-not-changed", "A change that cannot be kept", f"{path}/rows", wrong, desk=True)
    await stage.show("import-errors", "Only what cannot be read", f"{path}?show=error", desk=True)
    await stage.show("imported", "Imported", path, {"row-1": "new"}, desk=True)
    await stage.show("import-before", "Lists imported before", f"{base}/import", desk=True)
    await stage.show("import-undone", "A list taken back", f"{path}/undo", {}, desk=True)


async def _long(stage: Stage, letter: Letter) -> None:
    begun = await stage.show(
        "import-reading",
        "A long list, being looked through",
        f"/desk/letters/{letter.slug}/import",
        {"paste": LONG},
        desk=True,
    )
    reading.go_on_with_next(stage.database)
    await stage.show("import-long", "A long list, looked through", begun.url.path, desk=True)
    await stage.show("import-going-on", "A long list, being imported", begun.url.path, {}, desk=True)
    while stage.database.read_now(lists.any_due, stage.now):
        reading.go_on_with_next(stage.database)
