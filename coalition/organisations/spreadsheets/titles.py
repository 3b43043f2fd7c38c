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
        organisation, charity or organisation, company, company name, institution, association,
        association name, agency, agency name, group name, name of group, union, union name, member
        organisation, member name, signatory organisation, supporting organisation, enw, enw r
        sefydliad, enw sefydliad, enw r elusen, enw r mudiad, sefydliad, mudiad, elusen, nom, nom de l
        organisation, nom de l association, nom de la structure, structure, nombre, nombre de la
        organizacion, organizacion, entidad, nombre de la entidad, asociacion, name der organisation,
        verein, vereinsname, einrichtung, verband, institution name, nazwa, organizacja, enwau, enw r
        corff, enw r grwp, enw r cwmni, enw r undeb, enw mudiad, enw elusen, sefydliadau, elusennau,
        mudiadau, corff, organisme, organismes, nom de l organisme, nom de la fondation, nom du
        syndicat, association s, associations, organisations signataires, organisation signataire,
        raison sociale, denomination, denomination sociale, intitule, nom de l asbl, asbl, fondation,
        syndicat, nombre de la organizacion, organizacion, organizaciones, nombre de la
        asociacion, asociaciones, nombre de la fundacion, fundacion, entidades, ong, nombre de la ong,
        razon social, organizacion firmante, entidad firmante, sindicato, organisationen, vereine, name
        des vereins, name des verbandes, name der einrichtung, name der stiftung, stiftung, verbande,
        traeger, trager, initiative, bundnis, korperschaft, gewerkschaft, name der gewerkschaft,
        unterzeichnende organisation, bezeichnung, firma, mitgliedsorganisation, organisationsname""",
    "register_id": """
        charity no, charity nos, charity number, charity num, charity id, charity reg no, charity reg
        number, charity registration, charity registration no, charity registration number, charity
        commission number, reg charity no, reg charity number, registered charity no, registered charity
        number, registered charity, registered no, registered number, registration no, registration
        number, registration, reg no, reg number, register number, register no, register id, charity
        company no, charity company number, org id, orgid, organisation id, organisation number, company
        no, company number, company reg no, company registration number, companies house number, cc no,
        rhif elusen, rhif yr elusen, rhif elusen gofrestredig, rhif cofrestru, rna, no rna, n rna,
        numero rna, siren, siret, n siren, n siret, numero siren, numero d enregistrement, numero de
        registro, registro, cif, nif, vereinsregister, vereinsregisternummer, registernummer, vr nr,
        rhifau elusen, rhif elusen cofrestredig, rhif cofrestredig, rhif yr elusen gofrestredig, rhif
        cwmni, rhif y cwmni, rhif cofrestru elusen, rhif y comisiwn elusennau, numero d association,
        numero association, no association, n association, numero d inscription, no d inscription, n d
        inscription, no d enregistrement, n d enregistrement, no siren, no siret, numero siret, no bce,
        n bce, numero bce, bce, numero d entreprise, no d entreprise, n d entreprise, n waldec, waldec,
        no d agrement, n d agrement, code rna, identifiant rna, rcs, no rcs, n de registro, no de
        registro, num de registro, n registro, no registro, num registro, nro de registro, nro registro,
        numero de inscripcion, n de inscripcion, no de inscripcion, registro de asociaciones, numero de
        registro de asociaciones, n de asociacion, no de asociacion, n asociacion, cif nif, nif cif, no
        cif, n cif, numero cif, no nif, n nif, register nr, registernr, registrierungsnummer,
        registrierungs nr, vr, vr nummer, vereinsregister nr, vereinsregister nummer, vereinsregisternr,
        vereins nr, vereinsnummer, hrb, hrb nr, handelsregisternummer, handelsregister nr,
        handelsregister, registereintrag, reg nr, stiftungsregister, lobbyregister, lobbyregisternummer,
        charity nr, registration nr, company nr, charity reg, sc number, oscr number, oscr no, charity
        commission no, registered company number""",
    "website": """
        website, web site, website address, website url, web address, webpage, web page, home page,
        homepage, url, web, www, link, gwefan, site, site web, site internet, sitio web, pagina web, web
        pagina, webseite, internetseite, websites, gwefannau, cyfeiriad gwefan, cyfeiriad y wefan,
        tudalen we, safle we, dolen, sites, sites web, adresse web, adresse du site, adresse internet,
        page web, lien, url du site, sitio, sitios web, web oficial, paginas web, direccion web, enlace,
        pagina, website adresse, webadresse, internet, internetadresse, internetauftritt, webauftritt,
        webprasenz, webseiten, netzseite""",
    "kind": """
        kind, kind of organisation, type, type of organisation, organisation type, organisation kind,
        sector, category, kind of body, math, math o sefydliad, type d organisation, categorie, tipo,
        tipo de organizacion, art, art der organisation, typ, organisationsart, math o gorff, math o
        fudiad, categori, mathau, types, type de structure, nature, statut, statut juridique,
        secteur, categorie d organisation, tipos, tipo de entidad, tipo de asociacion, clase, categoria,
        sector social, kategorie, typen, art des verbandes, rechtsform, bereich, organisationstyp""",
    "country": """
        country, nation, country of registration, gwlad, pays, pais, land, kraj, gwledydd, cenedl, pays
        d origine, pays d enregistrement, pais de registro, paises, staat, herkunftsland, sitzland,
        registration country""",
    "group": """
        group, print group, printed group, printed under, list under, heading, list, section, grwp,
        groupe, grupo, gruppe, rubrique, grwpiau, pennawd, adran, rhestr, groupes, groupe d impression,
        liste, titre de section, grupos, seccion, lista, apartado, gruppen, abschnitt, rubrik,
        uberschrift""",
    "contact_name": """
        contact, contacts, contact name, name of contact, contact person, main contact, main contact
        name, primary contact, key contact, second contact, other contact, contact full name, full name,
        your name, first name, first names, forename, given name, last name, surname, family name,
        person, signatory, signatory name, name of signatory, chief executive, director, cyswllt, enw
        cyswllt, enw r cyswllt, prenom, nom du contact, personne a contacter, personne de contact,
        contacto, persona de contacto, nombre del contacto, ansprechpartner, ansprechpartner in,
        ansprechpartnerin, ansprechperson, kontakt, kontaktperson, vorname, nachname, cysylltiadau, prif
        gyswllt, person cyswllt, enw y cyswllt, enw r person cyswllt, enw cyntaf, cyfenw, enw llawn,
        prif weithredwr, nom contact, nom du correspondant, correspondant, correspondante, referent,
        referente, interlocuteur, interlocutrice, prenoms, nom de famille, nom prenom, nom et prenom,
        prenom nom, prenom et nom, personne contact, responsable, signataire, nom du signataire,
        president, presidente, directeur, directrice, contactos, nombre contacto, persona contacto,
        nombres, nombre completo, nombre y apellidos, apellidos, apellido, nombre de la persona de contacto,
        responsable de contacto, firmante, directora, presidenta, kontakte, kontaktname, name kontakt,
        name der kontaktperson, ansprechperson en, ansprechpartnerinnen, ansprechpartner innen,
        ansprechpersonen, familienname, zuname, vor und nachname, vollstandiger name, unterzeichner,
        unterzeichnerin, vorstand, geschaftsfuhrung, geschaftsfuhrer, geschaftsfuhrerin, vorsitzende,
        vorsitzender""",
    "email": """
        email, emails, mail, email address, email addresses, mail address, contact email, contact email
        address, contacts email, main email, main contact email, primary email, second email, other
        email, work email, second contact email, your email, contact details, ebost, e bost, cyfeiriad
        ebost, cyfeiriad e bost, courriel, adresse email, adresse mail, adresse electronique, adresse
        courriel, mel, correo, correo electronico, direccion de correo, direccion de correo electronico,
        email adresse, emailadresse, mailadresse, mail adresse, ebyst, e byst, ebost cyswllt,
        cyfeiriadau ebost, cyfeiriad e byst, ebost y cyswllt, cyfeiriad post electronig, post
        electronig, courriels, courrier electronique, emel, mels, mails, mail du contact, email du
        contact, courriel du contact, adresses email, adresses mail, adresses electroniques, adresse de
        courriel, adresse de messagerie, adresse de courrier electronique, correos, correos
        electronicos, correo de contacto, email de contacto, correo electronico de contacto, direccion
        email, direccion de email, direccion electronica, direccion correo electronico, correo e, correo
        email, email kontakt, kontakt email, email adressen, emailadressen, mailadressen, elektronische
        post, kontaktmail""",
    "contact_role": """
        role, role of contact, contact role, job, job title, jobtitle, contact job title, contact title,
        position, post, title, role in organisation, position in organisation, signatory role, swydd,
        rol, fonction, poste, titre, cargo, puesto, funktion, rolle, rolau, rol y cyswllt, teitl swydd,
        teitl y swydd, rol cyswllt, swydd y cyswllt, safle, role du contact, fonction du contact,
        fonctions, titre du poste, qualite, intitule du poste, poste occupe, cargos, rol del contacto,
        cargo del contacto, funcion, puesto de trabajo, titulo, funktionen, amt, stellung,
        berufsbezeichnung, titel, aufgabe, funktion im verein""",
    "notes": """
        note, notes, comment, comments, remarks, notes comments, notes and comments, status, reply,
        nodiadau, sylwadau, remarques, commentaires, notas, observaciones, comentarios, bemerkung,
        bemerkungen, anmerkungen, notizen, nodyn, sylw, sylwad, statws, ateb, note interne, notes
        internes, remarque, commentaire, observation, observations, statut de la reponse, reponse, nota,
        observacion, comentario, anotaciones, respuesta, hinweis, hinweise, kommentar,
        kommentare, anmerkung, notiz, vermerk, vermerke, antwort, sonstiges""",
}
_FIELD_OF: Final = {" ".join(title.split()): field for field, titles in _TITLES.items() for title in titles.split(",")}

_OR_MANY: Final = re.compile(r"(?<=\w)\((?:s|e|es|n|en)\)")  # contact(s)


@lru_cache(maxsize=5_000)
def field_of(title: str) -> Field | None:
    """The field a column of this title is for, or None when the title says nothing we know."""
    return _FIELD_OF.get(_plain(title)) if len(title) <= 60 else None


def _plain(title: str) -> str:
    """As the titles above are written: "E-mail address (2)" is "email address"."""
    letters = _OR_MANY.sub("", unicodedata.normalize("NFKD", title.casefold()))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = " ".join(re.sub(r"[\W_0-9]+", " ", letters).split())
    return re.sub(r"\be mail", "email", words).replace("organization", "organisation")
