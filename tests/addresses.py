"""Every address of the site, walked from its one table, so that a new route is covered the day it is written."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.exc import NoResultFound
from starlette.routing import BaseRoute, Mount, Route

from app import ROUTES
from coalition.base import clock
from coalition.base.links import Purpose, find, newest
from coalition.demo import sample
from coalition.dispatch import records as dispatch
from coalition.endorsements.joins import actions as joins
from coalition.endorsements.joins.rules import Asked
from coalition.organisations import directory
from coalition.organisations.spreadsheets import lists
from coalition.organisations.spreadsheets.lists import Claim
from coalition.organisations.spreadsheets.looking_through import look_through
from coalition.people import actions as people
from tests.cast import NSPCC, Campaign


@dataclass(frozen=True)
class Address:
    method: str
    template: str  # as the table has it: /e/{token}/endorse

    @property
    def is_at_desk(self) -> bool:
        return self.template.startswith("/desk")

    @property
    def has_token(self) -> bool:
        return "{token}" in self.template

    @property
    def purpose(self) -> Purpose:
        """What the token of this address is signed for."""
        known: dict[str, Purpose] = {
            "e": "invitation",
            "unsubscribe": "unsubscribe",
            "sign-in": "sign-in",
            "hooks": "webhook",
            "confirm": "join",
            "d": "printing",
        }
        return known[self.template.split("/")[1]]

    def filled(self, **values: object) -> str:
        """A path. A parameter that nobody has thought of fails here: say in the test what it stands for."""
        path = self.template
        for name, value in values.items():
            for kind in ("", ":int"):
                path = path.replace(f"{{{name}{kind}}}", str(value))
        assert "{" not in path, f"the tests do not know what to put into {path}"
        return path

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def addresses(*methods: str) -> list[Address]:
    """All of them, or those of some methods; HEAD is where GET is. Without the demo's gallery, which a visit would make
    play a whole campaign; it has tests of its own.
    """
    found = [one for one in _walk(ROUTES, "") if one.method in (methods or ("GET", "HEAD", "POST"))]
    return [one for one in found if not one.template.startswith("/dev/gallery")]


def _walk(routes: list[BaseRoute], before: str) -> Iterator[Address]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _walk(list(route.routes), before + route.path)
        else:
            assert isinstance(route, Route), f"the tests do not know how to walk {route}"
            for method in sorted(route.methods or ()):
                yield Address(method, before + route.path)


@dataclass(frozen=True)
class Places:
    """What the addresses of one campaign are filled with."""

    campaign: Campaign
    tokens: dict[Purpose, str]
    import_id: int
    invitation_id: int
    join_id: int  # one that was confirmed
    directory: dict[str, int]  # an organisation, another one, a contact of the first, a merge into it

    def path(self, address: Address) -> str:
        values: dict[str, object] = {"slug": self.campaign.letter.slug, "number": 1, "name": "style.css"}
        if address.has_token:
            values["token"] = self.tokens[address.purpose]
        mails = self.campaign.mails()
        in_mailbox = mails[0].name if mails else "none"
        id = in_mailbox if "/dev/" in address.template else self.invitation_id
        if "/desk/directory/" in address.template:
            return address.filled(**self.directory)
        values |= {"contact": self.directory["contact"], "request": 1}
        if "/dispatch/" in address.template:
            return address.filled(**values | {"id": 1, "recipient": 1})
        if "/joins/" in address.template:
            return address.filled(**values, id=self.join_id, other=self.directory["id"])
        return address.filled(**values, id=self.import_id if "/import/" in address.template else id)


def places(campaign: Campaign, organisation: str = NSPCC) -> Places:
    """Links that hold, a list being looked through, an organisation that was asked."""
    at, database, links = clock.now(), campaign.database, campaign.site.links
    nonce = campaign.nonce(organisation)
    held = database.read_now(find, "invitation", nonce)
    assert held
    sign_in = database.write_now(people.new_link, campaign.eva, at)
    listed = database.write_now(
        lists.begin_import, campaign.letter.id, campaign.eva.id, "list.csv", b"Organisation\nThe Kiln\n", at
    )
    look_through(database, Claim(listed, 1, "given"), clock.now)
    confirmed, unconfirmed = (_join(campaign, name) for name in ("The Sample Pier Trust", "The Sample Quay Trust"))
    database.write_now(joins.confirm, confirmed[1], 1, at)
    one, other, _ = database.read_now(directory.listed, directory.Filter(), most=3)
    contact = database.read_now(directory.people, one.id)[0]
    return Places(
        campaign,
        {
            "invitation": links.token("invitation", nonce),
            "unsubscribe": links.token("unsubscribe", nonce),
            "sign-in": links.token("sign-in", sign_in),
            "webhook": links.token("webhook", "postmark"),
            "join": links.token("join", unconfirmed[1]),
            "printing": links.token("printing", _printed(campaign)),
        },
        listed,
        held.subject_id,
        confirmed[0],
        {"id": one.id, "other": other.id, "contact": contact.id, "merge": 1},
    )


def _printed(campaign: Campaign) -> str:
    """The nonce of the link to the first printing, where there is one."""
    with contextlib.suppress(NoResultFound):
        campaign.database.write_now(dispatch.make_link, campaign.letter.id, 1, clock.now())
        return campaign.database.read_now(dispatch.link, campaign.letter.id, 1)
    return "none"


def _join(campaign: Campaign, name: str) -> tuple[int, str]:
    """A request to join, and the nonce of the link that confirms it."""
    answer = sample.answer(name, "National charities", 1)
    asked = Asked(answer, f"office@{len(name)}.example", "", None, "")
    id = campaign.database.write_now(joins.ask, campaign.letter.slug, asked, "", clock.now())
    assert id
    return id, campaign.database.read_now(newest, "join", id) or ""
