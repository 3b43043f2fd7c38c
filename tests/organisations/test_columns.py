"""Guessing which column holds what."""

import pytest

from coalition.organisations.spreadsheets import titles
from coalition.organisations.spreadsheets.columns import FIELDS, IGNORED, check, guess
from coalition.organisations.spreadsheets.reading import Unreadable, read_rows


def guessed(text: str, header: bool | None = None) -> list[str]:
    return list(guess(read_rows(text.encode(), header)).values())


@pytest.mark.parametrize(
    "titles, fields",
    [
        (
            "Organisation;Charity No.;Web site;Type;Country;Printed under;Contact;E-mail address;Job title;Comments",
            FIELDS,
        ),
        ("Enw'r sefydliad;Rhif elusen;Gwefan;Math;Gwlad;Grŵp;Cyswllt;Cyfeiriad e-bost;Swydd;Nodiadau", FIELDS),
        ("Nom de l’association;N° RNA;Site web;Catégorie;Pays;Groupe;Contact;Courriel;Fonction;Remarques", FIELDS),
        ("Organización;CIF;Página web;Tipo;País;Grupo;Persona de contacto;Correo electrónico;Cargo;Notas", FIELDS),
        (
            "Verein;Registernummer;Webseite;Art;Land;Gruppe;Ansprechpartner/in;E-Mail-Adresse;Funktion;Bemerkungen",
            FIELDS,
        ),
        (
            "Enw’r corff;Rhif yr elusen gofrestredig;Cyfeiriad y wefan;Math o fudiad;Gwlad;Pennawd;Prif gyswllt;E-byst;"
            "Teitl swydd;Sylwadau",
            FIELDS,
        ),
        (
            "Raison sociale;N° d’enregistrement;Adresse web;Statut juridique;Pays;Liste;Nom et prénom;Adresse mail;"
            "Qualité;Observations",
            FIELDS,
        ),
        (
            "Razón social;Nº de registro;Sitio web;Tipo de entidad;País;Apartado;Nombre y apellidos;Correo-e;Puesto;"
            "Comentarios",
            FIELDS,
        ),
        (
            "Name des Vereins;Vereinsregister-Nr.;Internetauftritt;Rechtsform;Staat;Überschrift;Ansprechperson(en);"
            "E-Mail(s);Position;Hinweise",
            FIELDS,
        ),
        ("Nom;Nº SIRET;Contact(s);Adresses e-mail", ("name", "register_id", "contact_name", "email")),
        ("Firma;HRB-Nr.;Vor- und Nachname;Mailadressen", ("name", "register_id", "contact_name", "email")),
        ("Asociación;CIF/NIF;Nombres;Apellidos", ("name", "register_id", "contact_name", "contact_name")),
        ("name;town;EMAIL ADDRESS;telephone", ("name", "", "email", "")),
        ("Charity;First name;Surname;Email;Email 2", ("name", "contact_name", "contact_name", "email", "email")),
        ("Name;Organisation name", ("name", "")),  # a field is used once
    ],
)
def test_titles_tell(titles, fields):
    assert guessed(f"{titles}\n" + ";".join("x" for _ in fields), header=True) == list(fields)


def test_cells_tell_where_there_are_no_titles():
    text = "info@a.example;Mind;219830;www.mind.example;rang twice\ninfo@b.example;Scope;208231;scope.example;\n"
    assert guessed(text) == ["email", "name", "register_id", "website", IGNORED]


def test_a_plain_list_is_names():
    assert guessed("Mind\nScope\n") == ["name"]


def test_telephone_numbers_and_years_are_no_register_numbers():
    text = "Mind;020 7946 0000;1946;grant 123456 paid\nScope;020 7946 0001;1952;grant 123457 due\n"
    assert guessed(text) == ["name", IGNORED, IGNORED, IGNORED]


def test_a_mapping_without_a_name_or_with_two_is_refused_in_words():
    with pytest.raises(Unreadable, match="Choose the column"):
        check({0: "email"})
    with pytest.raises(Unreadable, match="Two columns are set to “register id”"):
        check({0: "name", 1: "register_id", 2: "register_id"})
    with pytest.raises(Unreadable, match="no field “colour”"):
        check({0: "name", 1: "colour"})
    assert check({0: "name", 1: "email", 2: "email", 3: IGNORED})


def test_every_title_we_know_is_written_so_that_it_is_met_and_means_one_thing():
    known = [(" ".join(title.split()), field) for field, all in titles._TITLES.items() for title in all.split(",")]
    assert [title for title, field in known if titles.field_of(title) != field] == []
