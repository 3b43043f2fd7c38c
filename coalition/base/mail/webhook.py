"""Reads what Postmark posts to a webhook: bytes in, a Notice out. Pure, and it raises nothing but NotANotice.

Its record types and fields: Bounce, SpamComplaint, SubscriptionChange (postmarkapp.com/developer/webhooks), and
Delivery, which says that the mail arrived. Other records (opened, clicked) are read, and mean nothing here.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from coalition.base.mail.message import one_line
from coalition.base.mail.reports import Kind, Verdict, clipped, status_in

# What Postmark calls a bounce and what it is here; those not named are about us, or nobody's trouble.
BOUNCES: dict[str, Kind] = {
    "HardBounce": "permanent",
    "BadEmailAddress": "permanent",
    "ManuallyDeactivated": "permanent",
    "SoftBounce": "temporary",
    "Transient": "temporary",
    "DnsError": "temporary",
    "Blocked": "temporary",
    "SpamNotification": "temporary",
    "Unknown": "temporary",
    "Unsubscribe": "unsubscribed",
    "SpamComplaint": "complaint",
}
SUPPRESSIONS: dict[str, Kind] = {
    "HardBounce": "permanent",
    "SpamComplaint": "complaint",
    "ManualSuppression": "unsubscribed",  # also the reader's own "unsubscribe" at the foot of Postmark's mail
}


class NotANotice(ValueError):
    """It is not in Postmark's format; the words say what is missing."""


@dataclass(frozen=True)
class Notice:
    provider_id: str  # what Postmark calls the mail; may be empty
    marks: str  # what we gave it for the mail, all values in one text
    email: str
    verdict: Verdict | None  # None: it means nothing here
    digest: str


def read(raw: bytes) -> Notice:
    """Raises NotANotice."""
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotANotice("This is not JSON.") from None
    if not isinstance(record, dict) or not isinstance(record.get("RecordType"), str):
        raise NotANotice("This is not in Postmark’s format: a record needs a RecordType.")
    kind = record["RecordType"]
    email = _text(record, "Recipient" if kind in ("SubscriptionChange", "Delivery") else "Email")
    verdict = _verdict(kind, record, email)
    if verdict and "@" not in email:
        raise NotANotice(f"This is not in Postmark’s format: a {clipped(kind)[:40]} needs an address.")
    metadata = record.get("Metadata")
    marks = metadata.values() if isinstance(metadata, dict) else ()
    return Notice(
        provider_id=_text(record, "MessageID"),
        marks=" ".join(value[:100] for value in list(marks)[:20] if isinstance(value, str)),
        email=email,
        verdict=verdict,
        digest=_digest(record, kind, email),
    )


def _digest(record: dict[str, Any], kind: str, email: str) -> str:
    names = ("ID", "MessageID", "Type", "BouncedAt", "ChangedAt", "DeliveredAt", "SuppressionReason")
    parts = [kind, email, *(str(record.get(name))[:100] for name in names)]
    return sha256("\n".join(parts).encode(errors="replace")).hexdigest()


def _verdict(kind: str, record: dict[str, Any], email: str) -> Verdict | None:
    said = clipped(_text(record, "Details") or _text(record, "Description") or _text(record, "Name"))
    found: Kind | None = None
    if kind == "Bounce":
        found = BOUNCES.get(_text(record, "Type"))
        if record.get("Inactive") is True and found in (None, "temporary"):
            found = "permanent"  # whatever it was: Postmark itself sends there no more
    elif kind == "SpamComplaint":
        found, said = "complaint", said or "Reported as spam, through Postmark"
    elif kind == "SubscriptionChange" and record.get("SuppressSending") is True:
        found = SUPPRESSIONS.get(_text(record, "SuppressionReason"))
        said = f"Postmark sends there no more ({clipped(_text(record, 'SuppressionReason'))[:60]})"
    elif kind == "Delivery":
        found = "arrived"
    return Verdict(found, (email.lower(),), status_in(said), said) if found else None


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return one_line(value[:2000]) if isinstance(value, str) else ""
