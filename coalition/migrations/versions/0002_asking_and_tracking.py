"""Asking and tracking: directory, import, merging, reminders, delivery reports, links and tracker"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_memories",
        sa.Column("titles", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("titles", name=op.f("pk_column_memories")),
    )
    op.create_table(
        "register_answers",
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("question", name=op.f("pk_register_answers")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("digest", name=op.f("uq_reports_digest")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_outbox_id"), ["outbox_id"], unique=False)

    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["organisations.id"], name=op.f("fk_merges_kept_id")),
        sa.ForeignKeyConstraint(["merged_id"], ["organisations.id"], name=op.f("fk_merges_merged_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merges_kept_id"), ["kept_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_merged_id"), ["merged_id"], unique=False)

    op.create_table(
        "reminders",
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_reminders_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", "step", name=op.f("pk_reminders")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("preferred", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("made", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminders", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("bounces", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("deciding_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("extended_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("invitation_subject", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("invitation_body", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminder_subject", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminder_body", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminders", sa.JSON(), nullable=True))

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=16), server_default="", nullable=False))

    with op.batch_alter_table("mail_stops", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("search_key", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("approves", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("notice_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("signing_note", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("logo", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("logo_permission", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("provider_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_provider_id"), ["provider_id"], unique=False)
