"""Printing and delivering: how the page is set, by what order, why a printing was made, what came of it"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# A printing is for ever: the database itself refuses to alter or remove one, its sheet, or what was set from it. A
# later migration that copies these tables makes the triggers anew.
_NEVER = "a printing is never altered or removed"
_KEPT = {
    "printing_altered": "UPDATE ON printings FOR EACH ROW",
    "printing_removed": "DELETE ON printings FOR EACH ROW",
    "sheet_altered": "UPDATE OF content, sheet ON pdfs FOR EACH ROW",
    "pdf_altered": "UPDATE OF state, sha256 ON pdfs FOR EACH ROW WHEN (OLD.state = 'set')",
}


def _keep_printings() -> None:
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
    else:
        body = f"$$ BEGIN RAISE EXCEPTION '{_NEVER}'; END $$"
        op.execute(f"CREATE FUNCTION refuse_to_alter() RETURNS trigger LANGUAGE plpgsql AS {body}")
        refuse = "EXECUTE FUNCTION refuse_to_alter()"
    for name, deed in _KEPT.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {deed} {refuse}")


def upgrade() -> None:
    letters: tuple[sa.Column[Any], ...] = (
        sa.Column("paper", sa.String(length=8), server_default="a4", nullable=False),
        sa.Column("density", sa.String(length=12), server_default="comfortable", nullable=False),
        sa.Column("signatory_place", sa.String(length=8), server_default="under", nullable=False),
        sa.Column("letterhead", sa.String(length=8), server_default="names", nullable=False),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("consent_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("dispatch_moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nudge_days", sa.Integer(), server_default="14", nullable=False),
        sa.Column("outcome", sa.String(length=12), server_default="", nullable=False),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("outcome_words", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome_told", sa.String(length=12), server_default="", nullable=False),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
    )
    endorsements = (
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("fresh_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printed_in", sa.Integer(), nullable=True),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True),
    )
    pdfs = (
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("steps", sa.Integer(), server_default="0", nullable=False),
    )
    printings = (
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("changes", sa.JSON(), nullable=True),
    )
    for table, columns in (
        ("letters", letters),
        ("endorsements", endorsements),
        ("pdfs", pdfs),
        ("printings", printings),
    ):
        for column in columns:
            op.add_column(table, column)
    _dispatches()
    _replies()
    _keep_printings()


def _dispatches() -> None:
    """What was noted on the letter of its delivery becomes the first of its dispatches."""
    op.create_table(
        "dispatches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("printing", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("whom", sa.Text(), server_default="", nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("handed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("taken_by", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("proof_kind", sa.String(length=4), server_default="", nullable=False),
        sa.Column("proof_name", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_dispatches_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
    )
    op.create_index(op.f("ix_dispatches_letter_id"), "dispatches", ["letter_id"])
    op.create_index("ix_dispatches_state_undo_until", "dispatches", ["state", "undo_until"])
    op.create_table(
        "dispatch_recipients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name=op.f("fk_dispatch_recipients_dispatch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_recipients")),
    )
    op.create_index(op.f("ix_dispatch_recipients_dispatch_id"), "dispatch_recipients", ["dispatch_id"])
    op.execute(_NOTED)
    op.drop_column("letters", "delivered_on")
    op.drop_column("letters", "delivered_how")
    op.execute(_PRINTED)
    op.execute(_TOLD)  # whose letter was delivered before hears nothing of it now
    printed = sa.text("printed_in IS NOT NULL AND final_at IS NULL")
    op.create_index(
        "ix_endorsements_printed",
        "endorsements",
        ["letter_id", "printed_in", "id"],
        sqlite_where=printed,
        postgresql_where=printed,
    )


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("whom", sa.Text(), server_default="", nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("quote", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("proof_kind", sa.String(length=4), server_default="", nullable=False),
        sa.Column("proof_name", sa.Text(), server_default="", nullable=False),
        sa.Column("show_quote", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("show_proof", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_replies_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
    )
    op.create_index(op.f("ix_replies_letter_id"), "replies", ["letter_id"])


_NOTED = """
    INSERT INTO dispatches (letter_id, printing, way, state, day, words, begun_at, undo_until, happened_at,
        told_at)
    SELECT letters.id, COALESCE(MAX(printings.number), 1), 'other', 'noted', delivered_on, delivered_how, dispatched_at,
        dispatched_at, dispatched_at, dispatched_at
    FROM letters LEFT JOIN printings ON printings.letter_id = letters.id AND printings.printed_at <= dispatched_at
    WHERE dispatched_at IS NOT NULL GROUP BY letters.id, delivered_on, delivered_how, dispatched_at
"""
_PRINTED = """
    UPDATE endorsements SET printed_in = (SELECT MIN(number) FROM printings
        WHERE printings.letter_id = endorsements.letter_id AND printed_at >= endorsed_at)
    WHERE withdrawn_at IS NULL AND held_since IS NULL
"""
_TOLD = """
    UPDATE endorsements SET final_at = (SELECT dispatched_at FROM letters WHERE letters.id = endorsements.letter_id)
    WHERE printed_in IS NOT NULL
"""
