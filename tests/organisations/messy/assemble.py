"""Assembles the messy lists: 300 rows as three campaign officers would have kept them, each with the verdict it is due;
and one of 300 rows as one officer keeps it, the same in XLSX, OpenDocument and CSV.

Organisations are real or, where a place is named that is on no map, made up. Every address ends in .example, contacts
are samples. `python -m tests.organisations.messy.assemble` writes the files beside this one again.
"""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent

# (verdict, organisation, charity number, e-mail, kind); kept in Excel with German settings: cp1252 and semicolons.
OFFICE = """
new|The Poppy Project||info@poppy-project.example|Charity
new|ECPAT UK|1104948|office@ecpat-uk.example|Charity
new|NSPCC|216401|policy@nspcc.example|Charity
contact|N.S.P.C.C.||public.affairs@nspcc.example|Charity
likely|National Society for the Prevention of Cruelty to Children (NSPCC)||helpdesk@national-society.example|Charity
new|Anti-Slavery International|1049160|office@anti-slavery.example|Charity
likely|Anti Slavery Internatonal||campaigns@antislavery-office.example|Charity
known|Anti–Slavery International||office@anti-slavery.example|Charity
new|Amnesty International UK||section@amnesty-uk.example|Charity
known|Amnesty International (UK)||SECTION@AMNESTY-UK.EXAMPLE|Charity
likely|Amnesty International||secretariat@amnesty-world.example|Charity
likely|Eaves||director@poppy-project.example|Charity
new|Barnardo's|216250|policy@barnardos.example|Charity
contact|Barnardo’s||chief@barnardos.example|Charity
known|Barnardo´s|216250||Charity
new|The Children's Society|221124|policy@childrens-society.example|Charity
contact|Childrens Society||media@childrens-society.example|Charity
new|Save the Children|213890.0|policy@save-the-children.example|Charity
new|St Mungo‘s||info@st-mungos.example|Charity
known|St. Mungo's Ltd||info@st-mungos.example|Charity
new|Asylum Support & Advice||desk@asylum-advice.example|Charity
known|Asylum Support and Advice Limited|||Charity
new|Refugee Council|1014576|policy@refugee-council.example|Charity
known|The Refugee Council CIO|GB-CHC-1014576|policy@refugee-council.example|Charity
new|Scottish Refugee Council|SC008639|policy@scottish-refugee-council.example|Charity
new|Refuge|277424|info@refuge.example|Charity
error|Shelter|263710|info@shelter|Charity
error|Crisis|1082947|info at crisis.example|Charity
error|Centrepoint|292411|press office@centrepoint.example|Charity
error|Depaul UK||info@@depaul.example|Charity
error|Emmaus UK||info@emmaus..example|Charity
error|The Passage||@passage.example|Charity
error|Praxis||=HYPERLINK("mailto:info@praxis.example")|Charity
error|=HYPERLINK("https://kalayaan.example";"Kalayaan")||info@kalayaan.example|Charity
error|#REF!|||Charity
error|https://stop-the-traffik.example|||Charity
error|||nobody@nameless.example|Charity
new|Kalayaan||info@kalayaan.example|Charity
new|Stop the Traffik|1127321|office@stop-the-traffik.example|Charity
new|Médecins du Monde||contact@medecins-du-monde.example|Charity
new|Terre des Hommes||office@terre-des-hommes.example|Charity
new|Fundación Esperanza||oficina@fundacion-esperanza.example|Charity
new|Bündnis für Flüchtlinge e.V.||buero@buendnis-fluechtlinge.example|Charity
known|BUNDNIS FUR FLUCHTLINGE|||Charity
new|L'Arche||post@larche.example|Charity
new|Père Noël sans Frontières||bonjour@pere-noel.example|Charity
new|British Red Cross|220949|policy@red-cross.example|Charity
new|Mind|219830|policy@mind.example|Charity
new|38 Degrees||office@38-degrees.example|Other
new|Public and Commercial Services Union||office@pcs.example|Trade union
likely|PCS (Public & Commercial Services Union)||general.secretary@pcs-union.example|Trade union
new|UNISON||policy@unison.example|Trade union
new|Unite the Union||policy@unite.example|Trade union
new|GMB||policy@gmb.example|Trade union
new|TUC||policy@tuc.example|Trade union
new|Liberty||n/a|Other
new|Fawcett Society|1108769|none|Charity
new|End Violence Against Women||?|Other
new|Object||tbc|Other
new|Women’s Aid|1054154|office@womens-aid.example|Charity
likely|Womens' Aids||helpline@womens-aid-line.example|Charity
new|Rights of Women||office@rights-of-women.example|Charity
contact|The Rights of Women||training@rights-of-women.example|Charity
"""

# (verdict, name, website, first e-mail, second e-mail, country, group); UTF-8 with its mark and commas. Read after the
# first file was imported, so what was new there is known here.
NETWORK = """
known|Poppy Project, The|www.poppy-project.example|outreach@poppy-project.example||UK|Local and specialist services
known|ECPAT UK Ltd|https://ecpat-uk.example|office@ecpat-uk.example||UK|National charities
likely|ECPAT|https://www.ecpat-uk.example/about||||
known|Women's Aid||members@womens-aid.example|||National charities
new|Cymorth i Ferched Cymru|cymorth.example|post@cymorth.example|newyddion@cymorth.example|Cymru|National charities
new|Y Groes Goch Gymreig||post@y-groes-goch.example||Cymru|National charities
new|Cyngor Ffoaduriaid Cymru||post@cyngor-ffoaduriaid.example||Cymru|
known|CYNGOR FFOADURIAID CYMRU Cyf||post@cyngor-ffoaduriaid.example||Cymru|
new|Tŷ Gobaith||post@ty-gobaith.example||Cymru|
known|Ty Gobaith||||Cymru|
new|Undeb Amaethwyr Dŵr Glân||post@dwr-glan.example||Cymru|
new|Fundacja La Strada przeciw Handlowi Ludźmi||biuro@la-strada.example||Polska|
new|Stowarzyszenie „Pomoc Uchodźcom”||biuro@pomoc-uchodzcom.example||Polska|
contact|Stowarzyszenie Pomoc Uchodzcom||zarzad@pomoc-uchodzcom.example||Polska|
new|Łódzki Dom Źródło||dom@zrodlo.example||Polska|
new|Ελληνικό Συμβούλιο για τους Πρόσφυγες||grafeio@symvoulio.example||Ελλάδα|
known|ΕΛΛΗΝΙΚΟ ΣΥΜΒΟΥΛΙΟ ΓΙΑ ΤΟΥΣ ΠΡΟΣΦΥΓΕΣ||grafeio@symvoulio.example||Ελλάδα|
new|Άσυλο για Όλους||asylo@asylo.example||Ελλάδα|
new|جمعية مساعدة اللاجئين||office@refugee-aid-society.example||الأردن|
known|جَمْعِيَّة مساعدة اللاجئين||office@refugee-aid-society.example||الأردن|
new|منظمة حقوق الإنسان||office@human-rights-organisation.example||مصر|
new|הוועד למען פליטים||office@refugee-committee.example||ישראל|
new|Комитет «Гражданское содействие»||office@civic-assistance.example|||
new|महिला सहायता केंद्र||office@mahila-sahayata.example||भारत|
new|Hội Phụ nữ Việt||office@hoi-phu-nu.example||Việt Nam|
new|Člověk v tísni||kancelar@clovek-v-tisni.example||Česko|
new|Ünite Kadın Dayanışma||ofis@kadin-dayanisma.example||Türkiye|
new|Þroskahjálp||skrifstofa@throskahjalp.example||Ísland|
new|Sjöstjärnans Kvinnojour & Flyktinghjälp||kontor@sjostjarnan.example||Sverige|
new|Hawaiʻi Justice Coalition||office@hawaii-justice.example||USA|
known|Hawai'i Justice Coalition||||USA|
new|Oxfam GB|http://www.oxfam.example|policy@oxfam.example||UK|National charities
likely|Oxfam|||campaigns@oxfam.example|UK|National charities
new|Christian Aid|christian-aid.example|policy@christian-aid.example||UK|Faith organisations
new|CAFOD||policy@cafod.example||UK|Faith organisation
new|Tearfund||policy@tearfund.example||UK|FAITH ORGANISATIONS
new|Quakers in Britain||policy@quakers.example||UK|Churches and so on
new|Church of England||public.affairs@church-of-england.example|mission@church-of-england.example|UK|Faith organisations
new|Muslim Council of Britain||office@muslim-council.example||UK|Faith organisations
new|Board of Deputies of British Jews||office@board-of-deputies.example||UK|Faith organisations
new|Jewish Council for Racial Equality||office@jcore.example|broken address@jcore.example|UK|Faith organisations
new|Unicef UK|javascript:alert(1)|policy@unicef-uk.example||UK|National charities
new|Coram <b>Children’s</b> Legal Centre||info@coram.example||UK|National charities
new|"Hope" for Justice|| info@hope-for-justice.example ||UK|
error|A21 Campaign||info@a21.example.||UK|
error|International Justice Mission||‘info’@ijm.example||UK|
error|info@unseen.example||||UK|
error|Total: 46|||||
error|46 organisations in all|||||
new|Womenâ€™s Resource Centre||info@womens-resource-centre.example||UK|National charities
"""

# (verdict, name, number, e-mail, website); what Excel calls "Unicode text". Read after both others.
REGIONS = """
known|Amnesty International UK||groups@amnesty-uk.example|
known|Save the Children Fund Campaign|GB-CHC-213890||
known|ECPAT UK||youth@ecpat-uk.example|
likely|Christian Aids||office@christian-aids.example|
likely|Refugee Council of Wales & Borders||desk@refugee-council.example|
new|Citizens Advice|279057|policy@citizens-advice.example|https://citizens-advice.example
new|Age UK|1128267|policy@age-uk.example|
new|Salvation Army|214779|policy@salvation-army.example|
new|Samaritans|219432|policy@samaritans.example|
new|Macmillan Cancer Support|261017|policy@macmillan.example|
new|Action for Children|1097940|policy@action-for-children.example|
new|Scope|208231|policy@scope.example|
new|RNIB|226227|policy@rnib.example|
new|WaterAid|288701|policy@water-aid.example|
contact|Water Aid|288701|media@water-aid.example|
new|Hedgerow Animal Welfare|not yet|policy@hedgerow.example|
new|Laganmere Women’s Forum|NIC100123|policy@laganmere.example|
new|Stepping Stones (NI)|NI100456|policy@stepping-stones.example|
new|Bywater Community Company|01234567|policy@bywater.example|
new|Two Numbers Trust|1077777 and SC037777|policy@two-numbers.example|
new|Two Desks Trust||north@two-desks.example; south@two-desks.example|
new|Named Desk Trust||Sample Desk <desk@named-desk.example>|
new|Late Desk Trust||mailto:desk@late-desk.example|
new|Bücher für Alle||info@bücher.example|
new|'Quoted Start' Trust||'quoted@quoted-start.example|
error|Long Desk Trust||aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@long-desk.example|
error|Umlaut Desk Trust||größe@umlaut-desk.example|
error|Number Desk Trust||info@10.0.0.1|
error|+++||info@plusses.example|
error|=1+1||info@two.example|
error|Grand total||99|
"""

PLACES = """Ashcombe Brackenmoor Calderwick Dunmarsh Eastermoor Fennbridge Glasworth Harrowdene Inglemere Kestrelby
Larkhollow Marlowick Netherfold Oakenshaw Pellbrook Quarrendale Rushmoor Saltmarsh Thornwick Underhay Vexbridge
Willowmere Yarrowdale Zennorbrook""".split()
WORK = (
    "Refugee Forum", "Law Centre", "Rape Crisis Centre", "Trades Council", "Churches Together", "Migrants’ Voice",
    "Night Shelter", "Women's Refuge",
)  # fmt: skip


def rows(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.strip().splitlines()]


def local(first: int, last: int) -> Iterator[tuple[str, str, str]]:
    """Made-up local groups: verdict, name, e-mail. One in nine has none."""
    for number in range(first, last):
        name = f"{PLACES[number % len(PLACES)]} {WORK[(number + number // len(PLACES)) % len(WORK)]}"
        host = name.lower().replace(" ", "-").replace("’", "").replace("'", "")
        yield "new", name, "" if number % 9 == 4 else f"office@{host}.example"


def office() -> tuple[list[str], bytes]:
    """The first list: a caption, blank rows, trailing empty columns, a total at the end."""
    sheet: list[list[str]] = [["Trafficking letter – who to ask (FINAL v7)"], [], TITLES_OFFICE]
    due = []
    body = [*rows(OFFICE), *([verdict, name, "", email, "Local group"] for verdict, name, email in local(0, 40))]
    for number, (verdict, name, register_id, email, kind) in enumerate(body, 1):
        due.append(verdict)
        sheet.append(
            [name, register_id, f"Sample Contact {number}", "Head of Samples", email, kind, notes(number), "", ""]
        )
        if number % 20 == 0:
            sheet.append([""] * 9)
    sheet.append(["TOTAL", "", "", "", str(len(body)), "", "", "", ""])
    return [*due, "error"], written(sheet, ";").encode("cp1252")


TITLES_OFFICE = ["Organisation", "Charity No.", "Contact", "Job title", "E-mail", "Type", "Notes", "", ""]


def notes(number: int) -> str:
    return {3: "rang twice;\nring again", 8: "said “maybe”", 13: 'their "usual" person is away'}.get(number, "")


def network() -> tuple[list[str], bytes]:
    """The second list: two contacts in a row, an accent written as two characters, cells that run over lines."""
    sheet = [["Name", "Website", "Contact name", "Email", "Second contact", "Second email", "Country", "Printed under"]]
    due = []
    body = [*rows(NETWORK), *([v, name, "", email, "", "", ""] for v, name, email in local(40, 88))]
    for number, (verdict, name, website, email, second, country, group) in enumerate(body, 200):
        other = f"Sample Colleague {number}" if second else ""
        sheet.append([name, website, f"Sample Contact {number}", email, other, second, country, group])
        due.append(verdict)
        if second and email:
            due.append("error" if " " in second else "contact")
    return due, b"\xef\xbb\xbf" + written(sheet, ",").encode()


def regions() -> tuple[list[str], bytes]:
    """The third list: first and last names apart, titles that come back half-way, formulas."""
    titles = ["Charity name", "Registered charity number", "First name", "Surname", "Email address", "Web site"]
    sheet, due = [titles], []
    body = [*rows(REGIONS), *([v, name, "", email, ""] for v, name, email in local(88, 155))]
    for number, (verdict, name, register_id, email, website) in enumerate(body, 400):
        sheet.append([name, register_id, "Sample", f"Contact {number}", email, website])
        due.append(verdict)
        if email.count("@") == 2:
            due.append("contact")
        if number == 450:
            sheet.append(titles)
    return due, b"\xff\xfe" + written(sheet, "\t").encode("utf-16-le")


def written(sheet: list[list[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(sheet)
    return text.getvalue()


# The one list in three formats. What is written is what a person sees: in CSV a merged cell stands in each of its rows.
# (verdict, organisation, charity number, first contact's e-mail, second contact's e-mail, country, group, note)
CAMPAIGN = """
new|The Poppy Project||info@poppy-project.example||United Kingdom|Local and specialist services|
new|ECPAT UK|1104948|office@ecpat-uk.example|youth@ecpat-uk.example|United Kingdom|National charities|rang twice
new|NSPCC|216401|policy@nspcc.example||United Kingdom|National charities|
contact|N.S.P.C.C.||public.affairs@nspcc.example||United Kingdom|National charities|
new|Anti-Slavery International|1049160|office@anti-slavery.example||United Kingdom|National charities|
likely|Anti Slavery Internatonal||campaigns@antislavery-office.example||||
known|Amnesty International (UK)||SECTION@AMNESTY-UK.EXAMPLE||||
new|Save the Children|213890|policy@save-the-children.example||United Kingdom|National charities|said “maybe”
known|SAVE THE CHILDREN Ltd|213890|policy@save-the-children.example||||
new|Scottish Refugee Council|SC008639|policy@scottish-refugee-council.example||United Kingdom||
new|Bywater Community Company|01234567|policy@bywater.example||United Kingdom||noughts in front
new|Asylum Support & Advice|||desk@asylum-advice.example|United Kingdom||
known|Asylum Support and Advice Limited||||||
new|Cymorth i Ferched Cymru||post@cymorth.example|newyddion@cymorth.example|Cymru||
new|Tŷ Gobaith||post@ty-gobaith.example||Cymru||
known|Ty Gobaith Cyf||||Cymru||
new|Médecins du Monde||contact@medecins-du-monde.example||France||
new|Fundación Esperanza||oficina@fundacion-esperanza.example||España||
new|Bündnis für Flüchtlinge e.V.||buero@buendnis-fluechtlinge.example||Deutschland||
known|BUNDNIS FUR FLUCHTLINGE||||Deutschland||
new|Łódzki Dom Źródło||dom@zrodlo.example||Polska||
new|Ελληνικό Συμβούλιο για τους Πρόσφυγες||grafeio@symvoulio.example||Ελλάδα||
new|جمعية مساعدة اللاجئين||office@refugee-aid-society.example||الأردن||
known|جَمْعِيَّة مساعدة اللاجئين||office@refugee-aid-society.example||الأردن||
new|38 Degrees||office@38-degrees.example||United Kingdom||
new|GMB||policy@gmb.example||United Kingdom|Trade unions|
new|Public and Commercial Services Union||office@pcs.example||United Kingdom|Trade unions|
likely|PCS (Public & Commercial Services Union)||general.secretary@pcs-union.example||||
error|Shelter|263710|info@shelter||United Kingdom||
error|Crisis|1082947|info at crisis.example||United Kingdom||
error|Depaul UK||info@@depaul.example||||
error||1127321|nobody@nameless.example||||
error|https://stop-the-traffik.example|||||||
error|Total: 33|||||||
new|Refuge|277424|info@refuge.example||United Kingdom||
new|Women’s Aid|1054154|office@womens-aid.example||United Kingdom||
likely|Womens' Aids||helpline@womens-aid-line.example||||
new|Two Desks Trust||north@two-desks.example||||
contact|Two Desks Trust||south@two-desks.example||||
"""
CAMPAIGN_TITLES = ("Organisation / Sefydliad", "Charity No.", "E-mail", "Second e-mail", "Pays", "Gruppe", "Notas")
SERVICE = ("United Kingdom", "Local and specialist services", "")
MERGED_NAME = "Two Desks Trust"  # its name stands in one cell over two rows


def campaign() -> tuple[list[str], list[list[str | int]], list[tuple[int, int, int, int]]]:
    """The verdicts that are due, the cells, and which are merged (first row and column, last row and column)."""
    width = len(CAMPAIGN_TITLES)
    sheet: list[list[str | int]] = [["Trafficking letter: who to ask (FINAL v9)"], ["kept by Sample Officer"], []]
    sheet.append(list(CAMPAIGN_TITLES))
    sheet = [[*row, *[""] * (width - len(row))] for row in sheet]
    merged = [(1, 1, 1, width)]
    due = []
    more = [
        [verdict, f"{upper}{name}", "", email.replace("@", f"@{upper.strip().lower()}"), "", *SERVICE]
        for upper, last in (("", 192), ("Upper ", 72))
        for verdict, name, email in local(0, last)
    ]
    for number, (verdict, name, register_id, *rest) in enumerate([*rows(CAMPAIGN), *more], 1):
        as_number = register_id.isdigit() and register_id[0] != "0"
        sheet.append([name, int(register_id) if as_number else register_id, *rest[: width - 2]])
        due += [verdict, "contact"] if rest[0] and rest[1] else [verdict]
        if number % 40 == 0:
            sheet.append([""] * width)
    first = next(place for place, row in enumerate(sheet, 1) if row[0] == MERGED_NAME)
    return due, sheet, [*merged, (first, 1, first + 1, 1)]


def campaign_csv() -> bytes:
    return b"\xef\xbb\xbf" + written([[str(cell) for cell in row] for row in campaign()[1]], ",").encode()


def campaign_workbook(write: Callable[..., bytes]) -> bytes:
    """By workbooks.xlsx or workbooks.ods. A sheet of words stands before the list, an old one is hidden behind it."""
    _, cells, merged = campaign()
    covered = [row[:] for row in cells]
    for first, left, last, right in merged:
        for row in range(first, last + 1):
            for column in range(left, right + 1):
                if (row, column) != (first, left):
                    covered[row - 1][column - 1] = ""
    return write({"Allies": covered, "Read me": [["Please do not share this list."]]}, merged=merged)


FILES = {"office-cp1252.csv": office, "network-utf8.csv": network, "regions-utf16.txt": regions}

if __name__ == "__main__":
    from tests.organisations import workbooks

    for name, assembled in FILES.items():
        (HERE / name).write_bytes(assembled()[1])
    (HERE / "campaign.csv").write_bytes(campaign_csv())
    (HERE / "campaign.xlsx").write_bytes(campaign_workbook(workbooks.xlsx))
    (HERE / "campaign.ods").write_bytes(campaign_workbook(workbooks.ods))
