"""Endorsements: one row per organisation and letter, whatever happens."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, insert, select, update

from coalition.endorsements.rules import Answer, Endorsement
from coalition.tables import endorsements, letters, organisations

_columns: tuple[ColumnElement[Any], ...] = (
    endorsements.c.id,
    endorsements.c.organisation_id,
    endorsements.c.invitation_id,
    endorsements.c.version,
    endorsements.c.name,
    endorsements.c.group,
    endorsements.c.signatory,
    endorsements.c.role,
    endorsements.c.authority,
    endorsements.c.authority_detail,
    endorsements.c.show_signatory,
    endorsements.c.sort_key,
    endorsements.c.endorsed_at,
    endorsements.c.withdrawn_at,
    endorsements.c.given_version,
    endorsements.c.told_at,
    endorsements.c.logo,
    endorsements.c.show_logo,
    endorsements.c.condition,
    endorsements.c.condition_count,
    endorsements.c.condition_organisation,
    endorsements.c.condition_suggestion_id,
    endorsements.c.held_since,
    endorsements.c.fresh_asked_at,
    endorsements.c.fresh_at,
    endorsements.c.kept_at,
    endorsements.c.left_out_at,
    endorsements.c.place,
)
_of = select(*_columns).where(
    endorsements.c.letter_id == bindparam("letter_id"),
    endorsements.c.organisation_id == bindparam("organisation_id"),
)
# Which endorsements stand. The letter's base is the newest version that is no correction: whoever agreed to an older
# one agreed to another letter.
_base = select(letters.c.base).where(letters.c.id == bindparam("of_letter")).scalar_subquery()
STANDING: tuple[ColumnElement[bool], ...] = (
    endorsements.c.letter_id == bindparam("of_letter"),
    endorsements.c.withdrawn_at.is_(None),
    endorsements.c.version >= _base,
)
# Which of them count: every list, number, page and print asks here, and nowhere else.
COUNTED = (*STANDING, endorsements.c.held_since.is_(None), endorsements.c.left_out_at.is_(None))
_undersigned = select(*_columns).where(*COUNTED)
_with_register = (
    select(organisations.c.register_id, *_columns)
    .join_from(endorsements, organisations, organisations.c.id == endorsements.c.organisation_id)
    .where(*COUNTED)
)
_count = select(func.count()).select_from(endorsements).where(*COUNTED)


def of_organisation(connection: Connection, letter_id: int, organisation_id: int) -> Endorsement | None:
    """The organisation's endorsement of a letter, standing or withdrawn."""
    row = connection.execute(_of, {"letter_id": letter_id, "organisation_id": organisation_id}).first()
    return Endorsement(*row) if row else None


def standing(connection: Connection, letter_id: int) -> list[Endorsement]:
    """All that stand, in no order: undersigned.grouped() gives them theirs."""
    return [Endorsement(*row) for row in connection.execute(_undersigned, {"of_letter": letter_id})]


def standing_with_register(connection: Connection, letter_id: int) -> list[tuple[str | None, Endorsement]]:
    """All that stand, in no order, each with its register number."""
    return [(row[0], Endorsement(*row[1:])) for row in connection.execute(_with_register, {"of_letter": letter_id})]


def count(connection: Connection, letter_id: int) -> int:
    return connection.execute(_count, {"of_letter": letter_id}).scalar_one()


_insert = insert(endorsements)
_put = (
    update(endorsements)
    .where(endorsements.c.id == bindparam("of"))
    .values(
        {
            column: bindparam(f"new_{column}")
            for column in (
                "version",
                "name",
                "group",
                "signatory",
                "role",
                "authority",
                "authority_detail",
                "show_signatory",
                "sort_key",
                "endorsed_at",
                "withdrawn_at",
                "given_version",
                "told_at",
                "logo",
                "show_logo",
                "condition",
                "condition_count",
                "condition_organisation",
                "condition_suggestion_id",
                "held_since",
                "left_out_at",
                "receipt",
            )
        }
        | {  # whose name it is stays known as long as it is the same name, also where that one is called otherwise now
            "condition_organisation_id": case(
                (
                    endorsements.c.condition_organisation == bindparam("new_condition_organisation"),
                    endorsements.c.condition_organisation_id,
                ),
                else_=None,
            ),
            # A place counts within a group: in another one it begins as a new one does.
            "place": case((endorsements.c.group == bindparam("new_group"), endorsements.c.place), else_=None),
        }
    )
)


def put(
    connection: Connection,
    before: Endorsement | None,
    *,
    letter_id: int,
    organisation_id: int,
    invitation_id: int,
    answer: Answer,
    sort_key: str,
    now: datetime,
    counts_on: bool = False,
) -> None:
    """Records the answer: a first endorsement, a change of one, or one given again after a withdrawal.

    On a condition it is held apart, until settling.carry_out finds that it holds; `counts_on`: it counts already on
    that condition.
    """
    values: dict[str, Any] = {**vars(answer), "sort_key": sort_key, "endorsed_at": now, "withdrawn_at": None}
    values |= {"given_version": answer.version, "told_at": None, "receipt": None, "left_out_at": None}
    values |= {"held_since": now if answer.condition and not counts_on else None}
    if before is None:
        connection.execute(
            _insert,
            values | {"letter_id": letter_id, "organisation_id": organisation_id, "invitation_id": invitation_id},
        )
    else:
        connection.execute(_put, {"of": before.id} | {f"new_{column}": value for column, value in values.items()})


def withdraw(connection: Connection, id: int, now: datetime) -> bool:
    done = connection.execute(
        update(endorsements)
        .where(endorsements.c.id == id, endorsements.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, printed_in=None)
    )
    return done.rowcount == 1


_printed = update(endorsements).where(*COUNTED, endorsements.c.printed_in.is_(None))


def note_printed(connection: Connection, letter_id: int, number: int) -> None:
    """Those of the undersigned who are printed for the first time are in printing `number`."""
    connection.execute(_printed.values(printed_in=number), {"of_letter": letter_id})
