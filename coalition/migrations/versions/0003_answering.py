"""Answering: versions of two kinds, and room for conditions and for logos that come with an endorsement"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    # What SQLite needs to keep a table's numbers from being given twice, when the table is made anew.
    anew: Any = {"table_kwargs": {"sqlite_autoincrement": True}, "recreate": "always" if sqlite else "never"}
    with op.batch_alter_table("endorsements", schema=None, **anew) as batch_op:
        batch_op.add_column(sa.Column("given_version", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("logo", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("show_logo", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("condition", sa.String(length=12), server_default="", nullable=False))
        batch_op.add_column(sa.Column("condition_count", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("condition_organisation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_endorsements_condition_organisation_id"),
            "organisations",
            ["condition_organisation_id"],
            ["id"],
        )
        batch_op.create_index("ix_endorsements_organisation_id", ["organisation_id"])

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("base", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("next_text", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("next_revision", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=12), server_default="first", nullable=False))
        batch_op.add_column(sa.Column("why", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE endorsements SET given_version = version")
    op.execute("UPDATE letters SET base = 1 WHERE version > 0")
