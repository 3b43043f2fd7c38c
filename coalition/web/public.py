"""What everyone may see: the front page, public letters, their PDFs and data."""

import json
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from coalition.base import clock
from coalition.base.clock import iso
from coalition.base.refused import NotFound
from coalition.base.spreadsheet import csv_bytes
from coalition.dispatch import records as dispatches
from coalition.dispatch import replies
from coalition.dispatch.replies import Reply
from coalition.dispatch.rules import Proof
from coalition.endorsements import records as endorsements
from coalition.endorsements.rules import Endorsement
from coalition.endorsements.undersigned import arranged, grouped
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.printings import records as printings
from coalition.printings.changes import called, in_short
from coalition.web.desk.dispatch import proofs
from coalition.web.pdf import pdf_response
from coalition.web.site import etag, letter_html, site_of

NOT_HERE = "There is no public letter at this address. It may be private, or not public yet."
# A cache asks each time whether it is still so: what is hidden by an embargo, or made private, is gone everywhere.
ASK_AGAIN = {"Cache-Control": "public, max-age=0, must-revalidate"}
ALONE = "sandbox; default-src 'none'; frame-ancestors 'none'"  # the policy of a file that somebody else wrote
OPEN_DATA = {"Access-Control-Allow-Origin": "*"} | ASK_AGAIN
COLUMNS = ("organisation", "register_id", "group", "signatory", "role", "status", "version", "answered_at")


async def home(request: Request) -> Response:
    site = site_of(request)
    now = clock.now()
    found = await site.database.read(letters.all_letters)
    listed = [letter for letter in found if rules.is_listed(letter, now)]
    page = site.page("public/home.html", letters=[(letter, rules.state(letter, now)) for letter in listed])
    page.headers["ETag"] = etag(bytes(page.body))
    page.headers["Cache-Control"] = "no-cache"
    return page


async def letter_page(request: Request) -> Response:
    site = site_of(request)
    now = clock.now()

    def look(connection: Connection) -> dict[str, Any]:
        letter = public_letter(connection, request.path_params["slug"])
        version = letters.version(connection, letter.id, letter.version)
        groups = grouped(endorsements.standing(connection, letter.id), letter)
        return {
            "letter": letter,
            "version": version,
            "html": letter_html(site, version.text),
            "groups": groups,
            "undersigned": sum(len(group.lines) for group in groups),
            "printings": printings.all_printings(connection, letter.id),
            "changes": {n: in_short(one) for n, one in printings.all_changes(connection, letter.id).items()},
            "state": rules.state(letter, now),
            "editions": letters.editions(connection, letter.id),
            "dispatches": dispatches.happened(connection, letter.id),
            "replies": [one.in_public for one in replies.all_replies(connection, letter.id)],
        }

    values = await site.database.read(look)
    page = site.page("public/letter.html", called=called, **values)
    if values["letter"].visibility != "public":
        page.headers["X-Robots-Tag"] = "noindex"
    page.headers["ETag"] = etag(bytes(page.body))
    page.headers.update(ASK_AGAIN)
    return page


def public_letter(connection: Connection, slug: str) -> Letter:
    """The letter, if anybody may see it now. A private letter and none at all look the same."""
    try:
        letter = letters.letter_by_slug(connection, slug)
    except NotFound:
        raise NotFound(NOT_HERE) from None
    if not rules.is_public(letter, clock.now()):
        raise NotFound(NOT_HERE)
    return letter


async def letter_json(request: Request) -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = public_letter(connection, request.path_params["slug"])
        version = letters.version(connection, letter.id, letter.version)
        undersigned = [_public_line(*row) for row in _in_order(connection, letter)]
        return {
            "slug": letter.slug,
            "subject": version.text.subject,
            "state": rules.state(letter, clock.now()),
            "version": version.number,
            "fingerprint": version.fingerprint,
            "deadline": iso(letter.hard_deadline),
            "undersigned": undersigned,
            "counts": {"undersigned": len(undersigned), "petition": 0, "petition_paper": 0},
            "printings": [
                {"number": one.number, "sha256": one.sha256 or None, "printed_at": iso(one.printed_at)}
                for one in printings.all_printings(connection, letter.id)
            ],
            "outcome": _outcome(letter),
            "replies": [_reply(one.in_public, letter) for one in replies.all_replies(connection, letter.id)],
        }

    found = await site_of(request).database.read(look)
    return _data(json.dumps(found, ensure_ascii=False).encode(), "application/json")


def _in_order(connection: Connection, letter: Letter) -> list[tuple[str | None, Endorsement]]:
    """Register number and endorsement of each of the undersigned, in the order they are printed."""
    rows = endorsements.standing_with_register(connection, letter.id)
    numbers = {one.id: register_id for register_id, one in rows}
    groups = arranged((one for _, one in rows), letter)
    return [(numbers[one.id], one) for _, those in groups for one in those]


def _public_line(register_id: str | None, one: Endorsement) -> dict[str, Any]:
    return {
        "organisation": one.name,
        "register_id": register_id,
        "group": one.group,
        "signatory": one.signatory if one.show_signatory else "",
        "role": one.role if one.show_signatory else "",
        "endorsed_at": iso(one.endorsed_at),
    }


def _outcome(letter: Letter) -> dict[str, Any] | None:
    if not letter.outcome:
        return None
    on = letter.outcome_on.isoformat() if letter.outcome_on else None
    return {"outcome": letter.outcome, "on": on, "words": letter.outcome_words, "decided_by": letter.decided_by}


def _reply(one: Reply, letter: Letter) -> dict[str, Any]:
    """`one` as it is in public."""
    file = f"/letters/{letter.slug}/replies/{one.id}" if one.proof else None
    return {"from": one.whom, "received_on": one.day.isoformat(), "quote": one.quote, "file": file, "sha256": one.proof}


async def reply_file(request: Request) -> Response:
    """The file of a reply that there is leave to show: a photo, or a PDF that no browser opens in this site's name."""

    def look(connection: Connection) -> Proof:
        letter = public_letter(connection, request.path_params["slug"])
        return replies.public_file(connection, request.path_params["id"], letter.id)

    site = site_of(request)
    answer = proofs.answer(site, await site.database.read(look))
    answer.headers.update(ASK_AGAIN | {"Content-Security-Policy": ALONE})
    if request.headers.get("if-none-match") == answer.headers["ETag"]:
        return Response(status_code=304, headers=ASK_AGAIN | {"ETag": answer.headers["ETag"]})
    return answer


async def endorsers_csv(request: Request) -> Response:
    def look(connection: Connection) -> bytes:
        letter = public_letter(connection, request.path_params["slug"])
        lines = [(_public_line(*row), row[1]) for row in _in_order(connection, letter)]
        return csv_bytes(
            COLUMNS,
            (
                (
                    line["organisation"],
                    line["register_id"],
                    line["group"],
                    line["signatory"],
                    line["role"],
                    "endorsed",
                    one.version,
                    one.endorsed_at,
                )
                for line, one in lines
            ),
        )

    return _data(await site_of(request).database.read(look), "text/csv; charset=utf-8")


def _data(body: bytes, kind: str) -> Response:
    return Response(body, media_type=kind, headers=OPEN_DATA | {"ETag": etag(body)})


async def version_text(request: Request) -> Response:
    """The canonical text of one version: its SHA-256 is the fingerprint."""
    number = request.path_params["number"]

    def look(connection: Connection) -> str:
        letter = public_letter(connection, request.path_params["slug"])
        return letters.version(connection, letter.id, number).canonical

    body = (await site_of(request).database.read(look)).encode()
    return _data(body, "text/plain; charset=utf-8")


async def letter_pdf(request: Request) -> Response:
    """The newest printing, or the one whose number the address names."""
    number = request.path_params.get("number")
    slug = request.path_params["slug"]

    def look(connection: Connection) -> tuple[int, printings.Pdf | None]:
        letter = public_letter(connection, slug)
        printing = printings.printing(connection, letter.id, number)
        return printing.number, printings.pdf(connection, printing.content)

    printed, found = await site_of(request).database.read(look)
    return pdf_response(request, found, f"{slug}-printing-{printed}.pdf", public=True)


async def healthz(request: Request) -> Response:
    try:
        await site_of(request).database.read(letters.any_at_all)
    except Exception:  # whatever keeps the database from answering
        return Response("the database does not answer\n", 503, media_type="text/plain")
    return Response("ok\n", media_type="text/plain")


async def test_mail(request: Request) -> Response:
    """Where the links of a test mail lead: they are nobody's."""
    return site_of(request).page("public/test_mail.html")
