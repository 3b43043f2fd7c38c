"""The order in which names are printed, in the letter's language."""

import random
from itertools import pairwise

import pytest

from coalition.organisations.alphabet import alphabetical


@pytest.mark.parametrize(
    "language, names",
    [
        # Articles, accents, apostrophes, initials, "&" and case make no difference; numbers go by size.
        ("en-GB", "38 Degrees|100 Voices|A Rocha|Åland Aid|Amnesty|ECPAT|E.C.P.A.T. UK|The Kiln|‘Kilt’ Trust|Oban"),
        ("en-GB", "Group 9|Group 10|Oban|O’Brien|Oczak|Ötzi|Shelter Wales|Shelters|Zebra"),
        ("en-GB", "Hope and Aid|Hope & Bread|Hope and Care"),
        # Words of one name stay together: one under the other, never "New" scattered among "Newark".
        ("en-GB", "New Hope|New York|Newark"),
        ("cy", "Cza|Chwarae|Dza|Ddraig|Y Lolfa|Lza|Llandudno|Yr Urdd"),
        ("sv", "Aland|Zebra|Åland|Änglar|Östra"),
        ("es", "La Nube|Nzona|Ñandú|El Ñu|Oviedo"),
        ("pl", "Lato|Lzb|Łódź|Mama|Zebra|Źrebię|Żaba"),
        ("fr", "Les Amis|Arbre|L’Arche|Etage|l'Étoile"),
        ("de", "Die Arche|Der Bund|Öhm|Ohne"),
        ("ar", "الأمل|بيت|التضامن|مُنظمة ا|منظمة ب"),
    ],
)
def test_names_stand_in_the_alphabet_of_the_letters_language(language: str, names: str) -> None:
    wanted = names.split("|")
    shuffled = random.Random(1).sample(wanted, len(wanted))  # noqa: S311
    assert sorted(shuffled, key=lambda name: alphabetical(name, language)) == wanted


@pytest.mark.parametrize("language", ["", "xx", "en-GB", "not a language"])
def test_any_two_names_have_one_order_in_any_language(language: str) -> None:
    names = ["", " ", "The", "’", "۩", "😀", "\u200d", "e\u0301", "é", "É", "Hope", "hope", "The Hope", "ال"]
    keys = sorted({alphabetical(name, language) for name in names})
    assert len(keys) == len(names) - 1  # the two ways to write é are one name
    assert all(one < other for one, other in pairwise(keys))
