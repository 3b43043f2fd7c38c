"""The words a printing is sent with: what we propose, and a recipient's name filled in."""

from collections.abc import Sequence

from coalition.base.mail.words import listed
from coalition.dispatch.records import Recipient
from coalition.dispatch.rules import Draft, Person
from coalition.dispatch.telling import addressees
from coalition.letters.text import LetterText
from coalition.people.records import Coordinator

NAME = "{name}"
NOBODY = "Sir or Madam"

_PROPOSED = """Dear {{name}},

Please find here a joint letter{whom}{of}: “{subject}”.

{ask}

A reply to this mail reaches me, and I tell all who have signed.

Yours sincerely,
{coordinator}"""


def proposed(text: LetterText, number: int, undersigned: int, coordinator: Coordinator) -> Draft:
    of = "" if undersigned < 2 else f" from {undersigned:,} organisations"
    body = _PROPOSED.format(
        whom=f" to {whom}" if (whom := addressees(text)) else "",
        of=of,
        subject=text.subject,
        ask=text.ask,
        coordinator=coordinator.called,
    )
    return Draft(
        number,
        addressees(text),
        f"Joint letter{of}: {text.subject}",
        body,
        tuple(Person(one.email, one.name or one.office) for one in text.addressees if one.email),
        to_self=True,
    )


def filled(words: str, to: Recipient, all_recipients: Sequence[Recipient]) -> str:
    """Whoever gets a copy reads what the addressees read."""
    names = [one.name for one in all_recipients if one.kind == "to" and one.name]
    return words.replace(NAME, (to.name if to.kind == "to" else listed(names)) or NOBODY)
