"""Where the queue's tables lie: in our own schema, so that one `DROP SCHEMA motcua` takes everything with it."""

from __future__ import annotations

from pgqueuer.adapters.persistence.qb import DBSettings, QueryBuilderEnvironment
from pgqueuer.domain.types import Channel

from motcua.services.storage.schema import SCHEMA

QUEUE_SETTINGS = DBSettings(prefix="", db_schema=SCHEMA, channel=Channel("motcua_queue"))


def install_statements() -> str:
    """SQL that creates the queue's tables, types and triggers in the schema, which must exist."""
    return QueryBuilderEnvironment(QUEUE_SETTINGS).build_install_query(create_schema=False)
