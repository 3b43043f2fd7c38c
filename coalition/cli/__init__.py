"""The commands. Exit 0 done, 1 refused (the reason on standard error), 2 misuse. What a command needs it imports."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coalition.base.settings import WrongSetting
from coalition.cli import keeping, letters, running, verify
from coalition.cli.ready import Stop, reason_of


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (Stop, WrongSetting) as reason:
        if str(reason):
            print(reason, file=sys.stderr)
        return reason.status if isinstance(reason, Stop) else 1
    except BrokenPipeError:  # whoever read our output has gone
        return 1
    except Exception as error:
        words = reason_of(error)
        if not words:
            raise
        print(words, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m coalition", description="One joint letter, many organisations.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Any], None], words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    def place(made: argparse.ArgumentParser) -> None:
        made.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        made.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")

    made = command("serve", running.serve, "Serve the site, with a worker of its own.")
    place(made)
    made.add_argument("--no-worker", action="store_true", help="do not start a worker: `work` runs elsewhere")
    command("work", running.work, "Send mail, set PDFs and do what is due.").add_argument(
        "--with", dest="parent", type=int
    )
    made = command("demo", running.demo, "Serve a site with a sample letter and a mailbox to look into.")
    place(made)
    made.add_argument("--dir", default="var", help="data folder (default: ./%(default)s)")
    command("migrate", keeping.migrate, "Bring the database to the newest schema.")
    made = command("coordinator", keeping.coordinator, "Add a coordinator and print a sign-in link.")
    made.add_argument("email", metavar="EMAIL")
    made.add_argument("--name", default="", help="what organisations will read")
    made = command("import", letters.bring_in, "Put the organisations of a spreadsheet or CSV file on a letter's list.")
    made.add_argument("slug", metavar="SLUG")
    made.add_argument("file", metavar="FILE", type=Path)
    made = command("invite", letters.invite, "Ask the organisations on a letter's list to endorse it.")
    made.add_argument("slug", metavar="SLUG")
    made.add_argument("--all", action="store_true", required=True, help="everyone who has not been asked yet")
    made = command("print", letters.print_letter, "Write the newest printing, or a draft if there is none, to a file.")
    made.add_argument("slug", metavar="SLUG")
    made.add_argument("out", metavar="OUT.pdf", type=Path)
    made = command("verify", verify.verify, "Say whether a PDF is a printing of ours, and untouched.")
    made.add_argument("file", metavar="FILE.pdf", type=Path)
    made.add_argument(
        "--certificate", metavar="SEAL.pem", type=Path, help="check against this certificate alone, without a database"
    )
    made = command(
        "bounce", letters.bounce, "Take a delivery report or complaint on standard input, as a mail server gives it."
    )
    made.add_argument("--to", metavar="ADDRESS", default="", help="where it was sent to (else $ORIGINAL_RECIPIENT)")
    made.add_argument("--webhook", action="store_true", help="print the address to enter at Postmark, and read nothing")
    command("backup", keeping.backup, "Write everything to one file.").add_argument("file", metavar="FILE", type=Path)
    command("restore", keeping.restore, "Bring everything back from a backup into an empty database.").add_argument(
        "file", metavar="FILE", type=Path
    )
    made = command("history", keeping.check_history, "Check that nobody has changed the record of what happened.")
    made.add_argument("check", choices=["check"])
    return parser
