"""The first schema, and the tables of the queue that lie beside it."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from motcua.services.storage.queue_schema import install_statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    for script in (Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), install_statements()):
        # Several statements at once, with percent signs that are no placeholders.
        op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})
