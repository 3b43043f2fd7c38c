"""The demo's mailbox: every mail that left, links clickable. These pages exist only while the demo runs."""

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from coalition.web.site import Site, site_of

# A mail brings its own style and may hold anything: it is shown in a frame that can run nothing and fetch nothing.
MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation allow-popups"
)
NEWEST = 200


@dataclass(frozen=True)
class Letter:
    id: str
    to: str
    sender: str
    subject: str
    date: datetime
    headers: tuple[tuple[str, str], ...]
    text: Markup
    html: str


def _folder(site: Site) -> Path:
    scheme, _, folder = site.settings.mail_url.partition(":")
    if not site.settings.demo or scheme != "maildir":
        raise HTTPException(404)
    return site.settings.data_dir / folder


async def mailbox(request: Request) -> Response:
    site = site_of(request)
    files = [path for part in ("new", "cur") for path in (_folder(site) / part).glob("*") if path.is_file()]
    newest = sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    query = request.query_params.get("q", "").strip().lower()
    mails = [_read(path, whole=False) for path in newest[: NEWEST if not query else None]]
    shown = [one for one in mails if query in f"{one.to} {one.subject}".lower()][:NEWEST]
    return site.page("dev/mailbox.html", mails=shown, total=len(newest), query=query)


async def mail(request: Request) -> Response:
    site = site_of(request)
    return site.page("dev/mail.html", mail=_read(_find(site, request.path_params["id"])))


async def mail_html(request: Request) -> Response:
    return in_a_frame(_read(_find(site_of(request), request.path_params["id"])).html)


def in_a_frame(html: str) -> Response:
    """A mail's HTML part; its links open in the whole window."""
    framed = html.replace("<head>", '<head><base target="_top">', 1)
    return HTMLResponse(framed, headers={"Content-Security-Policy": MAIL_CSP, "X-Frame-Options": "SAMEORIGIN"})


def _find(site: Site, id: str) -> Path:
    folder = _folder(site)
    if re.fullmatch(r"[A-Za-z0-9][\w.,=+:-]{0,200}", id):
        for part in ("new", "cur"):
            if (folder / part / id).is_file():
                return folder / part / id
    raise HTTPException(404)


def _read(path: Path, *, whole: bool = True) -> Letter:
    """One mail; of a long list only the heads, for taking mails apart takes its time."""
    raw = path.read_bytes()
    if not whole:
        raw = raw.partition(b"\n\n")[0] + b"\n\n"
    message = email.message_from_bytes(raw, policy=email.policy.default)
    date = message["date"].datetime if message["date"] else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Letter(
        id=path.name,
        to=str(message["to"] or ""),
        sender=str(message["from"] or ""),
        subject=str(message["subject"] or ""),
        date=date,
        headers=tuple((name, str(value)) for name, value in message.items()) if whole else (),
        text=_with_links(_part(message, "plain")) if whole else Markup(),
        html=_part(message, "html") if whole else "",
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _with_links(text: str) -> Markup:
    linked = re.sub(r"https?://[^\s<>&]+", lambda found: f'<a href="{found[0]}">{found[0]}</a>', str(escape(text)))
    return Markup(linked)  # noqa: S704 (escaped above)
