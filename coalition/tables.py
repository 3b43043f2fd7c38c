"""The schema on one page. Every SQL statement lives in a `records.py`; every table lives here."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC on both databases: SQLite drops the zone on the way in, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> "Column[int]":
    return Column("id", Integer, primary_key=True)


def _to(target: str, *, null: bool = False) -> "Column[int]":
    table = target.rstrip("s")
    return Column(f"{table}_id", Integer, ForeignKey(f"{target}.id"), nullable=null)


def _text(name: str, *, null: bool = False) -> "Column[str]":
    return Column(name, Text, nullable=null, server_default=None if null else "")


def _sort_key(name: str = "sort_key") -> "Column[str]":
    # Ordered by code point on both databases; names.sort_key has done the language's part.
    kind = Text().with_variant(Text(collation="C"), "postgresql")
    return Column(name, kind, nullable=False, server_default="")


def _moment(name: str, *, null: bool = True) -> "Column[datetime]":
    return Column(name, Moment, nullable=null)


def _data(name: str) -> "Column[Any]":
    return Column(name, JSON, nullable=False)


coordinators = Table(
    "coordinators",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),  # kept as email_key() writes it
    _text("name"),
    _moment("added_at", null=False),
)

# One row per signed link (invitation, sign-in, session). The token carries only the nonce, so a link can be revoked
# or used up here, and nothing is ever keyed on the token's own characters.
links = Table(
    "links",
    metadata,
    Column("nonce", String(32), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("subject_id", Integer, nullable=False),
    _moment("issued_at", null=False),
    _moment("expires_at"),
    _moment("revoked_at"),
    Column("reason", String(16), nullable=False, server_default=""),  # of revoking: invitations.rules.ENDINGS
    Column("contact_id", Integer),  # whom an invitation's link was mailed to: there may be several, each with one
    _moment("view_only_since"),  # its holder passed the letter on, and answers no more
    _moment("used_at"),
    Column("first_subject_id", Integer),  # the invitation it was mailed for, when that one was merged into another
    Index("ix_links_purpose_subject_id", "purpose", "subject_id"),
)

letters = Table(
    "letters",
    metadata,
    _id(),
    Column("slug", String(80), nullable=False, unique=True),
    _to("coordinators"),
    Column("state", String(12), nullable=False),  # letters.rules.MOVES; "closed" by deadline is computed, not stored
    _data("text"),  # LetterText as data: what is being drafted; what was asked is in versions
    _data("groups"),  # names, in the order they are printed
    Column("leads_first", Boolean, nullable=False),
    Column("soft_deadline", Date),
    _moment("hard_deadline"),
    Column("time_zone", String(64), nullable=False),
    Column("dispatch_on", Date),
    Column("decision_on", Date),
    _text("decided_by"),
    _moment("embargo_until"),
    Column("visibility", String(8), nullable=False),  # private, link, public
    Column("show_undersigned", Boolean, nullable=False),  # may those asked see who has endorsed
    Column("joinable", Boolean, nullable=False, server_default=true()),  # may others ask to join, when it is public
    _text("invitation_subject"),  # both empty: the words we propose
    _text("invitation_body"),
    _text("reminder_subject"),
    _text("reminder_body"),
    Column("reminders", JSON),  # the schedule, as invitations.reminding writes it; null: none
    Column("version", Integer, nullable=False),  # number of the newest frozen version, 0 while drafting
    Column("base", Integer, nullable=False, server_default="0"),  # newest version that is no correction: who counts
    Column("next_text", JSON),  # LetterText as data: the next version while it is being written; null: none is
    Column("next_revision", Integer, nullable=False, server_default="0"),  # counts its saves
    Column("revision", Integer, nullable=False),  # counts saves, so that a second tab cannot overwrite the first
    _moment("created_at", null=False),
    _moment("opened_at"),
    _moment("closed_at"),
    _moment("dispatched_at"),  # when the first of its `dispatches` happened: letters.rules.dispatched
    Column("paper", String(8), nullable=False, server_default="a4"),  # letters.printed.PAPERS
    Column("density", String(12), nullable=False, server_default="comfortable"),  # letters.printed.DENSITIES
    Column("signatory_place", String(8), nullable=False, server_default="under"),  # or beside the name
    Column("letterhead", String(8), nullable=False, server_default="names"),  # of the leads: names, logos, none
    Column("by_hand", Boolean, nullable=False, server_default=false()),  # the undersigned stand as `place` says
    Column("consent_days", Integer, nullable=False, server_default="30"),  # an older endorsement is asked again
    _moment("dispatch_moved_at"),  # when the dispatch date was last moved: what was given before is asked again
    Column("nudge_days", Integer, nullable=False, server_default="14"),  # without a reply; 0: never
    Column("outcome", String(12), nullable=False, server_default=""),  # won, partly won, lost, no reply
    Column("outcome_on", Date),
    _text("outcome_words"),
    Column("outcome_told", String(12), nullable=False, server_default=""),  # the outcome that endorsers were mailed
    _moment("nudged_at"),  # when its coordinator was mailed that no reply had come
)

versions = Table(
    "versions",
    metadata,
    _id(),
    _to("letters"),
    Column("number", Integer, nullable=False),
    _data("text"),
    _text("canonical"),
    Column("fingerprint", String(64), nullable=False),
    _moment("frozen_at", null=False),
    Column("kind", String(12), nullable=False, server_default="first"),  # letters.rules.KINDS
    _text("why"),  # the coordinator's words to those who read the one before
    UniqueConstraint("letter_id", "number"),
)

organisations = Table(
    "organisations",
    metadata,
    _id(),
    _text("name"),
    Column("name_key", Text, nullable=False, index=True),
    _sort_key(),
    Column("register_id", String(64)),  # an org-id such as GB-CHC-202918
    _text("website"),
    Column("domain", Text, nullable=False, server_default="", index=True),
    _text("kind"),
    _text("country"),
    _moment("added_at", null=False),
    _text("search_key"),
    _text("approves"),  # who there decides about signing: organisations.rules.APPROVERS
    Column("notice_days", Integer),  # how many days of notice they need
    _text("signing_note"),
    Column("logo", String(64)),  # SHA-256 of the kept, re-encoded picture
    _text("logo_permission"),  # who gave it; empty: it may not be printed
    Column("logo_permitted_on", Date),
    _moment("archived_at"),
    Column("merged_into", Integer),  # the organisation this one became a part of; its row stays, for undoing
    Column("revision", Integer, nullable=False, server_default="0"),  # counts saves, as a letter's does
    Index("ix_organisations_sort_key", "sort_key", "id"),
    Index(  # of those in use: one that is archived or merged proposes itself to nobody
        "uq_organisations_register_id",
        "register_id",
        unique=True,
        sqlite_where=text("archived_at IS NULL AND merged_into IS NULL"),
        postgresql_where=text("archived_at IS NULL AND merged_into IS NULL"),
    ),
    # Rows that merging or undoing an import takes out leave numbers behind in history, mail and links: they are not
    # given to others. PostgreSQL does so by itself.
    sqlite_autoincrement=True,
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    _to("organisations"),
    _text("name"),
    Column("email", String(254), nullable=False, index=True),
    _text("role"),
    Column("preferred", Boolean, nullable=False, server_default=false()),  # whom a new letter asks first
    _moment("left_at"),  # no longer there: kept for the history, asked no more
    UniqueConstraint("organisation_id", "email"),
    sqlite_autoincrement=True,
)

mail_stops = Table(  # addresses that get no more mail: unsubscribed, bounced, complained
    "mail_stops",
    metadata,
    Column("email", String(254), primary_key=True),
    _text("reason"),
    _text("said"),  # the mail server's words, of a bounce
    _moment("stopped_at", null=False),
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    _to("letters"),
    _to("organisations"),
    _to("contacts", null=True),
    Column("group", Text, nullable=False, server_default=""),
    Column("status", String(12), nullable=False),  # invitations.rules.MOVES
    Column("nonce", String(32), unique=True),  # of its present link; null until asked
    _sort_key(),  # copied, so that a page of the tracker is one walk of an index
    _text("search_key"),
    _sort_key("contact_key"),  # of the contact, copied for the same reason: invitations.keys
    _text("problem"),  # why the mail could not be sent, in words
    _text("reason"),  # of declining; private to the desk
    Column("answers", Integer, nullable=False, server_default="0"),  # how many decisions: a stale form is told
    _moment("added_at", null=False),
    _moment("sent_at"),
    _moment("read_at"),
    _moment("fetched_at"),  # the link was first loaded, by a person or by a program
    _moment("reminded_at"),
    Column("reminders", Integer, nullable=False, server_default="0"),  # how many have been queued
    Column("bounces", Integer, nullable=False, server_default="0"),  # temporary ones since the last mail that arrived
    Column("deciding_until", Date),
    Column("deciding_contact_id", Integer),  # who said so, and is written to on that morning
    _moment("extended_until"),  # this organisation's own hard deadline, later than the letter's
    _moment("answered_at"),
    _moment("changed_at", null=False),
    UniqueConstraint("letter_id", "organisation_id"),
    Index("ix_invitations_letter_id_sort_key", "letter_id", "sort_key", "id"),
    Index("ix_invitations_letter_id_group_sort_key", "letter_id", "group", "sort_key", "id"),
    Index("ix_invitations_letter_id_status_sort_key", "letter_id", "status", "sort_key", "id"),
    Index("ix_invitations_letter_id_status_group", "letter_id", "status", "group"),  # narrow, for counting
    Index("ix_invitations_letter_id_changed_at", "letter_id", "changed_at", "id"),
    # What is searched, and sorted by, stands in the index itself: a quarter of the time. PostgreSQL bounds how long an
    # entry may be.
    Index(
        "ix_invitations_search",
        *("letter_id", "sort_key", "id", "search_key", "status", "group", "changed_at"),
        *("reminders", "reminded_at", "problem", "bounces"),
    ).ddl_if(dialect="sqlite"),
    Index("ix_invitations_letter_id_contact_key", "letter_id", "contact_key", "id"),
    Index("ix_invitations_organisation_id", "organisation_id"),
    # What the tracker's filters ask for stands in one index: counting ten thousand rows never looks at a row.
    Index(
        "ix_invitations_watched",
        *("letter_id", "status", "sent_at", "deciding_until", "answered_at", "contact_id", "reminders", "reminded_at"),
        *("fetched_at", "read_at", "sort_key", "id"),
    ),
    sqlite_autoincrement=True,
)

former_invitations = Table(  # one that merging took out, and the one that its history and mail belong to now
    "former_invitations",
    metadata,
    Column("former_id", Integer, primary_key=True, autoincrement=False),
    Column("invitation_id", Integer, ForeignKey("invitations.id"), nullable=False, index=True),
)

endorsements = Table(
    "endorsements",
    metadata,
    _id(),
    _to("letters"),
    _to("organisations"),
    _to("invitations"),
    Column("version", Integer, nullable=False),
    Column("given_version", Integer, nullable=False, server_default="0"),  # the one that was read and agreed to
    _text("name"),  # as printed
    Column("group", Text, nullable=False, server_default=""),
    _text("signatory"),
    _text("role"),
    Column("authority", String(16), nullable=False),
    _text("authority_detail"),
    Column("show_signatory", Boolean, nullable=False),
    _sort_key(),
    _moment("endorsed_at", null=False),
    _moment("withdrawn_at"),
    _moment("told_at"),  # when the correction that it was carried to was mailed
    Column("logo", String(64)),  # SHA-256 of the picture they gave with it
    Column("show_logo", Boolean, nullable=False, server_default=false()),
    Column("condition", String(12), nullable=False, server_default=""),  # endorsements.conditions.Kind; empty: none
    Column("condition_count", Integer),
    _text("condition_organisation"),  # the name as they typed it
    Column("condition_organisation_id", Integer, ForeignKey("organisations.id")),  # whose that is, once it has endorsed
    Column("condition_suggestion_id", Integer),  # of theirs, in `suggestions`: the words that they ask for
    _moment("held_since"),  # its condition does not hold: kept apart from the undersigned
    Column("receipt", String(64)),  # the content of the PDF that says what was endorsed; null: not asked for yet
    Column("place", Integer),  # where it stands when the undersigned are ordered by hand
    _moment("fresh_asked_at"),  # before dispatch they were asked whether they are still happy
    _moment("fresh_at"),  # and said that they are
    _moment("kept_at"),  # the desk decided to print it all the same, though nothing was heard
    _moment("left_out_at"),  # or to leave it out until something is
    Column("printed_in", Integer),  # the first printing that carries it, as long as it stands
    _moment("final_at"),  # when its mail with the printing that was dispatched was owed
    UniqueConstraint("letter_id", "organisation_id"),  # one organisation, one endorsement
    Index("ix_endorsements_organisation_id", "organisation_id"),  # what it signed before
    Index(  # of those who are still to get the printing
        "ix_endorsements_printed",
        *("letter_id", "printed_in", "id"),
        sqlite_where=text("printed_in IS NOT NULL AND final_at IS NULL"),
        postgresql_where=text("printed_in IS NOT NULL AND final_at IS NULL"),
    ),
    Index(  # whether a letter has any, and which: nothing where there is none
        "ix_endorsements_conditional",
        "letter_id",
        sqlite_where=text("condition <> ''"),
        postgresql_where=text("condition <> ''"),
    ),
    Index(  # of those whose receipt is still to be asked for, which is nearly none
        "ix_endorsements_without_receipt",
        "id",
        sqlite_where=text("receipt IS NULL AND withdrawn_at IS NULL AND held_since IS NULL"),
        postgresql_where=text("receipt IS NULL AND withdrawn_at IS NULL AND held_since IS NULL"),
    ),
    sqlite_autoincrement=True,
)

suggestions = Table(  # other words for a passage of the letter
    "suggestions",
    metadata,
    _id(),
    _to("letters"),
    _to("organisations"),
    _to("invitations"),
    _to("contacts", null=True),  # who is told what became of it
    Column("version", Integer, nullable=False),  # the one that was read
    Column("place", String(12), nullable=False),  # letters.passages.PLACES
    _text("passage"),  # as it is read there
    _text("replacement"),  # empty: it is to be left out
    _text("reason"),
    _moment("made_at", null=False),
    Column("state", String(12), nullable=False),  # endorsements.suggestions.STATES
    _text("answer"),  # the coordinator's words, where it was not taken
    _moment("decided_at"),
    _text("decided_by"),
    Column("accepted_in", Integer),  # number of the version that says it; null while that is not published
    Index("ix_suggestions_letter_id_state", "letter_id", "state"),
    Index("ix_suggestions_invitation_id", "invitation_id"),
    Index("ix_suggestions_state_invitation_id", "state", "invitation_id"),
    sqlite_autoincrement=True,
)

requests = Table(  # after dispatch: an organisation asks for its line to be changed, or to be taken off
    "requests",
    metadata,
    _id(),
    Column("invitation_id", Integer, ForeignKey("invitations.id"), nullable=False, index=True),
    Column("contact_id", Integer),  # whose link it was
    Column("wish", String(12), nullable=False),  # endorsements.requests.WISHES
    _text("words"),  # theirs; private to the desk
    _data("line"),  # name, signatory, role, show_signatory, as they are to be printed
    _moment("asked_at", null=False),
    _moment("ended_at"),
    Column("outcome", String(12), nullable=False, server_default=""),  # done, turned down, taken back
    _text("said"),  # the desk's word to them
)

joins = Table(  # organisations that nobody asked, and that want to join a public letter
    "joins",
    metadata,
    _id(),
    _to("letters"),
    Column("state", String(12), nullable=False),  # endorsements.joins.rules.STATES
    Column("email", String(254), nullable=False),
    Column("email_key", String(254), nullable=False),  # one mailbox, however it is written: the limits ask here
    Column("version", Integer, nullable=False),  # the one that was read
    _text("name"),  # as printed
    Column("name_key", Text, nullable=False, server_default=""),
    Column("group", Text, nullable=False, server_default=""),
    _text("signatory"),
    _text("role"),
    Column("authority", String(16), nullable=False),
    _text("authority_detail"),
    Column("show_signatory", Boolean, nullable=False),
    _text("website"),
    Column("register_id", String(64)),
    _text("note"),  # to the coordinator
    _moment("asked_at", null=False),
    _moment("confirmed_at"),
    _moment("decided_at"),
    _text("decided_by"),
    _text("answer"),  # the word with which it was turned down
    Column("effect", String(12), nullable=False, server_default=""),  # of approving: endorsements.joins.rules.Effect
    _to("invitations", null=True),  # what it became
    Index("ix_joins_letter_id_state", "letter_id", "state"),
    Index("ix_joins_email_key_asked_at", "email_key", "asked_at"),
    Index("ix_joins_asked_at", "asked_at"),
    Index("ix_joins_invitation_id", "invitation_id"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("message", String(24), nullable=False),
    Column("recipient", String(254), nullable=False),
    _to("letters", null=True),
    Column("subject_id", Integer),  # the invitation or coordinator it is about
    _data("data"),  # what the words need and cannot be read later; never a token
    Column("state", String(8), nullable=False),  # waiting, claimed, sent, failed, dropped
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("queued_at", null=False),
    _moment("due_at", null=False),
    _moment("ended_at"),
    _text("said"),  # what the mail server, or the re-check, said
    Column("provider_id", String(64), index=True),  # what the mail provider calls it
    _moment("handed_at"),  # when it was last given to the way out: a claim that died after that may have sent it
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_recipient_queued_at", "recipient", "queued_at"),
    Index("ix_outbox_message_subject_id", "message", "subject_id"),
)

history = Table(
    "history",
    metadata,
    Column("chain", Integer, primary_key=True),  # a letter's id; 0 for what belongs to no letter
    Column("number", Integer, primary_key=True),
    _moment("at", null=False),
    _text("who"),
    Column("deed", String(32), nullable=False),
    Column("subject_id", Integer),  # the invitation it is about, if any
    _data("data"),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_history_chain_subject_id", "chain", "subject_id"),
)

imports = Table(  # a list somebody is looking through; no organisation comes of it before "Import"
    "imports",
    metadata,
    _id(),
    _to("letters"),
    _to("coordinators"),
    _text("filename"),
    Column("file", LargeBinary, nullable=False),
    _data("columns"),  # the person's corrections: column number -> field; which sheet; whether there are titles
    _moment("begun_at", null=False),
    _moment("done_at"),
    Column("state", String(12), nullable=False, server_default="given"),  # organisations.spreadsheets.lists.STATES
    Column("turn", Integer, nullable=False, server_default="0"),  # counts claims: who was overtaken writes no more
    _moment("due_at"),  # when somebody else may go on with it
    Column("step", Integer, nullable=False, server_default="0"),
    Column("steps", Integer, nullable=False, server_default="0"),
    _text("problem"),  # why it could not be read
    _text("who"),  # who pressed "Import", or undid it
    Column("found", JSON),  # what was read: titles, first cells, columns, sheets
    Column("changes", JSON),  # the person's corrections of single rows
    Column("made", JSON),  # ids of what came of it, so that it can be undone
    _moment("undone_at"),
    Index("ix_imports_letter_id", "letter_id"),
)

import_rows = Table(  # what each row of a list would become, as long as it is looked through
    "import_rows",
    metadata,
    Column("import_id", Integer, ForeignKey("imports.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),  # as a spreadsheet shows it
    Column("rank", Integer, nullable=False),  # what needs a person's eyes comes first
    Column("verdict", String(8), nullable=False),
    Column("is_organisation", Boolean, nullable=False),  # not one more row, or contact, of an earlier row's
    Column("choice", String(8), nullable=False, server_default=""),  # same, new, leave; empty: as proposed
    Column("same_as", Integer),  # the organisation a person chose instead
    _data("data"),
    Column("organisation_id", Integer),  # what it became
    Index("ix_import_rows_import_id_rank_place", "import_id", "rank", "place"),
    Index("ix_import_rows_import_id_verdict_place", "import_id", "verdict", "place"),
    Index("ix_import_rows_import_id_number", "import_id", "number"),
)

column_memories = Table(  # how a person read the columns of a list with these titles, for the next one like it
    "column_memories",
    metadata,
    Column("titles", String(64), primary_key=True),  # SHA-256 of the titles
    _data("columns"),
    _moment("used_at", null=False),
)

merges = Table(  # two organisations made one, with what moved, so that it can be undone
    "merges",
    metadata,
    _id(),
    Column("kept_id", Integer, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("merged_id", Integer, ForeignKey("organisations.id"), nullable=False, index=True),
    _text("who"),
    _data("moved"),
    _moment("merged_at", null=False),
    _moment("undone_at"),
)

register_answers = Table(  # what a register said, so that it is asked once
    "register_answers",
    metadata,
    Column("question", String(64), primary_key=True),  # SHA-256 of service and query
    _data("answer"),
    _moment("answered_at", null=False),
)

register_lookups = Table(  # a list whose names are being looked up in the register, by the worker
    "register_lookups",
    metadata,
    Column("import_id", Integer, ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(8), nullable=False),  # asking, done, stopped
    Column("step", Integer, nullable=False, server_default="0"),  # place of the row to go on with
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    _moment("due_at", null=False),
    Index("ix_register_lookups_state_due_at", "state", "due_at"),
)

reminders = Table(  # one row for each step of the schedule that an invitation was reminded at: none is done twice
    "reminders",
    metadata,
    Column("invitation_id", Integer, ForeignKey("invitations.id"), primary_key=True),
    Column("step", String(32), primary_key=True),
    _moment("queued_at", null=False),
)

reports = Table(  # delivery reports and complaints, each taken once
    "reports",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of what makes it one report
    Column("outbox_id", Integer, index=True),
    Column("email", String(254), nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # invitations.bounces.KINDS
    _text("code"),  # enhanced status, such as 5.1.1
    _text("said"),
    _moment("received_at", null=False),
)

pdfs = Table(  # what the setter is to set, keyed by content: the same sheet is set once
    "pdfs",
    metadata,
    Column("content", String(64), primary_key=True),
    _data("sheet"),
    Column("state", String(8), nullable=False),  # waiting, claimed, set, failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("problem"),
    _text("sha256"),
    Column("rank", Integer, nullable=False, server_default="0"),  # receipts, of which there are many, come last
    _moment("asked_at", null=False),
    _moment("due_at", null=False),
    _moment("set_at"),
    Column("step", Integer, nullable=False, server_default="0"),  # how many of its pieces are set
    Column("steps", Integer, nullable=False, server_default="0"),
    Index("ix_pdfs_state_due_at", "state", "due_at"),
)

printings = Table(
    "printings",
    metadata,
    _id(),
    _to("letters"),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("undersigned", Integer, nullable=False),
    Column("content", String(64), ForeignKey("pdfs.content"), nullable=False),
    _moment("printed_at", null=False),
    _text("reason"),  # why it was made, in words
    Column("changes", JSON),  # what is other than in the one before
    UniqueConstraint("letter_id", "number"),
)

dispatches = Table(  # a printing sent, handed over or posted
    "dispatches",
    metadata,
    _id(),
    _to("letters"),
    Column("printing", Integer, nullable=False),  # its number
    Column("way", String(8), nullable=False),  # dispatch.rules.WAYS
    Column("state", String(8), nullable=False),  # dispatch.rules.MOVES
    _text("whom"),  # to whom it went, in the coordinator's words, as the public page says it
    Column("day", Date),  # on which it happened, where the letter is
    _text("place"),
    _text("handed_by"),
    _text("taken_by"),
    _text("words"),  # anything else; of those noted before there were dispatches, all that is known
    Column("proof", String(64)),  # SHA-256 of a kept file; shown at the desk only
    Column("proof_kind", String(4), nullable=False, server_default=""),  # jpeg, pdf
    _text("proof_name"),  # what the file was called where it came from
    _text("subject"),  # of a mail, and its words
    _text("body"),
    _text("who"),  # who sent it or noted it
    _moment("begun_at", null=False),
    _moment("undo_until"),  # until then "Stop it" stops a mail, and nobody is told of what was noted
    _moment("happened_at"),
    _moment("told_at"),  # when those printed on it began to be told, because of this one
    _text("ended_by"),  # who stopped it, or took it back
    Column("revision", Integer, nullable=False, server_default="0"),  # counts saves, as a letter's does
    Index("ix_dispatches_letter_id", "letter_id"),
    Index("ix_dispatches_state_undo_until", "state", "undo_until"),
)

dispatch_recipients = Table(  # whom a mail of a dispatch goes to, each in a mail of its own
    "dispatch_recipients",
    metadata,
    _id(),
    Column("dispatch_id", Integer, ForeignKey("dispatches.id"), nullable=False, index=True),
    Column("kind", String(4), nullable=False),  # to, cc, self
    _text("name"),
    Column("email", String(254), nullable=False),
    Column("outbox_id", Integer),  # the newest mail to it, once it has left
)

replies = Table(  # what the addressee answered, as the coordinators noted it
    "replies",
    metadata,
    _id(),
    _to("letters"),
    _text("whom"),  # who it is from, as the public page says it
    Column("day", Date, nullable=False),  # on which it was received
    _text("quote"),
    Column("proof", String(64)),  # SHA-256 of a kept file, as a dispatch has one
    Column("proof_kind", String(4), nullable=False, server_default=""),
    _text("proof_name"),
    Column("show_quote", Boolean, nullable=False, server_default=false()),  # may everybody see it
    Column("show_proof", Boolean, nullable=False, server_default=false()),
    _text("who"),  # who noted it
    _moment("noted_at", null=False),
    _moment("undone_at"),  # taken back: kept, and counts for nothing
    Column("revision", Integer, nullable=False, server_default="0"),
    Index("ix_replies_letter_id", "letter_id"),
)
