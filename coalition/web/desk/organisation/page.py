"""One organisation on one letter's list: its page, and what can be done for it there."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from coalition.base import links, mailed
from coalition.base.database import NotSaved
from coalition.base.refused import Refused
from coalition.endorsements import records as endorsements
from coalition.endorsements import requests
from coalition.endorsements.conditions import rules as conditions
from coalition.endorsements.conditions import settling
from coalition.endorsements.rules import decision_sentence
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.undersigned import line
from coalition.history import records as history
from coalition.invitations import actions, holders, reports
from coalition.invitations import records as invitations
from coalition.invitations.rules import STATUSES, Invitation, closes, decides_too_late, may_answer
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.organisations import directory
from coalition.organisations import records as organisations
from coalition.organisations.rules import APPROVERS
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.asking import CorrectionForm, ExtendForm
from coalition.web.forms.directory import ContactForm
from coalition.web.forms.fields import posted
from coalition.web.forms.requests import LookForm, TurnDownForm

MAILS = (
    *("invitation", "reminder", "deadline_moved", "corrected", "asked_again", "receipt", "withdrawn", "declined"),
    *("condition", "later", "deciding_day", "forwarded", "passed_on", "look", "request", "request_answered"),
    *("still_happy", "left_out"),
    "join_approved",
    *("suggestion", "suggestion_answered", "suggestion_taken"),
)


@at_desk
async def organisation(visit: Visit) -> Response:
    return await organisation_page(visit)


async def organisation_page(
    visit: Visit,
    status: int = 200,
    problem: str = "",
    form: ContactForm | None = None,
    extend: ExtendForm | None = None,
    turn_down: TurnDownForm | None = None,
    look: LookForm | None = None,
) -> Response:
    def read(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        one = invitations.invitation(connection, visit.request.path_params["id"], letter.id)
        ids = invitations.with_former(connection, one.id)
        endorsement = endorsements.of_organisation(connection, letter.id, one.organisation_id)
        entries = history.about(connection, letter.id, *ids)
        until = closes(one, letter)
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "one": one,
            "endorsement": endorsement,
            "line": line(endorsement) if endorsement else None,
            "decided": decision_sentence(endorsement.authority, endorsement.authority_detail) if endorsement else "",
            "condition": conditions.words(endorsement) if endorsement else "",
            "by_name": endorsement is not None and endorsement.condition == "organisation",
            "waits_for": settling.waits_for(connection, letter.id, endorsement) if endorsement else None,
            "contacts": organisations.contacts_of(connection, one.organisation_id),
            "stop": organisations.mail_stop(connection, one.email),
            "held_up": reports.held_up(connection, one.email, (one.read_at, one.answered_at)),
            "leaves_at": mailed.leaving(connection, "invitation", [one.id], visit.now).get(one.id),
            "mails": mailed.about(connection, ids, MAILS),
            "entries": entries,
            "people": holders.people_of(connection, entries),
            "closes": until,
            "tight": decides_too_late(one, letter),
            "open": may_answer(one, letter, visit.now),
            "holders": holders.holders(connection, one.id),
            "requests": requests.of_invitation(connection, one.id),
            "suggested": suggestions.of_invitation(connection, one.id),
            "known": directory.organisation(connection, one.organisation_id),
        }

    values = await visit.database.read(read)
    return visit.page(
        "organisation.html",
        status,
        statuses=STATUSES,
        approvers=APPROVERS,
        rule=conditions.RULE,
        problem=problem,
        form=form or ContactForm(),
        extend=extend or _proposed(values["letter"], values["one"], values["tight"]),
        correction=CorrectionForm(corrected=values["one"].email),
        turn_down=turn_down or TurnDownForm(),
        look=look or LookForm(),
        wishes=requests.WISHES,
        done=visit.done,
        once=secrets.token_urlsafe(16),
        **values,
    )


def is_first(connection: Connection, visit: Visit, data: FormData) -> bool:
    """False for the second click of a double click on a form that carries a key."""
    key = str(data.get("once", ""))
    return not re.fullmatch(r"[\w-]{16,32}", key, re.ASCII) or links.once(connection, key, visit.me.id, visit.now)


def _proposed(letter: Letter, one: Invitation, tight: bool) -> ExtendForm:
    """More time, as far as the day after the one by which they decide."""
    until = closes(one, letter)
    if not tight or until is None or one.deciding_until is None:
        return ExtendForm()
    hour = until.astimezone(ZoneInfo(letter.time_zone)).time().replace(second=0, microsecond=0)
    return ExtendForm(data={"until": datetime.combine(one.deciding_until + timedelta(days=1), hour)})


@at_desk
async def send_again(visit: Visit) -> Response:
    data = await posted(visit.request)
    id = visit.request.path_params["id"]

    def send(connection: Connection) -> None:
        if is_first(connection, visit, data):
            actions.send_again(connection, visit.slug, id, visit.me, visit.now)

    try:
        await visit.database.write(send)
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal))
    return visit.back(f"/organisations/{id}", "sent")


@at_desk
async def change_contact(visit: Visit) -> Response:
    form = ContactForm(await posted(visit.request))
    if not form.validate():
        return await organisation_page(visit, 422, form=form)
    id = visit.request.path_params["id"]
    try:
        await visit.database.write(
            actions.change_contact,
            visit.slug,
            id,
            form.email.data or "",
            form.contact_name.data or "",
            form.contact_role.data or "",
            visit.me,
            visit.now,
        )
    except Refused as refusal:
        return await organisation_page(visit, refusal.status, str(refusal), form)
    except NotSaved:
        return await organisation_page(visit, 503, NOT_SAVED, form)
    return visit.back(f"/organisations/{id}", "contact")
