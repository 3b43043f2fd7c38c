"""Alembic's way in: always on a connection that `coalition.migrations` hands over."""

from typing import Any, Literal

from alembic import context

from coalition.tables import Moment, metadata


def _plain(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration names the database's types, not ours, which may change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_plain,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
