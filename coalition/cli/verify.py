"""Telling whether a PDF is a printing of ours, with everything that is known here, or with a certificate alone."""

import sys
from pathlib import Path
from typing import Any

from coalition.cli.ready import Stop, ready


def verify(options: Any) -> None:
    from coalition.base.clock import now
    from coalition.printings.sealing import keys, verdicts
    from coalition.printings.sealing.verifying import Verifier
    from coalition.printings.store import Store

    pdf = _read(options.file)
    with Verifier() as verifier:
        if options.certificate:
            verdict = verdicts.verify_offline(verifier, _certificates(options.certificate), pdf)
        else:
            with ready() as (settings, database):
                store, certificates = Store(settings.data_dir / "pdf"), keys.published(keys.folder_of(settings))
                verdict = verdicts.verify(database, store, verifier, certificates, pdf, now(), at_desk=True)
    good = verdict.kind in ("whole", "older")
    for line in (
        f"{options.file}: {verdict.title}.",
        *verdict.sentences,
        *(f"- {one}" for one in verdict.where),
        *(f"{term}: {value}" for term, value in verdict.facts),
    ):
        print(line, file=sys.stdout if good else sys.stderr)
    if not good:
        raise Stop("")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}.") from None


def _certificates(file: Path) -> tuple[str, ...]:
    from coalition.printings.sealing.keys import in_pem

    try:
        found = in_pem(_read(file).decode())
    except ValueError:
        found = ()
    if not found:
        raise Stop(f"{file} holds no certificate. Take the one at the site's address /seal.pem.")
    return found
