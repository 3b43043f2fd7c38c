"""Asking and tracking: directory, import, merging, reminders, delivery reports, links and tracker"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from coalition.base.text import fold

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The invitation's text as it was proposed on the day notes became a part of it.
NOTE_BEFORE = "One page has the whole letter"
INVITATION = """Dear {contact},

{coordinator} asks {organisation} to endorse a joint letter to {addressee}, by {deadline}.

{letter}

{ask}

The letter is led by {leads}.

One page has the whole letter and the forms to endorse or decline. You need no account, and reading it decides nothing.

{link}

Questions? Just reply to this mail: it reaches {coordinator}."""


# What SQLite needs to give no number twice: a table made anew.
ANEW: dict[str, Any] = {"schema": None, "table_kwargs": {"sqlite_autoincrement": True}}


def upgrade() -> None:
    anew = ANEW | {"recreate": "always" if op.get_bind().dialect.name == "sqlite" else "never"}
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
    with op.batch_alter_table("contacts", **anew) as batch_op:
        batch_op.add_column(sa.Column("preferred", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.String(length=12), server_default="given", nullable=False))
        batch_op.add_column(sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("step", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("steps", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("problem", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("who", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("found", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("changes", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("made", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_imports_letter_id", ["letter_id"], unique=False)
    op.execute("UPDATE imports SET state = 'done' WHERE done_at IS NOT NULL")

    op.create_table(
        "register_lookups",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_register_lookups_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_register_lookups")),
    )
    with op.batch_alter_table("register_lookups", schema=None) as batch_op:
        batch_op.create_index("ix_register_lookups_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("is_organisation", sa.Boolean(), nullable=False),
        sa.Column("choice", sa.String(length=8), server_default="", nullable=False),
        sa.Column("same_as", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("import_id", "place", name=op.f("pk_import_rows")),
    )
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.create_index("ix_import_rows_import_id_rank_place", ["import_id", "rank", "place"], unique=False)
        batch_op.create_index("ix_import_rows_import_id_verdict_place", ["import_id", "verdict", "place"], unique=False)
        batch_op.create_index("ix_import_rows_import_id_number", ["import_id", "number"], unique=False)

    with op.batch_alter_table("invitations", **anew) as batch_op:
        kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
        batch_op.add_column(sa.Column("contact_key", kind, server_default="", nullable=False))
        batch_op.add_column(sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminders", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("bounces", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("deciding_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("deciding_contact_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("extended_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("invitation_subject", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("invitation_body", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminder_subject", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminder_body", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminders", sa.JSON(), nullable=True))
    _move_notes()
    # Not in a batch: that would make the table anew, which others refer to.
    op.drop_column("letters", "note")

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("view_only_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("first_subject_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE links SET contact_id = (SELECT contact_id FROM invitations WHERE invitations.nonce = links.nonce) "
        "WHERE purpose = 'invitation'"
    )

    with op.batch_alter_table("mail_stops", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("organisations", **anew) as batch_op:
        batch_op.add_column(sa.Column("search_key", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("approves", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("notice_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("signing_note", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("logo", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("logo_permission", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("logo_permitted_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
        batch_op.drop_constraint("uq_organisations_register_id", type_="unique")
        batch_op.create_index("ix_organisations_sort_key", ["sort_key", "id"], unique=False)
    op.create_index(
        "uq_organisations_register_id",
        "organisations",
        ["register_id"],
        unique=True,
        sqlite_where=sa.text("archived_at IS NULL AND merged_into IS NULL"),
        postgresql_where=sa.text("archived_at IS NULL AND merged_into IS NULL"),
    )
    _fill_search_keys()
    _fill_contact_keys()
    with op.batch_alter_table("endorsements", **anew):
        pass
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index("ix_invitations_organisation_id", ["organisation_id"], unique=False)
        watched = ["letter_id", "status", "sent_at", "deciding_until", "answered_at", "contact_id", "reminders"]
        watched += ["reminded_at", "fetched_at", "read_at", "sort_key", "id"]
        batch_op.create_index("ix_invitations_watched", watched, unique=False)
        batch_op.create_index("ix_invitations_letter_id_contact_key", ["letter_id", "contact_key", "id"], unique=False)
        if op.get_bind().dialect.name == "sqlite":
            batch_op.drop_index("ix_invitations_search")
            searched = ["letter_id", "sort_key", "id", "search_key", "status", "group", "changed_at"]
            searched += ["reminders", "reminded_at", "problem", "bounces"]
            batch_op.create_index("ix_invitations_search", searched, unique=False)
    op.create_table(
        "former_invitations",
        sa.Column("former_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_former_invitations_invitation_id")
        ),
        sa.PrimaryKeyConstraint("former_id", name=op.f("pk_former_invitations")),
    )
    with op.batch_alter_table("former_invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_invitations_invitation_id"), ["invitation_id"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("provider_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_provider_id"), ["provider_id"], unique=False)


def _fill_search_keys() -> None:
    table = sa.table(
        "organisations", *(sa.column(name) for name in ("id", "name", "register_id", "domain", "search_key"))
    )
    rows = op.get_bind().execute(sa.select(table.c.id, table.c.name, table.c.register_id, table.c.domain)).all()
    filled = sa.update(table).where(table.c.id == sa.bindparam("of")).values(search_key=sa.bindparam("key"))
    if rows:
        keys = [
            {"of": id, "key": fold(f"{name} {register_id or ''} {domain}")} for id, name, register_id, domain in rows
        ]
        op.get_bind().execute(filled, keys)


def _fill_contact_keys() -> None:
    contacts = sa.table("contacts", *(sa.column(name) for name in ("id", "name", "email")))
    invitations = sa.table("invitations", *(sa.column(name) for name in ("id", "contact_id", "contact_key")))
    asked = sa.select(invitations.c.id, contacts.c.name, contacts.c.email).where(
        invitations.c.contact_id == contacts.c.id
    )
    filled = (
        sa.update(invitations).where(invitations.c.id == sa.bindparam("of")).values(contact_key=sa.bindparam("key"))
    )
    rows = [
        {"of": id, "key": f"{fold(name or email)[:200]}\t{email}"}
        for id, name, email in op.get_bind().execute(asked).all()
    ]
    if rows:
        op.get_bind().execute(filled, rows)


def _move_notes() -> None:
    """A coordinator's note becomes a part of the invitation, where the mail had it. Braces mean something there."""
    letters = sa.table("letters", sa.column("id"), sa.column("note"), sa.column("invitation_body"))
    connection = op.get_bind()
    for id, note in connection.execute(sa.select(letters.c.id, letters.c.note).where(letters.c.note != "")).all():
        said = note.strip().replace("{", "(").replace("}", ")")
        body = INVITATION.replace(NOTE_BEFORE, f"{{coordinator}} writes:\n\n{said}\n\n{NOTE_BEFORE}") if said else ""
        connection.execute(letters.update().where(letters.c.id == id).values(invitation_body=body))
