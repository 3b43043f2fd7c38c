"""Everything in one file: each table as JSON lines, the kept PDFs, the keys, in a zip of our own making.

Rows, not a database's own format: a backup of SQLite can be restored into PostgreSQL, and the other way round.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from coalition.base.journal import back, plain
from coalition.base.refused import Refused
from coalition.tables import metadata

FORMAT = "coalition-backup-1"
KEPT = ("pdf", "logos", "proofs", "seal", "secret-key")  # of the data folder: what cannot be made again
BATCH = 1000


@dataclass(frozen=True)
class Counts:
    rows: int
    files: int


def write(connection: Connection, data_dir: Path, file: Path) -> Counts:
    """One consistent moment of the database, while the site goes on. The file appears whole or not at all."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    rows = files = 0
    try:
        with open(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("format", FORMAT)
                for table in metadata.sorted_tables:
                    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as lines:
                        for row in connection.execute(select(table)):
                            lines.write(_line(row))
                            rows += 1
                for path in _kept(data_dir):
                    archive.write(path, f"files/{path.relative_to(data_dir).as_posix()}")
                    files += 1
            out.flush()
            os.fsync(out.fileno())
        aside.replace(file)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        aside.unlink(missing_ok=True)
    return Counts(rows, files)


def _kept(data_dir: Path) -> Iterator[Path]:
    for name in KEPT:
        path = data_dir / name
        if path.is_dir():
            yield from (found for found in sorted(path.rglob("*")) if found.is_file() and found.name[0] != ".")
        elif path.is_file():
            yield path


def _line(row: Iterable[Any]) -> bytes:
    return json.dumps([plain(value) for value in row], ensure_ascii=False).encode() + b"\n"


def read(connection: Connection, data_dir: Path, file: Path) -> Counts:
    """Into an empty database at the same schema. Raises Refused; then nothing of the database has changed."""
    if any(connection.execute(select(func.count()).select_from(table)).scalar() for table in metadata.sorted_tables):
        raise Refused("The database is not empty. A backup is restored into an empty one, so that nothing is lost.")
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.read("format").decode() != FORMAT:
                raise Refused(f"{file} was written by another version of Coalition.")
            if damaged := archive.testzip():  # all of it, before anything is written anywhere
                raise zipfile.BadZipFile(f"{damaged} is damaged")
            rows = sum(_read_table(connection, archive, table) for table in metadata.sorted_tables)
            files = sum(_read_file(archive, name, data_dir) for name in archive.namelist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError) as error:
        raise Refused(f"{file} is not a whole backup of Coalition ({error}).") from None
    except OSError as error:
        raise Refused(f"{file} cannot be restored: {error.strerror}.") from None
    return Counts(rows, files)


def _read_table(connection: Connection, archive: zipfile.ZipFile, table: Table) -> int:
    count, batch = 0, []
    with archive.open(f"tables/{table.name}.jsonl") as lines:
        for line in lines:
            values = zip(table.c, json.loads(line), strict=True)
            batch.append({column.name: back(column.type, value) for column, value in values})
            count += 1
            if len(batch) == BATCH:
                connection.execute(insert(table), batch)
                batch = []
    if batch:
        connection.execute(insert(table), batch)
    if connection.dialect.name == "postgresql" and "id" in table.c and count:
        # The rows brought their own numbers: the next one must come after them.
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))")  # noqa: S608
        )
    return count


def _read_file(archive: zipfile.ZipFile, name: str, data_dir: Path) -> int:
    inside = PurePosixPath(name)
    if inside.parts[0] != "files" or len(inside.parts) < 2 or inside.parts[1] not in KEPT or ".." in inside.parts:
        return 0
    path = data_dir.joinpath(*inside.parts[1:])
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")  # a signing key that is half written would be none
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(archive.read(name))
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    return 1
