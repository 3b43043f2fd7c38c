"""Campaigns to measure on: Eva's letter, opened, with as many organisations asked and answered as are wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from coalition import migrations
from coalition.base import clock
from coalition.base.database import Database
from coalition.base.links import Links
from coalition.base.settings import Settings, from_environment
from coalition.demo import sample
from coalition.endorsements import actions as answers
from coalition.invitations import actions as invitations
from coalition.invitations import records as invitation_records
from coalition.invitations.rules import Status
from coalition.letters.rules import Letter
from coalition.organisations import actions as organisations
from coalition.organisations import records as organisation_records
from coalition.organisations.spreadsheets.cells import Values
from coalition.people import actions as people
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.tables import history as history_table
from coalition.tables import invitations as invitations_table
from coalition.tables import outbox as outbox_table
from tests.bench.processes import site_environment

PLACES = (
    *("Ashford", "Barnsley", "Cardigan", "Dundee", "Ely", "Falmouth", "Grantham", "Harwich", "Ilkley", "Jarrow"),
    *("Kendal", "Luton", "Margate", "Newry", "Oban", "Penrith", "Queenborough", "Ripon", "Skegness", "Truro"),
)
WORK = ("Women’s Aid", "Refugee Council", "Advice Centre", "Housing Trust", "Law Centre", "Welcome", "Shelter", "Forum")


@dataclass(frozen=True)
class Campaign:
    data_dir: Path
    settings: Settings
    eva: Coordinator
    letter: Letter
    nonces: tuple[str, ...]  # of the invitations, in their order

    def paths(self) -> list[str]:
        """The signed links' paths, in the order of the list."""
        links = Links(self.settings.secret_keys)
        return [f"/e/{links.token('invitation', nonce)}" for nonce in self.nonces]

    @contextmanager
    def database(self) -> Iterator[Database]:
        database = Database(self.settings.database_url)
        try:
            yield database
        finally:
            database.close()

    def session(self) -> str:
        """The cookie of Eva, signed in."""
        with self.database() as database:
            now = clock.now()
            nonce = database.write_now(people.sign_in, database.write_now(people.new_link, self.eva, now), now)
        return f"coalition={Links(self.settings.secret_keys).token('session', nonce)}"


def begin(data_dir: Path, *, asked: int, endorsed: int = 0, mail_waits: bool = False) -> Campaign:
    """A campaign in a data folder of its own. Mail that waits is what a worker finds to send; else all is sent."""
    settings = from_environment(site_environment(data_dir, 8000))
    migrations.upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        eva, letter, nonces = database.write_now(_begin, asked, endorsed, mail_waits, clock.now())
    finally:
        database.close()
    return Campaign(data_dir, settings, eva, letter, nonces)


def _begin(
    connection: Connection, asked: int, endorsed: int, mail_waits: bool, now: datetime
) -> tuple[Coordinator, Letter, tuple[str, ...]]:
    eva = people.add_coordinator(connection, *sample.COORDINATOR, now)
    letter = sample.draft(connection, eva, now)
    values = [_organisation(number) for number in range(asked)]
    ids = organisation_records.add(connection, [organisations.as_row(one, now) for one in values])
    contacts: list[dict[str, Any]] = [
        {"organisation_id": id, "name": one.contact_name, "email": one.email, "role": ""}
        for id, one in zip(ids, values, strict=True)
    ]
    rows = []
    for id, one, contact_id, contact in zip(
        ids, values, organisation_records.add_contacts(connection, contacts), contacts, strict=True
    ):
        known = organisation_records.Contact(contact_id, **contact)
        rows.append(invitations.as_row(letter, id, one.name, known, one.group, now))
    listed = invitation_records.add(connection, rows)
    letter = printings.open_letter(connection, letter.slug, letter.revision, eva, now)
    invitations.ask(connection, letter.slug, None, eva.called, now)
    if not mail_waits:
        connection.execute(update(outbox_table).values(state="sent", ended_at=now))
        connection.execute(update(invitations_table).values(status="sent", sent_at=now))
    found = select(invitations_table.c.id, invitations_table.c.nonce)
    nonce_of = {id: nonce for id, nonce in connection.execute(found)}
    nonces = tuple(nonce_of[id] for id in listed)
    for number in range(endorsed):
        one = values[number]
        answers.endorse(connection, nonces[number], sample.answer(one.name, one.group, number), None, now)
    return eva, letter, nonces


def spread(campaign: Campaign) -> None:
    """Spreads the statuses evenly over the list, each with its dates, as if the campaign had run for a while."""
    statuses: tuple[Status, ...] = ("sent", "read", "endorsed", "declined", "failed", "fetched", "deciding", "bounced")
    now = clock.now()
    rows = []
    for id in range(1, len(campaign.nonces) + 1):
        status = statuses[id % len(statuses)]
        at = now - timedelta(minutes=id * 7919 % 20_000)
        read = status in ("read", "endorsed", "declined", "deciding")
        rows.append(
            {
                "of": id,
                "status": status,
                "sent_at": at,
                "fetched_at": at if status == "fetched" else None,
                "read_at": at if read else None,
                "answered_at": at if status in ("endorsed", "declined") else None,
                "deciding_until": (at + timedelta(days=7)).date() if status == "deciding" else None,
                "problem": "5.1.1 No such mailbox here" if status == "bounced" else "",
                "reminders": id % 4,
                "reminded_at": at if id % 4 else None,
            }
        )
    columns = [name for name in rows[0] if name != "of"]
    table = invitations_table
    put = update(table).where(table.c.id == bindparam("of")).values({name: bindparam(name) for name in columns})

    def move(connection: Connection) -> None:
        connection.execute(put, rows)

    with campaign.database() as database:
        database.write_now(move)


def remember(campaign: Campaign, each: int) -> None:
    """A history of `each` entries to an invitation; unchained, since nobody checks it here."""

    def write(connection: Connection) -> None:
        number = connection.execute(select(func.max(history_table.c.number))).scalar_one()
        now = clock.now()
        rows = [
            {
                "chain": campaign.letter.id,
                "number": number + place + 1,
                "at": now,
                "who": "Sample Signatory",
                "deed": "reminded",
                "subject_id": place // each + 1,
                "data": {},
                "previous": "",
                "hash": "",
            }
            for place in range(len(campaign.nonces) * each)
        ]
        connection.execute(insert(history_table), rows)

    with campaign.database() as database:
        database.write_now(write)


def _organisation(number: int) -> Values:
    place, work = PLACES[number % len(PLACES)], WORK[number // len(PLACES) % len(WORK)]
    return Values(
        name=f"{'The ' if number % 3 == 0 else ''}{place} {work} {number}",
        register_id=f"GB-CHC-{1000000 + number}",
        website=f"https://{place.lower()}-{number}.example",
        group=sample.GROUPS[number % len(sample.GROUPS)],
        contact_name=f"Sample Contact {number}",
        email=f"contact@{place.lower()}-{number}.example",
    )
