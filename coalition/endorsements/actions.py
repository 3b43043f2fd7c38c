"""The answers an organisation gives through its link."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from coalition.base import outbox
from coalition.base.refused import Refused
from coalition.endorsements import records, rules
from coalition.endorsements.conditions import rules as conditions
from coalition.endorsements.conditions import settling
from coalition.endorsements.rules import Answer
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.invitations import records as invitations
from coalition.invitations.actions import Opened, mailed_to, opened_to_answer
from coalition.invitations.rules import AGREED, Invitation, check_answer
from coalition.letters import records as letters
from coalition.letters.rules import check as check_letter
from coalition.organisations.names import name_key, sort_key

Outcome = Literal["endorsed", "changed", "held", "same", "declined", "withdrawn", "later"]


class Incomplete(Exception):
    """The form is not complete; `problems` says for each field what to do."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def endorse(connection: Connection, nonce: str | None, answer: Answer, seen: int | None, now: datetime) -> Outcome:
    """Records an endorsement of the version that was read. The same click again changes nothing.

    On a condition that does not hold yet it is held apart, and counts from when it does. One that counts is changed
    also after the list has closed, until the letter is delivered; it shows in the next printing.

    Raises NotFound, Revoked, Expired, Closed, Dispatched, Overtaken, rules.Stale or Incomplete.
    """
    found = opened_to_answer(connection, nonce, now)
    letter, invitation = found.letter, found.invitation
    before = records.of_organisation(connection, letter.id, invitation.organisation_id)
    stood = before is not None and rules.stands(before, letter)
    if before and stood and rules.said_before(before, answer):
        return "same"
    counted_before = stood and not rules.held(before, letter)
    if counted_before:
        check_letter(letter, "change", now)
    else:
        check_answer(invitation, letter, now)
    wrong = rules.problems(answer, letter, now) | conditions.problems(answer)
    if answer.condition == "organisation" and name_key(answer.condition_organisation) in _called(invitation, answer):
        wrong["condition_organisation"] = "Write the name of another organisation: this is your own."
    if wrong:
        raise Incomplete(wrong)
    rules.check_version(answer, letter)
    rules.check_seen(invitation, seen)
    records.put(
        connection,
        before,
        letter_id=letter.id,
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        answer=answer,
        sort_key=sort_key(answer.name, letter.text.language),
        now=now,
        counts_on=counted_before and before is not None and conditions.same(before, answer),
    )
    who_counts = settling.look(connection, letter.id, now)
    held = answer.condition != "" and invitation.organisation_id not in who_counts.standing
    outcome: Outcome = "held" if held else "changed" if counted_before else "endorsed"
    data: dict[str, Any] = {
        "name": answer.name,
        "group": answer.group,
        "version": answer.version,
        "fingerprint": letters.fingerprint(connection, letter.id, answer.version),
        "authority": answer.authority,
    }
    if answer.logo:
        data |= {"logo": answer.logo, "show_logo": answer.show_logo}
    if answer.condition:
        data["once"] = conditions.words(answer)
    deed = {"held": "endorsed on a condition", "changed": "endorsement changed"}.get(outcome, "endorsed")
    move = "hold" if held else "endorse"
    done = Deed(deed, invitation.organisation, invitation.id, data)
    decided(connection, found, move, done, now, mail="receipt", kind=outcome)
    settling.carry_out(connection, who_counts, now, by=invitation.id)
    return outcome


def give_up_condition(
    connection: Connection, nonce: str | None, version: int, seen: int | None, now: datetime
) -> Outcome:
    """The endorsement that waits, as it was given, on no condition any more. `version` is the one that was read.

    Raises as `endorse` does, and Refused when none waits.
    """
    found = opened_to_answer(connection, nonce, now)
    before = records.of_organisation(connection, found.letter.id, found.invitation.organisation_id)
    if before is None or not rules.stands(before, found.letter):
        raise Refused("Your organisation has no endorsement that waits, so nothing was changed.")
    plain = replace(before.answer, version=version, condition="", condition_count=None, condition_organisation="")
    plain = replace(plain, condition_suggestion_id=None)
    return endorse(connection, nonce, plain, seen, now)


def _called(invitation: Invitation, answer: Answer) -> set[str]:
    return {name_key(invitation.organisation), name_key(answer.name)}


def withdraw(connection: Connection, nonce: str | None, seen: int | None, now: datetime) -> Outcome:
    """Takes an endorsement back. After the list has closed it shows in the next printing.

    Raises as `endorse` does, and Refused when there is nothing to take back.
    """
    found = opened_to_answer(connection, nonce, now)
    before = records.of_organisation(connection, found.letter.id, found.invitation.organisation_id)
    if before is not None and before.withdrawn_at is not None:
        return "same"
    rules.check_seen(found.invitation, seen)
    check_letter(found.letter, "withdraw", now)
    if before is None:
        raise Refused("Your organisation has not endorsed this letter, so there is nothing to withdraw.")
    records.withdraw(connection, before.id, now)
    deed = Deed("withdrew", found.invitation.organisation, found.invitation.id, {"name": before.name})
    decided(connection, found, "withdraw", deed, now, mail="withdrawn")
    settling.settle(connection, found.letter.id, now)
    return "withdrawn"


def decline(connection: Connection, nonce: str | None, reason: str, seen: int | None, now: datetime) -> Outcome:
    """Records a no, with a reason that only the coordinator reads. Raises as `endorse` does."""
    found = opened_to_answer(connection, nonce, now)
    invitation = found.invitation
    if invitation.status == "declined" and invitation.reason == reason:
        return "same"
    check_answer(invitation, found.letter, now)
    rules.check_seen(invitation, seen)
    if invitation.status in AGREED:
        raise Refused("Your organisation has endorsed this letter. To take that back, use “Withdraw”.")
    # The reason is private to the desk, so the history, which outlives it, does not hold it.
    deed = Deed("declined", invitation.organisation, invitation.id)
    decided(connection, found, "decline", deed, now, mail="declined", reason=reason)
    return "declined"


def decided(
    connection: Connection,
    found: Opened,
    move: str,
    deed: Deed,
    now: datetime,
    *,
    mail: str,
    kind: str = "",
    reason: str = "",
    until: date | None = None,
) -> None:
    """What every answer leaves behind: the invitation's status, one entry in the history, one mail to who gave it."""
    one, holder = found.invitation, found.link.contact_id
    values: dict[str, Any] = {"answers": one.answers + 1, "reason": reason, "deciding_until": until}
    values |= {"deciding_contact_id": holder} if until else {"answered_at": now}
    invitations.move(connection, one.id, move, now, **values)
    add_history(connection, found.letter.id, now, deed)
    email = mailed_to(connection, found.link.nonce) or one.email
    if email:
        data = {"kind": kind} if kind else {}
        if holder and holder != one.contact_id:
            data["contact"] = holder  # type: ignore[assignment]
        if until:
            data["until"] = until.isoformat()
        outbox.queue(connection, mail, email, now, letter_id=found.letter.id, subject_id=one.id, data=data)
