"""The tracker: one row per organisation, and the export of what is shown."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from coalition.base import mailed
from coalition.base.spreadsheet import Write, csv_bytes, xlsx_bytes
from coalition.dispatch import nudges
from coalition.invitations import records as invitations
from coalition.invitations.rules import MOVES, STATUSES
from coalition.invitations.tracker import choosing, counting, exporting, progress, tracking, watching
from coalition.invitations.tracker.choosing import DEEDS
from coalition.invitations.tracker.tracking import COUNTED_MOST, PAGE, UNREAD_DAYS
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.web.desk.tracker import bulk, filters
from coalition.web.desk.tracker.filters import View
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.forms.fields import whole_number

T = TypeVar("T")

SOON_DAYS = 3  # before the date we asked for: time to remind


@at_desk
async def tracker(visit: Visit) -> Response:
    """The whole page; or its live part alone, for the script that puts it in the place of the old one."""
    given = visit.request.query_params
    view = filters.view(given)
    if "go" in given:  # the form says every field: an address to keep says what differs from usual
        return RedirectResponse(_address(visit, view), 303)
    live = visit.request.headers.get("x-part") == "live"
    return visit.page(
        "tracker_live.html" if live else "tracker.html",
        **await visit.database.read(_look, visit, view),
        statuses=STATUSES,
        askable=MOVES["ask"][0],
        first=(view.wanted.page - 1) * PAGE + 1,
        counted_most=COUNTED_MOST,
        address=lambda **changes: _address(visit, view, **changes),
        filters=filters,
        reasons=choosing.LEFT_OUT,
        unread_days=UNREAD_DAYS,
        done=visit.done,
        said={name: whole_number(value) for name, value in given.items()},
    )


def _look(connection: Connection, visit: Visit, asked: View) -> dict[str, Any]:
    letter = letters.letter_by_slug(connection, visit.slug)
    view = asked.of(letter, visit.now)
    left = bulk.left_out(visit.request.query_params) if visit.done in DEEDS else {}
    counts, sign = counting.counted(connection, letter.id)
    sections = tracking.sections(connection, letter.id, view.folded, letter.groups)
    rows, total = tracking.tracker(connection, letter.id, view.folded, counts, sections)
    # As long as nothing has happened to the letter, and it is the same hour.
    still = (visit.database.url, letter.id, letter.revision, sign, f"{visit.now:%Y-%m-%dT%H}")
    state = rules.state(letter, visit.now)
    today = tracking.today(view.wanted)
    days = (letter.soft_deadline - today).days if letter.soft_deadline else None
    return {
        "letter": letter,
        "state": state,
        "missing": rules.not_ready(letter, visit.now) if letter.state == "draft" else {},
        "counts": counts,
        "everyone": sum(counts.values()),
        "needs": _while_nothing_happens(("needs", *still), lambda: watching.needs(connection, letter.id, view.wanted)),
        "timed": mailed.timed(connection, letter.id, "invitation", visit.now) if counts.get("queued") else [],
        # Whoever looks for somebody wants rows.
        "found": _while_nothing_happens(
            ("progress", *still), lambda: progress.look(connection, letter, visit.now, counts)
        )
        if counts and view.shows_all
        else None,
        "overdue": nudges.overdue(connection, letter, visit.now) if rules.dispatched(letter) else False,
        "soon": days if days is not None and 0 <= days <= SOON_DAYS and state == "open" else None,
        "rows": rows,
        "total": total,
        "sections": {one.key: one for one in sections},
        "sign": sign,
        "left": left,
        "names": invitations.names(connection, {id for _, ids in left.values() for id in ids}),
        "wanted": view.wanted,
        "columns": view.columns,
    }


def _while_nothing_happens(key: tuple[object, ...], look: Callable[[], T]) -> T:
    """What takes long on a long list, kept for the next visitor and the next page."""
    if key not in _KEPT:
        if len(_KEPT) >= 200:
            _KEPT.clear()
        _KEPT[key] = look()
    found: T = _KEPT[key]
    return found


_KEPT: dict[tuple[object, ...], Any] = {}


def _address(visit: Visit, view: View, **changes: Any) -> str:
    """This page with some parts of its address changed; another filter or order begins at page 1."""
    query = view.query(**changes)
    return f"/desk/letters/{visit.slug}" + (f"?{query}" if query else "")


@at_desk
async def export_csv(visit: Visit) -> Response:
    """What the tracker shows, all pages of it, as CSV."""
    return await _export(visit, "csv", "text/csv; charset=utf-8", csv_bytes)


@at_desk
async def export_xlsx(visit: Visit) -> Response:
    """The same as a workbook."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return await _export(visit, "xlsx", kind, xlsx_bytes)


async def _export(visit: Visit, ending: str, kind: str, write: Write) -> Response:
    asked = filters.view(visit.request.query_params)

    def look(connection: Connection) -> bytes:
        letter = letters.letter_by_slug(connection, visit.slug)
        wanted = asked.of(letter, visit.now).folded
        sections = tracking.sections(connection, letter.id, wanted, letter.groups)
        rows = exporting.export(connection, letter.id, wanted, sections)
        return write(exporting.COLUMNS, (tuple(vars(row).values()) for row in rows))

    name = f'attachment; filename="{visit.slug}-endorsers.{ending}"'
    return Response(await visit.database.read_long(look), media_type=kind, headers={"Content-Disposition": name})
