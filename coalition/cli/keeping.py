"""Keeping it: schema, coordinators, backup, the record of what happened."""

import sys
from typing import Any

from coalition.base.settings import Settings, from_environment
from coalition.cli.ready import Stop, database_of, ready


def migrate(_: Any) -> None:
    from coalition import migrations

    migrations.upgrade(from_environment().database_url)
    print(f"The database is at schema {migrations.HEAD}.")


def coordinator(options: Any) -> None:
    from coalition.organisations.names import check_email

    try:
        email = check_email(options.email).lower()
    except ValueError as error:
        raise Stop(str(error)) from None
    with ready() as (settings, database):
        print(f"Sign in {sign_in_link(database, settings, email, options.name)}")


def sign_in_link(database: Any, settings: Settings, email: str, name: str) -> str:
    from coalition.base.clock import now
    from coalition.base.links import Links
    from coalition.people import actions

    person = database.write_now(actions.add_coordinator, email, name, now())
    nonce = database.write_now(actions.new_link, person, now())
    return f"{settings.base_url}/sign-in/{Links(settings.secret_keys).token('sign-in', nonce)}"


def backup(options: Any) -> None:
    from coalition.base.backup import write

    with ready() as (settings, database):
        counts = database.read_now(write, settings.data_dir, options.file)
    print(f"{options.file}: {counts.rows:,} rows and {counts.files:,} files.")


def restore(options: Any) -> None:
    from coalition import migrations
    from coalition.base.backup import read

    settings = from_environment()
    migrations.upgrade(settings.database_url)
    with database_of(settings) as database:
        counts = database.write_now(read, settings.data_dir, options.file)
    print(f"{counts.rows:,} rows and {counts.files:,} files are back.")


def check_history(_: Any) -> None:
    from coalition.history.records import check

    with ready() as (_settings, database):
        count, broken = database.read_now(check)
    for one in broken:
        where = f"letter {one.chain}" if one.chain else "the site's own history"
        print(f"{where}, entry {one.number}: {one.why}", file=sys.stderr)
    if broken:
        raise Stop("The history was changed outside Coalition.")
    print(f"{count:,} entries, each following the one before it.")
