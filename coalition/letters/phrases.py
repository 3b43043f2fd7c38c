"""What a letter's page says of itself, in the letter's language: who signs, what is enclosed, which page it is."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_RIGHT_TO_LEFT: Final = {"ar", "fa", "he", "ur"}


@dataclass(frozen=True)
class Phrases:
    """Numbers go into `{}`."""

    one: str
    many: str
    enclosure: str
    enclosures: str
    copy: str
    copies: str
    logo: str
    page: str
    version: str
    unopened: str
    printings: tuple[str, ...]  # the first, the second ...
    printing: str  # any other
    comma: str = ", "
    thousands: str = ","
    direction: str = "ltr"

    def number(self, number: int) -> str:
        return f"{number:,}".replace(",", self.thousands)

    def undersigned(self, count: int) -> str:
        return self.one if count == 1 else self.many.format(self.number(count))

    def edition(self, version: int, printing: int) -> str:
        """Version and printing; 0 where there is none yet."""
        words = self.version.format(version) if version else self.unopened
        if not printing:
            return words
        known = printing <= len(self.printings)
        return words + self.comma + (self.printings[printing - 1] if known else self.printing.format(printing))


_ENGLISH: Final = Phrases(
    one="The undersigned organisation",
    many="We, the undersigned {} organisations",
    enclosure="Enclosure",
    enclosures="Enclosures",
    copy="Copy to",
    copies="Copies to",
    logo="Logo of {}",
    page="Page {} of {}",
    version="Version {}",
    unopened="Not yet opened for endorsement",
    printings=tuple(
        f"{word} printing"
        for word in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    ),
    printing="printing {}",
)
_AMERICAN: Final = Phrases(
    **{**vars(_ENGLISH), "one": "The undersigned organization", "many": "We, the undersigned {} organizations"}
)
_WELSH: Final = Phrases(
    one="Y sefydliad sydd wedi llofnodi isod",
    many="Ni, y {} sefydliad sydd wedi llofnodi isod",
    enclosure="Amgaeir",
    enclosures="Amgaeir",
    copy="Copi at",
    copies="Copïau at",
    logo="Logo {}",
    page="Tudalen {} o {}",
    version="Fersiwn {}",
    unopened="Heb ei agor i’w gefnogi eto",
    printings=("argraffiad cyntaf", "ail argraffiad", "trydydd argraffiad"),
    printing="argraffiad {}",
)
_FRENCH: Final = Phrases(
    one="L’organisation soussignée",
    many="Nous, les {} organisations soussignées",
    enclosure="Pièce jointe",
    enclosures="Pièces jointes",
    copy="Copie à",
    copies="Copies à",
    logo="Logo : {}",
    page="Page {} sur {}",
    version="Version {}",
    unopened="Pas encore ouverte à la signature",
    printings=("premier tirage", "deuxième tirage", "troisième tirage"),
    printing="tirage {}",
    thousands="\u202f",
)
_GERMAN: Final = Phrases(
    one="Die unterzeichnende Organisation",
    many="Wir, die {} unterzeichnenden Organisationen",
    enclosure="Anlage",
    enclosures="Anlagen",
    copy="Kopie an",
    copies="Kopien an",
    logo="Logo: {}",
    page="Seite {} von {}",
    version="Fassung {}",
    unopened="Noch nicht zur Unterzeichnung freigegeben",
    printings=("erster Druck", "zweiter Druck", "dritter Druck"),
    printing="Druck {}",
    thousands=".",
)
_SPANISH: Final = Phrases(
    one="La organización abajo firmante",
    many="Nosotras, las {} organizaciones abajo firmantes",
    enclosure="Anexo",
    enclosures="Anexos",
    copy="Copia a",
    copies="Copias a",
    logo="Logotipo de {}",
    page="Página {} de {}",
    version="Versión {}",
    unopened="Todavía no abierta a la firma",
    printings=("primera impresión", "segunda impresión", "tercera impresión"),
    printing="impresión {}",
    thousands="\u202f",
)
_ARABIC: Final = Phrases(
    one="المنظمة الموقّعة أدناه",
    many="نحن المنظمات الموقّعة أدناه، وعددها {}",
    enclosure="المرفقات",
    enclosures="المرفقات",
    copy="نسخة إلى",
    copies="نسخة إلى",
    logo="شعار {}",
    page="صفحة {} من {}",
    version="الإصدار {}",
    unopened="لم تُفتح للتوقيع بعد",
    printings=("الطبعة الأولى", "الطبعة الثانية", "الطبعة الثالثة"),
    printing="الطبعة {}",
    comma="، ",
    direction="rtl",
)
_KNOWN: Final = {
    "en": _ENGLISH,
    "en-us": _AMERICAN,
    "cy": _WELSH,
    "fr": _FRENCH,
    "de": _GERMAN,
    "es": _SPANISH,
    "ar": _ARABIC,
}


@lru_cache(maxsize=64)
def phrases(language: str) -> Phrases:
    """Those of a language tag; English where we know none, in the direction of that language's script."""
    tag = language.lower()
    main = tag.partition("-")[0]
    known = _KNOWN.get(tag) or _KNOWN.get(main)
    return known or Phrases(**{**vars(_ENGLISH), "direction": "rtl" if main in _RIGHT_TO_LEFT else "ltr"})
