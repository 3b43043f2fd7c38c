"""10,000 invitations through `python -m coalition work`: against ready messages over one connection, fast and slow."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select, update

from coalition.base import clock
from coalition.base.database import Database
from coalition.base.mail.message import build
from coalition.base.outbox import Owed
from coalition.base.settings import ROOT
from coalition.tables import outbox
from coalition.work import post
from tests.bench.campaigns import Campaign, begin
from tests.bench.figures import Figure, Row, range_of
from tests.bench.processes import end, memory_mb, site_environment

TIMES = 3
MAILS, READY = 3334, 3334  # a time
SLOW_MAILS, SLOW_READY = 400, 50
SLOW_S = 0.04
LIMIT_S = 120


def rows(folder: Path) -> Iterator[Row]:
    campaign = begin(folder / "fast", asked=MAILS * TIMES, mail_waits=True)
    message = folder / "message"
    message.write_bytes(_one(campaign))
    rates, memory = _measure(campaign, message, 0, MAILS, READY)
    yield Row(
        f"{MAILS * TIMES:,} mails to a local SMTP sink",
        (
            Figure("ready messages over one connection", _ratios(rates), least=0.25),
            Figure(
                "memory after all of them, after the first third", [memory[-1] / memory[0]], most=1.1, unit=" times"
            ),
        ),
        f"{range_of(rates['ours'])} a second, ready ones {range_of(rates['ready'])}; "
        f"the worker’s memory {', '.join(f'{one:.0f}' for one in memory)} MB",
    )
    campaign = begin(folder / "slow", asked=SLOW_MAILS * TIMES, mail_waits=True)
    rates, _ = _measure(campaign, message, SLOW_S, SLOW_MAILS, SLOW_READY)
    yield Row(
        f"Mails to a sink that takes {SLOW_S * 1000:.0f} ms a message",
        (Figure("ready messages over one connection", _ratios(rates), least=5, unit=" times"),),
        f"{range_of(rates['ours'])} a second, over one connection {range_of(rates['ready'])}",
    )


def _ratios(rates: dict[str, list[float]]) -> list[float]:
    return [rates["ours"][n] / rates["ready"][n] for n in range(TIMES)]


def _measure(
    campaign: Campaign, message: Path, delay_s: float, mails: int, ready: int
) -> tuple[dict[str, list[float]], list[float]]:
    rates: dict[str, list[float]] = {"ours": [], "ready": []}
    memory = []
    with campaign.database() as database, _sink(delay_s) as sink:
        database.write_now(_put_off)
        with _worker(campaign, sink.port) as worker:
            for _ in range(TIMES):
                command = [sys.executable, "-m", "tests.bench.rivals.one_connection"]
                subprocess.run([*command, str(sink.port), str(ready), str(message)], cwd=ROOT, check=True)
                rates["ready"].append(sink.rate(ready))
                database.write_now(_make_due, mails)
                _wait_until_sent(database)
                rates["ours"].append(sink.rate(mails))
                memory.append(memory_mb(worker.pid))
    return rates, memory


def _one(campaign: Campaign) -> bytes:
    """The first mail of the campaign, as it goes over the wire."""
    with campaign.database() as database:
        mails: list[bytes] = []

        def write(connection: Connection) -> None:
            row = connection.execute(select(outbox).limit(1)).one()
            owed = Owed(row.id, row.message, row.recipient, row.letter_id, row.subject_id, row.data, 0, row.queued_at)
            mail = post.pump(campaign.settings, database).write(connection, owed, clock.now())
            mails.append(build(mail, mail_from=campaign.settings.mail_from).raw)

        assert "invitation" in post.MESSAGES
        database.read_now(write)
        return mails[0]


def _put_off(connection: Connection) -> None:
    connection.execute(update(outbox).values(due_at=clock.now() + timedelta(days=1)))


def _make_due(connection: Connection, count: int) -> None:
    first = select(outbox.c.id).where(outbox.c.state == "waiting").order_by(outbox.c.id).limit(count)
    connection.execute(update(outbox).where(outbox.c.id.in_(first.scalar_subquery())).values(due_at=clock.now()))


def _wait_until_sent(database: Database) -> None:
    left = (
        select(func.count())
        .select_from(outbox)
        .where(outbox.c.state != "sent", outbox.c.due_at < clock.now() + timedelta(hours=1))
    )
    until = time.monotonic() + LIMIT_S
    while database.read_now(lambda connection: connection.execute(left).scalar_one()):
        if time.monotonic() > until:
            raise RuntimeError("the mails were not sent")
        time.sleep(0.1)


@dataclass(frozen=True)
class Sink:
    port: int
    process: "subprocess.Popen[str]"

    def rate(self, expected: int) -> float:
        """Messages a second since it was last asked, by the sink's own clock."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        count, seconds = json.loads(self.process.stdout.readline())
        if count != expected:
            raise RuntimeError(f"{count} mails came instead of {expected}")
        return float((count - 1) / seconds)


@contextmanager
def _sink(delay_s: float) -> Iterator[Sink]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.bench.sink", str(delay_s)]
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Sink(int(process.stdout.readline()), process)
        finally:
            process.stdin.close()
            process.terminate()


@contextmanager
def _worker(campaign: Campaign, port: int) -> Iterator["subprocess.Popen[Any]"]:
    environment = site_environment(campaign.data_dir, 8000, COALITION_MAIL_URL=f"smtp://127.0.0.1:{port}")
    process = subprocess.Popen([sys.executable, "-m", "coalition", "work"], cwd=ROOT, env=os.environ | environment)
    try:
        yield process
    finally:
        end(process)
