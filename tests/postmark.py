"""A mail service that implements Postmark's API as its documentation has it: keeps, searches, refuses, limits.

A real HTTP server on a port of its own: batches of at most 500, codes for each message, a search by metadata, 429. What
goes wrong with real ones can be set while it runs.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "7a1c0f52-made-up-token"
FIELDS = (
    "From To Cc Bcc Subject Tag HtmlBody TextBody ReplyTo Metadata Headers TrackOpens TrackLinks "
    "MessageStream Attachments"
).split()


@dataclass
class Service:
    """What it has taken, and what it is to do next: set it while it runs."""

    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)  # how many messages each had
    searches: int = 0
    inactive: set[str] = field(default_factory=set)  # addresses it will not write to
    senders: set[str] = field(default_factory=lambda: {"coalition.test"})  # domains it knows
    retry_after: str | None = None  # set: 429 with these words
    asked_while_limited: int = 0
    status: int = 200  # of every answer
    body: bytes | None = None  # in place of every answer
    silent_after_taking: bool = False  # once: it takes the batch and hangs up without an answer
    takes_then_waits: float = 0  # seconds between having taken a batch and answering
    search_status: int = 200
    most: int = 500
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"postmark://{TOKEN}@127.0.0.1:{self.port}?insecure=yes"

    @property
    def recipients(self) -> list[str]:
        return [one["To"].rpartition("<")[2].rstrip(">") for one in self.taken]

    def take(self, message: Any) -> dict[str, Any]:
        if not isinstance(message, dict) or set(message) - set(FIELDS):
            return _error(403, "Incompatible JSON")
        to = str(message.get("To", "")).rpartition("<")[2].rstrip(">")
        sender = str(message.get("From", "")).rpartition("@")[2].rstrip(">")
        if sender not in self.senders:
            return _error(400, "The 'From' address you supplied is not a Sender Signature on your account.")
        if "@" not in to or to.endswith("@"):
            return _error(300, f"Error parsing 'To': Illegal email address '{to}'.")
        if not (message.get("HtmlBody") or message.get("TextBody")):
            return _error(300, "Provide either email TextBody or HtmlBody or both.")
        metadata = message.get("Metadata", {})
        if any(len(key) > 20 or len(str(value)) > 80 for key, value in metadata.items()):
            return _error(300, "Metadata is too long.")
        if to in self.inactive:
            return _error(406, "You tried to send to a recipient that has been marked as inactive.") | {"To": to}
        id = str(uuid.uuid4())
        with self.lock:
            self.taken.append({**message, "MessageID": id})
        return {
            "ErrorCode": 0,
            "Message": "OK",
            "MessageID": id,
            "SubmittedAt": "2009-10-26T09:00:00Z",
            "To": message["To"],
        }

    def search(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if not {"count", "offset"} <= set(asked) or int(asked["count"]) > 500:
            return 422, _error(300, "count and offset are required")
        wanted = [(name[9:], value) for name, value in asked.items() if name.startswith("metadata_")]
        with self.lock:
            found = [one for one in self.taken if all(one["Metadata"].get(name) == value for name, value in wanted)]
        shown = [
            {"MessageID": one["MessageID"], "Metadata": one["Metadata"], "Status": "Sent", "Recipients": [one["To"]]}
            for one in found
        ]
        return 200, {"TotalCount": len(found), "Messages": shown[: int(asked["count"])]}


def _error(code: int, words: str) -> dict[str, Any]:
    return {"ErrorCode": code, "Message": words}


@contextmanager
def mail_service() -> Iterator[Service]:
    service = Service()

    class Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body leave together

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def answer(self, status: int, what: Any, **headers: str) -> None:
            body = what if isinstance(what, bytes) else json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def refused(self) -> bool:
            if service.retry_after is not None:
                service.asked_while_limited += 1
                self.answer(429, _error(429, "Rate limit exceeded"), Retry_After=service.retry_after)
            elif self.headers.get("X-Postmark-Server-Token") != TOKEN:
                said = self.headers.get("X-Postmark-Server-Token")
                self.answer(401, _error(10, f"The Server Token you provided ({said}) was invalid."))
            elif service.body is not None or service.status != 200:
                self.answer(service.status, service.body if service.body is not None else _error(100, "Maintenance"))
            else:
                return False
            return True

        def do_GET(self) -> None:
            service.searches += 1
            parts = urlsplit(self.path)
            if self.refused():
                return
            if service.search_status != 200:
                self.answer(service.search_status, _error(100, "The search is being mended."))
            elif parts.path == "/messages/outbound":
                self.answer(*service.search(dict(parse_qsl(parts.query))))
            else:
                self.answer(404, b"")

        def do_POST(self) -> None:
            given = self.rfile.read(int(self.headers["Content-Length"]))
            if self.refused():
                return
            messages = json.loads(given)
            if self.path != "/email/batch" or not isinstance(messages, list):
                self.answer(422, _error(403, "Incompatible JSON"))
                return
            service.batches.append(len(messages))
            if len(messages) > service.most:
                self.answer(422, _error(410, "Too many batch messages"))
                return
            answers = [service.take(message) for message in messages]
            if service.silent_after_taking:
                service.silent_after_taking = False
                self.close_connection = True
                return
            time.sleep(service.takes_then_waits)
            try:
                self.answer(200, answers)
            except OSError:  # whoever asked was killed meanwhile
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        server.daemon_threads = True
        service.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
