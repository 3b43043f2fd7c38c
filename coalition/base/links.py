"""Signed links: a token is a signed nonce. The signature says we made it and for what, the row whether it holds.

And the signed marks by which a mail that comes back is known.
"""

import hmac
import re
import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, get_args

from itsdangerous import BadSignature, Signer
from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from coalition.tables import links

# Each purpose is a salt: a token for one is noise to another.
Purpose = Literal["invitation", "sign-in", "session", "unsubscribe", "webhook", "logo", "join", "proof", "printing"]

MARK = re.compile(r"(?<![a-z0-9])([1-9][0-9]{0,9})-([a-z2-7]{16})(?![a-z0-9])", re.ASCII | re.IGNORECASE)


class Links:
    """Writes and reads tokens with the site's signing keys, newest first; older keys still read what they wrote."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]
        self._signers = {
            purpose: Signer(list(reversed(keys)), salt=f"coalition.{purpose}", digest_method=sha256)
            for purpose in get_args(Purpose)
        }

    def token(self, purpose: Purpose, nonce: str) -> str:
        return self._signers[purpose].sign(nonce).decode()

    def nonce(self, purpose: Purpose, token: str) -> str | None:
        """The nonce in a token that we signed for this purpose; None for anything else."""
        try:
            nonce = self._signers[purpose].unsign(token).decode()
        except (BadSignature, UnicodeError, ValueError):
            return None
        # itsdangerous forgives spare bits in the last character; we do not: one link has one spelling.
        signature = token.rpartition(".")[2].encode()
        spelt = urlsafe_b64encode(urlsafe_b64decode(signature + b"=" * (-len(signature) % 4))).rstrip(b"=")
        return nonce if spelt == signature else None

    def mark(self, id: int) -> str:
        """The number of a mail, signed: short enough for an address, and the same when a server lowers its letters."""
        return f"{id}-{_seal(self._keys[0], str(id))}"

    def marked(self, text: str) -> int | None:
        """The number in the first mark within `text` that we signed; None when there is none."""
        for id, seal in MARK.findall(text):
            if any(hmac.compare_digest(_seal(key, id), seal.lower()) for key in self._keys):
                return int(id)
        return None


def _seal(key: bytes, id: str) -> str:
    """80 bits: nobody hits upon them by trying, each try being a mail."""
    return b32encode(hmac.digest(key, b"coalition.mark." + id.encode(), "sha256")[:10]).decode().lower()


@dataclass(frozen=True)
class Link:
    nonce: str
    purpose: str
    subject_id: int
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    first_subject_id: int | None  # what it was made for, when that was merged into the subject of now
    reason: str = ""
    contact_id: int | None = None
    view_only_since: datetime | None = None

    @property
    def only_looks(self) -> bool:
        """It was made to show and no more: its holder never could answer."""
        return self.view_only_since == self.issued_at


_columns: tuple[ColumnElement[Any], ...] = (
    links.c.nonce,
    links.c.purpose,
    links.c.subject_id,
    links.c.issued_at,
    links.c.expires_at,
    links.c.revoked_at,
    links.c.used_at,
    links.c.first_subject_id,
    links.c.reason,
    links.c.contact_id,
    links.c.view_only_since,
)
_one = select(*_columns).where(links.c.nonce == bindparam("nonce"), links.c.purpose == bindparam("purpose"))


def find(connection: Connection, purpose: str, nonce: str) -> Link | None:
    row = connection.execute(_one, {"nonce": nonce, "purpose": purpose}).first()
    return Link(*row) if row else None


def newest(connection: Connection, purpose: Purpose, subject_id: int) -> str | None:
    """The nonce of the link that was made last for a subject."""
    wanted = select(links.c.nonce).where(links.c.purpose == purpose, links.c.subject_id == subject_id)
    return connection.execute(wanted.order_by(links.c.issued_at.desc()).limit(1)).scalar()


def issue(
    connection: Connection,
    purpose: Purpose,
    subject_id: int,
    now: datetime,
    expires_at: datetime | None = None,
    contact_id: int | None = None,
) -> str:
    """Makes a link and returns its nonce."""
    nonce = secrets.token_urlsafe(16)
    connection.execute(
        insert(links).values(
            nonce=nonce,
            purpose=purpose,
            subject_id=subject_id,
            issued_at=now,
            expires_at=expires_at,
            contact_id=contact_id,
        )
    )
    return nonce


def once(connection: Connection, nonce: str, subject_id: int, now: datetime) -> bool:
    """For a form's key: True the first time that it is sent, False for ever after."""
    if connection.execute(select(links.c.nonce).where(links.c.nonce == nonce)).first():
        return False
    values = {"nonce": nonce, "purpose": "form", "subject_id": subject_id, "issued_at": now, "used_at": now}
    connection.execute(insert(links).values(values))
    return True


def use(connection: Connection, nonce: str, now: datetime) -> bool:
    """Uses a single-use link up. False when somebody was quicker."""
    done = connection.execute(
        update(links)
        .where(links.c.nonce == nonce, links.c.used_at.is_(None), links.c.revoked_at.is_(None))
        .values(used_at=now)
    )
    return done.rowcount == 1


def revoke(connection: Connection, nonce: str, now: datetime) -> bool:
    done = connection.execute(
        update(links).where(links.c.nonce == nonce, links.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return done.rowcount == 1


def end(
    connection: Connection, purpose: Purpose, subject_ids: Collection[int], reason: str, now: datetime
) -> dict[str, int]:
    """Ends every link that still holds, of many subjects at once. Returns their nonces, each with its subject."""
    ended = connection.execute(
        update(links)
        .where(links.c.purpose == purpose, links.c.subject_id.in_(subject_ids), links.c.revoked_at.is_(None))
        .values(revoked_at=now, reason=reason)
        .returning(links.c.nonce, links.c.subject_id)
    )
    return {nonce: subject_id for nonce, subject_id in ended}
