"""A letter that is closed and printed, with a PDF that nobody had to set, and a mail server for what it sends."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from coalition.base.database import Database
from coalition.base.settings import Settings, from_environment
from coalition.demo import sample
from coalition.dispatch import records, sending
from coalition.dispatch.rules import UNDO, Dispatch, Draft, Person
from coalition.endorsements import actions
from coalition.endorsements.rules import Answer
from coalition.history import records as history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.people.records import Coordinator
from coalition.printings import actions as printings
from coalition.printings.records import printing, was_set
from coalition.printings.store import Store
from coalition.tables import invitations, outbox, pdfs
from coalition.tables import letters as letters_table
from coalition.work import hours, post
from tests import cast
from tests.cast import HOME, NSPCC, POPPY
from tests.mailserver import MailServer, mail_server

ANSWER = Answer(1, NSPCC, "National charities", "Sample Signatory", "Chief Executive", "chief-executive", "", True)
PDF = b"%PDF-1.7 in place of a printing\n" + bytes(range(256)) * 40
COMMISSIONER = Person("commissioner@met.example", "Sir Paul Stephenson")
CLERK = Person("clerk@authority.example")
AUTHORITY = "the Metropolitan Police Authority, which decides"
DRAFT = Draft(1, AUTHORITY, "A joint letter", "Dear {name},\n\nhere it is.", (COMMISSIONER,))


@dataclass
class Printed:
    """Two have endorsed, the list is closed and printed once."""

    database: Database
    settings: Settings
    store: Store
    server: MailServer
    eva: Coordinator
    letter: Letter
    nonces: dict[str, str]
    at: datetime

    def do(self, deed: Any, *args: Any) -> Any:
        return self.database.write_now(deed, self.letter.slug, *args)

    def endorse(self, name: str) -> None:
        version = replace(ANSWER, name=name)
        self.database.write_now(actions.endorse, self.nonces[name], version, 0, self.at)

    def has_pdf(self, number: int = 1, pdf: bytes = PDF) -> None:
        """As the setter would have left it."""
        made = self.database.read_now(printing, self.letter.id, number)
        sha256 = self.store.put(made.content, pdf)
        self.database.write_now(was_set, made.content, sha256, self.at)

    def print_again(self, *, without: str = "", of_late: str = "") -> str:
        """One more, after somebody has withdrawn or joined it, its PDF being waited for. Returns its content hash."""
        if without:
            self.database.write_now(actions.withdraw, self.nonces[without], 1, self.at)
        if of_late:
            self.database.write_now(_more_time, self.letter.id, self.at + timedelta(days=30))
            self.endorse(of_late)
        self.forget_mail()
        return str(self.database.write_now(printings.print_again, self.letter.slug, "Eva", self.at).content)

    def set_state(self, content: str, state: str) -> None:
        changed = update(pdfs).where(pdfs.c.content == content).values(state=state)
        self.database.write_now(lambda connection: connection.execute(changed))

    def written(self, draft: Draft = DRAFT) -> Dispatch:
        return self.one(self.do(sending.write, None, draft, 0, self.eva, self.at))

    def one(self, id: int) -> Dispatch:
        return self.database.read_now(records.dispatch, id, self.letter.id)

    def send(self, one: Dispatch) -> str:
        others = self.database.read_now(sending.others, self.letter.id)
        outcome: str = self.do(sending.send, one.id, one.revision, others, self.eva, self.at)
        return outcome

    def sent(self, draft: Draft = DRAFT) -> Dispatch:
        """Written, sent, and its five minutes have passed."""
        one = self.written(draft)
        assert self.send(one) == "waiting"
        self.at += UNDO
        hours._dispatch(self.database, self.at)
        return self.one(one.id)

    def post(self) -> list[EmailMessage]:
        """What the mail server gets when all that is due is sent."""
        before = len(self.server.arrived)
        post.pump(self.settings, self.database).run_once()
        return [one.mail for one in self.server.arrived[before:]]

    def owed(self, message: str) -> list[tuple[str, str]]:
        wanted = select(outbox.c.recipient, outbox.c.state).where(outbox.c.message == message).order_by(outbox.c.id)
        return self.database.read_now(lambda connection: [tuple(row) for row in connection.execute(wanted)])

    def forget_mail(self) -> None:
        """What the story before it owes."""
        self.database.write_now(lambda connection: connection.execute(update(outbox).values(state="sent")))

    def set_embargo(self, until: datetime | None) -> None:
        embargo = update(letters_table).where(letters_table.c.id == self.letter.id).values(embargo_until=until)
        self.database.write_now(lambda connection: connection.execute(embargo))

    def reread(self) -> Letter:
        return self.database.read_now(letters.letter, self.letter.id)

    def deeds(self) -> Counter[str]:
        return Counter(entry.deed for entry in self.database.read_now(history.entries, self.letter.id, most=1000))


def _more_time(connection: Connection, letter_id: int, until: datetime) -> None:
    connection.execute(update(invitations).where(invitations.c.letter_id == letter_id).values(extended_until=until))


@contextmanager
def printed_letter(database: Database, folder: Path, now: datetime) -> Iterator[Printed]:
    eva, letter = database.write_now(cast.begin, now)
    nonces = {name: nonce for name, (nonce, _) in database.read_now(sample.nonces, letter).items()}
    with mail_server() as server:
        environ = {
            "COALITION_DATA_DIR": str(folder),
            "COALITION_DATABASE_URL": database.url,
            "COALITION_BASE_URL": HOME,
            "COALITION_MAIL_URL": server.url,
            "COALITION_MAIL_FROM": "letters@coalition.test",
        }
        settings = from_environment(environ)
        printed = Printed(database, settings, Store(folder / "pdf"), server, eva, letter, nonces, now)
        for name in (NSPCC, POPPY):
            printed.endorse(name)
        database.write_now(printings.close_list, letter.slug, "Eva", now)
        printed.has_pdf()
        printed.forget_mail()
        printed.at += timedelta(hours=1)
        yield printed
    assert database.read_now(history.check)[1] == []
