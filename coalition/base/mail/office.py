"""The post office: what building any message needs of the site, and how a message says that it is no longer wanted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from coalition.base.links import Links, Purpose
from coalition.base.mail.message import Attached, Mail, ascii_address
from coalition.base.mail.words import render
from coalition.base.outbox import Owed

LARGEST_ATTACHED = 8 * 1024 * 1024  # bytes of a file that goes through nearly every mail server
LARGEST_THROUGH_POSTMARK = 7 * 1024 * 1024  # which takes 10 MB of a message, counted as base64


class NotWanted(Exception):
    """The message is dropped: what it was for has gone. Its text says why, for the tracker."""


class NotYet(Exception):
    """The message waits: it may not leave before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"It waits until {until:%Y-%m-%d %H:%M} UTC.")
        self.until = until


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True)
class Office:
    links: Links
    base_url: str
    mail_from: str
    kept: Callable[[str], bytes | None] = field(default=_nothing, repr=False)  # a PDF by its content hash
    largest: int = LARGEST_ATTACHED  # bytes of a file that a mail may carry

    @property
    def domain(self) -> str:
        return ascii_address(self.mail_from).rpartition("@")[2]

    def link(self, path: str, purpose: Purpose, nonce: str) -> str:
        """A signed link, as it stands in a mail: /e/... for an invitation."""
        return f"{self.base_url}/{path}/{self.links.token(purpose, nonce)}"

    def message_id(self, owed: Owed) -> str:
        """The same for every attempt, so that a second copy after a crash can be recognised as one."""
        return f"{self.mark(owed)}.{int(owed.queued_at.timestamp())}@{self.domain}"

    def mark(self, owed: Owed) -> str:
        """What a delivery report about it is known by; signed, so that nobody can make one up."""
        return self.links.mark(owed.id)


def written(message: str, **values: object) -> "Words":
    return Words(*render(message, **values))


@dataclass(frozen=True)
class Words:
    subject: str
    text: str
    html: str


def addressed(
    words: Words,
    owed: Owed,
    office: Office,
    now: datetime,
    *,
    to_name: str = "",
    coordinator: tuple[str, str] = ("", ""),
    list_id: str = "",
    unsubscribe_url: str = "",
    attached: tuple[Attached, ...] = (),
) -> Mail:
    """The words as a mail to whom it is owed; `coordinator` (name, address) is whom answers reach."""
    name, address = coordinator
    return Mail(
        to=owed.recipient,
        to_name=to_name,
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=office.message_id(owed),
        date=now,
        reply_to=address,
        reply_to_name=name,
        from_name=f"{name} via Coalition" if name else "Coalition",
        list_id=list_id,
        unsubscribe_url=unsubscribe_url,
        bounce_id=office.mark(owed),
        attached=attached,
    )
