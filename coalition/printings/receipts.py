"""Receipts as PDFs: one page for the files of each organisation that has endorsed.

The worker asks for them as soon as it sees an endorsement without one, however that came to be: so no page has to, and
an endorsement costs its writer nothing more.
"""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from coalition.base.clock import iso, moment_words
from coalition.endorsements import records as endorsements
from coalition.endorsements.rules import Endorsement, decision_sentence
from coalition.endorsements.undersigned import line
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.printings import records
from coalition.printings.press.layout import Receipt
from coalition.tables import endorsements as table

PIECE = 50  # in one write

_without = (
    table.c.receipt.is_(None),
    table.c.withdrawn_at.is_(None),
    table.c.held_since.is_(None),  # it is an endorsement when its condition holds, and gets its receipt then
)
_wanted = (
    select(table.c.id, table.c.letter_id, table.c.organisation_id)
    .where(*_without)
    .order_by(table.c.id)
    .limit(bindparam("most"))
)
_asked = update(table).where(table.c.id == bindparam("of")).values(receipt=bindparam("content"))
_receipt = select(table.c.receipt).where(
    table.c.id == bindparam("of"), table.c.withdrawn_at.is_(None), table.c.held_since.is_(None)
)


def any_wanted(connection: Connection) -> bool:
    return connection.execute(_wanted, {"most": 1}).first() is not None


def ask_for_some(connection: Connection, base_url: str, now: datetime, most: int = PIECE) -> int:
    """Has the receipts set of those that have none. Returns how many were asked for."""
    found = connection.execute(_wanted, {"most": most}).all()
    known: dict[int, Letter] = {}
    for id, letter_id, organisation_id in found:
        letter = known.setdefault(letter_id, letters.letter(connection, letter_id))
        endorsement = endorsements.of_organisation(connection, letter_id, organisation_id)
        assert endorsement, "its row was just read, in this transaction"  # noqa: S101
        content = records.ask_to_set(connection, _sheet(connection, endorsement, letter, base_url), now)
        connection.execute(_asked, {"of": id, "content": content})
    return len(found)


def _sheet(connection: Connection, given: Endorsement, letter: Letter, base_url: str) -> Receipt:
    """The text is the one that was read and agreed to, also where a correction has carried it since."""
    version = letters.version(connection, letter.id, given.given_version)
    return Receipt(
        subject=version.text.subject,
        language=version.text.language,
        version=version.number,
        fingerprint=version.fingerprint,
        address=f"{base_url}/letters/{letter.slug}/versions/{version.number}",
        line=line(given),
        group=given.group,
        given_by=", ".join(filter(None, (given.signatory, given.role))),
        authority=decision_sentence(given.authority, given.authority_detail),
        endorsed_at=moment_words(given.endorsed_at, letter.time_zone),
        made_at=iso(given.endorsed_at),
    )


def pdf(connection: Connection, endorsement_id: int) -> records.Pdf | None:
    """The receipt of an endorsement that stands; None until it has been asked for."""
    content = connection.execute(_receipt, {"of": endorsement_id}).scalar()
    return records.pdf(connection, content) if content else None
