"""Printing and delivering: how the page is set, by what order, why a printing was made, what came of it"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


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
    )
    endorsements = (
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("fresh_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_out_at", sa.DateTime(timezone=True), nullable=True),
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
