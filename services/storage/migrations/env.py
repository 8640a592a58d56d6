"""Alembic's entry: runs the migrations on the connection that `migrate()` hands over, in the transaction that it began."""

from __future__ import annotations

from alembic import context

from motcua.services.storage.schema import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
    transactional_ddl=True,
)
context.run_migrations()
