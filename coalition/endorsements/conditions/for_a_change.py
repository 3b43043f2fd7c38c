"""Endorsing once a passage is changed: other words are suggested, and the endorsement waits for them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from coalition.endorsements import actions
from coalition.endorsements.actions import Incomplete, Outcome
from coalition.endorsements.rules import Answer
from coalition.endorsements.suggestions import records as suggestions
from coalition.endorsements.suggestions.suggesting import suggest
from coalition.invitations.actions import opened_to_answer
from coalition.letters.passages import folded

FIELDS = {"passage": "condition_passage", "replacement": "condition_replacement"}


def endorse(
    connection: Connection,
    nonce: str | None,
    answer: Answer,
    passage: str,
    replacement: str,
    seen: int | None,
    now: datetime,
) -> Outcome:
    """Raises as actions.endorse and suggesting.suggest do. The same click again makes no second suggestion.

    An answer that waits for nothing, or for others, is as it is without the words.
    """
    if answer.condition != "text":
        return actions.endorse(connection, nonce, answer, seen, now)
    found = opened_to_answer(connection, nonce, now)
    # Words they have suggested already, perhaps with a reason, are meant again.
    theirs = suggestions.of_invitation(connection, found.invitation.id)
    made = next((one.id for one in theirs if one.state == "open" and _says(one, passage, replacement)), None)
    try:
        id = made or suggest(connection, found, passage, replacement, "", answer.version, now, mail=False)
    except Incomplete as wrong:
        problems = {FIELDS.get(field, field): sentence for field, sentence in wrong.problems.items()}
        raise Incomplete(problems) from None
    return actions.endorse(connection, nonce, replace(answer, condition_suggestion_id=id), seen, now)


def _says(one: suggestions.Suggestion, passage: str, replacement: str) -> bool:
    return folded(one.passage) == folded(passage) and folded(one.replacement) == folded(replacement)
