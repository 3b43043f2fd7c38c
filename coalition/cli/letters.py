"""What is done to one letter, and to mail that comes back."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalition.base.settings import WrongSetting, from_environment
from coalition.cli.ready import Later, Stop, ready, reason_of

if TYPE_CHECKING:
    from coalition.organisations.spreadsheets.listed_rows import ListedRow


def bring_in(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.invitations import importing
    from coalition.letters import records as letters
    from coalition.organisations.spreadsheets import columns, listed_rows, lists, reading
    from coalition.organisations.spreadsheets.lists import Claim
    from coalition.organisations.spreadsheets.looking_through import look_through

    content = _contents(options.file)
    with ready() as (_, database):
        letter = database.read_now(letters.letter_by_slug, options.slug)
        table = reading.read_rows(content)
        columns.check(columns.guess(table))
        name = options.file.name[:200]
        id = database.write_now(lists.begin_import, letter.id, letter.coordinator_id, name, content, now(), hold=True)
        look_through(database, Claim(id, 1, "given"), now, table)
        first = 0
        while rows := database.read_now(listed_rows.some, id, first, 1000):
            _say_what_is_odd(rows)
            first += len(rows)
        brought = importing.bring_in(
            database, database.write_now(importing.begin, options.slug, id, "the command line", now()), now
        ).numbers
    print(
        f"{brought['on_list']} organisations put on the list, {brought['organisations']} of them new in the "
        f"directory; {brought['contacts']} new contacts; {brought['left_out']} rows left out."
    )


def _say_what_is_odd(rows: "Sequence[ListedRow]") -> None:
    for row in (one.row for one in rows):
        if row.verdict in ("error", "likely"):
            why = " ".join(row.errors) or f"taken as {row.match.name if row.match else ''}: {row.why}"
            print(f"Row {row.number}, {row.values.name or 'no name'}: {why}", file=sys.stderr)


def _contents(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}.") from None


def invite(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.invitations import actions

    with ready() as (_, database):
        asked = database.write_now(actions.ask, options.slug, None, "the command line", now())
    print(f"{asked.queued} invitations wait to be sent.")
    for name in asked.stopped:
        print(f"{name}: not asked, its contact asked for no more mail.", file=sys.stderr)


def print_letter(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.letters import records as letters
    from coalition.printings import actions, logos, records
    from coalition.printings.press.setting import NotSet, Setter
    from coalition.printings.sealing import evidence
    from coalition.printings.sealing.keys import key_of
    from coalition.printings.sealing.sealing import NotSealed, Sealer
    from coalition.printings.store import Store

    def newest(connection: Any) -> Any:
        letter = letters.letter_by_slug(connection, options.slug)
        printings = records.all_printings(connection, letter.id)
        if printings:
            return records.printed_sheet(connection, printings[-1].content)
        return actions.draft_sheet(connection, letter)

    with ready() as (settings, database):
        wanted = database.read_now(newest)
        store = Store(settings.data_dir / "pdf")
        content = database.write_now(records.ask_to_set, wanted, now())
        data = store.get(content)
        if data is None:
            try:
                sheet, pictures, said = logos.pictures(wanted, Store(settings.data_dir / "logos", suffix=".png"))
                with Setter() as setter, Sealer(lambda: key_of(settings, now()), settings.timestamp_url) as sealer:
                    made = sealer.finish(sheet, setter.set(sheet, pictures, evidence.files(sheet)))
            except (NotSet, NotSealed) as reason:
                raise Stop(f"The PDF could not be set: {reason}") from None
            said = " ".join(filter(None, (said, made.unstamped)))
            database.write_now(records.was_set, content, store.put(content, made.pdf), now(), said)
            data = store.get(content) or made.pdf  # another worker may have been first: what is kept stays
            if said:
                print(said, file=sys.stderr)
    try:
        options.out.write_bytes(data)
    except OSError as error:
        raise Stop(f"{options.out} cannot be written: {error.strerror}.") from None
    print(f"{options.out}: {'printing ' + str(wanted.printing) if wanted.printing else 'draft'}, {len(data):,} bytes.")


def bounce(options: Any) -> None:
    """By hand, what is refused ends with 1. A mail server is told 0: it would mail the refusal to whoever the sender
    says he is. When nothing can be saved now, 75 makes it try again.
    """
    from coalition.base.clock import now
    from coalition.base.links import Links
    from coalition.base.mail import reports
    from coalition.base.mail.parts import LARGEST
    from coalition.endorsements.revising import not_told
    from coalition.invitations import bounces

    if options.webhook:
        settings = from_environment()
        print(f"{settings.base_url}/hooks/postmark/{Links(settings.secret_keys).token('webhook', 'postmark')}")
        return
    raw = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):  # what is beyond is not kept, but who writes it should not hear of that
        pass
    to = options.to or os.environ.get("ORIGINAL_RECIPIENT", "")
    report = reports.read(raw, (to,) if to else ())
    try:
        with ready() as (settings, database):
            print(database.write_now(bounces.take, report, Links(settings.secret_keys), now(), not_told))
    except bounces.NotOurs as refusal:
        if not to:
            raise
        print(refusal, file=sys.stderr)
    except (Stop, WrongSetting) as reason:
        raise Later(str(reason)) from None
    except Exception as error:
        words = reason_of(error)
        if not words:
            raise
        raise Later(words) from None
