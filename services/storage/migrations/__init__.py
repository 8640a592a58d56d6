"""The database's history, one file a step; Alembic applies what is missing, in order, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from motcua.services.storage.database import translated
from motcua.services.storage.schema import SCHEMA

_LOCK = 0x6D6F74637561  # "motcua": two processes that start at once migrate one after the other


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema; does nothing where it is there already. Raises DatabaseUnreachable."""
    with translated(engine), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
