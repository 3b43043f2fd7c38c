"""Settings, read once from the environment; a wrong one stops the start with one line naming it."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
SHORTEST_KEY = 32  # characters


class WrongSetting(Exception):
    """A setting that cannot be used; its text is one line that names it."""


@dataclass(frozen=True)
class Settings:
    database_url: str
    data_dir: Path
    secret_keys: tuple[str, ...]  # newest first
    base_url: str
    mail_url: str
    mail_from: str
    trusted_proxies: tuple[str, ...]
    register_url: str = ""  # empty: nothing is looked up
    seal: Path | None = None  # PKCS#12; None: a key that was made on first run
    seal_password: str = ""
    timestamp_url: str = ""  # empty: printings are sealed without a time stamp
    demo: bool = False

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    def __repr__(self) -> str:  # keys and passwords stay out of logs and tracebacks
        return f"Settings(base_url={self.base_url!r}, data_dir={str(self.data_dir)!r})"


def from_environment(environ: Mapping[str, str] = os.environ, *, demo: bool = False) -> Settings:
    """The settings. Creates the data folder and, on the first run, the signing key. Raises WrongSetting."""
    data_dir = Path(environ.get("COALITION_DATA_DIR") or "var").absolute()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting(f"COALITION_DATA_DIR: {data_dir} cannot be made ({error.strerror}).") from None
    return Settings(
        database_url=_database_url(environ.get("COALITION_DATABASE_URL", ""), data_dir),
        data_dir=data_dir,
        secret_keys=_secret_keys(environ.get("COALITION_SECRET_KEYS", ""), data_dir),
        base_url=_base_url(environ.get("COALITION_BASE_URL") or "http://127.0.0.1:8000"),
        mail_url=_mail_url(environ.get("COALITION_MAIL_URL") or f"maildir:{data_dir / 'mailbox'}"),
        mail_from=_mail_from(environ.get("COALITION_MAIL_FROM") or "letters@localhost"),
        trusted_proxies=_proxies(environ.get("COALITION_TRUSTED_PROXIES", "")),
        register_url=_service_url("COALITION_REGISTER_URL", environ, "https://register.example/reconcile"),
        seal=Path(environ["COALITION_SEAL"]).absolute() if environ.get("COALITION_SEAL") else None,
        seal_password=environ.get("COALITION_SEAL_PASSWORD", ""),
        timestamp_url=_service_url("COALITION_TIMESTAMP_URL", environ, "https://timestamps.example/tsa"),
        demo=demo,
    )


def _database_url(given: str, data_dir: Path) -> str:
    url = given or f"sqlite:///{data_dir / 'coalition.db'}"
    try:
        make_url(url)
    except (ArgumentError, ValueError):  # its words would repeat the address, which may hold a password
        raise WrongSetting(
            "COALITION_DATABASE_URL cannot be read (write characters such as / # @ in a password as %2F %23 %40)."
        ) from None
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme in ("postgres", "postgresql"):
        return "postgresql+psycopg:" + url.partition(":")[2]
    if scheme != "sqlite" or not url.partition(":///")[2]:
        raise WrongSetting("COALITION_DATABASE_URL must start with sqlite:/// and a path, or postgresql://")
    return url


def _secret_keys(given: str, data_dir: Path) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in given.split(",") if key.strip())
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise WrongSetting(f"COALITION_SECRET_KEYS: each key needs at least {SHORTEST_KEY} characters.")
    return keys or (_kept_key(data_dir / "secret-key"),)


def _kept_key(path: Path) -> str:
    if not path.exists():
        # Written aside and linked into place: of two first starts at once, both end up with the same key.
        aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        aside.unlink()
    key = path.read_text().strip()
    if len(key) < SHORTEST_KEY:  # an empty key would sign for anybody
        raise WrongSetting(
            f"COALITION_DATA_DIR: {path} is damaged. Bring it back from a backup; no link works without it."
        )
    return key


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise WrongSetting("COALITION_BASE_URL is not an address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise WrongSetting("COALITION_BASE_URL must be like https://letters.example, without a path.")
    return f"{parts.scheme}://{parts.netloc}"


def _mail_url(url: str) -> str:
    if url.partition(":")[0] not in ("maildir", "smtp", "smtps", "postmark"):
        raise WrongSetting("COALITION_MAIL_URL must start with maildir:, smtp://, smtps:// or postmark://")
    return url


def _service_url(name: str, environ: Mapping[str, str], such_as: str) -> str:
    url = environ.get(name, "").strip()
    try:
        parts = urlsplit(url if url.isprintable() and " " not in url else "")
        _ = parts.port
    except ValueError:
        raise WrongSetting(f"{name} is not an address.") from None
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or parts.username):
        raise WrongSetting(f"{name} must be like {such_as}, or empty.")
    return url


def _mail_from(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(c.isspace() or c in '<>,;"' for c in address):
        raise WrongSetting("COALITION_MAIL_FROM must be one plain e-mail address.")
    return address


def _proxies(given: str) -> tuple[str, ...]:
    proxies = tuple(part.strip() for part in given.split(",") if part.strip())
    try:
        for proxy in proxies:
            ip_network(proxy, strict=False)
    except ValueError:
        raise WrongSetting("COALITION_TRUSTED_PROXIES must be addresses or networks, comma separated.") from None
    return proxies
