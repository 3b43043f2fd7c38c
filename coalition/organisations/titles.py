"""What spreadsheets call their columns, in English, Welsh, French, Spanish and German."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal, get_args

Field = Literal[
    "name", "register_id", "website", "kind", "country", "group", "contact_name", "email", "contact_role", "notes"
]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)

# Written as _plain() leaves them: no accents, no punctuation, no numbers, "organisation" with s, "email" in one word.
_TITLES: Final[dict[Field, str]] = {
    "name": """
        name, names, organisation, organisations, organisation name, organisations name, name of
        organisation, name of the organisation, name of your organisation, organisation name as printed,
        name as printed, display name, charity, charities, charity name, name of charity, charity
        organisation, charity or organisation, company, company name, institution, association, association
        name, agency, agency name, group name, name of group, union, union name, member organisation, member
        name, signatory organisation, supporting organisation, enw, enw r sefydliad, enw sefydliad, enw r
        elusen, enw r mudiad, sefydliad, mudiad, elusen, nom, nom de l organisation, nom de l association,
        nom de la structure, structure, nombre, nombre de la organizacion, organizacion, entidad, nombre de
        la entidad, asociacion, name der organisation, verein, vereinsname, einrichtung, verband,
        institution name, nazwa, organizacja""",
    "register_id": """
        charity no, charity nos, charity number, charity num, charity id, charity reg no, charity reg
        number, charity registration, charity registration no, charity registration number, charity
        commission number, reg charity no, reg charity number, registered charity no, registered charity
        number, registered charity, registered no, registered number, registration no, registration number,
        registration, reg no, reg number, register number, register no, register id, charity company no,
        charity company number, org id, orgid, organisation id, organisation number, company no, company
        number, company reg no, company registration number, companies house number, cc no, rhif elusen,
        rhif yr elusen, rhif elusen gofrestredig, rhif cofrestru, rna, no rna, n rna, numero rna, siren,
        siret, n siren, n siret, numero siren, numero d enregistrement, numero de registro, registro, cif,
        nif, vereinsregister, vereinsregisternummer, registernummer, vr nr""",
    "website": """
        website, web site, website address, website url, web address, webpage, web page, home page,
        homepage, url, web, www, link, gwefan, site, site web, site internet, sitio web, pagina web, web
        pagina, webseite, internetseite""",
    "kind": """
        kind, kind of organisation, type, type of organisation, organisation type, organisation kind,
        sector, category, kind of body, math, math o sefydliad, type d organisation, categorie, tipo, tipo
        de organizacion, art, art der organisation, typ, organisationsart""",
    "country": "country, nation, country of registration, gwlad, pays, pais, land, kraj",
    "group": """
        group, print group, printed group, printed under, list under, heading, list, section, grwp, groupe,
        grupo, gruppe, rubrique""",
    "contact_name": """
        contact, contacts, contact name, name of contact, contact person, main contact, main contact name,
        primary contact, key contact, second contact, other contact, contact full name, full name, your
        name, first name, first names, forename, given name, last name, surname, family name, person,
        signatory, signatory name, name of signatory, chief executive, director, cyswllt, enw cyswllt, enw r
        cyswllt, prenom, nom du contact, personne a contacter, personne de contact, contacto, persona de
        contacto, nombre del contacto, ansprechpartner, ansprechpartner in, ansprechpartnerin,
        ansprechperson, kontakt, kontaktperson, vorname, nachname""",
    "email": """
        email, emails, mail, email address, email addresses, mail address, contact email, contact email
        address, contacts email, main email, main contact email, primary email, second email, other email,
        work email, second contact email, your email, contact details, ebost, e bost, cyfeiriad ebost,
        cyfeiriad e bost, courriel, adresse email, adresse mail, adresse electronique, adresse courriel,
        mel, correo, correo electronico, direccion de correo, direccion de correo electronico, email
        adresse, emailadresse, mailadresse, mail adresse""",
    "contact_role": """
        role, role of contact, contact role, job, job title, jobtitle, contact job title, contact title,
        position, post, title, role in organisation, position in organisation, signatory role, swydd, rol,
        fonction, poste, titre, cargo, puesto, funktion, rolle""",
    "notes": """
        note, notes, comment, comments, remarks, notes comments, notes and comments, status, reply,
        nodiadau, sylwadau, remarques, commentaires, notas, observaciones, comentarios, bemerkung,
        bemerkungen, anmerkungen, notizen""",
}
_FIELD_OF: Final = {" ".join(title.split()): field for field, titles in _TITLES.items() for title in titles.split(",")}


@lru_cache(maxsize=5_000)
def field_of(title: str) -> Field | None:
    """The field a column of this title is for, or None when the title says nothing we know."""
    return _FIELD_OF.get(_plain(title)) if len(title) <= 60 else None


def _plain(title: str) -> str:
    """As the titles above are written: "E-mail address (2)" is "email address"."""
    letters = unicodedata.normalize("NFKD", title.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = " ".join(re.sub(r"[\W_0-9]+", " ", letters).split())
    return words.replace("e mail", "email").replace("organization", "organisation")
