"""Postmark, or a service that speaks as it does: many mails in one request over HTTP.

The API is described at https://postmarkapp.com/developer. Bounces come back through its webhook, so there is no VERP
here: what tells a mail is its metadata, `outbox` (the outbox row), `message` (Owed.key) and `mark` (as VERP's).
"""

import json
import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any

import httpx

from coalition.base.mail.delivery import Provider, Refused, Taken, Unreachable
from coalition.base.mail.message import Ready, one_line
from coalition.base.outside import retry_after

MOST = 500  # messages in one request, as the API allows
LARGEST = 20 * 1024 * 1024  # bytes of one request; the API allows 50 MB
LARGEST_ANSWER = 4 * 1024 * 1024
LONGEST_PAUSE = timedelta(hours=1)
SENT_AS_HEADERS = ("Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted")

# The API's error codes: what is wrong with one mail for ever, and what may be the fault of one mail among many.
# All others are about us (token, sender, account), so they are mended there and are never the end of somebody's mail.
INVALID, INACTIVE = 300, 406
FOR_EVER = (INVALID, INACTIVE, 411)
OF_ONE_MAIL = (*FOR_EVER, 402, 403, 410)
OK, TOO_MANY_REQUESTS = 200, 429

Outcome = Taken | Refused | Unreachable


class Postmark:
    """One way out over HTTP, its connection kept for many requests."""

    most = MOST

    def __init__(self, provider: Provider, *, connect_seconds: float, answer_seconds: float) -> None:
        self.provider, self.answer_seconds = provider, answer_seconds
        self._client = httpx.Client(
            base_url=provider.url,
            headers={"X-Postmark-Server-Token": provider.token, "Accept": "application/json"},
            timeout=httpx.Timeout(answer_seconds, connect=connect_seconds),
            verify=ssl.create_default_context(),  # a certificate authority of one's own goes into SSL_CERT_FILE
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"Postmark({self.provider!r})"

    def send(self, ready: Ready) -> str:
        (outcome,) = self.send_all([("", ready)])
        if isinstance(outcome, Taken):
            return outcome.words
        raise outcome

    def send_all(self, batch: Sequence[tuple[str, Ready]]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for messages in _in_requests([_as_json(key, ready, self.provider.stream) for key, ready in batch]):
            outcomes += self._post(messages)
        return outcomes

    def find(self, key: str) -> Taken | None:
        """Postmark searches by one field of the metadata; the number alone may be an older database's."""
        asked = {"count": "50", "offset": "0", "metadata_outbox": key.partition(".")[0]}
        try:
            status, answer = self._answer(self._client.build_request("GET", "/messages/outbound", params=asked))
        except Unreachable as reason:
            raise Unreachable(f"It may have been sent already: {reason.words}", pause=reason.pause) from None
        found = answer.get("Messages") if isinstance(answer, dict) else None
        if status != OK or not isinstance(found, list):
            raise Unreachable(f"It may have been sent already, and {self._name} cannot say: {self._words(answer)}")
        for one in found:
            if isinstance(one, dict) and (one.get("Metadata") or {}).get("message") == key:
                return Taken("It had been handed over before.", str(one.get("MessageID") or "")[:64])
        return None

    def close(self) -> None:
        self._client.close()

    def _post(self, messages: list[bytes]) -> list[Outcome]:
        body = b"[" + b",".join(messages) + b"]"
        sent = self._client.build_request(
            "POST", "/email/batch", content=body, headers={"Content-Type": "application/json"}
        )
        try:
            status, answer = self._answer(sent)
        except Unreachable as reason:
            return [reason] * len(messages)
        if status == OK and isinstance(answer, list) and len(answer) == len(messages):
            return [self._outcome(one) for one in answer]
        code = _code(answer)
        if status == OK or code == 0:  # it may have taken all, some or none of them
            words = f"{self._name} gave an answer that is none: {status} {self._words(answer)}"
            return [Unreachable(words, may_have_arrived=status == OK or status >= 500)] * len(messages)
        if code in OF_ONE_MAIL and len(messages) > 1:  # which of them it is shows when they go by themselves
            half = len(messages) // 2
            return self._post(messages[:half]) + self._post(messages[half:])
        if code in FOR_EVER:
            return [self._outcome(answer)]
        return [Unreachable(f"{self._name} takes nothing from us: {code} {self._words(answer)}")] * len(messages)

    def _outcome(self, answer: Any) -> Outcome:
        code, words = _code(answer), self._words(answer)
        if code == 0 and isinstance(answer, dict) and answer.get("MessageID"):
            return Taken(f"{words}, kept as {str(answer['MessageID'])[:64]}", str(answer["MessageID"])[:64])
        if code == 0:
            return Unreachable(f"{self._name} gave an answer that is none: {words}", may_have_arrived=True)
        return Refused(code in FOR_EVER and not (code == INVALID and "'From'" in words), words, code)

    def _answer(self, request: httpx.Request) -> tuple[int, Any]:
        """Status and JSON (None when it is none). Raises Unreachable."""
        ends = time.monotonic() + self.answer_seconds
        try:
            response = self._client.send(request, stream=True)
            try:
                body = b""
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER or time.monotonic() > ends:
                        raise httpx.ReadTimeout("its answer did not end", request=request)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"{self._name} cannot be reached: {self._clean(str(error))}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = self._clean(str(error)) or type(error).__name__
            raise Unreachable(f"{self._name} gave no whole answer: {said}", may_have_arrived=True) from None
        if response.status_code == TOO_MANY_REQUESTS:
            pause = min(retry_after(response.headers.get("Retry-After")), LONGEST_PAUSE)
            raise Unreachable(f"{self._name} asks us to wait: it takes no more just now.", pause=pause)
        try:
            return response.status_code, json.loads(body)
        except (ValueError, RecursionError):
            return response.status_code, None

    @property
    def _name(self) -> str:
        return f"The mail service {httpx.URL(self.provider.url).host}"

    def _words(self, answer: Any) -> str:
        said = answer.get("Message") if isinstance(answer, dict) else None
        return self._clean(str(said or "no words that can be read"))

    def _clean(self, said: str) -> str:
        """One line of at most 500 characters, without our token should the service repeat it."""
        return one_line(said.replace(self.provider.token, "…"))[:500]


def _code(answer: Any) -> int:
    code = answer.get("ErrorCode") if isinstance(answer, dict) else None
    return code if isinstance(code, int) else 0


def _as_json(key: str, ready: Ready, stream: str) -> bytes:
    """What was built for a mail server, as the API wants it said: so both ways carry the same words and headers."""
    mail = message_from_bytes(ready.raw)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    plain, html = (_content(part) for part in parts if part.get_content_disposition() != "attachment")
    attached = [_attachment(part) for part in parts if part.get_content_disposition() == "attachment"]
    headers = [{"Name": name, "Value": str(mail[name])} for name in SENT_AS_HEADERS if mail[name]]
    known_by = {"outbox": key.partition(".")[0], "message": key, "mark": ready.reference}
    message = {
        "From": _mailbox(mail, "From"),
        "To": _mailbox(mail, "To"),
        "ReplyTo": _mailbox(mail, "Reply-To"),
        "Subject": _decoded(str(mail["Subject"])),
        "TextBody": plain,
        "HtmlBody": html,
        "Attachments": attached,
        "Headers": [*headers, {"Name": "X-PM-KeepID", "Value": "true"}],  # our Message-ID, not one of its own
        "Metadata": {name: value for name, value in known_by.items() if value},
        "MessageStream": stream,
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    return json.dumps({name: value for name, value in message.items() if value not in ("", [])}).encode()


def _attachment(part: Message) -> dict[str, str]:
    encoded = "".join(str(part.get_payload()).split())
    return {"Name": part.get_filename() or "file", "Content": encoded, "ContentType": part.get_content_type()}


def _content(part: Message) -> str:
    octets = part.get_payload(decode=True)
    return octets.decode() if isinstance(octets, bytes) else ""


def _mailbox(mail: Message, header: str) -> str:
    name, address = parseaddr(str(mail[header] or "").replace("\r\n", ""))
    name = _decoded(name)
    quoted = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{quoted} <{address}>" if name else address


def _decoded(text: str) -> str:
    return str(make_header(decode_header(text.replace("\r\n", ""))))


def _in_requests(messages: list[bytes]) -> Iterator[list[bytes]]:
    request: list[bytes] = []
    size = 0
    for message in messages:
        if request and (len(request) == MOST or size + len(message) > LARGEST):
            yield request
            request, size = [], 0
        request.append(message)
        size += len(message) + 1
    if request:
        yield request
