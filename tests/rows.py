"""Every row of the database, to say that something changed nothing."""

from typing import Any

from sqlalchemy import Connection, select

from coalition.tables import metadata

Rows = dict[str, list[tuple[Any, ...]]]


def all_rows(connection: Connection) -> Rows:
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in metadata.sorted_tables
    }
