"""PDFs over HTTP: from memory with an ETag, or the page that says it is being set."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from coalition.printings.records import Pdf
from coalition.web.site import site_of

WAIT_S = 2  # between two looks of a browser at the page that says so


def pdf_response(request: Request, found: Pdf | None, filename: str, *, public: bool = False) -> Response:
    """The PDF, or 202 while it is being set, or 503 when that failed."""
    site = site_of(request)
    data = site.store.get(found.content) if found and found.state == "set" else None
    if data is None or found is None:
        return _not_yet(request, found)
    headers = {
        "ETag": f'"{found.sha256}"',
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(filename)}",
    }
    if public:  # otherwise the guard's "no-store" holds: the address may carry a token
        headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="application/pdf", headers=headers)


def _not_yet(request: Request, found: Pdf | None) -> Response:
    if found and found.state == "failed":
        return site_of(request).page(
            "error.html",
            503,
            title="The PDF could not be set",
            sentence="Something in the letter keeps the PDF from being made. The letter and every answer are safe.",
            steps=("Coordinators: the desk shows what went wrong and lets you try again.",),
        )
    headers = {"Retry-After": str(WAIT_S), "Refresh": str(WAIT_S)}
    return site_of(request).page("being_set.html", 202, headers, pdf=found)
