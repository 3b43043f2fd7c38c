"""Names, addresses and register numbers, made fit for sorting and comparing."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.organisations.names import check_email, domain, email_key, name_key, register_id, sort_key, website

ANY_TEXT = st.text(st.characters(), max_size=80)  # with lone surrogates, controls and every script


def in_order(*names: str, language: str = "en") -> bool:
    return sorted(names, key=lambda name: sort_key(name, language)) == list(names)


def test_a_name_with_the_is_sorted_without_it():
    assert in_order("NSPCC", "The Poppy Project", "Refuge")


def test_only_the_is_an_article_in_an_english_letter():
    assert in_order("A Rocha", "Anti-Slavery International", "Y Groes Goch")


@pytest.mark.parametrize(
    "language, names",
    [
        ("cy", ("Eisteddfod", "Y Groes Goch", "Yr Hafan", "Iaith")),
        ("fr", ("L’Arche", "La Cimade", "Les Dahlias", "Le Refuge")),
        ("es", ("El Albergue", "La Casa", "Los Derechos")),
        ("de", ("Die Brücke", "Der Paritätische", "Das Zelt")),
    ],
)
def test_each_language_ignores_its_own_articles(language, names):
    assert in_order(*names, language=language)


def test_case_accents_and_apostrophes_do_not_change_the_order():
    assert in_order("Élan", "ELBA", "Łódź Fund", "Lumos", "St Mungo’s", "St Mungos Broadway", "St. Nicolas")


def test_a_name_that_is_only_an_article_keeps_it():
    assert sort_key("The").startswith("the\t")


@given(ANY_TEXT, ANY_TEXT)
def test_two_different_names_are_never_equal_in_order_unless_they_look_the_same(one, other):
    if sort_key(one) == sort_key(other):
        assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    "spelling",
    [
        "The Women's Aid & Refuge Trust",
        "Women’s Aid and Refuge Trust Ltd",
        "WOMEN‘S AID AND REFUGE TRUST LIMITED",
        "Womenʼs  Aid and Refuge  Trust (CIO)",
        "Women´s Aid + Refuge Trust",
        "Women`s Aid and Refuge Trust, The",
        "Women′s Aid and Refuge Trust C.I.O.",
        "Women＇s Aid–and–Refuge Trust plc",
        "\u200fWomens Aid and Refuge\u00a0Trust\u200e",
    ],
)
def test_spellings_of_one_name_have_one_key(spelling):
    assert name_key(spelling) == "womens aid and refuge trust"


@pytest.mark.parametrize(
    "form",
    """Ltd|Ltd.|Limited|plc|PLC|CIC|C.I.C.|CIO|SCIO|LLP|Inc.|Cyf|Cyf.|Cyfyngedig|CBC|CLG|gGmbH|GmbH|gUG|e.V.|e. V.|eV|eG
    |asbl|ASBL|A.S.B.L.|AISBL|SARL|S.A.R.L.|SAS|S.L.|SL|S.A.|SLU|(Ltd)|, Inc.|Community Interest Company|Limited CIO
    |Cwmni Buddiannau Cymunedol|Eingetragener Verein|UG (haftungsbeschränkt)""".replace("\n    ", "").split("|"),
)
def test_a_legal_form_at_the_end_makes_no_other_organisation(form):
    assert name_key(f"Sample Forum {form}") == "sample forum"
    assert name_key(form)  # alone it is a name


@pytest.mark.parametrize(
    "one, other",
    [
        ("Amnesty International", "Amnesty International UK"),
        ("Age UK", "Age Cymru"),
        ("Mind", "Mind in Bexley"),
        ("किताब", "कुताब"),  # vowel signs are letters, not accents
        ("Limited", "Unlimited"),
    ],
)
def test_different_organisations_have_different_keys(one, other):
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("N.S.P.C.C.", "NSPCC"),
        ("Tŷ Gobaith", "Ty Gobaith"),
        ("Stowarzyszenie Pomoc Uchodźcom", "STOWARZYSZENIE POMOC UCHODZCOM"),
        ("Άσυλο για Όλους", "ΑΣΥΛΟ ΓΙΑ ΟΛΟΥΣ"),
        ("جَمْعِيَّة مساعدة", "جمعيه مساعده"),
        ("Cafe\u0301 Art", "Café Art"),
    ],
)
def test_accents_points_and_initials_do_not_matter_in_any_script(one, other):
    assert name_key(one) == name_key(other)


@given(ANY_TEXT)
def test_a_name_that_shows_anything_has_a_key(name):
    assert bool(name_key(name)) >= any(letter.isalnum() for letter in name)


def test_the_key_of_an_address_ignores_case_and_writes_the_domain_in_ascii():
    assert email_key(" Info@BÜCHER.example ") == "info@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed, address",
    [
        ("info@charity.example", "info@charity.example"),
        ("  Jo.Bloggs+letters@Charity.EXAMPLE\u00a0", "Jo.Bloggs+letters@charity.example"),
        ("<info@charity.example>", "info@charity.example"),
        ("mailto:info@charity.example", "info@charity.example"),
        ("info\u200b@bücher.example", "info@xn--bcher-kva.example"),
        ("o'neill@charity.example", "o'neill@charity.example"),
    ],
)
def test_a_good_address_is_tidied(typed, address):
    assert check_email(typed) == address


@pytest.mark.parametrize(
    "typed, says",
    [
        ("", "no e-mail address"),
        ("info", "no @"),
        ("@charity.example", "missing before"),
        ("info@", "missing after"),
        ("info@charity", "no dot"),
        ("press office@charity.example", "a space"),
        ("info@charity.example\r\nBcc: x@y.example", "invisible character"),
        ("a@x.example, b@x.example", "several"),
        ("a@x.example; b@x.example", "several"),
        ("a@@x.example", "several"),
        ("a..b@x.example", "in a place where it cannot be"),
        ('"a b"@x.example', "a space"),
        ("büro@x.example", "most mail servers"),
        ("a@-x.example", "mail domain"),
        ("a@x..example", "mail domain"),
        ("a@10.0.0.1", "mail domain"),
        ("a@x_y.example", "mail domain"),
        ("a" * 65 + "@x.example", "too long"),
        ("a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 20 + ".example", "too long"),
    ],
)
def test_a_broken_address_is_refused_with_a_sentence(typed, says):
    with pytest.raises(ValueError, match=says):
        check_email(typed)


@given(ANY_TEXT | st.emails())
def test_an_address_that_passes_is_plain_ascii_and_passes_again(text):
    try:
        address = check_email(text)
    except ValueError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    assert len(address) <= 254
    assert check_email(address) == address


@pytest.mark.parametrize(
    "written, host",
    [
        ("https://www.charity.example/about?x=a@b", "charity.example"),
        ("WWW.Charity.Example.", "charity.example"),
        ("info@charity.example", "charity.example"),
        ("see www.charity.example", "charity.example"),
        ("http://u:p@charity.example:8080/", "charity.example"),
        ("someone@gmail.com", ""),
        ("someone@btinternet.com", ""),
        ("https://www.facebook.com/charity", ""),
        ("http://[::1", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_the_domain_tells_organisations_apart_and_mail_providers_do_not(written, host):
    assert domain(written) == host


def test_a_website_is_completed_and_a_script_is_refused():
    assert website("www.charity.example/a") == "https://www.charity.example/a"
    for wrong in (
        "javascript:alert(1)",
        "ftp://charity.example",
        "charity",
        "https://a b.example",
        "http://[::1",
        "https://me:pw@charity.example",
    ):
        with pytest.raises(ValueError, match="not the address of a website"):
            website(wrong)


@pytest.mark.parametrize(
    "written, org_id",
    [
        ("GB-CHC-202918", "GB-CHC-202918"),
        ("gb–chc–202918", "GB-CHC-202918"),
        ("202918", "GB-CHC-202918"),
        ("1,078,770", "GB-CHC-1078770"),
        ("1049160.0", "GB-CHC-1049160"),
        ("Reg. charity no. 216401 and SC037717", "GB-CHC-216401"),
        ("SC037717", "GB-SC-SC037717"),
        ("sc 37717", "GB-SC-SC037717"),
        ("NIC100123", "GB-NIC-100123"),
        ("NI100123", "GB-NIC-100123"),
        ("NI012345", "GB-COH-NI012345"),
        ("01234567", "GB-COH-01234567"),
        ("Company no. 1234567", "GB-COH-01234567"),
        ("US-EIN-12-3456789", "US-EIN-12-3456789"),
    ],
)
def test_a_register_number_becomes_an_org_id(written, org_id):
    assert register_id(written) == org_id


def test_a_column_of_company_numbers_gets_its_noughts_back():
    assert register_id("1234567", "GB-COH") == "GB-COH-01234567"
    assert register_id("SC123456", "GB-COH") == "GB-COH-SC123456"


@pytest.mark.parametrize(
    "written", ["", "tbc", "12", "exempt", "020 7946 0000", "GB-CHC-12", "ANTI-SLAVERY-INTERNATIONAL"]
)
def test_what_is_no_register_number_is_refused(written):
    with pytest.raises(ValueError, match="number"):
        register_id(written)


@given(ANY_TEXT)
def test_no_text_breaks_any_of_them(text):
    for key in (sort_key, name_key, email_key, domain):
        assert isinstance(key(text), str)
    for check in (check_email, register_id, website):
        with suppress(ValueError):
            assert check(text)


PLAIN = st.from_regex(r"[a-z0-9.-]{1,45}\.[a-z]{1,22}", fullmatch=True)


@given(st.from_regex(r"[A-Za-z0-9_+.-]{1,35}", fullmatch=True), PLAIN)
def test_a_plain_address_is_read_the_short_way_as_it_would_be_the_long_way(local, host):
    for address in (f"{local}@{host}", f"https://{host}", f"http://www.{host}/{local}", f"https://www.{host[-3:]}"):
        assert domain(address) == domain(f" {address}")
        assert email_key(address) == email_key(f" {address}")
        for check in (check_email, website):
            assert outcome(check, address) == outcome(check, f" {address}")


@given(st.from_regex(r"[A-Za-z0-9 ]{1,30}", fullmatch=True), st.from_regex(r"[0-9]{4,8}", fullmatch=True))
def test_a_plain_name_and_number_are_read_the_short_way_as_they_would_be_the_long_way(name, number):
    if name.strip():
        assert name_key(name) == name_key(f"{name}!")
    assert outcome(register_id, number) == outcome(register_id, f"{number} ")


def outcome(check, text):
    try:
        return check(text).strip()
    except ValueError as wrong:
        return str(wrong).replace("“ ", "“")
