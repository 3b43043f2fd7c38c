"""Mail to coordinators."""

from datetime import datetime

from sqlalchemy import Connection

from coalition.base.mail.message import Mail
from coalition.base.mail.office import NotWanted, Office, addressed, written
from coalition.base.outbox import Owed
from coalition.base.refused import Refused
from coalition.people import actions


def sign_in(connection: Connection, owed: Owed, office: Office, now: datetime) -> Mail:
    """The link that signs a coordinator in. Not wanted once it is used or past its time."""
    nonce = owed.data["nonce"]
    try:
        person = actions.look_at(connection, nonce, now).coordinator
    except Refused as refusal:
        raise NotWanted(str(refusal)) from None
    words = written(
        "sign_in",
        link=office.link("sign-in", "sign-in", nonce),
        minutes=int(actions.SIGN_IN_LASTS.total_seconds() // 60),
        coordinator={"name": person.called, "email": person.email},
    )
    return addressed(words, owed, office, now, to_name=person.name)
