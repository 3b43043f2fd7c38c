"""Opens the way out for mail that COALITION_MAIL_URL names: a Maildir folder, an SMTP server or Postmark."""

import re
import smtplib
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from coalition.base.mail.delivery import Provider, Refused, Transport, Unreachable
from coalition.base.mail.maildir import Maildir
from coalition.base.mail.smtp import Relay, Smtp

__all__ = ["Refused", "Transport", "Unreachable", "open_transport"]

SETTING = "COALITION_MAIL_URL"
TOKEN = re.compile(r"[\w.-]{1,100}", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")


def open_transport(url: str, *, data_dir: Path, connect_seconds: float = 10, answer_seconds: float = 30) -> Transport:
    """The transport of a COALITION_MAIL_URL. Nothing is connected before the first mail.

    Raises ValueError with one line that names the setting and never repeats the address, which may hold a password.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "maildir" and rest:
        try:
            return Maildir(data_dir / rest)
        except (OSError, ValueError) as error:
            raise _wrong(f"names a folder that cannot be made: {getattr(error, 'strerror', error)}.") from None
    if scheme in ("smtp", "smtps"):
        return Smtp(_relay(url), connect_seconds=connect_seconds, answer_seconds=answer_seconds)
    if scheme == "postmark":
        from coalition.base.mail.postmark import Postmark

        return Postmark(_provider(url), connect_seconds=connect_seconds, answer_seconds=answer_seconds)
    raise _wrong("must be maildir:FOLDER, smtp://user:password@host:port, smtps://... or postmark://TOKEN.")


def _provider(url: str) -> Provider:
    parts, _ = _parts(url)
    token, at, place = parts.netloc.rpartition("@")
    if not at:
        token, place = parts.netloc, "api.postmarkapp.com"
    if not TOKEN.fullmatch(token) or not place or not HOST.fullmatch(parts.hostname or "") or parts.path.strip("/"):
        raise _wrong("must be postmark://TOKEN or, for a service like Postmark, postmark://TOKEN@host:port.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    stream, insecure = options.pop("stream", "outbound"), options.pop("insecure", "no")
    if options or insecure not in ("yes", "no") or not TOKEN.fullmatch(stream):
        raise _wrong("knows only two options after postmark://: ?stream=NAME and ?insecure=yes")
    return Provider(f"{'http' if insecure == 'yes' else 'https'}://{place}", token, stream)


def _relay(url: str) -> Relay:
    parts, port = _parts(url)
    host = parts.hostname or ""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not HOST.fullmatch(host) or parts.path not in ("", "/") or parts.fragment:
        raise _wrong("needs a host after smtp:// (write characters such as / # @ in a password as %2F %23 %40).")
    if bool(user) != bool(password):
        raise _wrong("has a user without a password, or a password without a user.")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise _wrong("may have only ASCII letters, digits and signs in user and password.")
    options = parse_qsl(parts.query, keep_blank_values=True)
    if options not in ([], [("starttls", "required")]):
        raise _wrong("knows only one option: ?starttls=required")
    if parts.scheme == "smtps":
        return Relay(host, port or smtplib.SMTP_SSL_PORT, "always", user, password)
    return Relay(host, port or smtplib.SMTP_PORT, "required" if options else "offered", user, password)


def _parts(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url if url.isprintable() and " " not in url else "")
        return parts, parts.port
    except ValueError:  # its words would repeat a part of the address
        raise _wrong("cannot be read (write characters such as / # @ in a password as %2F %23 %40).") from None


def _wrong(why: str) -> ValueError:
    return ValueError(f"{SETTING} {why}")
