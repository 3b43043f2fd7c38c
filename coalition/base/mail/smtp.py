"""An SMTP server: one conversation kept for many messages."""

import smtplib
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from typing import NoReturn

from coalition.base.mail.delivery import Refused, Unreachable
from coalition.base.mail.message import Ready, one_line

# Answers that are about us rather than about this mail or its reader: log in first, login refused, not accepted here.
ABOUT_US = (530, 534, 535, 538)


@dataclass(frozen=True)
class Relay:
    """Where mail goes to, as the setting says."""

    host: str
    port: int
    tls: str  # "always": from the first byte; "required": STARTTLS or nothing; "offered": STARTTLS if there is any
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password as it stands and as AUTH LOGIN and AUTH PLAIN send it."""
        if not self.password:
            return ()
        sent = (self.password, f"\0{self.user}\0{self.password}")
        return (*(b64encode(words.encode("ascii")).decode("ascii") for words in sent), self.password)


class Smtp:
    """A conversation with a mail server that goes on for many messages and is begun again when the server ended it."""

    def __init__(self, relay: Relay, *, connect_seconds: float, answer_seconds: float) -> None:
        self.relay, self.connect_seconds, self.answer_seconds = relay, connect_seconds, answer_seconds
        self._server: smtplib.SMTP | None = None

    def __repr__(self) -> str:
        return f"Smtp({self.relay!r})"

    def send(self, ready: Ready) -> str:
        if self._server:
            try:
                return self._hand_over(self._server, ready)
            except _HungUp:
                pass  # while nothing was said: servers do that; the message has not been given to it yet
        self._server = self._connect()
        try:
            return self._hand_over(self._server, ready)
        except _HungUp as said:
            raise Unreachable(f"{self._name} ended the conversation: {said}") from None

    def close(self) -> None:
        server, self._server = self._server, None
        if server:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _connect(self) -> smtplib.SMTP:
        relay = self.relay
        server: smtplib.SMTP | None = None
        try:
            if relay.tls == "always":
                server = smtplib.SMTP_SSL(
                    relay.host, relay.port, _own_name(), timeout=self.connect_seconds, context=_verifying()
                )
            else:
                server = smtplib.SMTP(relay.host, relay.port, _own_name(), timeout=self.connect_seconds)
            if server.sock:
                server.sock.settimeout(self.answer_seconds)
            server.ehlo_or_helo_if_needed()
            if relay.tls != "always":
                self._start_tls(server)
            if relay.user:
                server.login(relay.user, relay.password)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if server:
                server.close()
            raise Unreachable(self._no_conversation(error)) from None
        return server

    def _start_tls(self, server: smtplib.SMTP) -> None:
        required = self.relay.tls == "required"
        if server.has_extn("starttls"):
            # Unverified where it is not required: that still keeps listeners out (RFC 7435).
            server.starttls(context=_verifying() if required else _unverified())
            server.ehlo_or_helo_if_needed()
        elif required:
            raise smtplib.SMTPNotSupportedError("it offers no STARTTLS, which COALITION_MAIL_URL requires")

    def _hand_over(self, server: smtplib.SMTP, ready: Ready) -> str:
        self._step(server, f"MAIL FROM:<{ready.sender}>", 2)
        self._step(server, f"RCPT TO:<{ready.recipient}>", 2)
        self._step(server, "DATA", 3)
        try:
            # A line that is a dot ends the message, so dots at the start of a line are doubled (RFC 5321, 4.5.2).
            server.send(ready.raw.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, answer = server.getreply()
        except (smtplib.SMTPException, OSError):
            server.close()
            raise Unreachable(
                f"{self._name} fell silent after the whole message was sent: it may have arrived.",
                may_have_arrived=True,
            ) from None
        if code // 100 != 2:
            self._refuse(server, code, answer)
        return self._words(answer)

    def _step(self, server: smtplib.SMTP, command: str, digit: int) -> None:
        """Says one thing. What counts is the first digit of the answer (RFC 5321, 4.3.2)."""
        try:
            code, answer = server.docmd(command)
        except (smtplib.SMTPException, OSError) as error:
            server.close()
            raise _HungUp(self._words(str(error))) from None
        if code == 421:  # "closing": it gave nothing up of ours, and may take it in a new conversation
            server.close()
            raise _HungUp(self._words(answer))
        if code // 100 != digit:
            self._refuse(server, code, answer, about_us=command.startswith("MAIL") or code in ABOUT_US)

    def _refuse(self, server: smtplib.SMTP, code: int, answer: bytes, *, about_us: bool = False) -> NoReturn:
        """What is about us is mended in the settings, so it is never the end of somebody's mail."""
        try:
            settled = code != 421 and server.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            settled = False
        if not settled:
            server.close()
        if not 400 <= code <= 599:
            raise Unreachable(f"{self._name} gave an answer that is none: {code} {self._words(answer)}")
        raise Refused(code >= 500 and not about_us, self._words(answer), code)

    @property
    def _name(self) -> str:
        return f"The mail server {self.relay.host}:{self.relay.port}"

    def _no_conversation(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"{self._name} refused our login: {error.smtp_code} {self._words(error.smtp_error)}"
        if isinstance(error, smtplib.SMTPResponseException):
            return f"{self._name} would not talk: {error.smtp_code} {self._words(error.smtp_error)}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{self._name} has a certificate that does not verify: {error.verify_message}"
        if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
            return f"{self._name} cannot be used: {self._words(str(error))}"
        return f"{self._name} cannot be reached: {self._words(getattr(error, 'strerror', None) or str(error))}"

    def _words(self, said: bytes | str) -> str:
        """What the server said, as one line of at most 500 characters, without our password should it repeat it."""
        words = one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
        for secret in self.relay.secrets:
            words = words.replace(secret, "…")
        return words[:500]


class _HungUp(Exception):
    """The server ended the conversation before it could have taken the message."""


def _own_name() -> str:
    """How we greet the server. Not getfqdn(): it asks the name servers, which may take many seconds to say nothing."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def _verifying() -> ssl.SSLContext:
    return ssl.create_default_context()  # a certificate authority of one's own goes into SSL_CERT_FILE


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
