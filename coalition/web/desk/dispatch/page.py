"""All dispatches of a letter, and what should be known before the next."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from coalition.dispatch import before, records, sharing
from coalition.dispatch.rules import WAYS
from coalition.letters import records as letters
from coalition.letters import rules as letter_rules
from coalition.printings import records as printings
from coalition.web.desk.visit import Visit, at_desk


@at_desk
async def page(visit: Visit) -> Response:
    return await dispatch_page(visit)


async def dispatch_page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        made = printings.all_printings(connection, letter.id)
        return {
            "letter": letter,
            "state": letter_rules.state(letter, visit.now),
            "dispatches": records.all_dispatches(connection, letter.id),
            "printings": made,
            "before": before.before(connection, letter, made[-1].number, visit.now) if made else None,
            "told": sharing.count_told(connection, letter.id),
            "ways": WAYS,
            "lost": records.lost(connection, letter.id),
        }

    return visit.page("dispatch.html", status, problem=problem, done=visit.done, **await visit.database.read(look))
