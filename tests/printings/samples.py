"""Six sample letters, from three names to ten thousand: `python -m tests.printings.samples FOLDER` sets them all.

The words are ours. Organisations that wrote in 2009 are named as facts; every person is plainly made up.
"""

import csv
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from coalition.demo import sample
from coalition.endorsements.undersigned import Group, Line
from coalition.letters.text import Addressee, LetterText, fingerprint
from coalition.printings.press.layout import Sheet
from coalition.printings.press.setting import Setter
from tests.printings.marks import mark

WIDTH, COLOURS = 700, 96  # pixels and colours of a page's picture


@dataclass(frozen=True)
class Sample:
    name: str
    sheet: Sheet
    pictures: Mapping[str, bytes]
    shown: tuple[int, int]  # the pages to look at: the first, and one of the list


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with Setter() as setter:
        for one in samples():
            pdf = folder / f"{one.name}.pdf"
            pdf.write_bytes(setter.set(one.sheet, pictures=one.pictures))
            _picture(pdf, one.shown)


def _picture(pdf: Path, pages: Iterable[int]) -> None:
    for page in pages:
        to = pdf.with_name(f"{pdf.stem}-{page}")
        scale = ("-scale-to-x", str(WIDTH), "-scale-to-y", "-1")
        which = ("-f", str(page), "-l", str(page), "-singlefile")
        subprocess.run(["pdftoppm", "-png", *scale, *which, str(pdf), str(to)], check=True)
        with Image.open(f"{to}.png") as picture:
            fewer = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        fewer.save(f"{to}.png", optimize=True)


def samples() -> Iterator[Sample]:
    yield three()
    yield forty()
    yield wall()
    yield arabic()
    yield scripts()
    yield ten_thousand()


# Three names on headed paper

THREE = ("The Lantern Society", "Fair Passage", "Brackenmoor Women’s Centre")
SHORT = LetterText(
    subject="An interpreter at the first interview",
    addressees=(Addressee("The Chief Constable", "Northmere Constabulary", ("Station Road", "Northmere NM1 4AA")),),
    cc=(),
    leads=THREE,
    date_line="Northmere, 9 March 2010",
    ask="Please have a qualified interpreter in the room before the first question is put.",
    body="""Dear Chief Constable,

Between us we met sixty-one people last year who had been interviewed by your officers without an interpreter. Forty
of them told us later what they had not been able to say then. In nine cases it would have led to an arrest.

Interpreters can be had in Northmere within the hour: the county’s own list names fourteen, in eleven languages, and
five of them work at night. What is missing is a rule that says they are sent for *first*, and a line in the custody
record that says when they came.

We should be glad to help write it, and to train the officers who will use it.

Yours faithfully,
""",
    enclosures=(),
)


def three() -> Sample:
    marks = dict(map(mark, THREE))
    people = ("Sample Signatory", "Another Sample", "Third Sample")
    roles = ("Chief Executive", "Director", "Manager")
    group = Group("", tuple(map(Line, THREE, people, roles)))
    return Sample("three", _sheet(SHORT, (group,), letterhead="logos", lead_logos=tuple(marks)), marks, (1, 1))


# Forty in groups, as in 2009

MORE = {
    "National charities": ("Daughters and Sons", "The Thornbury Trust for Children on the Move"),
    "Local and specialist services": ("Kelham Street Advice", "The Quayside Women’s Night Project"),
}


def forty() -> Sample:
    text = replace(sample.TEXT, leads=("Amnesty International UK", "NSPCC", "ECPAT UK", "Anti-Slavery International"))
    return Sample("forty", _sheet(text, _groups_of_2009(), version=2), {}, (1, 2))


def _groups_of_2009() -> tuple[Group, ...]:
    with sample.LIST.open(encoding="utf-8", newline="") as file:
        rows = [(row["Name"], row["Group"], row["Role"]) for row in csv.DictReader(file)]
    rows += [(name, group, "Director") for group, names in MORE.items() for name in names]
    rows.sort(key=lambda row: row[0].removeprefix("The "))
    found: dict[str, list[Line]] = {group: [] for group in sample.GROUPS}
    for number, (name, group, role) in enumerate(rows, start=1):
        earlier = "under version 1" if number == 17 else ""
        found[group].append(Line(name, f"Sample Signatory {number}", role, earlier))
    return tuple(Group(name, tuple(lines)) for name, lines in found.items())


# A wall of logos

SIX = (
    "The Alder Children’s Fund",
    "Free Hands UK",
    "Survivors’ Charter",
    "Women & Girls Together",
    "Churches Against Bondage",
    "Union of Hotel and Laundry Workers",
)


def wall() -> Sample:
    marks = {
        name: mark(name) for group in _groups_of_2009()[1:] for name in (line.organisation for line in group.lines)
    }
    marks |= {name: mark(name) for name in SIX}
    lines = [line for group in _groups_of_2009() for line in group.lines if line.organisation in marks]
    lines = [
        replace(line, signatory="", role="", note="", logo="" if at % 5 == 3 else marks[line.organisation][0])
        for at, line in enumerate(lines)
    ]
    text = replace(SHORT, leads=SIX, ask="")
    sheet = _sheet(
        text,
        (Group("", tuple(lines)),),
        density="logos",
        letterhead="logos",
        lead_logos=tuple(marks[name][0] for name in SIX),
    )
    return Sample("wall", sheet, dict(marks.values()), (1, 2))


# Arabic, from right to left

ARABIC = LetterText(
    subject="لا تُغلقوا بيت الأمان",
    addressees=(Addressee("السيّد رئيس البلدية", "بلدية المدينة", ("شارع الميناء ١٢", "المدينة القديمة")),),
    cc=("السيّدة رئيسة مجلس المحافظة",),
    leads=("بيت الأمان", "جمعية النساء معًا", "منتدى اللاجئين"),
    date_line="المدينة القديمة، ٩ آذار ٢٠١٠",
    ask="نطلب أن يبقى البيت مفتوحًا، وأن تُحفظ له ميزانيته ثلاث سنوات.",
    body="""السيّد الرئيس المحترم،

نكتب إليكم باسم جمعيات تعمل كل يوم مع نساء وأطفال لا يجدون مكانًا آخر يذهبون إليه.[^1] في العام الماضي استقبل البيت
مئة وأربع نساء، ووجدت أكثر من نصفهن عملًا وسكنًا قبل نهاية السنة.

## ما الذي نخسره

- بابًا يُفتح في الليل؛
- موظفات يعرفن ما يسمعن؛
- ثقة بُنيت في عشر سنوات ولا تُبنى من جديد في سنة.

> لم أتكلم ثلاثة أسابيع. ثم جاءت من لم تسألني لماذا بقيت.

نحن مستعدون للقائكم في أي وقت يناسبكم، ومعنا اثنتان من النساء اللواتي طلبن منا أن نكتب.

وتفضلوا بقبول فائق الاحترام،

[^1]: بدأ العمل في البيت عام ٢٠٠٠.
""",
    enclosures=("تقرير البيت السنوي",),
    language="ar",
)
ARABIC_NAMES = (
    "بيت الأمان",
    "جمعية النساء معًا",
    "منتدى اللاجئين",
    "مركز الاستشارات القانونية",
    "اتحاد عمّال الفنادق",
    "جمعية الطفولة السعيدة",
    "مؤسسة الجسر للتعليم",
    "نادي القرّاء في المدينة القديمة",
    "رابطة الممرّضات والقابلات",
    "دار الضيافة",
    "Fair Passage",
    "Ελληνική Στέγη Λονδίνου",
    "صندوق المساعدة العاجلة",
    "مبادرة الحيّ الشرقي",
)


def arabic() -> Sample:
    lines = tuple(Line(name, f"نموذج {at}", "مديرة") for at, name in enumerate(ARABIC_NAMES, start=1))
    groups = (Group("جمعيات ومراكز", lines[:9]), Group("مؤسسات ومبادرات", lines[9:]))
    return Sample("arabic", _sheet(ARABIC, groups), {}, (1, 2))


# Many scripts, on US Letter

WORLD = LetterText(
    subject="Pay the people who clean the conference",
    addressees=(
        Addressee(
            "The Secretary General",
            "World Conference on Decent Work",
            ("1 Conference Plaza", "Springfield, IL 62701"),
        ),
        Addressee("The Managing Director", "Plaza Facilities, Inc.", ("12 Canal Street", "Springfield, IL 62702")),
    ),
    cc=("The Mayor of Springfield",),
    leads=("Union of Hotel and Laundry Workers",),
    date_line="March 9, 2010",
    ask="Pay every cleaner, porter and cook at the conference the wage that its own charter asks of others.",
    body="""Dear Secretary General, dear Managing Director,

The charter that will be signed in your hall on the last day says that work has a price below which it may not be
bought. The people who will sweep that hall in the night before are paid less.[^1]

We come from twenty countries and write in as many languages, and in none of them is there a word for this that is
polite. It can be put right with one signature and, by our count, for the price of the flowers.

1. Pay the charter’s own wage from the day on which the building of the stands begins.
2. Print the rate on every worker’s first pay slip, in a language that he or she reads.
3. Name a person to whom a mistake can be told, and answer within the week.

Sincerely,

[^1]: Pay slips of fourteen workers, February 2010. We have shown them to your office.
""",
    enclosures=("The count, on one page",),
    language="en-US",
)
WORLD_NAMES = (
    ("Union of Hotel and Laundry Workers", "Sample Signatory", "President"),
    ("Cymdeithas Tŷ Gobaith Cymru", "Siôn Sampl", "Prif Weithredwr"),
    ("Fundacja Bezpieczny Dom – Łódź w Londynie", "Przykład Żółty", "Prezes Zarządu"),
    ("Ελληνική Στέγη Λονδίνου", "Δείγμα Υπογραφής", "Συντονίστρια"),
    ("بيت الأمان", "نموذج توقيع", "المديرة التنفيذية"),
    ("महिला सहायता केंद्र", "नमूना हस्ताक्षर", "निदेशक"),
    ("Hội Người Việt Đoàn Kết", "Nguyễn Thị Mẫu", "Giám đốc"),
    ("Союз работниц гостиниц", "Образец Подписи", "Председатель"),
    ("Ẹgbẹ́ Àwọn Obìnrin Òṣìṣẹ́", "Àpẹẹrẹ Ọlá", "Akọ̀wé"),
    ("İşçi Kadınlar Dayanışma Derneği", "Örnek İmza", "Başkan"),
    ("Asociación de Limpiadoras Ñandú", "Muestra Ejemplo", "Presidenta"),
    ("Association des femmes de chambre, Québec", "Exemple Spécimen", "Directrice générale"),
    ("Verein für gerechte Löhne Großräschen", "Muster Beispiel", "Geschäftsführerin"),
    ("Sdružení pracujících žen Třebíč", "Vzorová Příkladná", "Předsedkyně"),
    ("Íslensk verkakonusamtök", "Sýnishorn Dæmi", "Formaður"),
    ("Associação das Camareiras de São João", "Exemplo Amostra", "Presidente"),
    ("Спілка покоївок Києва", "Зразок Підпису", "Голова"),
    ("اتحاد عمّال الفنادق", "نموذج ثانٍ", "الأمين العام"),
    ("होटल मज़दूर संघ", "नमूना दूसरा", "महासचिव"),
    ("Ūkio darbuotojų sąjunga Šiauliai", "Pavyzdė Žodienė", "Pirmininkė"),
)


def scripts() -> Sample:
    group = Group("", tuple(Line(*line) for line in WORLD_NAMES))
    sheet = _sheet(WORLD, (group,), paper="letter", signatory_place="beside", letterhead="none")
    return Sample("scripts", sheet, {}, (1, 2))


# Ten thousand names

PARTS = (
    "Abbey Bishop’s Castle East Great Greater Hallow High Inner King’s Little Long Low Lower Market Nether New North "
    "Old Outer Over Queen’s South Upper West"
).split()
PLACES = (
    "Ashcombe Brackenmoor Calderwick Dunholme Eastermoor Fennbridge Garrowby Harrowdale Ilverton Jarrowfield Kelham "
    "Lanternhill Marlwick Northmere Oakhanger Penmarsh Quayside Rivermouth Saltfleet Thornwick Ulverby Vexford "
    "Wychbold Yarnton Zeal"
).split()
KINDS = (
    "Advice Centre,Refugee Forum,Women’s Centre,Night Shelter,Befrienders,Carers’ Association,Youth Theatre,"
    "Allotment Society,Credit Union,Playgroup,Older People’s Welfare Committee,Law Centre,Rowing Club,"
    "Historical Society,Tenants’ and Residents’ Association,Choir"
).split(",")


def ten_thousand(count: int = 10_000) -> Sample:
    names = sorted(f"{PARTS[n // 400]} {PLACES[n % 25]} {KINDS[n // 25 % 16]}" for n in range(count))
    lines = tuple(Line(name, f"Sample Signatory {n}" if n % 3 else "") for n, name in enumerate(names, start=1))
    groups = (Group("National organisations", lines[:40]), Group("Local organisations", lines[40:]))
    text = replace(sample.TEXT, subject="Ten thousand doors, kept open", enclosures=(), cc=())
    return Sample("ten-thousand", _sheet(text, groups, density="compact"), {}, (1, 3))


def _sheet(text: LetterText, groups: tuple[Group, ...], version: int = 1, **settings: object) -> Sheet:
    undersigned = sum(len(group.lines) for group in groups)
    sheet = Sheet(text, fingerprint(text), version, groups, undersigned, 1, "", "2010-03-09T12:00:00Z")
    return replace(sheet, **settings)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
