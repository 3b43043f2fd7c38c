"""Sheets for the tests of printings: a letter in our own words after the case of 2009, under any number of names."""

from dataclasses import replace

from coalition.endorsements.undersigned import Group, Line
from coalition.letters.text import Addressee, LetterText, fingerprint
from coalition.printings.press.layout import Sheet

LETTER = LetterText(
    subject="Keep the Metropolitan Police’s human trafficking unit",
    addressees=(
        Addressee(
            "Sir Paul Stephenson",
            "Commissioner of Police of the Metropolis",
            ("New Scotland Yard", "Broadway", "London SW1H 0BG"),
            "commissioner@met.example",
        ),
    ),
    cc=("Chair of the Metropolitan Police Authority",),
    leads=("Amnesty International UK", "NSPCC", "ECPAT UK"),
    date_line="London, 20 October 2009",
    ask="We ask you to keep the unit, with its own officers and budget.",
    body=(
        "Dear Sir Paul,\n\nWe write as organisations that meet the people brought to London to be sold.[^1]\n\n"
        "# What would be lost\n\n- officers who know what they hear;\n- *one* telephone number.\n\n"
        "> She asked the right question first.\n\nMore is at [our page](https://letters.example/unit).\n\n"
        "Yours sincerely,\n\n[^1]: Since 2007.\n"
    ),
    enclosures=("Briefing",),
)

NAMES = (
    Line("Amnesty International UK", "Kate Allen", "Director"),
    Line("Cymorth i Fenywod Cymru, Tŷ’r Ŵyl", "Paula Hardy", "Prif Weithredwr"),
    Line("Fundacja La Strada, Łódź", "Agnieszka Żółkiewska", "Prezes Zarządu"),
    Line("Ελληνικό Συμβούλιο για τους Πρόσφυγες", "Γιώργος Παπαδόπουλος", "Πρόεδρος"),
    Line("Союз женщин Москвы", "Ольга Петрова", "Председатель"),
    Line("Tổ chức Di cư Việt Nam", "Nguyễn Thị Hương", "Giám đốc"),
    Line("منظمة العفو الدولية", "ليلى حسن", "المديرة التنفيذية"),
    Line("महिला सहायता केंद्र", "सुनीता शर्मा", "निदेशक"),
    Line("Ẹgbẹ́ Àwọn Obìnrin", "Adé Ọlá"),
    Line("Ẹyẹ Ilu", "Ade Ẹwa"),
    Line("Barnardo’s"),
)


def sheet(*groups: Group, text: LetterText = LETTER, watermark: str = "") -> Sheet:
    return Sheet(
        text=text,
        fingerprint=fingerprint(text),
        version=1,
        groups=groups,
        undersigned=sum(len(group.lines) for group in groups),
        printing=0 if watermark else 1,
        watermark=watermark,
        made_at="2009-10-26T09:00:00Z",
    )


def numbered(count: int) -> Group:
    return Group("National charities", tuple(Line(f"Charity {n:05} of London", f"Person {n:05}") for n in range(count)))


def with_subject(subject: str) -> Sheet:
    return sheet(numbered(2), text=replace(LETTER, subject=subject))
