"""A real Postfix of the test's own: on loopback, in a folder of its own, gone when the test ends.

It is set up as README says, with two differences: it may not touch the machine's own files, and the command that it
runs hands each report to the test, as `sudo -u coalition` would; Postfix runs commands as a user who may read nothing.
"""

import os
import shutil
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import free_port, until

MISSING = "The tests need Postfix; `make test` installs it, or says how."
DOMAIN = "coalition.test"

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.{domain}
mydestination = {domain}
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{relay}
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = none
local_recipient_maps =
recipient_delimiter = +
alias_maps = hash:{folder}/aliases
default_privs = nobody
# Quick: what takes hours elsewhere takes seconds here.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
delay_warning_time = 1s
maximal_queue_lifetime = {gives_up}
bounce_queue_lifetime = 60s
# More than the worker holds open connections: else the next has to wait until one of those ends.
default_process_limit = 20
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

# What Postfix calls. 75 (EX_TEMPFAIL) makes it keep the report and call again.
COMMAND = """#!/bin/bash
report=$(mktemp) && cat >"$report" || exit 75
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 75
printf '%s\\n%s\\n' "$ORIGINAL_RECIPIENT" "$(stat -c %s "$report")" >&3
cat "$report" >&3
rm "$report"
read -r status <&3
exit "${{status:-75}}"
"""

# Whom the mail was for, and the report; answers with the command's exit status.
Taken = Callable[[str, bytes], int]


@dataclass
class Postfix:
    port: int
    folder: Path
    reports: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else ""

    def report(self, to: str, after: int = 0) -> bytes:
        """The newest report about mail to somebody, as soon as there are more than `after`."""
        found: list[bytes] = until(
            lambda: [raw for _, raw in self.reports if f"rfc822; {to}".encode() in raw][after:],
            f"a report about {to}; {self.log[-3000:]}",
        )
        return found[-1]


@contextmanager
def postfix(relay: int, take: Taken, *, domain: str = DOMAIN, gives_up: str = "1h") -> Iterator[Postfix]:
    """Takes mail at `url`, hands it on to the server at port `relay`, and gives to `take` what comes back."""
    assert Path("/usr/sbin/postfix").exists(), MISSING
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    running = Postfix(free_port(), folder)
    try:
        with _listening(running, take) as listening:
            _set_up(running, listening, {"relay": relay, "domain": domain, "gives_up": gives_up})
            _postfix(running, "start")
            try:
                until(lambda: "daemon started" in running.log, f"Postfix; {running.log}")
                yield running
            finally:
                _postfix(running, "stop")
    finally:
        subprocess.run([*_as_root(), "rm", "-rf", str(folder)], check=True)


def _set_up(running: Postfix, listening: int, given: dict[str, object]) -> None:
    folder = running.folder
    folder.chmod(0o755)
    values = {**given, "folder": folder, "port": running.port}
    (folder / "main.cf").write_text(MAIN.format(**values))
    (folder / "master.cf").write_text(MASTER.format(**values))
    command = folder / "bounce"
    command.write_text(COMMAND.format(port=listening))
    command.chmod(0o755)
    (folder / "aliases").write_text(f'bounce: "|{command}"\n')
    subprocess.run(["/usr/sbin/postalias", "-c", str(folder), f"hash:{folder / 'aliases'}"], check=True)
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")


def _postfix(running: Postfix, word: str) -> None:
    done = subprocess.run(
        [*_as_root(), "/usr/sbin/postfix", "-c", str(running.folder), word], capture_output=True, text=True
    )
    assert done.returncode == 0, f"postfix {word}: {done.stderr} {running.log}"


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


@contextmanager
def _listening(running: Postfix, take: Taken) -> Iterator[int]:
    class Report(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            to = self.rfile.readline().decode().strip()
            raw = self.rfile.read(int(self.rfile.readline()))
            status = take(to, raw)
            running.reports.append((to, raw))
            self.wfile.write(f"{status}\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Report) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
