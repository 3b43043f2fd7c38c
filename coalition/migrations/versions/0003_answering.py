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
        batch_op.add_column(sa.Column("condition_organisation", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("condition_organisation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("condition_suggestion_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("receipt", sa.String(length=64), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_endorsements_condition_organisation_id"),
            "organisations",
            ["condition_organisation_id"],
            ["id"],
        )
        batch_op.create_index("ix_endorsements_organisation_id", ["organisation_id"])
        batch_op.create_index(
            "ix_endorsements_conditional",
            ["letter_id"],
            sqlite_where=sa.text("condition <> ''"),
            postgresql_where=sa.text("condition <> ''"),
        )
    without_receipt = sa.text("receipt IS NULL AND withdrawn_at IS NULL AND held_since IS NULL")
    op.create_index(
        "ix_endorsements_without_receipt",
        "endorsements",
        ["id"],
        sqlite_where=without_receipt,
        postgresql_where=without_receipt,
    )

    op.create_table(
        "joins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_key", sa.Text(), server_default="", nullable=False),
        sa.Column("group", sa.Text(), server_default="", nullable=False),
        sa.Column("signatory", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("authority", sa.String(length=16), nullable=False),
        sa.Column("authority_detail", sa.Text(), server_default="", nullable=False),
        sa.Column("show_signatory", sa.Boolean(), nullable=False),
        sa.Column("website", sa.Text(), server_default="", nullable=False),
        sa.Column("register_id", sa.String(length=64), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("effect", sa.String(length=12), server_default="", nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_joins_invitation_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_joins_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joins")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("joins", schema=None) as batch_op:
        batch_op.create_index("ix_joins_asked_at", ["asked_at"], unique=False)
        batch_op.create_index("ix_joins_email_key_asked_at", ["email_key", "asked_at"], unique=False)
        batch_op.create_index("ix_joins_invitation_id", ["invitation_id"], unique=False)
        batch_op.create_index("ix_joins_letter_id_state", ["letter_id", "state"], unique=False)

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("joinable", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("base", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("next_text", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("next_revision", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("delivered_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("delivered_how", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=12), server_default="first", nullable=False))
        batch_op.add_column(sa.Column("why", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("pdfs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), server_default="0", nullable=False))

    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("wish", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("line", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), server_default="", nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_requests_invitation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_invitation_id"), ["invitation_id"], unique=False)
    op.execute("UPDATE endorsements SET given_version = version")
    op.execute("UPDATE letters SET base = 1 WHERE version > 0")

    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("passage", sa.Text(), server_default="", nullable=False),
        sa.Column("replacement", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("accepted_in", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_suggestions_contact_id")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_suggestions_invitation_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_suggestions_letter_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_suggestions_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("suggestions", schema=None) as batch_op:
        batch_op.create_index("ix_suggestions_letter_id_state", ["letter_id", "state"], unique=False)
        batch_op.create_index("ix_suggestions_invitation_id", ["invitation_id"], unique=False)
        batch_op.create_index("ix_suggestions_state_invitation_id", ["state", "invitation_id"], unique=False)
