"""Taking a list back that was imported, as long as nobody of it was asked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from coalition.base.database import Database
from coalition.base.refused import Refused
from coalition.history.records import Deed
from coalition.history.records import add as add_history
from coalition.letters import records as letters
from coalition.organisations.spreadsheets import lists, traces
from coalition.organisations.spreadsheets.lists import Claim, Import

AT_ONCE: Final = 500


def may_undo(connection: Connection, listed: Import) -> str:
    """Why it cannot be undone, as a sentence; empty when it can."""
    if listed.state != "done":
        return {
            "undone": "This list has been taken back already.",
            "undoing": "This list is being taken back.",
            "importing": "This list is still being imported.",
        }.get(listed.state, "This list has not been imported.")
    if not listed.made:
        return "This list was imported before imports could be undone."
    if asked := traces.how_many_asked(connection, listed.made["on_list"]):
        whom = "One organisation" if asked == 1 else f"{asked:,} organisations"
        return f"{whom} of this list {'has' if asked == 1 else 'have'} been asked, so it can no longer be taken back."
    return ""


def begin(connection: Connection, slug: str, import_id: int, who: str, now: datetime) -> Claim:
    """A person has pressed "Take it back". Raises Refused with the reason why that cannot be."""
    letter = letters.letter_by_slug(connection, slug)
    listed = lists.an_import(connection, letter.id, import_id)
    if why := may_undo(connection, listed):
        raise Refused(why)
    made = listed.made or {}
    left = {"kept": {"organisations": 0, "contacts": 0, "on_list": 0}, "before": _numbers(made)}
    steps = sum(left["before"].values())
    values = {"who": who, "step": 0, "steps": steps, "made": {**made, **left}}
    claim = lists.again(connection, import_id, "undoing", ("done",), now, hold=True, **values)
    if claim is None:
        raise Refused("This list is being taken back.")
    return claim


def take_back(database: Database, claim: Claim, clock: Callable[[], datetime]) -> None:
    """All of it, write by write. Raises lists.TakenOver when somebody else goes on with it."""
    while not database.write_now(take_back_some, claim, clock()):
        pass


def take_back_some(connection: Connection, claim: Claim, now: datetime, most: int = AT_ONCE) -> bool:
    """The last that was made goes first: places on the list, then contacts, then organisations. True at the end."""
    listed = lists.held(connection, claim)
    made: dict[str, Any] = dict(listed.made or {})
    for name, take_out in _WAYS.items():
        if some := made[name][-most:]:
            made[name] = made[name][:-most]
            kept = len(some) - take_out(connection, some)
            made["kept"] = {**made["kept"], name: made["kept"][name] + kept}
            lists.go_on(connection, claim, now, made=made, step=listed.step + len(some))
            return False
    lists.go_on(connection, claim, now, made=made, state="undone", undone_at=now)
    gone = {name: number - made["kept"][name] for name, number in made["before"].items()}
    deed = Deed("import undone", listed.who, data={**gone, "kept": made["kept"]["organisations"], "list": claim.id})
    add_history(connection, listed.letter_id, now, deed)
    return True


_WAYS: Final[dict[str, Callable[[Connection, list[Any]], int]]] = {
    "on_list": traces.take_off_list,
    "contacts": traces.take_out_contacts,
    "organisations": traces.take_out_organisations,
}


def _numbers(made: dict[str, Any]) -> dict[str, int]:
    return {name: len(made[name]) for name in _WAYS}
