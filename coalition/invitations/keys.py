"""What a letter's list is sorted and searched by: copies of what the directory says, so that a page is one walk of an
index. Whoever changes an organisation's name, a contact, or whom a letter asks, copies them anew."""

from coalition.base.text import fold
from coalition.organisations import names
from coalition.organisations.records import Contact
from coalition.organisations.rules import Person

CALLED_LONGEST = 200  # letters of a name that count for the order: PostgreSQL bounds an index's entries


def keys(name: str, contact: Contact | Person | None) -> dict[str, str]:
    """The columns of an invitation that are copies, for an organisation of this name, asked through this contact."""
    return {
        "sort_key": names.sort_key(name),
        "search_key": fold(f"{name} {contact.name} {contact.email}" if contact else name),
        "contact_key": contact_key(contact.name, contact.email) if contact else "",
    }


def contact_key(name: str, email: str) -> str:
    """By name, or by address where no name is known."""
    return f"{fold(name or email)[:CALLED_LONGEST]}\t{email}"
