"""All that one signed link shows, read at once and put on its page."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request as WebRequest
from starlette.responses import Response

from coalition.base.links import Link
from coalition.dispatch import records as dispatches
from coalition.dispatch import replies
from coalition.dispatch.replies import Reply
from coalition.dispatch.rules import Dispatch
from coalition.dispatch.telling import sentence
from coalition.endorsements import records as endorsements
from coalition.endorsements import requests, rules
from coalition.endorsements.conditions import rules as conditions
from coalition.endorsements.freshness import rules as freshness
from coalition.endorsements.joins import records as joins
from coalition.endorsements.proposal import Proposal, as_asked, proposal
from coalition.endorsements.requests import Request
from coalition.endorsements.rules import Endorsement
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions.records import Suggestion
from coalition.endorsements.undersigned import Group, grouped, line
from coalition.invitations import actions as invitations
from coalition.invitations.rules import Invitation, closes, may_answer
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.letters.differences import Part, differences
from coalition.letters.passages import paragraphs
from coalition.letters.records import Edition, Version
from coalition.letters.rules import Letter
from coalition.organisations import records as organisations
from coalition.people import records as people
from coalition.people.records import Coordinator
from coalition.web.answer import logo
from coalition.web.forms.answers import DeclineForm, EndorseForm, ForwardForm, LaterForm
from coalition.web.forms.fields import options
from coalition.web.forms.requests import RequestForm
from coalition.web.forms.suggesting import SuggestForm
from coalition.web.site import Site, letter_html, site_of


@dataclass(frozen=True)
class Look:
    """All that the page of one link shows."""

    letter: Letter
    invitation: Invitation
    link: Link
    email: str  # of whoever holds the link
    unmailed: str  # why nothing is mailed there any more, not even a receipt; empty: it is
    open: bool  # may this organisation answer
    unfixed: bool  # may the text still change
    closes: datetime  # or closed: the organisation's own moment
    version: Version
    endorsement: Endorsement | None
    proposal: Proposal  # what their form is filled in with
    groups: tuple[Group, ...]
    undersigned: int
    coordinator: Coordinator
    since: int  # the version they read or agreed to, where that is not the newest; else 0
    parts: tuple[Part, ...]  # what is different in the newest
    editions: list[Edition]
    wanted: Suggestion | None  # the words that their endorsement waits for
    delivered: str  # how the letter was, in a sentence; empty: it is not yet
    dispatches: list[Dispatch]
    replies: list[Reply]  # as everybody may see them
    request: Request | None  # the newest they made of the desk
    suggestions: list[Suggestion]  # of this organisation, the newest first


def look_of(connection: Connection, nonce: str | None, now: datetime, read: int | None = None) -> Look:
    """`read` is the version that a form was opened on."""
    found = invitations.opened(connection, nonce, now)
    letter, invitation = found.letter, found.invitation
    groups: tuple[Group, ...] = ()
    if letter.show_undersigned:
        groups = grouped(endorsements.standing(connection, letter.id), letter)
    version = letters.version(connection, letter.id, letter.version)
    endorsement = endorsements.of_organisation(connection, letter.id, invitation.organisation_id)
    email = invitations.mailed_to(connection, nonce)
    asked = None if endorsement else joins.to_ask_again(connection, invitation.id, email)
    since = _read_before(letter, endorsement, read or (asked.version if asked else None))
    before = letters.version(connection, letter.id, since).text if since else version.text
    stop = organisations.mail_stop(connection, email)
    sent = dispatches.happened(connection, letter.id) if letter_rules.dispatched(letter) else []
    return Look(
        letter,
        invitation,
        found.link,
        email,
        stop.words(email) if stop and stop.is_final else "",
        may_answer(invitation, letter, now),
        letter_rules.state(letter, now) == "open",
        closes(invitation, letter) or now,
        version,
        endorsement,
        as_asked(asked, letter) if asked else proposal(connection, found, endorsement),
        groups,
        sum(len(group.lines) for group in groups),
        people.coordinator(connection, letter.coordinator_id),
        since,
        differences(before, version.text),
        letters.editions(connection, letter.id),
        _wanted(connection, endorsement, letter),
        sentence(sent[0], letter) if sent else "",
        sent,
        [one.in_public for one in replies.all_replies(connection, letter.id)] if sent else [],
        requests.latest(connection, invitation.id) if letter_rules.dispatched(letter) else None,
        suggestions.of_invitation(connection, invitation.id),
    )


def _wanted(connection: Connection, endorsement: Endorsement | None, letter: Letter) -> Suggestion | None:
    if endorsement is None or endorsement.condition_suggestion_id is None or not rules.stands(endorsement, letter):
        return None
    return suggestions.suggestion(connection, endorsement.condition_suggestion_id)


def _read_before(letter: Letter, endorsement: Endorsement | None, read: int | None) -> int:
    """The version to compare the newest with: the one their form was opened on, or the one they endorsed."""
    if read and 0 < read < letter.version:
        return read
    given = endorsement.given_version if endorsement and endorsement.withdrawn_at is None else 0
    return given if 0 < given < letter.version else 0


def show(
    request: WebRequest,
    look: Look,
    status: int = 200,
    *,
    endorse: EndorseForm | None = None,
    decline: DeclineForm | None = None,
    later: LaterForm | None = None,
    forward: ForwardForm | None = None,
    request_form: RequestForm | None = None,
    suggest: SuggestForm | None = None,
    headers: dict[str, str] | None = None,
    problem: str = "",
    done: str = "",
) -> Response:
    site = site_of(request)
    base = f"/e/{request.path_params['token']}"
    stands = rules.stands(look.endorsement, look.letter)
    form = endorse or _prefilled(look)
    kept = form.kept_logo.data = logo.signed(site, look.link.nonce, form.picture)
    form.group.choices = options({name: name for name in look.letter.groups})
    return site.page(
        "answer/letter.html",
        status,
        headers,
        look=look,
        letter=look.letter,
        html=letter_html(site, look.version.text),
        stands=stands,
        held=rules.held(look.endorsement, look.letter),
        once=conditions.words(look.endorsement) if look.endorsement else "",
        rule=conditions.RULE,
        line=line(look.endorsement, look.letter.version) if look.endorsement else None,
        form=form,
        shown=line(form.answer()),
        is_proposed=endorse is None,
        picture=f"{base}/logo.png?{urlencode({'kept': kept})}" if kept else "",
        decline=decline or DeclineForm(data={"reason": look.invitation.reason}),
        later=later or LaterForm(data={"until": look.invitation.deciding_until}),
        forward=forward or ForwardForm(data={"way": "both" if look.open else "look"}),
        request_form=request_form or _request_form(look),
        delivered=letter_rules.dispatched(look.letter),
        still_asked=stands and freshness.is_asked(look.endorsement, look.letter) if look.endorsement else False,
        left_out=stands and look.endorsement is not None and look.endorsement.left_out_at is not None,
        decision_sentence=rules.decision_sentence,
        wishes=requests.WISHES,
        suggest=suggest or SuggestForm(),
        paragraphs=paragraphs(look.version.text),
        base=base,
        problem=problem,
        done=done,
    )


def _prefilled(look: Look) -> EndorseForm:
    """From their last answer, from the last letter they endorsed, or from what the directory knows."""
    answer = look.proposal.answer
    wanted = look.wanted if look.wanted and look.wanted.accepted_in is None else None
    if answer.condition == "text" and wanted is None:  # the letter they answer now says so, or another thing altogether
        answer = replace(answer, condition="")
    words = {"condition_passage": wanted.passage, "condition_replacement": wanted.replacement} if wanted else {}
    form = EndorseForm(data=vars(answer) | {"logo": None} | words)
    form.picture = look.proposal.answer.logo
    return form


def _request_form(look: Look) -> RequestForm:
    """From what stands, or from what they asked for last and wait for."""
    given, asked = look.endorsement, look.request
    if given is None:
        return RequestForm()
    if asked and asked.ended_at is None:
        return RequestForm(data={**asked.line, "wish": asked.wish, "words": asked.words})
    return RequestForm(data=vars(given.answer))


def nonce_of(request: WebRequest, site: Site) -> str | None:
    return site.links.nonce("invitation", request.path_params["token"])
