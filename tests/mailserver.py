"""Real mail servers for tests: aiosmtpd in a thread, with what real ones do wrong."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

OK = "250 OK"


@dataclass(frozen=True)
class Arrived:
    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailServer:
    """What arrived, and what the server is to do next: set its answers while it runs."""

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: int = 0  # messages that came over TLS
    sender_answer: str = OK
    recipient_answers: dict[str, str] = field(default_factory=dict)  # address -> answer
    data_answer: str = OK
    hang_up_at: str = ""  # "RCPT", "DATA" (before the message) or "answer" (after it), once
    needs_login: bool = False
    delay: float = 0  # seconds before each message is answered
    _open: list[SMTP] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def hang_up(self) -> None:
        """Ends every open connection, as servers do with idle ones."""
        assert self._loop
        asyncio.run_coroutine_threadsafe(self._end_all(), self._loop).result(5)

    async def _end_all(self) -> None:
        for protocol in self._open:
            _abort(protocol)
        self._open.clear()

    # What aiosmtpd asks its handler.

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if self.needs_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.sender_answer != OK:
            return self.sender_answer
        envelope.mail_from = address
        return OK

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if self._hangs_up(server, "RCPT"):
            return "421 bye"
        if (answer := self.recipient_answers.get(address, OK)) != OK:
            return answer
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.data_answer != OK:
            return self.data_answer
        self.arrived.append(
            Arrived(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content or b"")
        )
        self.encrypted += session.ssl is not None
        if self._hangs_up(server, "answer"):
            return "421 bye"
        return f"250 OK, kept as number {len(self.arrived)}"

    def _hangs_up(self, server: SMTP, moment: str) -> bool:
        if self.hang_up_at != moment:
            return False
        self.hang_up_at = ""
        _abort(server)
        return True


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):  # None: it has ended already
        server.transport.abort()


@contextmanager
def mail_server(
    *, certificate: Path | None = None, tls: str = "starttls", user: str = "", password: str = ""
) -> Iterator[MailServer]:
    """A running server. With a user it takes mail after a login only.

    A certificate (a PEM with its key) makes it offer STARTTLS or, with tls="always", speak nothing but TLS.
    """
    state = MailServer(needs_login=bool(user))
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        state.logins.append(given)
        # The worst of servers: it repeats the password in its refusal.
        if given == (user, password):
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message=f"535 no: {given[1]}")

    class Server(SMTP):
        def connection_made(self, transport: Any) -> None:
            if not self.session:  # STARTTLS comes here a second time
                state.connections += 1
                state._open.append(self)
            super().connection_made(transport)

        async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
            if not state._hangs_up(self, "DATA"):
                await super().smtp_DATA(arg)

    class Running(Controller):
        def factory(self) -> SMTP:
            state._loop = self.loop
            return Server(
                state,
                hostname="localhost",
                tls_context=context if tls == "starttls" else None,
                authenticator=check,
                auth_exclude_mechanism=() if user else ("LOGIN", "PLAIN"),
                auth_require_tls=False,
            )

        def _trigger_server(self) -> None:
            assert isinstance(self.server, asyncio.Server)
            self.port = state.port = self.server.sockets[0].getsockname()[1]  # the free one that port 0 stands for
            super()._trigger_server()

    running = Running(state, hostname="127.0.0.1", port=0, ssl_context=context if tls == "always" else None)
    running.start()
    state.connections = 0  # the controller knocks once itself
    try:
        yield state
    finally:
        running.stop()


def make_certificate(folder: Path) -> Path:
    """A self-made certificate for localhost and 127.0.0.1, with its key, in one PEM file."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "server.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(key.read_text() + certificate.read_text())
    return both
